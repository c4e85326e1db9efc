"""Which status may follow which, as one table: for buttons, drags, the kiosk and programs alike.

Pure functions. A step that a receptionist takes on an ordinary day is in the table; a manager may
also put right what is not, within what time allows: nobody arrives tomorrow.
"""

from dataclasses import dataclass
from datetime import date, datetime

BOOKED, CONFIRMED, ARRIVED, IN_CHAIR = "booked", "confirmed", "arrived", "in_chair"
COMPLETED, NO_SHOW, CANCELLED = "completed", "no_show", "cancelled"

#: The way of a visit that goes well, in order.
LADDER = (BOOKED, CONFIRMED, ARRIVED, IN_CHAIR, COMPLETED)
STATUSES = (*LADDER, NO_SHOW, CANCELLED)

#: Rules of time. DAY: on the day of the visit, on the practice's calendar. SINCE_DAY: then or
#: later. UNTIL_DAY: then or earlier. BEGUN: its start has passed. COMING: its start has not.
ANY, DAY, SINCE_DAY, UNTIL_DAY, BEGUN, COMING = range(6)

ALLOWED, ASK, REFUSED = "allowed", "ask", "refused"

#: Why a step is refused.
ORDER, NOT_TODAY, TOO_EARLY, DAY_OVER, NOT_BEGUN, HAS_BEGUN = (
    "order", "not_today", "too_early", "day_over", "not_begun", "has_begun",
)  # fmt: skip
#: Why a visit can't be moved.
IS_OVER, IS_HERE = "is_over", "is_here"


@dataclass(frozen=True)
class Step:
    """A change of status that is offered.

    :param when: rule of time; :param ask: the person is asked first, because it is seldom meant;
    :param back: takes back what was pressed by mistake.
    """

    source: str
    target: str
    when: int = ANY
    ask: bool = False
    back: bool = False


#: Of each status, what comes next first.
TABLE = (
    Step(BOOKED, CONFIRMED, UNTIL_DAY),
    Step(BOOKED, ARRIVED, DAY),
    Step(BOOKED, IN_CHAIR, DAY),
    Step(BOOKED, COMPLETED, BEGUN, ask=True),
    Step(BOOKED, NO_SHOW, BEGUN),
    Step(BOOKED, CANCELLED),
    Step(CONFIRMED, ARRIVED, DAY),
    Step(CONFIRMED, IN_CHAIR, DAY),
    Step(CONFIRMED, COMPLETED, BEGUN, ask=True),
    Step(CONFIRMED, NO_SHOW, BEGUN),
    Step(CONFIRMED, CANCELLED),
    Step(CONFIRMED, BOOKED, back=True),
    Step(ARRIVED, IN_CHAIR, DAY),
    Step(ARRIVED, COMPLETED, SINCE_DAY),
    Step(ARRIVED, CANCELLED),
    Step(ARRIVED, CONFIRMED, DAY, back=True),
    Step(ARRIVED, BOOKED, DAY, back=True),
    Step(IN_CHAIR, COMPLETED, SINCE_DAY),
    Step(IN_CHAIR, ARRIVED, DAY, back=True),
    Step(COMPLETED, IN_CHAIR, DAY, ask=True, back=True),
    Step(NO_SHOW, ARRIVED, DAY),
    Step(NO_SHOW, CANCELLED),
    Step(NO_SHOW, BOOKED, ask=True, back=True),
    Step(CANCELLED, BOOKED, COMING, ask=True, back=True),
)
_STEPS = {(step.source, step.target): step for step in TABLE}

#: What time allows a manager.
_LATEST_RULE = {ARRIVED: SINCE_DAY, IN_CHAIR: SINCE_DAY, COMPLETED: SINCE_DAY, NO_SHOW: BEGUN}


@dataclass(frozen=True)
class Occasion:
    """When a change is asked for.

    :param now: and ``start``, moments (naive, UTC); :param today: and ``day`` of the visit, on the
        practice's calendar.
    """

    now: datetime
    start: datetime
    today: date
    day: date


@dataclass(frozen=True)
class Verdict:
    """What the table says: ``ALLOWED``, ``ASK`` first, or ``REFUSED`` and why."""

    outcome: str
    reason: str | None = None


def _objection(rule, occasion):
    """Why the rule of time does not hold, else None."""
    if rule == DAY and occasion.today > occasion.day:
        return NOT_TODAY
    if rule in (DAY, SINCE_DAY) and occasion.today < occasion.day:
        return TOO_EARLY
    if rule == UNTIL_DAY and occasion.today > occasion.day:
        return DAY_OVER
    if rule == BEGUN and occasion.now < occasion.start:
        return NOT_BEGUN
    if rule == COMING and occasion.now >= occasion.start:
        return HAS_BEGUN
    return None


def judge(source, target, occasion, manager=False):
    """Whether a visit may go from one status to another.

    :param manager: whoever asks may correct what the table doesn't offer.
    :return: `Verdict`; nothing changes when both are the same, and that is allowed.
    """
    if source == target:
        return Verdict(ALLOWED)
    step = _STEPS.get((source, target))
    objection = _objection(step.when, occasion) if step else ORDER
    if not objection:
        return Verdict(ASK if step.ask else ALLOWED)
    if manager:
        late = _objection(_LATEST_RULE.get(target, ANY), occasion)
        return Verdict(REFUSED, late) if late else Verdict(ASK)
    return Verdict(REFUSED, objection)


def offered(source, occasion):
    """The steps that a visit can take now, what comes next first: for buttons.

    :return: list of `Step`
    """
    return [step for step in TABLE if step.source == source and not _objection(step.when, occasion)]


def judge_move(status, same_day, manager=False):
    """Whether a visit may be given another time, provider or chair.

    :param same_day: it stays on its day of the practice's calendar.
    """
    if status in (BOOKED, CONFIRMED) or manager:
        return Verdict(ALLOWED)
    if status in (ARRIVED, IN_CHAIR):
        return Verdict(ALLOWED) if same_day else Verdict(REFUSED, IS_HERE)
    return Verdict(REFUSED, IS_OVER)


def is_back(source, target):
    """Whether a change takes back a step of the ladder."""
    return source in LADDER and target in LADDER and LADDER.index(target) < LADDER.index(source)


#: The field that says when a status was set.
STAMPS = {
    status: f"prm_{status}_at"
    for status in (CONFIRMED, ARRIVED, IN_CHAIR, COMPLETED, NO_SHOW, CANCELLED)
}


def stamps(target, now, known):
    """Times of changes after a change of status.

    What came before on the ladder stays, what would come later is cleared. A visit that is set back
    to a status keeps the time at which it had it first: who sits in the waiting room has waited
    since then.

    :param known: ``{field: moment}`` as it stands.
    :return: ``{field: moment or False}``, what is to be written.
    """
    if target in LADDER:
        kept = LADDER[1 : LADDER.index(target) + 1]
    else:
        kept = (CONFIRMED, ARRIVED, target)
    values = {field: False for status, field in STAMPS.items() if status not in kept}
    own = STAMPS.get(target)
    if own and not known.get(own):
        values[own] = now
    return {field: value for field, value in values.items() if value or known.get(field)}
