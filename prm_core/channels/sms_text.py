"""How a text becomes an SMS: alphabet, number of parts, price (3GPP TS 23.038 and 23.040)."""

import unicodedata
from dataclasses import dataclass

#: The basic alphabet, in the order of the table in TS 23.038; ESC is not a letter of its own.
GSM7_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
#: Letters that are written as two: an escape and a letter.
GSM7_EXTENSION = frozenset("\f^{}\\[~]|€")
_GSM7 = GSM7_BASIC | GSM7_EXTENSION

#: Units in a single SMS, and in each part of a longer one, whose header takes some room.
LIMITS = {"gsm7": (160, 153), "ucs2": (70, 67)}

#: Signs that word processors put in, and what stands for them in a plain SMS.
_REPLACEMENTS = str.maketrans(
    {
        "‘": "'", "’": "'", "‚": "'", "‛": "'", "´": "'", "`": "'",
        "“": '"', "”": '"', "„": '"', "«": '"', "»": '"',
        "‐": "-", "‑": "-", "‒": "-", "–": "-", "—": "-", "−": "-", "•": "-",
        "…": "...", "\u00a0": " ", "\u202f": " ", "\t": " ",
        "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "œ": "oe", "Œ": "OE", "ı": "i",
        "\u200b": "", "\ufeff": "", "\u00ad": "",
    }
)  # fmt: skip


@dataclass(frozen=True)
class SmsSize:
    """:param encoding: ``gsm7`` or ``ucs2``; :param units: septets or UTF-16 units;
    :param parts: the text of each SMS that it takes, in order."""

    encoding: str
    units: int
    parts: tuple

    @property
    def segments(self):
        """Number of SMS that are paid for."""
        return len(self.parts)


def encoding(text):
    """``gsm7`` when each letter is in that alphabet, else ``ucs2``.

    >>> encoding("Perché no?"), encoding("Così è già più"), encoding("Olá")
    ('gsm7', 'gsm7', 'ucs2')
    """
    return "gsm7" if _GSM7.issuperset(text) else "ucs2"


def _width(char, alphabet):
    """Units that one letter takes: an escape pair and a surrogate pair take two."""
    if alphabet == "gsm7":
        return 2 if char in GSM7_EXTENSION else 1
    return 2 if ord(char) > 0xFFFF else 1


def measure(text):
    """The `SmsSize` of a text. Letters of two units are never split between parts.

    >>> measure("a" * 161).segments, measure("€" * 80).segments, measure("").segments
    (2, 1, 1)
    """
    alphabet = encoding(text)
    single, multiple = LIMITS[alphabet]
    units = sum(_width(char, alphabet) for char in text)
    if units <= single:
        return SmsSize(alphabet, units, (text,))
    parts, start, used = [], 0, 0
    for index, char in enumerate(text):
        width = _width(char, alphabet)
        if used + width > multiple:
            parts.append(text[start:index])
            start, used = index, 0
        used += width
    parts.append(text[start:])
    return SmsSize(alphabet, units, tuple(parts))


def transliterate(text):
    """The text in letters of GSM-7, as far as there are any: á becomes a, è stays.

    The table has Ç but not ç, which becomes c. What has no near letter, such as Chinese and
    emoji, stays, and the text stays UCS-2.

    >>> transliterate("Olá, “João” è già qui…")
    'Ola, "Joao" è già qui...'
    """
    if _GSM7.issuperset(text):
        return text
    text = unicodedata.normalize("NFC", text).translate(_REPLACEMENTS)
    if _GSM7.issuperset(text):
        return text
    result = []
    for char in text:
        if encoding(char) == "ucs2":
            base = unicodedata.normalize("NFD", char)[0]
            char = base if base.isascii() and encoding(base) == "gsm7" else char
        result.append(char)
    return "".join(result)


def cost(text, price):
    """Price of sending a text, in the currency of ``price``, which is for one SMS."""
    return measure(text).segments * price
