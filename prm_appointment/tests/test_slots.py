from dataclasses import replace
from datetime import date, datetime, timedelta

import hypothesis
import pytz
from hypothesis import strategies as st
from odoo.tests import BaseCase

from ..slots import STEP, Diary, Search, Shift, expand_shifts, find_slots, merge, subtract
from .slot_cases import (
    DURATIONS,
    FIRST_DAYS,
    INTERVALS,
    MOMENTS,
    SHIFTS,
    ZONES,
    diaries,
    free_chairs,
    free_starts,
    grid,
    overlaps,
)


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
            self.assertFalse(overlaps(slot.start, slot.stop, busy))
            if chairs is None:
                self.assertIsNone(slot.operatory_id)
            else:
                self.assertFalse(overlaps(slot.start, slot.stop, rooms[slot.operatory_id]))
        expected = [
            moment
            for moment in grid(working, duration, not_before, not_after)
            if not overlaps(moment, moment + duration, busy)
            and (
                chairs is None
                or any(not overlaps(moment, moment + duration, taken) for taken in chairs)
            )
        ]
        self.assertEqual([slot.start for slot in found], expected)

    @hypothesis.settings(max_examples=300, deadline=None)
    @hypothesis.given(
        staff=st.lists(diaries(days=2, most=6), min_size=1, max_size=3),
        chairs=st.none() | st.lists(INTERVALS, max_size=3),
        not_before=st.none() | MOMENTS,
        not_after=st.none() | MOMENTS,
    )
    def test_buffers_and_kept_time(self, staff, chairs, not_before, not_after):
        """Lengths and buffers by provider, kept time, chairs: what a slow search finds, no more."""
        staff = [replace(diary, provider_id=number) for number, diary in enumerate(staff)]
        rooms = None if chairs is None else dict(enumerate(chairs))
        expected = [
            (start, start + diary.duration, diary.provider_id, free[0] if free else None)
            for diary in staff
            for start in free_starts(diary, not_before, not_after)
            if (free := None if rooms is None else free_chairs(rooms, diary, start)) != []
        ]
        found = find_slots(staff, None, rooms, not_before, not_after)
        self.assertEqual(
            [(slot.start, slot.stop, slot.provider_id, slot.operatory_id) for slot in found],
            sorted(expected, key=lambda row: (row[0], row[2])),
        )

    @hypothesis.settings(max_examples=300, deadline=None)
    @hypothesis.given(
        staff=st.lists(diaries(days=2, most=6), min_size=1, max_size=3),
        chairs=st.none() | st.lists(INTERVALS, max_size=2),
        not_before=MOMENTS,
        not_after=MOMENTS,
        data=st.data(),
    )
    def test_one_for_each_start(self, staff, chairs, not_before, not_after, data):
        """What a page shows of all times: each start once, with the provider who comes first."""
        staff = [replace(diary, provider_id=number) for number, diary in enumerate(staff)]
        rooms = None if chairs is None else dict(enumerate(chairs))
        every = find_slots(staff, None, rooms, not_before, not_after)
        gone = data.draw(st.none() | st.sampled_from(every)) if every else None
        without = gone and (gone.start, gone.provider_id)
        expected = {}
        for slot in every:
            if (slot.start, slot.provider_id) != without:
                expected.setdefault(slot.start, slot)
        search = Search(staff, None, rooms)
        for _again in range(2):
            found = search.one_each(not_before, not_after, without)
            self.assertEqual(found, list(expected.values()))
            first = search.first_start(not_before, not_after, without)
            self.assertEqual(first, found[0].start if found else None)

    @hypothesis.settings(max_examples=200, deadline=None)
    @hypothesis.given(shifts=SHIFTS, zone=ZONES, first_day=FIRST_DAYS, diary=diaries(), now=MOMENTS)
    def test_random_calendars_over_clock_changes(self, shifts, zone, first_day, diary, now):
        """From the timetable to the offer: nothing is taken, past or outside working hours."""
        last_day = first_day + timedelta(days=4)
        working = tuple(expand_shifts(shifts, zone, first_day, last_day))
        shift_by = datetime.combine(first_day, datetime.min.time()) - datetime(2026, 3, 27)
        busy = tuple((start + shift_by, stop + shift_by) for start, stop in diary.busy)
        held = tuple((start + shift_by, stop + shift_by) for start, stop in diary.held)
        diary, now = replace(diary, working=working, busy=busy, held=held), now + shift_by
        found = [slot.start for slot in find_slots([diary], None, not_before=now)]
        self.assertEqual(found, list(free_starts(diary, now)))
        for start in found:
            stop = start + diary.duration
            self.assertGreaterEqual(start, now)
            self.assertFalse(overlaps(start - diary.before, stop + diary.after, busy))
            self.assertTrue(any(b <= start and stop <= e for b, e in working))

    @hypothesis.given(some=INTERVALS, others=INTERVALS)
    def test_subtract(self, some, others):
        left = subtract(some, others)
        self.assertEqual(left, merge(left))
        for moment in {edge for pair in (*some, *others) for edge in pair}:
            inside = any(b <= moment < e for b, e in some) and not any(
                b <= moment < e for b, e in others
            )
            self.assertEqual(any(b <= moment < e for b, e in left), inside)

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
