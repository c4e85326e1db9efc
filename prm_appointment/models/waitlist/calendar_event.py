from datetime import timedelta

from odoo import api, fields, models

from ... import slots, waitlist
from .prm_waitlist_entry import STANDING
from .prm_waitlist_opening import SHORTEST


class CalendarEvent(models.Model):
    """What a change of visits means for the waitlist: times come free, people wait no longer."""

    _inherit = "calendar.event"

    @api.depends("start")
    @api.depends_context("prm_when")
    def _compute_display_name(self):
        """With ``prm_when`` a visit is called by its time: who chooses one knows whose it is."""
        super()._compute_display_name()
        if self.env.context.get("prm_when"):
            for visit in self.sudo().filtered("prm_patient_id"):
                when = visit._prm_local(visit.start)
                visit.with_env(self.env).display_name = f"{when} · {visit.prm_type_id.name}"

    def _prm_record_booking(self):
        super()._prm_record_booking()
        standing = self.filtered(lambda visit: visit.prm_status in STANDING)
        if not standing:
            return
        waiting = self.env["prm.waitlist.entry"].sudo().search(
            [("patient_id", "in", standing.prm_patient_id.ids), ("state", "=", "waiting"),
             ("event_id", "=", False)]
        )  # fmt: skip
        if waiting:
            booked = {(visit.prm_patient_id, visit.prm_type_id) for visit in standing}
            waiting.filtered(lambda one: (one.patient_id, one.type_id) in booked)._end("booked")

    def _prm_record_changes(self, before, waiting):
        super()._prm_record_changes(before, waiting)
        self._prm_note_freed(before)
        gone = self.filtered(lambda visit: visit.prm_status not in STANDING)
        if gone:
            self.env["prm.waitlist.entry"].sudo().search(
                [("event_id", "in", gone.ids), ("state", "=", "waiting")]
            )._end("closed")

    def _prm_note_freed(self, before):
        """Times that visits no longer take are worth something to others.

        :param before: snapshots, see `_prm_snapshot`.
        """
        earliest = fields.Datetime.now() + waitlist.LAST_CALL
        freed = []
        for visit in self:
            start, stop, provider_id, status = before[visit.id]
            if status not in STANDING or not provider_id or start < earliest:
                continue
            cancelled = visit.prm_status == "cancelled"
            if not cancelled and visit.prm_status not in STANDING:
                continue
            for gap_start, gap_stop in visit._prm_gaps(start, stop, provider_id, cancelled):
                freed.append(
                    {
                        "event": visit,
                        "start": gap_start,
                        "stop": gap_stop,
                        "provider_id": provider_id,
                        "why": "cancelled" if cancelled else "moved",
                        # Whoever cancels for the practice may not be there at all that day.
                        "asks": cancelled and visit.prm_cancelled_by != "patient",
                    }
                )
        if freed:
            self.env["prm.waitlist.opening"]._note(freed)

    def _prm_gaps(self, start, stop, provider_id, cancelled):
        """What of its former time the visit no longer takes."""
        taken = []
        if not cancelled and self.prm_provider_id.id == provider_id:
            taken = [(self.start, self.stop)]
        gaps = slots.subtract([(start, stop)], taken)
        return [gap for gap in gaps if gap[1] - gap[0] >= SHORTEST]

    def action_prm_wait(self):
        """Put the patient on the waitlist for an earlier time."""
        self.ensure_one()
        entry = self.env["prm.waitlist.entry"].search(
            [("patient_id", "=", self.prm_patient_id.id), ("state", "=", "waiting"),
             ("type_id", "=", self.prm_type_id.id)], limit=1
        )  # fmt: skip
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Waitlist"),
            "res_model": "prm.waitlist.entry",
            "res_id": entry.id,
            "views": [(False, "form")],
            "target": "new",
            "context": {
                "default_patient_id": self.prm_patient_id.id,
                "default_event_id": self.id,
                "default_type_id": self.prm_type_id.id,
                "default_date_to": fields.Date.to_string(self.start.date() - timedelta(days=1)),
            },
        }
