from odoo import SUPERUSER_ID, http
from odoo.http import HttpDispatcher, request

#: Longer than any report or message that a provider sends.
MAX_BODY = 1024 * 1024


class RawDispatcher(HttpDispatcher):
    """Leaves the body as it came: signatures are made over its very bytes.

    Odoo's own dispatcher reads forms, and then nothing is left to verify.
    """

    routing_type = "prm_raw"
    mimetypes = ()

    def dispatch(self, endpoint, args):
        self.request.params = dict(args)
        return self.request.registry["ir.http"]._dispatch(endpoint)


class GatewayWebhook(http.Controller):
    """Where providers report what became of messages, and hand over what people answer."""

    # Who may call is told by the signature over the body, not by a session.
    @http.route(
        "/prm/w/<string:token>", type="prm_raw", auth="public", methods=["GET", "POST"],
        csrf=False, save_session=False, sitemap=False,
    )  # fmt: skip
    def receive(self, token):
        env = request.env(user=SUPERUSER_ID, su=True)
        gateway = env["prm.gateway"]._find_by_token(token)
        if not gateway:
            return self._answer("", 404)
        if request.httprequest.method == "GET":
            challenge = gateway._answer_challenge(request.httprequest.args)
            return self._answer("", 403) if challenge is None else self._answer(challenge)
        if (request.httprequest.content_length or 0) > MAX_BODY:
            return self._answer("", 413)
        raw = request.httprequest.get_data()
        query = request.httprequest.query_string.decode("latin-1")
        text, mimetype, status = gateway._receive(raw, dict(request.httprequest.headers), query)
        return self._answer(text, status, mimetype)

    def _answer(self, text, status=200, mimetype="text/plain"):
        headers = [
            ("Content-Type", f"{mimetype}; charset=utf-8"),
            ("Cache-Control", "no-store"),
            ("X-Content-Type-Options", "nosniff"),
        ]
        return request.make_response(text, headers, status=status)
