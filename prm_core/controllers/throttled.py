import functools

from markupsafe import Markup
from odoo.http import request
from odoo.tools import config

from .. import throttle

_PAGE = Markup(
    '<!DOCTYPE html><html lang="{lang}"><head><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width, initial-scale=1"><title>{title}</title>'
    '<link rel="stylesheet" href="/prm_core/static/src/patient_pages/patient_pages.css"></head>'
    '<body><main class="p-main"><h1>{title}</h1><p>{text}</p></main></body></html>'
)


def throttled(kind, per_minute):
    """Let one visitor (IP address) use a route so often; who comes more often gets a 429.

    Stands below ``@http.route``. Routes of one kind are counted together.

    :param kind: name of what is counted; :param per_minute: visits in any 60 seconds.
    """

    def decorate(endpoint):
        @functools.wraps(endpoint)
        def serve(*args, **params):
            visitor = throttle.visitor_of(request.httprequest.remote_addr)
            workers = config["workers"] or 1
            if wait := throttle.seconds_to_wait(kind, visitor, per_minute, workers):
                return _refuse(wait)
            return endpoint(*args, **params)

        return serve

    return decorate


def _refuse(wait):
    """The answer to who comes too often: without a template, because it has to cost little."""
    env = request.env
    page = _PAGE.format(
        lang=(env.lang or "en").replace("_", "-"),
        title=env._("One moment, please"),
        text=env._("That was a lot at once. Please try again in a minute, or call us."),
    )
    headers = [
        ("Content-Type", "text/html; charset=utf-8"),
        ("Retry-After", str(wait)),
        ("Cache-Control", "no-store"),
    ]
    return request.make_response(page, headers, status=429)
