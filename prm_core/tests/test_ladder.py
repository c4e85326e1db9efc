from dataclasses import replace
from datetime import datetime, timedelta

import hypothesis
from hypothesis import strategies as st
from odoo.tests import BaseCase

from ..contact_hours import Window, last_open, local_time, next_open
from ..ladder import Climber, Rung, due_at, faults, lead_days, look_ahead, rewind

ROME = "Europe/Rome"
OFFICE = Window(9 * 60, 18 * 60)
MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)).map(
    lambda moment: moment.replace(second=0, microsecond=0)
)
ZONES = st.sampled_from(["Europe/Rome", "America/Denver", "Asia/Shanghai", "Australia/Lord_Howe"])
RUNGS = st.builds(
    Rung,
    st.integers(0, 40),
    st.sampled_from(["minutes", "hours", "days", "weeks", "months"]),
    st.booleans(),
    st.just(False),
    st.builds(
        Window,
        st.integers(0, 12 * 60),
        st.integers(12 * 60 + 1, 24 * 60),
        st.sets(st.integers(0, 6), min_size=1).map(frozenset),
    ),
)


def utc(*parts):
    return datetime(*parts)


class TestDueAt(BaseCase):
    def test_a_day_is_a_day_over_the_change_of_clocks(self):
        visit = utc(2026, 3, 29, 8)  # 10:00 on the first day of summer time
        due = due_at(Rung(1, "days", before=True), visit, ROME)
        self.assertEqual(local_time(due, ROME).strftime("%d %H:%M"), "28 10:00")
        self.assertEqual(due_at(Rung(24, "hours", before=True), visit, ROME), utc(2026, 3, 28, 8))

    def test_the_day_stays_and_the_hour_moves(self):
        visit = utc(2026, 6, 10, 5)  # 7:00
        due = due_at(Rung(1, "days", before=True, window=OFFICE), visit, ROME)
        self.assertEqual(local_time(due, ROME).strftime("%d %H:%M"), "09 09:00")
        late = utc(2026, 6, 10, 19)  # 21:00
        due = due_at(Rung(1, "days", before=True, window=OFFICE), late, ROME)
        self.assertEqual(local_time(due, ROME).strftime("%d %H:%M"), "09 17:59")

    def test_weekdays_move_away_from_the_anchor(self):
        work = Window(9 * 60, 18 * 60, frozenset(range(5)))
        monday = utc(2026, 6, 8, 8)
        before = due_at(Rung(1, "days", before=True, window=work), monday, ROME)
        self.assertEqual(local_time(before, ROME).strftime("%a"), "Fri")
        friday = utc(2026, 6, 5, 8)
        after = due_at(Rung(1, "days", window=work), friday, ROME)
        self.assertEqual(local_time(after, ROME).strftime("%a"), "Mon")

    def test_months_end_where_the_month_ends(self):
        due = due_at(Rung(1, "months"), utc(2026, 1, 31, 9), "UTC")
        self.assertEqual(due, utc(2026, 2, 28, 9))

    @hypothesis.settings(max_examples=300, deadline=None)
    @hypothesis.given(RUNGS, MOMENTS, ZONES)
    def test_always_inside_its_window(self, rung, anchor, zone):
        due = due_at(rung, anchor, zone)
        local = local_time(due, zone)
        self.assertIn(local.weekday(), rung.window.weekdays)
        if not rung.before:
            self.assertGreaterEqual(due, anchor)
        if rung.before and rung.unit in ("minutes", "hours"):
            self.assertLessEqual(due, anchor)

    @hypothesis.settings(max_examples=200, deadline=None)
    @hypothesis.given(MOMENTS, ZONES, RUNGS)
    def test_last_and_next_open_meet(self, moment, zone, rung):
        last, following = last_open(moment, zone, rung.window), next_open(moment, zone, rung.window)
        self.assertLessEqual(last, moment)
        self.assertGreaterEqual(following, moment)
        self.assertTrue(rung.window.contains(local_time(last, zone)))


