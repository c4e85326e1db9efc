{%- set short = name | snake | replace("prm_", "", 1) -%}
from odoo import fields, models


class PrmPatient(models.Model):
    _inherit = "prm.patient"

    {{ short }}_finding_ids = fields.One2many(
        "prm.{{ short }}.finding",
        "patient_id",
        string="{{ short | replace('_', ' ') | title }} Findings",
        groups="prm_core.group_prm_clinician",
    )
