"""Random calendars for the tests of the slot search, and what a slow and simple search says."""

from datetime import date, datetime, timedelta
from itertools import pairwise, permutations, product

from hypothesis import strategies as st

from ..slots import STEP, Diary, Shift, merge

#: Zones north and south of the equator, with odd offsets and odd clock changes.
ZONES = st.sampled_from(
    ["UTC", "Europe/Rome", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"]
)
#: Days shortly before clock changes in these zones, and one without.
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
DURATIONS = st.sampled_from([5, 20, 30, 45, 90, 240]).map(lambda n: timedelta(minutes=n))
BUFFERS = st.sampled_from([0, 0, 5, 15, 40]).map(lambda n: timedelta(minutes=n))


def moments(days):
    return st.integers(0, days * 24 * 60).map(lambda minutes: START + timedelta(minutes=minutes))


def intervals(days=4, longest=300, most=10):
    return st.lists(
        st.tuples(moments(days), st.integers(0, longest)).map(
            lambda pair: (pair[0], pair[0] + timedelta(minutes=pair[1]))
        ),
        max_size=most,
    ).map(tuple)


MOMENTS, INTERVALS = moments(4), intervals()


def diaries(**sizes):
    """One provider's diary; who it is the test says with `numbered`."""
    return st.builds(
        Diary,
        provider_id=st.just(0),
        working=intervals(**{**sizes, "longest": 600}),
        busy=intervals(**sizes),
        held=intervals(**sizes),
        duration=DURATIONS,
        before=BUFFERS,
        after=BUFFERS,
    )


def overlaps(start, stop, taken):
    return any(start < end and begin < stop for begin, end in taken if begin < end)


def grid(working, duration, not_before, not_after, step=STEP):
    """Every start on the grid, found the slow way: minute by minute."""
    for opening, closing in merge(working):
        moment = opening
        while moment + duration <= closing:
            inside = (not not_before or moment >= not_before) and (
                not not_after or moment + duration <= not_after
            )
            if (moment - opening) % step == timedelta() and inside:
                yield moment
            moment += timedelta(minutes=1)


def free_starts(diary, not_before=None, not_after=None, step=STEP):
    """Starts at which a provider is free, each minute tried by itself."""
    for moment in grid(diary.working, diary.duration, not_before, not_after, step):
        stop = moment + diary.duration
        if not overlaps(moment - diary.before, stop + diary.after, diary.busy) and not overlaps(
            moment, stop, diary.held
        ):
            yield moment


def free_chairs(chairs, diary, start):
    """Ids of chairs that are free for a visit with its buffers."""
    span = start - diary.before, start + diary.duration + diary.after
    return [chair for chair, taken in chairs.items() if not overlaps(*span, taken)]


def all_groups(parties, step):
    """Everything that several patients could be offered, before it is asked whether it fits."""
    options = []
    for party in parties:
        options.append(
            [
                (start, diary, free_chairs(party.chairs, diary, start) if party.chairs else [None])
                for diary in party.diaries
                for start in free_starts(diary, step=step)
            ]
        )
    return product(*options)


def fits(group, gap, in_a_row, at_once):
    """Whether visits (start, diary, chairs) make a group; every pair and order is tried."""
    spans = [(start, start + diary.duration) for start, diary, _chairs in group]
    row = in_a_row and any(
        all(timedelta() <= after[0] - first[1] <= gap for first, after in pairwise(order))
        for order in permutations(spans)
    )
    starts, stops = [start for start, _stop in spans], [stop for _start, stop in spans]
    once = at_once and max(starts) - min(starts) <= gap and max(starts) < min(stops)
    return (row or once) and any(
        _all_apart(group, chairs) for chairs in product(*(chairs for *_rest, chairs in group))
    )


def _all_apart(group, chairs):
    busy = [
        (start - diary.before, start + diary.duration + diary.after, diary.provider_id, chair)
        for (start, diary, _chairs), chair in zip(group, chairs, strict=True)
    ]
    return not any(
        first[0] < other[1] and other[0] < first[1]
        and (first[2] == other[2] or (first[3] is not None and first[3] == other[3]))
        for index, first in enumerate(busy)
        for other in busy[:index]
    )  # fmt: skip
