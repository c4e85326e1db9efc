from odoo import api, fields, models


class PrmCancelReason(models.Model):
    """Why a visit was cancelled, in words that can be counted."""

    _name = "prm.cancel.reason"
    _description = "Reason for Cancelling"
    _order = "sequence, id"

    code = fields.Char(required=True, help="For figures and conditions; stays as it is.")
    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    cancelled_by = fields.Selection(
        [("patient", "Patient"), ("practice", "Practice")],
        string="Whose Reason",
        required=True,
        default="patient",
    )
    for_patients = fields.Boolean(
        string="Patients can choose it", help="On the page on which they cancel."
    )
    for_staff = fields.Boolean(string="The front desk can choose it", default=True)

    _code_uniq = models.Constraint("unique(code)", "There is a reason with this code already.")
    _patients_own = models.Constraint(
        "CHECK(cancelled_by = 'patient' OR NOT for_patients)",
        "Patients choose among their own reasons only.",
    )

    @api.model
    def _by_code(self, code):
        """The reason with a code, archived or not.

        :raises KeyError: for a code that there is not: a fault of the program.
        """
        found = self.sudo().with_context(active_test=False).search([("code", "=", code)], limit=1)
        if not found:
            raise KeyError(f"There is no reason {code!r} for cancelling a visit.")
        return found

    @api.model
    def _for_patients(self):
        """The reasons that a patient can choose among, in order."""
        return self.sudo().search([("for_patients", "=", True)])
