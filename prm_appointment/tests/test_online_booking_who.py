from datetime import date

from odoo import fields
from odoo.tests import BaseCase, tagged

from .. import booking_form, same_person
from .test_online_booking import MIA, OnlineBookingCase

TODAY = date(2026, 3, 15)


@tagged("post_install", "-at_install")
class TestSamePerson(BaseCase):
    def _judge(self, *known):
        return same_person.judge("Mia", "Rossi", date(1990, 4, 12), "mia@example.com", known)

    def _known(self, number=1, first="Mia", born=date(1990, 4, 12), contact="mia@example.com",
               bookable=True):  # fmt: skip
        return same_person.Known(number, first, "ROSSI", born, frozenset({contact}), bookable)

    def test_all_three(self):
        self.assertEqual(self._judge(), ("new", []))
        self.assertEqual(self._judge(self._known()), ("matched", [1]))
        self.assertEqual(self._judge(self._known(1), self._known(2)), ("unclear", [1, 2]))
        self.assertEqual(self._judge(self._known(bookable=False)), ("unclear", [1]))

    def test_two_of_three_are_for_people(self):
        for near in (self._known(first="Maria"), self._known(born=date(1990, 4, 13)),
                     self._known(born=None), self._known(contact="other@example.com")):  # fmt: skip
            self.assertEqual(self._judge(near), ("unclear", [1]))
        self.assertEqual(self._judge(self._known(), self._known(2, first="Ada")), ("matched", [1]))

    def test_one_of_three_is_somebody_else(self):
        other = self._known(first="Ada", contact="ada@example.com")
        self.assertEqual(self._judge(other), ("new", []))


@tagged("post_install", "-at_install")
class TestForm(BaseCase):
    def _read(self, texts=True, privacy=False, **typed):
        typed = booking_form.as_typed({**MIA, **typed})
        return booking_form.read(typed, TODAY, "IT", texts, privacy)

    def test_right(self):
        person, errors = self._read(
            first_name="  Mia  ", email=" MIA@Example.com", mobile="333 1234567"
        )
        self.assertFalse(errors)
        self.assertEqual((person.first_name, person.email), ("Mia", "mia@example.com"))
        self.assertEqual(person.mobile, "+393331234567")
        for text in ("1990-04-12", "1990/4/12", "30.4.1990", "30/04/1990"):
            self.assertFalse(self._read(birth_date=text)[1], text)

    def test_wrong(self):
        for field, code, typed in (
            ("whom", "choose", {"whom": "dog"}),
            ("first_name", "empty", {"first_name": " \u200b "}),
            ("last_name", "long", {"last_name": "x" * 61}),
            ("first_name", "name", {"first_name": "<b>Mia</b>"}),
            ("first_name", "name", {"first_name": "..."}),
            ("last_name", "name", {"last_name": "see https://spam.example"}),
            ("birth_date", "empty", {"birth_date": ""}),
            ("birth_date", "date", {"birth_date": "yesterday"}),
            ("birth_date", "date", {"birth_date": "2026-02-30"}),
            ("birth_date", "date", {"birth_date": "2027-01-01"}),
            ("birth_date", "date", {"birth_date": "1890-01-01"}),
            ("birth_date", "date", {"birth_date": "03/04/1990"}),
            ("birth_date", "minor", {"birth_date": "2008-03-16"}),
            ("birth_date", "adult", {"whom": "child", "guardian_first": "Eva",
                                     "guardian_last": "Rossi", "birth_date": "2008-03-15"}),
            ("guardian_first", "empty", {"whom": "child", "guardian_last": "Rossi",
                                         "birth_date": "2015-03-15"}),
            ("email", "email", {"email": "mia@"}),
            ("email", "email", {"email": "a" * 130 + "@example.com"}),
            ("email", "contact", {"email": ""}),
            ("mobile", "mobile", {"mobile": "12"}),
            ("note", "long", {"note": "x" * 301}),
        ):  # fmt: skip
            person, errors = self._read(**typed)
            self.assertIsNone(person)
            self.assertEqual(errors, {field: code}, typed)
        self.assertEqual(self._read(privacy=True)[1], {"privacy": "accept"})
        self.assertTrue(self._read(privacy="1")[1])

    def test_ages(self):
        self.assertFalse(self._read(birth_date="2008-03-15")[1])
        child = {"whom": "child", "guardian_first": "Eva", "guardian_last": "Rossi"}
        self.assertFalse(self._read(birth_date="2008-03-16", **child)[1])

    def test_whatever_is_posted(self):
        for value in ("\x00", "x" * 100_000, "🦷", "é" * 50, "'; DROP TABLE"):
            for field in booking_form.FIELDS:
                self._read(**{field: value})


