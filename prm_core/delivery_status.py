"""Reports of mail servers about emails: what could not be delivered (RFC 3464), and what its
reader marked as unwanted (RFC 5965)."""

import hashlib
import re
from email.utils import parsedate_to_datetime

from .channels.base import ProviderEvent

#: Our message's key in the Message-ID that the email channel makes of it.
_KEY = re.compile(r"<([0-9a-f]{32})@")
_STATUS = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")

KINDS = {"failed": "failed", "delivered": "delivered", "relayed": "sent", "expanded": "sent"}

#: Enhanced status (RFC 3463) without its class -> our reason. What is not here says nothing about
#: the address. 1.10 is a domain that takes no mail at all (RFC 7505), 2.1 a mailbox that is closed.
_REASONS = {
    "1.0": "bad_address", "1.1": "bad_address", "1.2": "bad_address", "1.3": "bad_address",
    "1.6": "bad_address", "1.10": "bad_address", "2.1": "bad_address", "2.2": "mailbox_full",
}  # fmt: skip
#: Reports of feedback loops by which a reader says "no more of this" (RFC 5965; ``opt-out`` is
#: older than it, in case somebody still sends it). All others are no complaint: ``virus`` is a
#: scanner's word, ``not-spam`` (RFC 6430) the contrary, ``auth-failure`` (RFC 6591) is about
#: signatures, and ``other`` may be anything.
_COMPLAINTS = frozenset(("abuse", "fraud", "opt-out"))


def message_key(*headers):
    """The key of our message that a header such as In-Reply-To names, or an empty string."""
    for header in headers:
        if match := _KEY.search(header or ""):
            return match[1]
    return ""


def is_automatic(message):
    """Whether a machine wrote an email: out of office, a ticket number, a list (RFC 3834)."""
    submitted = (message.get("Auto-Submitted") or "no").split(";")[0].strip().lower()
    if submitted != "no":
        return True
    if (message.get("Precedence") or "").strip().lower() in ("bulk", "junk", "list", "auto_reply"):
        return True
    return any(message.get(name) for name in ("X-Autoreply", "X-Autorespond", "List-Id"))


def parse(message):
    """What a report says about our messages.

    :param message: `email.message.Message`.
    :return: list of `ProviderEvent`; empty when it is none of these reports or names no message of
        ours.
    """
    parts = {part.get_content_type(): part for part in message.walk()}
    key = _original_key(message, parts)
    if not key:
        return []
    if "message/feedback-report" in parts:
        said = _feedback_type(parts["message/feedback-report"])
        kind = "complained" if said in _COMPLAINTS else "unknown"
        return [_event(message, key, kind, "", said, "")]
    if "message/delivery-status" not in parts:
        return []
    return [_read(message, key, block) for block in _recipients(parts["message/delivery-status"])]


def _original_key(message, parts):
    """Our key, in the returned message or in its headers."""
    for kind in ("message/rfc822", "text/rfc822-headers", "message/rfc822-headers"):
        part = parts.get(kind)
        if part is None:
            continue
        inner = part.get_payload()
        if isinstance(inner, list) and inner:
            if key := message_key(inner[0].get("Message-ID")):
                return key
        elif isinstance(inner, str):
            line = next(
                (row for row in inner.splitlines() if row.lower().startswith("message-id:")), ""
            )
            if key := message_key(line):
                return key
    return message_key(message.get("In-Reply-To"), message.get("References"))


def _feedback_type(part):
    """What a feedback report is about, in small letters; an empty string when it does not say."""
    payload = part.get_payload()
    fields = payload[0] if isinstance(payload, list) and payload else {}
    return (fields.get("Feedback-Type") or "").strip().lower()[:60]


def _recipients(part):
    """The groups of fields about one recipient each; the first group is about the report."""
    payload = part.get_payload()
    groups = payload if isinstance(payload, list) else []
    return [group for group in groups if group.get("Action")]


def _read(message, key, group):
    action = (group.get("Action") or "").strip().lower()
    match = _STATUS.search(group.get("Status") or "") or _STATUS.search(
        group.get("Diagnostic-Code") or ""
    )
    kind = KINDS.get(action, "unknown")
    reason = ""
    if kind == "failed":
        reason = _reason(match)
    detail = " ".join((group.get("Diagnostic-Code") or group.get("Status") or "").split())[:300]
    recipient = (group.get("Final-Recipient") or "").rpartition(";")[2].strip()
    return _event(message, key, kind, reason, detail, recipient)


def _reason(match):
    """Why it failed, by the enhanced status.

    Only class 5 is for good. A report of class 4 says that the server has tried until it was tired
    of it: that is the end of this message and says nothing for good about the address, even where
    the rest of the code is about it.

    :param match: of `_STATUS`, None when there is no status.
    """
    if not match:
        return "server_refused"
    reason = _REASONS.get(f"{match[2]}.{match[3]}")
    if match[1] != "4":
        return reason or "server_refused"
    return reason if reason == "mailbox_full" else "gave_up"


def _event(message, key, kind, reason, detail, recipient):
    own_id = message.get("Message-ID") or hashlib.sha256(message.as_bytes()).hexdigest()
    try:
        occurred = parsedate_to_datetime(message.get("Date") or "")
        occurred = occurred.astimezone(tz=None) if occurred.tzinfo is None else occurred
        occurred = (occurred - occurred.utcoffset()).replace(tzinfo=None)
    except (TypeError, ValueError):
        occurred = None
    return ProviderEvent(
        provider_event_id=f"{own_id.strip()}:{recipient}:{kind}",
        kind=kind,
        key=key,
        occurred_at=occurred,
        address=recipient,
        detail=detail,
        raw={"kind": kind, "status": detail},
        reason=reason,
    )
