"""SMS by Twilio's Programmable Messaging, API of 2010-04-01."""

import base64
import hashlib
import hmac
from urllib.parse import parse_qs, parse_qsl, quote, urlencode, urlsplit, urlunsplit

from . import http_call
from .base import ProviderEvent
from .http_channel import HttpChannel

API = "https://api.twilio.com"
#: Twilio refuses longer texts (error 21617).
MAX_LENGTH = 1600

#: Message status of Twilio to ours; the ones before ``sent`` tell nothing new.
KINDS = {
    "sent": "sent",
    "delivered": "delivered",
    "read": "read",
    "failed": "failed",
    "undelivered": "failed",
    "canceled": "failed",
    "received": "inbound",
}


#: First part of a file's type -> what it is to us.
_MEDIA = {"image": "image", "audio": "voice", "video": "video"}


class TwilioChannel(HttpChannel):
    """The gateway's account is the account SID, its secret the auth token."""

    code = "sms"
    provider = "twilio"
    label = "Twilio"
    #: An empty answer in TwiML: nothing is sent back by itself.
    webhook_answer = ("<Response/>", "text/xml")
    #: See the dictionary of errors in Twilio's documentation. 30004 has many causes, an opt-out
    #: being but one of them; 21612 says nothing against the number. 30006 is a landline or, with
    #: short codes, a phone company that can't be reached. Twilio changes and splits its codes: one
    #: that is not here is a refusal like any other.
    errors = {
        20003: ("gateway_login", False),
        20429: ("server_busy", True),
        21211: ("bad_number", False),
        21212: ("gateway_sender", False),
        21265: ("bad_number", False),
        21268: ("bad_number", False),
        21408: ("country_closed", False),
        21602: ("empty_text", False),
        21603: ("gateway_sender", False),
        21606: ("gateway_sender", False),
        21608: ("gateway_trial", False),
        21609: ("gateway_setup", False),
        21610: ("opted_out", False),
        21611: ("server_busy", True),
        21612: ("no_route", False),
        21614: ("bad_number", False),
        21617: ("text_too_long", False),
        21635: ("bad_number", False),
        21659: ("gateway_sender", False),
        21660: ("gateway_sender", False),
        21661: ("gateway_sender", False),
        21703: ("gateway_sender", False),
        21704: ("gateway_sender", False),
        21705: ("gateway_sender", False),
        21730: ("server_busy", True),
        30001: ("server_busy", True),
        30002: ("gateway_suspended", False),
        30003: ("phone_unreachable", False),
        30004: ("phone_blocked", False),
        30005: ("bad_number", False),
        30006: ("bad_number", False),
        30007: ("carrier_filter", False),
        30008: ("not_delivered", False),
        # A toll-free number not verified, a number of the USA not registered (A2P 10DLC).
        30032: ("gateway_sender", False),
        30034: ("gateway_sender", False),
        30036: ("not_delivered", False),
        30037: ("gateway_suspended", False),
        30044: ("gateway_trial", False),
        30410: ("not_delivered", False),
        30450: ("phone_blocked", False),
        30485: ("not_delivered", False),
    }

    def _call(self, session, outgoing):
        text = self._sms_text(outgoing)
        if len(text) > MAX_LENGTH:
            raise http_call.CallFailed("failed", "text_too_long")
        gateway = self.gateway
        sender = gateway.sender or ""
        service = sender.startswith("MG") and len(sender) == 34
        fields = {
            "To": outgoing.address,
            "Body": text,
            "MessagingServiceSid" if service else "From": sender,
        }
        if gateway.webhook_url:
            fields["StatusCallback"] = _with_key(gateway.webhook_url, outgoing.key)
        account = quote(gateway.account or "", safe="")
        return http_call.call(
            session, "POST",
            f"{self._url(API)}/2010-04-01/Accounts/{account}/Messages.json",
            data=fields, auth=(gateway.account or "", gateway.secret or ""),
        )  # fmt: skip

    def _read_answer(self, outgoing, answer):
        data = answer.data if isinstance(answer.data, dict) else {}
        if not answer.ok:
            return self._refused(outgoing, data.get("code"), data.get("message"))
        if data.get("error_code"):
            return self._refused(outgoing, data["error_code"], data.get("error_message"))
        return self._sent(outgoing, data.get("sid"))

    def verify_webhook(self, raw, headers, url=""):
        """HMAC-SHA1 with the auth token over the address and the sorted fields.

        See "Webhooks security" in Twilio's documentation. With an API key as the gateway's
        secret, the webhook secret holds the auth token.
        """
        token = self.gateway and (self.gateway.webhook_secret or self.gateway.secret)
        given = http_call.header(headers, "X-Twilio-Signature")
        if not token or not given or not url:
            return False
        try:
            fields = _fields(raw)
        except ValueError:
            return False
        signed = url + "".join(
            name + value for name in sorted(fields) for value in sorted(set(fields[name]))
        )
        digest = hmac.new(token.encode(), signed.encode(), hashlib.sha1).digest()
        return http_call.same(base64.b64encode(digest).decode(), given)

    def parse_webhook(self, raw, headers, url=""):
        """One event: Twilio calls once for each change, and once for each message received."""
        fields = {name: values[0] for name, values in _fields(raw).items()}
        ref = fields.get("MessageSid") or fields.get("SmsSid")
        if not ref:
            raise ValueError("no MessageSid")
        status = fields.get("MessageStatus") or fields.get("SmsStatus") or ""
        kind = KINDS.get(status, "unknown")
        inbound = kind == "inbound"
        error = fields.get("ErrorCode", "")
        code = int(error) if error.isdecimal() else None
        return [
            ProviderEvent(
                provider_event_id=f"{ref}:{status}",
                kind=kind,
                provider_ref=ref,
                key=dict(parse_qsl(urlsplit(url).query)).get("key", ""),
                address=fields.get("From" if inbound else "To", ""),
                text=fields.get("Body", "") if inbound else "",
                media=_media(fields) if inbound else "",
                detail=f"{error} {fields.get('ErrorMessage', '')}".strip(),
                raw=fields,
                reason=self._reason(code) if kind == "failed" else "",
            )
        ]


def _media(fields):
    """What a picture message (MMS) brings, by its first file; an empty string when it has none."""
    if fields.get("NumMedia", "0") in ("", "0"):
        return ""
    kind = fields.get("MediaContentType0", "").lower()
    if kind in ("text/vcard", "text/x-vcard"):
        return "contacts"
    return _MEDIA.get(kind.partition("/")[0], "document")


def _fields(raw):
    """Fields of a form; empty ones count for the signature.

    :raises ValueError: when it is not UTF-8.
    """
    return parse_qs(raw.decode("utf-8"), keep_blank_values=True, encoding="utf-8", errors="strict")


def _with_key(url, key):
    """The callback address with our key, so that a report finds a message whose id got lost."""
    parts = urlsplit(url)
    query = "&".join(part for part in (parts.query, urlencode({"key": key})) if part)
    return urlunsplit(parts._replace(query=query))
