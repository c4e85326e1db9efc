from odoo import fields, models


class PrmHealthFactType(models.Model):
    """What makes care hard for somebody (fear, cost, time …), and what helps."""

    _inherit = "prm.health.fact.type"

    is_barrier = fields.Boolean(
        string="Makes Care Hard", help="A barrier to care: the front desk sees it and what helps."
    )
    help_desk = fields.Text(
        string="What Helps", translate=True, help="What the team can do about it."
    )
    help_patient = fields.Text(
        string="Said to the Patient",
        translate=True,
        help="A sentence that messages may hold, as {{ barrier.help }}.",
    )
