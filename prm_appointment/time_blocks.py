"""Time kept for a kind of work, and given free when nobody has booked it. Pure functions."""

from dataclasses import dataclass
from datetime import date, timedelta

from . import slots

EVERY_DAY = frozenset(range(7))


@dataclass(frozen=True)
class Block:
    """Hours of some days that are kept.

    :param type_ids: kinds of visit that may be booked into it.
    :param provider_id: whose time it is; None: everybody's.
    :param weekdays: Monday is 0.
    :param first_day: and ``last_day``, both included; None: without end.
    :param hour_from: and ``hour_to``, on the provider's clock.
    :param release_days: so many days before it is free for everything; None: never.
    """

    type_ids: frozenset
    hour_from: float
    hour_to: float
    provider_id: int | None = None
    weekdays: frozenset = EVERY_DAY
    first_day: date | None = None
    last_day: date | None = None
    release_days: int | None = None


def expand(block, zone, first_day, last_day):
    """A block as intervals, from the first to the last day, both included."""
    first_day = max(first_day, block.first_day or first_day)
    last_day = min(last_day, block.last_day or last_day)
    hours = [slots.Shift(day, block.hour_from, block.hour_to) for day in block.weekdays]
    return slots.expand_shifts(hours, zone, first_day, last_day)


def expand_held(block, zone, first_day, last_day, today):
    """As `expand`, without the days for which the block is released already."""
    if block.release_days is not None:
        first_day = max(first_day, today + timedelta(days=block.release_days + 1))
    return expand(block, zone, first_day, last_day)


def held_from(type_id, blocks, zone, first_day, last_day, today):
    """The time that a kind of visit must leave free.

    Where two blocks meet, what either of them is kept for may be booked.

    :param blocks: those that hold for one provider; :param today: on the same clock.
    """
    kept, open_to_it = [], []
    for block in blocks:
        if type_id in block.type_ids:
            open_to_it += expand(block, zone, first_day, last_day)
        else:
            kept += expand_held(block, zone, first_day, last_day, today)
    return slots.subtract(kept, open_to_it)
