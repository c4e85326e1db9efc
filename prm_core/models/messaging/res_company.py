import base64

from odoo import fields, models


class ResCompany(models.Model):
    """How a practice looks on paper, and how long it keeps what providers tell."""

    _inherit = "res.company"

    prm_report_days = fields.Integer("Days to Keep Reports", required=True, default=180)

    _prm_report_days_positive = models.Constraint(
        "CHECK (prm_report_days > 0)", "Reports are kept for one day at least."
    )

    def _prepare_letterhead(self):
        """What all letters of a practice have in common, see `letter_pdf.Letter`."""
        self.ensure_one()
        partner = self.partner_id
        place = " ".join(filter(None, (partner.zip, partner.city)))
        lines = (self.name, partner.street, place, self.phone, self.email, self.website)
        gateway = self.env["prm.gateway"].sudo().search(
            [("company_id", "=", self.id), ("provider", "=", "letter")], limit=1
        )  # fmt: skip
        logo = self.logo if not self.uses_default_logo else None
        return {
            "practice": tuple(filter(None, lines)),
            "sender": " · ".join(filter(None, (self.name, partner.street, place))),
            "logo": base64.b64decode(logo) if logo else None,
            "window": gateway.letter_window or "left",
        }
