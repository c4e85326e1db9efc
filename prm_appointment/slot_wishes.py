"""What patients wish of a time: days, hours, the same provider. Pure functions over slots."""

from dataclasses import dataclass

from odoo.addons.prm_core.contact_hours import local_time

EVERY_DAY = frozenset(range(7))

#: Parts of the day: hours of the wall clock between which a visit begins.
PARTS = {"morning": (0, 12), "afternoon": (12, 17), "evening": (17, 24)}


@dataclass(frozen=True)
class Wish:
    """Which free times suit.

    :param str zone: time zone of the practice, in which days and hours are meant.
    :param weekdays: Monday is 0.
    :param start_from: and ``start_before``, hours of the day as numbers between which the visit
        begins; :param end_by: by when it is over.
    :param provider_id: whose times come first; those of others follow.
    """

    zone: str
    weekdays: frozenset = EVERY_DAY
    start_from: float = 0
    start_before: float = 24
    end_by: float = 24
    provider_id: int | None = None

    @classmethod
    def part_of_day(cls, part, **options):
        """A wish for the morning, the afternoon or the evening (see `PARTS`)."""
        start_from, start_before = PARTS[part]
        return cls(start_from=start_from, start_before=start_before, **options)

    @classmethod
    def between(cls, hour_from, hour_to, **options):
        """A wish of somebody who has time from one hour to another: the visit lies in between."""
        return cls(start_from=hour_from, end_by=hour_to, **options)

    def suits(self, slot):
        """Whether a slot, or anything else with a start and a stop, is as wished."""
        start = local_time(slot.start, self.zone)
        if start.weekday() not in self.weekdays:
            return False
        begins = _hours(start)
        if not self.start_from <= begins < self.start_before:
            return False
        stop = local_time(slot.stop, self.zone)
        ends = _hours(stop) + 24 * (stop.date() - start.date()).days
        return ends <= self.end_by

    def choose(self, slots):
        """The slots that suit, the wished provider's first, else as they came."""
        chosen = [slot for slot in slots if self.suits(slot)]
        if self.provider_id is not None:
            chosen.sort(key=lambda slot: slot.provider_id != self.provider_id)
        return chosen


def _hours(local):
    return local.hour + local.minute / 60 + local.second / 3600
