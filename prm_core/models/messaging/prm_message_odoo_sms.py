from odoo import api, models

from ...channels.base import ProviderEvent
from ...channels.odoo_sms import REPORTS


class PrmMessageOdooSms(models.Model):
    """What Odoo's SMS server reports about our messages goes where all reports go."""

    _inherit = "prm.message"

    @api.model
    def _note_odoo_report(self, said, keys):
        """Keep a report for those of our messages that it is about.

        :param said: the word of Odoo's server; :param keys: of the SMS, ours and others.
        """
        found = self.search([("idempotency_key", "in", keys), ("channel_id.code", "=", "sms")])
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
