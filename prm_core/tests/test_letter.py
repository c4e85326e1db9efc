import base64
import io

from dateutil.relativedelta import relativedelta
from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from pypdf import PdfReader

from .. import letter_pdf
from .test_message import MessageCase

LOW = 72 / 25.4  # points in a millimetre


@tagged("post_install", "-at_install")
class TestLetters(MessageCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        italy = cls.env.ref("base.it")
        cls.practice.write({"country_id": italy.id, "street": "Via Garibaldi 1", "zip": "20121",
                            "city": "Milano"})  # fmt: skip
        cls.gateway = cls.env["prm.gateway"].create(
            {"name": "Letters", "provider": "letter", "company_id": cls.practice.id}
        )
        for lang, body in (("it", "Gentile {{ patient.first_name }},\n\nè ora."), ("en", "Hi.")):
            cls.env["prm.template.body"].create(
                {"template_id": cls.template.id, "channel_kind": "letter", "lang": lang,
                 "subject": "Controllo", "body": body}
            )  # fmt: skip
        cls.rosa = cls._patient(first_name="Rosa", last_name="Neri", lang="it_IT")
        cls.rosa.partner_id.write(
            {"street": "Via Roma 5", "zip": "00184", "city": "Roma", "country_id": italy.id}
        )

    def _print(self, messages=None):
        letters = messages if messages is not None else self.env["prm.message"]
        action = self.as_user(self.receptionist, letters).action_print_letters()
        return self.as_user(
            self.receptionist, self.env["prm.letter.batch"].browse(action.get("res_id"))
        )

    def _pages(self, batch):
        pages = PdfReader(io.BytesIO(base64.b64decode(batch.pdf))).pages
        return [page.extract_text() for page in pages]

    def test_only_as_a_last_resort(self):
        """Who has an email address gets no letter, unless letters are what the patient likes."""
        self.maria.partner_id.write({"street": "Via Po 1", "zip": "1", "city": "Torino"})
        self.assertEqual(self.queue(self.maria).channel_id.code, "email")
        self.assertEqual(self.queue(self.rosa).channel_id.code, "letter")
        self.maria.channel_order = "letter,email"
        self.assertEqual(self.queue(self.maria).channel_id.code, "letter")
        self.gateway.active = False
        self.assertEqual(self.queue(self.rosa).reason, "no_email")

    def test_an_address_that_is_not_whole(self):
        for name in ("street", "city", "zip"):
            kept = self.rosa.partner_id[name]
            self.rosa.partner_id[name] = False
            self.assertEqual(self.queue(self.rosa).reason, "no_address", name)
            self.rosa.partner_id[name] = kept

    def test_country_only_abroad(self):
        self.assertEqual(self.rosa._postal_address(), "Via Roma 5\n00184 Roma")
        self.rosa.partner_id.country_id = self.env.ref("base.de")
        self.assertEqual(self.rosa._postal_address().splitlines()[-1], "GERMANY")

    def test_the_dispatcher_leaves_letters_alone(self):
        letter = self.queue(self.rosa)
        mail = self.queue(self.maria)
        self.dispatch()
        self.assertEqual((letter.state, mail.state), ("queued", "sent"))
        self._print(letter)
        letter.claimed_at = "2020-01-01 00:00:00"
        self.dispatch()
        self.assertEqual(letter.state, "sending")

    def test_printed(self):
        letter = self.queue(self.rosa)
        batch = self._print()
        self.assertEqual(letter.state, "sending")
        [page] = self._pages(batch)
        for text in ("Rosa Neri", "Via Roma 5", "00184 Roma", "Practice Aurora", "Gentile Rosa,",
                     "è ora.", "Controllo"):  # fmt: skip
            self.assertIn(text, page)
        self.assertNotIn("message_sent", self.rosa.event_ids.event_type_id.mapped("code"))
        batch.action_printed()
        self.assertEqual((letter.state, batch.state), ("sent", "printed"))
        self.assertTrue(letter.sent_at)
        self.assertIn("message_sent", self.rosa.event_ids.event_type_id.mapped("code"))
        with self.assertRaisesRegex(UserError, "answered for these"):
            batch.action_put_back()

    def test_put_back(self):
        other = self._patient(first_name="Ugo", lang="it_IT")
        other.partner_id.write({"street": "Via Po 2", "zip": "10100", "city": "Torino"})
        letters = self.queue(self.rosa, other)
        batch = self._print()
        self.assertEqual(len(self._pages(batch)), 2)
        self.as_user(self.receptionist, letters[1]).action_put_back_letter()
        self.assertEqual(letters.mapped("state"), ["sending", "queued"])
        batch.action_put_back()
        self.assertEqual(letters.mapped("state"), ["queued", "queued"])
        self.assertEqual(letters.mapped("attempts"), [0, 0])
        again = self._print()
        again.action_printed()
        self.assertEqual(letters.mapped("state"), ["sent", "sent"])

    def test_the_gate_is_asked_again(self):
        letter = self.queue(self.rosa)
        self.rosa.status = "deceased"
        action = self.as_user(self.receptionist, letter).action_print_letters()
        self.assertEqual(action["tag"], "display_notification")
        self.assertEqual((letter.state, letter.reason), ("suppressed", "deceased"))

    def test_the_address_of_the_day_of_printing(self):
        letter = self.queue(self.rosa)
        self.rosa.partner_id.street = "Piazza Navona 9"
        [page] = self._pages(self._print())
        self.assertIn("Piazza Navona 9", page)
        self.assertIn("Piazza Navona 9", letter.address)

    def _child(self, **vals):
        """Leo, at Rosa's address, for whom Ugo speaks."""
        leo = self._patient(
            first_name="Leo", last_name="Neri", lang="it_IT", **vals,
            birth_date=fields.Date.today() - relativedelta(years=9),
        )  # fmt: skip
        leo.partner_id.write(
            {"street": "Via Roma 5", "zip": "00184", "city": "Roma",
             "country_id": self.env.ref("base.it").id}
        )  # fmt: skip
        ugo = self.env["res.partner"].create({"name": "Ugo Neri", "lang": "it_IT"})
        guardian = self.env["prm.guardian"].create({"patient_id": leo.id, "partner_id": ugo.id})
        return leo, guardian

    def test_a_childs_letter_is_addressed_to_the_guardian(self):
        leo, guardian = self._child()
        letter = self.queue(leo)
        self.assertEqual(letter.recipient_id, guardian.partner_id)
        [page] = self._pages(self._print())
        self.assertIn("Ugo Neri\nVia Roma 5\n00184 Roma", page)
        self.assertNotIn("Leo Neri", page)

    def test_at_the_guardians_own_address(self):
        leo, guardian = self._child()
        guardian.partner_id.write({"street": "Via Po 2", "zip": "10100", "city": "Torino"})
        letter = self.queue(leo)
        self.assertEqual(letter.address, "Via Po 2\n10100 Torino")
        # What is half an address is none.
        guardian.partner_id.city = False
        [page] = self._pages(self._print())
        self.assertIn("Ugo Neri\nVia Roma 5\n00184 Roma", page)
        self.assertEqual(letter.address, "Via Roma 5\n00184 Roma")

    def test_a_child_without_an_address_is_reached_at_the_guardians(self):
        leo, guardian = self._child()
        leo.partner_id.street = False
        self.assertEqual(self.queue(leo).reason, "no_address")
        guardian.partner_id.write({"street": "Via Po 2", "zip": "10100", "city": "Torino"})
        self.assertEqual(self.queue(leo).address, "Via Po 2\n10100 Torino")

    def test_of_two_guardians_the_same_one_from_queue_to_paper(self):
        """Ida can be reached by email, Ugo by nothing: the letter that Leo prefers is hers."""
        leo, _guardian = self._child(channel_order="letter,email")
        ida = self.env["res.partner"].create(
            {"name": "Ida Neri", "email": "ida@example.com", "street": "Via Po 3", "zip": "10100",
             "city": "Torino"}
        )  # fmt: skip
        self.env["prm.guardian"].create(
            {"patient_id": leo.id, "partner_id": ida.id, "sequence": 20}
        )
        letter = self.queue(leo)
        self.assertEqual((letter.channel_id.code, letter.recipient_id), ("letter", ida))
        [page] = self._pages(self._print())
        self.assertIn("Ida Neri\nVia Po 3", page)

    def test_who_comes_of_age_before_the_printing_gets_it(self):
        leo, _guardian = self._child()
        letter = self.queue(leo)
        leo.birth_date = fields.Date.today() - relativedelta(years=18)
        [page] = self._pages(self._print())
        self.assertFalse(letter.recipient_id)
        self.assertIn("Leo Neri\nVia Roma 5", page)

    def test_two_people_print_at_once(self):
        letter = self.queue(self.rosa)
        self._print(letter)
        action = self.as_user(self.manager, letter).action_print_letters()
        self.assertEqual(action["tag"], "display_notification")

    def test_who_may(self):
        letter = self.queue(self.rosa)
        with self.assertRaises(UserError):
            self.as_user(self.clinician, letter).action_print_letters()
        with self.assertRaises(AccessError):
            self.as_user(self.stranger, letter).action_print_letters()
        batch = self._print(letter)
        with self.assertRaises(AccessError):
            batch.write({"state": "printed"})
        with self.assertRaises(AccessError):
            self.as_user(self.stranger, batch).action_printed()


@tagged("post_install", "-at_install")
class TestLetterPdf(MessageCase):
    def _draw(self, **values):
        from odoo.tools.misc import file_path

        letter = {
            "practice": ("Studio Aurora", "Via Garibaldi 1"), "sender": "Studio Aurora · Milano",
            "address": ("Rosa Neri", "Via Roma 5", "00184 Roma"), "day": "25 novembre 2026",
            "subject": "Controllo", "body": "Gentile Rosa,\n\nè ora.", **values,
        }  # fmt: skip
        pdf = letter_pdf.render(
            [letter_pdf.Letter(**letter)] * 2, file_path("web/static/fonts/google/Roboto")
        )
        return PdfReader(io.BytesIO(pdf)).pages

    def _places(self, page):
        """``{text: (mm from the left, mm from the upper edge)}``"""
        places = {}

        def visit(text, matrix, text_matrix, font, size):
            if text.strip():
                x, y = text_matrix[4] + matrix[4], text_matrix[5] + matrix[5]
                places[text.strip()] = (x / LOW, 297 - y / LOW)

        page.extract_text(visitor_text=visit)
        return places

    def test_the_address_stands_in_the_window(self):
        for window, left in (("left", 20), ("right", 112)):
            places = self._places(self._draw(window=window)[0])
            for line in ("Rosa Neri", "Via Roma 5", "00184 Roma"):
                x, y = places[line]
                self.assertTrue(left < x < left + 85 and 45 < y < 90, (line, x, y))
            self.assertGreater(places["25 novembre 2026"][1], 90)

    def test_many_and_long_lines_stay_in_the_window(self):
        lines = tuple(f"{index} " + "Wohnungsverwaltung " * 6 for index in range(8))
        page = self._draw(address=lines)[0]
        found = [(x, y) for text, (x, y) in self._places(page).items() if "Wohnung" in text]
        self.assertEqual(len(found), 8)
        self.assertTrue(all(y <= 90 for _x, y in found))

    def test_each_letter_on_a_sheet_of_its_own(self):
        self.assertEqual(len(self._draw()), 2)
        pages = self._draw(body="\n\n".join(["Parola " * 90] * 12))
        self.assertEqual(len(pages), 2 * 3)
        self.assertNotIn("Rosa Neri", pages[1].extract_text())
        self.assertIn("Rosa Neri", pages[3].extract_text())

    def test_what_patients_and_staff_type_is_only_text(self):
        text = self._draw(body="a < b & <b>c</b> <img src='file:///etc/passwd'/>")[0].extract_text()
        self.assertIn("<b>c</b>", text)

    def test_other_scripts(self):
        text = self._draw(body="亲爱的王伟：\n\n该做检查了。", day="2026年11月25日")[
            0
        ].extract_text()
        self.assertIn("该做检查了", text)
