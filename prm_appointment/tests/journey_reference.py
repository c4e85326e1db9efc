"""What a journey about visits has to do, said once more, as plainly as can be.

Written from the rules alone, and slow: times are looked for minute by minute. It shares no line
with the engine, so that the two can be held against each other.
"""

from calendar import monthrange
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

MINUTE = timedelta(minutes=1)
#: What a visit that is set back to booked was before.
UNDONE = (
    "appointment_cancelled", "appointment_confirmed", "appointment_completed",
    "appointment_no_show",
)  # fmt: skip
#: How far away a step is meant to be, for two that fall on the same moment.
MEANT = {"minutes": 1, "hours": 60, "days": 1440, "weeks": 10080, "months": 43200}


@dataclass(frozen=True)
class Step:
    """One step: when, within which hours, what, and if.

    :param when: ``before`` or ``after`` the visit, or after the ``previous`` step.
    :param opens, closes: hours of the day, from and up to. :param days: weekdays, Monday is 0.
    :param heard: whether the patient hears something of it.
    :param condition: None, ``email``, ``no_email`` or ``far`` (booked more days ahead than that).
    """

    amount: int
    unit: str
    when: str
    opens: int
    closes: int
    days: frozenset
    heard: bool = True
    condition: str | None = None
    far: int = 0

    def is_open(self, moment, zone):
        local = on_clock(moment, zone)
        return local.weekday() in self.days and self.opens <= local.hour < self.closes

    def due(self, base, zone):
        """When it is due, counted from a moment (naive UTC)."""
        return _due(self, base, zone)

    def _due(self, base, zone):
        back = self.when == "before"
        if self.unit in ("minutes", "hours"):
            distance = timedelta(**{self.unit: self.amount})
            return self._nearest_open(base - distance if back else base + distance, zone, back)
        local = on_clock(base, zone)
        day = self._day(local.date(), -1 if back else 1)
        time = min(max(local.time(), _time(self.opens)), _time(self.closes, -1))
        there = datetime.combine(day, time.replace(second=0), ZoneInfo(zone))
        due = there.astimezone(UTC).replace(tzinfo=None)
        if not back and due < base:
            return self._nearest_open(base, zone, back)
        return due

    def _nearest_open(self, moment, zone, back):
        while not self.is_open(moment, zone):
            moment += -MINUTE if back else MINUTE
        return moment

    def _day(self, day, sign):
        if self.unit == "months":
            months = day.year * 12 + day.month - 1 + sign * self.amount
            year, month = months // 12, months % 12 + 1
            day = date(year, month, min(day.day, monthrange(year, month)[1]))
        else:
            day += sign * timedelta(**{self.unit: self.amount})
        while day.weekday() not in self.days:
            day += timedelta(days=sign)
        return day


def on_clock(moment, zone):
    """A moment (naive UTC) as the clock shows it there."""
    return moment.replace(tzinfo=UTC).astimezone(ZoneInfo(zone))


def _time(hour, minutes=0):
    return (datetime(2000, 1, 1) + timedelta(hours=hour, minutes=minutes)).time()


@dataclass
class Entry:
    """What became of a step; ``message`` is None or [state, reason]."""

    step: int
    round: int
    outcome: str
    reason: str
    tick: datetime
    message: list | None = None


@dataclass
class Visit:
    """A visit as it is now; the test moves it."""

    name: int
    start: datetime
    zone: str
    email: bool
    wanted: bool
    allowed: bool = True


@dataclass
class Climb:
    """One visit's way on the journey.

    :param alarm: when somebody has to look again.
    """

    visit: Visit
    started: datetime
    anchor: datetime
    previous: datetime
    alarm: datetime
    step: int = 0
    round: int = 0
    state: str = "active"
    reason: str = ""
    log: list = field(default_factory=list)


