"""What an add-on hands to the outbox when it wants something said to a patient."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(slots=True)
class Request:
    """One wish to send one message.

    :param patient: `prm.patient` record; :param purpose: code of a `prm.purpose`.
    :param template: `prm.template` record; none when a person wrote the text.
    :param text: the words of a person, with :param subject: theirs; plain text, and never a
        template, whatever brackets are in it.
    :param answer_to: the `prm.message` of the patient that a person answers.
    :param record: what the message is about, such as a recall.
    :param variables: dotted names of the template's variables to plain values, beside those on
        patient and practice.
    :param blocks: reason codes for which it must not go, known to the caller ("already_booked").
    :param link_action: action of the signed link that the message carries, as ``link.<action>``.
    :param link_payload: plain values kept with the link.
    :param exclude_channels: codes of channels that are not to be tried (again).
    :param channels: codes of the only channels that may be taken, in the order in which they are
        tried; none: those of the practice, in the patient's order.
    :param message: the `prm.message` that this is about when it waits already; its own channel is
        the only one that is asked about.
    :param merge_key: what the message is about as far as a family goes, such as the day of a visit:
        requests of one household with the same template and key become one message.
    :param merge_line: what stands for this request in the merged message, as ``family.lines``.
    :param recipient: the contact who gets it when that is not the patient; found out by the outbox.
    :param asked_now: the person asked for it this minute and waits, as for a code: no hours, pause
        or limit keep it.
    :param not_after: naive UTC after which it has lost its point, such as shortly before a visit
        that is offered; default: what the gate defers anything by at most.
    :param fallback_of: the `prm.message` that failed for good and in whose place this one goes.
    """

    patient: object
    purpose: str
    template: object = None
    record: object = None
    variables: dict = field(default_factory=dict)
    blocks: tuple = ()
    link_action: str = ""
    link_payload: dict = field(default_factory=dict)
    exclude_channels: tuple = ()
    channels: tuple = ()
    message: object = None
    fallback_of: object = None
    recipient: object = None
    merge_key: str = ""
    merge_line: str = ""
    text: str = ""
    subject: str = ""
    answer_to: object = None
    asked_now: bool = False
    not_after: datetime | None = None

    @property
    def lang(self):
        """Language of who reads it: of a contact in the patient's place, or of the patient."""
        return (self.recipient or self.patient.partner_id).lang


MIN_BATCH, MAX_BATCH = 50, 2000
#: Seconds that a dispatcher's batch should take.
BATCH_SECONDS = 1


def next_batch(size, seconds):
    """How many messages a dispatcher takes next, after so many took so long.

    What belongs to a batch costs less for each message the more there are. But the gate is asked
    when a batch begins: a patient's "stop" counts from the next one on, and of a batch that a
    crash cuts off somebody may have to say what became of it. So a batch is short in time.
    """
    fitting = round(size * BATCH_SECONDS / max(seconds, 0.001))
    return min(max(fitting, MIN_BATCH), MAX_BATCH)


#: Message states in the order of their life; a late report never moves a message back. That it
#: arrived weighs more than that it failed: so the order in which reports come does not matter.
STATE_RANK = {
    "draft": 0,
    "queued": 1,
    "sending": 2,
    "unknown": 3,
    "sent": 4,
    "failed": 5,
    "delivered": 6,
    "read": 7,
    "acted": 8,
}

#: Ends from which nothing follows, because nothing went out, or because it came from the patient.
FINAL_STATES = ("suppressed", "received")


def may_follow(old, new):
    """Whether a message in state ``old`` may take state ``new`` on a report from outside."""
    if old in FINAL_STATES:
        return False
    return STATE_RANK.get(new, -1) > STATE_RANK[old]
