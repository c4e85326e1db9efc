"""From a row of cells to one checked record, by a layout."""

from dataclasses import dataclass, field
from itertools import islice
from typing import NamedTuple

from . import normalise
from .dates import BadDateError, choose_order, count_orders, parse_date
from .problems import ImportProblem
from .table import CellError, Formula, column_letters, heading_key

DATE_SAMPLE_ROWS = 5_000

#: ISO 639-2 codes and names of languages, as sources write them, to two letters.
_LANGUAGES = {
    "eng": "en", "english": "en", "inglese": "en", "spa": "es", "spanish": "es",
    "español": "es", "ita": "it", "italian": "it", "italiano": "it", "deu": "de", "ger": "de",
    "german": "de", "deutsch": "de", "zho": "zh", "chi": "zh", "chinese": "zh", "fra": "fr",
    "fre": "fr", "french": "fr", "por": "pt", "portuguese": "pt", "rus": "ru", "russian": "ru",
    "vie": "vi", "vietnamese": "vi", "kor": "ko", "ara": "ar", "arabic": "ar", "pol": "pl",
}  # fmt: skip


class Note(NamedTuple):
    """A value that stays out of its field, or that somebody should look at.

    ``code``: bad_phone, bad_email, bad_date, unknown_value, formula_text, kept
    """

    code: str
    target: str
    heading: str
    value: str


@dataclass(slots=True)
class Record:
    """One row after reading. ``values`` holds only what the row gives.

    ``problem`` and ``bad_birth_date`` say (code, value) why the row can't be taken.
    """

    number: int
    values: dict
    notes: list = field(default_factory=list)
    problem: tuple | None = None
    bad_birth_date: tuple | None = None

    def get(self, target, default=None):
        return self.values.get(target, default)

    def warnings(self):
        """Return the kinds of contact data that were left out, each once, phones first."""
        codes = {note.code for note in self.notes}
        return [code for code in ("bad_phone", "bad_email") if code in codes]

    def note_text(self):
        """Return what fits no field, one "Heading: value" a line."""
        lines = [f"{n.heading}: {n.value}" for n in self.notes if n.code != "formula_text"]
        return "\n".join(dict.fromkeys(lines))


