from odoo import fields, models


class PrmOperatory(models.Model):
    """A treatment room with its chair. One visit at a time."""

    _name = "prm.operatory"
    _description = "Chair"
    _order = "sequence, name, id"

    name = fields.Char(required=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company",
        string="Practice",
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )

    _name_uniq = models.Constraint(
        "unique(company_id, name)", "There is a chair with this name already."
    )
