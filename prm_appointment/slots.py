"""Slot search: plain Python over intervals of time.

All moments are naive datetimes in UTC, all intervals half-open pairs ``(start, stop)``. Only
`expand_shifts` knows time zones: working hours are read on the wall clock of the place of work, so
a day on which the clock changes is an hour longer or shorter, and nothing else has to care.
"""

from bisect import bisect_left
from dataclasses import dataclass
from datetime import datetime, time, timedelta

import pytz

#: Visits are offered every so often, counted from the start of the working time.
STEP = timedelta(minutes=15)


@dataclass(frozen=True)
class Shift:
    """A line of a weekly timetable.

    :param weekday: 0 is Monday; :param hour_from: and ``hour_to``, hours as a number (8.5 is half
        past eight; 24 is midnight).
    :param week: 0 or 1 in a timetable of two weeks, else None.
    """

    weekday: int
    hour_from: float
    hour_to: float
    week: int | None = None


@dataclass(frozen=True)
class Diary:
    """When one provider works, and when they are taken."""

    provider_id: int
    working: tuple
    busy: tuple = ()


@dataclass(frozen=True)
class Slot:
    """A time that can be booked. ``operatory_id`` is None where no chair is needed."""

    start: datetime
    stop: datetime
    provider_id: int
    operatory_id: int | None = None


def merge(intervals):
    """Intervals in order, joined where they overlap or touch; empty and inverted ones dropped."""
    result = []
    for start, stop in sorted(intervals):
        if start >= stop:
            continue
        if result and start <= result[-1][1]:
            if stop > result[-1][1]:
                result[-1] = (result[-1][0], stop)
        else:
            result.append((start, stop))
    return result


def _wall_clock(day, hours):
    """The moment on a day's clock; 24 is the midnight that follows."""
    return datetime.combine(day, time.min) + timedelta(minutes=round(hours * 60))


def _week_parity(day):
    """Which of two alternating weeks a day is in, counted as Odoo's working schedules count."""
    return (day.toordinal() - 1) // 7 % 2


def expand_shifts(shifts, zone, first_day, last_day):
    """A weekly timetable as intervals, from the first to the last day, both included.

    An hour that the clock skips or repeats is read as standard time, as Odoo does.

    :param str zone: name of the time zone in which the timetable is meant.
    """
    zone = pytz.timezone(zone)
    by_weekday = {}
    for shift in shifts:
        by_weekday.setdefault(shift.weekday, []).append(shift)
    result = []
    day = first_day
    while day <= last_day:
        for shift in by_weekday.get(day.weekday(), ()):
            if shift.week is not None and shift.week != _week_parity(day):
                continue
            start, stop = (
                zone.localize(_wall_clock(day, hours)).astimezone(pytz.utc).replace(tzinfo=None)
                for hours in (shift.hour_from, shift.hour_to)
            )
            result.append((start, stop))
        day += timedelta(days=1)
    return merge(result)


def is_free(taken, start, stop):
    """Whether a stretch meets none of a few intervals, which may be in any order."""
    return all(stop <= begin or end <= start for begin, end in taken)


class _Occupied:
    """Taken intervals, asked many times whether a stretch is free."""

    def __init__(self, intervals):
        merged = merge(intervals)
        self._starts = [start for start, _stop in merged]
        self._stops = [stop for _start, stop in merged]

    def is_free(self, start, stop):
        # Merged intervals don't touch, so only the last one that starts before `stop` can overlap.
        index = bisect_left(self._starts, stop) - 1
        return index < 0 or self._stops[index] <= start


def find_slots(diaries, duration, chairs=None, not_before=None, not_after=None, step=STEP):
    """All times that can be booked, by start and then in the order of the diaries.

    :param diaries: list of `Diary`, in order of preference.
    :param timedelta duration: length of the visit.
    :param chairs: ``{operatory id: taken intervals}`` in order of preference, of which one must be
        free; None where no chair is needed.
    :param not_before: earliest start; :param not_after: latest end.
    :param timedelta step: grid, anchored to the start of each stretch of working time.
    """
    rooms = None
    if chairs is not None:
        rooms = [(operatory_id, _Occupied(taken)) for operatory_id, taken in chairs.items()]
    found = []
    for rank, diary in enumerate(diaries):
        occupied = _Occupied(diary.busy)
        for opening, closing in merge(diary.working):
            closing = min(closing, not_after) if not_after else closing
            start = opening
            if not_before and start < not_before:
                start += -((start - not_before) // step) * step
            while (stop := start + duration) <= closing:
                if occupied.is_free(start, stop):
                    free, operatory_id = _free_chair(rooms, start, stop)
                    if free:
                        slot = Slot(start, stop, diary.provider_id, operatory_id)
                        found.append((start, rank, slot))
                start += step
    found.sort(key=lambda item: item[:2])
    return [slot for _start, _rank, slot in found]


def _free_chair(rooms, start, stop):
    """(whether the visit can be seated, the chair's id or None)"""
    if rooms is None:
        return True, None
    for operatory_id, occupied in rooms:
        if occupied.is_free(start, stop):
            return True, operatory_id
    return False, None
