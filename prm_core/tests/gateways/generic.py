import json

from . import calls
from .double import E164, GatewayDouble

SECRET = "generic-secret-token"
HOOK_SECRET = calls.GENERIC_SECRET
webhook = calls.generic


class GenericDouble(GatewayDouble):
    """A gateway like many: JSON, a bearer token, a key against doubles."""

    refusal = (422, {"message": {"state": "number unknown"}})

    def __init__(self):
        super().__init__()
        self.keys = set()

    def handle(self, request, body):
        try:
            data = json.loads(body)
        except ValueError:
            return "", (400, {"message": {"state": "no JSON"}})
        return data.get("to", ""), self._answer(request, data)

    def _answer(self, request, data):
        if request.headers.get("Authorization") != f"Bearer {SECRET}":
            return 401, {"message": {"state": "who are you"}}
        if request.method != "POST" or request.path_url != "/send":
            return 404, {}
        if request.headers.get("Content-Type") != "application/json":
            return 415, {}
        if not E164.fullmatch(data.get("to", "")) or not data.get("text"):
            return self.refusal
        self.keys.add(request.headers.get("X-Key"))
        return 200, {"message": {"id": f"g-{len(self.taken)}", "state": "ok"}}
