from datetime import timedelta

from odoo import fields, models
from odoo.addons.prm_core import templating

from .. import patient_dates

templating.register_variables(
    templating.Variable("appointment.day", "Weekday and date of the visit", "Monday, 7 December"),
    templating.Variable("appointment.time", "When the visit begins", "9:00"),
    templating.Variable("appointment.provider", "Who the visit is with", "Dr Giulia Bianchi"),
    templating.Variable("appointment.type", "Kind of visit", "Hygiene visit", health=True),
    templating.Variable(
        "appointment.preparation",
        "How to prepare for this kind of visit; may be empty",
        "Please bring your X-rays.",
        health=True,
    ),
)


class PrmEnrolment(models.Model):
    """What journeys know of visits."""

    _inherit = "prm.enrolment"

    def _request_values(self, template, records):
        """Values about the visit; visits of a family on one day become one message."""
        result = super()._request_values(template, records)
        about = self.filtered(lambda one: one.res_model == "calendar.event")
        if not about:
            return result
        for_families = "family.lines" in template._variables()
        languages = about._languages()
        for one in about:
            visit = records.get((one.res_model, one.res_id))
            if not visit:
                continue
            dates = patient_dates.Writer(languages[one.id], visit._prm_zone())
            values = result.setdefault(one.id, {})
            values["variables"] = {
                **values.get("variables", {}),
                **one._prepare_visit_variables(visit, dates, languages[one.id]),
            }
            if for_families:
                who = one.patient_id._salutation() or ""
                values["merge_key"] = f"visit {dates.date(visit.start)}"
                values["merge_line"] = (
                    f"{who}: {dates.day(visit.start)}, {dates.clock(visit.start)}"
                )
        return result

    def _prepare_visit_variables(self, visit, dates, lang):
        kind = visit.prm_type_id.with_context(lang=lang)
        return {
            "appointment.day": dates.day(visit.start),
            "appointment.time": dates.clock(visit.start),
            "appointment.provider": visit.prm_provider_id.name or "",
            "appointment.type": kind.name or "",
            "appointment.preparation": kind.preparation or "",
        }

    def _condition_visit_confirmed(self, _number):
        """The visit that the journey is about is confirmed."""
        visits = self._visits()
        return self.filtered(
            lambda one: visits.get(one.res_id) and visits[one.res_id].prm_status != "booked"
        )

    def _visits(self):
        """``{id: visit}`` of what the journeys are about."""
        ids = [one.res_id for one in self if one.res_model == "calendar.event"]
        events = self.env["calendar.event"].sudo().browse(ids).exists()
        return {event.id: event for event in events}

    def _condition_has_visit(self, number):
        """A visit of the patient is to come; with a number, within so many days."""
        now = fields.Datetime.now()
        domain = [
            ("prm_patient_id", "in", self.patient_id.ids),
            ("start", ">", now),
            ("prm_status", "in", ("booked", "confirmed")),
        ]
        if number:
            domain.append(("start", "<=", now + timedelta(days=number)))
        patients = self.env["calendar.event"].sudo().search(domain).prm_patient_id
        return self.filtered(lambda one: one.patient_id in patients)
