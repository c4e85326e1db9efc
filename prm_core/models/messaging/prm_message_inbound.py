from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ... import replies
from ...channels.base import MEDIA
from ...importing import normalise
from .media_text import FILES, media_text

#: Days for which an answer may belong to what was asked.
ANSWER_DAYS = 14
#: Digits at the end of a number that are the same however it is written.
NUMBER_END = 7
#: Channels on which one word ends all messages, as the law of many countries and carriers want it.
STOP_CHANNELS = ("sms", "whatsapp")
#: What comes with words that are no answer of the patient.
_NO_ANSWER = ("system", "contacts", "location")
#: States of what has reached a patient, or may have.
_GONE = ("unknown", "sent", "delivered", "read", "acted")


class PrmMessageInbound(models.Model):
    """What patients write: whose it is, what it means, and who has to look at it.

    A number or an address that several patients share is never guessed at: staff say whose it was.
    """

    _inherit = "prm.message"

    reply_to_id = fields.Many2one(
        "prm.message", string="Answer to", readonly=True, copy=False, index="btree_not_null",
        ondelete="set null",
    )  # fmt: skip
    quotes = fields.Boolean(readonly=True, copy=False, help="The answer names what it answers.")
    candidate_ids = fields.Many2many(
        "prm.patient", string="May be from", readonly=True, copy=False,
        help="Patients with this number or address.",
    )  # fmt: skip
    meaning = fields.Selection(
        [
            ("confirm", "Yes"),
            ("decline", "No"),
            ("stop", "No more messages"),
            ("start", "Messages again"),
        ],
        readonly=True, copy=False, help="What a short answer says by itself.",
    )  # fmt: skip
    media = fields.Selection(
        [
            ("image", "Picture"),
            ("voice", "Voice message"),
            ("video", "Video"),
            ("document", "Document"),
            ("sticker", "Sticker"),
            ("location", "Place"),
            ("contacts", "Contact"),
            ("reaction", "Reaction"),
            ("system", "Notice"),
            ("other", "Something else"),
        ],
        readonly=True, copy=False, help="What the patient sent besides words.",
    )  # fmt: skip
    media_text = fields.Char("Sent", compute="_compute_media_text")
    needs_answer = fields.Boolean("To Do", readonly=True, copy=False)
    _needs_answer_idx = models.Index("(company_id, id) WHERE needs_answer")

    @api.depends("media", "body", "channel_id")
    @api.depends_context("lang")
    def _compute_media_text(self):
        for message in self:
            message.media_text = media_text(
                self.env, message.media, message.channel_id.code, bool(message.body)
            )

    @api.model
    def _take_in(self, event):
        """Make a message of what a person sent.

        :param event: a `prm.message.event` of the kind ``inbound``.
        :return: the message.
        """
        asked = self._find_quoted(event)
        writers = self._find_writers(event.company_id, event.channel_id, event.address)
        if asked and (not writers or asked.patient_id in writers):
            writers = asked.patient_id
        patient = writers if len(writers) == 1 else writers.browse()
        message = self.sudo().create(
            {
                "direction": "in",
                "state": "received",
                "company_id": event.company_id.id,
                "channel_id": event.channel_id.id,
                "patient_id": patient.id,
                "candidate_ids": [fields.Command.set((writers - patient).ids)],
                "address": event.address,
                "subject": event.subject,
                "body": event.text,
                "lang": patient.lang,
                "sent_at": event.occurred_at or event.received_at,
                "reply_to_id": (asked or self._find_last_sent(patient, event)).id,
                "quotes": bool(asked),
                "needs_answer": event.reason != "auto_reply",
                "provider_ref": event.provider_ref,
                "media": event.media if event.media in MEDIA else event.media and "other",
            }
        )
        event.write({"state": "applied", "message_id": message.id})
        self.env["ir.attachment"].sudo().search(
            [("res_model", "=", event._name), ("res_id", "=", event.id)]
        ).write({"res_model": message._name, "res_id": message.id})
        if event.reason != "auto_reply":
            message._understand()
        message._tell()
        return message

    # -- whose it is

    @api.model
    def _find_quoted(self, event):
        """The message that the person answered by quoting it; it must have gone to that address."""
        if not event.in_reply_to:
            return self.browse()
        found = self.sudo().search(
            [
                ("company_id", "=", event.company_id.id),
                ("direction", "=", "out"),
                "|",
                ("provider_ref", "=", event.in_reply_to),
                ("idempotency_key", "=", event.in_reply_to),
            ],
            limit=1,
        )
        same = (found.address or "").lower() == (event.address or "").lower()
        return found if same else self.browse()

    @api.model
    def _find_last_sent(self, patient, event):
        """The last message by the same channel before an answer, or none."""
        if not patient:
            return self.browse()
        since = fields.Datetime.now() - timedelta(days=ANSWER_DAYS)
        domain = [
            ("patient_id", "=", patient.id),
            ("channel_id", "=", event.channel_id.id),
            ("direction", "=", "out"),
            ("state", "in", _GONE),
            ("sent_at", ">", since),
        ]
        return self.sudo().search(domain, order="sent_at desc, id desc", limit=1)

    @api.model
    def _find_writers(self, company, channel, address):
        """Patients of the practice who have an address or a number, written in whatever way."""
        patients = self.env["prm.patient"].sudo()
        address = (address or "").strip()
        if not address:
            return patients
        domain = [("company_id", "=", company.id)]
        if channel.code == "email":
            known = normalise.email(address) or address.lower()
            found = patients.search([*domain, ("search_key", "like", known.lower())])
            return found.filtered(lambda one: normalise.email(one.email or "") == known)
        end = "".join(char for char in address if char.isdigit())[-NUMBER_END:]
        if len(end) < NUMBER_END:
            return patients
        return patients.search([*domain, ("search_key", "like", end)]).filtered(
            lambda one: address in one._numbers()
        )

    # -- what it means

    def _understand(self):
        """Do what a plain answer asks for; the rest is for a person to read."""
        self.ensure_one()
        meaning = None if self.media in _NO_ANSWER else replies.meaning(self.body)
        if meaning in ("stop", "start") and self.channel_id.code not in STOP_CHANNELS:
            meaning = None
        done = False
        asked = self._open_questions() if meaning == "stop" else self.browse()
        if meaning == "stop":
            # A visit that should be cancelled must not get lost over the end of the messages.
            done = self._stop() and not (replies.may_mean_visit(self.body) and asked)
        elif meaning == "start":
            done = self._restart()
        elif meaning:
            done = self._answer_question(meaning)
        elif self.media == "reaction" and self.body:
            # A heart asks for nothing. One that was taken back may undo a yes: somebody looks.
            done = True
        if self.media in FILES:
            # Whatever stands below a picture: the picture itself wants to be seen.
            done = False
        self.write({"meaning": meaning, "needs_answer": not done})

    def _stop(self):
        """No more messages to this address, whoever's it is; what waits for it is held back.

        :return: whether it is done.
        """
        self.env["prm.address.block"]._block(
            self.company_id, self.channel_id.code, self.address, "stop"
        )
        if self.patient_id:
            self.env["prm.consent"].sudo()._stop(self.patient_id, self.channel_id)
        waiting = self.sudo().search(
            [
                ("company_id", "=", self.company_id.id),
                ("channel_id", "=", self.channel_id.id),
                ("address", "=", self.address),
                ("state", "=", "queued"),
            ]
        )
        waiting.try_lock_for_update().write({"state": "suppressed", "reason": "stop"})
        self._emit("opted_out")
        return True

    def _restart(self):
        """Messages to this address again, as before it was stopped."""
        self.env["prm.address.block"]._lift(
            self.company_id, self.channel_id.code, self.address, "stop"
        )
        if self.patient_id:
            self.env["prm.consent"].sudo()._restart(self.patient_id, self.channel_id)
        self._emit("opted_in")
        return True

    def _open_questions(self):
        """What was sent to this address by this channel lately and may be what is answered."""
        since = fields.Datetime.now() - timedelta(days=ANSWER_DAYS)
        domain = [
            ("company_id", "=", self.company_id.id),
            ("channel_id", "=", self.channel_id.id),
            ("address", "=", self.address),
            ("direction", "=", "out"),
            ("state", "in", _GONE),
            ("sent_at", ">", since),
            ("res_id", "!=", False),
        ]
        return self.sudo().search(domain)

    def _answer_question(self, meaning):
        """Hook: do what a yes or a no asks for, when it is certain what was asked.

        :param meaning: ``confirm`` or ``decline``.
        :return: whether it is done; else a person looks at it.
        """
        return False

    def _tell(self):
        """Let the timeline and, where there is something to do, the front desk know."""
        self._emit("message_received")
        self.reply_to_id._advance("read")
        if self.needs_answer and self.patient_id:
            self.patient_id._ask_front_desk("prm_core.mail_activity_reply")

    def _emit(self, code):
        if self.patient_id:
            self._emit_choice(self.patient_id, self.channel_id, code, self)

    @api.model
    def _emit_choice(self, patient, channel, code, record=None):
        """Let the timeline know what a patient said by a channel."""
        self.env["prm.event"].emit(
            code,
            [
                {
                    "patient": patient,
                    "company_id": patient.company_id.id,
                    "record": record or patient,
                    "payload": {"channel": channel.name},
                }
            ],
        )

    # -- what staff do with it

    def action_answer(self):
        """Open the conversation, to write back."""
        self.ensure_one()
        return self.patient_id.action_open_conversation()

    def action_done(self):
        """Nothing more to do about these."""
        self._check_receptionist()
        done = self.sudo().filtered("needs_answer")
        done.needs_answer = False
        done.patient_id._close_front_desk("prm_core.mail_activity_reply")

    def action_open_assign(self):
        """Ask whose message this is."""
        self.ensure_one()
        self._check_receptionist()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Whose message is this?"),
            "res_model": "prm.message.assign",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_message_id": self.id},
        }

    def _assign(self, patient):
        """A person says whose message it was."""
        self.ensure_one()
        if self.direction != "in" or self.patient_id:
            raise UserError(self.env._("This message belongs to a patient already."))
        self.write({"patient_id": patient.id, "candidate_ids": [fields.Command.clear()],
                    "lang": patient.lang})  # fmt: skip
        if self.meaning == "stop":
            self.env["prm.consent"].sudo()._stop(patient, self.channel_id)
            self._emit("opted_out")
        elif self.needs_answer:
            self._understand()
        self._tell()

    # -- reports about what went out

    def _wait_for_rows(self):
        """Have these rows to oneself until the transaction ends, however long that takes."""
        self.flush_recordset()
        self.env.execute_query(
            SQL(
                "SELECT id FROM prm_message WHERE id = ANY(%s) ORDER BY id FOR UPDATE",
                list(self.ids),
            )
        )
        self.invalidate_recordset(["state", "sent_at"], flush=False)

    def _take_report(self, kind, reason, detail):
        """Take the state that a provider reports, with what follows from it."""
        values = {"state": kind}
        if kind == "failed":
            values.update(reason=reason or "gateway_refused", detail=detail)
        first = self.filtered(lambda message: not message.sent_at)
        self.write(values)
        if kind == "failed":
            self._emit_ends(self._ends("failed"))
            self._fall_over()
        elif first:
            first.sent_at = fields.Datetime.now()
            self._emit_ends(first._ends("sent"))

    def _ends(self, state):
        """Rows for `_emit_ends`."""
        return [
            (
                message.id, state, message.patient_id.id, message.company_id.id, message.subject,
                message.channel_id.code,
            )
            for message in self
        ]  # fmt: skip
