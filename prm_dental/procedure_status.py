"""Which status of a procedure may follow which, as one table: for buttons, forms and programs.

Pure functions. What a clinician does on an ordinary day is in the table; a manager may also put
right what is not.
"""

from dataclasses import dataclass

PLANNED, ACCEPTED, SCHEDULED, IN_PROGRESS = "planned", "accepted", "scheduled", "in_progress"
COMPLETED, DECLINED, EXISTING, DELETED = "completed", "declined", "existing", "deleted"

#: The way of a procedure that goes well, in order.
LADDER = (PLANNED, ACCEPTED, SCHEDULED, IN_PROGRESS, COMPLETED)
STATUSES = (*LADDER, DECLINED, EXISTING, DELETED)
#: What is still to be done.
OPEN = (PLANNED, ACCEPTED, SCHEDULED, IN_PROGRESS)
#: What is done, here or elsewhere.
DONE = (COMPLETED, EXISTING)


@dataclass(frozen=True)
class Step:
    """A change of status that is offered. :param back: takes back what was pressed by mistake."""

    source: str
    target: str
    back: bool = False


#: Of each status, what comes next first.
TABLE = (
    Step(PLANNED, ACCEPTED),
    Step(PLANNED, SCHEDULED),
    Step(PLANNED, IN_PROGRESS),
    Step(PLANNED, COMPLETED),
    Step(PLANNED, DECLINED),
    Step(PLANNED, DELETED),
    Step(ACCEPTED, SCHEDULED),
    Step(ACCEPTED, IN_PROGRESS),
    Step(ACCEPTED, COMPLETED),
    Step(ACCEPTED, DECLINED),
    Step(ACCEPTED, PLANNED, back=True),
    Step(ACCEPTED, DELETED),
    Step(SCHEDULED, IN_PROGRESS),
    Step(SCHEDULED, COMPLETED),
    Step(SCHEDULED, ACCEPTED, back=True),
    Step(SCHEDULED, PLANNED, back=True),
    Step(SCHEDULED, DECLINED),
    Step(SCHEDULED, DELETED),
    Step(IN_PROGRESS, COMPLETED),
    Step(IN_PROGRESS, SCHEDULED),
    Step(IN_PROGRESS, ACCEPTED, back=True),
    Step(IN_PROGRESS, PLANNED, back=True),
    Step(IN_PROGRESS, DECLINED),
    Step(IN_PROGRESS, DELETED),
    Step(COMPLETED, IN_PROGRESS, back=True),
    Step(COMPLETED, PLANNED, back=True),
    Step(COMPLETED, EXISTING),
    Step(COMPLETED, DELETED),
    Step(DECLINED, ACCEPTED),
    Step(DECLINED, PLANNED),
    Step(DECLINED, DELETED),
    Step(EXISTING, COMPLETED),
    Step(EXISTING, DELETED),
    Step(DELETED, PLANNED, back=True),
    Step(DELETED, COMPLETED, back=True),
    Step(DELETED, EXISTING, back=True),
)
_STEPS = {(step.source, step.target): step for step in TABLE}


def allowed(source, target, manager=False):
    """Whether a procedure may go from one status to another.

    :param manager: whoever asks may correct what the table doesn't offer.
    """
    return source == target or manager or (source, target) in _STEPS


def offered(source):
    """The statuses that can follow, what comes next first: list of `Step`."""
    return [step for step in TABLE if step.source == source]


def without_visit(accepted):
    """The status of a scheduled procedure whose visit has gone.

    :param accepted: whether the patient had said yes to it.
    """
    return ACCEPTED if accepted else PLANNED
