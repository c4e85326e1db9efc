"""The gate: may this message go to this patient, now, and by which channel?

Pure functions over plain data. No database, no clock of its own. Every answer carries a reason
code that can be stored and explained: `decide` says what happens, `explain` says why, on what data
and what would change it. Both walk the same checks.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import reduce
from operator import and_

from .contact_hours import Window, next_open, start_of_day

ALLOW = "allow"
DEFER = "defer"
SUPPRESS = "suppress"

VERSION = "2026-11.2"

#: Nobody wants to hear of it later than this many days after it was due to go.
MAX_DEFER_DAYS = 7

#: Channels that wait for the reader and wake nobody: no hours apply.
SILENT_CHANNELS = frozenset({"letter", "portal"})


@dataclass(frozen=True)
class Cap:
    """At most ``count`` messages in ``days`` days; by one channel, or by all (None).

    :param source: the rule it comes from, for people.
    """

    count: int
    days: int
    channel: str | None = None
    source: str = ""


@dataclass(frozen=True)
class Hold:
    """A reason of the moment: an open complaint, the days after an operation.

    :param until: naive UTC when it ends by itself; None: not foreseeable, so nothing is sent.
    """

    reason: str
    until: datetime | None = None


@dataclass(frozen=True)
class Hours:
    """A window with the rule it comes from, for one channel or for all (None)."""

    window: Window
    source: str = ""
    channel: str | None = None


@dataclass(slots=True)
class Facts:
    """Everything the gate looks at, gathered beforehand.

    :param status: the patient's status.
    :param opt_in: whether the purpose needs permission given beforehand; :param opt_in_channels:
        channels for which it does although the purpose does not.
    :param permissions: channel code, or None for every channel, -> granted/refused/withdrawn.
    :param addresses: channel code -> address, for channels where the patient has a valid one.
    :param blocked: channel code -> why nothing goes to that address (``bounced``, ``stop`` …).
    :param order: channel codes in the order that the patient likes.
    :param channels: codes of channels that the practice can use and the template has a text for,
        best first.
    :param exposed: those of them whose text would show health where the purpose forbids it.
    :param blocks: reason codes brought by the caller, most important first.
    :param holds: `Hold` of the moment.
    :param now: naive UTC; None: the moment is not looked at.
    :param zone: IANA name of the recipient's time zone; :param hours: all `Hours` that apply.
    :param paused_until: day before which the patient wants no messages of this purpose.
    :param caps: all `Cap` that apply; :param contacts: (naive UTC, channel code, and the database
        id where it is known) of the messages that count against them.
    :param not_after: naive UTC after which the message has lost its point.
    :param sources: check -> the rule it comes from, for people.
    :param text_limits: channel code -> most characters of a text that nobody expressly allowed.
    :param guardian: whether a guardian or carer gets the message; addresses are theirs then.
    """

    status: str
    opt_in: bool = False
    permissions: dict = field(default_factory=dict)
    addresses: dict = field(default_factory=dict)
    order: tuple = ()
    channels: tuple = ()
    blocks: tuple = ()
    opt_in_channels: frozenset = frozenset()
    blocked: dict = field(default_factory=dict)
    exposed: frozenset = frozenset()
    holds: tuple = ()
    now: datetime | None = None
    zone: str = "UTC"
    hours: tuple = ()
    paused_until: date | None = None
    caps: tuple = ()
    contacts: tuple = ()
    not_after: datetime | None = None
    sources: dict = field(default_factory=dict)
    guardian: bool = False
    text_limits: dict = field(default_factory=dict)


@dataclass(slots=True)
class Decision:
    """What the gate says: outcome, why, by which channel to which address, and from when.

    :param until: naive UTC, when the outcome is ``defer``.
    """

    outcome: str
    reason: str
    channel: str | None = None
    address: str | None = None
    until: datetime | None = None

    @property
    def allowed(self):
        """Whether it goes out, now or later."""
        return self.outcome != SUPPRESS


@dataclass(frozen=True)
class Check:
    """One step of an explanation.

    :param check: what was looked at: ``status``, ``channel`` …; :param reason: the code that came
        out of it, "ok" when it passed; :param subject: a channel, where the check is about one.
    :param source: the rule behind it; :param until: naive UTC at which it passes by itself.
    """

    check: str
    reason: str
    subject: str = ""
    source: str = ""
    until: datetime | None = None

    @property
    def passed(self):
        return self.reason == "ok"


def _no(reason):
    return Decision(SUPPRESS, reason)


def _permission(facts, channel):
    """What holds for one channel: its own word if there is one, else the word for all of them."""
    return facts.permissions.get(channel) or facts.permissions.get(None)


def ordered_channels(facts):
    """The practice's channels, those that the patient likes first, in that order."""
    if len(facts.channels) < 2:
        return list(facts.channels)
    rank = {code: place for place, code in enumerate(facts.order)}
    return sorted(facts.channels, key=lambda code: rank.get(code, len(rank)))


