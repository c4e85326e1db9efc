from odoo import api, models

from ..recall.prm_recall_engine import STALE


class PrmRecall(models.Model):
    _inherit = "prm.recall"

    @api.model
    def _recompute_stale(self):
        """What changes recalls of single patients changes when they were last here as well."""
        ids = self.env.cr.precommit.data.get(STALE)
        result = super()._recompute_stale()
        if ids:
            self.env["prm.patient"].sudo().browse(sorted(ids))._recompute_last_seen()
        return result
