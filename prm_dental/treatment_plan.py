"""What a treatment plan offers, what may be answered and what it comes to: no database.

A plan has lines, one for each procedure. A line belongs to one alternative of the plan or is common
to all; the patient chooses one alternative and says yes or no to each line of it.
"""

import hashlib
import json
from dataclasses import dataclass

from . import procedure_status as status

#: How a line stands, as far as the patient's word and the work go.
WAITING, ACCEPTED, DECLINED, DONE, GONE = "waiting", "accepted", "declined", "done", "gone"

#: What an answer comes to.
IN_WHOLE, IN_PART, NOT_AT_ALL = "accepted", "part", "declined"

#: Why a plan can't be answered now, and what is wrong with what was sent.
NOT_PROPOSED, SUPERSEDED, WITHDRAWN, EXPIRED = "not_proposed", "superseded", "withdrawn", "expired"
CHANGED, BEGUN, ANSWERED_MEANWHILE = "changed", "begun", "answered_meanwhile"
CHOOSE_WAY = "choose_way"
#: What a form sends in the place of an alternative when the patient wants none.
NO_WAY = "none"


@dataclass(frozen=True)
class Line:
    """One treatment of a plan.

    :param alternative: id of its alternative, 0 when it is common to all.
    :param amount: what the estimate says, in the practice's currency.
    :param state: status of its procedure; :param said_yes: whether the patient has said yes to it.
    """

    id: int
    alternative: int = 0
    amount: float = 0.0
    state: str = status.PLANNED
    said_yes: bool = False

    @property
    def standing(self):
        """One of ``WAITING``, ``ACCEPTED``, ``DECLINED``, ``DONE`` and ``GONE``."""
        if self.state in status.DONE:
            return DONE
        if self.state == status.DELETED:
            return GONE
        if self.state == status.DECLINED:
            return DECLINED
        yes = self.state in (status.ACCEPTED, status.IN_PROGRESS)
        return ACCEPTED if yes or self.said_yes else WAITING

    @property
    def begun(self):
        """Whether the work has begun: it can't be declined any more."""
        return self.state == status.IN_PROGRESS or self.state in status.DONE

    @property
    def answerable(self):
        return not self.begun and self.state != status.DELETED


@dataclass(frozen=True)
class Choice:
    """What a patient has chosen.

    :param alternative: id, 0 where the plan has none; :param yes: and ``no``, ids of lines.
    """

    alternative: int
    yes: frozenset
    no: frozenset

    @property
    def outcome(self):
        if not self.yes:
            return NOT_AT_ALL
        return IN_PART if self.no else IN_WHOLE


@dataclass(frozen=True)
class Totals:
    """Sums and counts of the lines that count; amounts in the practice's currency."""

    proposed: float = 0.0
    accepted: float = 0.0
    declined: float = 0.0
    completed: float = 0.0
    accepted_count: int = 0
    declined_count: int = 0
    completed_count: int = 0

    @property
    def open(self):
        """Said yes to, and still to be done."""
        return self.accepted - self.completed

    @property
    def progress(self):
        """Percent of the accepted treatments that are completed, 0 to 100."""
        return percent(self.completed_count, self.accepted_count)

    @property
    def progress_money(self):
        """Percent of the accepted amount that is completed, 0 to 100."""
        return percent(self.completed, self.accepted)


def percent(part, whole):
    """How much of a whole a part is, 0 to 100; 0 of nothing."""
    return 100.0 * part / whole if whole else 0.0


def of_way(lines, alternative):
    """The lines that a patient gets who chooses an alternative: it, and what is common to all."""
    return [line for line in lines if line.alternative in (0, alternative)]


def amount_of_way(lines, alternative):
    """What the estimate says for one alternative with all that is common; what is gone is free."""
    return sum(line.amount for line in of_way(lines, alternative) if line.standing != GONE)


def counted(lines, alternative=0):
    """The lines that count for totals: of the chosen alternative, else of the dearest.

    As long as nobody has chosen, the plan may come to as much as that.
    """
    lines = list(lines)
    if not alternative:
        ways = {line.alternative for line in lines} - {0}
        alternative = max(ways, key=lambda way: (amount_of_way(lines, way), -way), default=0)
    return [line for line in of_way(lines, alternative) if line.standing != GONE]


def totals(lines, alternative=0):
    """:rtype: Totals"""
    lines = counted(lines, alternative)

    def part(*standings):
        found = [line.amount for line in lines if line.standing in standings]
        return sum(found), len(found)

    accepted, accepted_count = part(ACCEPTED, DONE)
    declined, declined_count = part(DECLINED)
    completed, completed_count = part(DONE)
    proposed = sum(line.amount for line in lines)
    return Totals(
        proposed, accepted, declined, completed, accepted_count, declined_count, completed_count
    )


def is_completed(lines, alternative=0):
    """Whether all that the patient said yes to is done, and that is not nothing."""
    found = totals(lines, alternative)
    waiting = any(line.standing == WAITING for line in counted(lines, alternative))
    return not waiting and 0 < found.accepted_count == found.completed_count


def hurdle(state, revision, shown_revision, valid_until, today, changed, answered, begun):
    """Why a plan can't be answered at this moment, or None when it can.

    :param shown_revision: the revision that the person has before them; None: the present one.
    :param changed: whether a procedure is not any more what the estimate says.
    :param answered: whether this revision has an answer already; :param begun: and its work has
        begun, after which a change of mind is talked over and not pressed.
    """
    if state == "withdrawn":
        return WITHDRAWN
    if shown_revision is not None and shown_revision != revision:
        return SUPERSEDED
    if state == "draft":
        return SUPERSEDED if revision else NOT_PROPOSED
    if state == "completed" or (answered and begun):
        return BEGUN
    if valid_until and valid_until < today:
        return EXPIRED
    return CHANGED if changed else None


def read_choice(params, lines, alternatives):
    """What a form says.

    :param params: ``way`` (id of an alternative, or ``none``), ``yes_<id of a line>`` for each that
        is ticked, and ``all`` to say yes to everything that is common or of the chosen way.
    :param lines: all of the plan; :param alternatives: ids of its alternatives.
    :return: (`Choice` or None, what is wrong or None)
    """
    way, written = 0, str(params.get("way") or "")
    if alternatives and written != NO_WAY:
        way = int(written) if written.isascii() and written.isdecimal() else 0
        if way not in alternatives:
            return None, CHOOSE_WAY
    chosen = [line for line in of_way(lines, way) if line.answerable]
    # Who wants none of the ways says no to each of them.
    offered = chosen if way else [line for line in lines if line.answerable]
    yes = frozenset(line.id for line in chosen if params.get("all") or params.get(f"yes_{line.id}"))
    return Choice(way, yes, frozenset(line.id for line in offered) - yes), None


def fingerprint(content):
    """The SHA-256 of what was shown, however its values are ordered.

    :param content: plain values: dicts, lists, texts, numbers.
    """
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
