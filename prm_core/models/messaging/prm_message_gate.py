from odoo import api, models

from ... import policy
from ...channels import get_channel
from .gathered_facts import GatheredFacts

#: Channels to a person's mobile number.
MOBILE_CHANNELS = ("sms", "whatsapp", "phone")
#: Channels that reach one person and not a household.
PERSONAL_CHANNELS = frozenset(("email", *MOBILE_CHANNELS))


class PrmMessageGate(models.Model):
    """How a wish to send becomes a decision."""

    _inherit = "prm.message"

    @api.model
    def _decide(self, requests):
        """Ask the gate about many requests, without writing anything.

        :param requests: list of `outbox.Request`.
        :return: list of `policy.Decision`, in the same order.
        """
        return [policy.decide(facts) for facts in self._gather_facts(requests)]

    @api.model
    def _gather_facts(self, requests):
        """What the gate looks at, for many requests: a handful of queries for any number of them.

        :return: list of `policy.Facts`, in the same order.
        """
        if not requests:
            return []
        gathered = GatheredFacts(self.env, requests)
        return [gathered.of(request) for request in requests]

    @api.model
    def _get_holds(self, patients):
        """Hook: reasons of the moment to leave patients in peace.

        :return: ``{patient id: [policy.Hold for all purposes but care]}``
        """
        return {}

    @api.model
    def _receiver(self, patient, guardians, channels, known=None):
        """Who gets a patient's messages, and at which addresses.

        :param guardians: the patient's `prm.guardian` who get messages, or None.
        :param known: as in `_addresses`.
        :return: the guardian, None when it is the patient; valid addresses by channel code.
        """
        own = self._addresses(patient, channels, known)
        if not guardians:
            return None, own
        # What is no address of a person, such as the portal, stays.
        kept = {code: own[code] for code in own if code not in PERSONAL_CHANNELS}
        for guardian in guardians:
            person = guardian.partner_id
            number = person.phone_sanitized or person.phone
            raw = {**dict.fromkeys(MOBILE_CHANNELS, number), "email": person.email}
            found = self._valid_addresses(raw, channels)
            if found:
                break
        else:
            guardian, found = guardians[:1], {}
        if "letter" in channels:
            home = {"letter": patient._postal_address(guardian.partner_id)}
            found |= self._valid_addresses(home, ["letter"])
        return guardian, {**kept, **found}

    @api.model
    def _addresses(self, patient, channels, known=None):
        """Valid addresses by channel code.

        :param known: what holds ``email`` and ``mobile_sanitized``, where the patient's were read.
        """
        known = known or patient
        raw = {"email": known.email} if "email" in channels else {}
        mobile = known.mobile_sanitized
        if "phone" in channels and not mobile:
            raw["phone"] = patient.phone_sanitized
        if "letter" in channels:
            raw["letter"] = patient._postal_address()
        found = self._valid_addresses(raw, channels)
        if mobile:
            # It was looked at when it was typed, which takes longer than all the rest here.
            found.update((code, mobile) for code in channels if code in MOBILE_CHANNELS)
        return found

    @api.model
    def _valid_addresses(self, raw, channels):
        """Those of some addresses that are valid, in their normal form."""
        found = {}
        for code in channels:
            if address := get_channel(code).validate_address(raw.get(code)):
                found[code] = address
        return found
