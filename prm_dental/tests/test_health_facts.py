from datetime import date, timedelta

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from .common import DentalCase


@tagged("post_install", "-at_install")
class TestHealthFacts(DentalCase):
    def setUp(self):
        super().setUp()
        self.facts = self.env["prm.health.fact"]

    def _known(self, *codes):
        return self.facts._current(self.maria, codes)[self.maria.id]

    def test_every_kind_of_value_comes_back_as_it_was_given(self):
        values = {
            "smoking": 12,
            "diabetes": "controlled",
            "pregnancy": False,
            "allergy": ["Penicillin", " Latex "],
            "medication": "",
        }
        self.facts._record(self.maria, values)
        expected = {**values, "allergy": "Penicillin\nLatex"}
        self.assertEqual(self._known(*values), expected)
        self.assertEqual(self._known("heart_condition"), {}, "nobody has asked")

    def test_a_change_ends_the_old_and_keeps_it(self):
        day = self.today - timedelta(days=100)
        [old] = self.facts._record(self.maria, {"smoking": 20}, on=day)
        [new] = self.facts._record(self.maria, {"smoking": 5})
        self.assertEqual((old.ended_on, old.value_number), (self.today, 20))
        self.assertFalse(new.ended_on)
        self.assertEqual(self._known("smoking"), {"smoking": 5})
        self.assertFalse(self.facts._record(self.maria, {"smoking": 5.0}), "nothing is new")
        self.facts._record(self.maria, {"smoking": None})
        self.assertEqual(self._known("smoking"), {})
        self.assertTrue(new.ended_on)

    def test_an_older_word_becomes_history_at_once(self):
        self.facts._record(self.maria, {"caries_risk": "low"}, on=date(2026, 3, 1))
        [late] = self.facts._record(
            self.maria, {"caries_risk": "high"}, on=date(2025, 1, 1), source="import"
        )
        self.assertEqual(late.ended_on, date(2026, 3, 1))
        self.assertEqual(self._known("caries_risk"), {"caries_risk": "low"})

    def test_a_line_added_on_the_form_takes_the_place_of_the_old_one(self):
        kind = self.env.ref("prm_dental.prm_health_fact_type_smoking")
        self.facts._record(self.maria, {"smoking": 20})
        mine = self.as_user(self.clinician, self.facts)
        new = mine.create({"patient_id": self.maria.id, "type_id": kind.id, "value_number": 3})
        self.assertEqual(self.maria.health_fact_ids, new)
        self.assertEqual(new.accepted_by_id, self.clinician)
        with self.assertRaisesRegex(UserError, "stays as it is"):
            new.value_number = 4
        new.action_end()
        self.maria.invalidate_recordset()
        self.assertFalse(self.maria.health_fact_ids)

    def test_what_does_not_fit_is_refused(self):
        for values, words in (
            ({"dental_anxiety": 4}, "from 5 to 25"),
            ({"dental_anxiety": 26}, "from 5 to 25"),
            ({"smoking": "many"}, "needs a number"),
            ({"diabetes": "rather"}, "is no answer"),
            ({"pregnancy": "yes"}, "yes or no"),
            ({"moon": True}, "no kind of health fact"),
        ):
            with self.subTest(values=values), self.assertRaisesRegex(ValidationError, words):
                self.facts._record(self.maria, values)
        with self.assertRaisesRegex(ValidationError, "a day to come"):
            self.facts._record(self.maria, {"smoking": 1}, on=self.today + timedelta(days=2))

    def test_what_patients_say_waits_for_a_clinician(self):
        [fact] = self.facts._record(self.maria, {"allergy": "Latex"}, source="history")
        self.assertFalse(fact.accepted_at)
        with self.assertRaisesRegex(UserError, "Only clinicians"):
            fact.with_user(self.receptionist).sudo().action_accept()
        self.as_user(self.clinician, fact).action_accept()
        self.assertEqual(fact.accepted_by_id, self.clinician)

    def test_alerts(self):
        self.facts._record(
            self.maria,
            {"diabetes": "poor", "dental_anxiety": 19, "anticoagulants": True, "smoking": 40,
             "pregnancy": False, "allergy": "Latex"},
        )  # fmt: skip
        alert = self.as_user(self.clinician, self.maria).health_alert
        self.assertEqual(
            alert,
            "Diabetes: Poorly controlled · Anticoagulants · Allergies: Latex · "
            "Dental anxiety (MDAS): 19",
        )
        self.facts._record(
            self.maria,
            {"diabetes": "controlled", "dental_anxiety": 18, "anticoagulants": False,
             "allergy": ""},
        )  # fmt: skip
        self.maria.invalidate_recordset()
        self.assertFalse(self.as_user(self.clinician, self.maria).health_alert)

    def test_one_query_for_many(self):
        patients = self.maria
        for number in range(20):
            patient = self._patient(first_name=f"N{number}")
            self.facts._record(patient, {"smoking": number, "caries_risk": "high"})
            patients |= patient
        self.env.flush_all()
        with self.assertQueryCount(1):
            known = self.facts._current(patients, ("smoking", "caries_risk"))
        self.assertEqual(known[patients[-1].id], {"smoking": 19, "caries_risk": "high"})
        self.assertEqual(known[self.maria.id], {})

    # === ACCESS ===

    def test_the_desk_sees_what_booking_needs_and_nothing_else(self):
        self.facts._record(
            self.maria, {"mobility": "wheelchair", "infection_risk": True, "antibiotic_cover": True}
        )
        mine = self.as_user(self.receptionist, self.facts).search([])
        self.assertEqual(set(mine.mapped("type_id.code")), {"mobility", "antibiotic_cover"})
        alert = self.as_user(self.receptionist, self.maria).health_alert
        self.assertEqual(
            alert, "Needs antibiotics before treatment · Getting about: In a wheelchair"
        )
        for operation in ("write", "create", "unlink"):
            self.assertFalse(mine.has_access(operation))
        everything = self.as_user(self.manager, self.facts).search([])
        self.assertEqual(len(everything), 3, "a manager is a clinician too")

    def test_others_see_nothing(self):
        [fact] = self.facts._record(self.maria, {"mobility": "wheelchair"})
        self.assertFalse(self.as_user(self.stranger, self.facts).search([]))
        for user in (self.plain_user, self.outsider, self.portal, self.stranger):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.as_user(user, fact).read(["value_label"])
        plain = self.as_user(self.plain_user, self.maria)
        with self.assertRaises(AccessError):
            plain.read(["health_alert"])

    def test_nobody_removes_what_was_recorded(self):
        [fact] = self.facts._record(self.maria, {"smoking": 1})
        with self.assertRaises(AccessError):
            self.as_user(self.manager, fact).unlink()

    def test_recorded_answers_keep_their_meaning(self):
        self.facts._record(self.maria, {"diabetes": "poor"})
        with self.assertRaisesRegex(ValidationError, "have answers"):
            self.env.ref("prm_dental.prm_health_fact_type_diabetes").value_kind = "text"
