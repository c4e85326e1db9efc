from odoo import api, fields, models
from odoo.exceptions import UserError


class PrmHistoryAnswer(models.Model):
    """One thing that a patient said of their health, beside what was known of it."""

    _name = "prm.history.answer"
    _description = "Answer on Health"
    _order = "history_id, differs desc, sequence, id"
    _rec_name = "fact_type_id"

    history_id = fields.Many2one("prm.history", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="history_id.company_id", store=True, precompute=True)
    state = fields.Selection(related="history_id.state")
    fact_type_id = fields.Many2one(
        "prm.health.fact.type", string="Fact", required=True, ondelete="restrict"
    )
    sequence = fields.Integer(related="fact_type_id.sequence", store=True, precompute=True)
    said = fields.Json(required=True, readonly=True)
    known = fields.Json(readonly=True)
    differs = fields.Boolean(string="New", readonly=True)
    said_label = fields.Char(string="The Patient Says", compute="_compute_labels")
    known_label = fields.Char(string="Known Before", compute="_compute_labels")
    is_alert = fields.Boolean(string="Warning", compute="_compute_labels")
    take_over = fields.Boolean(default=True, help="Off: what was known before stays.")

    def write(self, vals):
        """Nobody rewrites an answer, and nothing changes when it has been reviewed."""
        if set(vals) - {"take_over"} or any(line.state != "submitted" for line in self):
            raise UserError(self.env._("What a patient has answered stays as it is."))
        return super().write(vals)

    @api.depends("said", "known", "fact_type_id")
    @api.depends_context("lang")
    def _compute_labels(self):
        facts = self.env["prm.health.fact"]
        for line in self:
            said = facts.new(line._fact_values(line.said))
            line.said_label = said.value_label
            line.is_alert = said.is_alert
            known = line.known and facts.new(line._fact_values(line.known))
            line.known_label = known.value_label if known else ""

    def _fact_values(self, kept):
        kind = self.fact_type_id
        return {"type_id": kind.id, **kind._prepare_value(kept["value"])}
