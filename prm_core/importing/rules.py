"""What becomes of each row: accepted, rejected or duplicate, and why.

The order of the checks is part of the contract: the first that fits decides, so that the same
list always gives the same answer, whoever imports it and in however many batches.
"""

import datetime
import hashlib
from typing import NamedTuple

from . import normalise
from .dates import EARLIEST_BIRTH

ACCEPTED = "accepted"
REJECTED = "rejected"
DUPLICATE = "duplicate"


class Outcome(NamedTuple):
    """The verdict on one row.

    ``of``: identifier of the row that a duplicate repeats; ``of_row``: its number.
    ``value``: the value to blame, for the sentence.
    """

    kind: str
    reason: str | None = None
    of: str | None = None
    of_row: int | None = None
    value: str = ""


_ACCEPTED = Outcome(ACCEPTED)


def digest(*parts):
    """Return a 64-bit number for a key: rows are remembered by 8 bytes, not by their text.

    Among a million rows the chance that any two different keys meet is 1 in 37 million; a
    meeting would offer a wrong duplicate to staff, who decide; nothing is merged by it.
    """
    data = "\x1f".join(parts).encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(data, digest_size=8).digest(), "big")


def person_keys(last_name, first_name, birth_date, contacts):
    """Return one key for each mobile or email of a person whose birth date is known.

    Two rows are the same person when they share a key: same name (case, accents, punctuation
    and spaces ignored), same birth date, and the same mobile or the same email.
    """
    if not birth_date:
        return []
    last, first = normalise.name_key(last_name or ""), normalise.name_key(first_name or "")
    born = birth_date.isoformat()
    return [digest(last, first, born, contact) for contact in contacts if contact]


def check_birth_date(record, as_of):
    """Return None, or the code that says why the birth date can't be right."""
    if record.bad_birth_date:
        return record.bad_birth_date[0]
    born = record.get("birth_date")
    if born is None:
        return None
    if born > as_of:
        return "future"
    if born < EARLIEST_BIRTH:
        return "before_1900"
    return None


class PatientRules:
    """Judges the rows of one list of patients, in the order of the list.

    A rejected row leaves no trace: a later row with its identifier can still be accepted.
    A row kept as ``duplicate_person`` holds its identifier, because staff may yet add it.

    :param as_of: the day of the list; a birth date after it lies in the future
    :param own_identifiers: the list has no column of identifiers; they are made from the row
    """

    def __init__(self, as_of=None, own_identifiers=False):
        self.as_of = as_of or datetime.date.today()
        self.own_identifiers = own_identifiers
        self._rows = {}  # identifier -> row number
        self._persons = {}  # person key -> identifier

    def judge(self, record):
        """Return the ``Outcome`` of the next record."""
        if record.problem:
            return Outcome(REJECTED, "bad_row", value=": ".join(filter(None, record.problem)))
        last, first = record.get("last_name"), record.get("first_name")
        if not last and not first:
            return Outcome(REJECTED, "missing_name")
        self.complete(record)
        identifier = record.get("identifier")
        if not identifier:
            return Outcome(REJECTED, "missing_identifier")
        if record.get("status") == "deleted":
            return Outcome(REJECTED, "deleted_in_source")
        wrong = check_birth_date(record, self.as_of)
        if wrong:
            return Outcome(REJECTED, "bad_birth_date", value=_birth_text(record))
        if identifier in self._rows:
            return Outcome(DUPLICATE, "duplicate_identifier", identifier, self._rows[identifier])
        self._rows[identifier] = record.number
        keys = person_keys(
            last, first, record.get("birth_date"), (record.get("mobile"), record.get("email"))
        )
        twins = [self._persons[key] for key in keys if key in self._persons]
        if twins:
            earliest = min(twins, key=self._rows.get)
            return Outcome(DUPLICATE, "duplicate_person", earliest, self._rows[earliest])
        for key in keys:
            self._persons[key] = identifier
        return _ACCEPTED

    def complete(self, record):
        """Give a row its identifier where the list has no column of them."""
        if self.own_identifiers:
            record.values["identifier"] = make_identifier(record)


def make_identifier(record):
    """Return a stable identifier for a row of a list that has none of its own.

    Made of name and birth date; without a birth date also of mobile and email, so that two
    people of one name stay two. The sign in front tells it from a source's own number.
    """
    parts = [normalise.name_key(record.get(key) or "") for key in ("last_name", "first_name")]
    born = record.get("birth_date")
    if born:
        parts.append(born.isoformat())
    else:
        parts += ["", record.get("mobile", ""), record.get("email", "")]
    return f"~{digest(*parts):016x}"


def _birth_text(record):
    if record.bad_birth_date:
        return record.bad_birth_date[1]
    return record.values["birth_date"].isoformat()
