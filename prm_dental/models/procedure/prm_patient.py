from odoo import fields, models


class PrmPatient(models.Model):
    _inherit = "prm.patient"

    procedure_ids = fields.One2many("prm.procedure", "patient_id", string="Procedures")
    procedure_count = fields.Integer(compute="_compute_procedure_count")

    def _compute_procedure_count(self):
        counts = dict(
            self.env["prm.procedure"]._read_group(
                [("patient_id", "in", self.ids), ("state", "!=", "deleted")],
                ["patient_id"],
                ["__count"],
            )
        )
        for patient in self:
            patient.procedure_count = counts.get(patient, 0)

    def action_open_procedures(self):
        """The patient's procedures, newest first."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("prm_dental.prm_procedure_action")
        action["domain"] = [("patient_id", "=", self.id)]
        action["context"] = {"default_patient_id": self.id, "search_default_valid": 1}
        return action
