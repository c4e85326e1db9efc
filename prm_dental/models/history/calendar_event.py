from odoo import fields, models

from ... import mdas


class CalendarEvent(models.Model):
    """What is known of the patient's health, where a visit is looked at."""

    _inherit = "calendar.event"

    prm_health_alert = fields.Char(
        related="prm_patient_id.health_alert", related_sudo=False,
        groups="prm_core.group_prm_receptionist,prm_core.group_prm_clinician",
    )  # fmt: skip
    prm_barrier_help = fields.Text(
        related="prm_patient_id.barrier_help", related_sudo=False,
        groups="prm_core.group_prm_receptionist,prm_core.group_prm_clinician",
    )  # fmt: skip

    def _prm_board_alerts(self):
        """Health questions that are missing, and who is very anxious; both are for the desk."""
        alerts = super()._prm_board_alerts()
        patients = self.prm_patient_id
        states = self.env["prm.history"]._states(patients)
        anxiety = self._prm_read_anxiety(patients)
        _ = self.env._
        texts = {
            "none": (_("Health questions missing"), "warning"),
            "expired": (_("Health questions too old"), "warning"),
            "review": (_("Health questions to review"), "info"),
        }
        asks = bool(self.env["prm.history.form"]._of(self.env.company))
        for visit in self:
            patient_id = visit.prm_patient_id.id
            if asks and (text := texts.get(states.get(patient_id))):
                alerts[visit.id].append(("history", text[0], "fa-file-text-o", text[1]))
            if patient_id in anxiety:
                alerts[visit.id].append(("anxious", _("Very anxious"), "fa-heart-o", "warning"))
        return alerts

    def _prm_read_anxiety(self, patients):
        """Ids of the patients who are very anxious, as far as the user may know it."""
        facts = self.env["prm.health.fact"]
        if not facts.has_access("read"):
            return set()
        found = facts.search(
            [
                ("patient_id", "in", patients.ids),
                ("type_id.code", "=", "dental_anxiety"),
                ("ended_on", "=", False),
                ("value_number", ">=", mdas.HIGH),
            ]
        )
        return set(found.patient_id.ids)
