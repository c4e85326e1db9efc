from odoo import fields, models


class PrmChannel(models.Model):
    """A way to reach a patient."""

    _name = "prm.channel"
    _description = "Channel"
    _order = "sequence, id"

    sequence = fields.Integer(default=10)
    code = fields.Char(required=True)
    name = fields.Char(required=True, translate=True)

    _code_uniq = models.Constraint("unique(code)", "There is a channel with this code.")
