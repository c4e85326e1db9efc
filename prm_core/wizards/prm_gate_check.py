from odoo import api, fields, models
from odoo.exceptions import UserError

from .. import bulk, policy
from ..models.messaging.gathered_facts import GatheredFacts
from ..outbox import Request

#: Pairs of patient and purpose of one dry run; more is a matter for a campaign.
MAX_PAIRS = 200_000
#: Pairs whose facts are held in memory at a time.
BATCH_PAIRS = 5_000


class PrmGateCheck(models.TransientModel):
    """Would a message go to these patients now, and if not, why? Nothing is sent."""

    _name = "prm.gate.check"
    _description = "May We Write?"

    purpose_id = fields.Many2one("prm.purpose", help="Empty: every purpose.")
    template_id = fields.Many2one("prm.template", help="Empty: whatever channel can be used.")
    line_ids = fields.One2many("prm.gate.check.line", "check_id", string="Answers")

    @api.model
    def _prepare(self, patients, purpose=None, template=None):
        """A dry run over patients, with one line for each patient and purpose.

        :param patients: `prm.patient`; :param purpose: `prm.purpose`, none: all of them.
        :param template: `prm.template`, none: every channel for which there is an address.
        :raises UserError: when there are too many.
        """
        patients.check_access("read")
        purposes = purpose or self.env["prm.purpose"].search([("code", "!=", False)])
        if len(patients) * len(purposes) > MAX_PAIRS:
            raise UserError(
                self.env._("That is too much at once: choose a purpose, or fewer patients.")
            )
        check = self.create(
            {"purpose_id": purpose and purpose.id, "template_id": template and template.id}
        )
        size = max(1, BATCH_PAIRS // len(purposes))
        for start in range(0, len(patients), size):
            check._add_lines(patients[start : start + size], purposes, template)
        check.invalidate_recordset(["line_ids"])
        return check

    def _add_lines(self, patients, purposes, template):
        requests = [
            Request(patient, purpose.code, template) for patient in patients for purpose in purposes
        ]
        purpose_ids = {purpose.code: purpose.id for purpose in purposes}
        gathered = GatheredFacts(self.env, requests)
        channel_ids = {code: key for key, code in gathered.channel_codes.items()}
        vals_list = []
        for request in requests:
            facts = gathered.of(request)
            decision = policy.decide(facts)
            vals_list.append(
                {
                    "check_id": self.id,
                    "patient_id": request.patient.id,
                    "purpose_id": purpose_ids[request.purpose],
                    "outcome": decision.outcome,
                    "reason": decision.reason,
                    "channel_id": channel_ids.get(decision.channel),
                    "until": decision.until,
                    "facts": policy.to_plain(facts),
                }
            )
        bulk.insert(self.env["prm.gate.check.line"], vals_list)

    def _get_action(self):
        """The answers as a list, by outcome and reason where there are many."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "prm_core.prm_gate_check_line_action"
        )
        action["domain"] = [("check_id", "=", self.id)]
        many = len(self.line_ids.patient_id) > 1
        action["context"] = (
            {"search_default_group_outcome": 1, "search_default_group_reason": 2} if many else {}
        )
        return action

    def action_check(self):
        """From the dialog: the dry run over the patients that were chosen in the list."""
        self.ensure_one()
        patients = self.env["prm.patient"].browse(self.env.context.get("active_ids", []))
        if not patients:
            raise UserError(self.env._("Choose patients in the list first."))
        return self._prepare(patients, self.purpose_id, self.template_id)._get_action()
