"""Rejected rows as a file: the columns as they came, with the row's number and reason in front.

People correct such a file and import it again, so its columns keep their headings. Spreadsheets
run cells that look like formulas; a quotation mark in front makes them text, and importing the
file again takes it off.
"""

import csv
import io
import re

from .normalise import text
from .table import CellError, Formula

#: What a spreadsheet takes for a formula, but not plain numbers and phone numbers.
_FORMULA = re.compile(r"[=@\t\r]|[+-](?![\d\s().,/-]*$)")


def neutral(value):
    """Return a cell's text in a form that no spreadsheet runs as a formula."""
    value = value.text if isinstance(value, Formula | CellError) else text(value)
    return f"'{value}" if _FORMULA.match(value) else value


def write_csv(headings, rows, row_heading, reason_heading, delimiter=","):
    """Return a CSV file (UTF-8 with BOM, which Excel needs) as bytes.

    :param rows: iterable of (row number, reason, cells)
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter)
    writer.writerow([row_heading, reason_heading, *map(neutral, headings)])
    for number, reason, cells in rows:
        writer.writerow([number, reason, *map(neutral, cells)])
    return out.getvalue().encode("utf-8-sig")


def write_xlsx(headings, rows, row_heading, reason_heading):
    """Return an Excel file as bytes; every cell is text, so that nothing is calculated.

    :param rows: iterable of (row number, reason, cells)
    """
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell

    workbook = Workbook(write_only=True)
    sheet = workbook.create_sheet(reason_heading[:31])

    def as_text(value):
        cell = WriteOnlyCell(sheet)
        cell.value = neutral(value)
        cell.data_type = "s"
        return cell

    sheet.append([row_heading, reason_heading, *map(as_text, headings)])
    for number, reason, cells in rows:
        sheet.append([number, as_text(reason), *map(as_text, cells)])
    out = io.BytesIO()
    workbook.save(out)
    return out.getvalue()
