"""Calls to a webhook as each provider signs them, for tests in the add-on and outside of it."""

import base64
import hashlib
import hmac
import json
from urllib.parse import urlencode

TWILIO_TOKEN = "twilio-secret-token"
TWILIO_URL = "https://practice.example/hook?practice=1"
WHATSAPP_SECRET = "whatsapp-app-secret"
GENERIC_SECRET = "generic-hook-secret"


def twilio(url, **fields):
    """Twilio: a form, with HMAC-SHA1 over the address and the sorted fields."""
    signed = url + "".join(name + fields[name] for name in sorted(fields))
    digest = hmac.new(TWILIO_TOKEN.encode(), signed.encode(), hashlib.sha1).digest()
    return urlencode(fields).encode(), {"X-Twilio-Signature": base64.b64encode(digest).decode()}


def whatsapp(**value):
    """Meta: JSON with ``statuses`` or ``messages``, and HMAC-SHA256 over the raw body."""
    change = {"field": "messages", "value": {"messaging_product": "whatsapp", **value}}
    body = {"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [change]}]}
    raw = json.dumps(body).encode()
    return raw, {"X-Hub-Signature-256": f"sha256={_sha256(WHATSAPP_SECRET, raw)}"}


def generic(**data):
    """A gateway like many: JSON, and HMAC-SHA256 over the raw body."""
    raw = json.dumps(data).encode()
    return raw, {"X-Sign": _sha256(GENERIC_SECRET, raw)}


def _sha256(secret, raw):
    return hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()
