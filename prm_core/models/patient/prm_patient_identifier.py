from odoo import api, fields, models


class PrmPatientIdentifier(models.Model):
    """The number by which another system knows the patient."""

    _name = "prm.patient.identifier"
    _description = "Patient Identifier"
    _order = "system, value"
    _rec_name = "value"

    patient_id = fields.Many2one("prm.patient", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="patient_id.company_id", store=True, precompute=True)
    system = fields.Char(required=True, help="Who gave the number: opendental, gestionale …")
    value = fields.Char(required=True)

    _value_uniq = models.Constraint(
        "unique(company_id, system, value)",
        "Another patient of this practice has this number in that system.",
    )

    @api.depends("system", "value")
    def _compute_display_name(self):
        for identifier in self:
            identifier.display_name = f"{identifier.system}: {identifier.value}"
