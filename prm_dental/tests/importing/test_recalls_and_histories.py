"""Recalls with due dates, and health histories, through the form."""

from datetime import date

from odoo.addons.prm_core.tests.importing.common import ImportCase
from odoo.exceptions import AccessError

RECALL_HEAD = (
    "Number of the patient;Last name;First name;Birth date;Recall;Due date;Own interval;"
    "Unit of the interval;Last done;Don't ask before;Don't ask at all;Reason"
)
FACT_HEAD = "Number of the patient;Last name;First name;Birth date;Health fact;Value;Noted on"


class ListCase(ImportCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.anna = cls._patient(first_name="Anna", last_name="Verdi", birth_date="1980-05-04")
        cls.bo = cls._patient(first_name="Bo", last_name="Bré", birth_date="1990-01-02")
        cls.env["prm.patient.identifier"].create(
            {
                "patient_id": cls.anna.id, "company_id": cls.practice.id, "system": "old",
                "value": "7",
            }
        )  # fmt: skip

    def _reasons(self, run):
        return {line.row: line.reason for line in run.line_ids if line.outcome == "rejected"}

    def _counts(self, run):
        return (run.new_count, run.updated_count, run.unchanged_count)


class TestRecallImport(ListCase):
    def _import(self, *rows):
        text = "\n".join((RECALL_HEAD, *rows)) + "\n"
        return self.run_import(text, kind="recalls", layout_code="recalls")

    def _recall(self, patient):
        recalls = self.env["prm.recall"].search([("patient_id", "=", patient.id)])
        return recalls.filtered(lambda one: one.type_id.code == "hygiene")

    def test_decisions_that_stick(self):
        rows = (
            "7;;;;hygiene;2027-03-01;4;months;;;;as agreed",
            ";Bré;Bo;1990-01-02;Hygiene visit;;;;2026-08-15;2027-01-31;;abroad",
        )
        run = self._import(*rows)
        self.assertEqual(self._counts(run), (2, 0, 0), run.line_ids.mapped("message"))
        recall = self._recall(self.anna)
        self.assertEqual(recall.due_date, date(2027, 3, 1))
        self.assertEqual((recall.interval_number, recall.interval_unit), (4, "month"))
        self.assertEqual(recall.manual_reason, "as agreed")
        self.assertEqual(set(recall.decision_ids.mapped("source")), {"import"})
        self.assertEqual(recall.decision_ids.user_id, self.receptionist)
        bo = self._recall(self.bo)
        self.assertEqual((bo.previous_date, bo.due_date), (date(2026, 8, 15), date(2027, 2, 15)))
        self.assertEqual((bo.disabled_until, bo.disabled_reason), (date(2027, 1, 31), "abroad"))
        decisions = self.env["prm.recall.decision"].search_count([])
        again = self._import(*rows)
        self.assertEqual(self._counts(again), (0, 0, 2))
        self.assertEqual(self.env["prm.recall.decision"].search_count([]), decisions)
        self.assertEqual(len(self.bo.procedure_ids), 1)

    def test_what_has_changed_is_updated(self):
        self._import("7;;;;hygiene;2027-03-01;;;;;;")
        run = self._import("7;;;;hygiene;2027-04-01;;;;;;")
        self.assertEqual(self._counts(run), (0, 1, 0))
        self.assertIn("2027-03-01", run.line_ids.message)
        self.assertEqual(self._recall(self.anna).due_date, date(2027, 4, 1))
        run = self._import("7;;;;hygiene;;;;;;yes;does not want it")
        recall = self._recall(self.anna)
        self.assertTrue(recall.disabled)
        self.assertEqual(recall.disabled_reason, "does not want it")

    def test_what_is_wrong_is_told_by_line_and_the_rest_is_taken(self):
        self._patient(first_name="Bo", last_name="Bre", birth_date="1990-01-02")
        run = self._import(
            "8;;;;hygiene;2027-03-01;;;;;;",
            "7;;;;shoe size;2027-03-01;;;;;;",
            "7;;;;hygiene;31/02/2027;;;;;;",
            "7;;;;hygiene;;600;months;;;;",
            "7;;;;hygiene;;;;;;;",
            "7;;;;hygiene;;;;2030-01-01;;;",
            ";Bré;Bo;1990-01-02;hygiene;2027-03-01;;;;;;",
            "7;;;;hygiene;2027-03-01;;;;;;",
            "7;;;;hygiene;2027-05-01;;;;;;",
        )
        self.assertEqual(
            self._reasons(run),
            {
                2: "unknown_person", 3: "unknown_recall_kind", 4: "bad_date", 5: "bad_interval",
                6: "empty_recall", 7: "done_tomorrow", 8: "several_people",
            },
        )  # fmt: skip
        self.assertEqual(run.new_count, 1)
        self.assertEqual(self._recall(self.anna).due_date, date(2027, 3, 1))
        self.assertIn("shoe size", run.line_ids.filtered(lambda line: line.row == 3).message)

    def test_looking_first_changes_nothing(self):
        text = f"{RECALL_HEAD}\n7;;;;hygiene;2027-03-01;;;2026-01-01;;;\n"
        run = self.new_import(text, kind="recalls", layout_code="recalls")
        run.action_read()
        run.action_check()
        self.assertEqual(run.new_count, 1)
        self.assertFalse(self._recall(self.anna))
        self.assertFalse(self.anna.procedure_ids)


class TestHistoryImport(ListCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.imports = cls.env["prm.import"].with_user(cls.manager)
        cls.choice = cls.env["prm.health.fact.type"].search(
            [("value_kind", "=", "choice"), ("choice_ids", "!=", False)], limit=1
        )
        cls.number = cls.env["prm.health.fact.type"].search(
            [("value_kind", "=", "number"), ("maximum", ">", 0)], limit=1
        )
        cls.words = cls.env["prm.health.fact.type"].search([("value_kind", "=", "text")], limit=1)

    def _import(self, *rows):
        text = "\n".join((FACT_HEAD, *rows)) + "\n"
        return self.run_import(text, kind="histories", layout_code="histories")

    def _facts(self, patient):
        return self.env["prm.health.fact"].search([("patient_id", "=", patient.id)])

    def test_values_of_every_type(self):
        answer, top = self.choice.choice_ids[0], self.number.maximum
        rows = (
            "7;;;;infection_risk;yes;2026-03-01",
            f"7;;;;{self.choice.name};{answer.name};2026-03-01",
            f"7;;;;{self.number.code};{top:g};2026-03-01",
            f"7;;;;{self.words.code};latex, nuts;2026-03-01",
            ";BRE;bo;1990-01-02;barrier_fear;no;",
        )
        run = self._import(*rows)
        self.assertEqual(self._counts(run), (5, 0, 0), run.line_ids.mapped("message"))
        known = self.env["prm.health.fact"]._current(
            self.anna, ["infection_risk", self.choice.code, self.number.code, self.words.code]
        )[self.anna.id]
        self.assertEqual(
            known,
            {
                "infection_risk": True, self.choice.code: answer.code, self.number.code: top,
                self.words.code: "latex, nuts",
            },
        )  # fmt: skip
        facts = self._facts(self.anna)
        self.assertEqual(set(facts.mapped("source")), {"import"})
        self.assertEqual({str(fact.noted_on) for fact in facts}, {"2026-03-01"})
        self.assertFalse(self._facts(self.bo).value_flag)
        again = self._import(*rows)
        self.assertEqual(self._counts(again), (0, 0, 5))
        self.assertEqual(len(self._facts(self.anna)), 4)

    def test_older_values_become_history_once(self):
        rows = ("7;;;;infection_risk;no;2025-01-01", "7;;;;infection_risk;yes;2026-01-01")
        self._import(*rows)
        self._import("7;;;;infection_risk;no;2024-01-01")
        self._import("7;;;;infection_risk;no;2024-01-01")
        self.assertEqual(self._counts(self._import(*rows)), (0, 0, 2))
        facts = self._facts(self.anna).sorted("noted_on")
        self.assertEqual(facts.mapped("value_flag"), [False, False, True])
        self.assertEqual(facts.mapped(lambda fact: bool(fact.ended_on)), [True, True, False])

    def test_wrong_values_are_refused_by_line_with_a_sentence(self):
        run = self._import(
            "7;;;;infection_risk;perhaps;",
            f"7;;;;{self.choice.code};green;",
            f"7;;;;{self.number.code};{self.number.maximum + 1:g};",
            "7;;;;hair colour;grey;",
            "7;;;;infection_risk;;",
            "7;;;;infection_risk;yes;2030-01-01",
            "9;;;;infection_risk;yes;",
            "7;;;;infection_risk;yes;",
        )
        self.assertEqual(
            self._reasons(run),
            {
                2: "not_yes_no", 3: "not_answer", 4: "not_number", 5: "unknown_fact",
                6: "missing_value", 7: "noted_tomorrow", 8: "unknown_person",
            },
        )  # fmt: skip
        messages = {line.row: line.message for line in run.line_ids}
        self.assertIn("neither yes nor no", messages[2])
        self.assertIn(self.choice.choice_ids[0].name, messages[3])
        self.assertEqual(run.new_count, 1)

    def test_the_front_desk_neither_imports_nor_sees_them(self):
        run = self._import("7;;;;infection_risk;yes;")
        self.assertTrue(run.column_ids)
        for record in (run, run.line_ids, run.column_ids):
            with self.assertRaises(AccessError):
                self.as_user(self.receptionist, record).read(["display_name"])
        mine = self.env["prm.import"].with_user(self.receptionist)
        self.assertNotIn(run.id, mine.search([]).ids)
        self.imports = mine
        with self.assertRaises(AccessError):
            self._import("7;;;;infection_risk;yes;")
