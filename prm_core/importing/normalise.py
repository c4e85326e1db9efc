"""One value, one form: names, phones, email addresses, amounts, yes and no."""

import functools
import re
import unicodedata

import phonenumbers
from email_validator import EmailNotValidError, validate_email

#: Letters that carry no separable accent in Unicode, as people type them without one.
_LETTERS = str.maketrans(
    {
        "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ß": "ss",
        "ħ": "h", "ı": "i", "ŋ": "n", "ŧ": "t", "ĸ": "k", "ſ": "s",
    }
)  # fmt: skip
_SPACES = re.compile(r"\s+")
_EXCEL_TEXT = re.compile(r'="([^"]*)"')
#: Addresses that need no library to be told valid, which is nearly all; it is ten times as fast.
#: Names that no mail reaches (RFC 6761) are left to the library.
_PLAIN_EMAIL = re.compile(
    r"[a-z0-9_+]+(?:[.-][a-z0-9_+]+)*@(?:[a-z0-9]+(?:-[a-z0-9]+)*\.)+"
    r"(?!arpa|invalid|local|localhost|onion|test|alt)[a-z]{2,}"
)
_E164 = re.compile(r"\+[1-9][0-9]{5,14}")
_INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\u00ad]")

_YES = frozenset(
    ("1", "y", "yes", "true", "t", "x", "s", "si", "sì", "sí", "vero", "v", "ja", "j", "是")
)
_NO = frozenset(("0", "n", "no", "false", "f", "falso", "nein", "否"))


def text(value):
    """Return a cell as trimmed text; whole numbers of Excel lose their ".0".

    ``="00123"``, the way Excel users keep leading zeros in a CSV file, is read as 00123, and
    the quotation mark that the file of rejected rows puts before formulas is taken off.
    """
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if not isinstance(value, str):
        return str(value)
    value = value.strip()
    if value[:1] == "=":
        match = _EXCEL_TEXT.fullmatch(value)
        return match[1].strip() if match else value
    if value[:1] == "'" and value[1:2] in ("=", "+", "-", "@"):
        return value[1:]
    return value


def name(value):
    """Return a name as written, trimmed, with single spaces and without invisible signs."""
    value = text(value)
    if not value.isascii():
        value = unicodedata.normalize("NFC", _INVISIBLE.sub("", value))
    return _SPACES.sub(" ", value).strip()


@functools.lru_cache(maxsize=20_000)
def name_key(value):
    """Return the form in which names are compared: letters and digits only.

    Case, accents, punctuation and spaces don't count: D'Angelo, D’ANGELO and dangelo are one.
    """
    if not value.isascii():
        value = unicodedata.normalize("NFKD", value.casefold()).translate(_LETTERS)
    return "".join(char for char in value.casefold() if char.isalnum())


@functools.lru_cache(maxsize=20_000)
def phone(value, country):
    """Return a phone number in E.164 (+12025550101), or None if it is not valid.

    Numbers without a country prefix are read as numbers of ``country`` (two letters).
    """
    if sum(char.isdigit() for char in value) < 3 or len(value) > 60:
        return None
    try:
        number = phonenumbers.parse(value, country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def is_phone(value):
    """Return whether a text is written as E.164 wants it; whose number it is, is not asked."""
    return bool(_E164.fullmatch(value or ""))


def is_mobile(number):
    """Return whether a number in E.164 is one of a mobile phone, as far as its country tells."""
    kinds = phonenumbers.PhoneNumberType
    kind = phonenumbers.number_type(phonenumbers.parse(number))
    return kind in (kinds.MOBILE, kinds.FIXED_LINE_OR_MOBILE)


def is_country(code):
    """Return whether phone numbers of this country (two capital letters) are known."""
    return code in phonenumbers.SUPPORTED_REGIONS


def email(value):
    """Return an email address in lower case without spaces around, or None if it is none.

    International local parts (sørensen@…) are valid (RFC 6531). Whether the mailbox exists
    is not asked.
    """
    address = value.strip().lower()
    if _PLAIN_EMAIL.fullmatch(address) and len(address) <= 64:
        return address
    try:
        validate_email(address, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return None
    return unicodedata.normalize("NFC", address)


def yes_no(value):
    """Return True, False or None for a yes or no in the languages that PRM speaks."""
    word = unicodedata.normalize("NFC", value.strip().casefold())
    if word in _YES:
        return True
    if word in _NO:
        return False
    return None


def decimal(value, decimal_sign="."):
    """Return an amount as float, or None if it is none.

    :param decimal_sign: "." (1,240.50) or "," (1.240,50)
    """
    if isinstance(value, int | float):
        return float(value)
    cleaned = re.sub(r"[\s\u00a0\u202f'€$£]", "", value)
    thousands = "," if decimal_sign == "." else "."
    if not re.fullmatch(
        rf"[+-]?(\d+|\d{{1,3}}({re.escape(thousands)}\d{{3}})+)({re.escape(decimal_sign)}\d+)?",
        cleaned,
    ):
        return None
    return float(cleaned.replace(thousands, "").replace(decimal_sign, "."))
