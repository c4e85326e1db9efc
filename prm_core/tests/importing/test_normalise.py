"""Single values, and files of rejected rows."""

import csv
import io
import unittest

from email_validator import EmailNotValidError, validate_email
from hypothesis import given
from hypothesis import strategies as st
from odoo.addons.prm_core.importing import normalise, writer
from odoo.addons.prm_core.importing.layouts import Layout, recognise, suggest
from odoo.addons.prm_core.importing.patients import GESTIONALE, LAYOUTS, OPENDENTAL, TARGETS
from openpyxl import load_workbook


class TestNormalise(unittest.TestCase):
    def test_names(self):
        self.assertEqual(normalise.name("  De\u00a0 Luca \u200b"), "De Luca")
        for group in (("O'Brien", "O’BRIEN", "O Brien"), ("Sørensen", "SORENSEN"),
                      ("Weiß", "WEISS"), ("Łukasz", "lukasz"), ("José", "Jose\u0301")):  # fmt: skip
            self.assertEqual(len({normalise.name_key(name) for name in group}), 1, group)
        self.assertNotEqual(normalise.name_key("Rossi"), normalise.name_key("Rosso"))
        self.assertEqual(normalise.name_key("王 小明"), "王小明")

    @given(st.text())
    def test_name_key_is_stable(self, name):
        key = normalise.name_key(name)
        self.assertEqual(normalise.name_key(f" {name.casefold()} "), key)

    def test_phones(self):
        for value in ("(202) 555-0101", "202.555.0101", "1-202-555-0101", "+1 202 555 0101"):
            self.assertEqual(normalise.phone(value, "US"), "+12025550101")
        self.assertEqual(normalise.phone("00393880000005", "IT"), "+393880000005")
        self.assertEqual(normalise.phone("06/55000003", "IT"), "+390655000003")
        self.assertEqual(normalise.phone("+39 347 0000003", "US"), "+393470000003")
        for value in ("", "12", "n/a", "call mom", "555-HELP", "+999 12345", "000 000 0000"):
            self.assertIsNone(normalise.phone(value, "US"), value)

    def test_emails(self):
        self.assertEqual(normalise.email(" Dmitri.SØRENSEN4@Example.ORG "),
                         "dmitri.sørensen4@example.org")  # fmt: skip
        for value in ("none", "jane@", "@example.com", "x@@example.org", "a b@example.com",
                      "a@b", "a@x.org; b@x.org", "a..b@example.org"):  # fmt: skip
            self.assertIsNone(normalise.email(value), value)

    @given(
        st.text("ab1_+.-@", max_size=16),
        st.sampled_from(("com", "example.org", "b.local", "c.test")),
    )
    def test_plain_emails_are_those_of_the_library(self, local, domain):
        address = f"{local}@{domain}"
        try:
            validate_email(address, check_deliverability=False, test_environment=True)
            valid = address
        except EmailNotValidError:
            valid = None
        self.assertEqual(normalise.email(address), valid)

    def test_amounts(self):
        self.assertEqual(normalise.decimal("1.240,50", ","), 1240.5)
        self.assertEqual(normalise.decimal("1,240.50"), 1240.5)
        self.assertEqual(normalise.decimal("-120.50"), -120.5)
        self.assertIsNone(normalise.decimal("1.24.0", ","))

    def test_yes_no(self):
        for word in ("Sì", "si\u0300", "YES", "ja", "1", "是"):
            self.assertIs(normalise.yes_no(word), True, word)
        for word in ("No", "nein", "0", "否"):
            self.assertIs(normalise.yes_no(word), False, word)
        self.assertIsNone(normalise.yes_no("maybe"))

    def test_excel_numbers(self):
        self.assertEqual(normalise.text(3470000003.0), "3470000003")
        self.assertEqual(normalise.text('="00123"'), "00123")


class TestLayouts(unittest.TestCase):
    def test_recognised_by_headings(self):
        for layout in LAYOUTS:
            headings = [heading.upper() for heading, _target in layout.columns]
            self.assertIs(recognise([*headings, "Something else"], LAYOUTS), layout)
        self.assertIsNone(recognise(["Name", "Phone"], LAYOUTS))

    def test_stored_and_read_back(self):
        for layout in LAYOUTS:
            self.assertEqual(Layout.from_json(layout.to_json()), layout)
        self.assertNotEqual(OPENDENTAL, GESTIONALE)

    def test_suggestions(self):
        found = dict(suggest(["Surname", "First Name", "DOB", "Cell", "E-Mail", "Shoe"], TARGETS))
        self.assertEqual(found, {"Surname": "last_name", "First Name": "first_name",
                                 "DOB": "birth_date", "Cell": "mobile",
                                 "E-Mail": "email"})  # fmt: skip

    def test_preset_targets_exist(self):
        names = {target.name for target in TARGETS}
        for layout in LAYOUTS:
            self.assertLessEqual(layout.targets(), names)


class TestWriter(unittest.TestCase):
    rows = [(12, "No name", ["=HYPERLINK(1)", "+39 333 000", "-SUM(A1)", "-12.50", "@x", "Ada"])]
    neutral = ["'=HYPERLINK(1)", "+39 333 000", "'-SUM(A1)", "-12.50", "'@x", "Ada"]

    def test_csv(self):
        data = writer.write_csv(list("abcdef"), self.rows, "Row", "Reason", ";")
        found = list(csv.reader(io.StringIO(data.decode("utf-8-sig")), delimiter=";"))
        self.assertEqual(found[0], ["Row", "Reason", *"abcdef"])
        self.assertEqual(found[1], ["12", "No name", *self.neutral])
        # Imported again, the values are what they were.
        self.assertEqual([normalise.text(value) for value in found[1][2:]], self.rows[0][2])

    def test_xlsx(self):
        data = writer.write_xlsx(list("abcdef"), self.rows, "Row", "Reason")
        sheet = load_workbook(io.BytesIO(data)).active
        self.assertEqual([cell.value for cell in sheet[2]], [12, "No name", *self.neutral])
        self.assertEqual({cell.data_type for cell in sheet[2][2:]}, {"s"})
