"""WhatsApp by Meta's Cloud API."""

import hashlib
import hmac
import json
from datetime import datetime, timedelta, timezone
from urllib.parse import quote

from . import http_call
from .base import ProviderEvent
from .http_channel import HttpChannel

API = "https://graph.facebook.com/v23.0"
#: Longest text message.
MAX_LENGTH = 4096
#: How long after a person's last message a business may write freely.
WINDOW = timedelta(hours=24)

#: Our codes of languages to WhatsApp's, where they differ.
LANGUAGES = {"zh": "zh_CN"}

KINDS = {"sent": "sent", "delivered": "delivered", "read": "read", "failed": "failed"}


#: Types of messages that are words, and where these are.
_WORDS = {
    "text": ("text.body",),
    "button": ("button.text",),
    "interactive": (
        "interactive.button_reply.title", "interactive.list_reply.title",
        "interactive.nfm_reply.body",
    ),
}  # fmt: skip
#: Types that are more or other than words: what they are to us.
_MEDIA = {
    "image": "image", "audio": "voice", "video": "video", "document": "document",
    "sticker": "sticker", "location": "location", "contacts": "contacts", "reaction": "reaction",
    "system": "system",
}  # fmt: skip
#: Where else than in its context a message names the one that it answers.
_QUOTED = {"reaction": "reaction.message_id"}
#: Where else than in a caption there is something to read.
_OTHER_WORDS = {"reaction": ("reaction.emoji",), "system": ("system.body",)}


