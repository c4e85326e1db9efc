from hypothesis import given
from hypothesis import strategies as st
from odoo.tests import BaseCase, tagged

from .. import history_form, mdas
from ..history_form import Question, facts, missing, read_answer, same

SCALE = [Question(item, "scale", "dental_anxiety") for item in mdas.ITEMS]


@tagged("post_install", "-at_install")
class TestMdas(BaseCase):
    """Sums and cut-offs as published: Humphris, Morrison, Lindsay 1995 (19 and above is high)."""

    def test_cut_offs(self):
        for score, level in ((5, "low"), (10, "low"), (11, "moderate"), (18, "moderate"),
                             (19, "high"), (25, "high")):  # fmt: skip
            self.assertEqual(mdas.level(score), level)
        for score in (4, 26, 0):
            with self.assertRaises(ValueError):
                mdas.level(score)

    def test_sum(self):
        self.assertEqual(mdas.total(dict.fromkeys(mdas.ITEMS, 1)), 5)
        self.assertEqual(mdas.total(dict.fromkeys(mdas.ITEMS, 5)), 25)
        self.assertIsNone(mdas.total({**dict.fromkeys(mdas.ITEMS, 3), "drill": None}))
        self.assertIsNone(mdas.total({}))
        with self.assertRaises(ValueError):
            mdas.total({**dict.fromkeys(mdas.ITEMS, 3), "drill": 6})

    @given(st.lists(st.integers(1, 5), min_size=5, max_size=5))
    def test_every_sum_has_a_level(self, numbers):
        score = mdas.total(dict(zip(mdas.ITEMS, numbers, strict=True)))
        self.assertIn(mdas.level(score), ("low", "moderate", "high"))
        self.assertEqual(facts(SCALE, dict(zip(mdas.ITEMS, numbers, strict=True))),
                         {"dental_anxiety": sum(numbers)})  # fmt: skip


@tagged("post_install", "-at_install")
class TestHistoryForm(BaseCase):
    def test_who_is_asked(self):
        pregnant = Question(
            "pregnant", "flag", "pregnancy", gender="female", min_age=12, max_age=55
        )
        for gender, age, asked in (
            ("female", 30, True), ("female", 12, True), ("female", 55, True), ("female", 11, False),
            ("female", 56, False), ("male", 30, False), ("other", 30, True),
            # Whom we don't know, we ask.
            (False, 30, True), ("female", None, True), (False, None, True),
        ):  # fmt: skip
            self.assertEqual(pregnant.is_for(gender, age), asked, (gender, age))

    def test_answers(self):
        flag, number = Question("a", "flag"), Question("a", "number", maximum=200)
        words, choice = Question("a", "words"), Question("a", "choice", choices=("x", "y"))
        many = Question("a", "many", choices=("x", "y"))
        wrong = history_form
        for question, typed, expected in (
            (flag, {"a": "yes"}, (True, None)),
            (flag, {"a": "no"}, (False, None)),
            (flag, {}, (None, wrong.UNANSWERED)),
            (flag, {"a": "perhaps"}, (None, wrong.UNANSWERED)),
            (number, {"a": "no", "a_more": "9"}, (0, None)),
            (number, {"a": "yes", "a_more": " 10 "}, (10, None)),
            (number, {"a": "yes"}, (None, wrong.SAY_HOW_MANY)),
            (number, {"a": "yes", "a_more": "many"}, (None, wrong.SAY_HOW_MANY)),
            (number, {"a": "yes", "a_more": "٣"}, (None, wrong.SAY_HOW_MANY)),
            (number, {"a": "yes", "a_more": "0"}, (None, wrong.OUT_OF_RANGE)),
            (number, {"a": "yes", "a_more": "201"}, (None, wrong.OUT_OF_RANGE)),
            (number, {"a": "yes", "a_more": "9" * 50}, (None, wrong.OUT_OF_RANGE)),
            (words, {"a": "no", "a_more": "Latex"}, ("", None)),
            (words, {"a": "yes", "a_more": " Latex\n\n Nuts "}, ("Latex\nNuts", None)),
            (words, {"a": "yes", "a_more": "  "}, (None, wrong.SAY_WHICH)),
            (words, {"a": "yes", "a_more": "x" * 1001}, (None, wrong.TOO_LONG)),
            (words, {"a": ""}, (None, wrong.UNANSWERED)),
            (choice, {"a": "y"}, ("y", None)),
            (choice, {"a": "z"}, (None, wrong.UNANSWERED)),
            (many, {"a_y": "1", "a_z": "1"}, (["y"], None)),
            (many, {}, ([], None)),
            (SCALE[0], {"tomorrow": "3"}, (3, None)),
            (SCALE[0], {"tomorrow": "6"}, (None, wrong.UNANSWERED)),
        ):
            self.assertEqual(read_answer(question, typed), expected, (question.kind, typed))

    def test_facts(self):
        questions = [
            Question("smokes", "number", "smoking"),
            Question("allergic", "words", "allergy"),
            Question("hard", "many", choices=("barrier_cost", "barrier_fear")),
            Question("else", "words"),
            *SCALE,
        ]
        answers = {"smokes": 0, "allergic": "", "hard": ["barrier_fear"], "else": "Nothing"}
        self.assertEqual(
            facts(questions, answers),
            {"smoking": 0, "allergy": "", "barrier_cost": False, "barrier_fear": True},
        )
        self.assertEqual(missing(questions, answers), SCALE)
        self.assertEqual(facts(questions, {}), {})

    def test_same(self):
        self.assertTrue(same("Latex\nNuts", "nuts\n latex"))
        self.assertFalse(same("Latex", ""))
        self.assertTrue(same(10.0, 10))
        self.assertFalse(same(False, 0))
        self.assertFalse(same(None, False))
