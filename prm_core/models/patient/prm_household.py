from odoo import fields, models


class PrmHousehold(models.Model):
    """People who live together or are brought by the same person: often one phone, one visit."""

    _name = "prm.household"
    _description = "Household"
    _order = "name, id"
    _check_company_auto = True

    name = fields.Char(required=True)
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    external_key = fields.Char(
        index="btree_not_null",
        copy=False,
        help="System and number of the head of the family in the list it was imported from.",
    )
    member_ids = fields.One2many("prm.patient", "household_id", string="Members")
    member_count = fields.Integer(compute="_compute_member_count")

    def _compute_member_count(self):
        counts = dict(
            self.env["prm.patient"]._read_group(
                [("household_id", "in", self.ids)], ["household_id"], ["__count"]
            )
        )
        for household in self:
            household.member_count = counts.get(household, 0)
