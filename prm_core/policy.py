"""The gate: may this message go to this patient, now, and by which channel?

Pure functions over plain data. No database, no clock of its own. Every answer carries a reason
code that can be stored and explained.
"""

from dataclasses import dataclass, field

ALLOW = "allow"
SUPPRESS = "suppress"

VERSION = "2026-11"

#: Reason codes, with the sentence that staff read. Add-ons bring further ones with their facts.
REASONS = {
    "ok": "May be sent.",
    "deceased": "The patient has died.",
    "moved": "The patient has moved away.",
    "inactive": "The patient is marked as inactive.",
    "refused": "The patient has said no to messages of this kind.",
    "no_permission": "Messages of this kind need the patient's permission first.",
    "no_email": "There is no email address.",
    "no_address": "There is no address for a channel that can be used.",
    "no_template": "The template has no text for this channel.",
}


@dataclass(frozen=True)
class Facts:
    """Everything the gate looks at, gathered beforehand.

    :param status: the patient's status.
    :param opt_in: whether the purpose needs permission given beforehand.
    :param permissions: channel code, or None for every channel, -> granted/refused/withdrawn.
    :param addresses: channel code -> address, for channels where the patient has a valid one.
    :param preferred: channel code that the patient likes best, or None.
    :param channels: codes of channels that the practice can use and the template has a text for,
        best first.
    :param blocks: reason codes brought by the caller, most important first.
    """

    status: str
    opt_in: bool = False
    permissions: dict = field(default_factory=dict)
    addresses: dict = field(default_factory=dict)
    preferred: str | None = None
    channels: tuple = ()
    blocks: tuple = ()


@dataclass(frozen=True)
class Decision:
    """What the gate says: outcome, why, and by which channel to which address."""

    outcome: str
    reason: str
    channel: str | None = None
    address: str | None = None

    @property
    def allowed(self):
        return self.outcome == ALLOW


def _no(reason):
    return Decision(SUPPRESS, reason)


def _permission(facts, channel):
    """What holds for one channel: its own word if there is one, else the word for all of them."""
    return facts.permissions.get(channel) or facts.permissions.get(None)


def _ordered_channels(facts):
    """The practice's channels with the patient's favourite first."""
    return sorted(facts.channels, key=lambda code: code != facts.preferred)


def decide(facts):
    """Decide on one message.

    The order matters: reasons that lie in the person come before those that lie in the moment,
    and those before the ones that lie in an address.

    :type facts: Facts
    :rtype: Decision
    """
    if facts.status in ("deceased", "moved", "inactive"):
        return _no(facts.status)
    if facts.blocks:
        return _no(facts.blocks[0])
    if not facts.channels:
        return _no("no_template")
    refused = without_permission = False
    for channel in _ordered_channels(facts):
        permission = _permission(facts, channel)
        if permission in ("refused", "withdrawn"):
            refused = True
        elif facts.opt_in and permission != "granted":
            without_permission = True
        elif facts.addresses.get(channel):
            return Decision(ALLOW, "ok", channel, facts.addresses[channel])
    if refused:
        return _no("refused")
    if without_permission:
        return _no("no_permission")
    return _no("no_email" if facts.channels == ("email",) else "no_address")
