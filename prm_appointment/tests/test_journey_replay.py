import random
from collections import Counter
from datetime import datetime, timedelta
from unittest.mock import patch

from freezegun import freeze_time
from odoo.addons.prm_core.models.journey.prm_journey_step import WEEKDAYS
from odoo.addons.prm_core.tests.test_message import MessageCase
from odoo.tests import tagged

from .common import AppointmentCase
from .journey_reference import Reference, Step, Visit

HOUR = timedelta(hours=1)
PATIENTS = 40
DAYS = 75
#: The gateway is asked to send this often, so that messages wait for a while.
DISPATCH_HOURS = 6
SPRING_IN_ROME, AUTUMN_IN_ROME = datetime(2026, 2, 9, 6), datetime(2026, 9, 14, 6)
SPRING_IN_DENVER, AUTUMN_IN_DENVER = datetime(2026, 1, 26, 6), datetime(2026, 9, 14, 6)
SCENARIOS = (
    ("Europe/Rome", SPRING_IN_ROME), ("Europe/Rome", SPRING_IN_ROME),
    ("Europe/Rome", AUTUMN_IN_ROME), ("Europe/Rome", AUTUMN_IN_ROME),
    ("America/Denver", SPRING_IN_DENVER), ("America/Denver", SPRING_IN_DENVER),
    ("America/Denver", AUTUMN_IN_DENVER), ("America/Denver", AUTUMN_IN_DENVER),
)  # fmt: skip
#: What has to come up in one of them at least: (outcome, reason, message), states, and changes.
WANTED = {
    ("taken", "", ("sent", "")),
    ("taken", "", ("suppressed", "date_moved")),
    ("taken", "", ("suppressed", "journey_left")),
    ("taken", "", ("suppressed", "refused")),
    ("taken", "", ("suppressed", "no_email")),
    ("taken", "", None),
    ("skipped", "condition", None),
    ("skipped", "overtaken", None),
    ("skipped", "past", None),
    "done", "goal", "exited", "moved", "reopened",
}  # fmt: skip
BEFORE = ((1, "months"), (3, "weeks"), (2, "weeks"), (7, "days"), (6, "days"), (3, "days"),
          (2, "days"), (1, "days"), (24, "hours"), (20, "hours"), (6, "hours"), (90, "minutes"),
          (0, "days"))  # fmt: skip
AFTER = ((0, "days"), (3, "hours"), (1, "days"), (30, "hours"), (2, "days"), (10, "days"))
PREVIOUS = ((0, "minutes"), (4, "hours"), (1, "days"))


