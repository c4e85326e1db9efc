"""What every adapter promises. An adapter's test fills in the few methods at the top."""

import logging
import smtplib
from datetime import datetime, timedelta, timezone
from types import SimpleNamespace
from unittest.mock import patch

import requests
from odoo.addons.iap.tools import iap_tools
from odoo.tests import BaseCase, tagged
from urllib3.exceptions import NewConnectionError

from ..channels import Outgoing, base
from ..channels.email import EmailChannel
from ..channels.generic_http import GenericHttpChannel
from ..channels.letter import LetterChannel
from ..channels.odoo_sms import OdooSmsChannel
from ..channels.phone import PhoneChannel
from ..channels.twilio import TwilioChannel
from ..channels.whatsapp_cloud import WhatsappCloudChannel
from .common import PrmCase
from .gateways import (
    GenericDouble,
    OdooSmsDouble,
    TwilioDouble,
    WhatsappDouble,
    double,
    generic,
    twilio,
    whatsapp,
)

NUMBERS = ("+12025550101", "+12025550102", "+12025550103")


class HandOverContract:
    """What every channel can do, those that people serve too."""

    addresses = NUMBERS
    good = {" +1 202 555 0101 ": "+12025550101", "+39 02 5500 0000": "+390255000000"}
    bad = ("", None, "0255000000", "+1", "anna", "+12025550101,+12025550102")

    def send(self, *outgoing):
        """Outcomes by message id."""
        raise NotImplementedError

    def outgoing(self, index=0, **values):
        return Outgoing(
            **{"message_id": index + 1, "key": f"key{index}", "address": self.addresses[index],
               "subject": "Ciao", "body": "Un saluto", "lang": "it",
               "sender": "hello@aurora.example", **values}
        )  # fmt: skip

    def send_three(self):
        """Send to three people: reasons and states by message id, with nothing told in logs."""
        logger = "odoo.addons.prm_core"
        with self.assertLogs(logger, "DEBUG") as logs:
            # assertLogs wants at least one line.
            logging.getLogger(logger).debug("start")
            outcomes = self.send(*(self.outgoing(index) for index in range(3)))
        said = "\n".join(logs.output)
        for private in (*self.addresses, *self.secrets(), "Un saluto"):
            self.assertNotIn(private, said)
        self.assertEqual(sorted(outcomes), [1, 2, 3])
        return outcomes

    def secrets(self):
        return ()

    def test_send(self):
        outcomes = self.send_three()
        self.assertEqual({outcome.state for outcome in outcomes.values()}, {"sent"})
        self.assertEqual(len({outcome.provider_ref for outcome in outcomes.values()} - {""}), 3)

    def test_addresses(self):
        for written, normal in self.good.items():
            self.assertEqual(self.adapter.validate_address(written), normal)
        for address in self.bad:
            self.assertIsNone(self.adapter.validate_address(address), address)


class SendContract(HandOverContract):
    """Sending by a provider, who may refuse, be slow or get lost."""

    bad_reason = None

    def refuse(self, address):
        """Let the provider refuse an address for good."""
        raise NotImplementedError

    def lose(self, address):
        """Let the connection get lost after the message was handed over."""
        raise NotImplementedError

    def hold(self, address):
        """Let the provider be too busy."""
        raise NotImplementedError

    def test_partial_failure(self):
        self.refuse(self.addresses[1])
        outcomes = self.send_three()
        self.assertEqual([outcomes[i].state for i in (1, 2, 3)], ["sent", "failed", "sent"])
        self.assertEqual((outcomes[2].reason, outcomes[2].retry), (self.bad_reason, False))

    def test_lost_connection(self):
        self.lose(self.addresses[1])
        outcomes = self.send_three()
        self.assertEqual([outcomes[i].state for i in (1, 2, 3)], ["sent", "unknown", "sent"])
        self.assertEqual((outcomes[2].reason, outcomes[2].retry), ("connection_lost", False))

    def test_rate_limit(self):
        self.hold(self.addresses[0])
        outcomes = self.send_three()
        self.assertEqual([outcomes[i].state for i in (1, 2, 3)], ["failed", "sent", "sent"])
        self.assertEqual((outcomes[1].reason, outcomes[1].retry), ("server_busy", True))


