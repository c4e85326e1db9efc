"""A practice's own list of procedures, through the form."""

import io
import unittest

import openpyxl
from odoo.addons.prm_core.importing.mapper import Mapper
from odoo.addons.prm_core.importing.readers import open_table
from odoo.addons.prm_core.tests.importing.common import ImportCase
from odoo.addons.prm_dental.importing.catalogue import CATALOGUE, TARGETS, CatalogueRules
from odoo.exceptions import AccessError

HEADING = "Code;Name;Category;Scope;Minutes;Fee;In plain words;Instructions afterwards"
ROWS = (
    "F1;Small filling;Fillings;Surfaces;30;95.50;We close a small hole.;Chew after two hours.",
    "S1;Cleaning, deep;gums;quadrant;45;120;;",
    "W1;Whitening;magic;whole mouth;60;300;;",
)


def read(*rows):
    """Records of a list, judged: [(outcome, reason)], records."""
    text = "\n".join((HEADING, *rows)) + "\n"
    table = open_table(io.BytesIO(text.encode("utf-8-sig")))
    mapper = Mapper(table, CATALOGUE, TARGETS, "US")
    rules = CatalogueRules()
    records = [mapper.read(row) for row in table.rows()]
    return [(o.kind, o.reason) for o in map(rules.judge, records)], records


class TestCatalogueRules(unittest.TestCase):
    def test_words_become_codes(self):
        outcomes, (filling, deep, white) = read(*ROWS)
        self.assertEqual({kind for kind, _reason in outcomes}, {"accepted"})
        self.assertEqual(filling.values["scope"], "surface")
        self.assertEqual(filling.values["category"], "restorative")
        self.assertEqual((filling.values["duration"], filling.values["fee"]), (30, 95.5))
        self.assertEqual(
            (deep.values["category"], deep.values["scope"]), ("periodontic", "quadrant")
        )
        # A word that nobody knows is left out and told; the row is taken.
        self.assertNotIn("category", white.values)
        self.assertEqual([note.code for note in white.notes], ["unknown_value"])

    def test_rejected_and_duplicates(self):
        outcomes, _records = read(
            ";No code;;;;;;", "A;Fine;;;;;;", "A;Again;;;;;;", "B;Less;;;-5;;;", "C;Less;;;;-1;;"
        )
        self.assertEqual(
            outcomes,
            [
                ("rejected", "missing_procedure_code"),
                ("accepted", None),
                ("duplicate", "duplicate_identifier"),
                ("rejected", "negative_number"),
                ("rejected", "negative_number"),
            ],
        )


class TestCatalogueImport(ImportCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.imports = cls.env["prm.import"].with_user(cls.manager)

    def _import(self, *rows, heading=HEADING, **vals):
        text = "\n".join((heading, *rows)) + "\n"
        return self.run_import(text, kind="procedure_types", layout_code="catalogue", **vals)

    def _kind(self, code):
        kinds = self.env["prm.procedure.type"].with_company(self.practice)
        return kinds.browse(kinds._ids_by_code(self.practice)[code])

    def test_new_then_unchanged_then_updated(self):
        run = self._import(*ROWS)
        self.assertEqual((run.new_count, run.warning_count), (3, 1))
        filling = self._kind("F1")
        self.assertEqual(filling.company_id, self.practice)
        self.assertEqual(
            (filling.name, filling.scope, filling.duration, filling.fee),
            ("Small filling", "surface", 30, 95.5),
        )
        self.assertEqual(filling.explanation, "We close a small hole.")
        self.assertEqual(self._kind("W1").category, "other")
        again = self._import(*ROWS)
        self.assertEqual((again.new_count, again.unchanged_count), (0, 3))
        run = self._import(ROWS[0].replace("95.50", "99"))
        self.assertEqual(run.updated_count, 1)
        self.assertEqual(filling.fee, 99)
        self.assertIn("99", run.line_ids.changes)

    def test_a_common_code_keeps_its_meaning_and_gets_a_fee(self):
        hyg = self.env.ref("prm_dental.prm_procedure_type_hyg")
        run = self._import("HYG;Something else;;tooth;10;80;;")
        self.assertEqual(run.updated_count, 1)
        self.assertEqual((hyg.name, hyg.scope), ("Hygiene visit", "mouth"))
        self.assertEqual(hyg.with_company(self.practice).fee, 80)
        self.assertEqual(hyg.with_company(self.other_practice).fee, 0)
        self.assertEqual(self._import("HYG;Something else;;tooth;10;80;;").unchanged_count, 1)

    def test_what_is_rejected_says_why(self):
        run = self._import(";No code;;;;;;", "B;Less;;;-5;;;", "C;Good;;;;;;")
        self.assertEqual((run.new_count, run.rejected_count), (1, 2))
        rejected = run.line_ids.filtered(lambda line: line.outcome == "rejected")
        messages = rejected.mapped("message")
        self.assertIn("Give each procedure a short code", messages[0])
        self.assertIn("“-5” can't be less than nothing", messages[1])
        self.assertEqual(self._kind("C").name, "Good")

    def test_a_workbook_with_headings_of_its_own(self):
        book = openpyxl.Workbook()
        book.active.append(["Codice", "Descrizione", "Durata", "Prezzo"])
        book.active.append(["P9", "Visita di controllo", 20, 45.5])
        data = io.BytesIO()
        book.save(data)
        run = self.run_import(
            data.getvalue(), filename="listino.xlsx", kind="procedure_types", layout_code="own"
        )
        self.assertEqual(run.new_count, 1)
        kind = self._kind("P9")
        self.assertEqual((kind.name, kind.duration, kind.fee), ("Visita di controllo", 20, 45.5))

    def test_a_file_is_recognised(self):
        table = open_table(io.BytesIO(("\n".join((HEADING, *ROWS)) + "\n").encode()))
        run = self.imports.new({"company_id": self.practice.id})
        run._recognise(table)
        self.assertEqual((run.kind, run.layout_code), ("procedure_types", "catalogue"))

    def test_the_catalogue_is_the_managers(self):
        self.imports = self.env["prm.import"].with_user(self.receptionist)
        with self.assertRaisesRegex(AccessError, "Only a manager"):
            self._import(*ROWS)
