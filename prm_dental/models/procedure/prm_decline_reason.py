from odoo import fields, models


class PrmDeclineReason(models.Model):
    """Why a patient doesn't want a treatment, in words that can be counted."""

    _name = "prm.decline.reason"
    _description = "Reason for Declining"
    _order = "sequence, id"

    code = fields.Char(required=True, help="For figures and conditions; stays as it is.")
    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)

    _code_uniq = models.Constraint("unique(code)", "There is a reason with this code already.")
