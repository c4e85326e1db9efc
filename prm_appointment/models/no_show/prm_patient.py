from odoo import fields, models


class PrmPatient(models.Model):
    _inherit = "prm.patient"

    missed_visit_count = fields.Integer(
        string="Missed Visits", compute="_compute_missed_visit_count", compute_sudo=True
    )

    def _compute_missed_visit_count(self):
        counts = dict(
            self.env["calendar.event"]._read_group(
                [("prm_patient_id", "in", self.ids), ("prm_status", "=", "no_show")],
                ["prm_patient_id"],
                ["__count"],
            )
        )
        for patient in self:
            patient.missed_visit_count = counts.get(patient, 0)
