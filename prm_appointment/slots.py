"""Slot search: plain Python over intervals of time.

All moments are naive datetimes in UTC, all intervals half-open pairs ``(start, stop)``. Only
`on_wall_clock` knows time zones: working hours are read on the wall clock of the place of work, so
a day on which the clock changes is an hour longer or shorter, and nothing else has to care.
"""

from bisect import bisect_left
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

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
    """When one provider works, when they are taken, and how long the visit takes with them.

    :param busy: stretches that are taken, buffers included.
    :param held: stretches kept for other work: the visit may not lie in them, its buffers may.
    :param duration: of the visit with this provider; None: as long as with the others.
    :param before: time to prepare and :param after: time to clean up, which must be free too. They
        may reach beyond the working hours: people set up before the doors open.
    """

    provider_id: int
    working: tuple
    busy: tuple = ()
    held: tuple = ()
    duration: timedelta | None = None
    before: timedelta = timedelta()
    after: timedelta = timedelta()


@dataclass(frozen=True)
class Slot:
    """A time that can be booked. ``operatory_id`` is None where no chair is needed."""

    start: datetime
    stop: datetime
    provider_id: int
    operatory_id: int | None = None


class Candidate(NamedTuple):
    """A time at which a provider and some chairs are free.

    :param rank: of the provider, in order of preference.
    :param operatory_ids: chairs that are free, in order of preference; None: none is needed.
    """

    start: datetime
    rank: int
    stop: datetime
    busy_start: datetime
    busy_stop: datetime
    provider_id: int
    operatory_ids: tuple | None

    def as_slot(self, operatory_id=None):
        return Slot(self.start, self.stop, self.provider_id, operatory_id)

    def as_first_slot(self):
        """In the chair that is liked best, if one is needed."""
        return self.as_slot(self.operatory_ids[0] if self.operatory_ids else None)


def merge(intervals):
    """Intervals in order, joined where they overlap or touch; empty and inverted ones dropped."""
    result, begin, end = [], None, None
    for start, stop in sorted(intervals):
        if start >= stop:
            continue
        if end is None:
            begin, end = start, stop
        elif start > end:
            result.append((begin, end))
            begin, end = start, stop
        elif stop > end:
            end = stop
    if end is not None:
        result.append((begin, end))
    return result


def _week_parity(day):
    """Which of two alternating weeks a day is in, counted as Odoo's working schedules count."""
    return (day.toordinal() - 1) // 7 % 2


@lru_cache(maxsize=20_000)
def _offset_at_midnight(zone, day):
    """By how much the wall clock is ahead of UTC when a day begins."""
    return pytz.timezone(zone).localize(datetime.combine(day, time.min)).utcoffset()


@lru_cache(maxsize=20_000)
def _plain_midnight(zone, day):
    """When a day begins, or None if the clock changes on it."""
    offset = _offset_at_midnight(zone, day)
    if offset != _offset_at_midnight(zone, day + timedelta(days=1)):
        return None
    return datetime.combine(day, time.min) - offset


def on_wall_clock(day, since_midnight, zone):
    """A time of a day's wall clock as a moment.

    An hour that the clock skips or repeats is read as standard time, as Odoo does.

    :param timedelta since_midnight: what the clock shows; a whole day is the midnight that follows.
    :param str zone: name of a time zone.
    """
    midnight = _plain_midnight(zone, day)
    if midnight is not None:
        return midnight + since_midnight
    local = pytz.timezone(zone).localize(datetime.combine(day, time.min) + since_midnight)
    return local.astimezone(pytz.utc).replace(tzinfo=None)


def _since_midnight(hours):
    """Hours of the day as a number, to the minute."""
    return timedelta(minutes=round(hours * 60))


def expand_shifts(shifts, zone, first_day, last_day):
    """A weekly timetable as intervals, from the first to the last day, both included.

    :param str zone: name of the time zone in which the timetable is meant.
    """
    by_weekday = {}
    for shift in shifts:
        hours = _since_midnight(shift.hour_from), _since_midnight(shift.hour_to)
        by_weekday.setdefault(shift.weekday, []).append((shift.week, *hours))
    result = []
    day = first_day
    while day <= last_day:
        for week, opening, closing in by_weekday.get(day.weekday(), ()):
            if week is None or week == _week_parity(day):
                start = on_wall_clock(day, opening, zone)
                result.append((start, on_wall_clock(day, closing, zone)))
        day += timedelta(days=1)
    return merge(result)


def subtract(intervals, others):
    """What is left of intervals without the others, in order."""
    occupied = _Occupied(others)
    return [gap for start, stop in merge(intervals) for gap in occupied.gaps(start, stop)]


def is_free(taken, start, stop):
    """Whether a stretch meets none of a few intervals, which may be in any order."""
    return all(stop <= begin or end <= start for begin, end in taken)


