from datetime import timedelta

from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import DentalCase


@tagged("post_install", "-at_install")
class TestLapsed(DentalCase):
    @classmethod
    def setUpClass(cls):
        cls._stop_clock()
        super().setUpClass()
        cls.anna = cls._patient(
            first_name="Anna", last_name="Neri", email="anna@example.com", lang="it_IT",
            mobile="+39 333 123 4567",
        )  # fmt: skip

    def setUp(self):
        super().setUp()
        self.rows = self.as_user(self.receptionist, self.env["prm.lapsed"])

    def _lapsed(self):
        self.env.flush_all()
        self.env.invalidate_all()
        return self.rows.search([])

    def _ago(self, days):
        return self.today - timedelta(days=days)

    def test_after_eighteen_months_or_what_the_practice_says(self):
        self._done(self.anna, self._ago(500), fee=80)
        self._done(self.anna, self._ago(900), fee=20)
        self.assertFalse(self._lapsed())
        setting = self.env["prm.follow.up"].create(
            {"company_id": self.practice.id, "lapsed_months": 12}
        )
        row = self._lapsed()
        self.assertEqual(row.patient_id, self.anna)
        self.assertEqual((row.last_seen_on, row.visit_count, row.value), (self._ago(500), 2, 100))
        setting.lapsed_months = 24
        self.assertFalse(self._lapsed())

    def test_a_visit_that_came_or_comes_counts(self):
        self._done(self.anna, self._ago(900))
        self.assertTrue(self._lapsed())
        visit = self._book(self.anna, days=9)
        self.assertFalse(self._lapsed())
        visit._prm_cancel("patient")
        self.assertTrue(self._lapsed())
        came = self._book(self.anna, days=0, status="completed", start="2026-05-01 09:00:00")
        self.assertEqual(came.prm_status, "completed")
        self.assertFalse(self._lapsed())
        self.assertEqual(str(self.anna.last_seen_on), "2026-05-01")

    def test_who_is_not_to_be_asked(self):
        self._done(self.anna, self._ago(900))
        for status in ("deceased", "moved", "inactive"):
            self.anna.status = status
            self.assertFalse(self._lapsed())
        self.anna.status = "active"
        self.assertTrue(self._lapsed())
        self._patient(first_name="Never here")
        self.assertEqual(self._lapsed().patient_id, self.anna)

    def test_leave_in_peace_and_back(self):
        self._done(self.anna, self._ago(900))
        self._lapsed().action_leave_in_peace()
        self.assertTrue(self._lapsed().in_peace)
        self.assertFalse(self.rows.search([("in_peace", "=", False)]))
        self._lapsed().action_ask_again()
        self.assertFalse(self._lapsed().in_peace)

    def test_message_and_call(self):
        self._done(self.anna, self._ago(900))
        action = self._lapsed().action_message()
        sender = self.as_user(
            self.receptionist, self.env["prm.follow.up.send"].browse(action["res_id"])
        )
        self.assertTrue(sender.line_ids.allowed)
        sender.action_send()
        message = self.env["prm.message"].search([("patient_id", "=", self.anna.id)])
        self.assertEqual(message.template_id.code, "library_long_away")
        action = self._lapsed().action_call()
        answer = self.as_user(
            self.receptionist, self.env["prm.unscheduled.answer"].browse(action["res_id"])
        )
        self.assertEqual(answer.phone, "+39 333 123 4567")
        answer.write({"outcome": "later", "until": self.today + timedelta(days=90)})
        answer.action_note()
        self.assertTrue(self._lapsed().in_peace)
        self.assertEqual(self._codes(self.anna)[-1], "lapsed_called")

    def test_by_person(self):
        self._done(self.anna, self._ago(900))
        for user in (self.outsider, self.portal, self.plain_user):
            with self.assertRaises(AccessError):
                self.env["prm.lapsed"].with_user(user).search([])
        self.assertFalse(self.as_user(self.stranger, self.env["prm.lapsed"]).search([]))
        row = self._lapsed()
        with self.assertRaises(AccessError):
            self.as_user(self.stranger, row).action_leave_in_peace()
        with self.assertRaises(AccessError):
            self.as_user(self.clinician, row).action_leave_in_peace()
