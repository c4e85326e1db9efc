"""Lists of recalls with what was decided on them: targets, layout, rules."""

from odoo.addons.prm_core.importing.layouts import Layout, Target
from odoo.addons.prm_core.importing.problems import _
from odoo.addons.prm_core.importing.rules import ACCEPTED, DUPLICATE, REJECTED, Outcome
from odoo.addons.prm_core.importing.table import heading_key

from . import people

#: What lists write for our units.
_UNITS = {
    unit: code
    for code, units in {
        "day": ("d", "day", "days", "giorno", "giorni", "día", "días", "tag", "tage"),
        "week": ("w", "week", "weeks", "settimana", "settimane", "semana", "semanas", "woche",
                 "wochen"),
        "month": ("m", "month", "months", "mese", "mesi", "mes", "meses", "monat", "monate"),
        "year": ("y", "year", "years", "anno", "anni", "año", "años", "jahr", "jahre"),
    }.items()
    for unit in units
}  # fmt: skip
MAX_INTERVAL = 520

TARGETS = (
    *people.PERSON_TARGETS,
    Target("kind", "Recall", words=(
        "recall", "recall type", "tipo di richiamo", "richiamo", "tipo", "recordatorio",
    )),
    Target("due_date", "Due date", "date", words=("due", "datedue", "scadenza", "fällig")),
    Target("interval_number", "Own interval", "decimal", words=(
        "interval", "intervallo", "intervalo", "intervall",
    )),
    Target("interval_unit", "Unit of the interval", words=("unit", "unità", "unidad", "einheit")),
    Target("last_done", "Last done", "date", words=(
        "last", "dateprevious", "ultima visita", "última visita", "zuletzt",
    )),
    Target("not_until", "Don't ask before", "date", words=("disableduntildate", "non prima di")),
    Target("never", "Don't ask at all", "yes_no", words=("isdisabled", "non richiamare")),
    Target("reason", "Reason", words=("note", "motivo", "grund")),
)  # fmt: skip
DATES = ("due_date", "last_done", "not_until")

RECALLS = Layout(
    code="recalls",
    name="Recalls with due dates",
    kind="recalls",
    system="recalls",
    columns=tuple((target.label, target.name) for target in TARGETS),
)
LAYOUTS = (RECALLS,)

REASONS = {
    "unknown_recall_kind": _(
        "There is no recall “%(value)s”. Correct the code or the name, or have a manager add it"
        " under Kinds of recall."
    ),
    "bad_interval": _(
        "“%(value)s” is no interval. Write a number from 1 to 520, and days, weeks, months or"
        " years."
    ),
    "empty_recall": _(
        "Nothing is said about this recall. Give a due date, an interval, when it was last done, or"
        " that nobody is to ask."
    ),
    "done_tomorrow": _("%(value)s is a day to come: nothing was done then. Correct it."),
}


class RecallRules:
    """Judges the rows of one list of recalls, in the order of the list.

    ``people`` and ``kinds`` ({code or name: id}, see ``heading_key``) come from the database.
    """

    def __init__(self, as_of):
        self.people, self.kinds = {}, {}
        self._as_of = as_of
        self._rows = {}

    def judge(self, record):
        """Return the ``Outcome`` of the next record."""
        if outcome := people.judge(record, self.people):
            return outcome
        kind = record.get("kind")
        if not kind or heading_key(kind) not in self.kinds:
            return Outcome(REJECTED, "unknown_recall_kind", value=kind or "")
        if outcome := self._judge_values(record):
            return outcome
        self.complete(record)
        key = (self.people[record.number], self.kinds[heading_key(kind)])
        if key in self._rows:
            who = f"{people.words(record)}, {kind}"
            return Outcome(DUPLICATE, "duplicate_identifier", who, self._rows[key])
        self._rows[key] = record.number
        return Outcome(ACCEPTED)

    def _judge_values(self, record):
        for note in record.notes:
            if note.target in DATES:
                return Outcome(REJECTED, "bad_date", value=note.value)
            if note.target == "interval_number":
                return Outcome(REJECTED, "bad_interval", value=note.value)
        number, unit = record.get("interval_number"), record.get("interval_unit")
        if number is not None:
            fits = number == int(number) and 1 <= number <= MAX_INTERVAL
            if not fits or (unit and unit.casefold() not in _UNITS):
                return Outcome(REJECTED, "bad_interval", value=f"{number:g} {unit or ''}".strip())
        done = record.get("last_done")
        if done and done > self._as_of:
            return Outcome(REJECTED, "done_tomorrow", value=done.isoformat())
        if number is None and not any(record.get(name) for name in (*DATES, "never")):
            return Outcome(REJECTED, "empty_recall")
        return None

    @staticmethod
    def complete(record):
        """Put units into our codes; months where a list names none."""
        record.values["identifier"] = f"{people.words(record)}/{record.get('kind')}"
        if record.get("interval_number") is not None:
            record.values["interval_number"] = round(record.values["interval_number"])
            unit = record.get("interval_unit") or "month"
            record.values["interval_unit"] = _UNITS.get(unit.casefold(), unit)
