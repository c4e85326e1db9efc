"""Excel files (.xlsx) as numbered rows, read cell by cell with flat memory."""

import datetime
import zipfile
import zlib

from .problems import ImportProblem
from .table import COLUMN_LIMIT, CellError, Formula, Row, check_headings

#: What a workbook may unpack to. 100,000 patients of 25 columns make about 150 MB of XML.
UNPACKED_LIMIT_MB = 1024
#: Texts shared between cells are kept in memory by the reader.
SHARED_TEXT_LIMIT_MB = 256
#: XML shrinks 10 to 30 times; a file made to burst shrinks 1,000 times.
RATIO_LIMIT = 200
_MB = 1024 * 1024


class XlsxTable:
    """A sheet of an Excel file: ``headings`` and, any number of times, ``rows()``.

    :param file: binary, seekable
    :param sheet: name of the sheet; else the first visible one that holds something
    """

    kind = "xlsx"
    encoding = None
    delimiter = None

    def __init__(self, file, sheet=None):
        self.file = file
        _check_zip(file)
        workbook = self._open()
        try:
            visible = [ws for ws in workbook.worksheets if ws.sheet_state == "visible"]
            self.sheets = tuple(ws.title for ws in visible)
            self.sheet, self._heading_row, first = self._find_sheet(visible, sheet)
        finally:
            workbook.close()
        self.headings = check_headings(first)

    def rows(self):
        """Yield ``Row`` for each row below the heading that isn't blank.

        Numbers are those that Excel shows when the heading stands in row 1.
        """
        width = len(self.headings)
        workbook = self._open()
        try:
            for number, cells in self._cells(workbook[self.sheet]):
                if number <= self._heading_row or all(_is_blank(cell) for cell in cells):
                    continue
                problem = None
                if len(cells) > width and not all(_is_blank(cell) for cell in cells[width:]):
                    problem = "too_many_cells"
                yield Row(number - self._heading_row + 1, cells, problem)
        finally:
            workbook.close()

    def _open(self):
        # Imported here: CSV files, by far the most frequent, need none of it.
        from openpyxl import load_workbook

        self.file.seek(0)
        try:
            return load_workbook(self.file, read_only=True, keep_links=False)
        except Exception as error:  # whatever a damaged file makes the parser raise
            raise ImportProblem("corrupt_xlsx") from error

    def _find_sheet(self, visible, wanted):
        for worksheet in visible:
            if wanted and worksheet.title != wanted:
                continue
            for number, cells in self._cells(worksheet):
                if not all(_is_blank(cell) for cell in cells):
                    return worksheet.title, number, [_heading(cell) for cell in cells]
        raise ImportProblem("empty_file")

    @staticmethod
    def _cells(worksheet):
        """Yield (row number in the sheet, list of values)."""
        # The size that a file claims for its sheet may be wrong either way.
        worksheet.reset_dimensions()
        try:
            for number, row in enumerate(worksheet.iter_rows(), start=1):
                # Sheets that were once formatted to the edge have thousands of empty cells.
                if any(cell.value is not None for cell in row[COLUMN_LIMIT:]):
                    raise ImportProblem("too_many_columns", row=number, limit=COLUMN_LIMIT)
                yield number, [_value(cell) for cell in row[:COLUMN_LIMIT]]
        except ImportProblem:
            raise
        except Exception as error:  # damaged XML, dates out of range, cut-off archive
            raise ImportProblem("corrupt_xlsx") from error


def _value(cell):
    value = cell.value
    if value is None or (isinstance(value, str) and not value):
        return ""
    if cell.data_type == "f":
        return Formula(str(getattr(value, "text", None) or value))
    if cell.data_type == "e":
        return CellError(str(value))
    if isinstance(value, datetime.timedelta | datetime.time):
        return str(value)
    return value


def _heading(value):
    if isinstance(value, Formula | CellError):
        return value.text
    return value


def _is_blank(value):
    return value is None or (isinstance(value, str) and not value.strip())


def _check_zip(file):
    """Refuse what is no workbook, is damaged, or would burst, before anything is unpacked."""
    file.seek(0)
    try:
        with zipfile.ZipFile(file) as archive:
            entries = archive.infolist()
            names = {entry.filename for entry in entries}
            if "xl/workbook.xml" not in names:
                raise ImportProblem("binary_file", what="a compressed file or another document")
            if any(entry.flag_bits & 1 for entry in entries):
                raise ImportProblem("encrypted")
            _check_sizes(entries)
            for entry in entries:
                # Excel never writes a document type; entities in one can burst.
                if entry.filename.endswith((".xml", ".rels")):
                    with archive.open(entry) as part:
                        if b"<!DOCTYPE" in part.read(1024):
                            raise ImportProblem("corrupt_xlsx")
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError) as error:
        raise ImportProblem("corrupt_xlsx") from error
    file.seek(0)


def _check_sizes(entries):
    total = sum(entry.file_size for entry in entries)
    shared = sum(e.file_size for e in entries if e.filename == "xl/sharedStrings.xml")
    packed = sum(entry.compress_size for entry in entries) or 1
    bursting = total > 20 * _MB and total / packed > RATIO_LIMIT
    if bursting or total > UNPACKED_LIMIT_MB * _MB:
        raise ImportProblem("too_large", limit=UNPACKED_LIMIT_MB)
    if shared > SHARED_TEXT_LIMIT_MB * _MB:
        raise ImportProblem("too_large", limit=SHARED_TEXT_LIMIT_MB)
