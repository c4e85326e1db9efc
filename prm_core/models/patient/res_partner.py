from odoo import models


class ResPartner(models.Model):
    _inherit = "res.partner"

    def write(self, vals):
        """Keep the patient's first and last name when a contact is renamed elsewhere."""
        result = super().write(vals)
        if "name" in vals and not self.env.context.get("prm_names_written"):
            patients = self.env["prm.patient"].sudo().with_context(active_test=False)
            patients.search([("partner_id", "in", self.ids)])._take_over_partner_name()
        return result
