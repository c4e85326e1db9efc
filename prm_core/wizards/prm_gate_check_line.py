from odoo import api, fields, models

from .. import policy
from ..models.messaging import explanation
from ..models.messaging.reasons import reason_text


class PrmGateCheckLine(models.TransientModel):
    """What the gate says about one patient and one purpose."""

    _name = "prm.gate.check.line"
    _description = "May We Write: Answer"
    _order = "outcome, reason, id"
    _rec_name = "patient_id"

    check_id = fields.Many2one("prm.gate.check", required=True, index=True, ondelete="cascade")
    patient_id = fields.Many2one("prm.patient", required=True, ondelete="cascade")
    purpose_id = fields.Many2one("prm.purpose", required=True, ondelete="cascade")
    outcome = fields.Selection(
        [("allow", "Goes now"), ("defer", "Goes later"), ("suppress", "Does not go")],
        required=True,
    )
    reason = fields.Char()
    reason_text = fields.Char(string="Why", compute="_compute_reason_text")
    channel_id = fields.Many2one("prm.channel", string="By", ondelete="cascade")
    until = fields.Datetime(string="From")
    facts = fields.Json()
    why = fields.Html(compute="_compute_why", sanitize=False)

    @api.depends("reason")
    def _compute_reason_text(self):
        for line in self:
            line.reason_text = reason_text(self.env, line.reason)

    @api.depends("facts")
    def _compute_why(self):
        for line in self:
            line.why = line.facts and explanation.to_html(self.env, policy.from_plain(line.facts))
