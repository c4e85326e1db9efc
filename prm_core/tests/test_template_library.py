import re

from odoo.tests import tagged

from .. import replies, template_lint, templating
from .common import PrmCase

LANGUAGES = {"en", "it", "es", "de", "zh"}
WRITTEN = {"email", "sms", "whatsapp", "letter"}
SPOKEN = {"email", "whatsapp", "letter", "phone"}
#: Which texts ship: each in the five languages.
SITUATIONS = {
    "library_welcome": WRITTEN,
    "library_birthday": WRITTEN,
    "library_thanks": WRITTEN,
    "library_missed": WRITTEN | {"phone"},
    "library_long_away": WRITTEN | {"phone"},
    "library_practice_moves": WRITTEN | {"phone"},
    "library_practice_cancels": WRITTEN | {"phone"},
    "library_family": {"email", "sms", "whatsapp"},
    "library_anxious": SPOKEN,
    "library_costs": SPOKEN,
    "library_child_first_visit": SPOKEN,
    "library_feedback": SPOKEN,
    "library_came_of_age": {"email", "whatsapp", "letter"},
    "library_preferences": {"email", "sms", "whatsapp"},
}
#: An address fills most of the 70 signs of an SMS in Chinese, and so do two visits.
TWO_PARTS = {("library_preferences", "zh"), ("library_family", "zh")}
#: What a letter can't do, and what nobody says on the phone.
CLICKS = re.compile(
    r"https?:|link\.|click|this email|reply to|questa email|este correo|E-Mail\b.*antworten"
    r"|auf diese E-Mail|clic|本邮件|点击",
    re.IGNORECASE,
)
#: Where the words for a voicemail begin.
VOICEMAIL = {
    "en": "Voicemail:", "it": "Segreteria:", "es": "Buzón de voz:", "de": "Anrufbeantworter:",
    "zh": "语音信箱：",
}  # fmt: skip


