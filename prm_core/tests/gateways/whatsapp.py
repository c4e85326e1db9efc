import json

from . import calls
from .double import E164, GatewayDouble

NUMBER = "100000000000001"
TOKEN = "whatsapp-secret-token"
HOOK_SECRET = calls.WHATSAPP_SECRET
webhook = calls.whatsapp


def error(status, code, message, details=""):
    """An error as the Graph API writes it."""
    return status, {
        "error": {
            "message": message,
            "type": "OAuthException",
            "code": code,
            "error_data": {"messaging_product": "whatsapp", "details": details},
            "fbtrace_id": "A0",
        }
    }


class WhatsappDouble(GatewayDouble):
    """POST /{version}/{phone_number_id}/messages"""

    refusal = error(400, 131026, "(#131026) Message undeliverable", "Not on WhatsApp")
    busy = error(429, 130429, "(#130429) Rate limit hit", "Cloud API message throughput reached")

    def handle(self, request, body):
        data = json.loads(body)
        return data.get("to", ""), self._answer(request, data)

    def _answer(self, request, data):
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return error(401, 190, "Invalid OAuth access token")
        if request.method != "POST" or request.path_url != f"/v23.0/{NUMBER}/messages":
            return error(404, 100, "Unsupported post request")
        if data.get("messaging_product") != "whatsapp" or not E164.fullmatch(data.get("to", "")):
            return error(400, 100, "(#100) Invalid parameter")
        if request.headers.get("Content-Type") != "application/json":
            return error(400, 100, "(#100) The parameter messaging_product is required")
        if data.get("recipient_type", "individual") != "individual":
            return error(400, 100, "(#100) Invalid parameter")
        if not isinstance(data.get("biz_opaque_callback_data", ""), str):
            return error(400, 100, "(#100) Param biz_opaque_callback_data must be a string")
        kind = data.get("type")
        if kind not in ("text", "template") or not isinstance(data.get(kind), dict):
            return error(400, 100, "(#100) Invalid parameter")
        if problem := (_text if kind == "text" else _template)(data[kind]):
            return problem
        return 200, {
            "messaging_product": "whatsapp",
            "contacts": [{"input": data["to"], "wa_id": data["to"][1:]}],
            "messages": [{"id": f"wamid.{len(self.taken)}", "message_status": "accepted"}],
        }


def _text(text):
    """What is wrong with a text message, or None."""
    if not 0 < len(text.get("body", "")) <= 4096:
        return error(400, 100, "(#100) Param text['body'] must be 1 to 4096 characters long")
    if not isinstance(text.get("preview_url", False), bool):
        return error(400, 100, "(#100) Param text['preview_url'] must be a boolean")
    return None


def _template(template):
    """What is wrong with a template message, or None: the template itself is not known here."""
    if not (template.get("name") and template.get("language", {}).get("code")):
        return error(404, 132001, "(#132001) Template name does not exist in the translation")
    for component in template.get("components", ()):
        if component.get("type") != "body":
            return error(400, 132000, "(#132000) Number of parameters does not match")
        for parameter in component.get("parameters", ()):
            if set(parameter) != {"type", "text"} or parameter["type"] != "text":
                return error(400, 132012, "(#132012) Parameter format does not match")
            if not parameter["text"]:
                return error(400, 100, "(#100) Invalid parameter", "text is required")
    return None
