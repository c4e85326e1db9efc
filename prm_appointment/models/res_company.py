from odoo import models


class ResCompany(models.Model):
    _inherit = "res.company"

    def _prm_zone(self):
        """Time zone name of the practice's clock on the wall."""
        self.ensure_one()
        company = self.sudo()
        return company.partner_id.tz or company.resource_calendar_id.tz or "UTC"
