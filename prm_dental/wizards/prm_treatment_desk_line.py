from odoo import fields, models


class PrmTreatmentDeskLine(models.TransientModel):
    """Yes or no to one treatment."""

    _name = "prm.treatment.desk.line"
    _description = "Answer to one Treatment"
    _rec_name = "line_id"

    wizard_id = fields.Many2one("prm.treatment.desk", required=True, index=True, ondelete="cascade")
    line_id = fields.Many2one(
        "prm.treatment.plan.line", string="Treatment", required=True, readonly=True,
        ondelete="cascade",
    )  # fmt: skip
    place = fields.Char(related="line_id.place")
    alternative_id = fields.Many2one(related="line_id.alternative_id")
    currency_id = fields.Many2one(related="line_id.currency_id")
    amount = fields.Monetary(related="line_id.amount")
    yes = fields.Boolean()
    reason_id = fields.Many2one(
        "prm.decline.reason", string="If not, why", domain="[('code', '!=', 'other_way')]"
    )

    def _is_offered(self):
        """Whether it belongs to the way that is chosen."""
        self.ensure_one()
        way = self.alternative_id
        return not way or way == self.wizard_id.alternative_id
