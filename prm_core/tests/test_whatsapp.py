from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import ValidationError
from odoo.tests import tagged

from .. import templating
from ..channels.base import Outcome
from .gateways import WhatsappDouble, double, whatsapp
from .test_message import MessageCase

NUMBER = "+393331234567"


@tagged("post_install", "-at_install")
class TestWhatsapp(MessageCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["prm.gateway"].create(
            {
                "name": "WhatsApp", "provider": "whatsapp_cloud", "company_id": cls.practice.id,
                "account": whatsapp.NUMBER, "secret": whatsapp.TOKEN, "url": double.BASE + "/v23.0",
            }
        )  # fmt: skip
        cls.zhang = cls._patient(first_name="Wei", mobile=NUMBER, lang="zh_CN")
        cls.chat = cls.env["prm.template"].create(
            {"name": "Chat", "purpose_id": cls.env.ref("prm_core.prm_purpose_recall").id}
        )
        cls.body = cls.env["prm.template.body"].create(
            {
                "template_id": cls.chat.id, "channel_kind": "whatsapp", "lang": "zh",
                "body": "{{ patient.first_name }}!",
            }
        )  # fmt: skip

    def _ask(self, patient=None):
        return self.queue(patient or self.zhang, template=self.chat)

    def _wrote(self, hours, address=NUMBER, patient=None):
        self.env["prm.message"].create(
            {
                "direction": "in", "state": "received", "company_id": self.practice.id,
                "patient_id": (patient or self.zhang).id, "address": address,
                "channel_id": self.env.ref("prm_core.prm_channel_whatsapp").id,
                "sent_at": fields.Datetime.now() - timedelta(hours=hours),
            }
        )  # fmt: skip

    def _approve(self, values="patient.first_name, practice.name"):
        self.body.write({"approved_name": "recall_due", "approved_values": values})

    def _send(self):
        provider = WhatsappDouble()
        with provider.online(), self.smtp():
            self.env["prm.message"]._cron_dispatch()
        return provider.taken

    def test_neither_conversation_nor_approved_template(self):
        self.assertEqual(self._ask().reason, "no_template")
        self._wrote(25)
        self._wrote(1, address="+393339999999")
        self._wrote(1, patient=self.maria)
        self.assertEqual(self._ask().state, "suppressed")

    def test_in_a_conversation_the_text_itself_goes(self):
        self._wrote(23)
        self._approve()
        message = self._ask()
        self.assertEqual((message.state, message.channel_id.code), ("queued", "whatsapp"))
        [sent] = self._send()
        self.assertEqual(message.state, "sent")
        self.assertIn('"type": "text"', sent)
        self.assertNotIn("recall_due", sent)

    def test_the_approved_template_goes_with_its_values_and_language(self):
        self._approve()
        self.practice.name = "Practice\n Aurora"
        message = self._ask()
        self.assertEqual(
            message.request_data["approved"],
            {"name": "recall_due", "values": ["Wei", "Practice Aurora"]},
        )
        [sent] = self._send()
        self.assertEqual(message.state, "sent")
        self.assertIn('"name": "recall_due"', sent)
        self.assertIn('"code": "zh_CN"', sent)
        self.assertIn('"Practice Aurora"', sent)

    def test_a_value_that_is_empty_is_not_sent(self):
        self._approve("practice.address")
        message = self._ask()
        self.assertEqual(self._send(), [])
        self.assertEqual((message.state, message.reason), ("failed", "bad_approved_template"))

    def test_each_patient_by_the_own_conversation(self):
        """One has an open conversation, the other only an address for email."""
        self.env["prm.template.body"].create(
            {
                "template_id": self.chat.id, "channel_kind": "email", "lang": "en",
                "subject": "Hello", "body": "Hello",
            }
        )  # fmt: skip
        order = {"channel_order": "whatsapp,email"}
        self.zhang.write({**order, "email": "wei@example.com"})
        self.maria.write({**order, "mobile": "+393337654321"})
        self._wrote(1)
        messages = self.queue(self.zhang, self.maria, template=self.chat)
        self.assertEqual(messages.mapped("channel_id.code"), ["whatsapp", "email"])

    def test_values_are_names_of_variables(self):
        with self.assertRaisesRegex(ValidationError, "no variable “patient.shoe_size”"):
            self._approve("patient.first_name, patient.shoe_size")

    def test_what_is_prepared_is_not_approved(self):
        """Values may stand ready before Meta has approved anything; the text still only answers."""
        self.body.approved_values = "patient.first_name"
        self.assertFalse(self.body._has_approved())
        self.assertIsNone(self.body._render_approved({"patient.first_name": "Wei"}))
        self.assertEqual(self._ask().reason, "no_template")

    def test_the_text_to_submit(self):
        """As Meta wants it: with numbers in the places of the values, and nothing else."""
        for body, values, expected in (
            ("Hi {{ patient.first_name }}!", "patient.first_name", "Hi {{1}}!"),
            (
                "{{ practice.name }}: {{family.lines|join(', ')}}, {{ practice.name }}",
                "family.lines, practice.name",
                "{{2}}: {{1}}, {{2}}",
            ),
            ("Hi {{ patient.first_name }}!", "practice.name", False),
            ("{% if practice.phone %}Hi{% endif %}", "practice.phone", False),
            ("Hi", False, False),
        ):
            self.body.write({"body": body, "approved_values": values})
            self.assertEqual(self.body.approved_draft, expected)

    def test_a_list_becomes_one_value(self):
        self._approve("practice.name, family.lines")
        values = {"practice.name": "Aurora", "family.lines": ["Anna: 9:00", "Leo: 9:45"]}
        self.assertEqual(
            self.body._render_approved(values)["values"], ["Aurora", "Anna: 9:00 · Leo: 9:45"]
        )

    def test_approved_in_the_language_of_who_reads_it(self):
        """A child's guardian reads another language, in which nothing has been approved."""
        self._approve()
        self.chat.body_ids = [(0, 0, {"channel_kind": "whatsapp", "lang": "it", "body": "Ciao"})]
        self.maria.partner_id.phone = NUMBER
        self.env["prm.guardian"].create(
            {"patient_id": self.zhang.id, "partner_id": self.maria.partner_id.id, "basis": "care"}
        )
        self.assertEqual(self._ask().reason, "no_template")
        self.chat.body_ids.filtered(lambda body: body.lang == "it").approved_name = "due"
        self.assertEqual(self._ask().state, "queued")

    def test_the_editor_says_when_there_is_none(self):
        self.assertIn("WhatsApp (Chinese): no approved template", self.chat.lint_html)
        self._approve()
        self.chat.invalidate_recordset(["lint_html"])
        self.assertNotIn("no approved template", self.chat.lint_html or "")

    def test_health_in_a_value_counts(self):
        self.assertEqual(self.chat._health_channels(), set())
        with patch.object(templating, "is_health", lambda name: name == "practice.name"):
            self.assertEqual(self.chat._health_channels(), set())
            self._approve()
            self.assertEqual(self.chat._health_channels(), {"whatsapp"})

    def test_the_adapter_alone_never_opens_a_window(self):
        """A conversation that ended after queueing: it fails, and another channel is tried."""
        self._wrote(23)
        message = self._ask()
        self.env["prm.message"].search([("direction", "=", "in")]).write(
            {"sent_at": fields.Datetime.now() - timedelta(hours=30)}
        )
        self.assertEqual(self._send(), [])
        self.assertEqual((message.state, message.reason), ("failed", "outside_window"))


@tagged("post_install", "-at_install")
class TestRetryAfter(MessageCase):
    def test_the_next_attempt_is_when_the_provider_wants_it(self):
        message = self.queue(self.maria)
        message.write({"state": "sending", "attempts": 1})
        now = fields.Datetime.now()
        for seconds, expected in ((90, 90), (0, 0), (10**8, 86400), (None, 300)):
            outcome = Outcome(message.id, "failed", "server_busy", retry=True, retry_after=seconds)
            verdict = message._judge_one(outcome, False, now)
            waits = (verdict.scheduled_at - now).total_seconds()
            self.assertAlmostEqual(waits, expected, delta=5)
