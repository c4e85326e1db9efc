from odoo import api, fields, models
from odoo.exceptions import UserError


class PrmUnscheduledSnooze(models.Model):
    """That a patient doesn't want to be asked about open treatment before some day.

    Kept with who took it down and why. A new one takes the place of the one before; what is
    planned or accepted later than it is asked about all the same.
    """

    _name = "prm.unscheduled.snooze"
    _description = "Treatment Put Off"
    _order = "id desc"
    _rec_name = "until"

    patient_id = fields.Many2one("prm.patient", required=True, readonly=True, ondelete="cascade")
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    until = fields.Date(string="Ask Again on", required=True, readonly=True)
    reason = fields.Char(string="Why", readonly=True, help="For the team. No health details.")
    since = fields.Date(required=True, readonly=True)
    user_id = fields.Many2one("res.users", string="By", required=True, readonly=True)
    active = fields.Boolean(default=True, readonly=True)

    _current_uniq = models.UniqueIndex("(patient_id) WHERE active")
    _patient_idx = models.Index("(patient_id)")

    @api.model
    def _put_off(self, patients, until, reason=""):
        """Leave patients in peace until a day.

        :param date until: the day on which they are on the list again; :param reason: for the team.
        :raises UserError: when it is not a day to come.
        """
        today = fields.Date.context_today(self)
        if not until or until <= today:
            raise UserError(self.env._("Choose a day to come on which to ask again."))
        snoozes = self.sudo()
        before = snoozes.search([("patient_id", "in", patients.ids)])
        before.active = False
        before.flush_recordset()
        return snoozes.create(
            [
                {
                    "patient_id": patient.id,
                    "company_id": patient.company_id.id,
                    "until": until,
                    "reason": (reason or "").strip()[:200],
                    "since": today,
                    "user_id": self.env.uid,
                }
                for patient in patients
            ]
        )
