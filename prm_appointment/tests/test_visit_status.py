from datetime import date, datetime, timedelta

import hypothesis
from hypothesis import strategies as st
from odoo.tests import BaseCase

from .. import visit_status as vs

START = datetime(2026, 5, 4, 8)
DAY = date(2026, 5, 4)

STATUS = st.sampled_from(vs.STATUSES)
#: Up to three days around the visit, in minutes.
OCCASIONS = st.integers(-4320, 4320).map(lambda minutes: _occasion(timedelta(minutes=minutes)))


def _occasion(after_start):
    """So long after the visit's start, in a practice whose clock shows UTC."""
    now = START + after_start
    return vs.Occasion(now, START, now.date(), DAY)


BEFORE, IN_TIME = _occasion(timedelta(days=-3)), _occasion(timedelta(minutes=-10))
LATE, NEXT_DAY = _occasion(timedelta(minutes=20)), _occasion(timedelta(days=1))


class TestVisitStatus(BaseCase):
    def _offered(self, source, occasion):
        return [step.target for step in vs.offered(source, occasion) if not step.back]

    def test_buttons_of_an_ordinary_day(self):
        self.assertEqual(self._offered("booked", BEFORE), ["confirmed", "cancelled"])
        self.assertEqual(
            self._offered("booked", IN_TIME), ["confirmed", "arrived", "in_chair", "cancelled"]
        )
        self.assertEqual(
            self._offered("confirmed", LATE),
            ["arrived", "in_chair", "completed", "no_show", "cancelled"],
        )
        self.assertEqual(self._offered("arrived", LATE), ["in_chair", "completed", "cancelled"])
        self.assertEqual(self._offered("in_chair", LATE), ["completed"])
        self.assertEqual(self._offered("completed", LATE), [])
        self.assertEqual(self._offered("booked", NEXT_DAY), ["completed", "no_show", "cancelled"])

    def test_nonsense_is_refused_with_its_reason(self):
        for source, target, occasion, reason in (
            ("completed", "booked", LATE, vs.ORDER),
            ("in_chair", "cancelled", LATE, vs.ORDER),
            ("cancelled", "completed", LATE, vs.ORDER),
            ("confirmed", "arrived", BEFORE, vs.TOO_EARLY),
            ("arrived", "completed", BEFORE, vs.TOO_EARLY),
            ("confirmed", "arrived", NEXT_DAY, vs.NOT_TODAY),
            ("booked", "confirmed", NEXT_DAY, vs.DAY_OVER),
            ("booked", "no_show", IN_TIME, vs.NOT_BEGUN),
            ("cancelled", "booked", LATE, vs.HAS_BEGUN),
        ):
            with self.subTest(source=source, target=target):
                verdict = vs.judge(source, target, occasion)
                self.assertEqual(verdict, vs.Verdict(vs.REFUSED, reason))

    def test_a_manager_corrects_within_what_time_allows(self):
        for source, target, occasion, verdict in (
            ("completed", "booked", LATE, vs.Verdict(vs.ASK)),
            ("cancelled", "completed", NEXT_DAY, vs.Verdict(vs.ASK)),
            ("confirmed", "arrived", NEXT_DAY, vs.Verdict(vs.ASK)),
            ("confirmed", "arrived", BEFORE, vs.Verdict(vs.REFUSED, vs.TOO_EARLY)),
            ("booked", "no_show", IN_TIME, vs.Verdict(vs.REFUSED, vs.NOT_BEGUN)),
            ("booked", "confirmed", IN_TIME, vs.Verdict(vs.ALLOWED)),
        ):
            with self.subTest(source=source, target=target):
                self.assertEqual(vs.judge(source, target, occasion, manager=True), verdict)

    @hypothesis.given(source=STATUS, target=STATUS, occasion=OCCASIONS)
    def test_buttons_and_judgement_say_the_same(self, source, target, occasion):
        verdict = vs.judge(source, target, occasion)
        on_offer = {step.target for step in vs.offered(source, occasion)}
        if source != target:
            self.assertEqual(verdict.outcome != vs.REFUSED, target in on_offer)
        self.assertEqual(verdict.reason is None, verdict.outcome != vs.REFUSED)
        by_manager = vs.judge(source, target, occasion, manager=True)
        if verdict.outcome != vs.REFUSED:
            self.assertEqual(by_manager, verdict)

    @hypothesis.given(source=STATUS, target=STATUS, occasion=OCCASIONS, manager=st.booleans())
    def test_nobody_comes_before_the_day(self, source, target, occasion, manager):
        here = {"arrived", "in_chair", "completed"}
        if target in here and source != target and occasion.today < occasion.day:
            verdict = vs.judge(source, target, occasion, manager)
            self.assertEqual(verdict.outcome, vs.REFUSED)

    def test_every_status_can_be_reached_and_left(self):
        self.assertEqual({step.target for step in vs.TABLE}, set(vs.STATUSES))
        self.assertEqual({step.source for step in vs.TABLE}, set(vs.STATUSES))
        self.assertEqual(len({(step.source, step.target) for step in vs.TABLE}), len(vs.TABLE))

    def test_moving(self):
        for status, same_day, other_day in (
            ("booked", None, None),
            ("confirmed", None, None),
            ("arrived", None, vs.IS_HERE),
            ("in_chair", None, vs.IS_HERE),
            ("completed", vs.IS_OVER, vs.IS_OVER),
            ("no_show", vs.IS_OVER, vs.IS_OVER),
            ("cancelled", vs.IS_OVER, vs.IS_OVER),
        ):
            with self.subTest(status=status):
                self.assertEqual(vs.judge_move(status, True).reason, same_day)
                self.assertEqual(vs.judge_move(status, False).reason, other_day)
                self.assertEqual(vs.judge_move(status, False, manager=True).outcome, vs.ALLOWED)

    @hypothesis.given(targets=st.lists(STATUS, min_size=1, max_size=8))
    def test_times_of_changes(self, targets):
        """Whatever was pressed: the status in force has its time, what it undid has none."""
        known = {}
        for minute, target in enumerate(targets):
            now = START + timedelta(minutes=minute)
            known.update(vs.stamps(target, now, known))
        standing = {field for field, moment in known.items() if moment}
        own = vs.STAMPS.get(targets[-1])
        self.assertEqual(own in standing, own is not None)
        if targets[-1] in vs.LADDER:
            later = vs.LADDER[vs.LADDER.index(targets[-1]) + 1 :]
            undone = {vs.STAMPS[status] for status in (*later, "no_show", "cancelled")}
            self.assertFalse(standing & undone)

    def test_the_waiting_room_does_not_forget(self):
        arrived = {"prm_arrived_at": START, "prm_in_chair_at": START + timedelta(minutes=5)}
        values = vs.stamps("arrived", START + timedelta(minutes=9), arrived)
        self.assertEqual(values, {"prm_in_chair_at": False})

    def test_back(self):
        self.assertTrue(vs.is_back("arrived", "confirmed"))
        self.assertFalse(vs.is_back("confirmed", "arrived"))
        self.assertFalse(vs.is_back("cancelled", "booked"))
