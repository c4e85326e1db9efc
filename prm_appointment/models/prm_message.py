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
        if self.quotes:
            asked = asked.filtered(lambda one: one.res_id == self.reply_to_id.res_id)
        by_message = {message: message._visits_asked_about() for message in asked}
        visits = max(by_message.values(), key=len, default=self.env["calendar.event"])
        if not visits or any(others - visits for others in by_message.values()):
            # Of two messages about different visits nobody can say which one the yes is to.
            return False
        visits.filtered(lambda visit: visit.prm_status == "booked").prm_status = "confirmed"
        if not self.patient_id and len(visits.prm_patient_id) == 1:
            self.write({"patient_id": visits.prm_patient_id.id, "candidate_ids": [(5,)]})
        asked.filtered(lambda one: by_message[one])._mark_acted()
        return True

    def _visits_asked_about(self):
        """The visits to come that a message is about, with those of the family that it names."""
        self.ensure_one()
        said = self | self.search([("merged_into_id", "=", self.id)])
        said = said.filtered(lambda one: one.res_model == "calendar.event")
        visits = self.env["calendar.event"].sudo().browse(said.mapped("res_id")).exists()
        return visits.filtered(
            lambda visit: (
                visit.active
                and visit.prm_status in ("booked", "confirmed")
                and not visit.prm_to_approve
                and visit.start > fields.Datetime.now()
            )
        )
