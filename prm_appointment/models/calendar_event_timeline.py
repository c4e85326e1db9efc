from collections import defaultdict

from odoo import fields, models
from odoo.addons.prm_core.contact_hours import local_time

from .. import visit_status


def _code(old_status, new_status):
    """The event, less its prefix, that a change of status is."""
    if new_status == visit_status.BOOKED:
        return "reopened"
    return "set_back" if visit_status.is_back(old_status, new_status) else new_status


def _local(moment, zone):
    return local_time(moment, zone).isoformat(" ", "minutes")[:16]


class CalendarEvent(models.Model):
    """What happens to a visit is told to the patient's timeline, in the same transaction."""

    _inherit = "calendar.event"

    def _prm_snapshot(self):
        """What matters to the patient."""
        self.ensure_one()
        return self.start, self.stop, self.prm_provider_id.id, self.prm_status

    def _prm_record_booking(self):
        """Tell the timeline of new visits."""
        standing = self.filtered(lambda event: event.prm_status != visit_status.CANCELLED)
        waiting = standing.filtered("prm_to_approve")
        waiting._prm_emit("appointment_requested")
        (standing - waiting)._prm_emit("appointment_booked")

    def _prm_record_changes(self, before, waiting):
        """Tell the timeline what changed since the snapshots.

        :param waiting: visits that waited for approval: they are booked once they don't any more.
        """
        moved, by_code = self.browse(), defaultdict(self.browse)
        for event in self:
            *old_time, old_status = before[event.id]
            *new_time, new_status = event._prm_snapshot()
            if new_status != old_status:
                by_code[_code(old_status, new_status)] |= event
            if new_time != old_time and new_status != visit_status.CANCELLED:
                moved |= event
        approved = waiting.filtered(
            lambda event: not event.prm_to_approve and event.prm_status != visit_status.CANCELLED
        )
        approved._prm_emit("appointment_booked")
        former = {key: value[0] for key, value in before.items()}
        (moved - waiting)._prm_emit("appointment_moved", former)
        for code, events in by_code.items():
            events._prm_emit(f"appointment_{code}")

    def _prm_emit(self, code, moved_from=None):
        """Write the fact to the patients' timelines.

        :param moved_from: ``{event id: former start}``
        """
        if not self:
            return
        zones = {practice: practice._prm_zone() for practice in self.prm_company_id}
        entries = []
        for event in self:
            zone = zones[event.prm_company_id]
            payload = {"type": event.name, "start": _local(event.start, zone)}
            payload.update(event._prm_event_payload())
            if moved_from:
                payload["from"] = _local(moved_from[event.id], zone)
            entries.append(
                {
                    "patient": event.prm_patient_id.id,
                    "company_id": event.prm_company_id.id,
                    "record": event,
                    "payload": payload,
                }
            )
        self.env["prm.event"].emit(code, entries)

    def _prm_event_payload(self):
        """What the timeline keeps of the visit, beside its kind and time: plain values."""
        cancelled = self.prm_status == visit_status.CANCELLED
        return self._prm_cancel_payload() if cancelled else {}

    def _prm_cancel_payload(self):
        """By whom, why and how long before; the patient's own words stay on the visit."""
        payload = {"lead_hours": round(self.prm_cancel_lead_hours, 2)}
        if self.prm_cancelled_by:
            event = self.with_context(lang=self.prm_company_id.partner_id.lang or self.env.lang)
            reason = event.prm_cancel_reason_id
            labels = dict(self._fields["prm_cancelled_by"]._description_selection(event.env))
            payload.update(
                by=self.prm_cancelled_by,
                by_whom=labels[self.prm_cancelled_by],
                reason=reason.code or None,
                why=reason.name or None,
            )
        if self.env.context.get("prm_rebooked"):
            payload["rebooked"] = True
        return payload

    def _prm_zone(self):
        """Time zone of the practice, in which the visit is spoken of."""
        self.ensure_one()
        return self.prm_company_id._prm_zone()

    def _prm_is_over(self):
        """Whether the visit has begun or is past: then there is nothing to prepare for."""
        self.ensure_one()
        return self.start <= fields.Datetime.now()

    def _prm_local(self, moment):
        return _local(moment, self._prm_zone())