def person_reason(facts):
    """Why nothing goes to this person about this matter at all, or None."""
    if facts.status in ("deceased", "moved", "inactive"):
        return facts.status
    if facts.blocks:
        return facts.blocks[0]
    endless = next((hold for hold in facts.holds if hold.until is None), None)
    if endless:
        return endless.reason
    return None if facts.channels else "no_template"


def channel_reason(facts, channel):
    """Why this channel can't be taken; "ok" when it can."""
    permission = _permission(facts, channel)
    if permission in ("refused", "withdrawn"):
        return "refused"
    if permission != "granted" and (facts.opt_in or channel in facts.opt_in_channels):
        return "no_permission"
    if channel in facts.exposed:
        return "health_detail"
    if not facts.addresses.get(channel):
        return "no_email" if channel == "email" else "no_address"
    return facts.blocked.get(channel) or "ok"


#: When no channel can be taken, the reason that says most about what to do comes first.
_CHANNEL_REASONS = (
    "stop", "refused", "no_permission", "wrong_person", "complained", "bounced", "health_detail",
)  # fmt: skip


def _no_channel(facts, verdicts):
    for reason in _CHANNEL_REASONS:
        if reason in verdicts:
            return _no(reason)
    return _no("no_email" if facts.channels == ("email",) else "no_address")


def hours_of(facts, channel):
    """The hours that apply to a channel."""
    return [hours for hours in facts.hours if hours.channel in (None, channel)]


def window_of(facts, channel):
    """What all rules and wishes about a channel leave of the week."""
    windows = [hours.window for hours in facts.hours if hours.channel in (None, channel)]
    return reduce(and_, windows) if windows else Window()


def cap_end(cap, facts, channel):
    """From when one more message keeps within a cap (naive UTC), or None when it does now."""
    if cap.channel and cap.channel != channel:
        return None
    span = timedelta(days=cap.days)
    counted = sorted(
        moment
        for moment, used, *_message in facts.contacts
        if facts.now - span < moment < facts.now + span and cap.channel in (None, used)
    )
    if len(counted) < cap.count:
        return None
    return counted[-cap.count] + span if cap.count else datetime.max


def moment_checks(facts, channel):
    """The checks that depend on the hour, each with the moment at which it passes by itself."""
    paused = None
    if facts.paused_until:
        paused = start_of_day(facts.paused_until, facts.zone)
    yield _timed("paused", paused, facts)
    for hold in facts.holds:
        yield _timed(hold.reason, hold.until, facts, check="hold")
    for cap in facts.caps:
        yield _timed("frequency_cap", cap_end(cap, facts, channel), facts, source=cap.source)


def _timed(reason, until, facts, check=None, source=""):
    waits = until is not None and until > facts.now
    return Check(check or reason, reason if waits else "ok", source=source,
                 until=until if waits else None)  # fmt: skip


def _when(facts, channel):
    """From when it may go by a channel: (naive UTC or None for never, reason)."""
    moment, reason = facts.now, "ok"
    if facts.paused_until or facts.holds or facts.caps:
        for check in moment_checks(facts, channel):
            if check.until and check.until > moment:
                moment, reason = check.until, check.reason
    if channel in SILENT_CHANNELS:
        return moment, reason
    window = window_of(facts, channel)
    if window.is_empty:
        return None, "no_hours"
    if moment == datetime.max:
        return None, reason
    opens = next_open(moment, facts.zone, window)
    if opens > moment and reason == "ok":
        reason = "quiet_hours"
    return opens, reason


def decide(facts):
    """Decide on one message.

    The order matters: reasons that lie in the person come before those that lie in an address, and
    those before the ones that lie in the moment.

    :type facts: Facts
    :rtype: Decision
    """
    if reason := person_reason(facts):
        return _no(reason)
    verdicts = set()
    for channel in ordered_channels(facts):
        reason = channel_reason(facts, channel)
        if reason == "ok":
            break
        verdicts.add(reason)
    else:
        return _no_channel(facts, verdicts)
    address = facts.addresses[channel]
    if facts.now is None:
        return Decision(ALLOW, "ok", channel, address)
    moment, reason = _when(facts, channel)
    latest = facts.not_after or facts.now + timedelta(days=MAX_DEFER_DAYS)
    if moment is None or (moment > facts.now and moment > latest):
        return _no(reason)
    if moment > facts.now:
        return Decision(DEFER, reason, channel, address, moment)
    return Decision(ALLOW, "ok", channel, address)


def text_reason(facts, channel, text):
    """Why a text can't go by a channel, or None.

    Some laws let a practice write without asking first as long as it is brief.

    :param text: as it would be sent.
    """
    limit = facts.text_limits.get(channel)
    if not limit or len(text) <= limit or _permission(facts, channel) == "granted":
        return None
    return "text_over_limit"


