"""Keeps the secrets in addresses out of the server's log.

The token of a signed link is its key, and the web server writes every path that is asked for into
its log. A filter on that logger takes the token out. A proxy in front writes a log of its own:
docs/operations.md says what to set there.
"""

import json
import logging
import re

_SECRET = re.compile(r"(/prm/[lru]/)[\w%.~-]+")


def redact(text):
    """``GET /prm/l/abc?x=1`` -> ``GET /prm/l/***?x=1``"""
    return _SECRET.sub(r"\1***", text)


#: Values of a provider's report that say neither who it was about nor what was written.
_PLAIN = re.compile(
    r"^(.*_?(status|state|type|code|error|event|direction|timestamp|version|price|unit|segments?|"
    r"nummedia|numsegments|title|object|category|pricing_model|billable|action))$",
    re.IGNORECASE,
)


def mask_report(report):
    """A provider's report for people to read: its shape and states, but no number and no text.

    :param report: nested dicts and lists as they come from JSON, or None.
    :rtype: str
    """
    return json.dumps(_mask(report), indent=2, ensure_ascii=False) if report else ""


def _mask(value, name=""):
    if isinstance(value, dict):
        return {key: _mask(item, key) for key, item in value.items()}
    if isinstance(value, list):
        return [_mask(item, name) for item in value]
    if value in (None, "", True, False) or _PLAIN.match(name):
        return value
    return "•" * 3


class RedactLinks(logging.Filter):
    """Takes the tokens of signed links out of a record, in its text and in its arguments."""

    def filter(self, record):
        if isinstance(record.msg, str):
            record.msg = redact(record.msg)
        if isinstance(record.args, tuple):
            record.args = tuple(
                redact(value) if isinstance(value, str) else value for value in record.args
            )
        return True


def install():
    """Put the filter on the loggers that write paths. Called when the add-on is imported."""
    for name in ("werkzeug", "odoo.http"):
        logger = logging.getLogger(name)
        if not any(isinstance(existing, RedactLinks) for existing in logger.filters):
            logger.addFilter(RedactLinks())
