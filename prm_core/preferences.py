"""What a patient may choose about messages, and what an answered form comes to. No database.

An `Offer` says what there is to choose and how it stands; a `Form` is what stands on the page, as
typed; `judge` makes `Changes` of both, or says what is wrong. Only what the person changed counts:
a page that was opened last week does not undo what the front desk has written since.
"""

import re
from dataclasses import dataclass, field
from datetime import date, timedelta

from dateutil.relativedelta import relativedelta

from .contact_hours import DAY

#: Hours to choose from with one touch: code -> minutes after midnight; 0 and 0: no wish.
PRESETS = {
    "any": (0, 0),
    "morning": (8 * 60, 12 * 60),
    "afternoon": (12 * 60, 17 * 60),
    "evening": (17 * 60, 20 * 60),
}
OWN_HOURS = "own"
#: A wish leaves at least so many minutes a day in which the practice writes at all.
MIN_MINUTES = 60

#: Months of a pause to choose from with one touch.
PAUSES = ("1", "3", "6")
NO_PAUSE, UNTIL_DATE = "none", "date"
#: Longer than this nobody means a pause; then it is better to switch a purpose off.
MAX_PAUSE = timedelta(days=2 * 366)

_CLOCK = re.compile(r"^(\d{1,2})(?:[:.h](\d{2}))?(?::00)?$")


@dataclass(frozen=True)
class Topic:
    """A purpose, as far as a patient may decide on it.

    :param fixed: it belongs to the treatment: one way of reaching the patient always stays.
    :param allowed: channel code -> whether messages of this purpose may go there now; only of
        channels that the patient can choose from.
    :param words: the ledger's newest word by channel code, None for all: granted, refused …
    """

    code: str
    fixed: bool
    allowed: dict
    words: dict = field(default_factory=dict)

    @property
    def switches(self):
        """Channels for which there is something to choose."""
        if self.fixed and len(self.allowed) < 2 and all(self.allowed.values()):
            return ()
        return tuple(self.allowed)


@dataclass(frozen=True)
class Offer:
    """What a patient can choose, and how it stands.

    :param channels: codes of the channels that reach the patient, the one liked best first.
    :param order: the patient's order as it is stored; it may name other channels too.
    :param languages: codes to choose from; :param lang: the one that holds.
    :param hours: (start, stop) in minutes after midnight, (0, 0) for no wish.
    :param open_hours: (start, stop) between which the practice writes at all.
    :param paused_until: the day on which messages begin again, if that is to come.
    :param today: the day that it is for the patient.
    """

    channels: tuple
    order: tuple
    topics: tuple
    languages: tuple
    lang: str
    hours: tuple
    open_hours: tuple
    paused_until: date | None
    today: date


@dataclass(frozen=True)
class Form:
    """What stands on the page.

    :param ticked: (topic, channel) of each box that is ticked.
    :param shown: (topic, channel) of each box on the page -> whether it was ticked at first.
    """

    first: str
    hours: str
    start: str
    stop: str
    lang: str
    pause: str
    until: str
    ticked: frozenset = frozenset()
    shown: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Changes:
    """What the patient wants otherwise than it is.

    :param values: any of ``order`` (channel codes), ``hours`` (minutes), ``lang`` and
        ``paused_until`` (date or None).
    :param permissions: tuple of (topic, channel or None for all, allowed) to append to the ledger.
    :param topics: topic -> {channel: allowed} of what the patient switched, to say it back.
    """

    values: dict = field(default_factory=dict)
    permissions: tuple = ()
    topics: dict = field(default_factory=dict)

    def __bool__(self):
        return bool(self.values or self.permissions)


def form_of(offer):
    """The form as it stands before anybody has typed.

    :rtype: Form
    """
    hours = next((code for code, span in PRESETS.items() if span == offer.hours), OWN_HOURS)
    own = hours == OWN_HOURS
    boxes = {
        (topic.code, channel): topic.allowed[channel]
        for topic in offer.topics
        for channel in topic.switches
    }
    return Form(
        first=offer.channels[0] if offer.channels else "",
        hours=hours,
        start=write_clock(offer.hours[0]) if own else "",
        stop=write_clock(offer.hours[1]) if own else "",
        lang=offer.lang,
        pause=UNTIL_DATE if offer.paused_until else NO_PAUSE,
        until=offer.paused_until.isoformat() if offer.paused_until else "",
        ticked=frozenset(box for box, allowed in boxes.items() if allowed),
        shown=boxes,
    )


