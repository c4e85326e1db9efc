from odoo import SUPERUSER_ID, api, models
from odoo.fields import Domain
from odoo.tools import SQL, html2plaintext

from ...conversation import MAX_PAGE, Place, Source

#: What an entry says; a source gives what it has.
_BLANK_ENTRY = {
    "direction": False, "title": "", "text": "", "author": "", "icon": "", "state": "",
    "state_label": "", "reason_text": "", "channel": "", "may": (),
    "goes_at": False, "res_model": False, "res_id": False,
}  # fmt: skip
_CHANNEL_ICONS = {
    "email": "fa-envelope-o", "sms": "fa-commenting-o", "whatsapp": "fa-whatsapp",
    "letter": "fa-file-text-o", "phone": "fa-phone", "portal": "fa-globe",
}  # fmt: skip


class PrmPatientConversation(models.Model):
    """Everything that was said and done about a patient, in one scroll."""

    _inherit = "prm.patient"

    @api.readonly
    def conversation_page(self, before=None, kinds=None, limit=50, search=None):
        """A page for the screen; see `_conversation_page`.

        The newest page also brings what stands around the scroll: the kinds there are (for the
        filters) and what is coming up.
        """
        page = self._conversation_page(before, kinds, limit, search)
        if not before:
            page["kinds"] = [
                {"kind": source.kind, "label": source.label}
                for source in self._conversation_sources()
                if not source.group
            ]
            page["upcoming"] = self._conversation_upcoming()
        return page

    def _conversation_page(self, before=None, kinds=None, limit=50, search=None):
        """Entries of all kinds, newest first.

        The number of queries depends on the kinds alone, neither on how many entries there are nor
        on how far back the page lies.

        :param before: ``[at, kind, id]`` of the last entry of the page before; none: the newest.
        :param kinds: kinds to show; none: all. :param limit: entries of a page.
        :param search: text that must occur.
        :return: dict with ``entries`` and ``more``, whether there are older ones.
        :raises ValueError: when ``before`` is no place.
        """
        self.ensure_one()
        self.check_access("read")
        place = Place.from_plain(before) if before else None
        limit = max(1, min(limit, MAX_PAGE))
        sources = [
            source
            for source in self._conversation_sources()
            if kinds is None or (source.group or source.kind) in kinds
        ]
        places = []
        for source in sources:
            places += self._conversation_places(source, place, limit + 1, (search or "").strip())
        places.sort(reverse=True)
        entries = self._conversation_entries(sources, places[:limit])
        return {"entries": entries, "more": len(places) > limit}

    @api.model
    def _conversation_places(self, source, before, limit, search):
        """The newest places of one source, within the user's rights."""
        domain = Domain(source.domain)
        if search:
            domain &= Domain(source.search(search))
        records = source.records
        records.flush_model()
        order = f"{source.moment} desc, id desc"
        query = records._search(domain, limit=limit, order=order)
        if query.is_empty():
            return []
        moment = SQL.identifier(query.table, source.moment)
        key = SQL.identifier(query.table, "id")
        if before:
            query.add_where(SQL("(%s, %s) < (%s, %s)", moment, key, *before.bound(source.kind)))
        rows = self.env.execute_query(query.select(moment, key))
        return [Place(row[0], source.kind, row[1]) for row in rows]

    @api.model
    def _conversation_entries(self, sources, places):
        """The entries at places, in their order."""
        read = {}
        for source in sources:
            ids = [place.id for place in places if place.kind == source.kind]
            read[source.kind] = source.read(source.records.browse(ids)) if ids else {}
        return [
            {
                **_BLANK_ENTRY,
                **read[place.kind][place.id],
                "key": f"{place.kind}:{place.id}",
                "kind": place.kind,
                "id": place.id,
                "at": place.at,
            }
            for place in places
        ]

    # ------------------------------------------------------------
    # HOOKS
    # ------------------------------------------------------------

    def _conversation_sources(self):
        """Hook: the kinds of entries, in the order of the filters. Add-ons append theirs.

        An entry is a dict of plain values: ``title``, ``text``, ``author``, ``icon`` (Font
        Awesome), ``res_model`` and ``res_id`` of what opens, ``direction`` ("out", "in") for what
        was said to or by the patient, and ``state``, ``state_label``, ``reason_text``.

        :return: list of `conversation.Source`
        """
        self.ensure_one()
        chatter = self.env["mail.message"].sudo()  # who may read the patient may read the notes
        notes = Domain("model", "=", self._name) & Domain("res_id", "=", self.id)
        written = Domain("message_type", "in", ("comment", "email"))
        activity = Domain("mail_activity_type_id", "!=", False)
        call = Domain("mail_activity_type_id.category", "=", "phonecall")
        return [
            Source(
                "message", self.env._("Messages"), self.env["prm.message"],
                [("patient_id", "=", self.id)], "create_date",
                self._search_conversation_messages, self._read_conversation_messages,
            ),
            Source(
                "event", self.env._("Visits & events"), self.env["prm.event"],
                # What an event says about a message, the message says itself.
                [("patient_id", "=", self.id), ("res_model", "!=", "prm.message")], "occurred_at",
                self._search_conversation_events, self._read_conversation_events,
            ),
            Source(
                "note", self.env._("Notes"), chatter,
                notes & (written | activity) & ~call, "date",
                self._search_conversation_notes, self._read_conversation_notes,
            ),
            Source(
                "call", self.env._("Calls"), chatter, notes & call, "date",
                self._search_conversation_notes, self._read_conversation_notes,
            ),
        ]  # fmt: skip

    def _conversation_upcoming(self):
        """Hook: what is coming up for the patient, soonest first.

        :return: list of dicts with ``title``, ``at`` (UTC, ISO), ``state_label``, ``icon``,
            ``res_model`` and ``res_id``.
        """
        self.ensure_one()
        return []

    # ------------------------------------------------------------
    # THE KINDS
    # ------------------------------------------------------------

    @api.model
    def _search_conversation_messages(self, text):
        return Domain("subject", "ilike", text) | Domain("body", "ilike", text)

    @api.model
    def _search_conversation_events(self, text):
        """The name of what happened, or one of its details."""

        def in_payload(_model, alias, _query):
            payload = SQL.identifier(alias, "payload")
            return SQL(
                """
                jsonb_typeof(%(payload)s) = 'object' AND EXISTS (
                    SELECT FROM jsonb_each_text(%(payload)s) AS part
                     WHERE strpos(lower(part.value), lower(%(text)s)) > 0)
                """,
                payload=payload,
                text=text,
            )

        return Domain("event_type_id.name", "ilike", text) | Domain.custom(to_sql=in_payload)

    @api.model
    def _search_conversation_notes(self, text):
        return Domain("body", "ilike", text)

    @api.model
    def _read_conversation_messages(self, messages):
        """Entries of `prm.message`."""
        messages = messages.sudo()
        states = dict(messages._fields["state"]._description_selection(self.env))
        desk = self.env.user.has_group("prm_core.group_prm_receptionist")
        return {
            message.id: {
                "direction": message.direction,
                "title": message.subject or message.media_text or "",
                "text": message.body or "",
                "author": self._conversation_author(message.create_uid),
                "icon": _CHANNEL_ICONS.get(message.channel_id.code, "fa-comment-o"),
                "channel": message.channel_id.name or "",
                "state": message.state,
                "state_label": states[message.state],
                "reason_text": message.reason_text,
                "goes_at": self._conversation_goes_at(message),
                "may": self._conversation_actions(message, desk),
                "res_model": message._name,
                "res_id": message.id,
            }
            for message in messages
        }

    @api.model
    def _conversation_goes_at(self, message):
        """When a message that waits goes out, or when it went, if that was not at once."""
        moment = message.scheduled_at if message.state in ("draft", "queued") else message.sent_at
        return moment and Place(moment, "", 0).at

    @api.model
    def _conversation_actions(self, message, desk):
        """What the user can do about a message, by name."""
        actions = []
        if desk and message.state in ("failed", "unknown"):
            actions.append("again")
        if desk and message.state in ("draft", "queued"):
            actions.append("cancel")
        if desk and not message.template_id and message.state in ("failed", "suppressed"):
            actions.append("edit")
        if message.facts:
            actions.append("why")
        return actions

    @api.model
    def _read_conversation_events(self, events):
        """Entries of `prm.event`."""
        return {
            event.id: {
                "title": event.event_type_id.name,
                "text": event.detail,
                "author": self._conversation_author(event.sudo().user_id),
                "icon": event.icon or "fa-circle-o",
                "res_model": event.res_model,
                "res_id": event.res_id,
            }
            for event in events
        }

    @api.model
    def _read_conversation_notes(self, notes):
        """Entries of the chatter: what colleagues wrote, and activities that are done."""
        return {
            note.id: {
                "title": ", ".join(note.attachment_ids.mapped("name")),
                "text": html2plaintext(note.body or "", include_references=False).strip(),
                "author": note.author_id.name or note.email_from or "",
                "icon": note.mail_activity_type_id.icon or "fa-sticky-note-o",
            }
            for note in notes
        }

    @api.model
    def _conversation_author(self, user):
        """Name of a person; nothing for what the system does by itself."""
        return user.name if user and user.id != SUPERUSER_ID else ""
