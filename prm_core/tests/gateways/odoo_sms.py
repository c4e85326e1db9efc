"""Odoo's SMS server, at the place of `iap_jsonrpc`."""

import re
from contextlib import contextmanager
from unittest.mock import patch

from odoo.addons.iap.tools import iap_tools

from .double import E164


class OdooSmsDouble:
    """``/api/sms/3/send``: what it takes and answers is in the docstring of Odoo's `SmsApi`.

    ``script`` maps a number to the state it gets; ``breaks`` is an exception behind which the
    helper hides the network's; ``meanwhile`` is called before the server answers.
    """

    def __init__(self):
        self.script = {}
        self.breaks = None
        self.meanwhile = None
        self.calls = []

    @contextmanager
    def online(self):
        with patch.object(iap_tools, "iap_jsonrpc", self._answer):
            yield self

    def _answer(self, url, method="call", params=None, timeout=None):
        assert timeout, "a call without a time-out"
        assert url == "https://sms.api.odoo.com/api/sms/3/send", url
        assert set(params) == {"messages", "webhook_url", "account_token", "dbuuid"}, params
        assert params["webhook_url"].endswith("/sms/status")
        assert params["account_token"] and params["dbuuid"]
        self.calls.append(params)
        if self.meanwhile:
            self.meanwhile()
        if self.breaks:
            _raise_hidden(self.breaks)
        return [
            self._answer_one(message, number)
            for message in params["messages"]
            for number in message["numbers"]
            if self.script.get(number["number"]) != "nothing"
        ]

    def _answer_one(self, message, number):
        assert message["content"], "no text"
        assert set(message) == {"content", "numbers"} and set(number) == {"uuid", "number"}
        assert re.fullmatch("[0-9a-f]{32}", number["uuid"]), number["uuid"]
        state = "success" if E164.fullmatch(number["number"]) else "wrong_number_format"
        return {"uuid": number["uuid"], "state": self.script.get(number["number"], state)}


def _raise_hidden(error):
    """As the helper does: its own error, with the network's behind it."""
    from odoo.exceptions import AccessError

    if isinstance(error, iap_tools.InsufficientCreditError):
        raise error
    try:
        raise error
    except Exception as hidden:
        raise AccessError(str(hidden)) from hidden
