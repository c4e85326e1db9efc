from odoo import fields, models
from odoo.exceptions import UserError


class PrmPatient(models.Model):
    _inherit = "prm.patient"

    message_log_ids = fields.One2many("prm.message", "patient_id", string="Messages sent")
    message_log_count = fields.Integer(compute="_compute_message_log_count")

    def _compute_message_log_count(self):
        counts = dict(
            self.env["prm.message"]._read_group(
                [("patient_id", "in", self.ids)], ["patient_id"], ["__count"]
            )
        )
        for patient in self:
            patient.message_log_count = counts.get(patient, 0)

    def _notify_get_recipients(self, message, msg_vals=False, **kwargs):
        """The chatter is for colleagues: patients are written to by the outbox and its gate alone.

        :raises UserError: when somebody outside the staff is written to by name.
        """
        recipients = super()._notify_get_recipients(message, msg_vals=msg_vals, **kwargs)
        outside = [recipient for recipient in recipients if recipient["type"] != "user"]
        named = set((msg_vals or {}).get("partner_ids") or message.sudo().partner_ids.ids)
        # A bare address has no id; somebody outside who merely follows is passed over in silence.
        if any(not recipient["id"] or recipient["id"] in named for recipient in outside):
            raise self._other_road_error()
        return [recipient for recipient in recipients if recipient not in outside]

    def _message_sms(self, body, **kwargs):
        """Odoo's own SMS button would go round permission and quiet hours."""
        raise self._other_road_error()

    def _sms_get_recipients_info(self, *args, **kwargs):
        """The same for SMS to many patients at once."""
        raise self._other_road_error()

    def _in_practice_language(self):
        """The patient, for texts that colleagues read."""
        self.ensure_one()
        return self.with_context(lang=self.company_id.partner_id.lang or self.env.lang)

    def _other_road_error(self):
        return UserError(
            self.env._(
                "Notes here are for colleagues. To write to the patient, send a message from a "
                "template: then permission and language are looked after."
            )
        )

    def action_open_conversation(self):
        """The conversation over the whole screen."""
        self.ensure_one()
        action = self.env["ir.actions.actions"]._for_xml_id("prm_core.prm_conversation_action")
        return {**action, "context": {"active_id": self.id}}
