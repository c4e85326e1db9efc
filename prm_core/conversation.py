"""The order of a conversation: entries of several kinds in one scroll, cut into pages.

A page begins where the one before it ended, at a place and not at a number: entries that arrive
meanwhile shift nothing, and the thousandth page costs what the first one does.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

#: Entries of one page at most.
MAX_PAGE = 200
#: Ids are PostgreSQL's 32-bit integers.
_LAST_ID = 2**31 - 1


class Place(NamedTuple):
    """Where an entry stands. Compared part by part; no two entries share a place.

    :param moment: naive UTC; :param kind: kind of the `Source`; :param id: database id.
    """

    moment: datetime
    kind: str
    id: int

    @classmethod
    def from_plain(cls, plain):
        """The place that a browser was given as an entry's ``at``, ``kind`` and ``id``.

        :raises ValueError: when it is none.
        """
        try:
            at, kind, record_id = plain
            moment = datetime.fromisoformat(at.removesuffix("Z"))
            return cls(moment.replace(tzinfo=None), str(kind), int(record_id))
        except (AttributeError, TypeError) as error:
            raise ValueError("not a place in a conversation") from error

    @property
    def at(self):
        """The moment as text; such texts sort like the moments."""
        return self.moment.isoformat(timespec="microseconds") + "Z"

    def bound(self, kind):
        """(moment, id) that all entries of a kind before this place stay below."""
        if kind == self.kind:
            return self.moment, self.id
        return self.moment, _LAST_ID if kind < self.kind else 0


@dataclass(frozen=True)
class Source:
    """One kind of entries, as an add-on contributes it.

    :param kind: name of the kind; :param label: its name for staff, on the filter.
    :param group: the kind whose filter shows and hides this one too; none: its own.
    :param records: empty recordset of the model, with the rights under which it is searched.
    :param domain: what of it belongs to the patient.
    :param moment: name of the stored date and time by which it is sorted; it never changes.
    :param search: from a text to the domain of the records in which it occurs.
    :param read: from records to ``{id: entry}``; see `prm.patient._conversation_sources`.
    """

    kind: str
    label: str
    records: object
    domain: object
    moment: str
    search: object
    read: object
    group: str = ""