class HttpContract(SendContract):
    """Sending over HTTP, and webhooks."""

    adapter = None
    double_class = None
    settings = {}
    hook_url = ""

    def setUp(self):
        super().setUp()
        self.provider = self.double_class()
        self.channel = self.adapter(None, self.gateway())

    def gateway(self, **values):
        names = (
            "url sender account secret webhook_secret webhook_url plain_letters http_method "
            "http_headers body_format body_template ref_path status_path success_values "
            "idempotency_header signature_header event_id_path event_ref_path event_key_path "
            "event_status_path event_from_path event_text_path"
        )
        return SimpleNamespace(**{**dict.fromkeys(names.split()), **self.settings, **values})

    def send(self, *outgoing):
        with self.provider.online():
            return {outcome.message_id: outcome for outcome in self.channel.send(list(outgoing))}

    def secrets(self):
        return filter(None, (self.settings["secret"], self.settings.get("webhook_secret")))

    def refuse(self, address):
        self.provider.script[address] = self.provider.refusal

    def lose(self, address):
        self.provider.script[address] = requests.ReadTimeout(f"{address} timed out")

    def hold(self, address):
        self.provider.script[address] = (429, {}, {"Retry-After": "7"})

    def answer(self, *answer):
        """The outcome of one message, to which the provider answers so."""
        self.provider.script[NUMBERS[0]] = answer[0] if len(answer) == 1 else answer
        return self.send(self.outgoing())[1]

    def reports(self):
        """Webhook calls of one message's life: delivered, sent, failed, a person's message."""
        raise NotImplementedError

    def test_one_session_for_a_batch(self):
        self.send_three()
        self.assertEqual(len(self.provider.sessions), 1)
        self.assertEqual(len(self.provider.taken), 3)

    def test_answers_that_make_no_sense(self):
        for answer in ((200, "<html>welcome</html>"), (200, "[]"), (200, "null"), (200, "{}")):
            outcome = self.answer(*answer)
            self.assertEqual((outcome.state, outcome.reason), ("unknown", "bad_answer"), answer)

    def test_what_http_says(self):
        refused = requests.ConnectionError(NewConnectionError(None, "refused"))
        for answer, expected in (
            ((refused,), ("failed", "no_connection", True)),
            ((requests.ConnectTimeout(),), ("failed", "no_connection", True)),
            ((requests.ConnectionError("Connection aborted."),),
             ("unknown", "connection_lost", False)),
            ((503, ""), ("failed", "server_busy", True)),
            ((500, ""), ("unknown", "gateway_error", False)),
            ((401, "{}"), ("failed", "gateway_login", False)),
            ((403, "{}"), ("failed", "gateway_login", False)),
            ((302, "", {"Location": "https://elsewhere.example/"}),
             ("failed", "gateway_setup", False)),
            ((404, "<html>"), ("failed", "gateway_refused", False)),
            ((400, "[1]"), ("failed", "gateway_refused", False)),
        ):  # fmt: skip
            outcome = self.answer(*answer)
            got = (outcome.state, outcome.reason, outcome.retry)
            self.assertEqual(got, expected, answer)

    def test_retry_after_is_told(self):
        outcome = self.answer(429, {}, {"Retry-After": "7"})
        self.assertIn("7", outcome.detail)
        self.assertEqual((outcome.retry, outcome.retry_after), (True, 7))
        self.assertIsNone(self.answer(429, {}).retry_after)

    def test_wrong_login(self):
        self.channel = self.adapter(None, self.gateway(secret="wrong"))
        outcome = self.send(self.outgoing())[1]
        self.assertEqual((outcome.state, outcome.reason), ("failed", "gateway_login"))

    def test_nothing_is_sent_without_what_it_needs(self):
        for values, reason in (
            ({"address": "0255000000"}, "bad_number"),
            ({"body": " "}, "empty_text"),
        ):
            outcome = self.send(self.outgoing(**values))[1]
            self.assertEqual((outcome.state, outcome.reason), ("failed", reason))
        self.channel = self.adapter(None)
        self.assertEqual(self.send(self.outgoing())[1].reason, "no_gateway")
        self.assertFalse(self.provider.taken)

    def test_webhook_forged(self):
        for raw, headers in self.reports():
            verify = self.channel.verify_webhook
            self.assertTrue(verify(raw, headers, self.hook_url))
            lower = {name.lower(): value for name, value in headers.items()}
            self.assertTrue(verify(raw, lower, self.hook_url))
            for position in range(0, len(raw), 7):
                forged = bytearray(raw)
                forged[position] ^= 1
                self.assertFalse(verify(bytes(forged), headers, self.hook_url), position)
            for name, value in headers.items():
                for position in (0, len(value) // 2, len(value) - 3):
                    letter = chr(ord(value[position]) ^ 1)
                    forged = value[:position] + letter + value[position + 1 :]
                    self.assertFalse(verify(raw, {name: forged}, self.hook_url))
                self.assertFalse(verify(raw, {name: ""}, self.hook_url))
                self.assertFalse(verify(raw, {name: "é"}, self.hook_url))
            self.assertFalse(verify(raw, {}, self.hook_url))
            for closed in (self.adapter(None), self.adapter(None, self.gateway(
                secret=None, webhook_secret=None
            ))):  # fmt: skip
                self.assertFalse(closed.verify_webhook(raw, headers, self.hook_url))

    def test_webhook_replayed(self):
        for raw, headers in self.reports():
            ids = {
                tuple(
                    event.provider_event_id
                    for event in self.channel.parse_webhook(raw, headers, self.hook_url)
                )
                for _attempt in range(5)
            }
            self.assertEqual(len(ids), 1)
            self.assertTrue(all(ids.pop()))

    def test_webhook_in_any_order(self):
        """Each call says by itself what happened; none needs those before it."""
        for order in (1, -1):
            events = [
                event
                for raw, headers in self.reports()[::order]
                for event in self.channel.parse_webhook(raw, headers, self.hook_url)
            ][::order]
            kinds = [event.kind for event in events]
            self.assertEqual(kinds, ["delivered", "sent", "failed", "inbound", "unknown"])
            self.assertEqual(len({event.provider_event_id for event in events}), 5)
            self.assertEqual({event.provider_ref for event in events[:3]}, {"ref1"})
            self.assertEqual({event.key for event in events[:3]}, {"key1"})
            self.assertTrue(events[2].reason)
            self.assertEqual(events[3].address, NUMBERS[0])
            self.assertEqual(events[3].text, "Sì, vengo è ok")
            self.assertLessEqual(set(kinds), set(base.EVENT_KINDS))

    def test_webhook_that_is_none(self):
        for raw in (b"", b"\xff\xfe", b"[]"):
            with self.assertRaises(ValueError):
                self.channel.parse_webhook(raw, {}, self.hook_url)


class TestTwilio(HttpContract, BaseCase):
    adapter = TwilioChannel
    double_class = TwilioDouble
    bad_reason = "bad_number"
    hook_url = twilio.CALLBACK + "&key=key1"
    settings = {
        "url": double.BASE,
        "account": twilio.ACCOUNT,
        "secret": twilio.TOKEN,
        "sender": "+12025550199",
        "webhook_url": twilio.CALLBACK,
    }

    def reports(self):
        known = {"MessageSid": "ref1", "To": NUMBERS[0], "From": "+12025550199"}
        hook = self.hook_url
        return [
            twilio.webhook(hook, **known, MessageStatus="delivered"),
            twilio.webhook(hook, **known, MessageStatus="sent", Empty=""),
            twilio.webhook(hook, **known, MessageStatus="undelivered", ErrorCode="30003"),
            twilio.webhook(
                hook, MessageSid="SMin", From=NUMBERS[0], To="+12025550199",
                Body="Sì, vengo è ok", SmsStatus="received",
            ),
            twilio.webhook(hook, **known, MessageStatus="new-in-2030"),
        ]  # fmt: skip

    def test_error_codes(self):
        for code, expected in (
            (21610, ("opted_out", False)),
            (21614, ("bad_number", False)),
            (21611, ("server_busy", True)),
            (29999, ("gateway_refused", False)),
        ):
            outcome = self.answer(*twilio.error(400, code, "No."))
            self.assertEqual((outcome.reason, outcome.retry), expected)
            self.assertIn(str(code), outcome.detail)

    def test_sender_key_and_letters(self):
        self.channel = self.adapter(None, self.gateway(sender="MG" + "0" * 32, plain_letters=True))
        self.send(self.outgoing(body="Olá"))
        body = self.provider.taken[0]
        self.assertIn("MessagingServiceSid=MG", body)
        self.assertNotIn("From=", body)
        self.assertIn("Body=Ola&", body)
        self.assertIn("hook%3Fpractice%3D1%26key%3Dkey0", body)

    def test_too_long(self):
        outcome = self.send(self.outgoing(body="a" * 1601))[1]
        self.assertEqual(outcome.reason, "text_too_long")

    def test_signature_of_twilios_documentation(self):
        """Address, fields, token and signature of the example that Twilio publishes."""
        self.channel = self.adapter(None, self.gateway(secret="12345"))
        raw = (
            b"CallSid=CA1234567890ABCDE&Caller=%2B14158675309&Digits=1234"
            b"&From=%2B14158675309&To=%2B18005551212"
        )
        url = "https://mycompany.com/myapp.php?foo=1&bar=2"
        headers = {"X-Twilio-Signature": "RSOYDt4T1cUTdK1PDd93/VVr8B8="}
        self.assertTrue(self.channel.verify_webhook(raw, headers, url))
        self.assertFalse(self.channel.verify_webhook(raw, headers, url + "3"))
        self.assertFalse(self.channel.verify_webhook(raw, headers))


class TestGenericHttp(HttpContract, BaseCase):
    adapter = GenericHttpChannel
    double_class = GenericDouble
    bad_reason = "gateway_refused"
    settings = {
        "url": double.BASE + "/send",
        "secret": generic.SECRET,
        "webhook_secret": generic.HOOK_SECRET,
        "sender": "Aurora",
        "http_headers": "Authorization: Bearer {secret}",
        "body_template": '{"to": "{to}", "text": "{text}", "from": "{sender}"}',
        "ref_path": "message.id",
        "status_path": "message.state",
        "success_values": "ok, queued",
        "idempotency_header": "X-Key",
        "signature_header": "X-Sign",
        "event_ref_path": "id",
        "event_key_path": "key",
        "event_status_path": "status",
        "event_from_path": "from",
        "event_text_path": "text",
    }

    def reports(self):
        return [
            generic.webhook(id="ref1", key="key1", status="DELIVRD"),
            generic.webhook(id="ref1", key="key1", status="sent"),
            generic.webhook(id="ref1", key="key1", status="expired"),
            generic.webhook(**{"id": "in1", "from": NUMBERS[0], "text": "Sì, vengo è ok"}),
            generic.webhook(id="ref1", status="new-in-2030"),
        ]

    def test_the_key_makes_it_idempotent(self):
        self.assertTrue(self.channel.idempotent)
        self.send(self.outgoing())
        self.assertEqual(self.provider.keys, {"key0"})
        self.assertFalse(self.adapter(None, self.gateway(idempotency_header=None)).idempotent)

    def test_texts_can_not_break_out_of_the_body(self):
        for text in ('" , "to": "x', "{to} {secret}", "a\nb\\", "é & = %"):
            self.assertEqual(self.send(self.outgoing(body=text))[1].state, "sent")
            self.assertNotIn(generic.SECRET, self.provider.taken[-1])
        form = {"body_format": "form", "body_template": "to={to}&text={text}"}
        self.channel = self.adapter(None, self.gateway(**form))
        self.provider.handle = lambda request, body: ("", (200, {"body": body}))
        self.send(self.outgoing(body="é & to=1"))
        self.assertEqual(self.provider.taken[-1], "to=%2B12025550101&text=%C3%A9+%26+to%3D1")

    def test_a_state_that_is_no_success(self):
        outcome = self.answer(200, {"message": {"id": "1", "state": "no credit"}})
        self.assertEqual((outcome.state, outcome.detail), ("failed", "no credit"))

    def test_not_set_up(self):
        self.channel = self.adapter(None, self.gateway(url=None))
        self.assertEqual(self.send(self.outgoing())[1].reason, "gateway_setup")
        self.channel = self.adapter(None, self.gateway(url="http://["))
        self.assertEqual(self.send(self.outgoing())[1].reason, "gateway_setup")


class TestWhatsappCloud(HttpContract, BaseCase):
    adapter = WhatsappCloudChannel
    double_class = WhatsappDouble
    bad_reason = "phone_unreachable"
    settings = {
        "url": double.BASE + "/v23.0",
        "account": whatsapp.NUMBER,
        "secret": whatsapp.TOKEN,
        "webhook_secret": whatsapp.HOOK_SECRET,
    }

    def outgoing(self, index=0, **values):
        now = datetime.now(timezone.utc).replace(tzinfo=None)
        options = {"last_inbound_at": now - timedelta(hours=1)}
        return super().outgoing(index, **{"options": options, **values})

    def reports(self):
        known = {"id": "ref1", "recipient_id": NUMBERS[0][1:], "timestamp": "1750000000"}
        known["biz_opaque_callback_data"] = "key1"
        failed = {"errors": [{"code": 131026, "title": "Message undeliverable"}]}
        text = {"id": "in1", "from": NUMBERS[0][1:], "timestamp": "1750000000", "type": "text"}
        return [
            whatsapp.webhook(statuses=[{**known, "status": "delivered"}]),
            whatsapp.webhook(statuses=[{**known, "status": "sent"}]),
            whatsapp.webhook(statuses=[{**known, "status": "failed", **failed}]),
            whatsapp.webhook(messages=[{**text, "text": {"body": "Sì, vengo è ok"}}]),
            whatsapp.webhook(statuses=[{**known, "status": "new-in-2030"}]),
        ]

    def test_the_window(self):
        now = datetime.now(timezone.utc).replace(tzinfo=None)
        for options in ({}, {"last_inbound_at": now - timedelta(hours=25)}):
            outcome = self.send(self.outgoing(options=options))[1]
            self.assertEqual((outcome.state, outcome.reason), ("failed", "outside_window"))
        self.assertFalse(self.provider.taken)
        options = {"template": "recall_due", "template_values": ["Maria"]}
        self.assertEqual(self.send(self.outgoing(options=options))[1].state, "sent")
        self.assertIn('"recall_due"', self.provider.taken[0])
        self.assertNotIn('"text": {', self.provider.taken[0])

    def test_error_codes(self):
        for code, expected in (
            (131047, ("outside_window", False)),
            (130429, ("server_busy", True)),
            (132001, ("bad_approved_template", False)),
        ):
            outcome = self.answer(*whatsapp.error(400, code, "No."))
            self.assertEqual((outcome.reason, outcome.retry), expected)

    def test_a_bundle(self):
        rows = [{"id": f"ref{i}", "status": "read"} for i in range(3)]
        raw, headers = whatsapp.webhook(statuses=rows, messages=[{"id": "in", "type": "image"}])
        kinds = [event.kind for event in self.channel.parse_webhook(raw, headers)]
        self.assertEqual(kinds, ["read", "read", "read", "inbound"])

    def test_challenge(self):
        params = {
            "hub.mode": "subscribe",
            "hub.verify_token": self.channel.verify_token(),
            "hub.challenge": "42",
        }
        self.assertEqual(self.channel.answer_challenge(params), "42")
        self.assertIsNone(self.channel.answer_challenge({**params, "hub.verify_token": "x"}))
        self.assertIsNone(self.channel.answer_challenge({"hub.mode": "subscribe"}))
        closed = self.adapter(None, self.gateway(webhook_secret=None))
        self.assertIsNone(closed.answer_challenge({**params, "hub.verify_token": ""}))


@tagged("post_install", "-at_install")
class TestEmail(SendContract, PrmCase):
    adapter = EmailChannel
    addresses = ("anna@example.org", "bea@example.org", "carl@example.org")
    good = {" Anna@Example.ORG ": "anna@example.org"}
    bad = ("", None, "anna", "a@b@c.org")
    bad_reason = "bad_address"

    def setUp(self):
        super().setUp()
        self.script = {}

    def refuse(self, address):
        self.script[address] = smtplib.SMTPRecipientsRefused({address: (550, b"unknown")})

    def lose(self, address):
        self.script[address] = smtplib.SMTPServerDisconnected(f"{address} lost")

    def hold(self, address):
        self.script[address] = smtplib.SMTPSenderRefused(451, b"later", "x")

    def send(self, *outgoing):
        def hand_over(channel, message, session):
            if error := self.script.get(message["To"]):
                raise error

        session = SimpleNamespace(rset=lambda: None, quit=lambda: None)
        with (
            patch.object(EmailChannel, "_connect", lambda channel, sender: session),
            patch.object(EmailChannel, "_hand_over", hand_over),
        ):
            channel = EmailChannel(self.env)
            return {outcome.message_id: outcome for outcome in channel.send(list(outgoing))}

    def test_it_has_no_webhook(self):
        for method in ("verify_webhook", "parse_webhook"):
            with self.assertRaises(base.UnsupportedFeature):
                getattr(EmailChannel(self.env), method)(b"", {})


class NoWebhook:
    """What a channel can't do raises."""

    def test_it_has_no_webhook(self):
        for method in ("verify_webhook", "parse_webhook"):
            with self.assertRaises(base.UnsupportedFeature):
                getattr(self.adapter(None), method)(b"", {})


@tagged("post_install", "-at_install")
class TestOdooSms(NoWebhook, SendContract, PrmCase):
    adapter = OdooSmsChannel
    bad_reason = "bad_number"

    def setUp(self):
        super().setUp()
        self.provider = OdooSmsDouble()
        self.access = self.env["prm.gateway"].create(
            {"name": "SMS", "provider": "odoo_sms", "company_id": self.practice.id}
        )

    def outgoing(self, index=0, **values):
        return super().outgoing(index, **{"key": f"{index:032x}", **values})

    def send(self, *outgoing):
        with self.provider.online():
            sent = self.access._make_adapter().send(list(outgoing))
            return {outcome.message_id: outcome for outcome in sent}

    def refuse(self, address):
        self.provider.script[address] = "wrong_number_format"

    def lose(self, address):
        self.provider.script[address] = "nothing"

    def hold(self, address):
        self.provider.breaks = requests.ConnectTimeout(f"{address} timed out")

    def test_lost_connection(self):
        """One call for the batch: an answer lacks one, or none comes at all."""
        self.lose(self.addresses[1])
        outcomes = self.send_three()
        self.assertEqual([outcomes[i].state for i in (1, 2, 3)], ["sent", "unknown", "sent"])
        self.assertEqual(outcomes[2].reason, "bad_answer")
        for error, reason in (
            (requests.ReadTimeout("late"), "connection_lost"),
            (ValueError("IAP"), "gateway_error"),
        ):
            self.provider.breaks = error
            outcomes = self.send_three().values()
            self.assertEqual({(o.state, o.reason) for o in outcomes}, {("unknown", reason)})

    def test_rate_limit(self):
        """Odoo's server knows none; when it can't be reached, all of it is tried again."""
        self.hold(self.addresses[0])
        outcomes = self.send_three().values()
        self.assertEqual(
            {(o.state, o.reason, o.retry) for o in outcomes}, {("failed", "no_connection", True)}
        )

    def test_one_call_grouped_by_text(self):
        self.send(self.outgoing(0), self.outgoing(1), self.outgoing(2, body="Ciao “tu”"))
        [call] = self.provider.calls
        told = {m["content"]: [n["number"] for n in m["numbers"]] for m in call["messages"]}
        self.assertEqual(
            told, {"Un saluto": list(NUMBERS[:2]), 'Ciao "tu"': [NUMBERS[2]]}
        )  # fmt: skip

    def test_what_the_server_says(self):
        for said, expected in (
            ("processing", ("sent", "")),
            ("insufficient_credit", ("failed", "no_credit")),
            ("unregistered", ("failed", "bad_sms_account")),
            ("country_not_supported", ("failed", "country_closed")),
            ("server_error", ("unknown", "gateway_error")),
            ("new-in-2030", ("unknown", "bad_answer")),
        ):
            self.provider.script[NUMBERS[0]] = said
            outcome = self.send(self.outgoing())[1]
            self.assertEqual((outcome.state, outcome.reason), expected, said)
            self.assertEqual(outcome.provider_ref, f"{0:032x}" if outcome.state == "sent" else "")
        self.provider.breaks = iap_tools.InsufficientCreditError("no money")
        self.assertEqual(self.send(self.outgoing())[1].reason, "no_credit")

    def test_nothing_is_sent_without_what_it_needs(self):
        self.assertEqual(self.send(self.outgoing(address="055"))[1].reason, "bad_number")
        self.assertEqual(self.send(self.outgoing(body=" "))[1].reason, "empty_text")
        [outcome] = OdooSmsChannel(self.env).send([self.outgoing()])
        self.assertEqual(outcome.reason, "no_gateway")
        self.assertFalse(self.provider.calls)


@tagged("post_install", "-at_install")
class TestPhone(NoWebhook, HandOverContract, PrmCase):
    adapter = PhoneChannel

    def setUp(self):
        super().setUp()
        purpose = self.env.ref("prm_core.prm_purpose_recall")
        self.messages = self.env["prm.message"].create(
            [
                {"patient_id": self.maria.id, "company_id": self.practice.id,
                 "purpose_id": purpose.id, "body": "Un saluto", "address": number}
                for number in NUMBERS
            ]
        )  # fmt: skip

    def outgoing(self, index=0, **values):
        return super().outgoing(index, **{"message_id": self.messages[index].id, **values})

    def send(self, *outgoing):
        place = {message.id: index + 1 for index, message in enumerate(self.messages)}
        outcomes = PhoneChannel(self.env).send(list(outgoing))
        return {place[outcome.message_id]: outcome for outcome in outcomes}

    def test_again_makes_no_second_call(self):
        self.assertTrue(PhoneChannel.idempotent)
        first, second = self.send(self.outgoing()), self.send(self.outgoing())
        self.assertEqual(first[1].provider_ref, second[1].provider_ref)
        self.assertEqual(self.env["prm.call"].search_count([("patient_id", "=", self.maria.id)]), 1)

    def test_partial_failure(self):
        outcomes = self.send(
            self.outgoing(0), self.outgoing(1, address="055"), self.outgoing(2, body=" ")
        )
        said = [(outcomes[i].state, outcomes[i].reason) for i in (1, 2, 3)]
        self.assertEqual(said, [("sent", ""), ("failed", "bad_number"), ("failed", "empty_text")])


class TestLetter(NoWebhook, BaseCase):
    adapter = LetterChannel

    def test_a_person_prints_it(self):
        self.assertTrue(LetterChannel.manual)
        with self.assertRaises(base.UnsupportedFeature):
            LetterChannel(None).send([])

    def test_addresses(self):
        valid = LetterChannel.validate_address
        self.assertEqual(valid(" Via  Roma 1\n\n20100 Milano "), "Via Roma 1\n20100 Milano")
        for address in ("", None, "Via Roma 1", "\n \n"):
            self.assertIsNone(valid(address))
