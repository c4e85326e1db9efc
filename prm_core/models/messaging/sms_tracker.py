from odoo import api, models

from ...channels.base import ProviderEvent
from ...channels.odoo_sms import REPORTS


class SmsTracker(models.Model):
    """What Odoo's SMS server reports about our messages goes where all reports go."""

    _inherit = "sms.tracker"

    @api.model
    def _expect(self, keys):
        """Have reports on these messages handed on; Odoo's route looks for a tracker of each."""
        there = set(self.search([("sms_uuid", "in", keys)]).mapped("sms_uuid"))
        self.create([{"sms_uuid": key} for key in keys if key not in there])

    def _action_update_from_provider_error(self, provider_error):
        result = super()._action_update_from_provider_error(provider_error)
        self._tell_outbox(provider_error)
        return result

    def _action_update_from_sms_state(self, sms_state, failure_type=False, failure_reason=False):
        result = super()._action_update_from_sms_state(sms_state, failure_type, failure_reason)
        self._tell_outbox(sms_state)
        return result

    def _tell_outbox(self, said):
        """Keep a report for those of our messages that it is about.

        :param said: a state or an error, as Odoo's `sms.sms` knows them.
        """
        keys = self.filtered(lambda tracker: not tracker.mail_notification_id).mapped("sms_uuid")
        if not keys:
            return
        messages = self.env["prm.message"].sudo()
        found = messages.search([("idempotency_key", "in", keys), ("channel_id.code", "=", "sms")])
        kind, reason = REPORTS.get(said, ("unknown", ""))
        for (company, channel), ours in found.grouped(
            lambda message: (message.company_id, message.channel_id)
        ).items():
            self.env["prm.message.event"]._store(
                company,
                channel,
                [
                    ProviderEvent(
                        provider_event_id=f"{message.idempotency_key}:{said}",
                        kind=kind,
                        key=message.idempotency_key,
                        reason=reason,
                        detail="" if kind in ("sent", "delivered") else said,
                    )
                    for message in ours
                ],
            )
