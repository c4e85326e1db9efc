"""What a visitor types on the booking page: read, put into one form, and judged.

Pure functions. What is wrong comes back as codes by field; the page has the words.
"""

from dataclasses import asdict, dataclass
from datetime import date

from odoo.addons.prm_core import patient_search
from odoo.addons.prm_core.importing import normalise

MAX_NAME, MAX_NOTE, MAX_CONTACT = 60, 300, 120
#: Years at which people book for themselves.
ADULT_AGE = 18
OLDEST = 125

#: The fields in the order of the page, in which its list of mistakes names them.
FIELDS = (
    "whom", "first_name", "last_name", "birth_date", "guardian_first", "guardian_last", "email",
    "mobile", "note", "privacy",
)  # fmt: skip


@dataclass(frozen=True)
class Person:
    """A visitor's words in their normal form.

    :param birth_date: as ISO text; :param mobile: in E.164; :param whom: ``me`` or ``child``.
    """

    whom: str
    first_name: str
    last_name: str
    birth_date: str
    guardian_first: str = ""
    guardian_last: str = ""
    email: str = ""
    mobile: str = ""
    note: str = ""
    privacy: bool = False

    def as_dict(self):
        """Plain values, for the signed state."""
        return asdict(self)


def as_typed(params):
    """The fields of the form as they were typed, cut to a length that nobody needs more than."""
    return {name: str(params.get(name) or "").replace("\x00", "")[:1000] for name in FIELDS}


def parse_birth_date(text):
    """A typed birth date: a date, or None when it is none or could be two."""
    found = patient_search.search_terms(text)
    if len(found) != 1 or len(found[0]) != 1:
        return None
    try:
        return date.fromisoformat(found[0][0])
    except ValueError:
        return None


def age_on(born, day):
    """Full years."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def read(typed, today, country, texts=True, privacy=False):
    """Judge what was typed.

    :param typed: as `as_typed` gives it; :param today: the day at the practice.
    :param country: two letters, for numbers without a prefix; None when it is not known.
    :param texts: whether the practice can send a code by text message.
    :param privacy: whether the notice has to be accepted.
    :return: (`Person` or None, ``{field: code}``)
    """
    errors = {}
    child = typed["whom"] == "child"
    if typed["whom"] not in ("me", "child"):
        errors["whom"] = "choose"
    names = ["first_name", "last_name"] + (["guardian_first", "guardian_last"] if child else [])
    values = {name: _read_name(name, typed, errors) for name in names}
    born = _read_birth_date(typed["birth_date"], child, today, errors)
    email, mobile = _read_contacts(typed, country, texts, errors)
    note = typed["note"].strip()
    if len(note) > MAX_NOTE:
        errors["note"] = "long"
    if privacy and not typed["privacy"]:
        errors["privacy"] = "accept"
    if errors:
        return None, {name: errors[name] for name in FIELDS if name in errors}
    person = Person(
        whom=typed["whom"],
        birth_date=born.isoformat(),
        email=email or "",
        mobile=mobile or "",
        note=note,
        privacy=bool(typed["privacy"]),
        **values,
    )
    return person, {}


def _read_name(field, typed, errors):
    name = normalise.name(typed[field])
    if not name:
        errors[field] = "empty"
    elif len(name) > MAX_NAME:
        errors[field] = "long"
    elif not normalise.name_key(name) or any(sign in name for sign in "<>{}/\\@"):
        errors[field] = "name"
    return name


def _read_birth_date(text, child, today, errors):
    born = parse_birth_date(text)
    if not text.strip():
        errors["birth_date"] = "empty"
    elif not born or born > today or age_on(born, today) > OLDEST:
        errors["birth_date"] = "date"
    elif child and age_on(born, today) >= ADULT_AGE:
        errors["birth_date"] = "adult"
    elif not child and age_on(born, today) < ADULT_AGE:
        errors["birth_date"] = "minor"
    return born


def _read_contacts(typed, country, texts, errors):
    """A way to send the code: an email address, or a mobile number where texts can be sent."""
    email, mobile = None, None
    if text := typed["email"].strip():
        email = normalise.email(text) if len(text) <= MAX_CONTACT else None
        if not email:
            errors["email"] = "email"
    if text := typed["mobile"].strip():
        mobile = normalise.phone(text, country)
        if not mobile:
            errors["mobile"] = "mobile"
    if not errors.keys() & {"email", "mobile"} and not (email or (mobile and texts)):
        errors["email"] = "contact" if texts else "empty"
    return email, mobile
