from odoo import api, fields, models
from odoo.tools import SQL

from ...channels.whatsapp_cloud import WINDOW


class PrmMessageWhatsapp(models.Model):
    """WhatsApp's rule of 24 hours: what the adapter and the gate have to know of a conversation."""

    _inherit = "prm.message"

    @api.model
    def _open_windows(self, patients):
        """Patients who wrote by WhatsApp in the last 24 hours, in one query.

        :return: ``{(patient id, number): when the last message came, naive UTC}``
        """
        if not patients:
            return {}
        self.flush_model(["direction", "channel_id", "patient_id", "address", "sent_at", "media"])
        rows = self.env.execute_query(
            SQL(
                """
                SELECT m.patient_id, m.address, MAX(m.sent_at)
                  FROM prm_message m
                  JOIN prm_channel c ON c.id = m.channel_id AND c.code = 'whatsapp'
                 WHERE m.patient_id = ANY(%s) AND m.direction = 'in' AND m.sent_at > %s
                   AND m.media IS DISTINCT FROM 'system'
              GROUP BY m.patient_id, m.address
                """,
                patients.ids,
                fields.Datetime.now() - WINDOW,
            )
        )
        return {(patient_id, address): moment for patient_id, address, moment in rows}

    def _prepare_channel_options(self, channel):
        """The approved template of each, and when the patient wrote last."""
        options = super()._prepare_channel_options(channel)
        if channel != "whatsapp":
            return options
        windows = self._open_windows(self.patient_id)
        for message in self:
            approved = (message.request_data or {}).get("approved") or {}
            options[message.id] = {
                "last_inbound_at": windows.get((message.patient_id.id, message.address)),
                "template": approved.get("name"),
                "template_values": approved.get("values"),
            }
        return options
