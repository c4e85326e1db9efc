from odoo import models

from .prm_procedure import SOURCES, WAITING


class CalendarEvent(models.Model):
    _inherit = "calendar.event"

    def write(self, vals):
        result = super().write(vals)
        if not vals.keys().isdisjoint(SOURCES[self._name]):
            self.env["prm.open.work"]._mark_stale(self._prm_open_work_patients())
        return result

    def _prm_open_work_patients(self):
        """Patients whose open work is to be done at these visits, in one query."""
        procedures = self.env["prm.procedure"].sudo()
        return procedures.search_fetch(
            [("appointment_id", "in", self.ids), ("state", "in", WAITING)], ["patient_id"]
        ).patient_id
