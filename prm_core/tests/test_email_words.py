"""What of an email is new, and whether a person wrote it."""

from email import message_from_string

from odoo.tests import BaseCase

from ..delivery_status import is_automatic, parse
from ..email_reply import new_text


class TestWords(BaseCase):
    def test_only_what_is_new(self):
        ours = ("hello@aurora.example",)
        for text, new in (
            ("Sì\n\nIl giorno 24 nov Aurora <hello@aurora.example> ha scritto:\n> x", "Sì"),
            (
                "Vale\n\nEl mar, 24 nov a las 9:12, A (<hello@aurora.example>) escribió:\n> x",
                "Vale",
            ),
            ("好的\n\nAurora <hello@aurora.example> 于2026年11月24日写道：\n> x", "好的"),
            (
                "Ja\n\nAm Di., 24. Nov. 2026 um 09:12 Uhr schrieb Aurora <hello@aurora.example>:",
                "Ja",
            ),
            ("ok\n________________________________\nFrom: Aurora\nSent: Tuesday\n\nDear", "ok"),
            ("ok\n-----Original Message-----\nFrom: x", "ok"),
            ("ok\n-- \nMaria Verdi", "ok"),
            ("> only a quotation", "> only a quotation"),
            ("one\n\ntwo", "one\n\ntwo"),
        ):
            with self.subTest(text=text):
                self.assertEqual(new_text(text, ours), new)

    def test_automatic(self):
        for headers, automatic in (
            ("Auto-Submitted: auto-replied", True),
            ("Auto-Submitted: no", False),
            ("Precedence: bulk", True),
            ("Subject: Out of office", False),
        ):
            with self.subTest(headers=headers):
                self.assertEqual(is_automatic(message_from_string(headers + "\n\nx")), automatic)
        self.assertEqual(parse(message_from_string("Subject: x\n\nx")), [])
