from odoo import models


class PrmPatient(models.Model):
    """Coming of age, as far as permission goes."""

    _inherit = "prm.patient"

    def _spoken_for(self):
        return super()._spoken_for() or bool(self.consent_ids.filtered("given_by_id"))
