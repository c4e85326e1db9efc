from dataclasses import replace

from odoo import models
from odoo.fields import Domain

from ...conversation import Source

#: States of a call's message in which its events tell more than the message itself.
_CALLED = ("sent", "delivered", "read", "acted")


class PrmPatient(models.Model):
    """Calls in the conversation: planned, made and what came of them."""

    _inherit = "prm.patient"

    def _conversation_sources(self):
        """A call is told by its events; its message only when it never came to a call."""
        sources = [self._without_calls_made(source) for source in super()._conversation_sources()]
        events = next(source for source in sources if source.kind == "event")
        calls = Domain("patient_id", "=", self.id) & Domain("event_type_id.code", "=like", "call_%")
        return [
            *sources,
            Source(
                "call_event", self.env._("Calls"), events.records, calls, events.moment,
                events.search, self._read_conversation_calls, group="call",
            ),
        ]  # fmt: skip

    def _without_calls_made(self, source):
        if source.kind != "message":
            return source
        phone = self.env["prm.channel"]._ids_by_code().get("phone")
        made = Domain("channel_id", "=", phone) & Domain("state", "in", _CALLED)
        return replace(source, domain=Domain(source.domain) & ~made)

    def _read_conversation_calls(self, events):
        """Entries of the events of calls, with what a colleague noted down."""
        calls = self.env["prm.call"].search_fetch(
            [("message_id", "in", events.mapped("res_id"))], ["message_id", "note"]
        )
        by_message = {call.message_id.id: call for call in calls}
        entries = self._read_conversation_events(events)
        for event in events:
            call = by_message.get(event.res_id)
            if not call:
                continue
            entries[event.id].update(res_model=call._name, res_id=call.id)
            if call.note and event.event_type_id.code != "call_planned":
                entries[event.id]["text"] = " · ".join(filter(None, (event.detail, call.note)))
        return entries
