from odoo import api, fields, models


class PrmBookingPage(models.Model):
    """How a practice wants its waitlist to work."""

    _inherit = "prm.booking.page"

    waitlist_auto = fields.Boolean(
        string="Offer freed times by itself",
        default=True,
        help="When a patient cancels or moves a visit, its time is offered to the waitlist at once."
        " Off: freed times wait for the front desk.",
    )
    waitlist_daily = fields.Integer(
        string="Offers a Day",
        default=2,
        required=True,
        help="So many at most to one patient.",
    )

    _waitlist_daily_positive = models.Constraint(
        "CHECK(waitlist_daily > 0)", "Somebody on the waitlist gets one offer a day at least."
    )

    @api.model
    @api.private
    def _waitlist_of(self, company):
        """(whether freed times are offered by themselves, offers a day) of a practice."""
        page = self.sudo().search([("company_id", "=", company.id)], limit=1)
        page = page or self.sudo().new({"company_id": company.id})
        return page.waitlist_auto, page.waitlist_daily
