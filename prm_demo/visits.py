"""Two years of visits and three weeks of appointments to come: plain Python, seeded.

Day by day, those whose time has come are put into the free places of the providers' days. Some
come back in time, some late and some never: that is what the recall list is for.
"""

import heapq
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from .mouths import surfaces_on

#: Days of history and of appointments ahead.
HISTORY, AHEAD = 730, 21


def _times(begin, minutes, count):
    """Times of day at which places of so many minutes begin, one after the other."""
    first = datetime.combine(date(2000, 1, 1), begin)
    return tuple((first + timedelta(minutes=minutes * index)).time() for index in range(count))


HYGIENE_TIMES = _times(time(8, 30), 45, 4) + _times(time(13), 45, 5)
DENTIST_TIMES = _times(time(8), 60, 4) + _times(time(13), 60, 4)


@dataclass(frozen=True)
class Rota:
    """When a provider works, in which chair, and how much of the day is taken."""

    provider: str
    weekdays: tuple
    chair: int
    kind: str
    minutes: int
    times: tuple
    filled: float


ROTAS = (
    Rota("hygienist", (0, 1, 2, 3, 4), 2, "hygiene", 45, HYGIENE_TIMES, 1.0),
    Rota("dentist_a", (0, 2, 4), 1, "treatment", 60, DENTIST_TIMES, 0.34),
    Rota("dentist_b", (1, 3), 1, "treatment", 60, DENTIST_TIMES, 0.34),
)


@dataclass
class Visit:
    """One appointment. ``start`` is local time of the practice, without zone."""

    person: int
    provider: str
    chair: int
    kind: str
    start: datetime
    minutes: int
    status: str
    #: (procedure code, FDI tooth or "", surfaces or "")
    procedures: list = field(default_factory=list)


def _months(random, low, high):
    return timedelta(days=random.randint(int(low * 30.4), int(high * 30.4)))


def _next_hygiene(random, day):
    """When somebody turns up for the next cleaning, or None for never."""
    chance = random.random()
    if chance < 0.66:
        return day + _months(random, 5.7, 7.5)
    if chance < 0.86:
        return day + _months(random, 8, 14)
    return None


def _status(random, day, today):
    if day >= today:
        return random.choices(("booked", "confirmed"), (65, 35))[0]
    return random.choices(("completed", "no_show", "cancelled"), (93, 3, 4))[0]


_TREATMENTS = (
    ("EXAM", 30), ("FILL2", 30), ("XRAY", 12), ("ENDO", 6), ("CROWN", 8), ("EXT", 6),
)  # fmt: skip
_TEETH = tuple(f"{quadrant}{tooth}" for quadrant in (1, 2, 3, 4) for tooth in range(1, 8))


def _procedures(random, kind, periodontal, gone):
    """What was done at a visit.

    :param gone: teeth that were taken out before; an extraction adds its own.
    """
    if kind == "hygiene":
        done = [("PERM" if periodontal else "HYG", "", "")]
        if random.random() < 0.4:
            done.append(("EXAM", "", ""))
        return done
    codes, weights = zip(*_TREATMENTS, strict=True)
    code = random.choices(codes, weights)[0]
    if code in ("EXAM", "XRAY"):
        return [(code, "", "")]
    surfaces = random.choice(("MO", "DO", "OD")) if code == "FILL2" else ""
    tooth = random.choice(_TEETH)
    if tooth in gone:
        return [("EXAM", "", "")]
    if code == "EXT":
        gone.add(tooth)
    return [(code, tooth, surfaces_on(tooth, surfaces))]


class _Practice:
    """The practice's two years, one day after the other."""

    def __init__(self, random, people, today):
        self.random = random
        self.today = today
        self.people = people
        self.comers = [person.number for person in people if person.comes]
        self.periodontal = {number for number in self.comers if random.random() < 0.12}
        self.gone = defaultdict(set)
        self.waiting = []
        start = today - timedelta(days=HISTORY)
        for number in self.comers:
            first = start + timedelta(days=int(random.random() ** 1.6 * HISTORY))
            heapq.heappush(self.waiting, (first, number))
        self.visits = []

    def run(self):
        day = self.today - timedelta(days=HISTORY)
        while day <= self.today + timedelta(days=AHEAD):
            for rota in ROTAS:
                if day.weekday() in rota.weekdays:
                    self._fill(day, rota)
            day += timedelta(days=1)
        return self.visits

    def _may_come(self, number, day):
        """Nobody who has died, moved or gone comes in the last year."""
        status = self.people[number].status
        return status == "active" or day < self.today - timedelta(days=400)

    def _fill(self, day, rota):
        seen = set()
        for begin in rota.times:
            number = self._who(day, rota)
            if number is None or number in seen or not self._may_come(number, day):
                continue
            seen.add(number)
            self._visit(number, datetime.combine(day, begin), rota)

    def _who(self, day, rota):
        """The next one whose time has come, or somebody with a toothache; None for a free place."""
        if rota.kind != "hygiene":
            chance = rota.filled if day < self.today else rota.filled * 0.8
            return self.random.choice(self.comers) if self.random.random() < chance else None
        # Ahead of today only some have booked yet: the others are the work of the recall list.
        if day > self.today and self.random.random() < 0.55:
            return None
        if self.waiting and self.waiting[0][0] <= day:
            return heapq.heappop(self.waiting)[1]
        return None

    def _visit(self, number, start, rota):
        day = start.date()
        status = _status(self.random, day, self.today)
        done = []
        if status == "completed":
            done = _procedures(
                self.random, rota.kind, number in self.periodontal, self.gone[number]
            )
        self.visits.append(
            Visit(number, rota.provider, rota.chair, rota.kind, start, rota.minutes, status, done)
        )
        if rota.kind == "hygiene" and status == "completed":
            again = _next_hygiene(self.random, day)
            if again:
                heapq.heappush(self.waiting, (again, number))


def make_visits(random, people, today):
    """All visits of the demo practice, past and to come.

    :type today: date
    :return: list of `Visit`; a person may have several on one day with different providers.
    """
    visits = _Practice(random, people, today).run()
    return _without_clashes(visits)


def _without_clashes(visits):
    """Nobody sits in two chairs at once."""
    taken, kept = set(), []
    for visit in sorted(visits, key=lambda visit: visit.start):
        key = (visit.person, visit.start.date())
        if key not in taken:
            taken.add(key)
            kept.append(visit)
    return kept
