from odoo import api, fields, models


class PrmPatient(models.Model):
    _inherit = "prm.patient"

    health_fact_ids = fields.One2many(
        "prm.health.fact",
        "patient_id",
        string="Health Facts",
        domain=[("ended_on", "=", False)],
        groups="prm_core.group_prm_receptionist,prm_core.group_prm_clinician",
    )
    health_alert = fields.Char(
        compute="_compute_health_alert",
        groups="prm_core.group_prm_receptionist,prm_core.group_prm_clinician",
        help="What to watch out for, as far as you may see it.",
    )

    @api.depends("health_fact_ids")
    @api.depends_context("uid", "lang")
    def _compute_health_alert(self):
        alerts = self.env["prm.health.fact"]._alerts(self)
        for patient in self:
            patient.health_alert = " · ".join(alerts.get(patient.id, ()))

    def action_open_health_history(self):
        """Everything that was ever recorded of the patient's health, newest first."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("prm_dental.prm_health_fact_action")
        action["domain"] = [("patient_id", "=", self.id)]
        action["context"] = {"default_patient_id": self.id}
        return action
