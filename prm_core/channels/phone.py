"""Phone calls: what is to be said becomes a call on the list of the front desk."""

from ..importing import normalise
from .base import Channel, Outcome
from .http_channel import HttpChannel


class PhoneChannel(Channel):
    """A person calls; the message is the script.

    What the states of a message mean here: ``sent``, the call stands on the list; ``read``, the
    patient was reached; ``acted``, the patient booked, or said no with a reason; ``failed``, nobody
    was reached or the number is wrong. A message has one call, however often it is handed over.
    """

    code = "phone"
    provider = "phone"
    label = "Phone calls by the practice"
    idempotent = True

    @classmethod
    def validate_address(cls, address):
        """The number in E.164."""
        return HttpChannel.validate_address(address)

    def send(self, batch):
        """See `Channel.send`."""
        ready = []
        for outgoing in batch:
            if not normalise.is_phone(outgoing.address):
                yield Outcome(outgoing.message_id, "failed", "bad_number")
            elif not (outgoing.body or "").strip():
                yield Outcome(outgoing.message_id, "failed", "empty_text")
            else:
                ready.append(outgoing.message_id)
        messages = self.env["prm.message"].sudo().browse(ready)
        for call in self.env["prm.call"]._plan(messages):
            yield Outcome(call.message_id.id, "sent", provider_ref=f"call-{call.id}")
