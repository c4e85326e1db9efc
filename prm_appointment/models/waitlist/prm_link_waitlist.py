from odoo import fields, models

from ... import slot_wishes
from ..prm_time_block import WEEKDAYS

#: How long beforehand patients can say that they have to know, in hours.
NOTICES = (1, 24, 48)
WHOLE_DAY = (0, 24)


class PrmLink(models.Model):
    """Pages behind a link on which patients put themselves on the waitlist, or take themselves off.

    What is asked for stands in ``do``: ``wait`` shows a page and, when it is posted, puts them on
    the list; ``unwait`` takes them off.
    """

    _inherit = "prm.link"

    # ------------------------------------------------------------
    # ROADS
    # ------------------------------------------------------------

    def _page_visit(self, params):
        if params.get("do") == "wait":
            visit = self._visit_asked_for(params)
            if self._may_wait_for(visit):
                return self._page_wait(visit.prm_type_id, visit)
        return super()._page_visit(params)

    def _post_visit(self, params):
        if params.get("do") in ("wait", "unwait"):
            visit = self._visit_asked_for(params)
            if params["do"] == "unwait":
                self._waiting_entry(visit.prm_type_id, visit.prm_patient_id)._end("left")
                return self._page_overview("unwaited" if visit else None)
            if not self._may_wait_for(visit):
                return self._page_overview()
            self._join(visit.prm_type_id, visit.prm_patient_id, params, visit)
            return self._page_overview("waiting")
        return super()._post_visit(params)

    def _page_book_appointment(self, params):
        if params.get("do") == "wait" and not self._booking_settled():
            return self._page_wait(self._appointment_type())
        return super()._page_book_appointment(params)

    def _post_book_appointment(self, params):
        if params.get("do") not in ("wait", "unwait"):
            return super()._post_book_appointment(params)
        if page := self._booking_settled():
            return page
        kind = self._appointment_type()
        if params["do"] == "unwait":
            self._waiting_entry(kind, self.patient_id)._end("left")
            return self._page_choose({})
        self._join(kind, self.patient_id, params)
        return self._page_choose({}, notice="waiting")

    # ------------------------------------------------------------
    # DOING IT
    # ------------------------------------------------------------

    def _may_wait_for(self, visit):
        """Whether an earlier time can be waited for in the place of a visit."""
        return bool(visit) and self._may_change(visit, "move")

    def _waiting_entry(self, kind, patient):
        """The patient's entry for a kind of visit, if they wait."""
        entries = self.env["prm.waitlist.entry"]
        if not kind or not patient:
            return entries
        return entries.search(
            [("patient_id", "=", patient.id), ("type_id", "=", kind.id), ("state", "=", "waiting")],
            limit=1,
        )

    def _join(self, kind, patient, params, visit=None):
        """Put a patient on the list, or change what they wait for."""
        hour_from, hour_to = slot_wishes.PARTS.get(params.get("part"), WHOLE_DAY)
        vals = {
            **self._wished_days(params),
            "hour_from": hour_from,
            "hour_to": hour_to,
            "notice_hours": _notice(params),
            "provider_ids": [(6, 0, self._wished_provider(params, visit))],
            "event_id": visit.id if visit else False,
        }
        entry = self._waiting_entry(kind, patient)
        if entry:
            entry.write(vals)
        else:
            vals.update(patient_id=patient.id, type_id=kind.id, source="online")
            entry = entry.create(vals)
        self._acted(record=entry)
        return entry

    @staticmethod
    def _wished_days(params):
        """Days that are ticked; who ticks none can come on any."""
        ticked = [day for day in WEEKDAYS if params.get(day)]
        return {day: not ticked or day in ticked for day in WEEKDAYS}

    def _wished_provider(self, params, visit):
        return visit.prm_provider_id.ids if visit and params.get("same") else []

    # ------------------------------------------------------------
    # WORDS
    # ------------------------------------------------------------

    def _page_wait(self, kind, visit=None):
        patient = visit.prm_patient_id if visit else self.patient_id
        return "prm_appointment.page_wait", {
            **self._prepare_common_values(),
            **self._prepare_wait_values(kind, patient),
            "heading": self._wait_heading(visit),
            "visit": visit and visit.id,
            "same_text": visit
            and visit.prm_provider_id
            and self.env._("Only with %(provider)s", provider=visit.prm_provider_id.name),
            "back": self._address(),
        }

    def _wait_heading(self, visit):
        name = self._first_name()
        if visit:
            return self.env._("%(name)s, would you like to come earlier?", name=name)
        return self.env._("%(name)s, shall we tell you when a time comes free?", name=name)

    def _prepare_wait_values(self, kind, patient):
        """Values of the form, as the patient filled it in before."""
        entry = self._waiting_entry(kind, patient)
        dates = self._patient_dates()
        days = [(day, dates.weekday(number), bool(entry) and not all(entry[d] for d in WEEKDAYS)
                 and entry[day]) for number, day in enumerate(WEEKDAYS)]  # fmt: skip
        hours = (entry.hour_from, entry.hour_to) if entry else WHOLE_DAY
        parts = [
            (part, self._part_label(part), hours == span)
            for part, span in {"": WHOLE_DAY, **slot_wishes.PARTS}.items()
        ]
        chosen = entry.notice_hours if entry else NOTICES[1]
        return {
            "type_name": kind.name,
            "days": days,
            "parts": parts,
            "notices": [(hours, self._notice_label(hours), hours == chosen) for hours in NOTICES],
            "same": bool(entry.provider_ids),
        }

    def _part_label(self, part):
        return {
            "": self.env._("At any time of day"),
            "morning": self.env._("In the morning"),
            "afternoon": self.env._("In the afternoon"),
            "evening": self.env._("In the evening"),
        }[part]

    def _notice_label(self, hours):
        return {
            1: self.env._("An hour before is enough"),
            24: self.env._("The day before"),
            48: self.env._("Two days before"),
        }[hours]

    def _overview_heading(self, visits, done):
        name = self._first_name()
        if done == "waiting":
            return self.env._("You are on our waitlist, %(name)s.", name=name)
        if done == "unwaited":
            return self.env._("You are no longer on our waitlist, %(name)s.", name=name)
        return super()._overview_heading(visits, done)

    def _prepare_managed_visit(self, visit):
        waits = self._waiting_entry(visit.prm_type_id, visit.prm_patient_id)
        waits = waits.filtered(lambda entry: entry.event_id == visit)
        return {
            **super()._prepare_managed_visit(visit),
            "wait": self._may_wait_for(visit) and self._address(do="wait", visit=visit.id),
            "waits": bool(waits) and visit.start > fields.Datetime.now(),
        }

    def _prepare_choose_values(self):
        kind = self._appointment_type()
        step = self._chosen()[1]
        patient = self._chosen()[0].prm_patient_id or self.patient_id
        return {
            **super()._prepare_choose_values(),
            "wait": step != "again" and self._address(do="wait"),
            "waits": bool(self._waiting_entry(kind, patient)),
        }


def _notice(params):
    asked = params.get("notice") or ""
    return int(asked) if asked in {str(hours) for hours in NOTICES} else NOTICES[1]