def read(offer, params):
    """The form that was sent; what is missing in it stays as it is.

    :param params: field names to texts, as a browser sends them. A box is ``yes-topic-channel``,
        and ``was-topic-channel`` says whether it was ticked when the page was made.
    :rtype: Form
    """
    now = form_of(offer)
    shown, ticked = {}, set()
    for topic in offer.topics:
        for channel in topic.allowed:
            was = params.get(f"was-{topic.code}-{channel}")
            if was not in ("0", "1"):
                continue
            shown[topic.code, channel] = was == "1"
            if params.get(f"yes-{topic.code}-{channel}"):
                ticked.add((topic.code, channel))

    def text(name):
        return (params.get(name) or "").strip()

    hours, pause = text("hours") or now.hours, text("pause") or now.pause
    # Who fills in hours or a day, and leaves the button beside it alone, means what is filled in.
    if hours == now.hours and (text("start") or text("stop")):
        hours = OWN_HOURS
    if pause == now.pause and text("until"):
        pause = UNTIL_DATE
    return Form(
        first=text("first") or now.first,
        hours=hours,
        start=text("start"),
        stop=text("stop"),
        lang=text("lang") or now.lang,
        pause=pause,
        until=text("until"),
        ticked=frozenset(ticked),
        shown=shown,
    )


def judge(offer, form):
    """What a form comes to.

    :return: (`Changes`, errors): errors name a field ("first", "hours", "lang", "pause" or the code
        of a topic) and what is wrong; with any error the changes are empty.
    """
    values, errors = {}, {}
    for name, step in (("first", _order), ("hours", _hours), ("lang", _lang), ("pause", _pause)):
        try:
            values.update(step(offer, form))
        except _Wrong as wrong:
            errors[name] = wrong.code
    permissions, topics = [], {}
    for topic in offer.topics:
        switched = _switched(topic, form)
        if not switched:
            continue
        if topic.fixed and not any((topic.allowed | switched).values()):
            errors[topic.code] = "last_way"
            continue
        topics[topic.code] = switched
        permissions += _permissions(topic, switched)
    if errors:
        return Changes(), errors
    return Changes(values, tuple(permissions), topics), {}


def read_clock(text):
    """Minutes after midnight of a clock time such as 9, 9:30 or 9.30; None when it is none."""
    match = _CLOCK.match(text.strip())
    if not match:
        return None
    hours, minutes = int(match[1]), int(match[2] or 0)
    return hours * 60 + minutes if minutes < 60 and hours * 60 + minutes <= DAY else None


def write_clock(minutes):
    """Minutes after midnight as browsers want them in a field for a time; 24 hours are 00:00."""
    return "{:02d}:{:02d}".format(*divmod(minutes % DAY, 60))


def fits(hours, open_hours):
    """Whether hours leave enough of those in which the practice writes."""
    if hours == PRESETS["any"]:
        return True
    return min(hours[1], open_hours[1]) - max(hours[0], open_hours[0]) >= MIN_MINUTES


class _Wrong(Exception):
    """A field that can't be taken as it is; ``code`` says why."""

    def __init__(self, code):
        super().__init__(code)
        self.code = code


def _order(offer, form):
    if not offer.channels or form.first == offer.channels[0]:
        return {}
    if form.first not in offer.channels:
        raise _Wrong("choose")
    return {"order": tuple(dict.fromkeys((form.first, *offer.channels, *offer.order)))}


def _hours(offer, form):
    if form.hours == OWN_HOURS:
        start, stop = read_clock(form.start), read_clock(form.stop)
        if start is None or stop is None:
            raise _Wrong("hours_unread")
        hours = (start, stop or DAY)
    elif form.hours in PRESETS:
        hours = PRESETS[form.hours]
    else:
        raise _Wrong("choose")
    if hours == offer.hours:
        return {}
    if hours != PRESETS["any"] and hours[0] >= hours[1]:
        raise _Wrong("hours_order")
    if not fits(hours, offer.open_hours):
        raise _Wrong("hours_outside")
    return {"hours": hours}


def _lang(offer, form):
    if form.lang == offer.lang:
        return {}
    if form.lang not in offer.languages:
        raise _Wrong("choose")
    return {"lang": form.lang}


def _pause(offer, form):
    if form.pause == NO_PAUSE:
        until = None
    elif form.pause in PAUSES:
        until = offer.today + relativedelta(months=int(form.pause))
    elif form.pause == UNTIL_DATE:
        try:
            until = date.fromisoformat(form.until)
        except ValueError:
            raise _Wrong("until_unread") from None
    else:
        raise _Wrong("choose")
    if until == offer.paused_until:
        return {}
    if until and until <= offer.today:
        raise _Wrong("until_past")
    if until and until - offer.today > MAX_PAUSE:
        raise _Wrong("until_far")
    return {"paused_until": until}


def _switched(topic, form):
    """The boxes of a topic that the person changed, and that say something new."""
    switched = {}
    for channel, allowed in topic.allowed.items():
        box = (topic.code, channel)
        wish = box in form.ticked
        if box in form.shown and form.shown[box] != wish and allowed != wish:
            switched[channel] = wish
    return switched


def _permissions(topic, switched):
    """Rows for the ledger.

    A yes is for the channel that was ticked and for no other. When no box is left, the patient
    wants none of these messages: that is a no to every channel, also to those to come.
    """
    if any((topic.allowed | switched).values()):
        return [(topic.code, channel, wish) for channel, wish in switched.items()]
    # A channel's own word goes before the word for all.
    granted = [channel for channel, word in topic.words.items() if channel and word == "granted"]
    return [(topic.code, channel, False) for channel in (None, *granted)]
