from odoo import api, fields, models

from ... import treatment_plan


class PrmTreatmentAlternative(models.Model):
    """One of several ways to treat the same thing, of which the patient chooses one."""

    _name = "prm.treatment.alternative"
    _description = "Alternative of a Treatment Plan"
    _order = "sequence, id"
    _inherit = ["prm.treatment.part"]

    name = fields.Char(required=True, help="The patient reads it: “A bridge”, “An implant”.")
    explanation = fields.Text(
        string="In Plain Words", help="What speaks for it and against it, as the patient is told."
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    amount = fields.Monetary(
        string="With All in Common",
        compute="_compute_amount",
        help="What this way costs, together with what is common to all.",
    )

    @api.depends("plan_id.line_ids.amount", "plan_id.line_ids.alternative_id")
    def _compute_amount(self):
        for alternative in self:
            lines = alternative.plan_id.line_ids._as_lines()
            alternative.amount = treatment_plan.amount_of_way(lines, alternative._origin.id)
