import io
from datetime import date

from odoo.tests import BaseCase, tagged
from odoo.tools.misc import file_path
from pypdf import PdfReader

from .. import estimate_pdf, treatment_plan
from ..treatment_plan import Choice, Line

TODAY = date(2026, 6, 1)


@tagged("post_install", "-at_install")
class TestPlanRules(BaseCase):
    """What may be answered and what it comes to, without a database."""

    LINES = (
        Line(1, amount=50),
        Line(2, alternative=7, amount=300),
        Line(3, alternative=7, amount=100),
        Line(4, alternative=8, amount=900, state="declined"),
        Line(5, amount=80, state="completed"),
        Line(6, amount=70, state="deleted"),
    )

    def test_how_a_line_stands(self):
        for state, said_yes, standing in (
            ("planned", False, "waiting"),
            ("accepted", True, "accepted"),
            ("scheduled", False, "waiting"),
            ("scheduled", True, "accepted"),
            ("in_progress", False, "accepted"),
            ("completed", False, "done"),
            ("existing", False, "done"),
            ("declined", False, "declined"),
            ("deleted", True, "gone"),
        ):
            with self.subTest(state=state, said_yes=said_yes):
                self.assertEqual(Line(1, state=state, said_yes=said_yes).standing, standing)

    def test_what_each_way_costs(self):
        self.assertEqual(treatment_plan.amount_of_way(self.LINES, 7), 530)
        self.assertEqual(treatment_plan.amount_of_way(self.LINES, 8), 1030)

    def test_totals_of_the_dearest_way_until_one_is_chosen(self):
        self.assertEqual(treatment_plan.totals(self.LINES).proposed, 1030)
        chosen = treatment_plan.totals(self.LINES, 7)
        self.assertEqual((chosen.proposed, chosen.declined), (530, 0))
        self.assertEqual((chosen.accepted, chosen.completed, chosen.open), (80, 80, 0))

    def test_progress_counts_and_weighs(self):
        lines = [
            Line(1, amount=100, state="completed"),
            Line(2, amount=300, state="accepted"),
            Line(3, amount=999, state="declined"),
        ]
        found = treatment_plan.totals(lines)
        self.assertEqual((found.progress, found.progress_money), (50, 25))
        self.assertEqual((found.open, found.declined), (300, 999))
        self.assertEqual(treatment_plan.totals([]).progress, 0)
        self.assertFalse(treatment_plan.is_completed(lines))
        done = [lines[0], lines[2]]
        self.assertTrue(treatment_plan.is_completed(done))
        self.assertFalse(treatment_plan.is_completed([lines[2]]), "nothing was to be done")
        self.assertFalse(treatment_plan.is_completed([*done, Line(4)]), "one waits for an answer")

    def test_what_a_form_says(self):
        read = treatment_plan.read_choice
        choice, wrong = read({"way": "7", "yes_1": "1", "yes_4": "1"}, self.LINES, {7, 8})
        self.assertIsNone(wrong)
        self.assertEqual(choice, Choice(7, frozenset({1}), frozenset({2, 3})))
        self.assertEqual(choice.outcome, "part")
        choice, _wrong = read({"way": "8", "all": "1"}, self.LINES, {7, 8})
        self.assertEqual((choice.yes, choice.no), ({1, 4}, frozenset()))
        self.assertEqual(choice.outcome, "accepted")
        choice, _wrong = read({}, [Line(1)], set())
        self.assertEqual(choice.outcome, "declined")
        choice, _wrong = read({"way": "none", "yes_1": "1", "yes_4": "1"}, self.LINES, {7, 8})
        self.assertEqual(choice, Choice(0, frozenset({1}), frozenset({2, 3, 4})))
        for way in ("", "9", "x", "-7", "7.0", "²"):
            with self.subTest(way=way):
                self.assertEqual(read({"way": way}, self.LINES, {7, 8}), (None, "choose_way"))

    def test_what_has_begun_is_not_asked(self):
        lines = [Line(1), Line(2, state="in_progress"), Line(3, state="completed")]
        choice, _wrong = treatment_plan.read_choice({"yes_2": "1"}, lines, set())
        self.assertEqual((choice.yes, choice.no), (frozenset(), {1}))

    def test_when_nothing_can_be_answered(self):
        usual = {
            "state": "proposed", "revision": 2, "shown_revision": 2, "valid_until": TODAY,
            "today": TODAY, "changed": False, "answered": False, "begun": False,
        }  # fmt: skip
        for differs, code in (
            ({}, None),
            ({"shown_revision": None}, None),
            ({"state": "answered", "answered": True}, None),
            ({"begun": True}, None),
            ({"shown_revision": 1}, "superseded"),
            ({"state": "draft"}, "superseded"),
            ({"state": "draft", "revision": 0, "shown_revision": 0}, "not_proposed"),
            ({"state": "withdrawn"}, "withdrawn"),
            ({"state": "completed"}, "begun"),
            ({"state": "answered", "answered": True, "begun": True}, "begun"),
            ({"valid_until": date(2026, 5, 31)}, "expired"),
            ({"changed": True}, "changed"),
        ):
            with self.subTest(differs=differs):
                self.assertEqual(treatment_plan.hurdle(**{**usual, **differs}), code)

    def test_the_fingerprint_is_of_the_content(self):
        finger = treatment_plan.fingerprint
        self.assertEqual(finger({"a": 1, "b": "种植"}), finger({"b": "种植", "a": 1}))
        self.assertNotEqual(finger({"a": 1}), finger({"a": 2}))
        self.assertEqual(len(finger({})), 64)


@tagged("post_install", "-at_install")
class TestEstimatePdf(BaseCase):
    def test_long_estimates_go_on_with_head_and_number(self):
        rows = tuple(
            estimate_pdf.Row(f"Treatment <{number}> & more", "种植", "Why " * 90, "€ 1.00")
            for number in range(40)
        )
        estimate = estimate_pdf.Estimate(
            practice=("Practice Aurora", "Via Roma 1"), title="Estimate", note="", notice="So far.",
            facts=(("Patient", "Maria"),), page="Page %(page)s of %(pages)s",
            groups=(estimate_pdf.Group("A way", "", (("First", rows),), ("Total", "€ 40.00")),),
        )  # fmt: skip
        pdf = estimate_pdf.render(estimate, file_path("web/static/fonts/google/Roboto"))
        pages = [page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages]
        self.assertGreater(len(pages), 2)
        for number, text in enumerate(pages, 1):
            self.assertIn("Practice Aurora", text)
            self.assertIn(f"Page {number} of {len(pages)}", text)
        whole = "".join(pages)
        self.assertTrue(all(f"Treatment <{number}> & more" in whole for number in range(40)))
        self.assertIn("种植", whole)
        self.assertIn("€ 40.00", pages[-1])