class Mapper:
    """Reads rows of one table by one layout.

    :param targets: the ``Target``s of the layout's kind
    :param country: two letters, for phone numbers without a country prefix
    :param date_order: chosen by hand; else the layout's, else told from the file
    :param required: names of targets without which the list makes no sense
    :raise ImportProblem: a required column is missing, or the order of dates stays open
    """

    def __init__(self, table, layout, targets, country, *, date_order=None, required=()):
        if not normalise.is_country(country):
            raise ImportProblem("unknown_country", country=country)
        self.layout = layout
        self.country = country
        self._targets = {target.name: target for target in targets}
        self._values = {
            target: {heading_key(value): ours for value, ours in pairs.items()}
            for target, pairs in layout.values.items()
        }
        self.columns = self._find_columns(table.headings, required)
        self.date_orders = self._find_date_orders(table, date_order)

    # -- preparation

    def _find_columns(self, headings, required):
        """Return [(index, heading, target)] of the columns that are read, as in the file."""
        index_of = {heading_key(heading): i for i, heading in enumerate(headings) if heading}
        columns = []
        for heading, name in self.layout.columns:
            index = index_of.get(heading_key(heading))
            if index is not None and name in self._targets:
                columns.append((index, headings[index], self._targets[name]))
        found = {target.name for _index, _heading, target in columns}
        for name in required:
            if name not in found:
                heading = self.layout.heading_of(name)
                if heading:
                    raise ImportProblem("missing_column", row=1, heading=heading)
                raise ImportProblem("no_identifier_column", target=self._targets[name].label)
        return sorted(columns, key=lambda column: column[0])

    def _find_date_orders(self, table, chosen):
        """Return {column index: order of its dates}."""
        dates = [
            (index, heading)
            for index, heading, target in self.columns
            if target.kind in ("date", "birth_date")
        ]
        if not dates:
            return {}
        if chosen:
            return {index: chosen for index, _heading in dates}
        sample = list(islice(table.rows(), DATE_SAMPLE_ROWS))
        orders, open_column = {}, None
        for index, heading in dates:
            values = [row.cells[index] for row in sample if len(row.cells) > index]
            known = [value for value in values if value not in self.layout.unknown_dates]
            orders[index] = choose_order(count_orders(known), self.layout.date_order)
            if orders[index] is None:
                open_column = open_column or (index, heading)
        told = {order for order in orders.values() if order in ("dmy", "mdy")}
        if open_column and len(told) == 1:
            # One list writes all its dates in one order.
            orders = {index: order or min(told) for index, order in orders.items()}
        elif open_column:
            raise self._open_order(open_column, sample)
        return orders

    @staticmethod
    def _open_order(column, sample):
        index, heading = column
        for row in sample:
            value = row.cells[index] if len(row.cells) > index else ""
            if count_orders([value])["open"]:
                return ImportProblem(
                    "ambiguous_dates", row=row.number, heading=heading, value=value
                )
        return ImportProblem("ambiguous_dates", row=1, heading=heading, value="")

    # -- reading

    def read(self, row):
        """Return the ``Record`` of a ``Row``.

        :raise ImportProblem: an Excel cell that is imported holds a formula
        """
        record = Record(row.number, {})
        if row.problem:
            record.problem = (row.problem, "")
            return record
        cells = row.cells
        width = len(cells)
        for column in self.columns:
            index, heading, target = column
            cell = cells[index] if index < width else ""
            if type(cell) is Formula:
                raise ImportProblem(
                    "formula", row=row.number, heading=heading, column=column_letters(index)
                )
            if type(cell) is CellError:
                record.problem = ("cell_error", f"{heading}: {cell.text}")
                continue
            value = normalise.text(cell)
            if not value:
                if target.name in self.layout.blank:
                    record.values[target.name] = self.layout.blank[target.name]
                continue
            if value[0] == "=":
                record.notes.append(Note("formula_text", target.name, heading, value))
            self._READERS[target.kind](self, record, column, value, cell)
        return record

    def _read_text(self, record, column, value, _cell):
        _index, _heading, target = column
        record.values[target.name] = value

    def _read_name(self, record, column, value, _cell):
        _index, _heading, target = column
        value = normalise.name(value)
        if value:
            record.values[target.name] = value

    def _read_note(self, record, column, value, _cell):
        _index, heading, target = column
        record.notes.append(Note("kept", target.name, heading, value))

    def _read_phone(self, record, column, value, _cell):
        _index, heading, target = column
        number = normalise.phone(value, self.country)
        if number:
            record.values[target.name] = number
        else:
            record.notes.append(Note("bad_phone", target.name, heading, value))

    def _read_email(self, record, column, value, _cell):
        _index, heading, target = column
        address = normalise.email(value)
        if address:
            record.values[target.name] = address
        else:
            record.notes.append(Note("bad_email", target.name, heading, value))

    def _read_birth_date(self, record, column, value, cell):
        index, _heading, target = column
        if value in self.layout.unknown_dates:
            return
        try:
            record.values[target.name] = self._parse_date(cell, value, index)
        except BadDateError as error:
            record.bad_birth_date = (error.code, value)

    def _read_date(self, record, column, value, cell):
        index, heading, target = column
        if value in self.layout.unknown_dates:
            return
        try:
            record.values[target.name] = self._parse_date(cell, value, index)
        except BadDateError:
            record.notes.append(Note("bad_date", target.name, heading, value))

    def _read_choice(self, record, column, value, _cell):
        _index, heading, target = column
        ours = self._values.get(target.name, {}).get(heading_key(value))
        if ours is None and target.name not in self._values:
            ours = value if value in target.choices else None
        if ours is None:
            record.notes.append(Note("unknown_value", target.name, heading, value))
            ours = self.layout.blank.get(target.name)
        if ours:
            record.values[target.name] = ours

    def _read_yes_no(self, record, column, value, _cell):
        _index, heading, target = column
        answer = self._values.get(target.name, {}).get(heading_key(value), value)
        known = normalise.yes_no(answer)
        if known is not None:
            record.values[target.name] = known
        elif answer:
            record.notes.append(Note("unknown_value", target.name, heading, value))

    def _read_decimal(self, record, column, value, cell):
        _index, heading, target = column
        amount = normalise.decimal(
            cell if isinstance(cell, int | float) else value, self.layout.decimal_sign
        )
        if amount is None:
            record.notes.append(Note("unknown_value", target.name, heading, value))
        else:
            record.values[target.name] = amount

    def _read_language(self, record, column, value, _cell):
        _index, heading, target = column
        key = value.casefold()
        code = _LANGUAGES.get(key) or (key[:2] if len(key) == 2 or key[2:3] in "-_" else None)
        if code and code.isascii() and code.isalpha():
            record.values[target.name] = code
        else:
            record.notes.append(Note("unknown_value", target.name, heading, value))

    def _parse_date(self, cell, value, index):
        """Excel hands over dates as dates; everything else is read from its text."""
        date = cell if hasattr(cell, "year") else value
        return parse_date(date, self.date_orders.get(index) or "ymd")

    _READERS = {
        "text": _read_text,
        "name": _read_name,
        "note": _read_note,
        "phone": _read_phone,
        "email": _read_email,
        "birth_date": _read_birth_date,
        "date": _read_date,
        "choice": _read_choice,
        "yes_no": _read_yes_no,
        "decimal": _read_decimal,
        "language": _read_language,
    }
