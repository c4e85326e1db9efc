{%- set short = name | snake | replace("prm_", "", 1) -%}
from odoo import api, fields, models


class Prm{{ short | pascal }}Finding(models.Model):
    """What a clinician of this specialty found. A health fact, so it has a model of its own."""

    _name = "prm.{{ short }}.finding"
    _description = "{{ short | replace('_', ' ') | title }} Finding"
    _order = "date desc, id desc"
    _check_company_auto = True

    patient_id = fields.Many2one(
        "prm.patient", required=True, index=True, ondelete="cascade", check_company=True
    )
    company_id = fields.Many2one(related="patient_id.company_id", store=True, index=True)
    date = fields.Date(required=True, default=fields.Date.context_today)
    name = fields.Char(string="Finding", required=True)
    note = fields.Text()

    @api.model_create_multi
    def create(self, vals_list):
        findings = super().create(vals_list)
        # The timeline says that something was found, never what.
        findings.env["prm.event"].emit(
            "{{ short }}_finding",
            [{"patient": finding.patient_id, "record": finding} for finding in findings],
        )
        return findings