def merge(wishes):
    """One message for several that would reach the same person about the same thing.

    A family with three visits on one day is reminded once. Only what is allowed is merged, and only
    what goes by the same channel to the same address.

    :param wishes: list of (`Decision`, key): wishes with the same key are about the same thing;
        None: about a thing of its own.
    :return: for each wish the place of the one that stands for it; its own when it stands for
        itself. The one that would go first stands for the others.
    """
    leads, first = list(range(len(wishes))), {}
    order = sorted(leads, key=lambda place: wishes[place][0].until or datetime.min)
    for place in order:
        decision, key = wishes[place]
        if key is not None and decision.allowed:
            leads[place] = first.setdefault((key, decision.channel, decision.address), place)
    return leads


def explain(facts):
    """Every check that led to the decision, in the order in which they were made.

    A check that did not pass carries what would change it: its ``reason`` names the state that has
    to end, and ``until`` the moment at which it ends by itself.

    :return: list of `Check`; it ends where the gate stopped looking.
    """
    reason = person_reason(facts)
    checks = [Check("person", reason or "ok")]
    if reason:
        return checks
    if facts.guardian:
        checks.append(Check("guardian", "ok"))
    chosen = None
    for channel in ordered_channels(facts):
        reason = channel_reason(facts, channel)
        source = facts.sources.get(reason, "")
        checks.append(Check("channel", reason, channel, source))
        if reason == "ok":
            chosen = channel
            break
    if not chosen or facts.now is None:
        return checks
    checks += moment_checks(facts, chosen)
    if chosen not in SILENT_CHANNELS:
        checks += _hours_checks(facts, chosen)
    return checks


def _hours_checks(facts, channel):
    applying = hours_of(facts, channel)
    if window_of(facts, channel).is_empty:
        source = " · ".join(hours.source for hours in applying if hours.source)
        yield Check("hours", "no_hours", source=source)
        return
    for hours in applying:
        opens = next_open(facts.now, facts.zone, hours.window)
        yield _timed("quiet_hours", opens, facts, check="hours", source=hours.source)


def to_plain(facts):
    """What a decision was based on, as plain values that JSON can hold; what there was none of is
    left out: it is kept with every message.
    """
    plain = {
        "status": facts.status,
        "opt_in": facts.opt_in,
        "opt_in_channels": sorted(facts.opt_in_channels),
        "permissions": {channel or "": state for channel, state in facts.permissions.items()},
        "has_address": sorted(facts.addresses),
        "blocked": facts.blocked,
        "order": list(facts.order),
        "channels": list(facts.channels),
        "exposed": sorted(facts.exposed),
        "blocks": list(facts.blocks),
        "holds": [[hold.reason, _text(hold.until)] for hold in facts.holds],
        "now": _text(facts.now),
        "zone": facts.zone,
        "hours": [
            [
                hours.window.start,
                hours.window.stop,
                sorted(hours.window.weekdays),
                hours.source,
                hours.channel,
            ]
            for hours in facts.hours
        ],
        "paused_until": _text(facts.paused_until),
        "caps": [[cap.count, cap.days, cap.channel, cap.source] for cap in facts.caps],
        "contacts": [[_text(moment), *rest] for moment, *rest in facts.contacts],
        "not_after": _text(facts.not_after),
        "sources": facts.sources,
        "guardian": facts.guardian,
        "text_limits": facts.text_limits,
    }
    return {name: value for name, value in plain.items() if value}


def from_plain(plain):
    """The facts of a stored decision; where there was an address, only that there was one."""
    get = plain.get
    day = get("paused_until")
    permissions = get("permissions", {})
    return Facts(
        status=get("status"),
        opt_in=get("opt_in", False),
        opt_in_channels=frozenset(get("opt_in_channels", ())),
        permissions={channel or None: state for channel, state in permissions.items()},
        addresses=dict.fromkeys(get("has_address", ()), "…"),
        blocked=get("blocked", {}),
        order=tuple(get("order", ())),
        channels=tuple(get("channels", ())),
        exposed=frozenset(get("exposed", ())),
        blocks=tuple(get("blocks", ())),
        holds=tuple(Hold(reason, _moment(until)) for reason, until in get("holds", ())),
        now=_moment(get("now")),
        zone=get("zone", "UTC"),
        hours=tuple(
            Hours(Window(start, stop, frozenset(days)), source, channel)
            for start, stop, days, source, channel in get("hours", ())
        ),
        paused_until=date.fromisoformat(day) if day else None,
        caps=tuple(Cap(*cap) for cap in get("caps", ())),
        contacts=tuple((_moment(moment), *rest) for moment, *rest in get("contacts", ())),
        not_after=_moment(get("not_after")),
        sources=get("sources", {}),
        guardian=get("guardian", False),
        text_limits=get("text_limits", {}),
    )


def _text(moment):
    return moment.isoformat() if moment else None


def _moment(text):
    return datetime.fromisoformat(text) if text else None
