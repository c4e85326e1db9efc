from odoo import models
from odoo.addons.prm_core.models.journey.prm_enrolment import OPEN


class PrmPatient(models.Model):
    """Aftercare and medicines of a patient who was entered twice."""

    _inherit = "prm.patient"

    def _settle_for_merge(self, kept):
        """One row for each day and for each moment: what both have is told once."""
        super()._settle_for_merge(kept)
        days = self.env["prm.aftercare"].sudo()
        days = days.search([("patient_id", "in", (self.id, kept.id))])
        theirs = {row.date: row for row in days if row.patient_id == kept}
        over = days.filtered(lambda row: row.patient_id == self and row.date in theirs)
        for row in over:
            row.procedure_ids.aftercare_id = theirs[row.date]
        people = self.env["prm.enrolment"].sudo()
        people.search(
            [("res_model", "=", over._name), ("res_id", "in", over.ids), ("state", "in", OPEN)]
        )._end("stopped", "merged")
        over.unlink()
        moments = self.env["prm.intake"].sudo()
        known = moments.search([("patient_id", "=", kept.id)]).mapped("at")
        moments.search([("patient_id", "=", self.id), ("at", "in", known)])._call_off()

    def _give_to(self, kept):
        super()._give_to(kept)
        self.env["prm.intake"].sudo()._plan(kept)
