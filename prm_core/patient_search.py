"""How a patient is found: one text column that holds everything a person may be called by.

Plain Python without records. `search_key` makes the text that is stored, `search_terms` turns what
was typed into pieces that must all occur in it. Both go through the same normalisation, so accents,
case and punctuation never matter.
"""

import re
import unicodedata
from datetime import date

#: Letters that Unicode does not decompose, as people without that keyboard type them.
_LETTERS = str.maketrans(
    {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "ł": "l", "þ": "th", "ı": "i"}
)
_PUNCTUATION = re.compile(r"[^\w\s]|_")
_SPACES = re.compile(r"\s+")
_PHONE = re.compile(r"^\+?[\d\s().\-/]+$")
_DATE = re.compile(r"^(\d{1,4})[-/. ](\d{1,2})[-/. ](\d{1,4})$")

#: With fewer digits than this, a number is an identifier or the end of a phone number.
MIN_PHONE_DIGITS = 6

#: Letters up to which a fragment is too short for a trigram index.
MAX_SHORT = 2


def fold(text):
    """Lower case, no accents, single spaces: ``"  Renée ST.CLAIRE" -> "renee st.claire"``."""
    decomposed = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS))
    plain = "".join(char for char in decomposed if not unicodedata.combining(char))
    return _SPACES.sub(" ", plain).strip()


def _digits(text):
    return re.sub(r"\D", "", text)


def sort_name(last_name, first_name):
    """The text by which patients are put in order: last name first, accents ignored."""
    parts = [fold(part) for part in (last_name, first_name) if part]
    return ", ".join(parts)


def _name_words(name):
    """A name with its punctuation left out, and with spaces for it: "O'Neil" -> oneil, o neil."""
    folded = fold(name)
    joined = _SPACES.sub(" ", _PUNCTUATION.sub("", folded)).strip()
    spaced = _SPACES.sub(" ", _PUNCTUATION.sub(" ", folded)).strip()
    return [joined] if joined == spaced else [joined, spaced]


def _short_fragments(names):
    """All one- and two-letter pieces of the words of folded names, in order."""
    words = {word for name in names for word in name.split(" ")}
    return sorted(
        {
            word[start : start + length]
            for word in words
            for length in (1, MAX_SHORT)
            for start in range(len(word) - length + 1)
        }
    )


def search_key(names=(), phones=(), birth_date=None, identifiers=(), emails=()):
    """The stored text over all that a patient can be found by.

    Parts stand between bars; identifiers have a number sign before them, so that a short number
    finds the identifier that begins with it and not any phone number that holds it. Behind the last
    bar stand all pieces of the names that are too short for a trigram, each as a word of its own:
    so the trigram index finds them too, where it would otherwise have to be read from end to end.

    :param names: texts; :param phones: texts, best in E.164; :param birth_date: date or None;
    :param identifiers: values without their system; :param emails: texts.
    :rtype: str
    """
    parts = []
    for name in names:
        if name:
            parts += [word for word in _name_words(name) if word not in parts]
    short = _short_fragments(parts)
    parts += [_digits(phone) for phone in phones if phone and _digits(phone)]
    if birth_date:
        parts.append(birth_date.isoformat())
    parts += [f"#{fold(value)}" for value in identifiers if value]
    parts += [fold(email) for email in emails if email]
    if not parts:
        return ""
    return f"|{'|'.join(parts)}|" + (f" {' '.join(short)} " if short else "")


def _dates(text):
    """ISO texts of the dates that a typed date may mean: day first, month first, or ISO."""
    match = _DATE.match(text)
    if not match:
        return []
    first, middle, last = (int(group) for group in match.groups())
    if len(match.group(1)) == 4:
        candidates = [(first, middle, last)]
    elif len(match.group(3)) == 4:
        candidates = [(last, middle, first), (last, first, middle)]
    else:
        return []
    found = []
    for candidate in candidates:
        try:
            iso = date(*candidate).isoformat()
        except ValueError:
            continue
        if iso not in found:
            found.append(iso)
    return found


def _number(text):
    """Alternatives for something typed in digits."""
    digits = _digits(text)
    if len(digits) < MIN_PHONE_DIGITS:
        return [f"#{digits}", f"{digits}|"]
    # 0039… is +39…, and the trunk zero of a national number is not in E.164 everywhere.
    return [digits.lstrip("0") or digits]


def search_terms(typed):
    """What was typed, as a list of alternatives lists: each list must be matched by one of its own.

    >>> search_terms("Müller 12/3/1985")
    [['muller'], ['1985-03-12', '1985-12-03']]
    >>> search_terms("(202) 555-0101")
    [['2025550101']]
    >>> search_terms("mü")
    [[' mu ']]
    """
    text = _SPACES.sub(" ", typed).strip()
    if not text:
        return []
    if dates := _dates(text):
        return [dates]
    if _PHONE.match(text) and _digits(text):
        return [_number(text)]
    terms = []
    for word in text.split(" "):
        if dates := _dates(word):
            terms.append(dates)
        elif "@" in word or (word.startswith("#") and len(word) > 1):
            terms.append([fold(word)])
        elif word.isdigit():
            terms.append(_number(word))
        elif plain := _PUNCTUATION.sub("", fold(word)):
            if len(plain) <= MAX_SHORT:
                # Stands as a word of its own in the key: see `search_key`.
                terms.append([f" {plain} "])
                continue
            # An identifier may hold punctuation that a name loses.
            folded = fold(word)
            terms.append([plain] if plain == folded else [plain, f"#{folded}"])
    return terms
