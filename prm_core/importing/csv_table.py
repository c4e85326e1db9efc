"""CSV files as numbered records, with flat memory and a bound on every record."""

import contextlib
import csv
import io
import itertools
import re

from .encodings import ENCODING_NAMES, RECORD_LIMIT, detect_encoding
from .problems import ImportProblem
from .table import Row, check_headings

DELIMITERS = (",", ";", "\t", "|")
SAMPLE_RECORDS = 100
#: Records that break off in the sample say nothing about the delimiter.
SAMPLE_CHARS = 256 * 1024
_SEP_LINE = re.compile(r"sep=(.)\r?\n?$", re.IGNORECASE)
#: Signs that follow a letter only when DOS or Mac text is read as Windows-1252:
#: “Ren‚e” is “Renée” of code page 850.
_WRONG_CODE_PAGE = re.compile("[A-Za-z](?:[‚ƒ„ˆ‰‹˜]|[•†‡¡¢£¤“”](?=[A-Za-z]))")


class CsvTable:
    """A CSV file: ``headings`` and, any number of times, ``rows()``.

    :param file: binary, seekable
    :param encoding: Python codec, or None to detect it
    :param delimiter: one character, or None to detect it
    """

    kind = "csv"

    def __init__(self, file, encoding=None, delimiter=None):
        self.file = file
        self.encoding = encoding or detect_encoding(file)
        # A decoder that was guessed is also doubted; one that was chosen by hand is not.
        self._guessed = encoding is None
        self._skip_lines = 0
        self.delimiter = delimiter or self._detect_delimiter()
        first = next(self._records(), None)
        if first is None:
            raise ImportProblem("empty_file")
        self.headings = check_headings(first[1], delimiters=True)

    def rows(self):
        """Yield ``Row`` for each record below the heading; blank lines are no records."""
        width = len(self.headings)
        records = self._records()
        next(records, None)
        for number, cells in records:
            if cells is None:
                yield Row(number, [], "bad_quotes")
            elif len(cells) > width and any(cell.strip() for cell in cells[width:]):
                yield Row(number, cells, "too_many_cells")
            else:
                yield Row(number, cells, None)

    # -- lines and records

    def _text(self, errors="strict"):
        self.file.seek(0)
        text = io.TextIOWrapper(
            _Unclosable(self.file), encoding=self.encoding, errors=errors, newline=""
        )
        for _number in range(self._skip_lines):
            text.readline(RECORD_LIMIT)
        return text

    def _records(self):
        """Yield (number, cells) for each record; cells are None where quotes don't fit.

        Translates everything that may go wrong on the way into a sentence with the row.
        """
        doubtful = self._guessed and self.encoding == "cp1252"
        try:
            for number, cells, text in self._parse(self._text()):
                if doubtful and not text.isascii() and _WRONG_CODE_PAGE.search(text):
                    raise self._encoding_problem(number)
                yield number, cells
        except UnicodeError as error:
            raise self._encoding_problem(self._undecodable_row()) from error

    def _parse(self, text):
        """Yield (number, cells, raw text) for each record, none larger than RECORD_LIMIT."""
        lines = _RecordLines(text)
        reader = csv.reader(lines, delimiter=self.delimiter, strict=True)
        number = 0
        while True:
            lines.start(number + 1)
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                if lines.ended:
                    raise ImportProblem("unclosed_quote", row=number + 1) from error
                cells = self._parse_leniently(lines.lines)
            if cells == []:
                continue
            number += 1
            yield number, cells, "".join(lines.lines)

    def _parse_leniently(self, lines):
        """Read a record with stray quotes (Apt "B") if it still has the right width."""
        try:
            records = list(csv.reader(lines, delimiter=self.delimiter))
        except csv.Error:
            return None
        headings = getattr(self, "headings", None)
        if len(records) == 1 and (headings is None or len(records[0]) == len(headings)):
            return records[0]
        return None

    def _undecodable_row(self):
        """Number of the first record with an undecodable character."""
        number = 0
        with contextlib.suppress(ImportProblem, UnicodeError):
            for number, _cells, text in self._parse(self._text(errors="replace")):
                if "\ufffd" in text:
                    return number
        return number + 1

    def _encoding_problem(self, row):
        name = ENCODING_NAMES.get(self.encoding, self.encoding)
        return ImportProblem("bad_encoding", row=row, encoding=name)

    # -- delimiter

    def _detect_delimiter(self):
        """Find the delimiter under which the sample's records are as wide as the heading."""
        self.delimiter = ","
        sample = self._sample()
        if not sample:
            raise ImportProblem("empty_file")
        declared = _SEP_LINE.match(sample[0])
        if declared:
            # Excel's own first line names the delimiter; it is no heading.
            self._skip_lines = 1
            return declared.group(1)
        best = max(DELIMITERS, key=lambda delimiter: self._score(sample, delimiter))
        if self._score(sample, best)[1] < 2:
            raise ImportProblem("one_column")
        return best

    def _sample(self):
        text = self._text(errors="replace")
        lines, size = [], 0
        while size < SAMPLE_CHARS and len(lines) < 5 * SAMPLE_RECORDS:
            line = text.readline(SAMPLE_CHARS)
            if not line:
                break
            lines.append(line)
            size += len(line)
        while lines and not lines[0].strip():
            lines.pop(0)
        return lines

    @staticmethod
    def _score(sample, delimiter):
        """Rank a delimiter: (most records as wide as the heading, width, share of them)."""
        widths = []
        with contextlib.suppress(csv.Error):
            for record in itertools.islice(csv.reader(sample, delimiter=delimiter), 100):
                if record:
                    widths.append(len(record))
        if not widths:
            return (False, 0, 0.0)
        share = widths.count(widths[0]) / len(widths)
        return (widths[0] > 1 and share >= 0.8, widths[0], share)


class _RecordLines:
    """Feeds lines to the csv reader and remembers those of the record under way."""

    def __init__(self, text):
        self.text = text
        self.lines = []
        self.ended = False
        self._size = 0
        self._number = 1

    def start(self, number):
        self.lines = []
        self._size = 0
        self._number = number

    def __iter__(self):
        return self

    def __next__(self):
        line = self.text.readline(RECORD_LIMIT + 1)
        self._size += len(line)
        if self._size > RECORD_LIMIT:
            raise ImportProblem("line_too_long", row=self._number, limit=f"{RECORD_LIMIT:,}")
        if not line:
            self.ended = True
            raise StopIteration
        if "\x00" in line:
            raise ImportProblem("not_text", row=self._number)
        self.lines.append(line)
        return line


class _Unclosable(io.RawIOBase):
    """Lends a file to a TextIOWrapper, which otherwise closes it when it is dropped."""

    def __init__(self, file):
        super().__init__()
        self._file = file

    def readable(self):
        return True

    def read(self, size=-1):
        return self._file.read(size)

    def read1(self, size=-1):
        return self._file.read(size if size and size > 0 else 65536)

    def readinto(self, buffer):
        data = self._file.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)
