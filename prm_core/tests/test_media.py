"""What patients send besides words: nothing of it may vanish."""

from odoo.tests import BaseCase, tagged

from ..channels.twilio import TwilioChannel
from ..channels.whatsapp_cloud import WhatsappCloudChannel
from .gateways import twilio, whatsapp
from .test_webhook import WebhookCase

FILE = {"id": "2754859441498128", "mime_type": "image/jpeg", "sha256": "x"}
#: Type of WhatsApp's messages, what comes with it, and what is read of it: (media, text).
TYPES = (
    ("text", {"body": "Hello"}, ("", "Hello")),
    ("image", {**FILE, "caption": "My tooth"}, ("image", "My tooth")),
    ("image", FILE, ("image", "")),
    ("audio", {**FILE, "voice": True}, ("voice", "")),
    ("video", {**FILE, "caption": "Look"}, ("video", "Look")),
    ("document", {**FILE, "caption": "X-ray", "filename": "x.pdf"}, ("document", "X-ray")),
    ("sticker", {**FILE, "animated": False}, ("sticker", "")),
    ("location", {"latitude": 45.46, "longitude": 9.19}, ("location", "45.46, 9.19")),
    (
        "location",
        {"latitude": 45.46, "longitude": 9.19, "name": "Duomo", "address": "Milano"},
        ("location", "Duomo, Milano (45.46, 9.19)"),
    ),
    (
        "contacts",
        [{"name": {"formatted_name": "Ada"}, "phones": [{"phone": "+39 1"}, {"type": "HOME"}]}],
        ("contacts", "Ada +39 1"),
    ),
    ("reaction", {"message_id": "wamid.1", "emoji": "👍"}, ("reaction", "👍")),
    ("reaction", {"message_id": "wamid.1"}, ("reaction", "")),
    ("button", {"text": "Yes", "payload": "yes"}, ("", "Yes")),
    (
        "interactive",
        {"type": "button_reply", "button_reply": {"id": "1", "title": "Sì"}},
        ("", "Sì"),
    ),
    (
        "interactive",
        {"type": "list_reply", "list_reply": {"id": "1", "title": "At 5", "description": "x"}},
        ("", "At 5"),
    ),
    ("system", {"body": "User changed number", "type": "user_changed_number"},
     ("system", "User changed number")),
    ("order", {"catalog_id": "1", "text": "x"}, ("other", "")),
    ("unsupported", None, ("other", "")),
    ("new-in-2030", {"body": 5}, ("other", "")),
)  # fmt: skip


def message(kind, content, number=1, **extra):
    """A message as WhatsApp's webhook has it."""
    row = {"id": f"wamid.in{number}", "from": "12025550143", "timestamp": "1750000000",
           "type": kind, **extra}  # fmt: skip
    return row if content is None else {**row, kind: content}


class TestParsed(BaseCase):
    def test_every_type_of_whatsapp(self):
        channel = WhatsappCloudChannel(None)
        for kind, content, expected in TYPES:
            raw, headers = whatsapp.webhook(messages=[message(kind, content)])
            with self.subTest(kind=kind, content=content):
                [event] = channel.parse_webhook(raw, headers)
                self.assertEqual((event.kind, event.detail), ("inbound", kind))
                self.assertEqual((event.media, event.text), expected)

    def test_a_reaction_names_what_it_answers(self):
        row = message("reaction", {"message_id": "wamid.1", "emoji": "👍"})
        raw, headers = whatsapp.webhook(messages=[row])
        [event] = WhatsappCloudChannel(None).parse_webhook(raw, headers)
        self.assertEqual(event.in_reply_to, "wamid.1")

    def test_rubbish_breaks_nothing(self):
        for content in (5, "x", [], [5], {"caption": 5}, {"body": []}, None):
            for kind in ("text", "image", "location", "contacts", "reaction", "system"):
                raw, headers = whatsapp.webhook(messages=[message(kind, content)])
                with self.subTest(kind=kind, content=content):
                    [event] = WhatsappCloudChannel(None).parse_webhook(raw, headers)
                    self.assertIsInstance(event.text, str)

    def test_picture_messages_of_twilio(self):
        for kind, media in (
            ("image/jpeg", "image"), ("audio/amr", "voice"), ("video/3gpp", "video"),
            ("text/vcard", "contacts"), ("application/pdf", "document"), ("", "document"),
        ):  # fmt: skip
            raw, headers = twilio.webhook(
                twilio.CALLBACK, MessageSid="MM1", From="+1", SmsStatus="received", Body="Look",
                NumMedia="1", MediaUrl0="https://api.twilio.com/x", MediaContentType0=kind,
            )  # fmt: skip
            with self.subTest(kind=kind):
                [event] = TwilioChannel(None).parse_webhook(raw, headers)
                self.assertEqual((event.media, event.text), (media, "Look"))
        raw, headers = twilio.webhook(
            twilio.CALLBACK, MessageSid="SM1", SmsStatus="received", Body="Look", NumMedia="0"
        )
        self.assertEqual(TwilioChannel(None).parse_webhook(raw, headers)[0].media, "")


