import socket
import threading
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime

from odoo.tests import BaseCase

from ..channels import http_call


class TestHttpCall(BaseCase):
    """What real connections do, beside what the doubles play."""

    @contextmanager
    def server(self, answer):
        """Take one connection, read the request, answer with these bytes and hang up."""

        def serve():
            connection, _address = listener.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(answer)

        with socket.create_server(("127.0.0.1", 0)) as listener:
            thread = threading.Thread(target=serve, daemon=True)
            thread.start()
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
            thread.join(10)

    def call(self, url, **options):
        with http_call.new_session() as session:
            return http_call.call(session, "POST", url, **options)

    def failure(self, url, **options):
        with self.assertRaises(http_call.CallFailed) as caught:
            self.call(url, **options)
        values = caught.exception.values
        return values["state"], values["reason"], values["retry"]

    def test_retry_after(self):
        """A number of seconds, or a date in the forms of RFC 9110."""
        soon = format_datetime(datetime.now(timezone.utc) + timedelta(seconds=90), usegmt=True)
        for text, expected in (
            ("120", 120), (" 7 ", 7), ("0", 0), (soon, 90), ("", None), ("soon", None),
            ("-5", None), ("Wed, 21 Oct 2015 07:28:00 GMT", 0), ("1" * 40, 111111111),
        ):  # fmt: skip
            head = f"HTTP/1.1 503 Busy\r\nRetry-After: {text}\r\nContent-Length: 0\r\n\r\n"
            failed = self.assertRaises(http_call.CallFailed)
            with self.server(head.encode()) as url, failed as caught:
                self.call(url)
            told = caught.exception.values["retry_after"]
            if expected is None:
                self.assertIsNone(told, text)
            else:
                self.assertAlmostEqual(told, expected, delta=5, msg=text)

    def test_nobody_listens(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        self.assertEqual(self.failure(url), ("failed", "no_connection", True))

    def test_the_other_side_hangs_up(self):
        for answer in (b"", b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"):
            with self.server(answer) as url:
                self.assertEqual(self.failure(url), ("unknown", "connection_lost", False))

    def test_an_answer(self):
        with self.server(b'HTTP/1.1 201 Made\r\nContent-Length: 10\r\n\r\n{"id": "1"}'[:-1]) as url:
            self.assertEqual(self.failure(url), ("unknown", "bad_answer", False))
        with self.server(b'HTTP/1.1 201 Made\r\nContent-Length: 11\r\n\r\n{"id": "1"}') as url:
            answer = self.call(url)
            self.assertTrue(answer.ok)
            self.assertEqual(http_call.pick(answer.data, "id"), "1")

    def test_what_is_no_request(self):
        for url, options in (
            ("ftp://127.0.0.1/", {}),
            ("127.0.0.1", {}),
            ("http://127.0.0.1:1/", {"headers": {"X-Key": "a\r\nX-Other: b"}}),
        ):
            self.assertEqual(self.failure(url, **options), ("failed", "gateway_setup", False))

    def test_pick(self):
        data = {"messages": [{"id": "a"}], "n": 0}
        for path, value in (
            ("messages.0.id", "a"),
            ("n", 0),
            ("messages.1.id", None),
            ("messages.x", None),
            ("n.x", None),
        ):
            self.assertEqual(http_call.pick(data, path), value)
