import base64

from odoo import models


class ResCompany(models.Model):
    """How a practice looks on paper."""

    _inherit = "res.company"

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
