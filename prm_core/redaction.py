"""Keeps the secrets in addresses out of the server's log.

The token of a signed link is its key, and the web server writes every path that is asked for into
its log. A filter on that logger takes the token out. A proxy in front writes a log of its own:
docs/operations.md says what to set there.
"""

import logging
import re

_SECRET = re.compile(r"(/prm/[lu]/)[\w%.~-]+")


def redact(text):
    """``GET /prm/l/abc?x=1`` -> ``GET /prm/l/***?x=1``"""
    return _SECRET.sub(r"\1***", text)


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
