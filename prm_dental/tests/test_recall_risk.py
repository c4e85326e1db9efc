from odoo.exceptions import AccessError, UserError
from odoo.tests import BaseCase, tagged

from .. import recall_risk
from ..recall_risk import EXAMINATION, PERIODONTAL, bounds, propose
from .recall_case import RecallCase

#: Shortest and longest intervals as published. NICE CG19 (recommendations 1.1.6 to 1.1.8): 3 months
#: for all; 12 months under 18, 24 months from 18. SDCEP, supportive periodontal care: 3 to 12.
PUBLISHED = [
    (EXAMINATION, 0, 3, 12),
    (EXAMINATION, 6, 3, 12),
    (EXAMINATION, 17, 3, 12),
    (EXAMINATION, 18, 3, 24),
    (EXAMINATION, 40, 3, 24),
    (EXAMINATION, 90, 3, 24),
    (PERIODONTAL, 17, 3, 12),
    (PERIODONTAL, 18, 3, 12),
    (PERIODONTAL, 70, 3, 12),
]

HEALTHY = {"caries_risk": "low", "periodontal_stage": "none", "smoking": 0}

#: Facts, age, months: the program's own rule of thumb within these bounds.
PROPOSALS = [
    ({}, 40, None),
    ({"allergy": "Latex"}, 40, None),
    (HEALTHY, 40, 24),
    (HEALTHY, 17, 12),
    ({"caries_risk": "low"}, 40, 12),
    ({**HEALTHY, "smoking": 1}, 40, 12),
    ({**HEALTHY, "smoking": 9}, 40, 12),
    ({**HEALTHY, "smoking": 10}, 40, 6),
    ({**HEALTHY, "smoking": 10, "diabetes": "poor"}, 40, 3),
    ({**HEALTHY, "diabetes": "controlled"}, 40, 12),
    ({**HEALTHY, "diabetes": "none"}, 40, 24),
    ({**HEALTHY, "periodontal_stage": "I"}, 40, 12),
    ({**HEALTHY, "periodontal_stage": "II"}, 40, 6),
    ({**HEALTHY, "periodontal_stage": "III"}, 40, 3),
    ({**HEALTHY, "periodontal_stage": "IV"}, 40, 3),
    ({**HEALTHY, "periodontal_grade": "C"}, 40, 3),
    ({**HEALTHY, "caries_risk": "moderate"}, 8, 6),
    ({**HEALTHY, "caries_risk": "high"}, 8, 3),
    ({**HEALTHY, "new_caries": 1}, 40, 6),
    ({**HEALTHY, "new_caries": 3}, 40, 3),
    ({**HEALTHY, "bleeding_on_probing": 9}, 40, 24),
    ({**HEALTHY, "bleeding_on_probing": 10}, 40, 12),
    ({**HEALTHY, "xerostomia": True}, 70, 6),
    ({**HEALTHY, "xerostomia": False}, 70, 24),
    ({**HEALTHY, "fluoride": False}, 40, 12),
]


class TestRecallRisk(BaseCase):
    def test_the_bounds_are_those_published(self):
        for guidance, age, shortest, longest in PUBLISHED:
            with self.subTest(guidance=guidance, age=age):
                self.assertEqual(bounds(guidance, age), (shortest, longest))
        self.assertEqual(bounds(EXAMINATION, None), (3, 24))

    def test_proposals(self):
        for facts, age, months in PROPOSALS:
            with self.subTest(facts=facts, age=age):
                self.assertEqual(propose(facts, age).months, months)

    def test_no_single_fact_leaves_the_bounds(self):
        for code, _counts, _level in recall_risk.RULES:
            for value in (True, False, 0, 5, 50, "I", "IV", "C", "high", "poor", "none"):
                for guidance, age, shortest, longest in PUBLISHED:
                    try:
                        months = propose({code: value}, age, guidance).months
                    except TypeError:
                        continue  # a word where a number is compared: facts are never like that
                    self.assertTrue(shortest <= months <= longest)

    def test_more_risk_never_means_longer(self):
        for facts, age, months in PROPOSALS:
            if months:
                worse = propose({**facts, "caries_risk": "high"}, age).months
                self.assertLessEqual(worse, months)

    def test_gum_maintenance_is_never_longer_than_a_year(self):
        self.assertEqual(propose(HEALTHY, 40, PERIODONTAL).months, 12)

    def test_the_heaviest_reason_comes_first(self):
        found = propose({**HEALTHY, "smoking": 3, "periodontal_stage": "III"}, 40)
        self.assertEqual([code for _level, code in found.reasons], ["periodontal_stage", "smoking"])


@tagged("post_install", "-at_install")
class TestRiskOnRecalls(RecallCase):
    def setUp(self):
        super().setUp()
        self.kinds["exam"].risk_guidance = "examination"
        self.patient = self._patient(first_name="Rita", birth_date="1980-01-01")
        exam = self.env["prm.procedure.type"].browse(self.codes["EXAM"])
        self._done(self.patient, "2026-01-10", kind=exam)
        self.recall = self._row(self.patient, "exam")
        self.facts = self.env["prm.health.fact"]

    def test_it_is_proposed_and_not_applied(self):
        self.assertFalse(self.recall.risk_months, "nothing is known")
        self.facts._record(self.patient, {"smoking": 20, "diabetes": "poor"})
        self.recall.invalidate_recordset()
        mine = self.as_user(self.clinician, self.recall)
        self.assertEqual(mine.risk_months, 3)
        self.assertEqual(
            mine.risk_reason,
            "Cigarettes: 20 a day, Diabetes: Poorly controlled; NICE guideline CG19 allows 3 to 24 "
            "months",
        )
        self.assertTrue(mine.risk_differs)
        self.assertEqual(str(self.recall.due_date), "2027-01-10", "nothing happens by itself")

    def test_a_clinician_accepts_it_and_the_reason_is_kept(self):
        self.facts._record(self.patient, {"smoking": 20, "diabetes": "poor"})
        mine = self.as_user(self.clinician, self.recall)
        mine.action_accept_risk()
        self.assertEqual(str(self.recall.due_date), "2026-04-10")
        self.assertEqual(self.recall.interval_source, "risk")
        self.assertFalse(mine.risk_differs)
        [decision] = self.recall.decision_ids
        self.assertEqual(
            (decision.what, decision.source, decision.value, decision.user_id),
            ("interval", "risk", "3 months", self.clinician),
        )
        self.assertIn("Poorly controlled", decision.clinical_reason)
        self.recall.interval_number = 6
        self.assertEqual((self.recall.interval_source, self.recall.interval_risk), ("staff", False))

    def test_the_desk_sees_the_date_and_no_diagnosis(self):
        self.facts._record(self.patient, {"diabetes": "poor"})
        desk = self.as_user(self.receptionist, self.recall)
        with self.assertRaises(AccessError):
            desk.action_accept_risk()
        self.as_user(self.clinician, self.recall).action_accept_risk()
        desk.invalidate_recordset()
        self.assertEqual(desk.reason, "Examination on Jan 10, 2026 + 6 months (By risk)")
        for record, name in (
            (desk, "interval_risk"), (desk, "risk_reason"), (desk.decision_ids, "clinical_reason"),
        ):  # fmt: skip
            with self.subTest(name=name), self.assertRaises(AccessError):
                record.read([name])
        self.assertNotIn("diabetes", str(desk.decision_ids.read()).lower())

    def test_nothing_known_nothing_to_accept(self):
        with self.assertRaisesRegex(UserError, "Nothing is recorded"):
            self.as_user(self.clinician, self.recall).action_accept_risk()
