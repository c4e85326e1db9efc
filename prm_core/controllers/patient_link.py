import re

from odoo import http
from odoo.http import request

from .throttled import throttled

_TOKEN = re.compile(r"^[\w-]{16,64}$")
#: More than a family behind one address needs, and too few to guess or to flood.
PER_MINUTE = 240

#: The address holds a secret and the page holds health data: neither may leak to anybody.
_HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
        "font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
}


def guard(response):
    """Put the headers on an answer that keep its address and its content from leaking."""
    for name, value in _HEADERS.items():
        response.headers[name] = value
    return response


class PatientLink(http.Controller):
    """The pages behind signed links. No log-in, no cookie: the token is the key."""

    # The token can't be guessed, so another site can't post in the patient's name.
    @http.route(
        "/prm/l/<string:token>", type="http", auth="public", methods=["GET", "POST"],
        csrf=False, save_session=False, sitemap=False,
    )  # fmt: skip
    @throttled("link", PER_MINUTE)
    def open(self, token, **params):
        return self._serve(token, params)

    @http.route(
        "/prm/u/<string:token>", type="http", auth="public", methods=["GET", "POST"],
        csrf=False, save_session=False, sitemap=False,
    )  # fmt: skip
    @throttled("link", PER_MINUTE)
    def unsubscribe(self, token, **params):
        """Unsubscribe: by a person on the page, or by a mail program alone (RFC 8058)."""
        link = self._find_link(token)
        if link and link.action != "unsubscribe":
            return self._respond("prm_core.page_link_unknown", {}, status=404)
        one_click = params.get("List-Unsubscribe") == "One-Click"
        if not link or link._is_expired() or not one_click:
            return self._serve(token, params)
        if request.httprequest.method == "POST":
            link._unsubscribe()
            return self._guard(request.make_response("OK", [("Content-Type", "text/plain")]))
        return self._serve(token, {})

    @http.route(
        "/prm/r/<string:token>", type="http", auth="public", methods=["GET"],
        save_session=False, sitemap=False,
    )  # fmt: skip
    @throttled("link", PER_MINUTE)
    def redirect(self, token, **_params):
        """Lead to an address elsewhere that a message named."""
        link = self._find_link(token)
        target = link and not link._is_expired() and link._target()
        if not target:
            return self._serve(token, {})
        link._note_reading(request.httprequest.method, request.httprequest.headers)
        return self._guard(request.redirect(target, code=302, local=False))

    def _serve(self, token, params):
        """The page of a link, after doing what was posted."""
        link = self._find_link(token)
        if not link:
            return self._respond("prm_core.page_link_unknown", {}, status=404)
        request.update_context(lang=link.env.context["lang"])
        if link._is_expired():
            return self._respond("prm_core.page_link_expired", {"link": link}, status=410)
        posted = request.httprequest.method == "POST"
        if link.action == "redirect":
            return self._respond("prm_core.page_link_unknown", {}, status=404)
        link._note_reading(request.httprequest.method, request.httprequest.headers)
        template, values = link._post(params) if posted else link._page(params)
        return self._respond(template, {**values, "link": link, "token": token})

    def _find_link(self, token):
        """The link of a token, in its patient's language and practice; empty for any other text."""
        link = request.env["prm.link"]
        if _TOKEN.match(token):
            link = link._find(token)
        if link:
            link = link.with_context(lang=link.patient_id.lang or request.env.lang)
            link = link.with_company(link.company_id)
        return link

    def _respond(self, template, values, status=200):
        if values.get("lang"):
            request.update_context(lang=values["lang"])
        company = values["link"].company_id if values.get("link") else request.env["res.company"]
        values = {"practice": company.sudo(), "link": None, **values}
        return self._guard(request.render(template, values, status=status))

    def _guard(self, response):
        return guard(response)
