import itertools
import random
from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.tests import BaseCase, HttpCase, tagged
from odoo.tools import mute_logger

from ..models.messaging import prm_message_event
from ..redaction import mask_report
from ..well_formed import well_formed
from .gateways import generic, twilio, whatsapp
from .test_message import MessageCase

#: Turns in a random order, each genuine report five times: as providers do when answers get lost.
SHUFFLES = 40
REPEATS = 5


class WebhookCase(MessageCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.channel = {
            code: cls.env.ref(f"prm_core.prm_channel_{code}")
            for code in ("email", "sms", "whatsapp")
        }
        gateways = cls.env["prm.gateway"]
        cls.twilio = gateways.create(
            {
                "name": "SMS", "provider": "twilio", "account": twilio.ACCOUNT,
                "secret": twilio.TOKEN, "sender": "+12025550100", "company_id": cls.practice.id,
                "callback_url": twilio.CALLBACK,
            }
        )  # fmt: skip
        cls.whatsapp = gateways.create(
            {
                "name": "WhatsApp", "provider": "whatsapp_cloud", "account": whatsapp.NUMBER,
                "secret": whatsapp.TOKEN, "webhook_secret": whatsapp.HOOK_SECRET,
                "company_id": cls.practice.id,
            }
        )  # fmt: skip
        cls.generic = gateways.create(
            {
                "name": "Any", "provider": "generic_http", "url": "https://sms.example/send",
                "secret": generic.SECRET, "webhook_secret": generic.HOOK_SECRET,
                "signature_header": "X-Sign", "company_id": cls.practice.id,
                "event_id_path": "event",
            }
        )  # fmt: skip
        cls.number = "+12025550143"
        cls.maria.mobile = "+1 (202) 555-0143"
        cls.events = cls.env["prm.message.event"]

    def sent(self, patient=None, channel="sms", ref="SM1", state="sent", **vals):
        """A message as it is after hand-over."""
        patient = patient or self.maria
        message = self.env["prm.message"].create(
            {
                "patient_id": patient.id,
                "company_id": patient.company_id.id,
                "purpose_id": self.env.ref("prm_core.prm_purpose_care").id,
                "channel_id": self.channel[channel].id,
                "address": self.number if channel != "email" else patient.email,
                "body": "See you soon",
                "state": state,
                "provider_ref": ref,
                "sent_at": "2026-11-20 09:00:00" if state == "sent" else False,
                **vals,
            }
        )
        if "sent_at" not in vals and state == "sent":
            message.sent_at = self.env.cr.now().replace(microsecond=0)
        return message

    def text_for(self, *codes):
        """A template with the same text for some channels."""
        return self.env["prm.template"].create(
            {
                "name": "Hello",
                "purpose_id": self.env.ref("prm_core.prm_purpose_care").id,
                "body_ids": [
                    (0, 0, {"lang": "it", "channel_kind": code,
                            "subject": "Ciao" if code == "email" else False, "body": "Ciao!"})
                    for code in codes
                ],
            }
        )  # fmt: skip

    def call_twilio(self, gateway=None, query="practice=1", **fields):
        """Twilio calls, and what came is applied."""
        url = twilio.CALLBACK.partition("?")[0] + (f"?{query}" if query else "")
        raw, headers = twilio.webhook(url, **fields)
        answer = (gateway or self.twilio)._receive(raw, headers, query)
        self.apply()
        return answer

    def apply(self):
        with patch.object(type(self.env["ir.cron"]), "_commit_progress", lambda *a, **k: 60):
            self.events._cron_apply()


@tagged("post_install", "-at_install")
class TestReports(WebhookCase):
    def test_delivered(self):
        message = self.sent()
        answer = self.call_twilio(MessageSid="SM1", MessageStatus="delivered", To=self.number)
        self.assertEqual(answer, ("<Response/>", "text/xml", 200))
        self.assertEqual(message.state, "delivered")
        event = self.events.search([("message_id", "=", message.id)])
        self.assertEqual((event.state, event.kind), ("applied", "delivered"))

    def test_the_raw_report_is_kept_and_shown_without_numbers(self):
        self.sent()
        self.call_twilio(MessageSid="SM1", MessageStatus="delivered", To=self.number)
        event = self.events.search([("provider_ref", "=", "SM1")])
        self.assertEqual(event.raw["To"], self.number)
        shown = self.as_user(self.manager, event).raw_shown
        self.assertIn("delivered", shown)
        self.assertNotIn("5550143", shown)

    def test_old_reports_lose_numbers_and_texts_and_stay(self):
        self.sent()
        self.call_twilio(MessageSid="SM1", MessageStatus="delivered", To=self.number)
        self.call_twilio(MessageSid="IN1", SmsStatus="received", From=self.number, Body="My tooth")
        old = self.events.search([("company_id", "=", self.practice.id)])
        self.call_twilio(MessageSid="IN2", SmsStatus="received", From=self.number, Body="Hello")
        young = self.events.search([("company_id", "=", self.practice.id)]) - old
        waiting = old.create(
            {"company_id": self.practice.id, "channel_id": self.channel["sms"].id, "kind": "sent",
             "provider_event_id": "w", "raw": {"To": self.number}}
        )  # fmt: skip
        file = self.env["ir.attachment"].create(
            {"name": "x", "raw": b"x", "res_model": old._name, "res_id": old[0].id}
        )
        (old | waiting).received_at = fields.Datetime.now() - timedelta(days=31)
        self.events._gc_private()
        self.assertTrue(all(old.mapped("raw")), "kept for half a year")
        gateway = self.as_user(self.manager, self.twilio)
        gateway.report_days = 30
        self.assertEqual(self.practice.prm_report_days, 30)
        with patch.object(prm_message_event, "CLEARED_AT_ONCE", 1):
            turns = [self.events._gc_private() for _turn in range(3)]
        self.assertEqual(turns, [(1, True), (1, True), (0, False)])
        self.assertEqual(old.mapped("state"), ["applied", "applied"])
        for event in old:
            private = event.read(["raw", "address", "text", "subject", "detail", "raw_shown"])[0]
            self.assertFalse([value for name, value in private.items() if name != "id" and value])
        self.assertFalse(file.exists())
        self.assertTrue(young.raw and young.text and waiting.raw)
        told = self.env["prm.message"].search([("provider_ref", "=", "IN1")])
        self.assertEqual(told.body, "My tooth")
        self.call_twilio(MessageSid="IN1", SmsStatus="received", From=self.number, Body="My tooth")
        self.assertEqual(self.env["prm.message"].search_count([("provider_ref", "=", "IN1")]), 1)

    def test_by_our_key_when_the_provider_id_was_never_noted(self):
        message = self.sent(ref=False, state="unknown", idempotency_key="a" * 32)
        self.call_twilio(
            query="practice=1&key=" + "a" * 32, MessageSid="SM9", MessageStatus="delivered"
        )
        self.assertEqual(message.state, "delivered")
        self.assertTrue(message.sent_at)

    def test_a_failure_tells_why_and_the_address_is_kept_out_of_use(self):
        message = self.sent()
        self.call_twilio(MessageSid="SM1", MessageStatus="undelivered", ErrorCode="30005")
        self.assertEqual((message.state, message.reason), ("failed", "bad_number"))
        block = self.env["prm.address.block"].search([("address", "=", self.number)])
        self.assertEqual(block.reason, "bounced")
        told = self.maria.event_ids.filtered(lambda one: one.event_type_id.code == "message_failed")
        self.assertEqual(len(told), 1)

    def test_a_failure_falls_over_to_the_next_channel_once(self):
        self.maria.channel_order = "sms,email"
        message = self.queue(self.maria, template=self.text_for("email", "sms"), purpose="care")
        self.assertEqual(message.channel_id.code, "sms")
        message.write({"state": "sent", "provider_ref": "SM1"})
        for _turn in range(2):
            self.call_twilio(MessageSid="SM1", MessageStatus="undelivered", ErrorCode="30003")
        instead = self.env["prm.message"].search([("fallback_of_id", "=", message.id)])
        self.assertEqual(instead.mapped("channel_id.code"), ["email"])

    def test_a_report_that_is_faster_than_our_note_waits(self):
        self.call_twilio(MessageSid="SM7", MessageStatus="delivered")
        event = self.events.search([("provider_ref", "=", "SM7")])
        self.assertEqual((event.state, event.attempts), ("new", 1))
        self.assertGreater(event.due_at, event.received_at)
        message = self.sent(ref="SM7")
        event.due_at = event.received_at
        self.apply()
        self.assertEqual((message.state, event.state), ("delivered", "applied"))

    def test_a_report_about_nothing_is_given_up_in_the_end(self):
        self.call_twilio(MessageSid="SM7", MessageStatus="delivered")
        event = self.events.search([("provider_ref", "=", "SM7")])
        for _turn in range(20):
            event.due_at = event.received_at
            self.apply()
        self.assertEqual(event.state, "unmatched")

    def test_another_practice_can_report_nothing_about_our_message(self):
        message = self.sent()
        theirs = self.twilio.copy({"company_id": self.other_practice.id, "secret": twilio.TOKEN})
        self.call_twilio(theirs, MessageSid="SM1", MessageStatus="delivered")
        self.assertEqual(message.state, "sent")

    @mute_logger("odoo.addons.prm_core.models.messaging.prm_message_event")
    def test_one_report_that_breaks_stops_no_other(self):
        good, bad = self.sent(ref="SM1"), self.sent(ref="SM2")
        take = type(good)._take_report

        def break_on_bad(messages, *arguments):
            if bad in messages:
                raise ValueError("broken")
            return take(messages, *arguments)

        for ref in ("SM1", "SM2"):
            url = twilio.CALLBACK
            raw, headers = twilio.webhook(url, MessageSid=ref, MessageStatus="delivered")
            self.twilio._receive(raw, headers, "practice=1")
        with patch.object(type(good), "_take_report", break_on_bad):
            self.apply()
        self.assertEqual((good.state, bad.state), ("delivered", "sent"))
        waiting = self.events.search([("provider_ref", "=", "SM2")])
        self.assertEqual((waiting.state, waiting.attempts), ("new", 1))

    def test_genuine_reports_five_times_in_any_order_have_one_effect(self):
        """The same end and one row on the timeline, whatever the order in which they come."""
        chooser = random.Random(19)
        stories = [
            ("sent", "delivered"),
            ("sent", "delivered", "read"),
            ("sent", "undelivered"),
            ("delivered",),
        ]
        ends = {}
        for turn, story in zip(range(SHUFFLES), itertools.cycle(stories)):
            ref = f"SM-{turn}"
            message = self.sent(ref=ref, state="unknown")
            calls = [
                twilio.webhook(
                    twilio.CALLBACK, MessageSid=ref, MessageStatus=status,
                    **({"ErrorCode": "30003"} if status == "undelivered" else {}),
                )
                for status in story
                for _repeat in range(REPEATS)
            ]  # fmt: skip
            chooser.shuffle(calls)
            for place, (raw, headers) in enumerate(calls):
                answer = self.twilio._receive(raw, headers, "practice=1")
                self.assertEqual(answer[2], 200)
                if place % 3 == turn % 3:
                    self.apply()
            self.apply()
            self.assertEqual(
                self.events.search_count([("provider_ref", "=", ref)]), len(set(story))
            )
            events = self.maria.event_ids.filtered(
                lambda one, message=message: (
                    one.res_model == "prm.message" and one.res_id == message.id
                )
            )
            codes = sorted(events.mapped("event_type_id.code"))
            self.assertLessEqual(codes.count("message_sent"), 1)
            self.assertEqual(codes.count("message_failed"), 1 if "undelivered" in story else 0)
            ends.setdefault(story, set()).add(message.state)
        last = {"undelivered": "failed"}
        self.assertEqual(ends, {story: {last.get(story[-1], story[-1])} for story in stories})

    def test_queries_do_not_grow_with_the_reports(self):
        def cost(count, first):
            for number in range(first, first + count):
                self.sent(ref=f"Q{number}")
                raw, headers = twilio.webhook(
                    twilio.CALLBACK, MessageSid=f"Q{number}", MessageStatus="delivered"
                )
                self.twilio._receive(raw, headers, "practice=1")
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.apply()
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        cost(2, 0)
        few = cost(5, 10)
        self.assertLessEqual(cost(100, 100), few + 4)


class TestPlain(BaseCase):
    def test_what_a_database_cannot_hold(self):
        self.assertEqual(well_formed({"a\0": ["\ud83d x", 1, None]}), {"a": ["? x", 1, None]})

    def test_masked(self):
        shown = mask_report({"status": "sent", "to": "+1202", "text": {"body": "my tooth"}})
        self.assertIn("sent", shown)
        self.assertNotIn("+1202", shown)
        self.assertNotIn("tooth", shown)


@tagged("post_install", "-at_install")
class TestWebhookRoute(WebhookCase, HttpCase):
    def post(self, gateway, raw, headers, query=""):
        path = f"/prm/w/{gateway.webhook_token}" + (f"?{query}" if query else "")
        return self.url_open(path, data=raw, headers=headers, allow_redirects=False)

    def test_a_form_arrives_byte_by_byte(self):
        """Odoo reads forms before anybody can verify them; here they must come whole."""
        self.sent()
        raw, headers = twilio.webhook(
            twilio.CALLBACK, MessageSid="SM1", MessageStatus="delivered", Empty=""
        )
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        response = self.post(self.twilio, raw, headers, "practice=1")
        self.assertEqual((response.status_code, response.text), (200, "<Response/>"))
        self.assertIn("text/xml", response.headers["Content-Type"])
        self.assertNotIn("Set-Cookie", response.headers)
        self.assertEqual(self.events.search_count([("provider_ref", "=", "SM1")]), 1)

    def test_json(self):
        raw, headers = whatsapp.webhook(
            statuses=[{"id": "wamid.1", "status": "read", "timestamp": "1700000000"}]
        )
        headers["Content-Type"] = "application/json"
        self.assertEqual(self.post(self.whatsapp, raw, headers).status_code, 200)
        self.assertEqual(self.events.search([("provider_ref", "=", "wamid.1")]).kind, "read")

    def test_what_no_database_holds_is_no_server_error(self):
        raw, headers = generic.webhook(event="e1", id="r\0", status="sent", **{"from": "\ud83d"})
        response = self.post(self.generic, raw, headers)
        self.assertEqual(response.status_code, 200)
        self.assertEqual(self.events.search([("provider_event_id", "=", "e1")]).provider_ref, "r")

    def test_refusals(self):
        raw, headers = generic.webhook(event="e1", id="r1", status="sent")
        with mute_logger("odoo.addons.prm_core.models.messaging.prm_gateway_webhook"):
            self.assertEqual(self.post(self.generic, raw + b" ", headers).status_code, 403)
            self.assertEqual(self.post(self.generic, raw, {}).status_code, 403)
            self.assertEqual(self.post(self.whatsapp, raw, headers).status_code, 403)
        self.assertEqual(self.url_open("/prm/w/nobody", data=raw, headers=headers).status_code, 404)
        self.assertEqual(self.post(self.generic, b"x" * 1_100_000, headers).status_code, 413)
        self.assertFalse(self.events.search([("provider_event_id", "=", "e1")]))

    def test_the_address_is_checked_by_a_challenge(self):
        path = f"/prm/w/{self.whatsapp.webhook_token}?hub.mode=subscribe&hub.challenge=17"
        good = self.url_open(f"{path}&hub.verify_token={self.whatsapp.verify_token}")
        self.assertEqual((good.status_code, good.text), (200, "17"))
        self.assertEqual(self.url_open(f"{path}&hub.verify_token=guess").status_code, 403)
        self.assertEqual(self.url_open(f"/prm/w/{self.twilio.webhook_token}").status_code, 403)
