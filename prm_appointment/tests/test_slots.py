from datetime import date, datetime, timedelta

import hypothesis
import pytz
from hypothesis import strategies as st
from odoo.tests import BaseCase

from ..slots import STEP, Diary, Shift, expand_shifts, find_slots, merge

#: Days around both clock changes, in zones north and south of the equator and with odd offsets.
ZONES = st.sampled_from(
    ["UTC", "Europe/Rome", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"]
)
FIRST_DAYS = st.sampled_from(
    [date(2026, 3, 27), date(2026, 10, 23), date(2026, 3, 6), date(2026, 4, 3), date(2026, 7, 1)]
)
HOURS = st.integers(0, 96).map(lambda quarter: quarter / 4)
SHIFTS = st.lists(
    st.builds(
        lambda weekday, hours, week: Shift(weekday, min(hours), max(hours), week),
        st.integers(0, 6),
        st.tuples(HOURS, HOURS),
        st.sampled_from([None, None, 0, 1]),
    ),
    max_size=12,
)
START = datetime(2026, 3, 27)
MOMENTS = st.integers(0, 4 * 24 * 60).map(lambda minutes: START + timedelta(minutes=minutes))
INTERVALS = st.lists(
    st.tuples(MOMENTS, st.integers(0, 300)).map(
        lambda pair: (pair[0], pair[0] + timedelta(minutes=pair[1]))
    ),
    max_size=10,
)
DURATIONS = st.sampled_from([5, 20, 30, 45, 90, 240]).map(lambda n: timedelta(minutes=n))


def _overlaps(start, stop, intervals):
    return any(start < end and begin < stop for begin, end in intervals if begin < end)


def _grid(working, duration, not_before, not_after):
    """Every start on the grid, found the slow way: minute by minute."""
    for opening, closing in merge(working):
        moment = opening
        while moment + duration <= closing:
            inside = (not not_before or moment >= not_before) and (
                not not_after or moment + duration <= not_after
            )
            if (moment - opening) % STEP == timedelta() and inside:
                yield moment
            moment += timedelta(minutes=1)


class TestSlots(BaseCase):
    """What the slot search promises, for random days."""

    @hypothesis.settings(max_examples=300, deadline=None)
    @hypothesis.given(
        working=INTERVALS, busy=INTERVALS, chairs=st.none() | st.lists(INTERVALS, max_size=3),
        duration=DURATIONS, not_before=st.none() | MOMENTS, not_after=st.none() | MOMENTS,
    )  # fmt: skip
    def test_exactly_the_free_ones(self, working, busy, chairs, duration, not_before, not_after):
        rooms = None if chairs is None else dict(enumerate(chairs))
        found = find_slots(
            [Diary(7, tuple(working), tuple(busy))], duration, rooms, not_before, not_after
        )
        for slot in found:
            self.assertEqual(slot.stop - slot.start, duration)
            self.assertFalse(_overlaps(slot.start, slot.stop, busy))
            if chairs is None:
                self.assertIsNone(slot.operatory_id)
            else:
                self.assertFalse(_overlaps(slot.start, slot.stop, rooms[slot.operatory_id]))
        expected = [
            moment
            for moment in _grid(working, duration, not_before, not_after)
            if not _overlaps(moment, moment + duration, busy)
            and (
                chairs is None
                or any(not _overlaps(moment, moment + duration, taken) for taken in chairs)
            )
        ]
        self.assertEqual([slot.start for slot in found], expected)

    @hypothesis.settings(max_examples=300, deadline=None)
    @hypothesis.given(shifts=SHIFTS, zone=ZONES, first_day=FIRST_DAYS)
    def test_working_hours_on_the_wall_clock(self, shifts, zone, first_day):
        last_day = first_day + timedelta(days=4)
        intervals = expand_shifts(shifts, zone, first_day, last_day)
        self.assertEqual(intervals, merge(intervals))
        clock = pytz.timezone(zone)
        for start, stop in intervals:
            moment = start
            while moment < stop:
                local = pytz.utc.localize(moment).astimezone(clock)
                hours = local.hour + local.minute / 60
                # An hour that the clock skips or repeats belongs to both readings.
                readings = {hours, hours - 1, hours + 1, hours - 0.5, hours + 0.5}
                around = (pytz.utc.localize(moment + timedelta(hours=h)) for h in (-3, 3))
                shifted = len({near.astimezone(clock).utcoffset() for near in around}) > 1
                self.assertTrue(
                    any(
                        shift.weekday == local.weekday() and shift.hour_from <= h < shift.hour_to
                        for shift in shifts
                        for h in (readings if shifted else {hours})
                    ),
                    (moment, local),
                )
                moment += timedelta(minutes=15)

    @hypothesis.settings(max_examples=200, deadline=None)
    @hypothesis.given(shifts=SHIFTS, zone=ZONES, first_day=FIRST_DAYS, duration=DURATIONS,
                      now=st.integers(0, 5 * 1440))  # fmt: skip
    def test_none_in_the_past_or_outside_hours(self, shifts, zone, first_day, duration, now):
        working = expand_shifts(shifts, zone, first_day, first_day + timedelta(days=4))
        now = datetime.combine(first_day, datetime.min.time()) + timedelta(minutes=now)
        for slot in find_slots([Diary(1, tuple(working))], duration, not_before=now):
            self.assertGreaterEqual(slot.start, now)
            self.assertTrue(any(b <= slot.start and slot.stop <= e for b, e in working))

    def test_clock_changes_in_rome(self):
        """The day is an hour shorter in March, an hour longer in October; opening stays at 8."""
        opening = [Shift(weekday, 8, 12) for weekday in range(7)]
        spring = expand_shifts(opening, "Europe/Rome", date(2026, 3, 28), date(2026, 3, 29))
        self.assertEqual([start.hour for start, _stop in spring], [7, 6])
        autumn = expand_shifts(opening, "Europe/Rome", date(2026, 10, 24), date(2026, 10, 25))
        self.assertEqual([start.hour for start, _stop in autumn], [6, 7])
        night = [Shift(6, 0, 6)]
        ((start, stop),) = expand_shifts(night, "Europe/Rome", date(2026, 3, 29), date(2026, 3, 29))
        self.assertEqual(stop - start, timedelta(hours=5))
        ((start, stop),) = expand_shifts(
            night, "Europe/Rome", date(2026, 10, 25), date(2026, 10, 25)
        )
        self.assertEqual(stop - start, timedelta(hours=7))

    def test_grid_stays_where_work_starts(self):
        opening = datetime(2026, 5, 4, 8, 10)
        diary = Diary(1, ((opening, opening + timedelta(hours=2)),))
        after = opening + timedelta(minutes=1)
        found = find_slots([diary], timedelta(minutes=30), not_before=after)
        self.assertEqual(found[0].start, opening + STEP)
        self.assertEqual(find_slots([diary], timedelta(hours=3)), [])

    def test_order_and_preference(self):
        opening = datetime(2026, 5, 4, 8)
        hours = ((opening, opening + timedelta(minutes=30)),)
        diaries = [Diary(5, hours), Diary(2, hours)]
        found = find_slots(diaries, timedelta(minutes=30), {9: (), 1: ()})
        self.assertEqual([(s.provider_id, s.operatory_id) for s in found], [(5, 9), (2, 9)])
        self.assertEqual(find_slots(diaries, timedelta(minutes=30), {}), [])
