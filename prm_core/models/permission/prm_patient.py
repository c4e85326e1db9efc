from odoo import api, fields, models
from odoo.exceptions import ValidationError


class PrmPatient(models.Model):
    """What the patient says about being written to."""

    _inherit = "prm.patient"

    consent_ids = fields.One2many("prm.consent", "patient_id", string="Permissions")
    channel_order = fields.Char(
        help="Codes of channels with commas between, the one the patient likes best first."
    )
    contact_from = fields.Float(
        string="Not Before", help="Hour of the patient's own clock; 0 and 0: no wish."
    )
    contact_to = fields.Float(string="Not After", help="Hour of the patient's own clock.")
    contact_paused_until = fields.Date(
        string="No Messages Before", help="Until this day only messages about care go out."
    )

    def write(self, vals):
        """What the front desk enters as the preferred way replaces the patient's older order."""
        if "preferred_channel_id" in vals and "channel_order" not in vals:
            vals = {**vals, "channel_order": False}
        return super().write(vals)

    @api.constrains("contact_from", "contact_to")
    def _check_contact_hours(self):
        for patient in self:
            start, stop = patient.contact_from, patient.contact_to
            if (start or stop) and not 0 <= start < stop <= 24:
                raise ValidationError(
                    self.env._("The hours for messages run from an earlier to a later hour.")
                )