class WhatsappCloudChannel(HttpChannel):
    """The gateway's account is the id of the phone number, its secret the access token.

    Options of an `Outgoing`: ``last_inbound_at`` (UTC without a zone), ``template`` (name of an
    approved template) and ``template_values`` (list of texts for its body).
    """

    code = "whatsapp"
    provider = "whatsapp_cloud"
    label = "WhatsApp Cloud API"
    #: See "Error codes" in Meta's documentation of the Cloud API, as it was in September 2026. Meta
    #: says to go by the code and not by the status of HTTP. Code 1 is not here: it may be a mistake
    #: of ours or a server that stumbled, which the status tells apart. 131030 is on Meta's list no
    #: more.
    errors = {
        **dict.fromkeys(range(200, 300), ("gateway_login", False)),
        0: ("gateway_login", False),
        2: ("server_busy", True),
        3: ("gateway_login", False),
        4: ("server_busy", True),
        10: ("gateway_login", False),
        33: ("gateway_setup", False),
        100: ("gateway_setup", False),
        190: ("gateway_login", False),
        368: ("gateway_suspended", False),
        80007: ("server_busy", True),
        130403: ("phone_blocked", False),
        130429: ("server_busy", True),
        130472: ("provider_limit", False),
        130497: ("country_closed", False),
        131000: ("server_busy", True),
        131005: ("gateway_login", False),
        131008: ("gateway_setup", False),
        131009: ("gateway_setup", False),
        131016: ("server_busy", True),
        # Sender and recipient are the same number: a mistake of the set-up, not of the patient's.
        131021: ("gateway_setup", False),
        131026: ("phone_unreachable", False),
        131030: ("gateway_trial", False),
        131031: ("gateway_suspended", False),
        131037: ("gateway_setup", False),
        131042: ("no_credit", False),
        131045: ("gateway_setup", False),
        131047: ("outside_window", False),
        # The practice's own number or account may send no more for now. It lasts longer than
        # waiting would: the message goes by the next channel.
        131048: ("gateway_limited", False),
        131049: ("provider_limit", False),
        131050: ("marketing_stopped", False),
        131051: ("gateway_setup", False),
        131056: ("server_busy", True),
        131057: ("server_busy", True),
        131063: ("gateway_setup", False),
        131064: ("gateway_limited", False),
        132000: ("bad_approved_template", False),
        132001: ("bad_approved_template", False),
        132005: ("text_too_long", False),
        132007: ("bad_approved_template", False),
        132012: ("bad_approved_template", False),
        132015: ("bad_approved_template", False),
        132016: ("bad_approved_template", False),
        132018: ("bad_approved_template", False),
        133004: ("server_busy", True),
        133010: ("gateway_setup", False),
        134011: ("gateway_setup", False),
        135000: ("gateway_setup", False),
        2494100: ("server_busy", True),
    }

    def _call(self, session, outgoing):
        content = self._content(outgoing)
        number = quote(self.gateway.account or "", safe="")
        return http_call.call(
            session, "POST", f"{self._url(API)}/{number}/messages",
            json={
                "messaging_product": "whatsapp",
                "recipient_type": "individual",
                "to": outgoing.address,
                "biz_opaque_callback_data": outgoing.key,
                **content,
            },
            headers={"Authorization": f"Bearer {self.gateway.secret or ''}"},
            understood=self._knows,
        )  # fmt: skip

    def _knows(self, data):
        """Whether a refusal names a code that says more than the status of HTTP."""
        code = _error(data).get("code")
        return isinstance(code, int) and code in self.errors

    def _content(self, outgoing):
        """The text while the window is open, else the approved template."""
        options = outgoing.options
        last = options.get("last_inbound_at")
        if last and timedelta(0) <= _now() - last < WINDOW:
            if len(outgoing.body) > MAX_LENGTH:
                raise http_call.CallFailed("failed", "text_too_long")
            return {"type": "text", "text": {"preview_url": False, "body": outgoing.body}}
        if not options.get("template"):
            raise http_call.CallFailed("failed", "outside_window")
        lang = LANGUAGES.get(outgoing.lang, outgoing.lang)
        template = {"name": options["template"], "language": {"code": lang}}
        values = options.get("template_values") or []
        if not all(values):
            # WhatsApp refuses empty values, with a code that says less.
            raise http_call.CallFailed("failed", "bad_approved_template")
        if values:
            template["components"] = [
                {"type": "body", "parameters": [{"type": "text", "text": v} for v in values]}
            ]
        return {"type": "template", "template": template}

    def _read_answer(self, outgoing, answer):
        if not answer.ok:
            error = _error(answer.data)
            detail = http_call.pick(error, "error_data.details") or error.get("message")
            outcome = self._refused(outgoing, error.get("code"), detail)
            outcome.retry_after = answer.retry_after if outcome.retry else None
            return outcome
        return self._sent(outgoing, http_call.pick(answer.data, "messages.0.id"))

    def verify_webhook(self, raw, headers, url=""):
        """``X-Hub-Signature-256`` over the raw bytes, with the app's secret."""
        secret = self.gateway and self.gateway.webhook_secret
        given = http_call.header(headers, "X-Hub-Signature-256")
        if not secret or not given:
            return False
        digest = hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()
        return http_call.same(f"sha256={digest}", given)

    def answer_challenge(self, params):
        """What to answer when Meta checks the address of the webhook, None to refuse.

        The verify token that is typed in at Meta is made from the app's secret, see
        `verify_token`.

        :param params: query of the GET call.
        """
        token = self.verify_token()
        given = params.get("hub.verify_token") or ""
        if params.get("hub.mode") != "subscribe" or not token or not http_call.same(token, given):
            return None
        return params.get("hub.challenge")

    def verify_token(self):
        """The token for Meta's form. It tells nothing about the secret; empty without one."""
        secret = self.gateway and self.gateway.webhook_secret
        if not secret:
            return ""
        return hmac.new(secret.encode(), b"prm-verify-token", hashlib.sha256).hexdigest()[:32]

    def parse_webhook(self, raw, headers, url=""):
        """All reports and messages of a call; Meta bundles them."""
        events = []
        for entry in _dicts(http_call.load_json(raw).get("entry")):
            for change in _dicts(entry.get("changes")):
                value = change.get("value")
                if isinstance(value, dict):
                    events += [self._report(row) for row in _dicts(value.get("statuses"))]
                    events += [self._inbound(row) for row in _dicts(value.get("messages"))]
                    events += [
                        self._preference(row) for row in _dicts(value.get("user_preferences"))
                    ]
                    events += [self._trouble(row) for row in _dicts(value.get("errors"))]
        return events

    def _trouble(self, row):
        """An error of the account or the app: about no message, so it is for the gateway's form.

        It has neither id nor time: one that comes again is the same report.
        """
        return ProviderEvent(
            provider_event_id=_id(row),
            kind="unknown",
            detail=_detail(row),
            raw=row,
            reason=self._reason(row.get("code")),
        )

    def _report(self, row):
        error = next(iter(_dicts(row.get("errors"))), {})
        kind = KINDS.get(row.get("status"), "unknown")
        return ProviderEvent(
            provider_event_id=f"{_id(row)}:{row.get('status')}",
            kind=kind,
            provider_ref=row.get("id") or "",
            key=row.get("biz_opaque_callback_data") or "",
            occurred_at=_moment(row.get("timestamp")),
            address=_plus(row.get("recipient_id")),
            detail=_detail(error),
            raw=row,
            reason=self._reason(error.get("code")) if kind == "failed" else "",
        )

    def _preference(self, row):
        """A choice under "Offers and announcements" in WhatsApp: advertising no more, or again."""
        category, choice = row.get("category"), row.get("value")
        kinds = {"stop": "marketing_stop", "resume": "marketing_resume"}
        return ProviderEvent(
            provider_event_id=_id({key: value for key, value in row.items() if key != "id"}),
            kind=kinds.get(choice, "unknown") if category == "marketing_messages" else "unknown",
            occurred_at=_moment(row.get("timestamp")),
            address=_plus(row.get("wa_id")),
            raw=row,
        )

    def _inbound(self, row):
        """A person's message; pressed buttons and reactions count as their words."""
        kind = row.get("type") or ""
        media = "" if kind in _WORDS else _MEDIA.get(kind, "other")
        return ProviderEvent(
            provider_event_id=_id(row),
            kind="inbound",
            provider_ref=row.get("id") or "",
            occurred_at=_moment(row.get("timestamp")),
            address=_plus(row.get("from")),
            text=_words(row, kind),
            detail=kind,
            raw=row,
            in_reply_to=http_call.pick(row, _QUOTED.get(kind, "context.id")) or "",
            media=media,
        )


