"""Times for several patients who come together: a mother and her child, a family.

Pure functions over the candidates of `slots`. Each patient has a visit of their own kind, length
and providers. Either one visit follows the other, or they happen at once with different providers
in different chairs.
"""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice

from . import slots

#: One visit after the other; all at once; whichever comes first.
IN_A_ROW, AT_ONCE, EITHER = "in_a_row", "at_once", "either"

#: More than a family, and the combinations of their times would not be counted in seconds.
MAX_PARTIES = 4


@dataclass(frozen=True)
class Party:
    """What one of the patients comes for; see `slots.find_slots`."""

    diaries: tuple
    duration: timedelta | None
    chairs: dict | None = None


def find_together(
    parties, gap, mode=EITHER, *, not_before=None, not_after=None, step=slots.STEP, suits=None,
    limit=None,
):  # fmt: skip
    """Times for all of them, the earliest first, and of these the one that is over soonest.

    :param parties: list of `Party`.
    :param timedelta gap: in a row, the longest wait between two visits; at once, the longest time
        by which one begins later than another.
    :param mode: `IN_A_ROW`, `AT_ONCE` or `EITHER`.
    :param suits: says of a candidate whether it is wished at all.
    :param limit: so many at most.
    :return: list of tuples of `slots.Slot`, in the order of the parties.
    :raises ValueError: for more than `MAX_PARTIES` parties.
    """
    if len(parties) > MAX_PARTIES:
        raise ValueError(f"At most {MAX_PARTIES} visits together, not {len(parties)}.")
    lists = []
    for party in parties:
        search = slots.Search(party.diaries, party.duration, party.chairs, step)
        found = search.candidates(not_before, not_after, all_chairs=True)
        lists.append(_Starts([each for each in found if suits is None or suits(each)]))
    return list(islice(_combine(lists, gap, mode), limit))


class _Starts:
    """The candidates of one party, found by their start."""

    def __init__(self, candidates):
        self.candidates = candidates
        self._starts = [each.start for each in candidates]

    def between(self, first, last):
        """Those that start from one moment to another, both included."""
        return self.candidates[bisect_left(self._starts, first) : bisect_right(self._starts, last)]


def _combine(lists, gap, mode):
    for first in sorted({each.start for starts in lists for each in starts.candidates}):
        chosen = []
        if mode in (IN_A_ROW, EITHER):
            chosen += _in_a_row(lists, [None] * len(lists), first, first, gap)
        if mode in (AT_ONCE, EITHER) and len(lists) > 1:
            chosen += _at_once(lists, [], first, gap)
        chosen.sort(key=_order)
        for group in chosen:
            seats = _seat(group, ())
            if seats is not None:
                yield tuple(each.as_slot(seat) for each, seat in zip(group, seats, strict=True))


def _order(group):
    return (
        max(each.stop for each in group),
        [each.start for each in group],
        [each.rank for each in group],
    )


def _in_a_row(lists, group, first, last, gap):
    """Groups in which the next visit starts between two moments, the following ones after it."""
    if None not in group:
        yield list(group)
        return
    for index, starts in enumerate(lists):
        if group[index] is not None:
            continue
        for each in starts.between(first, last):
            if all(other is None or _apart(each, other) for other in group):
                group[index] = each
                yield from _in_a_row(lists, group, each.stop, each.stop + gap, gap)
                group[index] = None


def _at_once(lists, group, first, gap):
    """Groups whose earliest visit starts at a moment, and which all overlap."""
    if len(group) == len(lists):
        starts, stops = [each.start for each in group], [each.stop for each in group]
        if min(starts) == first and max(starts) < min(stops):
            yield group
        return
    for each in lists[len(group)].between(first, first + gap):
        if all(_apart(each, other) for other in group):
            yield from _at_once(lists, [*group, each], first, gap)


def _apart(one, other):
    """Whether two visits can be without one provider being at both."""
    return one.provider_id != other.provider_id or not _collide(one, other)


def _collide(one, other):
    return one.busy_start < other.busy_stop and other.busy_start < one.busy_stop


def _seat(group, seats):
    """A chair for each, so that none is taken twice at a time; None when there is no way."""
    if len(seats) == len(group):
        return seats
    each = group[len(seats)]
    for seat in (None,) if each.operatory_ids is None else each.operatory_ids:
        free = seat is None or all(
            seat != taken or not _collide(each, other)
            for other, taken in zip(group, seats, strict=False)
        )
        if free and (found := _seat(group, (*seats, seat))) is not None:
            return found
    return None
