"""Files of every encoding, delimiter and kind, and files that are no lists."""

import csv
import datetime
import io
import time
import tracemalloc
import unittest
import zipfile

from hypothesis import given, settings
from hypothesis import strategies as st
from odoo.addons.prm_core.importing.encodings import RECORD_LIMIT
from odoo.addons.prm_core.importing.layouts import Layout
from odoo.addons.prm_core.importing.mapper import Mapper
from odoo.addons.prm_core.importing.patients import GESTIONALE, OPENDENTAL, TARGETS
from odoo.addons.prm_core.importing.problems import ImportProblem
from odoo.addons.prm_core.importing.readers import open_table, require_rows
from openpyxl import Workbook

PLAIN = "Codice;Cognome;Città\r\n1;Niccolò;Forlì\r\n2;Rossi;Cantù\r\n"


def table(data, **options):
    if isinstance(data, str):
        data = data.encode()
    return open_table(io.BytesIO(data), **options)


def read(data, **options):
    opened = table(data, **options)
    return [opened.headings, *(tuple(row.cells) for row in opened.rows())]


def workbook(*rows):
    book = Workbook()
    for row in rows:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


class ProblemCase(unittest.TestCase):
    def assert_problem(self, code, data, row=None, **options):
        with self.assertRaises(ImportProblem) as caught:
            opened = table(data, **options)
            require_rows(opened)
            for _row in opened.rows():
                pass
        self.assertEqual(caught.exception.code, code, caught.exception)
        if row:
            self.assertEqual(caught.exception.row, row)
            self.assertIn(str(row), str(caught.exception))
        return caught.exception


class TestEncodings(unittest.TestCase):
    expected = [("Codice", "Cognome", "Città"), ("1", "Niccolò", "Forlì"), ("2", "Rossi", "Cantù")]

    def test_encodings(self):
        for codec in ("utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le", "utf-16-be"):
            with self.subTest(codec=codec):
                self.assertEqual(read(PLAIN.encode(codec)), self.expected)

    def test_utf16_with_each_bom(self):
        self.assertEqual(read(b"\xff\xfe" + PLAIN.encode("utf-16-le")), self.expected)
        self.assertEqual(read(b"\xfe\xff" + PLAIN.encode("utf-16-be")), self.expected)

    def test_chosen_by_hand(self):
        self.assertEqual(read(PLAIN.encode("cp850"), encoding="cp850"), self.expected)

    def test_accent_after_the_first_megabyte(self):
        data = "a;b\n" + "x;y\n" * 400_000 + "é;y\n"
        for codec in ("utf-8", "cp1252"):
            opened = table(data.encode(codec))
            last = list(opened.rows())[-1]
            self.assertEqual(last.cells[0], "é")


class TestDelimiters(unittest.TestCase):
    def test_delimiters(self):
        for delimiter in ",;\t|":
            data = PLAIN.replace(";", delimiter)
            with self.subTest(delimiter=delimiter):
                self.assertEqual(read(data), TestEncodings.expected)

    def test_other_delimiters_inside_fields(self):
        data = "a;b;c\n1;x, y, z, w;2\n3;u, v;4\n"
        self.assertEqual(read(data)[0], ("a", "b", "c"))

    def test_excel_names_the_delimiter(self):
        opened = table("sep=;\r\na;b\r\n1;2\r\n")
        self.assertEqual((opened.headings, next(opened.rows()).number), (("a", "b"), 2))

    def test_old_mac_line_ends(self):
        self.assertEqual(read("a,b\r1,2\r3,4\r"), [("a", "b"), ("1", "2"), ("3", "4")])

    @settings(max_examples=60, deadline=None)
    @given(
        rows=st.lists(
            st.lists(
                st.text(
                    st.characters(
                        codec="cp1252", exclude_characters="\x00\x1a",
                        categories=("L", "N", "P", "Zs"), include_characters="\n\",;'",
                    ),
                    max_size=12,
                ),
                min_size=4, max_size=4,
            ),
            min_size=1, max_size=12,
        ),
        delimiter=st.sampled_from(",;\t|"),
        codec=st.sampled_from(("utf-8-sig", "utf-16", "utf-8")),
    )  # fmt: skip
    def test_round_trip(self, rows, delimiter, codec):
        out = io.StringIO(newline="")
        writer = csv.writer(out, delimiter=delimiter, quoting=csv.QUOTE_ALL)
        writer.writerows([["Uno", "Due", "Tre", "Quattro"], *rows])
        opened = table(out.getvalue().encode(codec), delimiter=delimiter)
        found = list(opened.rows())
        self.assertEqual([row.cells for row in found], rows)
        self.assertEqual([row.number for row in found], list(range(2, len(rows) + 2)))