@tagged("post_install", "-at_install")
class TestJourneyReplay(MessageCase, AppointmentCase):
    """Months of visits are lived through, and the log is held against a plain model of the rules.

    Visits are booked, moved, cancelled, set back, confirmed and missed, and permission is withdrawn
    and given again, by the dice but always by the same ones; each scenario has a ladder of its own.
    """

    maxDiff = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["prm.journey"].search([]).state = "ended"
        cls.hygiene.operatory_ids = False
        cls.other_kind = cls.hygiene.copy({"name": "Something else"})
        cls.template.purpose_id = cls.env.ref("prm_core.prm_purpose_care")

    def test_months_of_visits(self):
        """Both zones, and both changes of their clocks."""
        self.counted = Counter()
        for seed, (zone, begin) in enumerate(SCENARIOS, 1):
            self.replay(seed, zone, begin)
        # What never came up was not compared.
        self.assertEqual(WANTED - self.counted.keys(), set())

    def replay(self, seed, zone, begin):
        """Live through one scenario, and compare."""
        self.dice = random.Random(seed)
        clock = freeze_time(begin)
        self.clock = clock.start()
        try:
            with self.subTest(seed=seed, zone=zone):
                self._set_scene(zone)
                plan = self._plan(begin)
                self._live(begin, plan)
                self._compare(seed)
        finally:
            self.journey.action_end()
            clock.stop()

    # -- the scene

    def _set_scene(self, zone):
        self.practice.partner_id.tz = zone
        # One for each patient, so that no time is ever taken.
        self.providers = self.env["prm.provider"].create(
            [
                {"name": f"Provider {n}", "company_id": self.practice.id, "tz": "Europe/Rome",
                 "resource_calendar_id": self.calendar.id}
                for n in range(PATIENTS)
            ]
        )  # fmt: skip
        late = self.dice.choice(["skip", "send"])
        goals, exits = self.dice.choice(
            [
                ((), ("appointment_cancelled", "appointment_no_show")),
                (("appointment_confirmed",), ("appointment_cancelled",)),
                (("appointment_completed",), ("appointment_cancelled", "appointment_no_show")),
            ]
        )
        opens, closes = self.dice.choice([(0, 24), (9, 19), (8, 12)])
        steps = self._ladder(opens, closes)
        self.reference = Reference(steps, late == "skip", goals, exits)
        types = self.env["prm.event.type"]

        def ids(codes):
            return [(6, 0, [types._id_of(code) for code in codes])]

        self.journey = self.env["prm.journey"].create(
            {
                "name": "Visits",
                "purpose_id": self.env.ref("prm_core.prm_purpose_care").id,
                "start_type_id": types._id_of("appointment_booked"),
                "anchor_field": "start",
                "record_domain": f"[('prm_type_id', '=', {self.hygiene.id})]",
                "patient_domain": "[('first_name', '!=', 'Nobody')]",
                "late": late,
                "goal_type_ids": ids(goals),
                "exit_type_ids": ids(exits),
                "hour_from": opens,
                "hour_to": closes,
                "sundays": True,
                "step_ids": [
                    (0, 0, self._prepare_step(place, step)) for place, step in enumerate(steps)
                ],
            }
        )
        self.journey.action_go_live()
        self.visits = {}

    def _ladder(self, opens, closes):
        """Steps in the order of time, some of them counted from the one before."""
        dice = self.dice
        before = sorted(dice.sample(range(len(BEFORE)), dice.randint(2, 6)))
        after = sorted(dice.sample(range(len(AFTER)), dice.randint(0, 3)))
        places = [(*BEFORE[place], "before") for place in before]
        places += [(*AFTER[place], "after") for place in after]
        for place in sorted(dice.sample(range(1, len(places) + 1), dice.randint(0, 2)))[::-1]:
            places.insert(place, (*dice.choice(PREVIOUS), "previous"))
        steps = []
        for amount, unit, when in places:
            own = dice.choice([(0, 24), (0, 24), (10, 18)])
            workdays = dice.random() < 0.25
            condition = dice.choice([None, None, None, "email", "no_email", "far"])
            steps.append(
                Step(
                    amount, unit, when, max(opens, own[0]), min(closes, own[1]),
                    frozenset(range(5 if workdays else 7)), dice.random() < 0.8, condition,
                    dice.choice([7, 20]),
                )
            )  # fmt: skip
        return steps

    def _prepare_step(self, place, step):
        conditions = {
            "email": [("has_email", False, 0)],
            "no_email": [("has_email", True, 0)],
            "far": [("far_ahead", False, step.far)],
        }
        doing = {"action": "message", "template_id": self.template.id}
        if not step.heard:
            todo = self.env.ref("mail.mail_activity_data_todo")
            doing = {"action": "activity", "activity_type_id": todo.id}
        return {
            "sequence": place,
            "amount": step.amount,
            "unit": step.unit,
            "when": step.when,
            "hour_from": step.opens,
            "hour_to": step.closes,
            **{name: number in step.days for number, name in enumerate(WEEKDAYS)},
            "condition_ids": [
                (0, 0, {"negated": negated, "number": number, "condition_id": self.env.ref(
                    f"prm_core.prm_journey_condition_{code}").id})
                for code, negated, number in conditions.get(step.condition, ())
            ],
            **doing,
        }  # fmt: skip

    # -- what happens

    def _plan(self, begin):
        """What the practice does, in the order of time: [(moment, what, number of the patient)]"""
        dice, plan = self.dice, []
        for number in range(PATIENTS):
            booked = self._moment(begin, 0, 40)
            plan.append((booked, "book", number))
            kinds = (
                ["move"] * 8 + ["cancel", "confirm", "withdraw", "give", "again"] + ["reopen"] * 3
            )
            for _change in range(dice.randint(0, 6)):
                plan.append((self._moment(booked, 0, 35), dice.choice(kinds), number))
            if dice.random() < 0.5:
                # In the same hour: the engine hears of both at once.
                plan.append((booked, dice.choice(["move", "cancel", "confirm"]), number))
        return sorted(plan, key=lambda item: item[0])

    def _moment(self, begin, first_day, last_day):
        minutes = self.dice.randint(first_day * 1440, last_day * 1440)
        return begin + timedelta(minutes=minutes // 5 * 5 + 1)

    def _live(self, begin, plan):
        """Let the hours pass, and things happen in between."""
        with (
            self.smtp(),
            patch.object(type(self.env["prm.message"]), "_wake_dispatcher", lambda self: None),
        ):
            events = []
            for number in range(DAYS * 24):
                now = begin + HOUR * (number + 1)
                while plan and plan[0][0] <= now:
                    moment, what, patient = plan.pop(0)
                    self.clock.move_to(moment)
                    events += [(moment, *event) for event in self._happen(what, patient, moment)]
                events += self._finish_visits(now)
                self.clock.move_to(now)
                self._tick(events, now)
                events = []

    def _tick(self, events, now):
        """What the engine does in one hour, and the reference."""
        self.reference.listen(events, now)
        self.reference.advance(now)
        self.env.cr.execute(
            "SELECT 1 FROM prm_enrolment WHERE state = 'active' AND next_at <= %s LIMIT 1", [now]
        )
        # Saves time: the engine would look for the same, and find nothing.
        if self.env.cr.rowcount or events:
            self.env.invalidate_all()
            self.env["prm.journey"]._cron_listen()
            self.env["prm.enrolment"]._cron_advance()
            self.env.invalidate_all()
        if now.hour % DISPATCH_HOURS == 0:
            self.reference.dispatch()
            if self.env["prm.message"].search_count([("state", "=", "queued")], limit=1):
                self.env["prm.message"]._cron_dispatch()

    def _happen(self, what, number, moment):
        """Do one thing in the practice.

        :return: [(kind of event, visit)]
        """
        if what == "book":
            return self._happen_book(number, moment)
        event, visit = self.visits[number]
        if what in ("withdraw", "give"):
            visit.allowed = what == "give"
            self._consent(event.prm_patient_id, visit.allowed)
            return []
        if what == "again":
            self.env["prm.event"].emit(
                "appointment_booked", [{"patient": event.prm_patient_id, "record": event}]
            )
            return [("appointment_booked", visit)]
        if what == "reopen" and event.prm_status in ("cancelled", "confirmed"):
            event.prm_status = "booked"
            self.counted["reopened"] += 1
            return [("appointment_reopened", visit)]
        if event.prm_status not in ("booked", "confirmed"):
            return []
        if what == "move":
            visit.start = self._new_start(moment)
            event.write({"start": visit.start, "stop": visit.start + timedelta(minutes=30)})
            return [("appointment_moved", visit)]
        status = {"cancel": "cancelled", "confirm": "confirmed"}.get(what)
        if not status or event.prm_status == status:
            return []
        event.prm_status = status
        return [(f"appointment_{status}", visit)]

    def _happen_book(self, number, moment):
        dice = self.dice
        email, wanted = dice.random() < 0.85, dice.random() < 0.9
        somebody = dice.random() < 0.9
        patient = self._patient(
            first_name=f"P{number}" if somebody else "Nobody", last_name="Replay",
            email=f"replay{number}@example.com" if email else False, lang="en_US",
        )  # fmt: skip
        start = self._new_start(moment)
        [event] = self._book(
            start, patient, type=self.hygiene if wanted else self.other_kind,
            provider=self.providers[number], stop=start + timedelta(minutes=30),
        )  # fmt: skip
        zone = self.practice.partner_id.tz
        visit = Visit(number, start, zone, email, wanted and somebody)
        self.visits[number] = (event, visit)
        return [("appointment_booked", visit)]

    def _new_start(self, moment):
        """A time for a visit: soon or in a month; at night too, when clocks change."""
        days = self.dice.choice([0.1, 1, 3, 9, 20, 33]) * self.dice.uniform(0.5, 1.1)
        start = (moment + timedelta(days=days)).replace(
            minute=self.dice.choice([0, 10, 30, 45]), second=0, microsecond=0
        )
        return max(start, moment.replace(minute=0) + HOUR)

    def _finish_visits(self, now):
        """Those that are over took place, or the patient did not come."""
        found = []
        for event, visit in self.visits.values():
            if visit.start <= now - HOUR and event.prm_status in ("booked", "confirmed"):
                self.clock.move_to(now - timedelta(minutes=1))
                event.prm_status = self.dice.choice(["completed", "completed", "no_show"])
                found.append((now - timedelta(minutes=1), f"appointment_{event.prm_status}", visit))
        return found

    def _consent(self, patient, given):
        self.env["prm.consent"].create(
            {
                "patient_id": patient.id,
                "purpose_id": self.env.ref("prm_core.prm_purpose_care").id,
                "state": "granted" if given else "withdrawn",
            }
        )

    # -- the comparison

    def _compare(self, seed):
        people = self.env["prm.enrolment"].search([("journey_id", "=", self.journey.id)])
        by_visit = {one.res_id: one for one in people}
        count = Counter()
        self.assertEqual(len(by_visit), len(people))
        for number, (event, _visit) in self.visits.items():
            climb = self.reference.climbs.get(number)
            with self.subTest(seed=seed, patient=number):
                enrolment = by_visit.get(event.id)
                self.assertEqual(bool(climb), bool(enrolment))
                if climb:
                    self.assertEqual(self._story(enrolment), self._reference_story(climb))
                    count.update(
                        (entry.outcome, entry.reason, entry.message and tuple(entry.message))
                        for entry in climb.log
                    )
                    count.update([climb.state, "moved"] if climb.round else [climb.state])
        self.counted += count

    def _story(self, enrolment):
        """What the engine wrote, in plain values."""
        places = {step: place for place, step in enumerate(enrolment.journey_id.step_ids)}
        log = [
            (entry.happened_at, places[entry.step_id], entry.round, entry.outcome,
             entry.reason or "", self._message_of(entry.message_id))
            for entry in enrolment.entry_ids
        ]  # fmt: skip
        return enrolment.state, enrolment.reason or "", sorted(log, key=lambda row: row[:3])

    def _message_of(self, message):
        return (message.state, message.reason or "") if message else None

    def _reference_story(self, climb):
        log = [
            (entry.tick, entry.step, entry.round, entry.outcome, entry.reason,
             tuple(entry.message) if entry.message else None)
            for entry in climb.log
        ]  # fmt: skip
        return climb.state, climb.reason, sorted(log, key=lambda row: row[:3])
