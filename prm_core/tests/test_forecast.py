from collections import Counter
from datetime import date, datetime, timedelta
from unittest import TestCase

from hypothesis import given
from hypothesis import strategies as st
from odoo.tests import tagged

from ..forecast import DEPENDS, SKIPPED, TAKEN, play, start_days
from ..ladder import Climber, Rung

NOW = datetime(2026, 6, 1, 8)
VISIT = NOW + timedelta(days=10)


def climber(**values):
    return Climber(**{"position": 0, "anchor": VISIT, "zone": "UTC", "previous": NOW, **values})


def told(prospects):
    return [(one.index, (one.moment - NOW).days, one.outcome, one.reason) for one in prospects]


@tagged("post_install", "-at_install")
class TestPlay(TestCase):
    LADDER = [Rung(7, "days", before=True), Rung(2, "days", before=True), Rung(1, "days")]

    def test_each_step_in_its_time(self):
        found = play(self.LADDER, climber(), NOW, VISIT + timedelta(days=30))
        self.assertEqual(told(found), [(0, 3, TAKEN, ""), (1, 8, TAKEN, ""), (2, 11, TAKEN, "")])

    def test_no_further_than_asked(self):
        found = play(self.LADDER, climber(), NOW, NOW + timedelta(days=8))
        self.assertEqual(told(found), [(0, 3, TAKEN, ""), (1, 8, TAKEN, "")])

    def test_what_has_passed_is_left_out(self):
        since = NOW + timedelta(days=5)
        found = play(self.LADDER, climber(since=since), since, VISIT + timedelta(days=30))
        self.assertEqual(told(found)[0], (0, 5, SKIPPED, "past"))

    def test_conditions(self):
        answers = {0: False, 1: None}
        found = play(self.LADDER, climber(), NOW, VISIT + timedelta(days=30), answers)
        self.assertEqual(
            told(found),
            [(0, 3, SKIPPED, "condition"), (1, 8, DEPENDS, ""), (2, 11, TAKEN, "")],
        )

    def test_what_follows_a_step_counts_from_it(self):
        rungs = [Rung(0, "days"), Rung(3, "days", from_previous=True)]
        found = play(rungs, climber(), NOW, VISIT + timedelta(days=30), {0: False})
        self.assertEqual(told(found), [(0, 10, SKIPPED, "condition"), (1, 13, TAKEN, "")])


@tagged("post_install", "-at_install")
class TestStartDays(TestCase):
    """On which day a soft start lets whom in."""

    FIRST = date(2026, 6, 1)

    def days(self, waiting, cap, taken=0, span=10):
        """``{key: number of the day}``; who waits is (key, number of the day, place)."""
        rows = [(key, self.FIRST + timedelta(days=day), place) for key, day, place in waiting]
        last = self.FIRST + timedelta(days=span)
        found = start_days(rows, cap, taken, self.FIRST, last)
        return {key: (day - self.FIRST).days for key, day in found.items()}

    def test_so_many_a_day_in_their_order(self):
        waiting = [("a", 0, 3), ("b", 0, 1), ("c", 0, 2), ("d", 0, 4)]
        self.assertEqual(self.days(waiting, 2), {"b": 0, "c": 0, "a": 1, "d": 1})

    def test_who_has_started_today_counts(self):
        waiting = [("a", 0, 1), ("b", 0, 2)]
        self.assertEqual(self.days(waiting, 2, taken=1), {"a": 0, "b": 1})
        self.assertEqual(self.days(waiting, 1, taken=5), {"a": 1, "b": 2})

    def test_who_comes_later_waits_from_then_on(self):
        waiting = [("a", 0, 5), ("b", 0, 6), ("c", 1, 1)]
        self.assertEqual(self.days(waiting, 1), {"a": 0, "c": 1, "b": 2})

    def test_who_does_not_start_in_the_time(self):
        self.assertEqual(self.days([("a", 0, 1), ("b", 0, 2)], 1, span=0), {"a": 0})

    @given(st.lists(st.integers(0, 12), max_size=30), st.integers(1, 4), st.integers(0, 5))
    def test_never_more_and_never_before_their_time(self, since, cap, taken):
        waiting = [(key, day, key) for key, day in enumerate(since)]
        days = self.days(waiting, cap, taken)
        counts = Counter(days.values())
        self.assertLessEqual(counts[0], max(cap - taken, 0))
        self.assertTrue(all(count <= cap for count in counts.values()))
        for key, day in days.items():
            self.assertGreaterEqual(day, since[key])
            # Whoever had waited as long and stands before has started by then.
            for other, waits in enumerate(since[:key]):
                if waits <= day:
                    self.assertLessEqual(days[other], day)
