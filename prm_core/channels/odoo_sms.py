"""SMS through Odoo's own gateway: credits are bought at Odoo (IAP), and no account is typed in."""

from ..importing import normalise
from . import http_call, sms_text
from .base import Channel, Outcome

#: How many go in one call: as many as Odoo's own SMS, see its ``sms.session.batch.size``.
CALL_SIZE = 500
#: What Odoo's server says of one number: our state, our reason. What is not here is uncertain.
ANSWERS = {
    "success": ("sent", ""),
    "processing": ("sent", ""),
    "insufficient_credit": ("failed", "no_credit"),
    "unregistered": ("failed", "bad_sms_account"),
    "registration_needed": ("failed", "bad_sms_account"),
    "wrong_number_format": ("failed", "bad_number"),
    "sms_number_missing": ("failed", "bad_number"),
    "country_not_supported": ("failed", "country_closed"),
    "incompatible_content": ("failed", "carrier_filter"),
    "duplicate_message": ("failed", "gateway_refused"),
    "server_error": ("unknown", "gateway_error"),
}
#: What it reports later: kind of the event, our reason.
REPORTS = {
    "processing": ("sent", ""),
    "success": ("sent", ""),
    "sent": ("sent", ""),
    "delivered": ("delivered", ""),
    "expired": ("failed", "phone_unreachable"),
    "not_delivered": ("failed", "phone_unreachable"),
    "invalid_destination": ("failed", "bad_number"),
    "not_allowed": ("failed", "gateway_refused"),
    "rejected": ("failed", "carrier_filter"),
}


class OdooSmsChannel(Channel):
    """Hundreds go in one call, so a connection that breaks concerns all of them.

    Reports come by Odoo's own route, see `controllers.odoo_sms_status`: there is no webhook here.
    """

    code = "sms"
    provider = "odoo_sms"
    label = "Odoo's SMS"

    @classmethod
    def validate_address(cls, address):
        """The number in E.164."""
        return normalise.phone(address or "", None)

    def send(self, batch):
        """See `Channel.send`."""
        ready = []
        for outgoing in batch:
            if reason := self._refusal(outgoing):
                yield Outcome(outgoing.message_id, "failed", reason)
            else:
                ready.append(outgoing)
        for start in range(0, len(ready), CALL_SIZE):
            part = ready[start : start + CALL_SIZE]
            answers, broken = self._call(part)
            for outgoing in part:
                if broken:
                    yield Outcome(outgoing.message_id, **broken)
                else:
                    yield self._read(outgoing, answers.get(outgoing.key))

    def _refusal(self, outgoing):
        """Why a message isn't even handed over, or None."""
        if not self.gateway:
            return "no_gateway"
        if not normalise.is_phone(outgoing.address):
            return "bad_number"
        return None if (outgoing.body or "").strip() else "empty_text"

    def _call(self, ready):
        """One call: ``{key: answer}``, and the fields of an outcome when it has none."""
        # Only now: Odoo's add-ons are not there yet when this file is read by the lint's tools.
        from odoo.addons.iap.tools.iap_tools import InsufficientCreditError
        from odoo.exceptions import AccessError

        company = self.gateway.company_id
        env = self.env(su=True, context={"allowed_company_ids": company.ids})
        by_text = {}
        for outgoing in ready:
            text = outgoing.body
            if self.gateway.plain_letters:
                text = sms_text.transliterate(text)
            number = {"uuid": outgoing.key, "number": outgoing.address}
            by_text.setdefault(text, []).append(number)
        try:
            rows = self._api(env)._send_sms_batch(
                [{"content": text, "numbers": numbers} for text, numbers in by_text.items()],
                delivery_reports_url=f"{self.gateway.get_base_url()}/sms/status",
            )
        except InsufficientCreditError:
            return {}, {"state": "failed", "reason": "no_credit"}
        except AccessError as error:
            # Odoo's helper hides what went wrong behind a sentence for users.
            return {}, http_call.explain(error.__context__)
        rows = rows if isinstance(rows, list) else []
        return {row.get("uuid"): row for row in rows if isinstance(row, dict)}, None

    @staticmethod
    def _api(env):
        from odoo.addons.sms.tools.sms_api import SmsApi

        return SmsApi(env)

    def _read(self, outgoing, answer):
        """The outcome in the answer about one number."""
        if answer is None:
            return Outcome(outgoing.message_id, "unknown", "bad_answer")
        said = str(answer.get("state") or "")
        state, reason = ANSWERS.get(said, ("unknown", "bad_answer"))
        ref = outgoing.key if state == "sent" else ""
        return Outcome(outgoing.message_id, state, reason, reason and said, provider_ref=ref)