@tagged("post_install", "-at_install")
class TestWho(OnlineBookingCase):
    """What becomes of the person: the page never tells."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.mia = cls._patient(
            first_name="Mia", last_name="Rossi", birth_date="1990-04-12",
            email="Mia@Example.com", preferred_name="Mimi",
        )  # fmt: skip

    def _activities(self, patient):
        kind = self.env.ref("prm_appointment.mail_activity_same_person")
        return patient.activity_ids.filtered(lambda one: one.activity_type_id == kind)

    def test_every_mistake_has_its_sentence_and_leads_to_its_field(self):
        page = self._submit(self._form(), whom="child", birth_date="x", email="x", mobile="x",
                            note="x" * 301)  # fmt: skip
        errors = self._errors(page)
        self.assertEqual(len(errors), 8)
        for address in page.xpath("//*[@role='alert']//a/@href"):
            self.assertTrue(page.xpath(f"//*[@id='{address[1:]}']"), address)
        self.assertEqual(len(page.xpath("//*[@aria-invalid='true']")), 8)
        self.page.privacy_url = "https://aurora.example/privacy"
        page = self._submit(self._form(), **MIA)
        self.assertEqual(
            self._errors(page), ["Please read the privacy notice and tick the box."]
        )  # fmt: skip
        page = self._submit(page, privacy="1")
        self._submit(page, "send")
        booking = self.env["prm.booking"].search([], limit=1)
        self.assertTrue(booking.privacy_at)

    def test_a_patient_is_found(self):
        page = self._to_code(first_name="MIA")
        made = self._patients(last_name="Rossi") - self.mia
        page = self._submit(page, code=self._code_of(made))
        self.assertFalse(made.exists())
        self.assertEqual(self._visits().prm_patient_id, self.mia)
        self.assertFalse(self.mia.came_by)
        self.assertFalse(self._activities(self.mia))
        self.assertNotIn("Mimi", self._text(page))
        self.assertEqual(self._messages()[:1].patient_id, self.mia)

    def _code_of(self, _patient):
        return self._code()

    def test_pages_are_the_same_for_everybody(self):
        """A patient, somebody near one and a stranger read the same, but for what they typed."""
        self._patient(first_name="Ida", last_name="Neri", birth_date="1985-01-20",
                      email="old@example.com")  # fmt: skip
        seen = []
        for number, typed in enumerate((
            {}, {"first_name": "Ida", "last_name": "Neri", "birth_date": "1985-01-20",
                 "email": "new@example.com"},
            {"first_name": "Ugo", "last_name": "Blu", "email": "ugo@example.com"},
        )):  # fmt: skip
            page = self._to_code(number=number, **typed)
            steps = [page]
            steps.append(self._submit(page, code="000000x"))
            steps.append(self._submit(page, code=self._code()))
            words = {**MIA, **typed}
            seen.append([self._without(step, words) for step in steps])
        self.assertEqual(seen[0], seen[1])
        self.assertEqual(seen[1], seen[2])
        self.env.invalidate_all()
        found = self.env["prm.booking"].search([], order="id").mapped("found")
        self.assertEqual(found, ["matched", "unclear", "new"])

    def _without(self, page, words):
        texts = page.xpath("//main//text()[not(ancestor::div[contains(@class, 'p-card')])]")
        text = " ".join(" ".join(texts).split())
        for word in sorted(filter(None, words.values()), key=len, reverse=True):
            text = text.replace(word, "…")
        return text

    def test_nearly_a_patient(self):
        self._book_online(email="other@example.com")
        patient = self._visits().prm_patient_id
        self.assertNotEqual(patient, self.mia)
        self.assertEqual(patient.status, "prospect")
        (activity,) = self._activities(patient)
        self.assertIn("Mia Rossi", activity.summary)
        self.assertTrue(activity.user_id)

    def test_somebody_who_died_or_is_archived(self):
        self.mia.status = "deceased"
        self._book_online()
        patient = self._visits().prm_patient_id
        self.assertNotEqual(patient, self.mia)
        self.assertTrue(self._activities(patient))

    def test_another_practices_patients_do_not_count(self):
        self.mia.partner_id.email = "x@example.com"
        self._patient(
            first_name="Ugo", last_name="Blu", birth_date="1990-04-12", email="ugo@example.com",
            company_id=self.other_practice.id,
        )  # fmt: skip
        self._book_online(first_name="Ugo", last_name="Blu", email="ugo@example.com")
        self.assertFalse(self._activities(self._visits().prm_patient_id))

    def test_by_number_however_it_is_written(self):
        self.env["prm.gateway"].create(
            {"name": "SMS", "provider": "twilio", "company_id": self.practice.id,
             "account": "AC1", "secret": "s3cret", "sender": "+12025550199"}
        )  # fmt: skip
        self.mia.write({"email": False, "mobile": "333/123 45 67"})
        self._book_online(email="", mobile="+39 3331234567")
        self.assertEqual(self._visits().prm_patient_id, self.mia)

    def test_for_a_child(self):
        child = {
            "whom": "child", "first_name": "Leo", "birth_date": self._born(7),
            "guardian_first": "Eva", "guardian_last": "Rossi", "email": "eva@example.com",
        }  # fmt: skip
        page = self._book_online(**child)
        self.assertIn("Thank you, Eva", self._heading(page))
        leo = self._visits().prm_patient_id
        self.assertEqual(leo.name, "Leo Rossi")
        (guardian,) = leo.guardian_ids
        self.assertEqual(guardian.partner_id.name, "Eva Rossi")
        self.assertEqual(guardian.email, "eva@example.com")
        self.assertFalse(leo.email)
        self._book_online(number=1, **child)
        self.assertEqual(self._visits().prm_patient_id, leo)

    def test_a_patient_brings_a_child(self):
        self._book_online(
            whom="child", first_name="Leo", birth_date=self._born(7), guardian_first="Mia",
            guardian_last="Rossi",
        )  # fmt: skip
        leo = self._visits().prm_patient_id
        self.assertEqual(leo.guardian_ids.partner_id, self.mia.partner_id)

    def _born(self, years):
        today = fields.Date.today()
        return today.replace(year=today.year - years, day=min(today.day, 28)).isoformat()
