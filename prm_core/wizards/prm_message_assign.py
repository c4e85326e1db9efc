from odoo import api, fields, models


class PrmMessageAssign(models.TransientModel):
    """Ask whose message this is: a number that several patients share, or that nobody has."""

    _name = "prm.message.assign"
    _description = "Whose Message Is This?"

    message_id = fields.Many2one("prm.message", required=True, readonly=True, ondelete="cascade")
    address = fields.Char(related="message_id.address")
    media_text = fields.Char(related="message_id.media_text")
    body = fields.Text(related="message_id.body")
    candidate_ids = fields.Many2many(related="message_id.candidate_ids")
    candidate_id = fields.Many2one(
        "prm.patient", string="One of these", domain="[('id', 'in', candidate_ids)]"
    )
    patient_id = fields.Many2one("prm.patient", required=True)
    keep_address = fields.Boolean("Keep as the patient's own")

    @api.onchange("candidate_id")
    def _onchange_candidate_id(self):
        if self.candidate_id:
            self.patient_id = self.candidate_id

    def action_assign(self):
        self.ensure_one()
        self.message_id._check_receptionist()
        message = self.message_id.sudo()
        if self.keep_address:
            name = "email" if message.channel_id.code == "email" else "mobile"
            self.patient_id[name] = message.address
        message._assign(self.patient_id)
        return {"type": "ir.actions.act_window_close"}
