from odoo import fields, models


class PrmRecallSendLine(models.TransientModel):
    """What sending would do for one patient, or why it would do nothing."""

    _name = "prm.recall.send.line"
    _description = "Recall to Send"
    _order = "allowed desc, reason, id"
    _rec_name = "recall_id"

    wizard_id = fields.Many2one("prm.recall.send", required=True, index=True, ondelete="cascade")
    recall_id = fields.Many2one(
        "prm.recall", string="Patient's Recall", required=True, ondelete="cascade"
    )
    patient_id = fields.Many2one(related="recall_id.patient_id")
    type_id = fields.Many2one(related="recall_id.type_id")
    due_date = fields.Date(related="recall_id.due_date")
    days_overdue = fields.Integer(related="recall_id.days_overdue")
    allowed = fields.Boolean()
    reason = fields.Char()
    explanation = fields.Char(string="What Will Happen")
    address = fields.Char(string="To")
    lang = fields.Char(string="Language")
    subject = fields.Char()
    body = fields.Text(string="Text")
