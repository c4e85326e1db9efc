from odoo import fields, models


class PrmMessage(models.Model):
    """A plain yes to a message about a visit confirms the visit."""

    _inherit = "prm.message"

    def _answer_question(self, meaning):
        done = super()._answer_question(meaning)
        if done or meaning != "confirm":
            # A visit is never cancelled by one word: a person calls and finds another time.
            return done
        asked = self._open_questions().filtered(lambda one: one.res_model == "calendar.event")
        visits = self.env["calendar.event"].sudo().browse(asked.mapped("res_id")).exists()
        visits = visits.filtered(
            lambda visit: (
                visit.active
                and visit.prm_status in ("booked", "confirmed")
                and visit.start > fields.Datetime.now()
            )
        )
        if self.quotes:
            visits = visits.filtered(lambda visit: visit.id == self.reply_to_id.res_id)
        if len(visits) != 1:
            return False
        visits.filtered(lambda visit: visit.prm_status == "booked").prm_status = "confirmed"
        if not self.patient_id:
            self.write({"patient_id": visits.prm_patient_id.id, "candidate_ids": [(5,)]})
        asked.filtered(lambda one: one.res_id == visits.id)._mark_acted()
        return True
