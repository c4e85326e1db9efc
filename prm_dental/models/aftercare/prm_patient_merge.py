from odoo import models


class PrmPatient(models.Model):
    """Aftercare and medicines of a patient who was entered twice."""

    _inherit = "prm.patient"

    def _settle_for_merge(self, kept):
        """One row for each day and for each moment: what both have is told once."""
        super()._settle_for_merge(kept)
        self.sudo().aftercare_ids._join(kept.sudo().aftercare_ids)
        moments = self.env["prm.intake"].sudo()
        known = moments.search([("patient_id", "=", kept.id)]).mapped("at")
        moments.search([("patient_id", "=", self.id), ("at", "in", known)])._call_off("merged")

    def _give_to(self, kept):
        super()._give_to(kept)
        self.env["prm.intake"].sudo()._plan(kept)
