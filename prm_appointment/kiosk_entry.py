"""What somebody types at the kiosk, and what becomes of it: pure functions.

A kiosk stands where everybody can reach it. So it never guesses: two people whom an entry fits are
nobody, and who is not found learns nothing.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from odoo.addons.prm_core.importing import normalise

from . import visit_status

#: How long before the start of a visit a patient can tell the kiosk that they are here.
EARLIEST = timedelta(hours=2)
#: Minutes after which a patient is late enough to be told.
GRACE = timedelta(minutes=5)
OLDEST = 125
MAX_TYPED = 80

#: What the kiosk can say of the visits of a day.
READY, LATE, EARLY, HERE, CANCELLED, OVER, DESK = (
    "ready", "late", "early", "here", "cancelled", "over", "desk",
)  # fmt: skip

_FIELDS = ("name", "day", "month", "year")
_WORD_ENDS = re.compile(r"[\s\-‐-―.,;/]+")
#: How German names are typed where a keyboard lacks the letters.
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa"})


# -- the name


def name_fits(typed, first_name, last_name, preferred_name=None):
    """Whether what was typed is the first, the last or the whole name of somebody.

    Case, accents, spaces and hyphens don't count, nor does the order; of several first or last
    names one is enough.
    """
    own = [name for name in (first_name, last_name, preferred_name) if name]
    words = {key for name in own for key in _word_keys(name)}
    whole = {key for name in own for key in _keys(name)}
    whole |= {key for one in own for other in own for key in _keys(one + other)}
    typed_words = [_keys(word) & words for word in _WORD_ENDS.split(typed) if _keys(word)]
    return bool(_keys(typed) & whole) or (bool(typed_words) and all(typed_words))


def _word_keys(name):
    return {key for word in _WORD_ENDS.split(name) for key in _keys(word)}


def _keys(text):
    """The forms in which a name is compared: Müller is Muller and Mueller."""
    spelled = text.casefold().translate(_UMLAUTS)
    return {normalise.name_key(text), normalise.name_key(spelled)} - {""}


# -- the birth date


def as_typed(params):
    """The fields of the form as they were typed, cut to what anybody needs."""
    return {
        name: str(params.get(name) or "").replace("\x00", "").strip()[:MAX_TYPED]
        for name in _FIELDS
    }  # fmt: skip


def read_birth_date(typed, today):
    """The date of three fields ``day``, ``month`` and ``year``.

    Two digits are the latest such year that has begun; day and month that stand in each other's
    field are understood where only one reading is a date.

    :param today: the day at the practice.
    :return: a date, or None when it is none.
    """
    day, month, year = (_number(typed[name]) for name in ("day", "month", "year"))
    if not day or not month or year is None:
        return None
    if year < 100:
        year += today.year // 100 * 100
        year -= 100 if year > today.year else 0
    if month > 12 >= day:
        day, month = month, day
    try:
        born = date(year, month, day)
    except ValueError:
        return None
    return born if born <= today and today.year - born.year <= OLDEST else None


def _number(text):
    digits = "".join(char for char in text if char.isdecimal())
    return int(digits) if 0 < len(digits) <= 4 else None


def read(typed, today):
    """Judge an entry.

    :return: (birth date or None, ``{field: code}`` of what is wrong)
    """
    errors = {}
    if not _keys(typed["name"]):
        errors["name"] = "empty"
    born = read_birth_date(typed, today)
    if not any(typed[name] for name in _FIELDS[1:]):
        errors["born"] = "empty"
    elif not born:
        errors["born"] = "date"
    return born, errors


# -- the visits of the day


@dataclass(frozen=True)
class Visit:
    """A visit of today.

    :param start: and ``stop``, moments (naive, UTC); :param waits: for the practice's approval.
    """

    id: int
    start: datetime
    stop: datetime
    status: str
    waits: bool = False


def judge(visits, now):
    """What to say of somebody's visits of today.

    One that begins within `EARLIEST` of now, or of the end of the one before, goes with it: nobody
    checks in twice for two visits in a row.

    :param visits: list of `Visit`; :param now: naive, UTC.
    :return: (one of the words above, ids of the visits that it is about, by time)
    """
    visits = sorted(visits, key=lambda visit: (visit.start, visit.id))
    standing = [
        visit
        for visit in visits
        if visit.status in (visit_status.BOOKED, visit_status.CONFIRMED) and not visit.waits
    ]
    coming = [visit for visit in standing if visit.stop > now]
    due, until = [], now + EARLIEST
    for visit in coming:
        if visit.start <= until:
            due.append(visit)
            until = max(until, visit.stop + EARLIEST)
    if due:
        late = due[0].start + GRACE < now
        return (LATE if late else READY), [visit.id for visit in due]
    for verdict, found in (
        (HERE, [visit for visit in visits if visit.status == visit_status.ARRIVED]),
        (EARLY, coming[:1]),
        (OVER, standing),
        (CANCELLED, [visit for visit in visits if visit.status == visit_status.CANCELLED]),
    ):
        if found:
            return verdict, [visit.id for visit in found]
    return DESK, []


# -- contacts


def mask_phone(number):
    """The end of a number, enough for its owner: ``•••• 123``."""
    digits = "".join(char for char in number or "" if char.isdigit())
    return f"•••• {digits[-3:]}" if len(digits) > 5 else "••••"


def mask_email(address):
    """The first letters of an address, enough for its owner: ``m•••@e•••.com``."""
    name, _at, host = (address or "").partition("@")
    domain, _dot, top = host.rpartition(".")
    return f"{name[:1]}•••@{domain[:1]}•••.{top}"


def read_contacts(typed, country):
    """Judge new contacts; an empty field means: as it was.

    :param typed: ``{"mobile": text, "email": text}``
    :param country: two letters, for numbers without a prefix; None when it is not known.
    :return: (``{field: value in its normal form}``, ``{field: code}`` of what is wrong)
    """
    found, errors = {}, {}
    for name, value in (
        ("mobile", normalise.phone(typed["mobile"], country) if typed["mobile"] else None),
        ("email", normalise.email(typed["email"]) if typed["email"] else None),
    ):
        if value:
            found[name] = value
        elif typed[name]:
            errors[name] = name
    return found, errors
