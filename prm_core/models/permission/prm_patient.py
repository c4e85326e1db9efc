from odoo import fields, models


class PrmPatient(models.Model):
    _inherit = "prm.patient"

    consent_ids = fields.One2many("prm.consent", "patient_id", string="Permissions")
