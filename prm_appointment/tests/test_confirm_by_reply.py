from odoo.addons.prm_core.channels import ProviderEvent
from odoo.tests import tagged

from .common import AppointmentCase


@tagged("post_install", "-at_install")
class TestConfirmByReply(AppointmentCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.sms = cls.env.ref("prm_core.prm_channel_sms")
        cls.number = "+12025550143"
        cls.maria.mobile = cls.number

    def ask(self, visit, **vals):
        """A reminder of a visit, as it is after it went."""
        return self.env["prm.message"].create(
            {
                "patient_id": visit.prm_patient_id.id, "company_id": self.practice.id,
                "purpose_id": self.env.ref("prm_core.prm_purpose_care").id,
                "channel_id": self.sms.id, "address": self.number, "body": "Will you come?",
                "state": "sent", "sent_at": self.env.cr.now().replace(microsecond=0),
                "res_model": "calendar.event", "res_id": visit.id, **vals,
            }
        )  # fmt: skip

    def answer(self, text, **options):
        events = self.env["prm.message.event"]
        report = ProviderEvent(
            f"in-{events.search_count([('id', '!=', False)])}", "inbound", address=self.number,
            text=text, **options,
        )  # fmt: skip
        stored = events._store(self.practice, self.sms, [report])
        events._apply_due()
        return stored.message_id

    def test_every_plain_yes_confirms(self):
        for text in ("C", "conferma", "sí", "👍", "Sì, grazie!", "Ja", "好的"):
            with self.subTest(text=text):
                visit = self._book(self._at(9))
                asked = self.ask(visit)
                message = self.answer(text)
                self.assertEqual(visit.prm_status, "confirmed")
                self.assertEqual(asked.state, "acted")
                self.assertEqual(message.reply_to_id, asked)
                self.assertFalse(message.needs_answer)
                visit.prm_status = "cancelled"

    def test_a_no_is_for_a_person(self):
        visit = self._book(self._at(9))
        self.ask(visit)
        message = self.answer("No")
        self.assertEqual(visit.prm_status, "booked")
        self.assertEqual((message.meaning, message.needs_answer), ("decline", True))
        self.assertTrue(self.maria.activity_ids)

    def test_two_visits_are_not_guessed_at(self):
        first, second = self._book(self._at(9)), self._book(self._at(15))
        self.ask(first, provider_ref="SM1")
        self.ask(second, provider_ref="SM2")
        self.assertTrue(self.answer("C").needs_answer)
        self.assertEqual({first.prm_status, second.prm_status}, {"booked"})
        self.answer("C", in_reply_to="SM1")
        self.assertEqual((first.prm_status, second.prm_status), ("confirmed", "booked"))

    def test_a_yes_to_nothing(self):
        visit = self._book(self._at(9))
        self.assertTrue(self.answer("C").needs_answer)
        self.assertEqual(visit.prm_status, "booked")

    def test_a_yes_from_the_family_phone_is_about_what_was_asked(self):
        """Mother and child share the phone; only the child's visit was asked about."""
        child = self._patient(first_name="Leo", last_name="Verdi", mobile=self.number)
        visit = self._book(self._at(9), child)
        self.ask(visit)
        message = self.answer("C")
        self.assertEqual(visit.prm_status, "confirmed")
        self.assertEqual(message.patient_id, child)

    def test_twice_is_no_harm(self):
        visit = self._book(self._at(9))
        self.ask(visit)
        self.answer("C")
        self.assertFalse(self.answer("C").needs_answer)
        self.assertEqual(visit.prm_status, "confirmed")

    def test_a_visit_that_is_over_or_cancelled(self):
        visit = self._book(self._at(9))
        self.ask(visit)
        visit.prm_status = "cancelled"
        self.assertTrue(self.answer("C").needs_answer)
        self.assertEqual(visit.prm_status, "cancelled")
