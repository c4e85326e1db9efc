"""Catches the mail that the demo practice sends, and shows it in a browser.

``python -m tools.mail_catcher SMTP_PORT HTTP_PORT``. Nothing leaves the machine. The newest 200
messages are kept in memory; a restart forgets them.
"""

import asyncio
import html
import sys
from collections import deque
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from aiosmtpd.controller import Controller

KEPT = 200

_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;margin:0 auto;max-width:900px;padding:24px;"
    "color:#1d2b36}table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:8px;"
    "border-bottom:1px solid #d5dde3}iframe{border:1px solid #d5dde3;width:100%;height:80vh}"
)


class Mailbox:
    """The messages caught so far, newest first."""

    def __init__(self):
        self._messages = deque(maxlen=KEPT)
        self._next = 1

    async def handle_DATA(self, _server, _session, envelope):
        message = message_from_bytes(envelope.content, policy=policy.default)
        self._messages.appendleft((self._next, message))
        self._next += 1
        return "250 Message caught"

    def list(self):
        return list(self._messages)

    def get(self, number):
        return next((message for key, message in self._messages if key == number), None)


def _page(title, body):
    return (
        f"<!DOCTYPE html><meta charset=utf-8><title>{html.escape(title)}</title>"
        f"<style>{_STYLE}</style><h1>{html.escape(title)}</h1>{body}"
    )


def list_page(mailbox):
    """All messages as a table."""
    rows = "".join(
        f"<tr><td>{html.escape(str(message['Date']))}<td>{html.escape(str(message['To']))}"
        f"<td><a href='/{number}'>{html.escape(str(message['Subject']))}</a>"
        for number, message in mailbox.list()
    )
    if not rows:
        return _page("Caught mail", "<p>Nothing yet. Send a recall and look again.</p>")
    return _page("Caught mail", f"<table><tr><th>When<th>To<th>Subject{rows}</table>")


def _handler(mailbox):
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            number, _slash, part = self.path.strip("/").partition("/")
            message = mailbox.get(int(number)) if number.isdigit() else None
            if number and message is None:
                self.send_error(404, "There is no such message")
                return
            if message is None:
                text = list_page(mailbox)
            elif part == "body":
                text = message.get_body(("html", "plain")).get_content()
            else:
                link = f"<p>To {html.escape(str(message['To']))} · <a href='/'>all mail</a></p>"
                text = _page(
                    str(message["Subject"]), f"{link}<iframe src='/{number}/body'></iframe>"
                )
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_arguments):
            """Addresses of patients, even of invented ones, don't belong in a log."""

    return Handler


def main():
    smtp_port, http_port = int(sys.argv[1]), int(sys.argv[2])
    mailbox = Mailbox()
    Controller(mailbox, hostname="127.0.0.1", port=smtp_port).start()
    server = ThreadingHTTPServer(("127.0.0.1", http_port), _handler(mailbox))
    Thread(target=server.serve_forever, daemon=True).start()
    asyncio.run(asyncio.Event().wait())


if __name__ == "__main__":
    main()
