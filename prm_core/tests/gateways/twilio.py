import base64
import re
from email.utils import formatdate
from urllib.parse import parse_qs, urlsplit

from . import calls
from .double import E164, GatewayDouble

ACCOUNT = "AC" + "0" * 32
TOKEN = calls.TWILIO_TOKEN
CALLBACK = calls.TWILIO_URL
webhook = calls.twilio

#: Fields of a new message that the adapter may use; Twilio knows more.
FIELDS = {"To", "From", "MessagingServiceSid", "Body", "StatusCallback"}
#: A number, or a name of up to eleven letters and digits with a letter among them.
SENDER = re.compile(r"\+[1-9]\d{6,14}|(?=.*[A-Za-z])[A-Za-z0-9 ]{1,11}")


def error(status, code, message):
    """An error as Twilio writes it."""
    link = f"https://www.twilio.com/docs/errors/{code}"
    return status, {"code": code, "message": message, "more_info": link, "status": status}


class TwilioDouble(GatewayDouble):
    """POST /2010-04-01/Accounts/{sid}/Messages.json"""

    refusal = error(400, 21211, "Invalid 'To' Phone Number")
    busy = error(429, 20429, "Too Many Requests")

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
        path = f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
        if request.method != "POST" or request.path_url != path:
            return error(404, 20404, "The requested resource was not found")
        assert set(fields) <= FIELDS, fields
        service = fields.get("MessagingServiceSid", "")
        if not E164.fullmatch(fields.get("To", "")):
            return self.refusal
        if not fields.get("From") and not service:
            return error(400, 21603, "A 'From' phone number is required")
        if service and not re.fullmatch("MG[0-9a-f]{32}", service):
            return error(400, 21701, "The Messaging Service does not exist")
        if not service and not SENDER.fullmatch(fields["From"]):
            return error(400, 21212, "Invalid 'From' Phone Number")
        if not fields.get("Body"):
            return error(400, 21602, "Message body is required")
        if len(fields["Body"]) > 1600:
            return error(
                400, 21617, "The concatenated message body exceeds the 1600 character limit"
            )
        callback = fields.get("StatusCallback", "https://none.example")
        parts = urlsplit(callback)
        if parts.scheme not in ("http", "https") or not parts.hostname or len(callback) > 4000:
            return error(400, 21609, "The 'StatusCallback' URL is not a valid URL")
        return 201, self._message(fields, service)

    def _message(self, fields, service):
        """The new message as the API describes it."""
        sid = f"SM{len(self.taken):032x}"
        return {
            "account_sid": ACCOUNT, "api_version": "2010-04-01", "body": fields["Body"],
            "date_created": formatdate(), "date_sent": None, "date_updated": formatdate(),
            "direction": "outbound-api", "error_code": None, "error_message": None,
            "from": fields.get("From"), "messaging_service_sid": service or None,
            "num_media": "0", "num_segments": "0" if service else "1", "price": None,
            "price_unit": "USD", "sid": sid, "status": "accepted" if service else "queued",
            "subresource_uris": {"media": f"/2010-04-01/Accounts/{ACCOUNT}/{sid}/Media.json"},
            "to": fields["To"], "uri": f"/2010-04-01/Accounts/{ACCOUNT}/Messages/{sid}.json",
        }  # fmt: skip
