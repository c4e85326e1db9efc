"""Open a practice's list, whatever its kind, as headings and numbered rows."""

from .csv_table import CsvTable
from .encodings import file_kind
from .problems import ImportProblem
from .xlsx_table import XlsxTable


def open_table(file, encoding=None, delimiter=None, sheet=None):
    """Return a table with ``headings`` and ``rows()`` for a binary, seekable file.

    :param encoding: Python codec chosen by hand; None detects it
    :param delimiter: delimiter chosen by hand; None detects it
    :param sheet: name of the Excel sheet; None takes the first with content
    :raise ImportProblem: the file is no table that can be read
    """
    if file_kind(file) == "xlsx":
        return XlsxTable(file, sheet=sheet)
    return CsvTable(file, encoding=encoding, delimiter=delimiter)


def require_rows(table):
    """Raise ImportProblem when nothing stands below the headings."""
    if next(iter(table.rows()), None) is None:
        raise ImportProblem("no_rows")
