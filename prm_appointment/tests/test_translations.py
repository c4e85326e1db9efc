import re
from datetime import timedelta
from pathlib import Path

import polib
from lxml import html
from odoo import fields
from odoo.tests import tagged
from odoo.tools.misc import file_path

from .test_booking_page import BookingCase

LANGUAGES = {"it_IT": "it", "es_ES": "es", "de_DE": "de", "zh_CN": "zh_CN"}

#: Words of the English pages that no other language has.
ENGLISH = re.compile(
    r"\b(the|you|your|please|call us|visit|book|time|times|free|with|about|this|hello|thank)\b",
    re.IGNORECASE,
)


@tagged("post_install", "-at_install")
class TestTranslations(BookingCase):
    """Every page that a patient can meet, in every language: no English is left on it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.hygiene.name = "Igiene"
        cls.hygiene.provider_ids |= cls.marco
        cls.practice.name = "Aurora"

    def _check(self, page, lang):
        text = " ".join(page.text_content().split())
        labels = " ".join(page.xpath("//@aria-label"))
        self.assertNotRegex(f"{text} {labels}", ENGLISH, lang)
        self.assertEqual(page.get("lang"), lang[:2])
        return text

    def test_every_page_in_every_language(self):
        headings = {}
        for number, (lang, _file) in enumerate(LANGUAGES.items()):
            patient = self._patient(first_name="Noa", last_name=f"Bo{number}", lang=lang)
            link, path = self._issue(patient)
            page = self._get(path=path)
            headings[lang] = self._heading(page)
            self._check(page, lang)
            self._check(self._get("?taken=1", path), lang)
            self._check(self._get("?start=x&provider=1", path), lang)
            later = page.xpath("//a[contains(@href, 'from=')]/@href")[0]
            self._check(self._get(later, path), lang)
            address = page.xpath("//a[contains(@class, 'p-slot')]/@href")[0]
            confirm = self._get(address, path)
            self._check(confirm, lang)
            self._check(self._post(dict(confirm.forms[0].fields), path), lang)
            self._check(self._get(path=path), lang)
            visit = self._visits(patient)
            visit.prm_to_approve = True
            self.hygiene.preparation = "1, 2, 3"
            waiting = self._check(self._get(path=path), lang)
            self.assertIn("1, 2, 3", waiting)
            self.hygiene.preparation = False
            visit.prm_to_approve = False
            calendar_file = self.url_open(path + "/calendar.ics").text
            self.assertNotRegex(calendar_file.partition("DESCRIPTION")[2], ENGLISH)
            past = fields.Datetime.now() - timedelta(days=2 + number)
            visit.write({"start": past, "stop": past + timedelta(minutes=45)})
            self._check(self._get(path=path), lang)
            visit.prm_status = "cancelled"
            self.hygiene.online = False
            self._check(self._get(path=path), lang)
            self.hygiene.online = True
            (self.giulia | self.marco).active = False
            self._check(self._get(path=path), lang)
            (self.giulia | self.marco).active = True
            link.expires_at = fields.Datetime.now() - timedelta(days=1)
            self._check(html.fromstring(self.url_open(path).text), lang)
        self.assertEqual(headings["it_IT"], "Buongiorno Noa, quando desidera venire?")
        self.assertEqual(headings["zh_CN"], "Noa，您好！您希望什么时候来？")

    def test_the_page_of_a_visit_in_every_language(self):
        for number, lang in enumerate(LANGUAGES):
            patient = self._patient(first_name="Noa", last_name=f"Visit{number}", lang=lang)
            start = fields.Datetime.now() + timedelta(days=3 + number)
            visit = self._book(start.replace(hour=8, minute=0, second=0), patient)
            _link, url = self.env["prm.link"]._issue("visit", patient, record=visit)
            path = "/prm/l/" + url.rpartition("/")[2]
            about = f"&visit={visit.id}"
            page = self._check(self._get(path=path), lang)
            self._check(self._get("?do=cancel" + about, path), lang)
            choose = self._get("?do=move" + about, path)
            self._check(choose, lang)
            self._check(self._get("?do=move&taken=1" + about, path), lang)
            address = choose.xpath("//a[contains(@class, 'p-slot')]/@href")[0]
            asked = self._get(address, path)
            self._check(asked, lang)
            moved = self._post(dict(asked.forms[0].fields), path)
            self.assertNotEqual(self._check(moved, lang), page)
            self._check(self._post({"do": "confirm"}, path), lang)
            self.hygiene.cancel_notice = 10_000
            self._check(self._get(path=path), lang)
            self.hygiene.cancel_notice = 0
            self._check(self._post({"do": "cancel", "visit": visit.id}, path), lang)
            self._check(self._get("?do=again" + about, path), lang)

    def test_reasons_for_cancelling(self):
        reasons = self.env["prm.cancel.reason"].search([])
        english = reasons.with_context(lang="en_US").mapped("name")
        self.assertEqual(len(set(english)), 10)
        for lang in LANGUAGES:
            names = reasons.with_context(lang=lang).mapped("name")
            self.assertEqual(len(set(names)), 10)
            self.assertFalse(set(names) & set(english), lang)

    def test_a_link_that_nobody_knows(self):
        """No patient, so no language but the browser's."""
        for lang in LANGUAGES:
            response = self.url_open(
                "/prm/l/" + "x" * 32, headers={"Accept-Language": lang.replace("_", "-")}
            )
            self.assertEqual(response.status_code, 404)
            self._check(html.fromstring(response.text), lang)

    def test_placeholders_are_kept(self):
        for addon in ("prm_core", "prm_appointment"):
            for name in LANGUAGES.values():
                path = Path(file_path(f"{addon}/i18n/{name}.po"))
                for entry in polib.pofile(path.read_text(encoding="utf-8")):
                    self.assertEqual(
                        sorted(re.findall(r"%\(\w+\)s|%s", entry.msgid)),
                        sorted(re.findall(r"%\(\w+\)s|%s", entry.msgstr)),
                        (name, entry.msgid),
                    )
