from unittest.mock import patch

from odoo.tests import BaseCase

from .. import template_lint, templating
from ..template_lint import Finding, Text

LANGUAGES = ("en", "it", "es", "de", "zh")
VALUES = {
    "patient.first_name": "Anna", "link.book": "https://a.example/x", "recall.what": "X",
    "link.preferences": "https://a.example/y",
}  # fmt: skip


def _all(channel, body, subject="", langs=LANGUAGES):
    return [Text(channel, lang, body, subject) for lang in langs]


class TestTemplateLint(BaseCase):
    def lint(self, texts, purpose="care", practice_lang="en", **options):
        return template_lint.lint(texts, purpose, practice_lang, LANGUAGES, VALUES, **options)

    def test_nothing_to_say_about_a_whole_template(self):
        self.assertEqual(self.lint(_all("email", "Hi {{ patient.first_name }}", "Hi")), [])
        self.assertEqual(self.lint([]), [])

    def test_languages_are_named_by_channel(self):
        texts = _all("email", "Hi", "Hi") + _all("sms", "Hi", langs=("en", "de"))
        self.assertEqual(
            self.lint(texts), [Finding("missing_language", "sms", "", ("it", "es", "zh"))]
        )

    def test_email_in_the_own_language_of_the_practice(self):
        texts = _all("email", "Hi", "Hi", langs=("en", "it", "es", "zh"))
        self.assertEqual(
            self.lint(texts, practice_lang="de"), [Finding("own_language", "email", "de")]
        )
        self.assertEqual(
            self.lint(texts, practice_lang="fr"),
            [Finding("missing_language", "email", "", ("de",))],
        )

    def test_length_of_an_sms_with_its_values(self):
        self.assertEqual(self.lint(_all("sms", "x" * 156 + "{{ patient.first_name }}")), [])
        texts = _all("sms", "x" * 157 + "{{ patient.first_name }}")
        self.assertEqual(self.lint(texts)[0], Finding("sms_long", "sms", "en", (2, 161)))

    def test_link_for_purposes_that_need_one(self):
        for purpose in ("news", "marketing", "education", "feedback"):
            found = self.lint(_all("email", "Hi", "Hi"), purpose)
            self.assertEqual({(f.code, f.lang) for f in found}, {("no_link", x) for x in LANGUAGES})
        self.assertEqual(self.lint(_all("email", "See {{ link.book }}", "Hi"), "news"), [])
        self.assertEqual(self.lint(_all("letter", "Hi"), "news"), [])

    def test_a_way_to_stop_what_promotes(self):
        text = "See {{ link.book }}"
        for purpose in ("news", "marketing", "education", "research"):
            for channel in ("sms", "whatsapp"):
                found = {(f.code, f.lang) for f in self.lint(_all(channel, text), purpose)}
                self.assertEqual(found, {("no_stop", lang) for lang in LANGUAGES})
        for stop in (
            "Reply STOP to end.",
            "STOPP beendet das.",
            "回复退订",
            "{{ link.preferences }}",
        ):
            body = _all("sms", f"{text} {stop}")
            found = [f for f in self.lint(body, "news") if f.code == "no_stop"]
            self.assertEqual(found, [], stop)
        found = self.lint(_all("sms", f"{text} Stop by!", langs=LANGUAGES), "news")
        self.assertEqual({f.code for f in found}, {"no_stop"})
        # What belongs to the care that the patient came for, and what has a button for it.
        for channel, purpose in (("sms", "recall"), ("sms", "feedback"), ("email", "news")):
            self.assertEqual(self.lint(_all(channel, text, "Hi"), purpose), [])
        # A practice's own purpose that needs a yes first.
        found = template_lint.lint(_all("sms", text), "own", "en", LANGUAGES, VALUES, opt_in=True)
        self.assertEqual({f.code for f in found}, {"no_stop"})

    def test_texts_that_nobody_has_asked_for(self):
        """USA: name, contact and a way to stop in 160 characters."""
        values = VALUES | {"practice.name": "Aurora", "practice.phone": "1"}
        name, phone = "{{ practice.name }}", "{{ practice.phone }}"
        for body, missing in (
            ("Hi", ("name", "contact", "stop")),
            (f"{name}: hi. Reply STOP to end.", ("contact",)),
            (f"{name}, {phone}: hi. Stop by!", ("stop",)),
            ("See {{ link.book }} STOP to end.", ("name",)),
            (f"{name}: {{{{ link.preferences }}}}", ()),
            (f"{name}: {{{{ link.book }}}} Reply STOP to end.", ()),
            (f"{name}, {phone}: hi. Reply STOP to end.", ()),
        ):
            text = _all("sms", body, langs=("en",))
            found = template_lint.lint(text, "care", "en", ("en",), values, limit=160)
            expected = [Finding("sms_unasked", "sms", "en", missing)] if missing else []
            self.assertEqual(found, expected, body)
            self.assertEqual(template_lint.lint(text, "care", "en", ("en",), values), [])
            letter = _all("letter", body, langs=("en",))
            self.assertEqual(
                template_lint.lint(letter, "care", "en", ("en",), values, limit=160), []
            )
        long = _all("sms", f"{name}, {phone}: STOP" + "x" * 147, langs=("en",))
        found = template_lint.lint(long, "care", "en", ("en",), values, limit=160)
        self.assertIn(Finding("sms_over_limit", "sms", "en", (160, 162)), found)

    def test_health_is_kept_from_the_channels_that_the_purpose_forbids(self):
        treatment = templating.Variable("recall.what", "Treatment", "Implant", health=True)
        with patch.dict(templating._CATALOGUE, {treatment.name: treatment}):
            source = "{% if recall.what %}{{ recall.what }}{% endif %}"
            for channel in ("sms", "whatsapp", "email", "letter"):
                texts = _all(channel, source, "Hi")
                others = {"sms", "whatsapp", "email", "letter", "phone"} - {channel}
                found = self.lint(texts, health_channels=others)
                self.assertEqual(
                    found,
                    [Finding("health", channel, lang, ("recall.what",)) for lang in LANGUAGES],
                )
                self.assertEqual(self.lint(texts, health_channels={channel}), [])

    def test_health_in_a_value_of_an_approved_template(self):
        treatment = templating.Variable("recall.what", "Treatment", "Implant", health=True)
        with patch.dict(templating._CATALOGUE, {treatment.name: treatment}):
            text = Text("whatsapp", "en", "Hi", values=("practice.name", "recall.what"))
            self.assertEqual(template_lint.health_variables(text, {"email"}), ["recall.what"])
            self.assertEqual(template_lint.health_variables(text, {"whatsapp"}), [])

    def test_text_that_cannot_be_read_is_not_linted(self):
        self.assertEqual(self.lint(_all("sms", "{{ patient.first_name")), [])


class TestSmsLength(BaseCase):
    def assertLength(self, text, *expected):
        self.assertEqual(template_lint.sms_length(text), expected)

    def test_gsm_alphabet(self):
        self.assertLength("", 0, 1, False)
        self.assertLength("x" * 160, 160, 1, False)
        self.assertLength("x" * 161, 161, 2, False)
        self.assertLength("x" * 306, 306, 2, False)
        self.assertLength("x" * 307, 307, 3, False)
        self.assertLength("è ß Ñ", 5, 1, False)

    def test_extension_signs_count_twice(self):
        self.assertLength("€[]", 6, 1, False)
        self.assertLength("€" * 81, 162, 2, False)

    def test_other_letters_need_ucs2(self):
        self.assertLength("好" * 70, 70, 1, True)
        self.assertLength("好" * 71, 71, 2, True)
        self.assertLength("á" + "x" * 134, 135, 3, True)
        self.assertLength("😀", 2, 1, True)
