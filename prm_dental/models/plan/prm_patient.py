from odoo import fields, models


class PrmPatient(models.Model):
    _inherit = "prm.patient"

    plan_ids = fields.One2many("prm.treatment.plan", "patient_id", string="Treatment Plans")
    plan_count = fields.Integer(compute="_compute_plan_count")

    def _compute_plan_count(self):
        counts = dict(
            self.env["prm.treatment.plan"]._read_group(
                [("patient_id", "in", self.ids), ("state", "!=", "withdrawn")],
                ["patient_id"],
                ["__count"],
            )
        )
        for patient in self:
            patient.plan_count = counts.get(patient, 0)

    def action_open_plans(self):
        """The patient's plans, newest first."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "prm_dental.prm_treatment_plan_action"
        )
        action["domain"] = [("patient_id", "=", self.id)]
        action["context"] = {"default_patient_id": self.id}
        return action

    def action_new_plan(self):
        """A draft of all open treatments that stand in no plan yet."""
        self.ensure_one()
        plan = self.env["prm.treatment.plan"]._of_open_treatments(self)
        return {
            "type": "ir.actions.act_window",
            "res_model": plan._name,
            "res_id": plan.id,
            "views": [(False, "form")],
        }
