from odoo.exceptions import AccessError, ValidationError
from odoo.tests import Form, tagged

from ..channels import Outcome, Outgoing, registered_providers
from ..channels.base import ProviderEvent
from ..channels.email import EmailChannel
from ..channels.generic_http import GenericHttpChannel
from ..channels.twilio import TwilioChannel
from ..models.messaging.reasons import reason_text
from .common import PrmCase
from .gateways import GenericDouble, double, generic


@tagged("post_install", "-at_install")
class TestGateway(PrmCase):
    @classmethod
    def _gateway(cls, **vals):
        return cls.env["prm.gateway"].create(
            {
                "name": "SMS", "provider": "twilio", "company_id": cls.practice.id,
                "account": "AC1", "secret": "s3cret", "sender": "+12025550199", **vals,
            }
        )  # fmt: skip

    def test_channels_of_a_practice(self):
        gateways = self.env["prm.gateway"]
        self.assertEqual(gateways._usable_channels(self.practice), ("email",))
        gateway = self._gateway()
        self.assertEqual(gateway.channel_id.code, "sms")
        self.assertEqual(gateways._usable_channels(self.practice), ("email", "sms"))
        self.assertEqual(gateways._usable_channels(self.other_practice), ("email",))
        gateway.active = False
        self.assertEqual(gateways._usable_channels(self.practice), ("email",))

    def test_adapter(self):
        gateways = self.env["prm.gateway"].with_user(self.receptionist)
        self.assertIsInstance(gateways._adapter(self.practice, "email"), EmailChannel)
        self.assertIsNone(gateways._adapter(self.practice, "sms").gateway)
        self._gateway(sequence=20)
        first = self._gateway(sequence=1, provider="generic_http", url="https://sms.example/send")
        adapter = gateways._adapter(self.practice, "sms")
        self.assertIsInstance(adapter, GenericHttpChannel)
        self.assertEqual(adapter.gateway, first)
        self.assertEqual(adapter.gateway.secret, "s3cret")
        first.active = False
        self.assertIsInstance(gateways._adapter(self.practice, "sms"), TwilioChannel)

    def test_the_form_as_it_comes_sends(self):
        """A new generic gateway needs nothing but an address and a header."""
        gateway = self._gateway(
            provider="generic_http", url=double.BASE + "/send", secret=generic.SECRET,
            http_headers="Authorization: Bearer {secret}", ref_path="message.id",
        )  # fmt: skip
        outgoing = Outgoing(
            message_id=1, key="k", address="+12025550101", subject="", body="Ciao", lang="it",
            sender="",
        )  # fmt: skip
        with GenericDouble().online() as provider:
            outcome = next(iter(gateway._make_adapter().send([outgoing])))
        self.assertEqual((outcome.state, outcome.provider_ref), ("sent", "g-0"))
        self.assertIn('"from": "+12025550199"', provider.taken[0])

    def test_what_it_refuses(self):
        for vals in (
            {"url": "http://sms.example"},
            {"url": "sms.example"},
            {"callback_url": "http://practice.example/hook"},
            {"provider": "generic_http"},
            {"account": False},
            {"sender": False},
            {"provider": "whatsapp_cloud", "account": False},
            {"http_headers": "no colon"},
        ):
            with self.assertRaises(ValidationError, msg=vals):
                self._gateway(**vals)

    def test_only_managers_of_the_practice(self):
        gateway = self._gateway()
        self.assertEqual(self.as_user(self.manager, gateway).secret, "s3cret")
        for user in (self.receptionist, self.clinician, self.outsider, self.stranger):
            with self.assertRaises(AccessError):
                self.as_user(user, gateway).read(["name"])

    def test_copies_have_no_secret(self):
        copy = self._gateway(webhook_secret="hook").copy()
        self.assertFalse(copy.secret or copy.webhook_secret)

    def test_the_last_trouble(self):
        gateway = self._gateway()
        login = Outcome(1, "failed", "gateway_login", "HTTP 401")
        number = Outcome(2, "failed", "bad_number", "+12025550101")
        gateway._note_outcomes([login, number])
        self.assertEqual(gateway.last_error, "gateway_login")
        self.assertIn("secret", gateway.last_error_text)
        gateway._note_outcomes([number])
        self.assertEqual(gateway.last_error, "gateway_login")
        gateway._note_outcomes([login, Outcome(3, "sent", provider_ref="x")])
        self.assertFalse(gateway.last_error)

    def test_troubles_that_the_provider_reports(self):
        """What is about the account stands on the form; what is about a message does not."""
        gateway = self._gateway()
        for report in (
            ProviderEvent("1", "failed", provider_ref="x", reason="gateway_suspended"),
            ProviderEvent("2", "failed", key="x", reason="gateway_suspended"),
            ProviderEvent("3", "unknown", reason="gateway_refused"),
        ):
            gateway._note_reports([report])
            self.assertFalse(gateway.last_error)
        gateway._note_reports([ProviderEvent("4", "unknown", reason="gateway_suspended")])
        self.assertEqual(gateway.last_error, "gateway_suspended")
        self.assertIn("suspended", gateway.last_error_text)

    def test_every_reason_has_a_sentence(self):
        for adapter in registered_providers().values():
            for reason, _retry in getattr(adapter, "errors", {}).values():
                self.assertNotEqual(reason_text(self.env, reason), reason)

    def test_shared_reasons_are_true_for_every_channel(self):
        """An SMS that a gateway did not take was never at a mail server."""
        shared = ("bounced", "bad_content", "server_busy", "no_connection", "connection_lost")
        for code in shared:
            text = reason_text(self.env, code)
            self.assertFalse("mail server" in text and "provider" not in text, text)
            self.assertNotIn("No email", text)
            self.assertNotIn("again", text, "whether it is tried again, the message knows")

    def test_form(self):
        form = Form(self.env["prm.gateway"].with_user(self.manager))
        form.name, form.provider, form.url = "Other", "generic_http", "https://sms.example"
        self.assertEqual(form.save().channel_id.code, "sms")

    def test_cost(self):
        gateway = self._gateway(price=0.07, plain_letters=False)
        self.assertAlmostEqual(gateway._cost("á" * 71), 0.14)
        gateway.plain_letters = True
        self.assertAlmostEqual(gateway._cost("á" * 71), 0.07)
        whatsapp = self._gateway(provider="whatsapp_cloud", price=0.07)
        self.assertEqual(whatsapp._cost("Ciao"), 0)
