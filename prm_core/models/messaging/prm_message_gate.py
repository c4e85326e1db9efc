from odoo import api, models

from ... import policy
from ...channels import get_channel
from .gathered_facts import GatheredFacts


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
    def _addresses(self, patient, channels):
        """Valid addresses by channel code."""
        raw = {"email": patient.email, "sms": patient.mobile, "whatsapp": patient.mobile}
        if "phone" in channels:
            raw["phone"] = patient.mobile or patient.phone_sanitized
        if "letter" in channels:
            raw["letter"] = patient._postal_address()
        found = {}
        for code in channels:
            if address := get_channel(code).validate_address(raw.get(code)):
                found[code] = address
        return found