@tagged("post_install", "-at_install")
class TestReceived(WebhookCase):
    def receive(self, kind, content, number=1, **extra):
        """Maria sends something by WhatsApp."""
        raw, headers = whatsapp.webhook(messages=[message(kind, content, number, **extra)])
        self.assertEqual(self.whatsapp._receive(raw, headers)[2], 200)
        self.apply()
        return self.env["prm.message"].search([("provider_ref", "=", f"wamid.in{number}")])

    def shown(self, patient=None):
        """The newest entry of the conversation, as the front desk sees it."""
        patient = self.as_user(self.receptionist, patient or self.maria)
        return patient.conversation_page(kinds=["message"])["entries"][0]

    def test_whatever_comes_is_shown_and_somebody_looks(self):
        for number, (kind, content, (_media, text)) in enumerate(TYPES):
            received = self.receive(kind, content, number)
            with self.subTest(kind=kind, content=content):
                entry = self.shown()
                self.assertEqual(entry["text"], text)
                self.assertTrue(entry["text"] or entry["title"], "nothing to see")
                waits = kind != "reaction" or not text
                # "Sì" and the like ask for nothing when no visit was asked about: a person looks.
                self.assertEqual(received.needs_answer, waits or received.meaning == "confirm")

    def test_a_picture_says_where_to_look(self):
        self.receive("image", {**FILE, "caption": "My tooth"})
        entry = self.shown()
        self.assertIn("sent a picture", entry["title"])
        self.assertIn("look in WhatsApp", entry["title"])
        self.assertEqual(entry["text"], "My tooth")
        kind = self.env.ref("prm_core.mail_activity_reply")
        activity = self.maria.activity_ids
        self.assertEqual(activity.activity_type_id, kind)
        self.assertNotIn("tooth", f"{activity.summary} {activity.note}")

    def test_an_mms(self):
        self.call_twilio(
            MessageSid="MM1", SmsStatus="received", From=self.number, Body="", NumMedia="1",
            MediaContentType0="image/png", MediaUrl0="https://api.twilio.com/x",
        )  # fmt: skip
        received = self.env["prm.message"].search([("provider_ref", "=", "MM1")])
        self.assertTrue(received.needs_answer)
        self.assertIn("your SMS provider", self.shown()["title"])

    def test_stop_below_a_picture_stops_and_the_picture_is_looked_at(self):
        received = self.receive("image", {**FILE, "caption": "STOP"})
        self.assertEqual((received.meaning, received.needs_answer), ("stop", True))
        self.assertTrue(self.env["prm.address.block"].search([("address", "=", self.number)]))

    def test_a_heart_asks_for_nothing_and_its_end_does(self):
        asked = self.sent(channel="whatsapp", ref="wamid.1")
        heart = self.receive("reaction", {"message_id": "wamid.1", "emoji": "❤"})
        self.assertFalse(heart.needs_answer)
        self.assertEqual((heart.reply_to_id, heart.quotes), (asked, True))
        self.assertEqual(asked.state, "read")
        gone = self.receive("reaction", {"message_id": "wamid.1", "emoji": ""}, 2)
        self.assertTrue(gone.needs_answer)
        self.assertIn("took back", self.shown()["title"])

    def test_a_notice_is_no_word_of_the_patient(self):
        received = self.receive("system", {"body": "STOP", "type": "user_changed_number"})
        self.assertFalse(received.meaning)
        self.assertTrue(received.needs_answer)
        self.assertFalse(self.env["prm.message"]._open_windows(self.maria))
        self.receive("text", {"body": "Hello"}, 2)
        self.env["prm.message"].search(
            [("provider_ref", "=", "wamid.in2")]
        ).sent_at = self.env.cr.now().replace(microsecond=0)
        self.assertTrue(self.env["prm.message"]._open_windows(self.maria))
