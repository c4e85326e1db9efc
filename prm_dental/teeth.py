"""Teeth and their surfaces: plain Python, no database.

Teeth are named by FDI numbers everywhere inside (ISO 3950:2016, *Designation system for teeth and
areas of the oral cavity*): the first digit is the quadrant, clockwise from the patient's upper
right (1 to 4 permanent, 5 to 8 deciduous), the second the place counted from the middle. The
Universal numbering (American Dental Association: 1 to 32, A to T) and Palmer's notation (a corner
and a number, or a letter for a deciduous tooth) are other ways to write the same.

Surfaces are the letters that charts use: M mesial, D distal, F facial (labial, buccal of a front
tooth), B buccal, L lingual or palatal, I incisal, O occlusal.

What is wrong raises `ToothError` with a code and values; `SENTENCES` has the words. Only names for
codes lie here: the thin layer over the database translates them.
"""

from dataclasses import dataclass
from functools import cache


def _(source):
    """Mark words for translation; the Odoo side translates them."""
    return source


#: Areas of ISO 3950 that are not a single tooth.
AREAS = {
    "01": _("Upper jaw"),
    "02": _("Lower jaw"),
    "10": _("Upper right"),
    "20": _("Upper left"),
    "30": _("Lower left"),
    "40": _("Lower right"),
}
ARCHES = ("01", "02")
QUADRANTS = ("10", "20", "30", "40")

#: Names by place from the middle.
_PERMANENT_NAMES = {
    1: _("central incisor"),
    2: _("lateral incisor"),
    3: _("canine"),
    4: _("first premolar"),
    5: _("second premolar"),
    6: _("first molar"),
    7: _("second molar"),
    8: _("third molar"),
}
_DECIDUOUS_NAMES = {
    1: _("deciduous central incisor"),
    2: _("deciduous lateral incisor"),
    3: _("deciduous canine"),
    4: _("deciduous first molar"),
    5: _("deciduous second molar"),
}
SURFACE_NAMES = {
    "M": _("mesial"),
    "O": _("occlusal"),
    "I": _("incisal"),
    "D": _("distal"),
    "B": _("buccal"),
    "F": _("facial"),
    "L": _("lingual"),
}

#: Surfaces in the order in which they are written: MOD, MODBL, MIDFL.
_ANTERIOR, _POSTERIOR = "MIDFL", "MODBL"
#: Other letters for the same surface: V vestibular, P palatal.
_OUTER, _INNER = "FBV", "LP"

#: Usual ages, in years, at which a deciduous tooth is shed, by arch and place from the middle.
#: Source: American Dental Association, "Eruption Charts", primary teeth, column "Shed".
SHED_AGES = {
    ("upper", 1): (6, 7),
    ("upper", 2): (7, 8),
    ("upper", 3): (10, 12),
    ("upper", 4): (9, 11),
    ("upper", 5): (10, 12),
    ("lower", 1): (6, 7),
    ("lower", 2): (7, 8),
    ("lower", 3): (9, 12),
    ("lower", 4): (9, 11),
    ("lower", 5): (10, 12),
}

#: Corners of Palmer's notation by quadrant: the lines between which the number stands, as the
#: dentist sees the patient, and the two letters that stand for it in plain text.
_PALMER = {1: ("", "┘", "UR"), 2: ("└", "", "UL"), 3: ("┌", "", "LL"), 4: ("", "┐", "LR")}

SENTENCES = {
    "no_tooth": _(
        "There is no tooth “%(tooth)s”. Write its FDI number: 11 to 48, or 51 to 85 for a"
        " deciduous tooth."
    ),
    "no_surface": _(
        "“%(letter)s” is no surface of a tooth. Write the letters of the surfaces, such as MOD."
    ),
    "not_on_tooth": _("Tooth %(tooth)s has no surface “%(letter)s”. It has %(surfaces)s."),
    "no_surfaces_without_tooth": _("Surfaces belong to a tooth. Write which tooth it is."),
}


class ToothError(ValueError):
    """Something written about a tooth that can't be.

    :param code: key of ``SENTENCES``; ``params`` its values.
    """

    def __init__(self, code, **params):
        self.code = code
        self.template = SENTENCES[code]
        self.params = params
        super().__init__(self.template % params)


@dataclass(frozen=True)
class Tooth:
    """One place for a tooth.

    :param quadrant: 1 to 8; :param place: 1 to 8 (5 for deciduous teeth), counted from the middle.
    """

    quadrant: int
    place: int

    @property
    def fdi(self):
        """The FDI number, as text."""
        return f"{self.quadrant}{self.place}"

    @property
    def deciduous(self):
        return self.quadrant > 4

    @property
    def corner(self):
        """1 to 4: the quadrant whatever the dentition."""
        return (self.quadrant - 1) % 4 + 1

    @property
    def area(self):
        """The ISO 3950 code of its quadrant."""
        return f"{self.corner}0"

    @property
    def arch(self):
        """``upper`` or ``lower``."""
        return "upper" if self.corner < 3 else "lower"

    @property
    def side(self):
        """``right`` or ``left``, the patient's own."""
        return "right" if self.corner in (1, 4) else "left"

    @property
    def kind(self):
        """``incisor``, ``canine``, ``premolar`` or ``molar``."""
        if self.place < 3:
            return "incisor"
        if self.place == 3:
            return "canine"
        return "premolar" if self.place < 6 and not self.deciduous else "molar"

    @property
    def anterior(self):
        return self.place < 4

    @property
    def surfaces(self):
        """Letters of the surfaces that it has, in the order in which they are written."""
        return _ANTERIOR if self.anterior else _POSTERIOR

    @property
    def universal(self):
        """Its number (1 to 32) or letter (A to T) in the Universal system."""
        return _universal()[self.fdi]

    @property
    def palmer(self):
        """Palmer's notation with its corner: 6┘ is the upper right first molar."""
        before, after, _letters = _PALMER[self.corner]
        return f"{before}{self._palmer_sign}{after}"

    @property
    def palmer_text(self):
        """Palmer's notation in plain letters: UR6, ULC."""
        return f"{_PALMER[self.corner][2]}{self._palmer_sign}"

    @property
    def _palmer_sign(self):
        return "ABCDE"[self.place - 1] if self.deciduous else str(self.place)

    @property
    def name_parts(self):
        """Words of its name for the translator: where it is, and what it is."""
        names = _DECIDUOUS_NAMES if self.deciduous else _PERMANENT_NAMES
        return AREAS[self.area], names[self.place]

    @property
    def shed_age(self):
        """(from, to) in years: when a deciduous tooth usually falls out; None for a permanent one.

        Source: see ``SHED_AGES``.
        """
        return SHED_AGES[self.arch, self.place] if self.deciduous else None


