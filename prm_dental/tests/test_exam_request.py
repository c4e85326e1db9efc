from datetime import timedelta

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from .care_case import CareCase

JOURNEY = "prm_dental.prm_journey_exam"


@tagged("post_install", "-at_install")
class TestExamRequest(CareCase):
    LIVE = (JOURNEY,)

    def _ask(self, **vals):
        exams = self.as_user(self.clinician, self.env["prm.exam.request"])
        return exams.create({"patient_id": self.luca.id, "name": "Scan of the lower jaw", **vals})

    def test_from_the_catalogue_or_in_words(self):
        kind = self.env.ref("prm_dental.prm_procedure_type_cbct")
        self.assertEqual(self._ask(name=False, type_id=kind.id).name, "3D X-ray")
        with self.assertRaisesRegex(ValidationError, "write its name"):
            self._ask(name=False)
        with self.assertRaisesRegex(ValidationError, "before the day"):
            self._ask(wanted_until=self.today - timedelta(days=1))

    def test_two_reminders_and_a_task(self):
        self._ask()
        counts = []
        for _day in range(30):
            self.run_engine(days=1)
            counts.append(len(self.messages(self.luca)))
        self.assertEqual([counts.index(1) + 1, counts.index(2) + 1, counts[-1]], [7, 14, 2])
        self.assertIn("no result", self.luca.activity_ids.summary)
        self.assertNotIn("jaw", "".join(self.messages(self.luca).mapped("body")))

    def test_who_brought_it_is_left_in_peace(self):
        exam = self._ask()
        self.run_engine(days=8)
        [message] = self.waiting(self.luca)
        self.as_user(self.receptionist, exam).action_received()
        self.run_engine()
        self.assertEqual((message.state, message.reason), ("suppressed", "journey_left"))
        self.assertEqual(self.people(self.luca, JOURNEY).state, "goal")
        self.assertEqual(exam.received_on, self.today + timedelta(days=8))

    def test_another_examination_has_its_own_reminders(self):
        first, second = self._ask(), self._ask(name="Blood test")
        self.run_engine()
        first.action_received()
        self.run_engine()
        states = {one.res_id: one.state for one in self.people(self.luca, JOURNEY)}
        self.assertEqual(states, {first.id: "goal", second.id: "active"})

    def test_not_needed_and_waited_for_again(self):
        exam = self._ask()
        self.run_engine()
        exam.action_cancel()
        self.run_engine()
        self.assertEqual(self.people(self.luca, JOURNEY).state, "exited")
        exam.action_reopen()
        self.run_engine()
        self.assertEqual(self.people(self.luca, JOURNEY).state, "active")
        self.run_engine(days=8)
        self.assertEqual(len(self.messages(self.luca)), 1)

    def test_overdue(self):
        exam = self._ask(wanted_until=self.today + timedelta(days=3))
        exams = self.env["prm.exam.request"]
        self.assertNotIn(exam, exams.search([("is_overdue", "=", True)]))
        self.run_engine(days=5)
        self.assertIn(exam, exams.search([("is_overdue", "=", True)]))
        self.assertNotIn(exam, exams.search([("is_overdue", "=", False)]))
        self.assertTrue(exam.is_overdue)
        exam.action_received()
        self.assertFalse(exam.is_overdue)

    def test_rights(self):
        exam = self._ask(result_note="Cyst at 36")
        desk = self.as_user(self.receptionist, exam)
        self.assertEqual(desk.read(["name"])[0]["name"], "Scan of the lower jaw")
        with self.assertRaises(AccessError):
            desk.read(["result_note"])
        with self.assertRaises(UserError):
            desk.write({"state": "received"})
        with self.assertRaises(AccessError):
            desk.unlink()
        for user in (self.plain_user, self.stranger, self.portal):
            with self.subTest(user.login), self.assertRaises(AccessError):
                self.as_user(user, exam).read(["name"])
        other = self._patient(first_name="Bea")
        with self.assertRaises(UserError):
            exam.patient_id = other
