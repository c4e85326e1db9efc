import base64
from urllib.parse import parse_qs

from . import calls
from .double import E164, GatewayDouble

ACCOUNT = "AC" + "0" * 32
TOKEN = calls.TWILIO_TOKEN
CALLBACK = calls.TWILIO_URL
webhook = calls.twilio


def error(status, code, message):
    """An error as Twilio writes it."""
    link = f"https://www.twilio.com/docs/errors/{code}"
    return status, {"code": code, "message": message, "more_info": link, "status": status}


class TwilioDouble(GatewayDouble):
    """POST /2010-04-01/Accounts/{sid}/Messages.json"""

    refusal = error(400, 21211, "The 'To' number is not a valid phone number.")

    def handle(self, request, body):
        fields = {name: values[0] for name, values in parse_qs(body).items()}
        to = fields.get("To", "")
        return to, self._answer(request, fields)

    def _answer(self, request, fields):
        wanted = base64.b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode()
        if request.headers.get("Authorization") != f"Basic {wanted}":
            return error(401, 20003, "Authenticate")
        if request.headers.get("Content-Type") != "application/x-www-form-urlencoded":
            return error(400, 20001, "Unknown parameters")
        if request.method != "POST" or not request.path_url.startswith(
            f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
        ):
            return error(404, 20404, "The requested resource was not found")
        if not E164.fullmatch(fields.get("To", "")):
            return self.refusal
        if not fields.get("From") and not fields.get("MessagingServiceSid"):
            return error(400, 21603, "A 'From' phone number is required")
        if not fields.get("Body"):
            return error(400, 21602, "Message body is required")
        if len(fields["Body"]) > 1600:
            return error(400, 21617, "The concatenated message body exceeds the limit")
        return 201, {"sid": f"SM{len(self.taken):032d}", "status": "queued", "error_code": None}