@tagged("post_install", "-at_install")
class TestTemplateLibrary(PrmCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.library = cls.env["prm.template"].search([("code", "=like", "library_%")])
        cls.full = templating.examples()
        cls.empty = cls.full | dict.fromkeys(
            ("practice.phone", "practice.email", "practice.address"), ""
        )

    def bodies(self, *kinds):
        """The texts of some channels, each with where it is from."""
        for body in self.library.body_ids.filtered(lambda body: body.channel_kind in kinds):
            yield (body.template_id.code, body.channel_kind, body.lang), body

    def test_each_situation_in_every_language(self):
        self.assertEqual(set(self.library.mapped("code")), set(SITUATIONS))
        for template in self.library:
            found = {(body.channel_kind, body.lang) for body in template.body_ids}
            expected = {(kind, lang) for kind in SITUATIONS[template.code] for lang in LANGUAGES}
            self.assertEqual(found, expected, template.code)

    def test_no_finding(self):
        for template in self.library:
            findings = {(finding.code, finding.lang) for finding in template._lint()}
            expected = {("sms_long", lang) for code, lang in TWO_PARTS if code == template.code}
            self.assertEqual(findings, expected, template.code)

    def test_texts_in_the_united_states(self):
        """Of all add-ons: who writes, how to reach them, how to end it, brief in English and
        Spanish. Elsewhere none of it is added."""
        templates = self.env["prm.template"].search([("code", "!=", False)])
        templates = templates.with_company(self.practice).filtered(
            lambda one: one.purpose_id.code in ("care", "recall") and "sms" in one._channel_kinds()
        )
        self.assertGreater(len(templates), 5)
        values = self.full | {
            name: "https://aurora-dental.example/prm/l/" + "x" * 32
            for name in self.full
            if name.startswith("link.")
        } | {
            "practice.name": "Aurora Dental Boulder", "practice.phone": "+1 303 555 0100",
            "appointment.day": "Thursday, November 26", "appointment.time": "10:30 AM",
            "appointment.provider": "Dr. Julia Rossi",
            "family.lines": ["Thursday, November 26, 10:30 AM, Dr. Julia Rossi"],
        }  # fmt: skip
        for template in templates:
            self.practice.country_id = self.env.ref("base.it")
            self.assertFalse([one for one in template._lint() if "unasked" in one.code])
            self.practice.country_id = self.env.ref("base.us")
            self.assertTrue(template._example_values()["practice.says_stop"])
            found = [finding for finding in template._lint() if finding.code == "sms_unasked"]
            self.assertEqual(found, [], template.code)
            for body in template.body_ids.filtered(lambda body: body.channel_kind == "sms"):
                where = (template.code, body.lang)
                for guardian in (False, True) if body.lang in ("en", "es") else ():
                    said = values | {"practice.says_stop": True, "recipient.is_guardian": guardian}
                    self.assertLessEqual(len(body._render(said)["body"]), 160, where)
                if template.code != "library_preferences":
                    text = body._render(values | {"practice.says_stop": True})["body"]
                    self.assertTrue(replies.names_stop(text), where)
                    self.assertNotRegex(text, r"\.\.|。。|  |[.。] [.。]", where)
                    text = body._render(values)["body"]
                    self.assertFalse(replies.names_stop(text), where)

    def test_what_is_missing_in_the_united_states_is_said(self):
        self.practice.country_id = self.env.ref("base.us")
        text = {"channel_kind": "sms", "lang": "en", "body": "Hello " + "x" * 160}
        template = self.env["prm.template"].create(
            {"name": "Own", "purpose_id": self.env.ref("prm_core.prm_purpose_recall").id,
             "company_id": self.practice.id, "body_ids": [(0, 0, text)]}
        )  # fmt: skip
        said = str(template.lint_html)
        for words in ("{{ practice.name }}", "{{ practice.phone }}", "Reply STOP", "Beyond 160"):
            self.assertIn(words, said)
        rules = self.env["prm.policy.rule"].search([("country_id.code", "=", "US")])
        rules.active = False
        template.invalidate_recordset()
        self.assertNotIn("Reply STOP", str(template.lint_html), "rules are the practice's own")
        self.assertFalse(
            self.env["prm.message"]._practice_variables(self.practice)["practice.says_stop"]
        )

    def test_practices_with_whatsapp_are_told_what_only_meta_can_do(self):
        """Nothing that ships is approved, and nothing pretends to be."""
        self.env["prm.gateway"].create(
            {"name": "WhatsApp", "provider": "whatsapp_cloud", "company_id": self.practice.id,
             "account": "1234", "secret": "x"}
        )  # fmt: skip
        for template in self.library:
            findings = {(f.code, f.lang) for f in template._lint() if f.code != "sms_long"}
            self.assertEqual(findings, {("not_approved", lang) for lang in LANGUAGES})
            self.assertEqual(template.lint_html.count("no approved template"), 1)

    def test_only_what_this_add_on_knows(self):
        groups = ("patient", "recipient", "practice")
        known = {name for name in self.full if name.split(".")[0] in groups}
        for body in self.library.body_ids:
            code = body.template_id.code
            own = {
                "library_family": {"family.lines"},
                "library_feedback": {"link.preferences"},
                "library_came_of_age": {"link.preferences"},
                "library_preferences": {"link.preferences"},
            }.get(code, set())
            self.assertLessEqual(body._variables() | set(body._approved_names()), known | own, code)

    def test_the_desk_can_send_what_needs_no_more_than_patient_and_practice(self):
        offered = self.maria._composer_templates().mapped("code")
        for code in ("library_practice_moves", "library_practice_cancels", "library_long_away"):
            self.assertIn(code, offered)
        self.assertNotIn("library_family", offered)

    def test_every_text_with_and_without_values(self):
        for where, body in self.bodies("email", "sms", "whatsapp", "letter", "phone"):
            for values in (self.full, self.empty):
                rendered = body._render(values)
                words = rendered["subject"] + rendered["body"]
                self.assertNotRegex(words.replace(values["practice.email"], ""), r"[{}@]", where)
                self.assertNotRegex(words, r"\n\n\n|  |!!|！！| [.,;:!?]", where)
                if body.channel_kind in ("email", "letter", "phone"):
                    self.assertTrue(rendered["subject"], where)

    def test_who_reads_it_is_greeted(self):
        """A child's guardian by name, and with the name of the child."""
        values = self.full | {
            "patient.first_name": "Leo", "patient.full_name": "Leo Rossi",
            "recipient.name": "Laura Rossi", "recipient.full_name": "Laura Rossi",
            "recipient.called": "Laura Rossi (Leo)", "recipient.is_guardian": True,
        }  # fmt: skip
        for where, body in self.bodies("email", "letter", "whatsapp", "phone"):
            rendered = body._render(values)
            words = rendered["subject"] + rendered["body"]
            if where[0] in ("library_child_first_visit", "library_preferences"):
                self.assertRegex(words, "Leo|Laura Rossi", where)
            elif where[:2] == ("library_birthday", "whatsapp"):
                self.assertIn("Leo", words, where)
            else:
                self.assertIn("Laura Rossi", words, where)
            if where[0] == "library_birthday":
                self.assertIn("Leo", words, where)

    def test_sms_is_short_and_in_the_cheap_alphabet(self):
        for where, body in self.bodies("sms"):
            for values in (self.full, self.empty):
                _count, segments, unicode = template_lint.sms_length(body._render(values)["body"])
                self.assertLessEqual(segments, 2 if (where[0], where[2]) in TWO_PARTS else 1, where)
                self.assertEqual(unicode, body.lang == "zh", where)

    def test_whatsapp_is_ready_to_be_submitted_and_not_more(self):
        """Meta takes no text that begins or ends with a value, and none with two side by side."""
        for where, body in self.bodies("whatsapp"):
            self.assertFalse(body.approved_name, where)
            self.assertFalse(body._has_approved(), where)
            draft = body.approved_draft
            self.assertTrue(draft, where)
            self.assertNotRegex(draft, r"^\{\{|\}\}\W*$|\}\}\s*\{\{", where)
            places = [int(place) for place in re.findall(r"\{\{(\d+)\}\}", draft)]
            self.assertEqual(places, list(range(1, len(body._approved_names()) + 1)), where)
            self.assertLessEqual(len(draft), 1024, where)
            self.assertNotIn("\n", draft, where)

    def test_a_letter_is_read_on_paper(self):
        for where, body in self.bodies("letter"):
            self.assertNotRegex(body.body, CLICKS, where)
            rendered = body._render(self.full)["body"]
            if where[0] != "library_birthday":
                self.assertIn(self.full["practice.phone"], rendered, where)
                self.assertIn(self.full["practice.email"], rendered, where)
            # It closes with the practice's name on a line of its own.
            self.assertRegex(rendered.splitlines()[-1], self.full["practice.name"], where)

    def test_who_it_is_comes_before_what_it_is_about(self):
        """On the phone: first the person, then the date of birth, then the rest."""
        for where, body in self.bodies("phone"):
            self.assertNotRegex(body.body, CLICKS, where)
            paragraphs = body._render(self.full)["body"].split("\n\n")
            self.assertEqual(len(paragraphs), 6, where)
            opening, identity, _other, _say, _offer, voicemail = paragraphs
            self.assertIn("Anna Rossi", opening, where)
            self.assertNotIn(self.full["practice.name"], opening, where)
            self.assertIn(self.full["practice.name"], identity, where)
            self.assertRegex(
                identity, "date of birth|data di nascita|fecha de nacimiento|Geburtsdatum|出生日期"
            )
            self.assertTrue(voicemail.startswith(VOICEMAIL[body.lang]), where)

    def test_nothing_on_a_voicemail_but_who_called(self):
        """The words are the same in every situation, so they can't tell what it is about."""
        for lang in LANGUAGES:
            voicemails = {
                body._render(self.full)["body"].split("\n\n")[-1]
                for _where, body in self.bodies("phone")
                if body.lang == lang
            }
            self.assertEqual(len(voicemails), 1, voicemails)
            [voicemail] = voicemails
            self.assertIn(self.full["practice.phone"], voicemail)
            self.assertNotIn(self.full["practice.name"], voicemail)
