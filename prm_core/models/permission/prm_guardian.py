from odoo import fields, models


class PrmPatient(models.Model):
    """Coming of age, as far as permission goes."""

    _inherit = "prm.patient"

    def _spoken_for(self):
        return super()._spoken_for() or bool(self.consent_ids.filtered("given_by_id"))

    def _tell_of_age(self):
        super()._tell_of_age()
        for patient in self:
            patient.sudo().activity_schedule(
                "prm_core.mail_activity_of_age", fields.Date.context_today(patient), user_id=False
            )
