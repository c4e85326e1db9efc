from odoo import api, models

#: Fields on which a recall's booking depends.
RECALL_FIELDS = {"prm_patient_id", "prm_type_id", "prm_status", "start", "active", "prm_company_id"}


class CalendarEvent(models.Model):
    _inherit = "calendar.event"

    @api.model_create_multi
    def create(self, vals_list):
        """An appointment of the right kind, whoever makes it, answers the patient's recall."""
        events = super().create(vals_list)
        self.env["prm.recall"]._mark_stale(events.sudo().prm_patient_id)
        return events

    def write(self, vals):
        if not RECALL_FIELDS.intersection(vals):
            return super().write(vals)
        patients = self.sudo().prm_patient_id
        result = super().write(vals)
        self.env["prm.recall"]._mark_stale(patients | self.sudo().prm_patient_id)
        return result

    def unlink(self):
        patients = self.sudo().prm_patient_id
        result = super().unlink()
        self.env["prm.recall"]._mark_stale(patients)
        return result
