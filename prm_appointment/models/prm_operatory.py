from odoo import fields, models


class PrmOperatory(models.Model):
    """A treatment room with its chair. One visit at a time, of whatever practice.

    Practices that share their rooms book the same chair; of each other's visits they see that it is
    taken and nothing else.
    """

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

    company_ids = fields.Many2many(
        "res.company",
        "prm_operatory_company_rel",
        "operatory_id",
        "company_id",
        string="Shared with",
        help="Other practices that use this chair too.",
    )

    _name_uniq = models.Constraint(
        "unique(company_id, name)", "There is a chair with this name already."
    )

    def _serves(self, practice):
        """Whether a practice may book this chair."""
        self.ensure_one()
        return practice == self.company_id or practice in self.company_ids
