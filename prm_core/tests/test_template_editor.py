from unittest.mock import patch

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged

from .. import templating
from ..channels.email import EmailChannel
from ..models.messaging.prm_template_test import MOST_PER_HOUR
from .common import PrmCase


@tagged("post_install", "-at_install")
class TestTemplateEditor(PrmCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        texts = [
            {"lang": "en", "subject": "Hi", "body": "Hi {{ patient.first_name }}"},
            {"lang": "it", "subject": "Ciao", "body": "Ciao {{ patient.first_name }}"},
            {"lang": "en", "channel_kind": "sms", "body": "x" * 156 + "{{ patient.first_name }}"},
        ]
        cls.template = cls.env["prm.template"].create(
            {
                "name": "Hello",
                "purpose_id": cls.env.ref("prm_core.prm_purpose_care").id,
                "body_ids": [(0, 0, text) for text in texts],
            }
        )
        cls.receptionist.email = "front.desk@example.com"

    def test_preview_by_channel_and_language(self):
        form = Form(self.as_user(self.receptionist, self.template))
        self.assertEqual(form.preview_channel, "email")
        form.preview_lang = "it"
        self.assertIn("Ciao Anna", form.preview_body)
        self.assertFalse(form.preview_length)
        form.preview_lang = "de"
        self.assertFalse(form.preview_body)
        form.preview_lang = False
        form.preview_channel = "sms"
        self.assertEqual(form.preview_length, "160 of 160 characters, one SMS")
        form.preview_patient_id = self.maria
        self.assertEqual(form.preview_length, "161 characters, sent and paid as 2 SMS")
        self.assertEqual(form.lint_count, 2)

    def test_findings_are_sentences(self):
        self.assertEqual(self.template.lint_count, 2)
        self.assertIn("Email: no text in Spanish, German, Chinese.", self.template.lint_html)
        self.practice.partner_id.lang = "de_DE"
        self.template.invalidate_recordset(["lint_html", "lint_count"])
        self.assertIn("own language, German", self.template.lint_html)
        self.template.purpose_id = self.env.ref("prm_core.prm_purpose_news")
        self.assertIn("Email (English, Italian): no link.", self.template.lint_html)
        self.assertIn("SMS (English): no way to stop.", self.template.lint_html)

    def test_health_in_an_sms_is_not_saved(self):
        name = templating.Variable("patient.x_treatment", "Treatment", "Implant", health=True)
        with patch.dict(templating._CATALOGUE, {name.name: name}):
            email, sms = self.template.body_ids[0], self.template.body_ids[-1]
            email.body = "{{ patient.x_treatment }}"
            with self.assertRaisesRegex(ValidationError, r"patient\.x_treatment.*health"):
                sms.body = "Time for {{ patient.x_treatment }}"

    def test_health_is_judged_by_the_purpose(self):
        """What the gate lets go may be saved, and what it would hold back may not."""
        care = self.env.ref("prm_core.prm_purpose_care")
        sms = self.env.ref("prm_core.prm_channel_sms")
        name = templating.Variable("patient.x_treatment", "Treatment", "Implant", health=True)
        with patch.dict(templating._CATALOGUE, {name.name: name}):
            care.health_channel_ids |= sms
            self.template.body_ids[-1].body = "Time for {{ patient.x_treatment }}"
            self.assertNotIn("health", {finding.code for finding in self.template._lint()})
            care.health_channel_ids -= sms
            self.assertIn("health", {finding.code for finding in self.template._lint()})
            self.template.body_ids[-1].body = "Hello"
            self.template.body_ids[0].body = "{{ patient.x_treatment }}"
            with self.assertRaisesRegex(ValidationError, "“Courtesy” keeps that"):
                self.template.purpose_id = self.env.ref("prm_core.prm_purpose_courtesy")

    def _send_test(self, user, **context):
        sent = []

        def hand_over(channel, message, session):
            sent.append(message)

        with (
            patch.object(EmailChannel, "_connect", lambda *args: None),
            patch.object(EmailChannel, "_hand_over", hand_over),
        ):
            template = self.as_user(user, self.template).with_context(**context)
            template.invalidate_recordset()
            template.action_send_test()
        return sent[0]

    def test_a_test_goes_to_oneself_only(self):
        before = self.env["prm.message"].search_count([])
        message = self._send_test(self.receptionist, preview_lang="it")
        self.assertEqual(message["To"], "front.desk@example.com")
        self.assertEqual(message["Subject"], "[Test] Ciao")
        self.assertIn("Ciao Anna", message.get_body(("plain",)).get_content())
        self.assertEqual(self.env["prm.message"].search_count([]), before)
        message = self._send_test(self.receptionist, preview_channel="sms")
        self.assertEqual(message["Subject"], "[Test] Hello")

    def test_twenty_tests_an_hour(self):
        for _turn in range(MOST_PER_HOUR):
            self._send_test(self.receptionist)
        with self.assertRaisesRegex(UserError, "20 tests .* in 60 min"):
            self._send_test(self.receptionist)
        self.manager.email = "boss@example.com"
        self._send_test(self.manager)
        tests = self.env["prm.template.test"].search([("user_id", "=", self.receptionist.id)])
        self.assertEqual((len(tests), tests.company_id), (MOST_PER_HOUR, self.practice))

        def made(test, hours):
            self.env.cr.execute(
                "UPDATE prm_template_test SET create_date = create_date - %s * interval '1 hour' "
                "WHERE id = %s",
                [hours, test.id],
            )
            test.invalidate_recordset()

        made(tests[-1], 1.1)
        self._send_test(self.receptionist)
        made(tests[-1], 24)
        tests._gc_old()
        self.assertEqual(len(tests.exists()), MOST_PER_HOUR - 1)

    def test_who_cannot_send_a_test(self):
        with self.assertRaisesRegex(UserError, "front desk"):
            self._send_test(self.clinician)
        with self.assertRaises(AccessError):
            self._send_test(self.outsider)
        self.practice.email = False
        with self.assertRaisesRegex(UserError, "to write from"):
            self._send_test(self.receptionist)
        self.practice.email = "hello@aurora.example"
        with self.assertRaisesRegex(UserError, "no text"):
            self._send_test(self.receptionist, preview_lang="de")
        self.receptionist.email = False
        with self.assertRaisesRegex(UserError, "no valid email"):
            self._send_test(self.receptionist)
