from datetime import timedelta

from odoo import fields
from odoo.tests import BaseCase, HttpCase, tagged

from ..reading import is_person
from .test_webhook import WebhookCase

PHONE = {
    "User-Agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
    "Sec-Fetch-Mode": "navigate",
    "Sec-Fetch-Dest": "document",
}


class TestPerson(BaseCase):
    def test_a_browser_is_a_person_a_while_after_sending(self):
        self.assertTrue(is_person("GET", PHONE, 60))
        self.assertTrue(is_person("GET", {"user-agent": PHONE["User-Agent"]}, None))
        self.assertFalse(is_person("GET", PHONE, 3))
        self.assertFalse(is_person("HEAD", PHONE, 60))

    def test_machines(self):
        for headers in (
            {"User-Agent": ""},
            {"User-Agent": "Mozilla/5.0"},
            {"User-Agent": "Mozilla/5.0 (compatible; Googlebot/2.1)"},
            {"User-Agent": "WhatsApp/2.23.20.0"},
            {"User-Agent": "Slackbot-LinkExpanding 1.0"},
            {"User-Agent": "python-requests/2.32"},
            {"User-Agent": "Mozilla/5.0 HeadlessChrome/120.0"},
            {**PHONE, "Sec-Purpose": "prefetch;prerender"},
            {**PHONE, "Purpose": "prefetch"},
            {**PHONE, "X-Purpose": "preview"},
            {**PHONE, "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"},
        ):
            with self.subTest(headers=headers):
                self.assertFalse(is_person("GET", headers, 60))


@tagged("post_install", "-at_install")
class TestRedirect(WebhookCase, HttpCase):
    def ask(self, path, headers=None):
        return self.url_open(path, headers=headers or PHONE, allow_redirects=False)

    def message(self, body):
        template = self.text_for("sms")
        template.body_ids.body = body
        return self.queue(self.maria, template=template, purpose="care")

    def gone(self, message, seconds=120):
        message.write(
            {"state": "sent", "sent_at": fields.Datetime.now() - timedelta(seconds=seconds)}
        )

    def path(self, message):
        return message.body[message.body.index("/prm/r/") :].split()[0].rstrip(".")

    def test_an_address_elsewhere_goes_by_way_of_the_own_server(self):
        target = "https://maps.example.org/place?q=Via+Garibaldi&z=1"
        message = self.message(f"Find us: {target}. See you!")
        self.assertNotIn("maps.example.org", message.body)
        self.assertTrue(message.body.endswith(". See you!"))
        self.gone(message)
        response = self.ask(self.path(message))
        self.assertEqual((response.status_code, response.headers["Location"]), (302, target))
        self.assertEqual(response.headers["Referrer-Policy"], "no-referrer")
        self.assertNotIn("Set-Cookie", response.headers)
        self.assertEqual(message.state, "read")

    def test_one_address_that_begins_another(self):
        message = self.message("https://a.example/x and https://a.example/x/y")
        self.assertEqual(message.body.count("/prm/r/"), 2)
        links = self.env["prm.link"].search([("message_id", "=", message.id)])
        self.assertEqual(
            sorted(link.payload["url"] for link in links),
            ["https://a.example/x", "https://a.example/x/y"],
        )

    def test_own_addresses_stay(self):
        own = self.env["prm.link"].get_base_url()
        self.assertIn(f"{own}/contact", self.message(f"See {own}/contact").body)

    def test_machines_and_scanners_read_nothing(self):
        message = self.message("Find us: https://maps.example.org/")
        self.gone(message, seconds=2)
        self.ask(self.path(message))
        self.assertEqual(message.state, "sent")
        self.gone(message)
        for headers in ({"User-Agent": "WhatsApp/2.2"}, {**PHONE, "Sec-Purpose": "prefetch"}):
            self.assertEqual(self.ask(self.path(message), headers).status_code, 302)
        self.assertEqual(message.state, "sent")
        self.ask(self.path(message))
        self.assertEqual(message.state, "read")

    def test_a_page_that_was_opened_was_read_and_nothing_else(self):
        template = self.text_for("sms")
        template.body_ids.body = "{{ link.preferences }}"
        message = self.queue(self.maria, template=template, purpose="care")
        self.gone(message)
        self.ask(message.body[message.body.index("/prm/l/") :].strip())
        self.assertEqual(message.state, "read")
        self.assertFalse(self.maria.consent_ids)

    def test_expired_or_of_another_kind(self):
        message = self.message("Find us: https://maps.example.org/")
        link = self.env["prm.link"].search([("message_id", "=", message.id)])
        link.expires_at = "2020-01-01"
        self.assertEqual(self.ask(self.path(message)).status_code, 410)
        _link, url = self.env["prm.link"]._issue("preferences", self.maria)
        token = url.rpartition("/")[2]
        self.assertNotEqual(self.ask(f"/prm/r/{token}").status_code, 302)
        link.expires_at = fields.Datetime.now() + timedelta(days=1)
        redirect = self.path(message).rpartition("/")[2]
        self.assertEqual(self.ask(f"/prm/l/{redirect}").status_code, 404)

    def test_a_letter_keeps_the_address(self):
        vals = {"state": "queued", "body": "https://a.example/x",
                "channel_id": self.env.ref("prm_core.prm_channel_letter").id}  # fmt: skip
        self.env["prm.message"]._track_addresses([vals], [self.request(self.maria)], {})
        self.assertEqual(vals["body"], "https://a.example/x")
