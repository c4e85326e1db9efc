import time
from datetime import timedelta
from unittest.mock import patch

from freezegun import freeze_time
from odoo import fields
from odoo.addons.prm_core import throttle
from odoo.tests import tagged

from ..controllers import booking_state
from ..models import prm_booking_code
from .test_online_booking import MIA, OnlineBookingCase


@tagged("post_install", "-at_install")
class TestCode(OnlineBookingCase):
    def _wrong(self):
        return f"{(int(self._code()) + 1) % 1_000_000:06}"

    def _gateway(self):
        return self.env["prm.gateway"].create(
            {"name": "SMS", "provider": "twilio", "company_id": self.practice.id,
             "account": "AC1", "secret": "s3cret", "sender": "+12025550199"}
        )  # fmt: skip

    def test_a_code_is_nowhere_in_the_clear(self):
        page = self._to_code()
        digits = self._code()
        code = self.env["prm.booking.code"].search([])[:1]
        self.assertNotIn(digits, str(code.read()))
        self._submit(page, code=digits)
        self.env.invalidate_all()
        self.assertFalse(self._messages()[:1].body)
        self.assertFalse(self._messages()[:1].request_data)

    def test_wrong_ones(self):
        page = self._to_code()
        right = self._code()
        for typed in (self._wrong(), "", "abc", "12345", right + "1", "%", "\u0663" * 3):
            tries = self.env["prm.booking.code"].search([])[:1]
            tries.tries = 0
            page = self._submit(page, code=typed)
            self.assertIn("This is not the code", self._alert(page), typed)
        self.assertFalse(self._visits())
        self.env["prm.booking.code"].search([])[:1].tries = 0
        page = self._submit(page, code=f" {right[:3]} {right[3:]} ")
        self.assertIn("Thank you, Mia", self._heading(page))

    def test_five_tries(self):
        page, wrong, right = self._to_code(), self._wrong(), self._code()
        for _try in range(4):
            page = self._submit(page, code=wrong)
            self.assertIn("This is not the code", self._alert(page))
        page = self._submit(page, code=wrong)
        self.assertIn("doesn't work any more", self._alert(page))
        page = self._submit(page, code=right)
        self.assertIn("doesn't work any more", self._alert(page))
        self.assertFalse(self._visits())
        page = self._submit(page, "email")
        page = self._submit(page, code=self._code())
        self.assertIn("Thank you, Mia", self._heading(page))

    def test_ten_minutes(self):
        page, right = self._to_code(), self._code()
        with freeze_time(fields.Datetime.now() + timedelta(minutes=11)):
            page = self._submit(page, code=right)
        self.assertIn("doesn't work any more", self._alert(page))
        self.assertFalse(self._visits())

    def test_a_new_code_ends_the_old_one(self):
        page, old = self._to_code(), self._code()
        page = self._submit(page, "email")
        new = self._code()
        self.env.invalidate_all()
        self.assertEqual(
            self._messages().sorted("id").mapped("state"), ["suppressed", "queued"]
        )  # fmt: skip
        if old != new:
            self.assertIn("This is not the code", self._alert(self._submit(page, code=old)))
        self.assertIn("Thank you", self._heading(self._submit(page, code=new)))

    def test_it_goes_at_any_hour(self):
        """Nobody waits until the morning for a code that works for ten minutes."""
        care = self.env.ref("prm_core.prm_purpose_care")
        hour = fields.Datetime.context_timestamp(
            self.page.with_context(tz="Europe/Rome"), fields.Datetime.now()
        ).hour
        care.write({"hour_from": (hour + 2) % 23, "hour_to": (hour + 2) % 23 + 1, "cap_count": 1,
                    "cap_days": 9})  # fmt: skip
        self._to_code()
        message = self._messages()[:1]
        self.assertEqual(message.state, "queued")
        self.assertLessEqual(message.scheduled_at, fields.Datetime.now())
        self.assertLessEqual(
            message.expires_at, fields.Datetime.now() + timedelta(minutes=11)
        )  # fmt: skip
        (facts,) = message._gather_claimed_facts(message)
        self.assertFalse(facts.hours or facts.caps)

    def test_limits_of_an_address(self):
        page = self._to_code()
        for _number in range(2):
            page = self._submit(page, "email")
            self.assertEqual(self.last.status_code, 200)
        self._submit(page, "email")
        self.assertEqual(self.last.status_code, 429)
        self.assertTrue(self.last.headers["Retry-After"])
        wait = self._to_code(first_name="Somebody", email="MIA@example.com ")
        self.assertEqual(self.last.status_code, 429)
        self.assertEqual(self._heading(wait), "Please wait a little")
        self.assertFalse(self._patients(first_name="Somebody"))
        self._to_code(email="another@example.com")
        self.assertEqual(self.last.status_code, 200)

    def test_limits_of_a_day(self):
        codes = self.env["prm.booking.code"]
        with freeze_time("2035-02-05 08:00:00"):
            for number in range(7):
                allowed = codes._may_send("mia@example.com", "198.51.100.7")
                self.assertEqual(allowed, number < 6)
                booking = self._booking()
                code, _digits = codes._make(booking, "email", "mia@example.com", "198.51.100.7")
                moved = fields.Datetime.now() - timedelta(hours=2 * number + 2)
                self.env.cr.execute(
                    "UPDATE prm_booking_code SET create_date = %s WHERE id = %s", (moved, code.id)
                )
        self.env.cr.execute("DELETE FROM prm_booking_code")

    def _booking(self):
        return self.env["prm.booking"].create(
            {"company_id": self.practice.id, "patient_id": self.maria.id, "whom": "me",
             "first_name": "Mia", "last_name": "Rossi", "birth_date": "1990-04-12"}
        )  # fmt: skip

    def test_limits_of_a_visitor(self):
        with patch.object(prm_booking_code, "VISITOR_LIMITS", ((1, 2),)):
            for number in range(2):
                self._to_code(email=f"mia{number}@example.com")
                self.assertEqual(self.last.status_code, 200)
            self._to_code(email="mia9@example.com")
            self.assertEqual(self.last.status_code, 429)

    def test_pages_of_a_visitor(self):
        throttle.forget()
        self._replace(throttle, "seconds_to_wait", lambda *args: 7)
        response = self.url_open(self.path)
        self.assertEqual((response.status_code, response.headers["Retry-After"]), (429, "7"))

    def test_an_address_to_which_nothing_can_go(self):
        blocks = self.env["prm.address.block"]
        for reason in ("bounced", "complained", "stop"):
            blocks._block(self.practice, "email", "mia@example.com", reason)
            self.env["prm.booking.code"].search([]).unlink()
            page = self._to_code()
            (error,) = self._errors(page)
            self.assertIn("We can't write to this email address", error)
            self.assertEqual(page.xpath("//input[@id='last_name']/@value"), ["Rossi"])
            self.assertFalse(self._patients(last_name="Rossi"))
            blocks._lift(self.practice, "email", "mia@example.com")
        self._gateway()
        blocks._block(self.practice, "sms", "+393331234567", "stop")
        page = self._to_code(email="", mobile="333 1234567")
        self.assertIn("We can't write to this number", self._errors(page)[0])

    def test_by_text_message(self):
        self._gateway()
        page = self._to_code(email="", mobile="333 1234567")
        self.assertIn("+393331234567", self._text(page))
        message = self._messages()[:1]
        self.assertEqual((message.channel_id.code, message.address), ("sms", "+393331234567"))
        self._submit(page, code=self._code())
        self.assertEqual(self._visits().prm_patient_id.mobile, "+393331234567")

    def test_by_the_other_way(self):
        self._gateway()
        page = self._to_code(mobile="333 1234567")
        self.assertIn("mia@example.com", self._text(page))
        page = self._submit(page, "sms")
        self.assertIn("+393331234567", self._text(page))
        self.assertIn("Thank you", self._heading(self._submit(page, code=self._code())))

    def test_without_texts_an_email_address_is_needed(self):
        page = self._submit(self._form(), **{**MIA, "email": "", "mobile": "333 1234567"})
        self.assertEqual(
            self._errors(page), ["Please write your email address: we send a code to it."]
        )  # fmt: skip

    # -- machines

    def test_who_fills_the_hidden_field_gets_the_same_pages(self):
        page = self._submit(self._form(), **MIA, website="https://spam.example")
        self.assertEqual(self._heading(page), "Is everything right?")
        self._nothing_happens(page)

    def test_who_is_too_fast_gets_the_same_pages(self):
        self._replace(booking_state, "MIN_SECONDS", 3)
        page = self._submit(self._form(), **MIA)
        self._nothing_happens(page)

    def test_a_person_is_slow_enough(self):
        self._replace(booking_state, "MIN_SECONDS", 3)
        page = self._submit(self._form(), **MIA)
        moment = time.time() + 4
        with patch.object(booking_state.time, "time", lambda: moment):
            self._submit(page, "send")
        self.assertEqual(len(self._messages()), 1)

    def _nothing_happens(self, page):
        page = self._submit(page, "send")
        self.assertEqual(self._heading(page), "Please type your code")
        self.assertIn("mia@example.com", self._text(page))
        page = self._submit(page, code="123456")
        self.assertIn("This is not the code", self._alert(page))
        self._submit(page, "email")
        self.assertFalse(self._messages())
        self.assertFalse(self._patients(last_name="Rossi"))

    # -- forgetting

    def test_who_never_types_the_code_is_forgotten(self):
        self._to_code()
        self._code()
        patient = self._patients(last_name="Rossi")
        contact = patient.partner_id
        bookings = self.env["prm.booking"].search([("patient_id", "=", patient.id)])
        bookings._cron_forget()
        self.assertTrue(patient.exists())
        with freeze_time(fields.Datetime.now() + timedelta(hours=25)):
            bookings._cron_forget()
        for gone in (patient, contact, bookings):
            self.assertFalse(gone.exists())
        self.assertFalse(self._messages())
        self.assertTrue(self.maria.exists())

    def test_digits_are_forgotten_when_they_are_over(self):
        self._to_code()
        message = self._messages()[:1]
        with freeze_time(fields.Datetime.now() + timedelta(minutes=11)):
            self.env["prm.booking"]._cron_forget()
        self.assertFalse(message.body)
        self.assertFalse(self.env["prm.booking.code"].search([("address", "!=", False)]))

    def test_patients_stay_when_bookings_are_forgotten(self):
        self._book_online()
        patient = self._visits().prm_patient_id
        with freeze_time(fields.Datetime.now() + timedelta(days=91)):
            self.env["prm.booking"]._cron_forget()
        self.assertTrue(patient.exists())
        self.assertFalse(self.env["prm.booking"].search([("patient_id", "=", patient.id)]))
