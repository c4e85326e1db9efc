from datetime import timedelta

from lxml import html
from odoo import fields
from odoo.addons.prm_core import throttle
from odoo.tests import tagged

from ..controllers import booking as booking_controller
from .test_online_booking import MIA, OnlineBookingCase
from .test_translations import ENGLISH, LANGUAGES


@tagged("post_install", "-at_install")
class TestWords(OnlineBookingCase):
    """Every page of online booking in every language, and what it costs."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.practice.name = "Aurora"
        cls.hygiene.name = "Igiene"
        cls.hygiene.provider_ids |= cls.marco
        cls.page.privacy_url = "https://aurora.example/p"
        cls.env["prm.gateway"].create(
            {"name": "SMS", "provider": "twilio", "company_id": cls.practice.id,
             "account": "AC1", "secret": "s3cret", "sender": "+12025550199"}
        )  # fmt: skip

    def _check(self, page, lang):
        text = self._text(page)
        labels = " ".join(page.xpath("//nav/@aria-label"))
        self.assertNotRegex(f"{text} {labels}".replace("English", ""), ENGLISH, lang)
        self.assertEqual(page.get("lang"), lang[:2])
        return page

    def test_every_page_in_every_language(self):
        for number, lang in enumerate(LANGUAGES):
            throttle.forget()
            query = f"lang={lang[:2]}"
            email = f"mia{number}@example.com"
            self.hygiene.preparation = "1, 2, 3"
            for whom in ("all", "new", "known"):
                self.hygiene.for_whom = whom
                self._check(self._get(f"?{query}"), lang)
            page = self._check(self._get(f"?{query}&type={self.hygiene.id}"), lang)
            page = self._check(self._follow(page), lang)
            later = page.xpath("//a[contains(@href, 'from=')]/@href")[0]
            self._check(self._open(later), lang)
            slots = page.xpath("//a[contains(@class, 'p-slot')]/@href")
            self._check(self._open(slots[-1].replace("start=2", "start=3")), lang)
            form = self._check(self._open(slots[-1 - number]), lang)
            for typed in ({}, {"whom": "child", "birth_date": "1980-05-31", "email": "x",
                               "mobile": "1", "first_name": "x" * 61, "last_name": "@",
                               "note": "x" * 301},
                          {"birth_date": "x", "whom": "me"}, {"birth_date": "2020-05-31",
                                                              "whom": "me"}):  # fmt: skip
                self._check(self._submit(form, **typed), lang)
            page = self._submit(form, **{**MIA, "email": email, "mobile": f"+39333123456{number}",
                                         "privacy": "1", "note": "1"})  # fmt: skip
            self._check(page, lang)
            self._check(self._submit(page, "edit"), lang)
            page = self._check(self._submit(page, "send"), lang)
            self.assertNotRegex(self._messages()[:1].body, ENGLISH)
            self._check(self._submit(page, code="1"), lang)
            page = self._check(self._submit(page, "sms"), lang)
            self.assertNotRegex(self._messages()[:1].body, ENGLISH)
            self.page.needs_approval = number % 2 == 0
            self._check(self._submit(page, code=self._code()), lang)
            visit = self._visits()[-1:]
            self.assertEqual(visit.prm_patient_id.lang, lang)
            for code in ("booking_approved", "booking_declined"):
                answer = visit._prm_answer_wish(code, "1")
                self.assertEqual(answer.lang, lang[:2])
                self.assertNotRegex(f"{answer.subject} {answer.body}", ENGLISH)
            self.env["prm.booking.code"].search([]).unlink()
            self.env["prm.address.block"]._block(self.practice, "email", email, "bounced")
            page = self._open(slots[0])
            page = self._submit(page, **{**MIA, "email": email, "privacy": "1"})
            self._check(self._submit(page, "send"), lang)
            self.env["prm.address.block"]._lift(self.practice, "email", email)
            self.page.online = False
            self._check(self._get(f"?{query}"), lang)
            self.page.online = True
            response = self.url_open(
                "/prm/book/nobody", headers={"Accept-Language": lang.replace("_", "-")}
            )
            self._check(html.fromstring(response.text), lang)

    def test_the_browser_chooses_until_the_visitor_does(self):
        page = self._get(headers={"Accept-Language": "de-DE,de;q=0.9"})
        self.assertEqual(page.get("lang"), "de")
        links = page.xpath("//nav[contains(@class, 'p-languages')]/a")
        self.assertEqual([link.get("lang") for link in links], ["en", "it", "es", "de", "zh"])
        page = self._open(self.path + links[2].get("href"))
        self.assertEqual(page.get("lang"), "es")
        for address in page.xpath("//ul//a/@href"):
            self.assertIn("lang=es", address)

    def test_more_providers_cost_no_more_queries(self):
        few = self._cost()
        for number in range(10):
            person = self._provider(name=f"Provider {number}", role="dentist")
            self.hygiene.provider_ids |= person
        for number in range(20):
            self._book(
                fields.Datetime.now().replace(minute=0, second=0, microsecond=0)
                + timedelta(days=1, hours=number),
                provider=self.hygiene.provider_ids[number % 12],
            )
        many = self._cost()
        self.assertLessEqual(many, few)
        self.assertLessEqual(many, 25)

    def _cost(self):
        """Queries of a slot page, whole, with cold records."""
        self._get(f"?type={self.hygiene.id}&provider=any")
        counted = []
        controller = booking_controller._Visit
        original = controller.choose_slot

        def choose_slot(visit, *args, **options):
            begin = visit.env.cr.sql_log_count
            response = original(visit, *args, **options)
            response.flatten()
            counted.append(visit.env.cr.sql_log_count - begin)
            return response

        self._replace(controller, "choose_slot", choose_slot)
        self._get(f"?type={self.hygiene.id}&provider=any")
        return counted[-1]