class Reference:
    """The journey for all visits, tick by tick.

    :param steps: `Step`, in their order. :param skip_late: whether steps whose time had gone before
        the start are left out.
    :param goals, exits: kinds of event.
    """

    def __init__(self, steps, skip_late, goals, exits):
        self.steps, self.skip_late = steps, skip_late
        self.goals, self.exits = goals, exits
        self.climbs = {}

    # -- what happens

    def listen(self, events, now):
        """Take up what happened since the last tick: (moment, kind, visit), in order."""
        for climb in self.climbs.values():
            if climb.state in ("active", "done") and climb.anchor != climb.visit.start:
                self._move(climb, now)
        begun = {}
        for place, (moment, kind, visit) in enumerate(events):
            fits = visit.wanted and visit.name not in self.climbs
            if kind == "appointment_booked" and fits:
                climb = Climb(visit, moment, visit.start, moment, now)
                first, due, _left_out = self._next(climb, now)
                climb.alarm = due or now
                # Nothing to say, and nothing to come any more: it does not begin.
                if first is not None or visit.start > now:
                    self.climbs[visit.name] = climb
                    begun[visit.name] = place
        for place, (_moment, kind, visit) in enumerate(events):
            climb = self.climbs.get(visit.name)
            if not climb or place <= begun.get(visit.name, -1):
                continue
            if kind in self.goals + self.exits:
                self._end(climb, kind)
            elif kind == "appointment_reopened" and climb.reason in UNDONE:
                climb.state, climb.reason = "active", ""
                self._move(climb, now)

    def _move(self, climb, now):
        climb.anchor = climb.visit.start
        self._take_back(climb, "date_moved")
        again = self._say_again_from(climb, now)
        if again is not None:
            climb.step, climb.state = again, "active"
            climb.round += 1
        climb.alarm = self._next(climb, now)[1] or now

    def _say_again_from(self, climb, now):
        """The step from which all has to be said again of the new date; None: nothing has."""
        passed = [place for place in range(climb.step) if self.steps[place].when != "previous"]
        to_come = [
            place for place in passed
            if self.steps[place].due(climb.anchor, climb.visit.zone) > now
        ]  # fmt: skip
        if to_come:
            return to_come[0]
        if self.skip_late or now >= climb.anchor:
            return None
        said = [
            place for place in passed
            if self.steps[place].when == "before" and self.steps[place].heard
        ]  # fmt: skip
        return said[-1] if said else None

    def _end(self, climb, kind):
        if climb.state in ("active", "done"):
            climb.state = "goal" if kind in self.goals else "exited"
            climb.reason = kind
        self._take_back(climb, "journey_left")

    def _take_back(self, climb, reason):
        for entry in climb.log:
            if entry.message and entry.message[0] == "queued":
                entry.message[:] = ["suppressed", reason]

    # -- steps

    def advance(self, now):
        """Take all steps that are due."""
        for climb in self.climbs.values():
            while climb.state == "active" and self._take_next(climb, now):
                pass

    def _take_next(self, climb, now):
        """Take a step if one is due.

        :return: whether there may be another one at once.
        """
        if climb.alarm > now:
            return False
        place, due, left_out = self._next(climb, now)
        self._note(climb, left_out, now)
        if place is not None and due <= now:
            climb.log.append(self._take(climb, place, now))
            climb.step, climb.previous = place + 1, now
            place, due, left_out = self._next(climb, now)
            self._note(climb, left_out, now)
        if place is None:
            climb.step, climb.state = len(self.steps), "done"
        else:
            climb.step, climb.alarm = place, due
        return True

    def _note(self, climb, left_out, now):
        for place, reason in left_out:
            climb.log.append(Entry(place, climb.round, "skipped", reason, now))

    def _take(self, climb, place, now):
        step, visit = self.steps[place], climb.visit
        holds = {
            None: True,
            "email": visit.email,
            "no_email": not visit.email,
            "far": climb.anchor - climb.started > timedelta(days=step.far),
        }
        if not holds[step.condition]:
            return Entry(place, climb.round, "skipped", "condition", now)
        entry = Entry(place, climb.round, "taken", "", now)
        if step.heard:
            if not visit.allowed:
                entry.message = ["suppressed", "refused"]
            elif not visit.email:
                entry.message = ["suppressed", "no_email"]
            else:
                entry.message = ["queued", ""]
        return entry

    def _next(self, climb, now):
        """(place of the next step, when, [(place, why) of those left out before it])"""
        left_out = []
        for place in range(climb.step, len(self.steps)):
            why, due = self._why_not(climb, place, now)
            if not why:
                return place, due, left_out
            left_out.append((place, why))
        return None, None, left_out

    def _why_not(self, climb, place, now):
        step, zone = self.steps[place], climb.visit.zone
        if step.when == "previous":
            return None, step.due(climb.previous, zone)
        due = step.due(climb.anchor, zone)
        if self._is_gone(climb, step, due, now):
            return "past", due
        if not step.heard:
            return None, due
        if self._was_heard(climb, due):
            return "overtaken", due
        for rival in self._rivals(climb, place, max(due, now), now):
            if self._distance(climb, rival) < self._distance(climb, place):
                return "overtaken", due
        return None, due

    def _was_heard(self, climb, due):
        heard = [
            one.tick for one in climb.log
            if one.message and one.message[0] != "suppressed" and one.round == climb.round
        ]  # fmt: skip
        return bool(heard) and due <= max(heard)

    def _rivals(self, climb, place, by, now):
        """Steps above that would be heard at the same time; what waits for another one is none."""
        for other in range(place + 1, len(self.steps)):
            step = self.steps[other]
            if step.when == "previous":
                return
            due = step.due(climb.anchor, climb.visit.zone)
            free = not self._is_gone(climb, step, due, now) and not self._was_heard(climb, due)
            if step.heard and due <= by and free:
                yield other

    def _is_gone(self, climb, step, due, now):
        if step.when == "before" and (now >= climb.anchor or due >= climb.anchor):
            return True
        return self.skip_late and due < climb.started

    def _distance(self, climb, place):
        step = self.steps[place]
        due = step.due(climb.anchor, climb.visit.zone)
        return abs(due - climb.anchor), step.amount * MEANT[step.unit]

    # -- sending

    def dispatch(self):
        """Send what waits; the gate is asked once more."""
        for climb in self.climbs.values():
            for entry in climb.log:
                if entry.message and entry.message[0] == "queued":
                    allowed = climb.visit.allowed
                    entry.message[:] = ["sent", ""] if allowed else ["suppressed", "refused"]


@cache
def _due(step, base, zone):
    """The same step is counted from the same moment again and again."""
    return step._due(base, zone)
