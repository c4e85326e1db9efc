from odoo import fields, models


class CalendarEvent(models.Model):
    """What happens to a visit is told to the patient's timeline, in the same transaction."""

    _inherit = "calendar.event"

    def _prm_snapshot(self):
        """What matters to the patient."""
        self.ensure_one()
        return self.start, self.stop, self.prm_provider_id.id, self.prm_status

    def _prm_record_changes(self, before):
        """Tell the timeline what changed since the snapshots."""
        moved, by_status = self.browse(), {}
        for event in self:
            *old_time, old_status = before[event.id]
            *new_time, new_status = event._prm_snapshot()
            if new_status != old_status:
                by_status.setdefault(new_status, self.browse())
                by_status[new_status] |= event
            if new_time != old_time and new_status != "cancelled":
                moved |= event
            if new_status != old_status or new_time != old_time:
                event.write({"prm_sequence": event.prm_sequence + 1})
        moved._prm_emit("appointment_moved", {key: value[0] for key, value in before.items()})
        for status, events in by_status.items():
            code = "reopened" if status == "booked" else status
            events._prm_emit(f"appointment_{code}")

    def _prm_emit(self, code, moved_from=None):
        """Write the fact to the patients' timelines.

        :param moved_from: ``{event id: former start}``
        """
        if not self:
            return
        entries = []
        for event in self:
            payload = {"type": event.name, "start": event._prm_local(event.start)}
            if moved_from:
                payload["from"] = event._prm_local(moved_from[event.id])
            entries.append(
                {
                    "patient": event.prm_patient_id,
                    "company_id": event.prm_company_id.id,
                    "record": event,
                    "payload": payload,
                }
            )
        self.env["prm.event"].emit(code, entries)

    def _prm_zone(self):
        """Time zone of the practice, in which the visit is spoken of."""
        self.ensure_one()
        return self.prm_company_id._prm_zone()

    def _prm_is_over(self):
        """Whether the visit has begun or is past: then there is nothing to prepare for."""
        self.ensure_one()
        return self.start <= fields.Datetime.now()

    def _prm_local(self, moment):
        zone = self._prm_zone()
        local = fields.Datetime.context_timestamp(self.with_context(tz=zone), moment)
        return local.strftime("%Y-%m-%d %H:%M")