def _error(data):
    """The error in an answer of the Graph API, an empty dict when there is none."""
    error = http_call.pick(data, "error")
    return error if isinstance(error, dict) else {}


def _detail(error):
    """An error of a webhook in Meta's words, with its code before them."""
    said = http_call.pick(error, "error_data.details") or error.get("title") or ""
    return f"{error.get('code', '')} {said}".strip()


def _words(row, kind):
    """What there is to read in a message: its text, or what stands below a picture."""
    if kind == "location":
        place = http_call.pick(row, "location")
        return _place(place) if isinstance(place, dict) else ""
    if kind == "contacts":
        return ", ".join(filter(None, map(_contact, _dicts(row.get("contacts")))))
    for path in _WORDS.get(kind) or _OTHER_WORDS.get(kind) or (f"{kind}.caption",):
        text = http_call.pick(row, path)
        if isinstance(text, str) and text:
            return text
    return ""


def _place(place):
    """A place in words, with its coordinates for a map."""
    where = ", ".join(str(place[name]) for name in ("name", "address") if place.get(name))
    point = f"{place.get('latitude')}, {place.get('longitude')}"
    return f"{where} ({point})" if where else point


def _contact(contact):
    """A card's name and numbers."""
    numbers = [phone.get("phone") for phone in _dicts(contact.get("phones"))]
    name = http_call.pick(contact, "name.formatted_name")
    return " ".join(str(part) for part in (name, *numbers) if part)


def _now():
    return datetime.now(timezone.utc).replace(tzinfo=None)


def _moment(seconds):
    """UTC without a zone from seconds since 1970, as text; None when it is none."""
    if not str(seconds or "").isdecimal():
        return None
    return datetime.fromtimestamp(int(seconds), timezone.utc).replace(tzinfo=None)


def _plus(number):
    return f"+{number}" if number else ""


def _id(row):
    """The row's id; one that has none, against the rules, is known by its content."""
    return row.get("id") or hashlib.sha256(json.dumps(row, sort_keys=True).encode()).hexdigest()


def _dicts(value):
    """The objects in what should be a list of objects."""
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []
