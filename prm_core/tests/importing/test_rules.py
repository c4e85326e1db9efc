"""The rules, against lists with known answers and against a naive second implementation."""

import datetime
import io
import json
import unittest
from pathlib import Path

from odoo.addons.prm_core.importing.layouts import recognise
from odoo.addons.prm_core.importing.mapper import Mapper, Record
from odoo.addons.prm_core.importing.patients import LAYOUTS, TARGETS
from odoo.addons.prm_core.importing.readers import open_table
from odoo.addons.prm_core.importing.report import PatientReport, check_sum
from odoo.addons.prm_core.importing.rules import PatientRules

from . import samples

DATA = Path(__file__).resolve().parents[3] / "tests" / "data"


def run(data, as_of, country):
    """Return the ``patients`` part of the report of a list."""
    table = open_table(io.BytesIO(data))
    layout = recognise(table.headings, LAYOUTS)
    mapper = Mapper(table, layout, TARGETS, country)
    rules = PatientRules(as_of)
    report = PatientReport(with_marketing="marketing" in layout.targets())
    for row in table.rows():
        record = mapper.read(row)
        report.add(record, rules.judge(record))
    return report.as_dict()


class TestKnownAnswers(unittest.TestCase):
    maxDiff = None

    def _check(self, csv_name, json_name):
        expected = json.loads((DATA / json_name).read_text(encoding="utf-8"))
        as_of = datetime.date.fromisoformat(expected["as_of"])
        found = run((DATA / csv_name).read_bytes(), as_of, expected["country"])
        self.assertEqual(found, expected["patients"])

    def test_opendental(self):
        self._check("opendental_patients.csv", "opendental_expected.json")

    def test_gestionale(self):
        self._check("gestionale_pazienti.csv", "gestionale_expected.json")


class TestAgainstOracle(unittest.TestCase):
    maxDiff = None

    def test_opendental(self):
        reasons = set()
        for seed in range(150):
            data, rows = samples.opendental(seed)
            expected = samples.expected(
                rows, samples.OPENDENTAL_COLUMNS, "US", "%Y-%m-%d", unknown=("0001-01-01",)
            )
            reasons |= {entry["reason"] for entry in expected["rejected"] + expected["duplicates"]}
            with self.subTest(seed=seed):
                self.assertEqual(run(data, samples.AS_OF, "US"), expected)
        # The made-up lists would prove little if they never reached a rule.
        self.assertEqual(
            reasons,
            {
                "missing_name",
                "missing_identifier",
                "deleted_in_source",
                "bad_birth_date",
                "duplicate_identifier",
                "duplicate_person",
            },
        )

    def test_gestionale(self):
        for seed in range(150):
            data, rows = samples.gestionale(seed)
            expected = samples.expected(rows, samples.GESTIONALE_COLUMNS, "IT", "%d/%m/%Y")
            with self.subTest(seed=seed):
                self.assertEqual(run(data, samples.AS_OF, "IT"), expected)


class TestOrder(unittest.TestCase):
    """Which rule wins, and what a row leaves behind for later rows."""

    def setUp(self):
        self.rules = PatientRules(datetime.date(2026, 11, 22))
        self.number = 1

    def judge(self, **values):
        self.number += 1
        values = {"identifier": "1", "last_name": "Rossi", **values}
        return self.rules.judge(Record(self.number, {k: v for k, v in values.items() if v}))

    def test_name_before_identifier(self):
        self.assertEqual(self.judge(last_name="", identifier="").reason, "missing_name")

    def test_identifier_before_deleted(self):
        outcome = self.judge(identifier="", status="deleted")
        self.assertEqual(outcome.reason, "missing_identifier")

    def test_rejected_row_frees_its_identifier(self):
        self.assertEqual(self.judge(status="deleted").reason, "deleted_in_source")
        self.assertEqual(self.judge().kind, "accepted")
        self.assertEqual(self.judge().reason, "duplicate_identifier")

    def test_undecided_duplicate_holds_its_identifier(self):
        person = {"birth_date": datetime.date(1980, 1, 1), "email": "a@example.org"}
        self.judge(**person)
        self.assertEqual(self.judge(identifier="2", **person).of, "1")
        outcome = self.judge(identifier="2", last_name="Bianchi")
        self.assertEqual((outcome.reason, outcome.of_row), ("duplicate_identifier", 3))

    def test_earliest_accepted_row_is_named(self):
        born = datetime.date(1980, 1, 1)
        self.judge(identifier="1", birth_date=born, mobile="+1", email="a@example.org")
        self.judge(identifier="2", birth_date=born, mobile="+2", email="b@example.org")
        outcome = self.judge(identifier="3", birth_date=born, mobile="+2", email="a@example.org")
        self.assertEqual(outcome.of, "1")

    def test_families_share_contacts(self):
        born = datetime.date(1980, 1, 1)
        self.judge(identifier="1", first_name="Ada", birth_date=born, email="a@example.org")
        outcome = self.judge(identifier="2", first_name="Eva", birth_date=born,
                             email="a@example.org")  # fmt: skip
        self.assertEqual(outcome.kind, "accepted")

    def test_unknown_birth_date_makes_no_twins(self):
        self.judge(identifier="1", email="a@example.org")
        self.assertEqual(self.judge(identifier="2", email="a@example.org").kind, "accepted")

    def test_lists_without_identifiers(self):
        rules = PatientRules(datetime.date(2026, 11, 22), own_identifiers=True)
        first = Record(2, {"last_name": "Rossi", "email": "a@example.org"})
        again = Record(3, {"last_name": "ROSSI", "email": "a@example.org"})
        other = Record(4, {"last_name": "Rossi", "email": "b@example.org"})
        kinds = [rules.judge(record).kind for record in (first, again, other)]
        self.assertEqual(kinds, ["accepted", "duplicate", "accepted"])

    def test_sum(self):
        check_sum(3, imported=2, rejected=1)
        with self.assertRaises(AssertionError):
            check_sum(3, imported=2)
