from odoo import models


class PrmLink(models.Model):
    _inherit = "prm.link"

    def _after_booking(self, event):
        """The patient who was recalled has booked: the recall shows it at once."""
        result = super()._after_booking(event)
        self.env["prm.recall"]._recompute(self.patient_id)
        return result
