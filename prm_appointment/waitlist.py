"""Who is offered a visit that has come free, in which order, and how fast. Pure functions."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from odoo.addons.prm_core.contact_hours import local_time

from .slot_wishes import Wish

#: So shortly before a visit nobody is written to any more: they could not come in time.
LAST_CALL = timedelta(minutes=30)

#: Points by urgency: further apart than all the rest together can bring, so that pain comes first.
URGENCY_POINTS = (0, 210, 420)
FILLS_POINTS = 50
PROVIDER_POINTS = 30
DAY_POINTS, MAX_DAY_POINTS = 2, 60
OFFER_POINTS, MAX_OFFER_POINTS = -15, -60


@dataclass(frozen=True)
class Want:
    """What somebody on the waitlist waits for.

    :param key: whatever the caller knows it by; the smaller goes first when all else is equal.
    :param wish: `slot_wishes.Wish`: days and hours; its zone is the practice's.
    :param since: naive UTC, from when they wait.
    :param urgency: 0 can wait, 1 soon, 2 urgent.
    :param provider_ids: with whom; empty: with anybody.
    :param first_day: and ``last_day``, on the practice's calendar, both included.
    :param notice: how long beforehand they have to know.
    :param instead_of: start (naive UTC) of the visit that they give up for an earlier one.
    :param visits: pairs of start and stop of their other visits.
    :param offered_today: offers that they got today; :param offered_lately: in the last 30 days.
    :param answered: whether they were offered this very time already.
    """

    key: int
    wish: Wish
    since: datetime
    urgency: int = 0
    provider_ids: frozenset = frozenset()
    first_day: date | None = None
    last_day: date | None = None
    notice: timedelta = timedelta()
    instead_of: datetime | None = None
    visits: tuple = ()
    offered_today: int = 0
    offered_lately: int = 0
    answered: bool = False


@dataclass(frozen=True)
class Point:
    """A reason for a place in the order.

    :param reason: code; :param points: what it counts; :param number: what the reason speaks of.
    """

    reason: str
    points: int
    number: int = 0


@dataclass(frozen=True)
class Place:
    """Somebody's place in the order.

    :param slot: the time within what came free that suits their kind of visit.
    """

    want: Want
    slot: object
    points: tuple

    @property
    def score(self):
        return sum(point.points for point in self.points)


@dataclass(frozen=True)
class Pace:
    """How many are asked at once, and how long one waits for their answers."""

    size: int
    wait: timedelta


#: By how long there is until the visit, the longest first.
_PACES = (
    (timedelta(days=2), Pace(3, timedelta(hours=2))),
    (timedelta(days=1), Pace(3, timedelta(hours=1))),
    (timedelta(hours=4), Pace(5, timedelta(minutes=20))),
    (timedelta(hours=1), Pace(8, timedelta(minutes=10))),
    (LAST_CALL, Pace(12, timedelta(minutes=5))),
)


def pace(lead):
    """How fast offers go out, the faster the nearer the visit.

    :param timedelta lead: how long there is until it begins.
    :return: a `Pace`, or None when it is too late to write to anybody.
    """
    return next((pace for least, pace in _PACES if lead >= least), None)


def fit(found, start, stop):
    """The best of a kind's free times within a stretch that came free, or None.

    It touches the stretch; one that begins with it comes first, else the one that leaves the least
    in front of it.

    :param found: free times, `slots.Slot`; :param start: and ``stop`` of the stretch, naive UTC.
    """
    touching = [slot for slot in found if slot.start < stop and slot.stop > start]
    return min(touching, key=lambda slot: (abs(slot.start - start), slot.start), default=None)


def skip_reason(want, slot, now, daily_cap):
    """Why somebody is not offered a time now, as a code; None when they are.

    :param slot: the time that suits their kind of visit, or None when there is none.
    :param daily_cap: so many offers a day somebody gets at most.
    """
    if want.answered:
        return "answered"
    if slot is None:
        return "no_room"
    if want.provider_ids and slot.provider_id not in want.provider_ids:
        return "other_provider"
    if want.instead_of and slot.start >= want.instead_of:
        return "not_sooner"
    day = local_time(slot.start, want.wish.zone).date()
    if (want.first_day and day < want.first_day) or (want.last_day and day > want.last_day):
        return "other_dates"
    if not want.wish.suits(slot):
        return "other_hours"
    if slot.start - now < max(want.notice, LAST_CALL):
        return "short_notice"
    if any(start < slot.stop and slot.start < stop for start, stop in want.visits):
        return "other_visit"
    if want.offered_today >= daily_cap:
        return "enough_today"
    return None


def points(want, slot, start, stop, now):
    """The reasons for somebody's place, those that count nothing left out.

    :param start: and ``stop`` of the stretch that came free.
    """
    length = stop - start
    used = min(slot.stop, stop) - max(slot.start, start)
    days = max((now - want.since).days, 0)
    listed = (
        Point("urgency", URGENCY_POINTS[want.urgency], want.urgency),
        Point("fills", round(FILLS_POINTS * (used / length)), round(100 * (used / length))),
        Point("provider", PROVIDER_POINTS if slot.provider_id in want.provider_ids else 0),
        Point("waiting", min(DAY_POINTS * days, MAX_DAY_POINTS), days),
        Point(
            "had_offers",
            max(OFFER_POINTS * want.offered_lately, MAX_OFFER_POINTS),
            want.offered_lately,
        ),
    )
    return tuple(point for point in listed if point.points)


def rank(candidates, start, stop, now):
    """The order in which people are asked.

    The more points the earlier; of equals, who waits longer.

    :param candidates: pairs of a `Want` and the slot that suits it.
    :param start: and ``stop`` of the stretch that came free, naive UTC.
    :return: list of `Place`.
    """
    places = [Place(want, slot, points(want, slot, start, stop, now)) for want, slot in candidates]
    return sorted(places, key=lambda place: (-place.score, place.want.since, place.want.key))
