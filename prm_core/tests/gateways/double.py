import json
import re
from contextlib import contextmanager
from unittest.mock import patch

import requests
from odoo.addons.prm_core.channels import http_call
from requests.adapters import BaseAdapter

#: A host that Odoo's tests let through; nothing listens there, the double answers instead.
BASE = "http://127.0.0.1:9"
E164 = re.compile(r"\+[1-9]\d{6,14}")


class GatewayDouble(BaseAdapter):
    """A provider at the place of the network.

    ``script`` maps a number to what happens instead of a proper answer: an exception, or a
    tuple of status, body and headers.
    """

    #: A status and a body with which the provider refuses a number.
    refusal = None
    #: With which it says that it is asked too often; Retry-After is added by the contract's test.
    busy = (429, {})

    def __init__(self):
        super().__init__()
        self.script = {}
        self.taken = []
        self.sessions = []

    @contextmanager
    def online(self):
        """Let the adapters reach this double and nothing else."""

        def new_session():
            session = original()
            session.mount("http://", self)
            session.mount("https://", self)
            self.sessions.append(session)
            return session

        original = http_call.new_session
        with patch.object(http_call, "new_session", new_session):
            yield self

    def send(self, request, stream=False, timeout=None, verify=True, cert=None, proxies=None):
        """The network of `requests`."""
        if not timeout:
            raise AssertionError("a call without a time-out")
        body = request.body or b""
        body = body.encode() if isinstance(body, str) else body
        to, answer = self.handle(request, body.decode())
        answer = self.script.get(to, answer)
        if isinstance(answer, Exception):
            raise answer
        status, data, headers = (*answer, {})[:3]
        response = requests.Response()
        response.status_code = status
        response._content = (data if isinstance(data, str) else json.dumps(data)).encode()
        response.headers.update(headers)
        response.request, response.url = request, request.url
        if status < 300:
            self.taken.append(body.decode())
        return response

    def close(self):
        pass

    def handle(self, request, body):
        """Check a request: the number in it, and the answer as documented."""
        raise NotImplementedError
