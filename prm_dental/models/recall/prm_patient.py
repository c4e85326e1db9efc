from odoo import fields, models


class PrmPatient(models.Model):
    _inherit = "prm.patient"

    recall_ids = fields.One2many("prm.recall", "patient_id", string="Recalls")
    recall_count = fields.Integer(compute="_compute_recall_count")

    def _compute_recall_count(self):
        counts = dict(
            self.env["prm.recall"]._read_group(
                [("patient_id", "in", self.ids)], ["patient_id"], ["__count"]
            )
        )
        for patient in self:
            patient.recall_count = counts.get(patient, 0)

    def action_open_recalls(self):
        """The patient's recalls, due or not."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("prm_dental.prm_recall_action")
        action["domain"] = [("patient_id", "=", self.id)]
        action["context"] = {"default_patient_id": self.id}
        return action