#: In the order of a chart: upper row from the patient's right to the left, then the lower row.
PERMANENT = tuple(
    Tooth(quadrant, place)
    for quadrant, places in ((1, range(8, 0, -1)), (2, range(1, 9)), (4, range(8, 0, -1)),
                             (3, range(1, 9)))
    for place in places
)  # fmt: skip
DECIDUOUS = tuple(
    Tooth(quadrant, place)
    for quadrant, places in ((5, range(5, 0, -1)), (6, range(1, 6)), (8, range(5, 0, -1)),
                             (7, range(1, 6)))
    for place in places
)  # fmt: skip
TEETH = {tooth.fdi: tooth for tooth in (*PERMANENT, *DECIDUOUS)}


@cache
def _universal():
    """{FDI number: number or letter in the Universal system}.

    It counts clockwise from the upper right and back along the lower jaw from the left.
    """
    found = {}
    for row, signs in ((PERMANENT, range(1, 33)), (DECIDUOUS, "ABCDEFGHIJKLMNOPQRST")):
        half = len(row) // 2
        for tooth, sign in zip((*row[:half], *reversed(row[half:])), signs, strict=True):
            found[tooth.fdi] = str(sign)
    return found


@cache
def universal_to_fdi():
    """{number or letter in the Universal system: FDI number}."""
    return {sign: fdi for fdi, sign in _universal().items()}


@cache
def _palmer_to_fdi():
    both = {tooth.palmer: tooth.fdi for tooth in TEETH.values()}
    return both | {tooth.palmer_text: tooth.fdi for tooth in TEETH.values()}


def tooth(written):
    """The `Tooth` that is meant by its FDI number, or by Palmer's notation (``UR6``, ``6┘``).

    A Universal number can't be told from an FDI number: see `from_universal`.

    :raises ToothError: ``no_tooth``
    """
    text = "".join(str(written or "").split()).upper().replace(".", "").replace("-", "")
    found = TEETH.get(text) or TEETH.get(_palmer_to_fdi().get(text))
    if not found:
        raise ToothError("no_tooth", tooth=written or "")
    return found


def from_universal(written):
    """The `Tooth` with a Universal number or letter.

    :raises ToothError: ``no_tooth``
    """
    text = str(written).strip().lstrip("#").upper()
    fdi = universal_to_fdi().get(text.lstrip("0") or text)
    if not fdi:
        raise ToothError("no_tooth", tooth=written)
    return TEETH[fdi]


def surfaces(of_tooth, written):
    """Surfaces of a tooth in the order in which they are written, each once.

    F, B and V are the outer surface, L and P the inner one, whichever of them is written; spaces,
    commas and hyphens don't matter.

    :param of_tooth: `Tooth`
    :return: letters, such as ``MOD``; empty for nothing.
    :raises ToothError: ``no_surface``, ``not_on_tooth``
    """
    found = set()
    for letter in str(written or "").upper():
        if letter in " ,;-/":
            continue
        if letter in _OUTER:
            letter = "F" if of_tooth.anterior else "B"
        elif letter in _INNER:
            letter = "L"
        elif letter not in SURFACE_NAMES:
            raise ToothError("no_surface", letter=letter)
        if letter not in of_tooth.surfaces:
            raise ToothError(
                "not_on_tooth",
                tooth=of_tooth.fdi,
                letter=letter,
                surfaces=", ".join(of_tooth.surfaces),
            )
        found.add(letter)
    return "".join(letter for letter in of_tooth.surfaces if letter in found)


def normalise(written_tooth, written_surfaces):
    """(FDI number, surfaces) of what was written, each ``""`` for nothing.

    :raises ToothError:
    """
    if not (written_tooth or "").strip():
        if (written_surfaces or "").strip():
            raise ToothError("no_surfaces_without_tooth")
        return "", ""
    found = tooth(written_tooth)
    return found.fdi, surfaces(found, written_surfaces)


def tidy(written_tooth, written_surfaces):
    """The same for a list that is taken over as it is: what can't be read stays as written."""
    try:
        return normalise(written_tooth, written_surfaces)
    except ToothError:
        return (written_tooth or "").strip(), (written_surfaces or "").strip()


def is_overdue(fdi, age):
    """Whether a deciduous tooth is asked about at an age: it has usually been shed before.

    :param fdi: FDI number; :param age: in whole years, or None if it is not known.
    """
    found = TEETH.get(fdi)
    return bool(found and found.deciduous and age is not None and age > found.shed_age[1])
