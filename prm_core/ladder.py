"""When the steps of a journey are due. Plain data: no database, and no clock of its own.

A ladder is a list of rungs, climbed one after the other. A rung stands at a distance before or
after the *anchor*, such as the beginning of a visit, or after the rung below it. Days, weeks and
months are counted on the patient's calendar, so that "a day before" is at the same time of day on
both sides of a clock change; hours and minutes are counted as they pass.
"""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from dateutil.relativedelta import relativedelta

from .contact_hours import Window, last_open, local_time, moment_of, next_open

#: Units of time that pass by the clock, and those that are turned by the calendar.
CLOCK_UNITS = ("minutes", "hours")
CALENDAR_UNITS = ("days", "weeks", "months")
ALWAYS = Window()


@dataclass(frozen=True)
class Rung:
    """One step's place in time.

    :param amount: how many, 0 or more; :param unit: of `CLOCK_UNITS` or `CALENDAR_UNITS`.
    :param before: before the anchor instead of after it.
    :param from_previous: counted from the rung below instead of from the anchor.
    :param window: hours and weekdays on the patient's clock in which it may be.
    :param silent: whether the patient hears nothing of it, as of a task for staff.
    """

    amount: int = 0
    unit: str = "days"
    before: bool = False
    from_previous: bool = False
    window: Window = ALWAYS
    silent: bool = False


@dataclass(frozen=True)
class Outlook:
    """What comes next for one patient.

    :param index: of the next rung, None when the ladder has ended; :param due: naive UTC.
    :param skipped: (index, reason) of rungs that are passed over: ``past`` when their time had
        gone before anybody stood on the ladder, ``overtaken`` when they fall together with one
        that is nearer to the anchor.
    """

    index: int | None
    due: datetime | None
    skipped: tuple = ()


@dataclass(frozen=True)
class Climber:
    """Where a patient stands.

    :param position: index of the first rung that was not reached yet.
    :param anchor: naive UTC; :param zone: IANA name of the patient's zone.
    :param previous: naive UTC at which a rung was last reached, taken or not; or the start.
    :param contact: naive UTC at which the patient was last written to or called; None: not yet.
    :param since: naive UTC before which an anchored rung counts as past; None: what is late is
        taken at once.
    :param lasting: whether what was to be said before the anchor still has a point after it, as it
        has of a visit that is due and has none of one that has been.
    """

    position: int
    anchor: datetime
    zone: str
    previous: datetime
    contact: datetime | None = None
    since: datetime | None = None
    lasting: bool = False

    def is_too_late(self, rung, now):
        """Whether a rung before the anchor has lost its point, because the anchor has come."""
        return rung.before and now >= self.anchor and not self.lasting


# A patient is looked at several times in a batch, and many share a date.
@lru_cache(maxsize=4096)
def due_at(rung, base, zone):
    """When a rung is due.

    A rung by the calendar keeps its day: its hour is moved into the window of that day, and the
    day itself only when it is a weekday that does not count. A rung before the anchor is moved to
    an earlier day, one after it to a later one.

    :param base: naive UTC of what it is counted from; :param zone: IANA name of the patient's zone.
    :return: naive UTC, or None when the window never opens.
    """
    if rung.window.is_empty:
        return None
    sign = -1 if rung.before else 1
    if rung.unit in CLOCK_UNITS:
        moment = base + _span(rung.unit, sign * rung.amount)
        return (last_open if rung.before else next_open)(moment, zone, rung.window)
    local = local_time(base, zone)
    day = local.date() + _span(rung.unit, sign * rung.amount)
    while day.weekday() not in rung.window.weekdays:
        day += timedelta(days=sign)
    minutes = local.hour * 60 + local.minute
    inside = min(max(minutes, rung.window.start), rung.window.stop - 1)
    due = moment_of(day, inside, zone)
    if not rung.before and due < base:
        # Today's hours are over: what comes after something never comes before it.
        due = next_open(base, zone, rung.window)
    return due


def _span(unit, amount):
    if unit == "months":
        return relativedelta(months=amount)
    return timedelta(**{unit: amount})


