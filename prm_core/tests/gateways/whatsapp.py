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
        kind = data.get("type")
        if kind == "text" and not 0 < len(data["text"].get("body", "")) <= 4096:
            return error(400, 100, "(#100) Param text['body'] is required")
        if kind == "template" and not (
            data["template"].get("name") and data["template"].get("language", {}).get("code")
        ):
            return error(400, 132001, "Template name does not exist in the translation")
        if kind not in ("text", "template"):
            return error(400, 100, "(#100) Invalid parameter")
        return 200, {
            "messaging_product": "whatsapp",
            "contacts": [{"input": data["to"], "wa_id": data["to"][1:]}],
            "messages": [{"id": f"wamid.{len(self.taken)}", "message_status": "accepted"}],
        }
