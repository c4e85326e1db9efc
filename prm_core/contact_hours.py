"""When a person may be written to, on their own clock. Pure functions, clock changes included."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

DAY = 24 * 60
EVERY_DAY = frozenset(range(7))
#: A window that opens at all opens within a week; one more day for a clock change in between.
MAX_DAYS = 9


@dataclass(frozen=True)
class Window:
    """Hours of the day in which messages may go out.

    :param start, stop: minutes after midnight of the recipient's clock; ``stop`` is outside.
    :param weekdays: days that count, Monday is 0.
    """

    start: int = 0
    stop: int = DAY
    weekdays: frozenset = EVERY_DAY

    def __and__(self, other):
        """The hours that both allow; it may be empty."""
        return Window(
            max(self.start, other.start), min(self.stop, other.stop), self.weekdays & other.weekdays
        )

    @property
    def is_empty(self):
        return self.start >= self.stop or not self.weekdays

    def contains(self, local):
        """Whether a moment on the recipient's clock lies inside."""
        minutes = local.hour * 60 + local.minute
        return self.start <= minutes < self.stop and local.weekday() in self.weekdays


@lru_cache(maxsize=600)
def _zone(name):
    return ZoneInfo(name)


def local_time(moment, zone):
    """A moment (naive UTC) on the clock of a time zone, aware."""
    return moment.replace(tzinfo=UTC).astimezone(_zone(zone))


def _opening(day, minutes, zone, fold):
    """The moment (naive UTC) at which a day's clock shows these minutes.

    :param fold: in the hour that comes twice, whether the second one is meant.
    """
    local = datetime.combine(day, time(*divmod(minutes, 60), fold=fold), tzinfo=_zone(zone))
    return local.astimezone(UTC).replace(tzinfo=None)


def next_open(moment, zone, window):
    """The first moment from ``moment`` on that lies in the window.

    In the hour that a clock change skips nothing opens; in the one that comes twice both count.

    :param moment: naive UTC; :param str zone: IANA name.
    :return: naive UTC, or None when the window never opens.
    """
    return _nearest_open(moment, zone, window, 1)


def last_open(moment, zone, window):
    """The last moment up to ``moment`` that lies in the window, to the minute.

    :return: naive UTC, or None when the window never opens.
    """
    return _nearest_open(moment, zone, window, -1)


# A batch asks for one moment, and for many people who live by one clock.
@lru_cache(maxsize=4096)
def _nearest_open(moment, zone, window, sign):
    """The nearest moment in the window, looking ahead (``sign`` 1) or back (-1)."""
    if window.is_empty:
        return None
    local = local_time(moment, zone)
    if window.contains(local):
        return moment
    edge, nearest, folds = window.start, max, (0, 1)
    if sign < 0:
        edge, nearest, folds = window.stop - 1, min, (1, 0)
    for distance in range(MAX_DAYS):
        day = local.date() + sign * timedelta(days=distance)
        if day.weekday() not in window.weekdays:
            continue
        for fold in folds:
            candidate = nearest(moment, _opening(day, edge, zone, fold))
            if window.contains(local_time(candidate, zone)):
                return candidate
    return None


def moment_of(day, minutes, zone):
    """The moment (naive UTC) at which a day's clock shows these minutes after midnight.

    In the hour that comes twice the first one is meant; one that is skipped counts as the time
    that the clock shows instead.
    """
    return _opening(day, minutes, zone, 0)


def start_of_day(day, zone):
    """The first moment (naive UTC) of a date in a time zone."""
    return _opening(day, 0, zone, 0)