class TestLookAhead(BaseCase):
    LADDER = (
        Rung(7, "days", before=True, window=OFFICE),
        Rung(2, "days", before=True, window=OFFICE),
        Rung(1, "days", before=True, window=OFFICE),
        Rung(2, "hours"),
    )
    VISIT = utc(2026, 12, 10, 9)

    def look(self, now, position=0, rungs=LADDER, **options):
        climber = Climber(position, self.VISIT, ROME, options.pop("previous", None), **options)
        return look_ahead(rungs, climber, now)

    def test_in_time(self):
        outlook = self.look(utc(2026, 11, 1))
        self.assertEqual((outlook.index, outlook.due), (0, utc(2026, 12, 3, 9)))
        self.assertEqual(outlook.skipped, ())

    def test_late_steps_are_left_out(self):
        now = utc(2026, 12, 9, 12)
        outlook = self.look(now, since=now)
        self.assertEqual(outlook.skipped, ((0, "past"), (1, "past"), (2, "past")))
        self.assertEqual(outlook.index, 3)

    def test_or_the_nearest_goes_at_once(self):
        outlook = self.look(utc(2026, 12, 9, 12))
        self.assertEqual(outlook.index, 2)
        self.assertEqual(outlook.skipped, ((0, "overtaken"), (1, "overtaken")))

    def test_never_after_the_anchor_what_comes_before_it(self):
        outlook = self.look(self.VISIT)
        self.assertEqual(outlook.skipped, ((0, "past"), (1, "past"), (2, "past")))
        self.assertEqual(outlook.index, 3)

    def test_nor_what_its_hours_would_move_behind_it(self):
        early = utc(2026, 6, 12, 5)  # 7:00
        rungs = [Rung(0, "days", before=True, window=OFFICE), Rung(1, "hours")]
        climber = Climber(0, early, ROME, early - timedelta(days=9))
        outlook = look_ahead(rungs, climber, early - timedelta(days=1))
        self.assertEqual((outlook.index, outlook.skipped), (1, ((0, "past"),)))

    def test_what_is_past_overtakes_nothing(self):
        # The first waits for the morning, and so comes after the second, which is nearer.
        rungs = (Rung(9, "hours", window=OFFICE), Rung(20, "hours"))
        self.assertEqual(self.look(self.VISIT, rungs=rungs).index, 1)
        since = utc(2026, 12, 11, 6)
        self.assertEqual(self.look(since, rungs=rungs, since=since).index, 0)

    def test_unless_it_keeps_its_point(self):
        outlook = self.look(utc(2026, 12, 20), rungs=self.LADDER[:1], lasting=True)
        self.assertEqual((outlook.index, outlook.skipped), (0, ()))

    def test_after_the_anchor_the_nearest_is_the_first(self):
        ladder = (Rung(1, "days"), Rung(3, "days"), Rung(9, "days"))
        now = utc(2026, 12, 14)
        self.assertEqual(self.look(now, rungs=ladder).index, 0)
        then = self.look(now, 1, rungs=ladder, contact=now)
        self.assertEqual((then.index, then.skipped), (2, ((1, "overtaken"),)))
        self.assertEqual(self.look(now, 1, rungs=ladder).index, 1, "the first did not apply")

    def test_alternatives_at_the_same_time(self):
        """Such as an SMS to who has a mobile, and an email to who has none."""
        ladder = (Rung(1, "days", before=True), Rung(1, "days", before=True))
        now = utc(2026, 12, 9, 12)
        self.assertEqual(self.look(now, rungs=ladder).index, 0)
        self.assertEqual(self.look(now, 1, rungs=ladder).index, 1)
        self.assertIsNone(self.look(now, 1, rungs=ladder, contact=now).index)

    def test_what_the_patient_does_not_hear_counts_nothing(self):
        quiet = Rung(2, "days", before=True, silent=True)
        ladder = (Rung(3, "days", before=True), quiet, Rung(1, "days", before=True))
        now = utc(2026, 12, 9, 12)
        outlook = self.look(now, rungs=ladder)
        self.assertEqual((outlook.index, outlook.skipped), (1, ((0, "overtaken"),)))
        self.assertEqual(self.look(now, 2, rungs=ladder, previous=now).index, 2)

    def test_from_the_step_before(self):
        ladder = (Rung(1, "days"), Rung(6, "weeks", from_previous=True))
        taken = utc(2026, 12, 11, 9)
        outlook = self.look(taken, 1, rungs=ladder, previous=taken, contact=taken)
        self.assertEqual(outlook.due, utc(2027, 1, 22, 9))

    def test_the_end(self):
        self.assertIsNone(self.look(utc(2026, 12, 11), position=4).index)

    def test_a_moved_date_is_reminded_of_again(self):
        later = self.VISIT + timedelta(days=14)
        self.assertEqual(rewind(self.LADDER, 3, later, utc(2026, 12, 9, 12), ROME), 0)
        self.assertEqual(rewind(self.LADDER, 3, self.VISIT, utc(2026, 12, 9, 12), ROME), 3)

    def test_or_at_once_where_its_time_has_passed(self):
        for position, expected in ((0, 0), (1, 0), (3, 2)):
            for now in (utc(2026, 12, 9, 12), self.VISIT - timedelta(minutes=1)):
                found = rewind(self.LADDER, position, self.VISIT, now, ROME, catch_up=True)
                self.assertEqual(found, expected)
        self.assertEqual(rewind(self.LADDER, 3, self.VISIT, self.VISIT, ROME, catch_up=True), 3)
        quiet = [replace(rung, silent=True) for rung in self.LADDER]
        now = utc(2026, 12, 9, 12)
        self.assertEqual(rewind(quiet, 3, self.VISIT, now, ROME, catch_up=True), 3)

    @hypothesis.settings(max_examples=300, deadline=None)
    @hypothesis.given(st.lists(RUNGS, max_size=6), MOMENTS, MOMENTS, ZONES, st.booleans())
    def test_each_rung_is_taken_or_skipped_once(self, rungs, anchor, now, zone, skip):
        """Whatever the ladder, climbing it meets every rung once, and ends."""
        met, moment = [], now
        climber = Climber(0, anchor, zone, now, since=now if skip else None)
        for _guard in range(len(rungs) + 1):
            outlook = look_ahead(rungs, climber, moment)
            met += [index for index, _reason in outlook.skipped]
            if outlook.index is None:
                break
            met.append(outlook.index)
            if rungs[outlook.index].before and outlook.due <= moment:
                self.assertLess(moment, anchor)
            moment = max(moment, outlook.due)
            climber = replace(climber, position=outlook.index + 1, previous=moment, contact=moment)
        self.assertEqual(sorted(met), list(range(len(rungs))))


class TestFaults(BaseCase):
    def test_steps_that_can_never_be(self):
        shut = Rung(1, "days", window=Window(600, 600))
        first = Rung(1, "days", from_previous=True)
        self.assertEqual(faults([shut]), [(0, "no_hours")])
        self.assertEqual(faults([first]), [(0, "first_needs_anchor")])
        self.assertEqual(
            faults([Rung(1, before=True)], anchor_is_start=True), [(0, "before_start")]
        )
        self.assertEqual(faults([Rung(1), Rung(1, before=True)]), [(1, "out_of_order")])
        self.assertEqual(faults([Rung(7, before=True), Rung(1, before=True), Rung(1)]), [])

    def test_how_early_it_begins(self):
        self.assertEqual(lead_days([Rung(28, "days", before=True)]), 35)
        self.assertEqual(lead_days([Rung(1, "days")]), 0)
