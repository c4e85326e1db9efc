from odoo import api, fields, models
from odoo.exceptions import UserError


class PrmUnscheduledSnooze(models.Model):
    """That a patient doesn't want to be asked before some day, or at all.

    Kept with who took it down and why. A new one takes the place of the one before; treatment that
    is planned or accepted later is asked about all the same.
    """

    _name = "prm.unscheduled.snooze"
    _description = "Patient Put Off"
    _order = "id desc"
    _rec_name = "until"

    patient_id = fields.Many2one("prm.patient", required=True, readonly=True, ondelete="cascade")
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    about = fields.Selection(
        [("work", "Open treatment"), ("lapsed", "Long away")], required=True, readonly=True
    )
    until = fields.Date(string="Ask Again on", readonly=True, help="Empty: never.")
    reason = fields.Char(string="Why", readonly=True, help="For the team. No health details.")
    since = fields.Date(required=True, readonly=True)
    user_id = fields.Many2one("res.users", string="By", required=True, readonly=True)
    active = fields.Boolean(default=True, readonly=True)

    _current_uniq = models.UniqueIndex("(patient_id, about) WHERE active")
    _patient_idx = models.Index("(patient_id)")

    @api.model
    def _put_off(self, patients, about, until=None, reason=""):
        """Leave patients in peace until a day, or for good.

        :param about: ``work`` or ``lapsed``; :param date until: the day on which they are on the
            list again; None: never. :param reason: for the team.
        :raises UserError: when it is not a day to come.
        """
        today = fields.Date.context_today(self)
        if until is not None and (not until or until <= today):
            raise UserError(self.env._("Choose a day to come on which to ask again."))
        self._end(patients, about)
        return self.sudo().create(
            [
                {
                    "patient_id": patient.id,
                    "company_id": patient.company_id.id,
                    "about": about,
                    "until": until,
                    "reason": (reason or "").strip()[:200],
                    "since": today,
                    "user_id": self.env.uid,
                }
                for patient in patients
            ]
        )

    @api.model
    def _end(self, patients, about):
        """They may be asked again."""
        standing = self.sudo().search([("patient_id", "in", patients.ids), ("about", "=", about)])
        standing.active = False
        standing.flush_recordset()
