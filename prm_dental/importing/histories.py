"""Lists of what is known of patients' health: targets, layout, rules, and how a value is read."""

from dataclasses import dataclass, field

from odoo.addons.prm_core.importing import normalise
from odoo.addons.prm_core.importing.layouts import Layout, Target
from odoo.addons.prm_core.importing.problems import _
from odoo.addons.prm_core.importing.rules import ACCEPTED, DUPLICATE, REJECTED, Outcome
from odoo.addons.prm_core.importing.table import heading_key

from . import people

TARGETS = (
    *people.PERSON_TARGETS,
    Target("kind", "Health fact", words=(
        "fact", "code", "kind", "dato", "anamnesi", "pregunta", "befund", "frage", "question",
    )),
    Target("value", "Value", words=("answer", "valore", "risposta", "valor", "wert", "antwort")),
    Target("noted_on", "Noted on", "date", words=("date", "data", "fecha", "datum")),
)  # fmt: skip

HISTORIES = Layout(
    code="histories",
    name="Health histories",
    kind="histories",
    system="histories",
    columns=tuple((target.label, target.name) for target in TARGETS),
)
LAYOUTS = (HISTORIES,)

REASONS = {
    "unknown_fact": _(
        "There is no health fact “%(value)s”. Correct the code or the name, or have a manager add"
        " it under Health facts."
    ),
    "missing_value": _("No value. Write what is known; leave out what nobody has asked."),
    "not_yes_no": _("“%(value)s” is neither yes nor no. Correct it."),
    "not_number": _("“%(value)s” doesn't fit: a number in these bounds is wanted. Correct it."),
    "not_answer": _("“%(value)s” is none of the answers in brackets. Choose one of them."),
    "noted_tomorrow": _("%(value)s is a day to come: nothing was noted then. Correct it."),
}


class FactError(ValueError):
    """A value that a fact can't have. :param reason: its code; :param value: to blame."""

    def __init__(self, reason, value):
        super().__init__(reason)
        self.reason, self.value = reason, value


@dataclass(frozen=True)
class Fact:
    """What a kind of health fact takes.

    :param answers: {what may be written, see ``heading_key``: code}; :param shown: for people.
    """

    code: str
    value_kind: str
    minimum: float = 0
    maximum: float = 0
    answers: dict = field(default_factory=dict)
    shown: str = ""

    def read(self, written, decimal_sign="."):
        """The plain value that `prm.health.fact._record` takes.

        :raises FactError: for a value of the wrong type, out of bounds, or unknown.
        """
        return getattr(self, f"_read_{self.value_kind}")(written, decimal_sign)

    @staticmethod
    def _read_flag(written, _sign):
        answer = normalise.yes_no(written)
        if answer is None:
            raise FactError("not_yes_no", written)
        return answer

    def _read_number(self, written, decimal_sign):
        number = normalise.decimal(written, decimal_sign)
        top = self.maximum or float("inf")
        if number is None or not self.minimum <= number <= top:
            bounds = (
                f"{self.minimum:g} – {self.maximum:g}" if self.maximum else f"{self.minimum:g} –"
            )
            raise FactError("not_number", f"{written} ({bounds})")
        return number

    def _read_choice(self, written, _sign):
        code = self.answers.get(heading_key(written))
        if not code:
            raise FactError("not_answer", f"{written} ({self.shown})")
        return code

    @staticmethod
    def _read_text(written, _sign):
        entries = [entry.strip() for entry in written.replace(";", "\n").splitlines()]
        return "\n".join(filter(None, entries))


class HistoryRules:
    """Judges the rows of one list of health facts, in the order of the list.

    ``people`` and ``facts`` ({code or name: `Fact`}) come from the database.
    """

    def __init__(self, as_of, decimal_sign="."):
        self.people, self.facts = {}, {}
        self._as_of, self._sign = as_of, decimal_sign
        self._rows = {}

    def judge(self, record):
        """Return the ``Outcome`` of the next record."""
        if outcome := people.judge(record, self.people):
            return outcome
        fact = self.facts.get(heading_key(record.get("kind") or ""))
        if not fact:
            return Outcome(REJECTED, "unknown_fact", value=record.get("kind") or "")
        for note in record.notes:
            if note.target == "noted_on":
                return Outcome(REJECTED, "bad_date", value=note.value)
        noted = record.get("noted_on")
        if noted and noted > self._as_of:
            return Outcome(REJECTED, "noted_tomorrow", value=noted.isoformat())
        if not record.get("value"):
            return Outcome(REJECTED, "missing_value")
        try:
            fact.read(record.values["value"], self._sign)
        except FactError as error:
            return Outcome(REJECTED, error.reason, value=error.value)
        self.complete(record)
        key = (self.people[record.number], fact.code, noted)
        if key in self._rows:
            who = f"{people.words(record)}, {record.get('kind')}"
            return Outcome(DUPLICATE, "duplicate_identifier", who, self._rows[key])
        self._rows[key] = record.number
        return Outcome(ACCEPTED)

    @staticmethod
    def complete(record):
        """What a row is called among the others."""
        parts = (people.words(record), record.get("kind"), record.get("noted_on"))
        record.values["identifier"] = "/".join(str(part) for part in parts if part)
