from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    prm_plan_days = fields.Integer(
        "Days an Estimate Is Valid",
        required=True,
        default=90,
        help="From the day on which a plan is proposed, unless the plan says another one.",
    )

    _prm_plan_days_positive = models.Constraint(
        "CHECK (prm_plan_days > 0)", "An estimate is valid for one day at least."
    )
