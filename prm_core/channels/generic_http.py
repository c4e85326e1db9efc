"""SMS by any gateway that takes a text over HTTP, described in the form of `prm.gateway`."""

import hashlib
import hmac
import json
import re
from functools import cached_property
from types import SimpleNamespace
from urllib.parse import quote_plus

from . import http_call
from .base import ProviderEvent
from .http_channel import HttpChannel

#: Fields of `prm.gateway` that describe how a text is handed over.
_FORM = (
    "url", "http_method", "http_headers", "body_format", "body_template", "idempotency_header",
    "sender", "account", "secret", "status_path", "success_values", "ref_path",
)  # fmt: skip
_HOLE = re.compile(r"\{(to|text|key|sender|account|secret)\}")

CONTENT_TYPES = {"json": "application/json", "form": "application/x-www-form-urlencoded"}

#: Words that gateways use for what became of a message, in lower case.
KINDS = {
    "sent": "sent", "accepted": "sent", "submitted": "sent",
    "delivered": "delivered", "delivrd": "delivered", "delivered_to_handset": "delivered",
    "read": "read", "seen": "read",
    "failed": "failed", "undelivered": "failed", "undeliv": "failed", "undeliverable": "failed",
    "rejected": "failed", "rejectd": "failed", "expired": "failed", "error": "failed",
}  # fmt: skip


class GenericHttpChannel(HttpChannel):
    """The holes of the body are ``{to}``, ``{text}``, ``{key}``, ``{sender}``, ``{account}`` and
    ``{secret}``; those of the headers are ``{key}``, ``{account}`` and ``{secret}``.

    The address has no holes: addresses are written into logs on the way.
    """

    code = "sms"
    provider = "generic_http"
    label = "Any gateway over HTTP"
    _shared_headers = None

    @property
    def idempotent(self):
        """The gateway promises to look at the key, when the form names a header for it."""
        return bool(self.gateway and self.gateway.idempotency_header)

    @cached_property
    def _form(self):
        """What the gateway's form says, read once for a batch."""
        return SimpleNamespace(**{name: getattr(self.gateway, name) or "" for name in _FORM})

    def _call(self, session, outgoing):
        form = self._form
        if not form.url or not form.body_template:
            raise http_call.CallFailed("failed", "gateway_setup")
        values = {
            "to": outgoing.address,
            "text": self._sms_text(outgoing),
            "key": outgoing.key,
            "sender": form.sender,
            "account": form.account,
            "secret": form.secret,
        }
        kind = form.body_format or "json"
        return http_call.call(
            session, form.http_method or "POST", form.url, headers=self._headers(values),
            data=fill(form.body_template, values, kind).encode(),
        )  # fmt: skip

    def _headers(self, values):
        """Headers of one message: mostly those of the message before, but for its key."""
        form = self._form
        if self._shared_headers is None or "{key}" in form.http_headers:
            self._shared_headers = {
                "Content-Type": CONTENT_TYPES[form.body_format or "json"],
                **parse_headers(form.http_headers, values),
            }
        if not form.idempotency_header:
            return self._shared_headers
        return {**self._shared_headers, form.idempotency_header: values["key"]}

    def _read_answer(self, outgoing, answer):
        form = self._form
        status = ""
        if form.status_path:
            status = http_call.pick(answer.data, form.status_path)
        if not answer.ok:
            return self._refused(outgoing, f"HTTP {answer.status}", status)
        if form.status_path:
            if status is None:
                return self._sent(outgoing, None)
            if str(status) not in _words(form.success_values):
                return self._refused(outgoing, "", str(status))
        return self._sent(outgoing, http_call.pick(answer.data, form.ref_path or "id"))

    def verify_webhook(self, raw, headers, url=""):
        """HMAC-SHA256 of the raw body in hexadecimal, with or without ``sha256=`` before it."""
        gateway = self.gateway
        if not gateway or not gateway.webhook_secret or not gateway.signature_header:
            return False
        given = http_call.header(headers, gateway.signature_header)
        expected = hmac.new(gateway.webhook_secret.encode(), raw, hashlib.sha256).hexdigest()
        return http_call.same(expected, given.removeprefix("sha256=").lower())

    def parse_webhook(self, raw, headers, url=""):
        """One event in each call. A text makes it a message from a person."""
        gateway = self.gateway
        data = http_call.load_json(raw)

        def value(path):
            found = http_call.pick(data, path) if path else None
            return "" if found is None else str(found)

        text = value(gateway.event_text_path)
        status = value(gateway.event_status_path)
        kind = "inbound" if text else KINDS.get(status.lower(), "unknown")
        return [
            ProviderEvent(
                # Without an id of its own a report is known by its content.
                provider_event_id=value(gateway.event_id_path) or hashlib.sha256(raw).hexdigest(),
                kind=kind,
                provider_ref=value(gateway.event_ref_path),
                key=value(gateway.event_key_path),
                address=value(gateway.event_from_path) if kind == "inbound" else "",
                text=text,
                detail=status,
                raw=data,
                reason="gateway_refused" if kind == "failed" else "",
            )
        ]


def fill(template, values, kind):
    """Put values into the holes of a body, written as JSON strings or for a form want them.

    In JSON the holes stand inside quotation marks: ``{"to": "{to}"}``. All holes are filled in
    one pass, so that a text that looks like a hole stays a text.
    """

    def write(match):
        value = values[match[1]]
        return json.dumps(value)[1:-1] if kind == "json" else quote_plus(value)

    return _HOLE.sub(write, template)


def parse_headers(text, values):
    """Headers written one on a line, ``Name: value``.

    :raises ValueError: for a line without a colon.
    """
    known = {name: values[name] for name in ("key", "account", "secret")}
    headers = {}
    for line in filter(str.strip, text.splitlines()):
        name, colon, value = line.partition(":")
        if not colon or not name.strip():
            raise ValueError("a header needs a name, a colon and a value")
        headers[name.strip()] = _HOLE.sub(lambda m: known.get(m[1], m[0]), value.strip())
    return headers


def _words(text):
    return {word.strip() for word in (text or "").split(",") if word.strip()}