class TestRecords(unittest.TestCase):
    def test_rows_count_records_not_lines(self):
        opened = table('a,b\n1,"x\ny\nz"\n\n2,u\n')
        self.assertEqual([(r.number, r.cells[0]) for r in opened.rows()], [(2, "1"), (3, "2")])

    def test_stray_quotes_are_read_when_the_width_is_right(self):
        self.assertEqual(read('a,b\n1,"Apt "B""\n')[1], ("1", 'Apt B""'))

    def test_more_cells_than_headings(self):
        rows = list(table("a,b\n1,2,3\n1,2,,\n1\n").rows())
        self.assertEqual([row.problem for row in rows], ["too_many_cells", None, None])

    def test_rows_twice(self):
        opened = table(PLAIN)
        self.assertEqual(list(opened.rows()), list(opened.rows()))

    def test_memory_is_flat(self):
        opened = table("a,b\n" + "x" * 20 + ",y\n")
        big = table(b"a,b\n" + (b"x" * 50 + b",y\n") * 200_000)
        del opened
        tracemalloc.start()
        for _row in big.rows():
            pass
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        self.assertLess(peak, 2_000_000)


class TestExcel(ProblemCase):
    def test_values(self):
        born = datetime.datetime(1980, 2, 29)
        found = read(workbook(("Nr", "Name", "Born"), (1015, "Rossi", born), (2.0, None, None)))
        self.assertEqual(found, [("Nr", "Name", "Born"), (1015, "Rossi", born), (2,)])

    def test_blank_rows_are_skipped_and_counted_as_excel_does(self):
        opened = table(workbook(("a", "b"), (1, 2), (None, None), (3, 4), (" ", None)))
        self.assertEqual([row.number for row in opened.rows()], [2, 4])

    def test_formula_is_named_by_row_and_column(self):
        data = workbook(("Codice", "Cognome", "Nome"), ("1", "Rossi", "Ada"),
                        ("2", "=CONCAT(A1,B1)", "Eva"))  # fmt: skip
        opened = table(data)
        layout = Layout("x", "x", "patients", "x", GESTIONALE.columns)
        mapper = Mapper(opened, layout, TARGETS, "IT", date_order="dmy")
        with self.assertRaises(ImportProblem) as caught:
            for row in opened.rows():
                mapper.read(row)
        self.assertEqual((caught.exception.code, caught.exception.row), ("formula", 3))
        self.assertIn("“Cognome” (B)", str(caught.exception))

    def test_text_that_looks_like_a_formula_is_text(self):
        book = Workbook()
        book.active.append(("a", "b"))
        book.active.append(("1", "x"))
        book.active["B2"].value = "=1+1"
        book.active["B2"].data_type = "s"
        out = io.BytesIO()
        book.save(out)
        self.assertEqual(read(out.getvalue())[1], ("1", "=1+1"))

    def test_damaged(self):
        data = workbook(*((i, "x" * 50) for i in range(100)))
        self.assert_problem("corrupt_xlsx", data[: len(data) // 2])
        self.assert_problem("corrupt_xlsx", data[:-200])

    def test_another_zip(self):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            archive.writestr("a.txt", "b")
        self.assert_problem("binary_file", out.getvalue())

    def test_bursting_archive(self):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("xl/workbook.xml", "<workbook/>")
            archive.writestr("xl/worksheets/sheet1.xml", b"0" * 60_000_000)
        self.assert_problem("too_large", out.getvalue())

    def test_entities(self):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            archive.writestr("xl/workbook.xml", '<!DOCTYPE x [<!ENTITY a "b">]><workbook/>')
        self.assert_problem("corrupt_xlsx", out.getvalue())

    def test_password(self):
        data = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 2000
        self.assert_problem("old_excel", data)
        self.assert_problem("encrypted", data + "EncryptedPackage".encode("utf-16-le"))


class TestBadFiles(ProblemCase):
    def test_empty(self):
        for data in (b"", b"\xef\xbb\xbf", b"\n\n \r\n", b"\xff\xfe"):
            self.assert_problem("empty_file", data)
        self.assert_problem("no_rows", "a,b\n")

    def test_binary(self):
        png = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 10
        self.assertIn("picture", str(self.assert_problem("binary_file", png)))
        self.assertIn("PDF", str(self.assert_problem("binary_file", b"%PDF-1.7\n%\xe2\xe3")))
        self.assert_problem("binary_file", bytes(range(256)) * 10)
        self.assert_problem("binary_file", b"<!DOCTYPE html><table>")
        self.assert_problem("not_text", b"a,b\n1,2\n" * 20_000 + b"1,\x00\n")

    def test_one_column(self):
        self.assert_problem("one_column", "name\nAda\nEva\n")
        self.assert_problem("one_column", "name\nRossi, Ada\nBianchi, Eva\n")
        self.assert_problem("one_column", workbook(("name",), ("Ada",)))

    def test_no_heading(self):
        self.assert_problem("no_heading", "1001,Rossi,Ada,1980-02-01\n1002,Bianchi,Eva,\n", row=1)

    def test_heading_twice(self):
        problem = self.assert_problem("duplicate_heading", "Nome,Cognome,nome \n1,2,3\n", row=1)
        self.assertIn("columns A and C", str(problem))

    def test_line_of_200_megabytes(self):
        class Endless(io.RawIOBase):
            """200 MB without a line break that never lie in memory."""

            size, at, read_bytes = 200_000_000, 0, 0
            start = b"PatNum,LName,FName\n1,Rossi,"

            def seek(self, offset, whence=0):
                self.at = offset + (self.size if whence == 2 else 0)
                return self.at

            def tell(self):
                return self.at

            def read(self, count=-1):
                assert 0 < count <= 2_000_000, "unbounded read"
                count = min(count, self.size - self.at)
                data = self.start[self.at : self.at + count]
                data += b"x" * (count - len(data))
                self.at += count
                self.read_bytes += count
                return data

        file = Endless()
        started = time.monotonic()
        tracemalloc.start()
        with self.assertRaises(ImportProblem) as caught:
            list(open_table(file).rows())
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        self.assertEqual((caught.exception.code, caught.exception.row), ("line_too_long", 2))
        self.assertLess(peak, 60_000_000)
        self.assertLess(file.read_bytes, 20_000_000)
        self.assertLess(time.monotonic() - started, 2)

    def test_long_first_line(self):
        self.assert_problem("line_too_long", b"a," * RECORD_LIMIT, row=1)

    def test_quote_never_closed(self):
        self.assert_problem("unclosed_quote", 'a,b\n1,2\n2,"x\n3,y\n', row=3)
        self.assert_problem("line_too_long", 'a,b\n1,2\n2,"x\n' + "3,y\n" * 400_000, row=3)

    def test_wrong_encoding(self):
        good = "a,b\n" + "é,ü\n" * 50
        problem = self.assert_problem("bad_encoding", good.encode() + b"\xe9,x\n", row=52)
        self.assertIn("UTF-8", str(problem))
        self.assert_problem("bad_encoding", b"a,b\n1,2\n3,\x81\n", row=3)
        self.assert_problem("bad_encoding", "a,b\n1,2\n1,Renée\n".encode("cp850"), row=3)
        self.assert_problem("bad_encoding", b"a,b\n1,\xe9\n", row=2, encoding="utf-8")
        self.assert_problem("bad_encoding", b"\xef\xbb\xbfa,b\n1,\xe9\n", row=2)
        self.assert_problem("bad_encoding", "a,b\n1,2\n".encode("utf-32"), row=1)

    def test_utf16_cut_off(self):
        self.assert_problem("bad_encoding", "a,b\n1,2\n3,4".encode("utf-16")[:-1])


class TestMapper(ProblemCase):
    def _read(self, text, layout=OPENDENTAL, country="US", **options):
        opened = table(text)
        mapper = Mapper(opened, layout, TARGETS, country, **options)
        return [mapper.read(row) for row in opened.rows()]

    def test_codes(self):
        heading = "PatNum,LName,PatStatus,Gender,TxtMsgOk,PreferContactMethod,Language"
        one, two, three = self._read(
            f"{heading}\n1,Rossi,0,1,1,8,spa\n2,Bianchi,9,0,2,6,xx1\n3,Verdi,,2,0,0,\n"
        )
        self.assertEqual(
            one.values,
            {"identifier": "1", "last_name": "Rossi", "status": "active", "gender": "female",
             "sms_ok": True, "contact_way": "sms", "language": "es"},
        )  # fmt: skip
        # A status that nobody knows never makes a patient active.
        self.assertEqual((two.values["status"], two.values["sms_ok"]), ("inactive", False))
        self.assertEqual(two.note_text(), "PatStatus: 9\nPreferContactMethod: 6\nLanguage: xx1")
        self.assertEqual((three.values["status"], three.get("sms_ok")), ("inactive", None))

    def test_left_out_values_are_kept(self):
        record = self._read("PatNum,LName,WirelessPhone,Email\n1,Rossi,call mom,jane@\n")[0]
        self.assertEqual(record.warnings(), ["bad_phone", "bad_email"])
        self.assertEqual(record.note_text(), "WirelessPhone: call mom\nEmail: jane@")

    def test_text_that_looks_like_a_formula_stays_text(self):
        record = self._read('PatNum,LName,Zip\n1,=1+1,"=""01234"""\n')[0]
        self.assertEqual(record.values["last_name"], "=1+1")
        self.assertEqual(record.values["zip"], "01234")
        self.assertEqual([note.code for note in record.notes], ["formula_text"])

    def test_required_column(self):
        with self.assertRaises(ImportProblem) as caught:
            self._read("PatNum,FName\n1,Ada\n", required=("identifier", "last_name"))
        self.assertEqual(caught.exception.code, "missing_column")
        with self.assertRaises(ImportProblem):
            self._read("PatNum,LName\n1,Rossi\n", country="XX")

    def test_date_order_from_the_file(self):
        layout = Layout("x", "x", "patients", "x", (("Nr", "identifier"), ("Born", "birth_date")))
        for values, expected in ((("25/12/1980", "01/02/1990"), "1990-02-01"),
                                 (("12/25/1980", "01/02/1990"), "1990-01-02"),
                                 (("25.12.1980", "1.2.1990"), "1990-02-01"),
                                 (("1980-12-25", "1990-02-01"), "1990-02-01")):  # fmt: skip
            text = "Nr,Born\n" + "".join(f"{i},{value}\n" for i, value in enumerate(values))
            records = self._read(text, layout)
            self.assertEqual(str(records[1].values["birth_date"]), expected)
        with self.assertRaises(ImportProblem) as caught:
            self._read("Nr,Born\n1,1980-02-03\n2,05/06/1990\n", layout)
        self.assertEqual((caught.exception.code, caught.exception.row), ("ambiguous_dates", 3))
        records = self._read("Nr,Born\n1,05/06/1990\n", layout, date_order="mdy")
        self.assertEqual(records[0].values["birth_date"], datetime.date(1990, 5, 6))

    def test_bad_birth_dates(self):
        heading = "Codice,Cognome,Data di nascita\n"
        for value, code in (("30/02/1990", "impossible"), ("01/02/90", "short_year"),
                            ("1/13/1970", "impossible"), ("n.d.", "unreadable")):  # fmt: skip
            record = self._read(f"{heading}1,Rossi,{value}\n", GESTIONALE, "IT")[0]
            self.assertEqual(record.bad_birth_date, (code, value))
