"""What an add-on hands to the outbox when it wants something said to a patient."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Request:
    """One wish to send one message.

    :param patient: `prm.patient` record; :param purpose: code of a `prm.purpose`.
    :param template: `prm.template` record; none when a person wrote the text.
    :param text: the words of a person, with :param subject: theirs; plain text, and never a
        template, whatever brackets are in it.
    :param record: what the message is about, such as a recall.
    :param variables: dotted names of the template's variables to plain values, beside those on
        patient and practice.
    :param blocks: reason codes for which it must not go, known to the caller ("already_booked").
    :param link_action: action of the signed link that the message carries, as ``link.<action>``.
    :param link_payload: plain values kept with the link.
    :param exclude_channels: codes of channels that are not to be tried (again).
    :param message: the `prm.message` that this is about when it waits already; its own channel is
        the only one that is asked about.
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
    message: object = None
    fallback_of: object = None
    text: str = ""
    subject: str = ""


#: Message states in the order of their life; a late report never moves a message back.
STATE_RANK = {
    "draft": 0,
    "queued": 1,
    "sending": 2,
    "unknown": 3,
    "sent": 4,
    "delivered": 5,
    "read": 6,
    "acted": 7,
}

#: Ends from which nothing follows by itself.
FINAL_STATES = ("suppressed", "failed")


def may_follow(old, new):
    """Whether a message in state ``old`` may take state ``new`` on a report from outside.

    A failure can only be reported of something that has not been delivered yet.
    """
    if old in FINAL_STATES:
        return False
    if new == "failed":
        return STATE_RANK[old] <= STATE_RANK["sent"]
    return STATE_RANK.get(new, -1) > STATE_RANK[old]
