"""Dates as practices write them, and the order of day and month in a column."""

import datetime
import re

EARLIEST_BIRTH = datetime.date(1900, 1, 1)

#: Order of the parts. A four-digit year in front is read as such whatever the order.
ORDERS = ("ymd", "dmy", "mdy")

_TIME = r"(?:[T ]\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?"
_YEAR_FIRST = re.compile(r"(\d{4})\s*[-/.]\s*(\d{1,2})\s*[-/.]\s*(\d{1,2})" + _TIME)
_YEAR_LAST = re.compile(r"(\d{1,2})\s*[-/.]\s*(\d{1,2})\s*[-/.]\s*(\d{4})" + _TIME)
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_SHORT_YEAR = re.compile(r"\d{1,2}\s*[-/.]\s*\d{1,2}\s*[-/.]\s*\d{2}" + _TIME)

#: A column's own evidence outweighs the layout's order only when it is this clear.
_CLEAR_SHARE = 0.95
_CLEAR_COUNT = 20


class BadDateError(ValueError):
    """A value that is no date. ``code``: impossible, unreadable or short_year."""

    def __init__(self, code):
        super().__init__(code)
        self.code = code


def parse_date(value, order):
    """Return the date that a cell holds.

    :param value: text, or a date from Excel
    :param order: "ymd", "dmy" or "mdy", for values with the year last
    :raise BadDateError: the day doesn't exist, the year has two digits, or it is no date
    """
    if isinstance(value, datetime.datetime):
        return value.date()
    if isinstance(value, datetime.date):
        return value
    text = str(value).strip()
    match = _YEAR_FIRST.fullmatch(text) or _COMPACT.fullmatch(text)
    if match:
        year, month, day = match.groups()
    else:
        match = _YEAR_LAST.fullmatch(text)
        if not match or order == "ymd":
            raise BadDateError("short_year" if _SHORT_YEAR.fullmatch(text) else "unreadable")
        first, second, year = match.groups()
        day, month = (first, second) if order == "dmy" else (second, first)
    try:
        return datetime.date(int(year), int(month), int(day))
    except ValueError:
        raise BadDateError("impossible") from None


def count_orders(values):
    """Return {"ymd": n, "dmy": n, "mdy": n, "open": n}: what each value says of the order.

    "open" are values such as 05/06/1990, which fit day/month and month/day alike.
    """
    counts = dict.fromkeys((*ORDERS, "open"), 0)
    for value in values:
        if not isinstance(value, str):
            continue
        text = value.strip()
        if _YEAR_FIRST.fullmatch(text):
            counts["ymd"] += 1
            continue
        match = _YEAR_LAST.fullmatch(text)
        if not match:
            continue
        first, second = int(match[1]), int(match[2])
        if first > 12 >= second:
            counts["dmy"] += 1
        elif second > 12 >= first:
            counts["mdy"] += 1
        elif first <= 12 and second <= 12:
            counts["open"] += 1
    return counts


def choose_order(counts, preset=None):
    """Return the order of a column, or None when its values leave it open.

    :param counts: result of ``count_orders`` over a sample of the column
    :param preset: the layout's order; it holds unless the column clearly says otherwise
    """
    best = max(ORDERS, key=lambda order: counts[order])
    told = sum(counts[order] for order in ORDERS)
    if preset:
        clear = counts[best] >= _CLEAR_COUNT and counts[best] >= _CLEAR_SHARE * told
        return best if clear else preset
    # Values with the year last remain open where the rest has it first.
    settled = best != "ymd" or not counts["open"]
    if told and counts[best] > told / 2 and settled:
        return best
    if not told and not counts["open"]:
        return "ymd"
    return None
