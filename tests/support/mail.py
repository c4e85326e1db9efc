"""A real SMTP server that keeps what it gets."""

import time
from email import message_from_bytes, policy

from aiosmtpd.controller import Controller

from tools.devenv import settings

PATIENCE = 60  # seconds


class SmtpServer:
    """As a context manager: listens on the loopback interface and collects messages.

    :param refuse: addresses that it answers with "no such user".
    """

    def __init__(self, refuse=()):
        self.refuse = set(refuse)
        self.messages = []
        self.port = settings.free_port(0)
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)

    def __enter__(self):
        self._controller.start()
        return self

    def __exit__(self, *_exception):
        self._controller.stop()

    async def handle_RCPT(self, _server, _session, envelope, address, _options):
        if address in self.refuse:
            return "550 5.1.1 No such user here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server, _session, envelope):
        message = message_from_bytes(envelope.content, policy=policy.default)
        self.messages.append((tuple(envelope.rcpt_tos), message))
        return "250 Message taken"

    def wait_for(self, address):
        """The first message to an address; waits until it comes."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            for recipients, message in self.messages:
                if address in recipients:
                    return message
            time.sleep(0.1)
        raise AssertionError(f"No mail to {address} within {PATIENCE} s")
