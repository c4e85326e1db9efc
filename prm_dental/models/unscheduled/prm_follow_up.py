from odoo import api, fields, models

#: Months without a visit after which a patient counts as lapsed, where the practice says nothing.
LAPSED_MONTHS = 18


class PrmFollowUp(models.Model):
    """How one practice follows up open treatment, and when it calls a patient lapsed."""

    _name = "prm.follow.up"
    _description = "Follow-up"
    _rec_name = "company_id"

    company_id = fields.Many2one(
        "res.company",
        string="Practice",
        required=True,
        readonly=True,
        ondelete="cascade",
        default=lambda self: self.env.company,
    )
    visit_type_id = fields.Many2one(
        "prm.appointment.type",
        string="Visit that Patients Book",
        domain="[('company_id', '=', company_id)]",
        ondelete="set null",
        help="The kind of visit behind the link in messages on open treatment. Empty: messages"
        " ask to call or to answer.",
    )
    lapsed_months = fields.Integer(
        string="Lapsed after Months",
        required=True,
        default=LAPSED_MONTHS,
        help="Without a visit or a completed procedure, and nothing booked.",
    )

    _company_uniq = models.Constraint("unique(company_id)", "The practice has this already.")
    _lapsed_months_check = models.Constraint(
        "CHECK(lapsed_months BETWEEN 3 AND 120)",
        "Patients count as lapsed after 3 to 120 months.",
    )

    @api.model
    def action_open(self):
        """Open the practice's own, and make it first where there is none."""
        mine = self.search([("company_id", "=", self.env.company.id)], limit=1)
        mine = mine or self.create({"company_id": self.env.company.id})
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Follow-up"),
            "res_model": self._name,
            "res_id": mine.id,
            "views": [(False, "form")],
        }

    @api.model
    def _visit_types(self, companies):
        """The kinds of visit that patients may book for open treatment, in one query.

        :return: ``{practice: prm.appointment.type}``, empty where they are asked to call.
        """
        found = self.sudo().search([("company_id", "in", companies.ids)])
        by_company = {one.company_id: one.visit_type_id for one in found}
        none = self.env["prm.appointment.type"].sudo()
        bookable = {}
        for company in companies:
            kind = by_company.get(company, none)
            bookable[company] = kind if kind.active and kind.online else none
        return bookable
