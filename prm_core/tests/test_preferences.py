import re
from datetime import timedelta

from lxml import html
from odoo import fields
from odoo.tests import HttpCase, tagged

from .common import PrmCase

ONE_CLICK = {"List-Unsubscribe": "One-Click"}

#: Words of the English page that no other language has.
ENGLISH = re.compile(r"\b(you|your|stop|messages|please|call us|thank|these)\b", re.IGNORECASE)


@tagged("post_install", "-at_install")
class TestUnsubscribe(PrmCase, HttpCase):
    """Unsubscribing by the link in a message, by a person and by a mail program."""

    def setUp(self):
        super().setUp()
        self.link, self.path = self._issue(self.maria)

    def _issue(self, patient):
        links = self.env["prm.link"]
        link, url = links._issue_many([links._unsubscribe_wish(patient, "news", "email")])[0]
        address = links._unsubscribe_url(url)
        return link, "/prm/u/" + address.rpartition("/prm/u/")[2]

    def _answers(self):
        self.env.invalidate_all()
        return self.env["prm.consent"].search([("patient_id", "=", self.maria.id)])

    def test_opening_changes_nothing(self):
        for suffix in ("", "?List-Unsubscribe=One-Click"):
            self.assertEqual(self.url_open(self.path + suffix).status_code, 200)
        self.assertFalse(self._answers())

    def test_one_click_is_idempotent(self):
        for _attempt in range(2):
            response = self.url_open(self.path, data=ONE_CLICK)
            self.assertEqual(response.status_code, 200)
            self.assertIn("text/plain", response.headers["Content-Type"])
        answer = self._answers()
        self.assertEqual(len(answer), 1)
        self.assertEqual(answer.state, "withdrawn")
        self.assertEqual(answer.purpose_id.code, "news")
        self.assertEqual(answer.channel_id.code, "email")
        self.assertEqual(answer.lang, "it_IT")
        self.assertEqual(answer.link_id, self.link)

    def test_a_person_presses_the_button(self):
        for _attempt in range(2):
            self.assertEqual(self.url_open(self.path, data={"x": "1"}).status_code, 200)
        self.assertEqual(self._answers().mapped("state"), ["withdrawn"])

    def test_after_a_new_yes_it_works_again(self):
        self.url_open(self.path, data=ONE_CLICK)
        news, email = self._answers().purpose_id, self._answers().channel_id
        self.env["prm.consent"].create(
            {
                "patient_id": self.maria.id,
                "purpose_id": news.id,
                "channel_id": email.id,
                "state": "granted",
                "recorded_at": fields.Datetime.now() + timedelta(seconds=2),
            }
        )
        self.assertFalse(self.link._is_unsubscribed())

    def test_forged_expired_and_other_links(self):
        for path in ("/prm/u/" + "x" * 32, self.path + "a"):
            self.assertEqual(self.url_open(path, data=ONE_CLICK).status_code, 404)
        _link, url = self.env["prm.link"]._issue("book_appointment", self.maria)
        other = "/prm/u/" + url.rpartition("/")[2]
        self.assertEqual(self.url_open(other, data=ONE_CLICK).status_code, 404)
        self.link.expires_at = fields.Datetime.now() - timedelta(days=1)
        self.assertEqual(self.url_open(self.path, data=ONE_CLICK).status_code, 410)
        self.assertFalse(self._answers())

    def test_no_english_in_other_languages(self):
        for lang in ("it_IT", "es_ES", "de_DE", "zh_CN"):
            self.env["res.lang"]._activate_lang(lang)
            _link, path = self._issue(self._patient(first_name="Noa", last_name=lang, lang=lang))
            for data in (None, {"x": "1"}):
                page = html.fromstring(self.url_open(path, data=data).text)
                self.assertNotRegex(" ".join(page.text_content().split()), ENGLISH, lang)
                self.assertEqual(page.get("lang"), lang[:2])


@tagged("post_install", "-at_install")
class TestAddressBlock(PrmCase):
    def test_block_and_lift_are_idempotent(self):
        blocks = self.env["prm.address.block"]
        first = blocks._block(self.practice, "email", "A@x.example ", "bounced")
        self.assertEqual(blocks._block(self.practice, "email", "a@X.example", "stop"), first)
        for _attempt in range(2):
            blocks._lift(self.practice, "email", "a@x.example")
        self.assertFalse(first.active)
        self.assertNotEqual(blocks._block(self.practice, "email", "a@x.example", "stop"), first)

    def test_other_practices_see_nothing(self):
        blocks = self.env["prm.address.block"]
        block = blocks._block(self.practice, "email", "a@x.example", "bounced")
        self.assertEqual(self.as_user(self.receptionist, blocks).search([]), block)
        self.assertFalse(self.as_user(self.stranger, blocks).search([]))
