"""Journeys that have been live for a while: their past is played, as the engine would have."""

from collections import defaultdict
from dataclasses import replace
from datetime import datetime, time, timedelta

from odoo import fields
from odoo.addons.prm_core import forecast, ladder
from odoo.addons.prm_core.bulk import insert

#: Days that the practice has had its journeys.
LIVE_DAYS = 170
#: Days back of visits that were reminded of, and of patients who were welcomed.
REMINDED_DAYS, WELCOMED_DAYS = 21, 120
#: People under way on the recall ladder, and those who have booked since; further ones start bit by
#: bit, so that the worklist keeps some work.
RECALLED, BOOKED_SINCE, STARTS_A_DAY = 56, 14, 5
#: How visits end for the reminder: state of the enrolment and the kind of event that ends it.
ENDS = {
    "completed": ("goal", "appointment_completed"),
    "cancelled": ("exited", "appointment_cancelled"),
    "no_show": ("exited", "appointment_no_show"),
}


class JourneyLoader:
    """Puts patients on three ready journeys, at different steps.

    Messages are made by the outbox and its gate, and then are said to have gone long ago: nothing
    is left in the queue.

    :param env: superuser's environment; :param random: a seeded `random.Random`.
    """

    def __init__(self, env, practice, random):
        self.env, self.practice, self.random = env, practice, random
        self.now = fields.Datetime.now()
        self.reminder = env.ref("prm_appointment.prm_journey_reminder")
        self.recall = env.ref("prm_dental.prm_journey_recall")
        self.welcome = env.ref("prm_core.prm_journey_welcome")
        self.entries = []

    def load(self):
        self._tell_how_visits_ended()
        journeys = self.reminder | self.recall | self.welcome
        self.recall.daily_cap = STARTS_A_DAY
        journeys.date_start = (self.now - timedelta(days=LIVE_DAYS)).date()
        journeys.action_go_live()
        for journey, items in (
            (self.reminder, self._visits()),
            (self.recall, self._recalls()),
            (self.welcome, self._newcomers()),
        ):
            self._put_on(journey, items)
        self._take_steps()
        self._date_messages()
        self.recall._scan_source()

    def _tell_how_visits_ended(self):
        """Of the last months the timeline says how visits ended: journeys are tried on that."""
        visits = self.env["calendar.event"].search(
            [("prm_status", "in", list(ENDS)), ("start", "<", self.now),
             ("start", ">", self.now - timedelta(days=LIVE_DAYS))],
            order="start, id",
        )  # fmt: skip
        for status, group in visits.grouped("prm_status").items():
            state, code = ENDS[status]
            before = timedelta(days=status == "cancelled")
            self.env["prm.event"].emit(
                code,
                [
                    {"patient": visit.prm_patient_id, "record": visit,
                     "occurred_at": (visit.stop if state == "goal" else visit.start) - before}
                    for visit in group
                ],
            )  # fmt: skip

    # ------------------------------------------------------------
    # WHO IS ON THEM
    # ------------------------------------------------------------

    def _visits(self):
        """Items of the reminder: visits of three weeks back and of those to come."""
        since = self.now - timedelta(days=REMINDED_DAYS)
        visits = self.env["calendar.event"].search(
            [("prm_status", "!=", False), ("start", ">", since)], order="start, id"
        )
        booked = self.env["prm.event"].search(
            [("event_type_id", "=", self.reminder.start_type_id.id),
             ("res_id", "in", visits.ids)]
        )  # fmt: skip
        events = {event.res_id: event for event in booked}
        for visit in visits:
            event, patient = events.get(visit.id), visit.prm_patient_id
            if not event or patient.status != "active":
                continue
            started = min(event.occurred_at, self.now)
            state, reason = ENDS.get(visit.prm_status, (None, None))
            ended = visit.start - timedelta(days=state == "exited")
            end = (state, reason, max(ended, started)) if state else None
            yield (patient, ("calendar.event", visit.id), visit.start, started, event, end)

    def _recalls(self):
        """Items of the recall: due at different times, and some who have booked since."""
        today = self.now.date()
        reach = (today - timedelta(days=150), today + timedelta(days=28))
        due = self.env["prm.recall"].search(
            [("due_date", ">=", reach[0]), ("due_date", "<=", reach[1]),
             ("disabled", "=", False), ("patient_id.status", "=", "active")],
            order="due_date, id",
        )  # fmt: skip
        waiting = due.filtered(lambda one: not one.appointment_at)
        booked = (due - waiting)[:BOOKED_SINCE]
        chosen = waiting.browse(
            sorted(self.random.sample(waiting.ids, min(RECALLED, len(waiting))))
        )
        for place, one in enumerate(chosen | booked):
            anchor = self.recall._to_moment(one.due_date, one.patient_id._zone())
            started = self._nine(one.due_date - timedelta(days=28))
            end = None
            if one in booked:
                booking = self.now - timedelta(days=self.random.randint(1, 9), hours=3)
                started = min(started, booking - timedelta(days=2))
                end = ("goal", "appointment_booked", booking)
            elif place % 19 == 7:
                end = ("stopped", "by_hand", self.now - timedelta(days=2))
                started = min(started, self.now - timedelta(days=6))
            yield (one.patient_id, ("prm.recall", one.id), anchor, started, None, end)

    def _newcomers(self):
        """Items of the welcome: who became a patient in the last months."""
        created = self.env["prm.event"].search(
            [("event_type_id", "=", self.welcome.start_type_id.id),
             ("occurred_at", ">", self.now - timedelta(days=WELCOMED_DAYS))],
            order="occurred_at, id",
        )  # fmt: skip
        for event in created:
            about = ("prm.patient", event.patient_id.id)
            if event.patient_id.status in ("active", "prospect"):
                moment = event.occurred_at
                yield (event.patient_id, about, moment, moment, event, None)

    def _nine(self, day):
        """About nine in the morning of a day, where the practice is."""
        return datetime.combine(day, time(16, self.random.randint(0, 40)))

    def _put_on(self, journey, items):
        """Start for some patients, and play what has come until now.

        :param items: (patient, (model, id), anchor, start, event, end); an end is (state, reason,
            moment).
        """
        items = list(items)
        shared = {
            "journey_id": journey.id, "root_id": journey._root().id, "round": 0, "position": 0,
            "company_id": self.practice.id, "state": "active",
        }  # fmt: skip
        people = insert(
            self.env["prm.enrolment"],
            [
                {**shared, "patient_id": patient.id, "res_model": about[0], "res_id": about[1],
                 "key": journey._key(patient, about, anchor, started), "anchor_at": anchor,
                 "started_at": started, "event_id": event.id if event else False}
                for patient, about, anchor, started, event, _end in items
            ],
        )  # fmt: skip
        answers = people._answers(journey.step_ids, today=True)
        for one, item in zip(people, items, strict=True):
            # Of who has booked since nobody had a visit while the steps came.
            booked = journey == self.recall and item[-1]
            self._play(one, {} if booked else answers[one.id], item[-1])

    def _play(self, one, answers, end):
        """What has come for one patient, and where that leaves them."""
        journey = one.journey_id
        rungs, steps = journey._rungs(), journey.step_ids
        until = end[2] if end else self.now
        climber = one._climbers()[one.id]
        for prospect in forecast.play(rungs, climber, one.started_at, until, answers):
            self.entries.append((one, steps[prospect.index], prospect))
            heard = prospect.outcome == forecast.TAKEN and not rungs[prospect.index].silent
            climber = replace(
                climber,
                position=prospect.index + 1,
                previous=prospect.moment,
                contact=prospect.moment if heard else climber.contact,
            )
        place = {
            "position": climber.position, "previous_at": climber.previous,
            "contact_at": climber.contact,
        }  # fmt: skip
        outlook = ladder.look_ahead(rungs, climber, self.now)
        if end:
            place |= {"state": end[0], "reason": end[1], "ended_at": end[2]}
        elif outlook.index is None:
            place |= {"state": "done", "ended_at": climber.previous}
        else:
            place["next_at"] = outlook.due
        one.write(place)

    # ------------------------------------------------------------
    # WHAT CAME
    # ------------------------------------------------------------

    def _take_steps(self):
        """Do the steps that have come, and write their entries."""
        rows, by_step = [], defaultdict(list)
        enrolments = self.env["prm.enrolment"]
        whose = enrolments.browse(one.id for one, *_rest in self.entries)._prepare_whose()
        for one, step, prospect in self.entries:
            if prospect.outcome == forecast.TAKEN:
                by_step[step].append((one, prospect))
            else:
                entry = enrolments._prepare_entry(
                    whose[one.id], step, prospect.moment, "skipped", prospect.reason
                )
                rows.append(entry)
        for step, taken in by_step.items():
            people = enrolments.browse(one.id for one, _prospect in taken)
            effects = getattr(people, f"_act_{step.action}")(step)
            rows += [
                {
                    **enrolments._prepare_entry(whose[one.id], step, prospect.moment),
                    **effects[one.id],
                }
                for one, prospect in taken
            ]
        rows.sort(key=lambda row: row["happened_at"])
        insert(self.env["prm.enrolment.entry"], rows)

    def _date_messages(self):
        """Say of the messages that they went when their step came, and what became of them."""
        entries = self.env["prm.enrolment.entry"].search([("message_id", "!=", False)], order="id")
        last = {entry.enrolment_id: entry for entry in entries}
        for entry in entries:
            message = entry.message_id
            if message.state != "queued":
                continue
            state = self.random.choices(("delivered", "read", "acted"), (42, 48, 10))[0]
            reached = entry.enrolment_id.state == "goal" and entry.journey_id == self.recall
            if entry == last[entry.enrolment_id] and reached:
                state = "acted"
            message.write(
                {"state": state, "reason": False, "sent_at": entry.happened_at,
                 "scheduled_at": entry.happened_at}
            )  # fmt: skip
        self.env.flush_all()
        self.env.cr.execute(
            """
            UPDATE prm_message m SET create_date = e.happened_at
              FROM prm_enrolment_entry e WHERE e.message_id = m.id
            """
        )
        self.env.invalidate_all()
