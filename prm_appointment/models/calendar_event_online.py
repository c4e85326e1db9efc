from odoo import api, fields, models
from odoo.addons.prm_core import outbox, templating
from odoo.exceptions import UserError

from .. import patient_dates

templating.register_variables(
    templating.Variable("booking.code", "Code with which somebody who books proves who reads it",
                        "482915"),
    templating.Variable("booking.answer", "What the practice says to a wish it can't fulfil",
                        "That afternoon we are at a training."),
)  # fmt: skip


class CalendarEvent(models.Model):
    """Visits that patients booked and the front desk has to approve."""

    _inherit = "calendar.event"

    @api.model
    def _prepare_appointment_vals(self, vals_list):
        """A practice may want to approve whatever is booked online."""
        if self.env.context.get("prm_to_approve"):
            vals_list = [{**vals, "prm_to_approve": True} for vals in vals_list]
        return super()._prepare_appointment_vals(vals_list)

    def _prm_approve(self):
        """The patient was promised word."""
        waiting = self.filtered("prm_to_approve")
        result = super()._prm_approve()
        waiting.sudo()._prm_answer_wish("booking_approved")
        return result

    def _prm_decline(self, answer=""):
        """Say no to what a patient booked, and tell them kindly; they can choose another time.

        :param answer: what the patient is told besides, as a person wrote it.
        :raises UserError: when a visit doesn't wait for approval any more.
        """
        if any(not visit.prm_to_approve for visit in self):
            raise UserError(self.env._("This visit has been answered already."))
        self.check_access("write")
        self._prm_cancel("practice", "practice_other")
        self.sudo()._prm_answer_wish("booking_declined", answer)

    def _prm_confirm_in_writing(self):
        """Tell patients who have just booked or moved visits themselves when they come, at any
        hour: they wait for it. Where the front desk has to approve, they get word then.
        """
        self.filtered(lambda visit: not visit.prm_to_approve).sudo()._prm_answer_wish(
            "booking_approved", asked_now=True
        )

    def _prm_answer_wish(self, code, answer="", asked_now=False):
        """Tell the patients what became of their wish.

        :param code: of the template.
        :param answer: what a person of the practice says besides.
        :param asked_now: see `outbox.Request`.
        """
        requests = []
        for visit in self.filtered(lambda one: one.start > fields.Datetime.now()):
            patient = visit.prm_patient_id
            lang = patient.lang or "en_US"
            dates = patient_dates.Writer(lang, visit._prm_zone())
            kind = visit.prm_type_id.with_context(lang=lang)
            requests.append(
                outbox.Request(
                    patient,
                    "care",
                    self.env["prm.template"]._by_code(code, visit.prm_company_id),
                    record=visit,
                    variables={
                        "appointment.day": dates.full_day(visit.start),
                        "appointment.time": dates.clock(visit.start),
                        "appointment.provider": visit.prm_provider_id.name or "",
                        "appointment.preparation": kind.preparation or "",
                        "booking.answer": answer,
                    },
                    link_action="book_appointment" if code == "booking_declined" else "visit",
                    link_payload={"type_id": kind.id},
                    asked_now=asked_now,
                )
            )
        return self.env["prm.message"]._queue(requests)

    def action_prm_decline(self):
        """Ask what to tell the patient, then decline."""
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Decline the visit"),
            "res_model": "prm.booking.decline",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_event_ids": self.ids},
        }