class _Occupied:
    """Taken intervals, asked many times whether a stretch is free."""

    def __init__(self, intervals):
        merged = merge(intervals)
        self._starts = [start for start, _stop in merged]
        self._stops = [stop for _start, stop in merged]

    def gaps(self, start, stop):
        """The free parts of a stretch, in order."""
        # The last one that starts before may reach in.
        index = max(bisect_left(self._starts, start) - 1, 0)
        while index < len(self._starts) and self._starts[index] < stop:
            if self._starts[index] > start:
                yield start, self._starts[index]
            start = max(start, self._stops[index])
            index += 1
        if start < stop:
            yield start, stop

    def is_free(self, start, stop):
        # Merged intervals don't touch, so only the last one that starts before `stop` can overlap.
        index = bisect_left(self._starts, stop) - 1
        return index < 0 or self._stops[index] <= start


def find_slots(diaries, duration, chairs=None, not_before=None, not_after=None, step=STEP):
    """All times that can be booked, by start and then in the order of the diaries.

    :param not_before: earliest start; :param not_after: latest end; the rest as for `Search`.
    """
    found = Search(diaries, duration, chairs, step).candidates(not_before, not_after)
    return [each.as_first_slot() for each in found]


class Search:
    """Free times in some diaries, for which one may ask several times.

    :param diaries: list of `Diary`, in order of preference.
    :param timedelta duration: length of the visit; None when every diary says its own.
    :param chairs: ``{operatory id: taken intervals}`` in order of preference, of which one must be
        free; None where no chair is needed.
    :param timedelta step: grid, anchored to the start of each stretch of working time.
    """

    def __init__(self, diaries, duration, chairs=None, step=STEP):
        self._searches = [_DiarySearch(diary, duration, step) for diary in diaries]
        self._rooms = None
        if chairs is not None:
            self._rooms = [(number, _Occupied(taken)) for number, taken in chairs.items()]

    def candidates(self, not_before=None, not_after=None, all_chairs=False):
        """All that is needed to book, or to combine the times of several visits.

        :param not_before: earliest start; :param not_after: latest end.
        :param all_chairs: name every free chair, not only the first one.
        :return: list of `Candidate`, by start and then in the order of the diaries.
        """
        found = []
        for rank, diary in enumerate(self._searches):
            for start in diary.free_starts(not_before, not_after):
                if candidate := self._candidate(rank, diary, start, all_chairs):
                    found.append(candidate)
        found.sort(key=lambda each: each[:2])
        return found

    def one_each(self, not_before, not_after, without=None):
        """The starts, each with the first diary that has it.

        :param without: (start, provider id) that does not count.
        :return: list of `Slot`, by start.
        """
        found = {}
        for rank, diary in enumerate(self._searches):
            for start in diary.free_starts(not_before, not_after):
                if start in found or (start, diary.provider_id) == without:
                    continue
                if candidate := self._candidate(rank, diary, start):
                    found[start] = candidate.as_first_slot()
        return [found[start] for start in sorted(found)]

    def first_start(self, not_before, not_after, without=None):
        """The earliest start, or None; much quicker than to look for all of them."""
        first = None
        for rank, diary in enumerate(self._searches):
            for start in diary.free_starts(not_before, not_after):
                if first and start >= first:
                    break
                if (start, diary.provider_id) == without:
                    continue
                if self._candidate(rank, diary, start):
                    first = start
                    break
        return first

    def _candidate(self, rank, diary, start, all_chairs=False):
        """The `Candidate` at a start at which the provider is free; None when no chair is."""
        stop = start + diary.length
        busy_start, busy_stop = start - diary.before, stop + diary.after
        free = _free_chairs(self._rooms, busy_start, busy_stop, all_chairs)
        if free is not None and not free:
            return None
        return Candidate(start, rank, stop, busy_start, busy_stop, diary.provider_id, free)


class _DiarySearch:
    """One diary, made ready to be asked."""

    def __init__(self, diary, duration, step):
        self.provider_id, self.before, self.after = diary.provider_id, diary.before, diary.after
        self.length = duration if diary.duration is None else diary.duration
        self._step = step
        self._working = merge(diary.working)
        self._closings = [closing for _opening, closing in self._working]
        taken = [
            # A visit that keeps away this far has room for its own buffers.
            (start - diary.after, stop + diary.before)
            for start, stop in diary.busy
            if start < stop
        ]
        self._blocked = _Occupied([*taken, *diary.held])

    def free_starts(self, not_before, not_after):
        """Starts on the grid at which the provider works and is free, in order."""
        index = bisect_left(self._closings, not_before) if not_before else 0
        for opening, closing in islice(self._working, index, None):
            if not_after and opening >= not_after:
                return
            first = max(opening, not_before) if not_before else opening
            last = min(closing, not_after) if not_after else closing
            for gap_start, gap_stop in self._blocked.gaps(first, last):
                start = opening - (opening - gap_start) // self._step * self._step
                while start + self.length <= gap_stop:
                    yield start
                    start += self._step


def _free_chairs(rooms, start, stop, all_chairs):
    """Ids of chairs that are free, or only of the first one; None when none is needed."""
    if rooms is None:
        return None
    free = []
    for operatory_id, occupied in rooms:
        if occupied.is_free(start, stop):
            free.append(operatory_id)
            if not all_chairs:
                break
    return tuple(free)
