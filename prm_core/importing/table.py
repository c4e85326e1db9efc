"""What every kind of table offers: headings and numbered rows."""

import re
from typing import NamedTuple

from .problems import ImportProblem

COLUMN_LIMIT = 500

#: A heading that is a number, a date or an address is no heading: the list has none.
_VALUE = re.compile(r"[+(]?\d[\d\s().,:/+-]*|\S+@\S+\.\S+")


class Row(NamedTuple):
    """One record. ``number`` counts the heading as 1. ``problem``: why it can't be trusted."""

    number: int
    cells: list
    problem: str | None


class Formula(NamedTuple):
    """An Excel cell that holds a formula instead of a value."""

    text: str


class CellError(NamedTuple):
    """An Excel cell that holds an error such as #N/A."""

    text: str


def column_letters(index):
    """Return a column's letters as spreadsheets show them (0 -> A, 27 -> AB)."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def heading_key(heading):
    """Key for comparing headings: case and spaces don't count."""
    return " ".join(str(heading).split()).casefold()


def check_headings(cells, delimiters=False):
    """Return the headings of row 1 as a tuple of texts; blank ones are "".

    :param delimiters: trailing blank headings come from stray delimiters and are dropped
    :raise ImportProblem: one column, too many, values instead of headings, or a heading twice
    """
    headings = ["" if cell is None else " ".join(str(cell).split()) for cell in cells]
    while headings and not headings[-1]:
        headings.pop()
    if not headings:
        raise ImportProblem("empty_file")
    if len(headings) < 2:
        raise ImportProblem("one_column")
    if len(headings) > COLUMN_LIMIT:
        raise ImportProblem("too_many_columns", row=1, limit=COLUMN_LIMIT)
    seen = {}
    for index, heading in enumerate(headings):
        if _VALUE.fullmatch(heading):
            raise ImportProblem("no_heading", row=1, value=heading[:40])
        key = heading_key(heading)
        if key and key in seen:
            raise ImportProblem(
                "duplicate_heading",
                row=1,
                heading=heading,
                first=column_letters(seen[key]),
                second=column_letters(index),
            )
        seen[key] = index
    return tuple(headings)
