"""What a visitor has chosen and typed so far, carried by the page itself.

Signed and expiring, so nothing can be changed and nothing has to be kept here: no cookie, no
session. It travels in hidden fields of forms and never in an address.
"""

import secrets
import time

from odoo.tools.misc import hash_sign, verify_hash_signed

_SCOPE = "prm-online-booking"
HOURS = 2
#: A person needs longer from the empty form to the button; a program does not.
MIN_SECONDS = 3


def write(page, values):
    """Sign a state, for one practice's page."""
    return hash_sign(page.env(su=True), _SCOPE, [page.id, values], expiration_hours=HOURS)


def read(page, text):
    """The values of a state; empty when it is made up, changed, expired or another practice's."""
    try:
        signed = verify_hash_signed(page.env(su=True), _SCOPE, text or "")
    except (ValueError, TypeError, UnicodeError):
        return {}
    if not isinstance(signed, list) or len(signed) != 2 or signed[0] != page.id:
        return {}
    return signed[1]


def begin():
    """What the form notes when it is shown: when that was, and which one it is."""
    return {"at": int(time.time()), "nonce": secrets.token_urlsafe(12)}


def is_machine(state):
    """Whether the form was filled by a program: too fast, or where no person sees a field."""
    return bool(state.get("trap")) or time.time() - state.get("at", 0) < MIN_SECONDS
