from odoo import api, models


class PrmRecall(models.Model):
    _inherit = "prm.recall"

    @api.model
    def _recompute_stale(self):
        """What changes recalls of single patients changes when they were last here as well."""
        ids = self.env.cr.precommit.data.get(self._stale_key)
        result = super()._recompute_stale()
        if ids:
            self.env["prm.patient"].sudo().browse(sorted(ids))._recompute_last_seen()
        return result
