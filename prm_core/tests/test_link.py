import logging
from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.tests import BaseCase, HttpCase, tagged

from ..redaction import redact
from .common import PrmCase


def _page_test(self, _params):
    return "prm_core.page_link_unknown", {}


def _post_test(self, _params):
    self._acted()
    return "prm_core.page_link_unknown", {}


class TestRedaction(BaseCase):
    """The token of a link is a key: it stays out of the server's log."""

    def test_paths_lose_their_token(self):
        self.assertEqual(redact("GET /prm/l/a-B_9/calendar.ics"), "GET /prm/l/***/calendar.ics")
        self.assertEqual(redact("GET /prm/l/a%2Fb?x=1 HTTP/1.1"), "GET /prm/l/***?x=1 HTTP/1.1")
        self.assertEqual(redact("POST /prm/u/a-B_9 HTTP/1.1"), "POST /prm/u/*** HTTP/1.1")
        self.assertEqual(redact("GET /web/login"), "GET /web/login")

    def test_the_filter_sits_on_the_web_servers_log(self):
        logger = logging.getLogger("werkzeug")
        arguments = ("GET /prm/l/secret HTTP/1.1", 200)
        record = logger.makeRecord("werkzeug", logging.INFO, "", 0, '"%s" %s', arguments, None)
        self.assertTrue(logger.filter(record))
        self.assertEqual(record.getMessage(), '"GET /prm/l/*** HTTP/1.1" 200')


@tagged("post_install", "-at_install")
class TestLinkPages(PrmCase, HttpCase):
    def setUp(self):
        super().setUp()
        links = type(self.env["prm.link"])
        for name, function in (("_page_test", _page_test), ("_post_test", _post_test)):
            patcher = patch.object(links, name, function, create=True)
            patcher.start()
            self.addCleanup(patcher.stop)
        self.link, url = self.env["prm.link"]._issue("test", self.maria)
        self.path = "/prm/l/" + url.rpartition("/")[2]

    def test_the_token_is_not_in_the_database(self):
        token = self.path.rpartition("/")[2]
        self.env.flush_all()
        self.env.cr.execute(
            "SELECT row_to_json(l)::text FROM prm_link l WHERE id = %s", [self.link.id]
        )
        self.assertNotIn(token, self.env.cr.fetchone()[0])

    def test_unknown_changed_and_malformed_tokens(self):
        for path in ("/prm/l/" + "x" * 32, self.path[:-1] + "!", self.path + "a", "/prm/l/%00"):
            response = self.url_open(path)
            self.assertEqual(response.status_code, 404, path)
            self.assertIn("This link does not work", response.text)

    def test_expired(self):
        self.link.expires_at = fields.Datetime.now() - timedelta(days=1)
        response = self.url_open(self.path)
        self.assertEqual(response.status_code, 410)

    def test_opening_changes_nothing_and_posting_does(self):
        self.env.flush_all()
        before = self.link.read()
        for _attempt in range(3):
            self.assertEqual(self.url_open(self.path).status_code, 200)
        self.env.invalidate_all()
        self.assertEqual(self.link.read(), before)
        self.url_open(self.path, data={"x": "1"})
        self.env.invalidate_all()
        self.assertTrue(self.link.acted_at)

    def test_nothing_leaks(self):
        response = self.url_open(self.path)
        self.assertEqual(response.headers["Referrer-Policy"], "no-referrer")
        self.assertEqual(response.headers["Cache-Control"], "no-store")
        self.assertIn("default-src 'none'", response.headers["Content-Security-Policy"])
        self.assertNotIn("http://", response.text.replace(self.base_url(), ""))
        self.assertNotIn("https://", response.text)

    def test_a_portal_user_is_served_like_anybody(self):
        self.authenticate("t_portal", "t_portal")
        self.assertEqual(self.url_open(self.path).status_code, 200)
