from dataclasses import replace

from odoo import models
from odoo.addons.prm_core import policy
from odoo.addons.prm_core.importing import normalise
from odoo.addons.prm_core.models.messaging.reasons import reason_text
from odoo.exceptions import UserError
from odoo.tools import format_datetime

#: Reasons of the gate that hold however the patient is reached.
ABOUT_PERSON = {
    "deceased", "moved", "inactive", "refused", "no_permission", "quiet_hours", "no_hours",
    "paused", "stop",
}  # fmt: skip


class PrmPatient(models.Model):
    """What a person who calls patients has to know: who answers, by which number, and may we."""

    _inherit = "prm.patient"

    def _spoken_to(self):
        """Who answers for these patients, and by which number, in two or three queries.

        :return: ``{patient id: (name of whom to ask for, number)}``; the name is empty where the
            patient speaks.
        """
        receivers = self.env["prm.guardian"].sudo()._receivers(self)
        found = {}
        for patient in self:
            guardian = receivers.get(patient.id, self.env["prm.guardian"])[:1]
            number = guardian.phone or patient.mobile or patient.phone or ""
            found[patient.id] = (guardian.partner_id.name or "", number)
        return found

    def _block_phone(self):
        """Somebody else has this number: nobody calls it again.

        :raises UserError: when there is none.
        """
        self.ensure_one()
        _name, number = self._spoken_to()[self.id]
        if not number:
            raise UserError(self.env._("This patient has no number."))
        written = normalise.phone(number, self.company_id.country_id.code or None) or number
        self.env["prm.address.block"].sudo()._block(
            self.company_id, "phone", written, "wrong_person"
        )

    def _call_verdicts(self, requests):
        """Whether the gate lets us call now, for requests about these patients.

        A person speaks, so no template is needed. Where the practice plans no calls, the gate knows
        no phone; then what it says of the patient counts all the same, and of channels nothing.

        :param requests: list of `outbox.Request`, without channels.
        :return: list of (outcome, words) in their order; words are empty when nothing speaks
            against it.
        """
        gateways = self.env["prm.gateway"]
        planned = {
            company: "phone" in gateways._usable_channels(company) for company in self.company_id
        }
        asked = [
            replace(request, channels=("phone",) if planned[request.patient.company_id] else ())
            for request in requests
        ]
        facts = self.env["prm.message"].sudo()._gather_facts(asked) if asked else []
        verdicts = []
        for request, fact in zip(requests, facts, strict=True):
            decision = policy.decide(fact)
            if not planned[request.patient.company_id] and decision.reason not in ABOUT_PERSON:
                verdicts.append(("allow", ""))
                continue
            words = "" if decision.reason == "ok" else reason_text(self.env, decision.reason)
            if decision.until:
                until = format_datetime(self.env, decision.until, dt_format="short")
                words = self.env._(
                    "%(reason)s Call from %(moment)s on.", reason=words, moment=until
                )
            verdicts.append((decision.outcome, words))
        return verdicts
