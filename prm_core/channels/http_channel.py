"""What the adapters that speak HTTP have in common."""

import logging
from abc import abstractmethod

from ..importing import normalise
from . import http_call, sms_text
from .base import Channel, Outcome

_logger = logging.getLogger(__name__)


class HttpChannel(Channel):
    """A channel to a phone number, over HTTP, with the access of a `prm.gateway`."""

    #: The provider's error codes: ``{code: (reason, whether to try again)}``.
    errors = {}

    @classmethod
    def validate_address(cls, address):
        """The number in E.164. Without a country's prefix nobody can tell whose number it is."""
        return normalise.phone(address or "", None)

    def send(self, batch):
        """See `Channel.send`. One session serves the whole batch."""
        with http_call.new_session() as session:
            for outgoing in batch:
                try:
                    outcome = self._send_one(session, outgoing)
                except http_call.CallFailed as failure:
                    outcome = Outcome(outgoing.message_id, **failure.values)
                except Exception as error:
                    # Only this one breaks. The error's words may hold the number: left out.
                    _logger.warning(
                        "Message %s broke in %s: %s",
                        outgoing.message_id, self.provider, type(error).__name__,
                    )  # fmt: skip
                    outcome = Outcome(
                        outgoing.message_id, "unknown", "interrupted", type(error).__name__
                    )
                yield outcome

    def _send_one(self, session, outgoing):
        """Check, hand over, read the answer: the outcome of one message."""
        if not self.gateway:
            raise http_call.CallFailed("failed", "no_gateway")
        if not normalise.is_phone(outgoing.address):
            raise http_call.CallFailed("failed", "bad_number")
        if not (outgoing.body or "").strip():
            raise http_call.CallFailed("failed", "empty_text")
        return self._read_answer(outgoing, self._call(session, outgoing))

    @abstractmethod
    def _call(self, session, outgoing):
        """Hand one message over, and return the `http_call.Answer`."""

    @abstractmethod
    def _read_answer(self, outgoing, answer):
        """The `Outcome` in the provider's answer."""

    def _url(self, default):
        """The provider's address, or the one that the gateway has instead."""
        return (self.gateway.url or default).rstrip("/")

    def _sms_text(self, outgoing):
        """The text as it goes, in plain letters when the practice wants that."""
        return (
            sms_text.transliterate(outgoing.body) if self.gateway.plain_letters else outgoing.body
        )

    def _sent(self, outgoing, provider_ref):
        """Success; without the provider's id nobody can say whether it was one."""
        if not provider_ref:
            return Outcome(outgoing.message_id, "unknown", "bad_answer")
        return Outcome(outgoing.message_id, "sent", provider_ref=str(provider_ref))

    def _refused(self, outgoing, code, detail):
        """A refusal, by the provider's own code."""
        reason, retry = self.errors.get(code, ("gateway_refused", False))
        detail = f"{code or ''} {detail or ''}".strip()[: http_call.MAX_DETAIL]
        return Outcome(outgoing.message_id, "failed", reason, detail, retry=retry)

    def _reason(self, code):
        """Our reason for an error that the provider reports later."""
        return self.errors.get(code, ("gateway_refused", False))[0]
