"""Layouts: which column of a list holds what, and what its values mean.

A preset and a mapping that a practice saved are data of the same shape.
"""

from dataclasses import dataclass, field

from .table import heading_key


@dataclass(frozen=True)
class Target:
    """A thing that a column can hold.

    :param kind: how cells are read: text, name, date, birth_date, phone, email, choice,
        yes_no, decimal, language or note
    :param choices: for ``choice``: the values that a layout may map to
    :param words: headings (see ``heading_key``) by which it is recognised in unknown lists
    """

    name: str
    label: str
    kind: str = "text"
    choices: tuple = ()
    words: tuple = ()


@dataclass(frozen=True)
class Layout:
    """How one source writes its lists of one kind ("patients", "procedures" …).

    :param system: name under which the source's identifiers are kept
    :param columns: (heading, target) pairs; a heading that is missing in a file is left out
    :param values: target -> {value in the file: our value}; compared without case
    :param blank: target -> our value for an empty cell
    :param unknown_dates: what the source writes where it knows no date
    :param date_order: "ymd", "dmy" or "mdy"; None: told from the file
    :param country: two letters, for phone numbers without a country prefix
    """

    code: str
    name: str
    kind: str
    system: str
    columns: tuple
    values: dict = field(default_factory=dict)
    blank: dict = field(default_factory=dict)
    unknown_dates: frozenset = frozenset()
    date_order: str | None = None
    decimal_sign: str = "."
    country: str | None = None

    def heading_of(self, target):
        """Return the heading for a target, or None."""
        return next((heading for heading, name in self.columns if name == target), None)

    def targets(self):
        """Return the names of the targets that this layout fills."""
        return {target for _heading, target in self.columns}

    def share_found(self, headings):
        """Return which part of this layout's columns a file has, 0 to 1."""
        keys = {heading_key(heading) for heading in headings if heading}
        found = sum(heading_key(heading) in keys for heading, _target in self.columns)
        return found / len(self.columns)

    def to_json(self):
        """Return plain values for storing; ``from_json`` reads them back."""
        return {
            "code": self.code,
            "name": self.name,
            "kind": self.kind,
            "system": self.system,
            "columns": [list(pair) for pair in self.columns],
            "values": self.values,
            "blank": self.blank,
            "unknown_dates": sorted(self.unknown_dates),
            "date_order": self.date_order,
            "decimal_sign": self.decimal_sign,
            "country": self.country,
        }

    @classmethod
    def from_json(cls, data):
        """Return the layout that ``to_json`` wrote."""
        return cls(
            **{
                **data,
                "columns": tuple(tuple(pair) for pair in data["columns"]),
                "unknown_dates": frozenset(data.get("unknown_dates") or ()),
            }
        )


#: A file is taken for a preset's when it has at least this part of its columns.
_RECOGNISED_SHARE = 0.4


def recognise(headings, layouts):
    """Return the layout that fits a file's headings best, or None if none fits well.

    A layout whose identifier or names are missing never fits.
    """
    keys = {heading_key(heading) for heading in headings if heading}
    best, best_share = None, _RECOGNISED_SHARE
    for layout in layouts:
        needed = (layout.heading_of(name) for name in ("identifier", "last_name"))
        if any(heading and heading_key(heading) not in keys for heading in needed):
            continue
        share = layout.share_found(headings)
        if share > best_share or (share == best_share and best is None):
            best, best_share = layout, share
    return best


def suggest(headings, targets):
    """Return (heading, target) pairs for a list of unknown layout, by usual headings.

    Each target but ``note`` is suggested once, for the first heading that fits.
    """
    by_word = {}
    for target in targets:
        for word in (target.name.replace("_", " "), target.label, *target.words):
            by_word.setdefault(heading_key(word), target.name)
    pairs, taken = [], set()
    for heading in headings:
        key = heading_key(heading).replace("_", " ").replace(".", "").strip()
        name = by_word.get(key)
        if heading and name and name not in taken:
            taken.add(name)
            pairs.append((heading, name))
    return tuple(pairs)
