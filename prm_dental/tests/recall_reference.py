"""The rules of recalls in plain Python, written from the rules and not from the engine.

Slow and simple: one patient, a few kinds, no SQL. What the engine says is held against it.
"""

import calendar
from dataclasses import dataclass, field
from datetime import date, timedelta

LAST_DAY = date(9999, 12, 31)


def add(day, number, unit):
    """A day some time later by the calendar; the last day of a month that has no such day."""
    if unit in ("day", "week"):
        return day + timedelta(days=number * (7 if unit == "week" else 1))
    months = number * (12 if unit == "year" else 1)
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if year > LAST_DAY.year:
        return LAST_DAY
    month += 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


@dataclass
class Kind:
    """What a kind of recall says; its name is its code."""

    code: str
    triggers: tuple
    number: int = 6
    unit: str = "month"
    sequence: int = 10
    group: str = ""
    host: str = ""
    ride_days: int = 60
    min_age: int = 0
    max_age: int = 0
    first_days: int | None = None


@dataclass
class Word:
    """What staff has said about one recall."""

    by_hand: date | None = None
    known: date | None = None
    interval: tuple | None = None
    disabled: bool = False
    until: date | None = None

    def anything(self):
        return bool(self.by_hand or self.interval or self.disabled or self.until)


@dataclass
class Row:
    """What one recall must say."""

    previous: date | None
    due: date | None
    by_hand: bool = False
    last_day: date | None = None
    replaced_by: str | None = None
    rides_with: str | None = None
    state: str = ""


@dataclass
class Reference:
    """One patient: facts, staff's words, and what follows."""

    kinds: list
    today: date
    born: date | None = None
    joined: date | None = None
    procedures: dict = field(default_factory=dict)
    words: dict = field(default_factory=dict)

    def word(self, code):
        return self.words.setdefault(code, Word())

    def previous(self, kind):
        """The last completed trigger."""
        days = [
            day for code, day, state in self.procedures.values()
            if state == "completed" and code in kind.triggers
        ]  # fmt: skip
        return max(days, default=None)

    def set_date(self, code, day):
        kind = next(kind for kind in self.kinds if kind.code == code)
        word = self.word(code)
        word.by_hand, word.known = day, self.previous(kind)

    # === THE RULES, ONE AFTER THE OTHER ===

    def rows(self):
        """``{code: Row}`` of the recalls that must exist."""
        rows = {kind.code: self._dated(kind) for kind in self.kinds}
        for kind in self.kinds:
            self._age(kind, rows[kind.code])
        self._switch(rows)
        rows = {
            code: row for code, row in rows.items()
            if row.previous or row.due or self.word(code).anything()
        }  # fmt: skip
        for kind in self.kinds:
            if kind.code in rows:
                self._ride(kind, rows)
        for code, row in rows.items():
            row.state = self._state(code, row)
        return rows

    def _dated(self, kind):
        """Previous + interval, unless a date by hand holds, which it does until the next visit."""
        word, previous = self.word(kind.code), self.previous(kind)
        if word.by_hand and (not previous or (word.known and previous <= word.known)):
            return Row(previous, word.by_hand, by_hand=True)
        if previous:
            number, unit = word.interval or (kind.number, kind.unit)
            return Row(previous, add(previous, number, unit))
        if kind.first_days is not None and self.joined:
            return Row(None, self.joined + timedelta(days=kind.first_days))
        return Row(None, None)

    def _age(self, kind, row):
        """Too young: due on the birthday. Too old by then: never."""
        if not row.due or row.by_hand or not self.born:
            return
        if kind.min_age:
            row.due = max(row.due, add(self.born, kind.min_age, "year"))
        if kind.max_age:
            row.last_day = add(self.born, kind.max_age + 1, "year") - timedelta(days=1)
            if row.last_day < row.due:
                row.due = row.last_day = None

    def _switch(self, rows):
        """Of a group the one done last is on."""
        for group in {kind.group for kind in self.kinds if kind.group}:
            members = [kind for kind in self.kinds if kind.group == group]

            def rank(kind):
                row = rows[kind.code]
                done = row.previous.toordinal() if row.previous else 0
                return (-done, row.due is None, kind.sequence, kind.code)

            exists = [
                kind for kind in members
                if rows[kind.code].previous or rows[kind.code].due
                or self.word(kind.code).anything()
            ]  # fmt: skip
            winner = min(exists, key=rank, default=None)
            for kind in members:
                if winner and kind != winner:
                    row = rows[kind.code]
                    row.due = row.last_day = None
                    row.replaced_by = winner.code

    def _asked(self, code, row):
        until = self.word(code).until
        return max(row.due, until) if until else row.due

    def _ride(self, kind, rows):
        """Together when the days on which both are to be expected lie near each other."""
        row = rows[kind.code]
        if not kind.host or not row.due:
            return
        partner = next(one for one in self.kinds if one.code == kind.host)
        for host in self.kinds:
            same = host.group and host.group == partner.group
            if host.code not in rows or (host != partner and not same):
                continue
            there = rows[host.code]
            if not there.due or self.word(host.code).disabled:
                continue
            first = max(self._asked(host.code, there), self.today)
            second = max(self._asked(kind.code, row), self.today)
            if abs((first - second).days) <= kind.ride_days:
                row.rides_with = host.code
                return

    def _state(self, code, row):
        word = self.word(code)
        if (
            not row.due or word.disabled or (word.until and word.until > self.today)
            or (row.last_day and row.last_day < self.today)
        ):  # fmt: skip
            return "disabled"
        if row.rides_with:
            return "rides"
        return "due" if row.due <= self.today else "upcoming"
