from odoo import models


class PrmLink(models.Model):
    _inherit = "prm.link"

    def _after_booking(self, event):
        """The patient has booked for open treatment: it is done at this visit."""
        result = super()._after_booking(event)
        ids = (self.payload or {}).get("procedure_ids") or ()
        self.env["prm.procedure"].browse(ids).exists()._schedule(event)
        return result
