from datetime import datetime, timedelta

from odoo import api, fields, models
from odoo.addons.prm_appointment.exceptions import SlotTaken
from odoo.exceptions import AccessError, UserError
from odoo.tools.translate import LazyTranslate

_lt = LazyTranslate(__name__)

#: How far ahead free times are looked for, and how many are offered.
LOOK_AHEAD = timedelta(days=60)
OFFERED = 6
A_DAY = 2
APART = timedelta(hours=2)
#: For how long a patient who said no is left in peace.
PEACE = timedelta(days=182)

#: What may come of a call.
OUTCOMES = {
    "booked": _lt("Booked"),
    "no_answer": _lt("No answer"),
    "call_back": _lt("Call back"),
    "declined": _lt("Doesn't want it"),
    "wrong_number": _lt("Wrong number"),
}
#: Reasons for a no after which nobody asks again.
FOR_GOOD = ("elsewhere",)
#: Outcome -> that of a planned call (`prm.call`) about the same recall.
PLANNED = {"booked": "booked", "declined": "declined", "wrong_number": "wrong_number"}


class PrmRecallOutcome(models.Model):
    """What comes of a call from the worklist: booked, or why not, and when to ask again."""

    _inherit = "prm.recall"

    # === WHAT THE CLIENT CALLS ===

    def prm_worklist_book(self, start, provider_id):
        """Book the visit that this recall asks for, with all that is done together.

        :param str start: ISO, UTC, as `prm_worklist_slots` gave it.
        :return: ``{"booked": words}``, or ``{"taken": sentence}``, and then nothing has happened.
        """
        self._check_desk()
        kind = self.type_id.with_company(self.company_id).appointment_type_id
        if self.state == "booked":
            return {"taken": self.env._("This visit is booked already.")}
        try:
            start = datetime.fromisoformat(start.rstrip("Z")).replace(tzinfo=None)
        except (AttributeError, ValueError):
            raise UserError(self.env._("Choose one of the times that are offered.")) from None
        provider = self.env["prm.provider"].browse(provider_id)
        [slot] = self._free_at(kind, start, provider)[:1] or [None]
        taken = {"taken": self.env._("This time has just been taken. Choose another one.")}
        if not slot:
            return taken
        wish = {
            "patient": self.patient_id,
            "type": kind,
            "provider": provider,
            "operatory": self.env["prm.operatory"].browse(slot.operatory_id or ()),
            "start": slot.start,
            "stop": slot.stop,
            "source": "recall",
        }
        try:
            with self.env.cr.savepoint():
                event = self.env["calendar.event"]._prm_book([wish])
        except SlotTaken:
            return taken
        self._note_call("booked")
        return {"booked": event.display_name, "event_id": event.id}

    def prm_worklist_outcome(self, outcome, reason=None, on=None, note=None):
        """Note down what came of a call, and when to ask again.

        :param str outcome: one of `OUTCOMES`; :param str reason: of a no, as on `prm.call`.
        :param str on: ISO date on which to call back; :param str note: for the team, no health.
        :raises UserError: with a sentence that says what is missing.
        """
        self._check_desk()
        if outcome not in OUTCOMES or outcome == "booked":
            raise UserError(self.env._("Say what came of the call."))
        if outcome == "no_answer":
            self.call_again_on = fields.Date.context_today(self) + timedelta(days=1)
        elif outcome == "call_back":
            self.call_again_on = self._day_to_come(on)
        elif outcome == "declined":
            self._take_no(reason)
        elif outcome == "wrong_number":
            self.patient_id._block_phone()
        self._note_call(outcome, reason, on=on, note=note)
        return True

    # === HOW ===

    def _day_to_come(self, text):
        """:raises UserError: when it is no day, or not one to come."""
        try:
            day = fields.Date.to_date(text)
        except ValueError:
            day = None
        if not day or day <= fields.Date.context_today(self):
            raise UserError(self.env._("Choose a day to come on which to call back."))
        return day

    def _check_desk(self):
        self.ensure_one()
        self.check_access("write")
        if not self.env.user.has_group("prm_core.group_prm_receptionist"):
            raise AccessError(self.env._("Only the front desk notes down calls."))

    def _worklist_free(self, kind):
        """The first free times, two a day and not side by side, for a visit with all that is done
        together.
        """
        now = fields.Datetime.now()
        chosen, last, today = [], None, 0
        extra = self._extra_minutes(self._riders()[self.id])
        for slot in kind._free_slots(now, now + LOOK_AHEAD, extra=extra):
            same_day = last and slot.start.date() == last.date()
            if same_day and (today == A_DAY or slot.start - last < APART):
                continue
            today = today + 1 if same_day else 1
            last = slot.start
            chosen.append(slot)
            if len(chosen) == OFFERED:
                break
        return chosen

    def _free_at(self, kind, start, provider):
        """The free time that begins at a moment with a provider, if it is free still."""
        if not kind or start < fields.Datetime.now():
            return []
        extra = self._extra_minutes(self._riders()[self.id])
        length = kind._length_with(provider) + timedelta(minutes=extra)
        found = kind._free_slots(start, start + length, provider, extra=extra)
        return [slot for slot in found if slot.start == start]

    def _take_no(self, reason):
        """A no holds for half a year; of who goes elsewhere, for good."""
        reasons = self._decline_reasons()
        if reason not in reasons:
            raise UserError(self.env._("Choose the reason for the no first."))
        vals = {"disabled_reason": reasons[reason]}
        if reason in FOR_GOOD:
            vals["disabled"] = True
        else:
            vals["disabled_until"] = fields.Date.context_today(self) + PEACE
        self.with_context(prm_recall_source="patient").write(vals)

    @api.model
    def _decline_reasons(self):
        """``{code: words}``"""
        return dict(self.env["prm.call"]._fields["decline_reason"]._description_selection(self.env))

    def _note_call(self, outcome, reason=None, on=None, note=None):
        """One line in the timeline; a call that was planned for it is done with that."""
        words = OUTCOMES[outcome]._translate(self.env.lang or "en_US")
        payload = {"recall": self.type_id.name, "outcome": words, "code": outcome}
        if reason:
            payload["reason"] = self._decline_reasons()[reason]
        if on:
            payload["note"] = self._words_of_day(fields.Date.to_date(on))
        if note:
            payload["note"] = " · ".join(filter(None, (payload.get("note"), note[:200])))
        self.env["prm.event"].emit(
            "recall_called",
            [
                {
                    "patient": self.patient_id,
                    "company_id": self.company_id.id,
                    "record": self,
                    "payload": payload,
                }
            ],
        )
        self._end_planned_call(outcome, reason)

    def _end_planned_call(self, outcome, reason):
        calls = (
            self.env["prm.call"]
            .sudo()
            .search(
                [
                    ("patient_id", "=", self.patient_id.id),
                    ("state", "=", "to_do"),
                    ("message_id.res_model", "=", "prm.recall"),
                    ("message_id.res_id", "=", self.id),
                ]
            )
        )
        for call in calls:
            vals = {"attempts": call.attempts + 1, "user_id": self.env.uid}
            if outcome in PLANNED:
                vals |= {"state": "done", "outcome": PLANNED[outcome], "decline_reason": reason}
                call.message_id._advance("failed" if outcome == "wrong_number" else "acted")
            else:
                again = self.call_again_on or fields.Date.context_today(self)
                vals["due_at"] = self._midnight(again)
            call.write(vals)
