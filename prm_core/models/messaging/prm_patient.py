from odoo import fields, models


class PrmPatient(models.Model):
    _inherit = "prm.patient"

    message_log_ids = fields.One2many("prm.message", "patient_id", string="Messages sent")
    message_log_count = fields.Integer(compute="_compute_message_log_count")

    def _compute_message_log_count(self):
        counts = dict(
            self.env["prm.message"]._read_group(
                [("patient_id", "in", self.ids)], ["patient_id"], ["__count"]
            )
        )
        for patient in self:
            patient.message_log_count = counts.get(patient, 0)

    def action_open_messages(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("prm_core.prm_message_action")
        action["domain"] = [("patient_id", "=", self.id)]
        action["context"] = {}
        return action
