from odoo import fields, models


class PrmDeclineReason(models.Model):
    _inherit = "prm.decline.reason"

    said = fields.Char(
        string="As the Patient Says It",
        translate=True,
        help="Patients may choose it when they answer a treatment plan. Empty: they don't see it.",
    )
