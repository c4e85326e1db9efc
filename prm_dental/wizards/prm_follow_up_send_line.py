from odoo import fields, models


class PrmFollowUpSendLine(models.TransientModel):
    """What writing would do for one patient, or why it would do nothing."""

    _name = "prm.follow.up.send.line"
    _description = "Patient to Write to"
    _order = "allowed desc, reason, id"
    _rec_name = "patient_id"

    wizard_id = fields.Many2one("prm.follow.up.send", required=True, index=True, ondelete="cascade")
    patient_id = fields.Many2one("prm.patient", required=True, ondelete="cascade")
    template_id = fields.Many2one("prm.template", string="Text", ondelete="cascade")
    allowed = fields.Boolean()
    reason = fields.Char()
    explanation = fields.Char(string="What Will Happen")
    address = fields.Char(string="To")
    subject = fields.Char()
    body = fields.Text(string="Text of the Message")