def look_ahead(rungs, climber, now):
    """Which rung comes next.

    A rung before the anchor is not taken after it. Of rungs by which the patient would hear
    something at the same time, because they are late or due at the same moment, only the one
    nearest to the anchor is taken; of several at the same distance the first whose conditions
    hold. Rungs by which the patient hears nothing don't count there.

    :param rungs: list of `Rung`; :type climber: Climber; :param now: naive UTC.
    :rtype: Outlook
    """
    skipped = []
    for index in range(climber.position, len(rungs)):
        rung = rungs[index]
        base = climber.previous if rung.from_previous else climber.anchor
        due = due_at(rung, base, climber.zone)
        reason = _reason_to_skip(rungs, index, due, climber, now)
        if not reason:
            return Outlook(index, due, tuple(skipped))
        skipped.append((index, reason))
    return Outlook(None, None, tuple(skipped))


def _reason_to_skip(rungs, index, due, climber, now):
    rung, anchor = rungs[index], climber.anchor
    if _is_past(rung, due, climber, now):
        return "past"
    if rung.from_previous or rung.silent:
        return None
    if _is_said(due, climber):
        return "overtaken"
    own = _distance(rung, due, anchor)
    for other, moment in _soon_after(rungs, index, max(now, due), climber):
        rival = not (_is_past(other, moment, climber, now) or _is_said(moment, climber))
        if rival and _distance(other, moment, anchor) < own:
            return "overtaken"
    return None


def _is_past(rung, due, climber, now):
    """Whether there is no time for a rung, or was none when the patient came."""
    if due is None or climber.is_too_late(rung, max(due, now)):
        return True
    return bool(climber.since and not rung.from_previous and due < climber.since)


def _is_said(due, climber):
    """Whether the patient has heard something of it since an anchored rung was due."""
    return bool(climber.contact and due <= climber.contact)


def _distance(rung, due, anchor):
    """How far a rung is from the anchor; of two at one moment, the one that means to be nearer."""
    return abs(due - anchor), abs(_rough_minutes(rung))


def _soon_after(rungs, index, latest, climber):
    """(rung, due) of the anchored rungs above one that are due by a moment, and are heard."""
    for rung in rungs[index + 1 :]:
        if rung.from_previous:
            return
        due = due_at(rung, climber.anchor, climber.zone)
        if not rung.silent and due is not None and due <= latest:
            yield rung, due


def rewind(rungs, position, anchor, now, zone, catch_up=False):
    """Where to go on after the anchor has moved.

    What was said about the old date has to be said again of the new one, if its time is still to
    come: the first anchored rung below the position that lies ahead.

    :param catch_up: whether what was said before the old date is said of the new one even when its
        time has passed: then by the rung that is nearest to the anchor, while that is to come.
    :return: an index that is not above ``position``.
    """
    nearest = position
    for index, rung in enumerate(rungs[:position]):
        if rung.from_previous:
            continue
        due = due_at(rung, anchor, zone)
        if due and due > now:
            return index
        if catch_up and rung.before and not rung.silent and now < anchor:
            nearest = index
    return nearest


def faults(rungs, anchor_is_start=False):
    """What is wrong with a ladder: (index, code) of steps that can never be taken.

    :param anchor_is_start: whether the anchor is the moment at which the journey begins.
    :return: list; codes: ``no_hours``, ``before_start``, ``first_needs_anchor``, ``out_of_order``.
    """
    found = []
    highest = None
    for index, rung in enumerate(rungs):
        if rung.window.is_empty:
            found.append((index, "no_hours"))
        if rung.before and anchor_is_start:
            found.append((index, "before_start"))
        if rung.from_previous and index == 0:
            found.append((index, "first_needs_anchor"))
        if rung.from_previous:
            continue
        place = _rough_minutes(rung)
        if highest is not None and place < highest:
            found.append((index, "out_of_order"))
        highest = place if highest is None else max(place, highest)
    return found


def lead_days(rungs):
    """How many days before its anchor a ladder may begin; 0 when it begins after it.

    A week is added: a weekday that does not count moves a step to an earlier day.
    """
    first = min((_rough_minutes(rung) for rung in rungs if not rung.from_previous), default=0)
    return math.ceil(-first / _MINUTES["days"]) + 7 if first < 0 else 0


_MINUTES = {"minutes": 1, "hours": 60, "days": 1440, "weeks": 7 * 1440, "months": 30 * 1440}


def _rough_minutes(rung):
    """The distance from the anchor in minutes, with months of 30 days."""
    return (-1 if rung.before else 1) * rung.amount * _MINUTES[rung.unit]
