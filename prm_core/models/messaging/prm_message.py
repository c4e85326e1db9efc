from odoo import api, fields, models
from odoo.exceptions import UserError

from ... import policy
from ...lookup import Lookup
from ...outbox import may_follow
from . import explanation
from .reasons import reason_text

#: States of a message that can still be kept from going out.
WAITING = ("draft", "queued")


class _BigInteger(fields.Integer):
    """A whole number of 64 bits: keys of advisory locks are that long."""

    _column_type = ("int8", "int8")


class PrmMessage(models.Model):
    """The one outbox, inbox and log for every channel. Nothing leaves by another road.

    States of what goes out: draft → queued → sending → sent → delivered → read → acted; or
    suppressed (the gate said no, with a reason), failed (the channel said no, with a reason),
    unknown (nobody can say whether it went). ``sending`` is committed before the hand-over, so that
    a crash can't make a message go twice unnoticed. What a patient writes is ``received``.
    """

    _name = "prm.message"
    _description = "Message"
    _order = "id desc"
    _rec_name = "subject"

    patient_id = fields.Many2one("prm.patient", ondelete="cascade")
    company_id = fields.Many2one("res.company", string="Practice", required=True)
    purpose_id = Lookup("prm.purpose", ondelete="restrict")
    template_id = fields.Many2one("prm.template", ondelete="set null")
    channel_id = Lookup("prm.channel", ondelete="restrict")
    direction = fields.Selection(
        [("out", "To the patient"), ("in", "From the patient")], required=True, default="out"
    )
    address = fields.Char()
    lang = fields.Char(string="Language")
    subject = fields.Char()
    body = fields.Text()
    state = fields.Selection(
        [
            ("draft", "Draft"),
            ("queued", "Waiting"),
            ("sending", "Going out"),
            ("sent", "Sent"),
            ("delivered", "Delivered"),
            ("read", "Read"),
            ("acted", "Acted on"),
            ("suppressed", "Held back"),
            ("failed", "Failed"),
            ("unknown", "Uncertain"),
            ("received", "Received"),
        ],
        required=True,
        default="draft",
    )
    reason = fields.Char(help="Code of why it was held back or failed.")
    reason_text = fields.Char(string="Why", compute="_compute_reason_text")
    detail = fields.Char(help="The other side's own words.")
    typed = fields.Boolean(
        "Written by a Person", readonly=True, help="For this one patient, and not from a template."
    )
    res_model = fields.Char(string="About (Model)")
    res_id = fields.Many2oneReference(string="About", model_field="res_model")
    scheduled_at = fields.Datetime(required=True, default=fields.Datetime.now)
    claimed_at = fields.Datetime(readonly=True)
    claimed_by = _BigInteger(
        readonly=True, copy=False, help="Key of the advisory lock of the dispatcher that took it."
    )
    sent_at = fields.Datetime(readonly=True)
    attempts = fields.Integer(readonly=True, required=True, default=0)
    idempotency_key = fields.Char(readonly=True, copy=False)
    provider_ref = fields.Char(readonly=True, copy=False, index="btree_not_null")
    expires_at = fields.Datetime(readonly=True, help="Later than this nobody wants to hear of it.")
    policy_version = fields.Char(readonly=True)
    facts = fields.Json(
        readonly=True, copy=False, prefetch=False, help="What the gate decided on."
    )  # fmt: skip
    why = fields.Html(compute="_compute_why", sanitize=False)
    link_id = fields.Many2one("prm.link", readonly=True, ondelete="set null", copy=False)
    request_data = fields.Json(
        readonly=True, copy=False, prefetch=False,
        help="What it takes to send the same by another channel.",
    )  # fmt: skip
    fallback_of_id = fields.Many2one(
        "prm.message", string="Instead of", readonly=True, copy=False, index="btree_not_null",
        ondelete="set null", help="The message that could not go by its own channel.",
    )  # fmt: skip

    _outgoing_complete = models.Constraint(
        "CHECK (direction = 'in' OR (patient_id IS NOT NULL AND purpose_id IS NOT NULL))",
        "A message to a patient needs the patient and a purpose.",
    )
    _key_uniq = models.UniqueIndex("(idempotency_key) WHERE idempotency_key IS NOT NULL")
    _conversation_idx = models.Index("(patient_id, create_date DESC, id DESC)")
    _queued_idx = models.Index("(scheduled_at, id) WHERE state = 'queued' AND NOT by_hand")
    #: Of what has ended well there is much, and it is found by its patient.
    _open_idx = models.Index("(id) WHERE state IN ('queued', 'sending', 'failed', 'unknown')")
    _sending_idx = models.Index("(claimed_at) WHERE state = 'sending'")
    _record_idx = models.Index("(res_model, res_id, id) WHERE res_id IS NOT NULL")

    @api.depends("reason", "state", "attempts")
    @api.depends_context("lang")
    def _compute_reason_text(self):
        for message in self:
            text = reason_text(self.env, message.reason)
            if text and message.state == "queued" and message.attempts:
                text = self.env._("%s It will be tried again.", text)
            message.reason_text = text

    def _compute_why(self):
        """What the gate looked at, step by step, on the data of that moment."""
        for message in self:
            message.why = message.facts and explanation.to_html(
                self.env, policy.from_plain(message.facts), message.policy_version
            )

    @api.depends("subject", "patient_id", "address")
    def _compute_display_name(self):
        for message in self:
            name = message.subject or message.patient_id.display_name
            message.display_name = name or message.address

    def _advance(self, state, **vals):
        """Move messages on after a report from outside; those it would move back stay.

        :return: the messages that moved.
        """
        moved = self.filtered(lambda message: may_follow(message.state, state))
        moved.write({"state": state, **vals})
        return moved

    def _mark_acted(self):
        """The patient did what the message asked for."""
        return self._advance("acted")

    def action_send_again(self):
        """Put failed or uncertain messages back into the queue, because a person says so."""
        self._check_receptionist()
        stuck = self.sudo().filtered(lambda message: message.state in ("failed", "unknown"))
        if not stuck:
            raise UserError(self.env._("Only failed or uncertain messages can be sent again."))
        stuck.write(
            {"state": "queued", "reason": False, "detail": False, "attempts": 0,
             "scheduled_at": fields.Datetime.now()}
        )  # fmt: skip
        self._wake_dispatcher()

    def action_cancel(self):
        """Take messages that have not gone yet out of the queue."""
        self._check_receptionist()
        if not self.sudo()._call_back("called_back"):
            raise UserError(self.env._("Only messages that are still waiting can be called back."))

    def _call_back(self, reason):
        """Keep those that still wait from going out; what a dispatcher has in its hands goes.

        :param reason: code of why.
        :return: the messages that stay.
        """
        waiting = self.filtered(_waits).try_lock_for_update().filtered(_waits)
        waiting.write({"state": "suppressed", "reason": reason})
        return waiting

    def _check_receptionist(self):
        self.check_access("read")
        if not self.env.user.has_group("prm_core.group_prm_receptionist"):
            raise UserError(self.env._("Ask the front desk: sending is theirs to decide."))

    def action_open_record(self):
        """Open what the message is about."""
        self.ensure_one()
        if not self.res_model or not self.res_id or self.res_model not in self.env:
            return False
        return {
            "type": "ir.actions.act_window",
            "res_model": self.res_model,
            "res_id": self.res_id,
            "views": [(False, "form")],
        }


def _waits(message):
    return message.state in WAITING
