"""The contract for SMS and WhatsApp over HTTP."""

from datetime import datetime, timedelta, timezone

from odoo.tests import BaseCase

from ..channels.generic_http import GenericHttpChannel
from ..channels.twilio import TwilioChannel
from ..channels.whatsapp_cloud import WhatsappCloudChannel
from .channel_contract import NUMBERS, HttpContract
from .gateways import (
    GenericDouble,
    TwilioDouble,
    WhatsappDouble,
    double,
    generic,
    twilio,
    whatsapp,
)


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
            (21612, ("no_route", False)),
            (21635, ("bad_number", False)),
            (30002, ("gateway_suspended", False)),
            (21265, ("bad_number", False)),
            (21608, ("gateway_trial", False)),
            (21661, ("gateway_sender", False)),
            (21705, ("gateway_sender", False)),
            (29999, ("gateway_refused", False)),
        ):
            outcome = self.answer(*twilio.error(400, code, "No."))
            self.assertEqual((outcome.reason, outcome.retry), expected)
            self.assertIn(str(code), outcome.detail)

    def test_what_is_reported_later(self):
        for code, reason in (
            ("30003", "phone_unreachable"), ("30004", "phone_blocked"), ("30005", "bad_number"),
            ("30006", "bad_number"), ("30007", "carrier_filter"), ("30008", "not_delivered"),
            ("30034", "gateway_sender"), ("30037", "gateway_suspended"),
            ("30044", "gateway_trial"), ("30485", "not_delivered"), ("30999", "gateway_refused"),
        ):  # fmt: skip
            raw, headers = twilio.webhook(
                self.hook_url, MessageSid="ref1", MessageStatus="undelivered", ErrorCode=code
            )
            [event] = self.channel.parse_webhook(raw, headers, self.hook_url)
            self.assertEqual((event.kind, event.reason), ("failed", reason))

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
            (131042, ("no_credit", False)),
            (131049, ("provider_limit", False)),
            (131050, ("marketing_stopped", False)),
            (0, ("gateway_login", False)),
            (132001, ("bad_approved_template", False)),
            (132018, ("bad_approved_template", False)),
            (131021, ("gateway_setup", False)),
            (131048, ("gateway_limited", False)),
            (130403, ("phone_blocked", False)),
            (130497, ("country_closed", False)),
            (2494100, ("server_busy", True)),
            (230, ("gateway_login", False)),
            (999999, ("gateway_refused", False)),
            ("131047", ("gateway_refused", False)),
        ):
            outcome = self.answer(*whatsapp.error(400, code, "No."))
            self.assertEqual((outcome.reason, outcome.retry), expected)

    def test_the_code_says_more_than_the_status(self):
        """Meta: go by the code. Where nobody knows it, the status decides as ever."""
        for status, code, expected in (
            (403, 131031, ("failed", "gateway_suspended", False)),
            (403, 368, ("failed", "gateway_suspended", False)),
            (500, 131016, ("failed", "server_busy", True)),
            (500, 131000, ("failed", "server_busy", True)),
            (503, 131049, ("failed", "provider_limit", False)),
            (429, 131048, ("failed", "gateway_limited", False)),
            (401, 190, ("failed", "gateway_login", False)),
            (500, 999999, ("unknown", "gateway_error", False)),
            (500, [1], ("unknown", "gateway_error", False)),
            (500, 1, ("unknown", "gateway_error", False)),
            (400, 1, ("failed", "gateway_refused", False)),
            (403, 999999, ("failed", "gateway_login", False)),
            (429, 999999, ("failed", "server_busy", True)),
        ):
            outcome = self.answer(*whatsapp.error(status, code, "No."))
            got = (outcome.state, outcome.reason, outcome.retry)
            self.assertEqual(got, expected, (status, code))

    def test_how_long_to_wait_beside_a_code(self):
        busy = whatsapp.error(429, 130429, "Slow down.")
        outcome = self.answer(*busy, {"Retry-After": "9"})
        self.assertEqual((outcome.retry, outcome.retry_after), (True, 9))
        self.assertIn("130429", outcome.detail)
        limited = whatsapp.error(429, 131049, "No.")
        self.assertIsNone(self.answer(*limited, {"Retry-After": "9"}).retry_after)

    def test_troubles_of_the_account(self):
        """Errors that Meta reports about no message; a body may hold messages beside them."""
        error = {
            "code": 131031, "title": "Business Account locked",
            "error_data": {"details": "Restricted."},
        }  # fmt: skip
        raw, headers = whatsapp.webhook(
            errors=[error, "x"], statuses=[{"id": "a", "status": "read"}]
        )
        read, trouble = self.channel.parse_webhook(raw, headers)
        self.assertEqual(read.kind, "read")
        self.assertEqual((trouble.kind, trouble.reason), ("unknown", "gateway_suspended"))
        self.assertEqual(trouble.detail, "131031 Restricted.")
        self.assertFalse(trouble.provider_ref or trouble.key)
        [_read, again] = self.channel.parse_webhook(raw, headers)
        self.assertEqual(again.provider_event_id, trouble.provider_event_id)

    def test_a_bundle(self):
        rows = [{"id": f"ref{i}", "status": "read"} for i in range(3)]
        raw, headers = whatsapp.webhook(statuses=rows, messages=[{"id": "in", "type": "image"}])
        kinds = [event.kind for event in self.channel.parse_webhook(raw, headers)]
        self.assertEqual(kinds, ["read", "read", "read", "inbound"])

    def test_choices_about_advertising(self):
        row = {
            "wa_id": "12025550143",
            "category": "marketing_messages",
            "value": "stop",
            "detail": "User requested to stop marketing messages",
            "timestamp": 1731705721,
        }
        for change, kind in (
            ({}, "marketing_stop"), ({"value": "resume"}, "marketing_resume"),
            ({"value": "new"}, "unknown"), ({"category": "new"}, "unknown"),
        ):  # fmt: skip
            raw, headers = whatsapp.webhook(user_preferences=[{**row, **change}])
            [event] = self.channel.parse_webhook(raw, headers)
            self.assertEqual((event.kind, event.address), (kind, "+12025550143"))
            self.assertEqual(event.occurred_at, datetime(2024, 11, 15, 21, 22, 1))
            self.assertTrue(event.provider_event_id)

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
