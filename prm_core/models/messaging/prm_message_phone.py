from odoo import api, models


class PrmMessagePhone(models.Model):
    """Calls tell the timeline themselves what came of them, see `prm.call`."""

    _inherit = "prm.message"

    @api.model
    def _emit_ends(self, rows):
        """Nothing was sent yet when a call is put on the list."""
        told = [row for row in rows if (row[1], row[5]) != ("sent", "phone")]
        return super()._emit_ends(told)
