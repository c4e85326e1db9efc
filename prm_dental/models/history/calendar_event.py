from odoo import fields, models


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
        states = self.env["prm.history"]._states(self.prm_patient_id)
        _ = self.env._
        texts = {
            "none": (_("Health questions missing"), "warning"),
            "expired": (_("Health questions too old"), "warning"),
            "review": (_("Health questions to review"), "info"),
        }
        asks = bool(self.env["prm.history.form"]._of(self.env.company))
        # Who only sees patients does not read of their health.
        sees_anxiety = self.env["prm.health.fact"].has_access("read")
        for visit in self:
            patient_id = visit.prm_patient_id.id
            if asks and (text := texts.get(states.get(patient_id))):
                alerts[visit.id].append(("history", text[0], "fa-file-text-o", text[1]))
            if sees_anxiety and visit.prm_patient_id.is_very_anxious:
                alerts[visit.id].append(("anxious", _("Very anxious"), "fa-heart-o", "warning"))
        return alerts
