from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import format_datetime

from ... import policy
from ...bulk import insert
from .reasons import reason_text

#: After so many times on the voicemail another channel is tried, if there is one.
MAX_VOICEMAILS = 3
VOICEMAIL_WAIT = timedelta(days=1)
#: Outcome of a call -> state of its message.
STATES = {"reached": "read", "booked": "acted", "declined": "acted"}


class PrmCall(models.Model):
    """A call that somebody makes: a message by phone that has become due.

    Before each call the gate is asked again: what it says stands on the form, and where it says no
    there is no button to call, only one that takes the call off the list.
    """

    _name = "prm.call"
    _description = "Phone Call"
    _order = "due_at, id"
    _rec_name = "patient_id"

    message_id = fields.Many2one("prm.message", required=True, readonly=True, ondelete="cascade")
    company_id = fields.Many2one("res.company", string="Practice", required=True, readonly=True)
    patient_id = fields.Many2one(
        "prm.patient", required=True, readonly=True, index=True, ondelete="cascade"
    )
    purpose_id = fields.Many2one(related="message_id.purpose_id")
    subject = fields.Char(related="message_id.subject")
    script = fields.Text(related="message_id.body")
    phone = fields.Char(related="message_id.address")
    lang = fields.Char(related="message_id.lang", string="Language")
    state = fields.Selection(
        [("to_do", "To Call"), ("done", "Done")], required=True, default="to_do", readonly=True
    )
    due_at = fields.Datetime("Due", required=True, default=fields.Datetime.now, readonly=True)
    attempts = fields.Integer("Times called", required=True, default=0, readonly=True)
    outcome = fields.Selection(
        [
            ("reached", "Reached"),
            ("voicemail", "Voicemail"),
            ("booked", "Booked"),
            ("declined", "Declined"),
            ("wrong_number", "Wrong Number"),
            ("called_off", "Taken Off the List"),
        ],
        readonly=True,
        help="Of the last time.",
    )
    decline_reason = fields.Selection(
        [
            ("not_now", "Not now"),
            ("cost", "Cost"),
            ("fear", "Fear"),
            ("elsewhere", "Goes elsewhere"),
            ("no_need", "Sees no need"),
            ("other", "Another reason"),
        ],
        string="Reason for a no",
    )
    note = fields.Text(help="For the team. No health details.")
    user_id = fields.Many2one("res.users", string="Called by", readonly=True)
    verdict = fields.Selection(
        [("allow", "Go ahead"), ("defer", "Later"), ("suppress", "Don't call")],
        compute="_compute_verdict",
        compute_sudo=True,
    )
    verdict_text = fields.Char(compute="_compute_verdict", compute_sudo=True)

    _message_uniq = models.UniqueIndex("(message_id)")
    _due_idx = models.Index("(company_id, due_at, id) WHERE state = 'to_do'")

    # ------------------------------------------------------------
    # WHAT THE GATE SAYS NOW
    # ------------------------------------------------------------

    @api.depends("state")
    @api.depends_context("lang", "tz")
    def _compute_verdict(self):
        waiting = self.filtered(lambda call: call.state == "to_do")
        (self - waiting).update({"verdict": False, "verdict_text": False})
        for call, decision in zip(waiting, waiting._ask_gate(), strict=True):
            call.verdict = decision.outcome
            text = reason_text(self.env, decision.reason) if decision.reason != "ok" else ""
            if decision.until:
                until = format_datetime(self.env, decision.until, dt_format="medium")
                text = self.env._("%(reason)s Call from %(moment)s on.", reason=text, moment=until)
            call.verdict_text = text

    def _ask_gate(self):
        """The gate's decisions of this moment, in the order of the calls."""
        facts = self.message_id._gather_claimed_facts(self.message_id) if self else []
        return [policy.decide(fact) for fact in facts]

    def write(self, vals):
        """By hand only what staff note down; the rest comes by the buttons, which ask the gate."""
        if not self.env.su and set(vals) - {"decline_reason", "note"}:
            raise AccessError(self.env._("Use the buttons to say what came of a call."))
        return super().write(vals)

    # ------------------------------------------------------------
    # OUTCOMES
    # ------------------------------------------------------------

    def action_reached(self):
        """The patient has heard what there was to say."""
        return self._end("reached")

    def action_booked(self):
        """The patient did what the call was for."""
        return self._end("booked")

    def action_declined(self):
        """The patient said no; why is kept, so that nobody asks the same again in vain."""
        if any(not call.decline_reason for call in self):
            raise UserError(self.env._("Choose the reason for the no first, then “Declined”."))
        return self._end("declined", reason=self.decline_reason)

    def action_voicemail(self):
        """Nobody picked up: once more tomorrow, and after the third time another channel."""
        self.ensure_one()
        call = self._take()
        if call.attempts + 1 < MAX_VOICEMAILS:
            call._note("voicemail", state="to_do", due_at=fields.Datetime.now() + VOICEMAIL_WAIT)
        else:
            call._note("voicemail")
            call._fail("not_reached")
        return self._next_action()

    def action_wrong_number(self):
        """Somebody else has this number: nobody calls it again."""
        self.ensure_one()
        call = self._take()
        call._note("wrong_number")
        self.env["prm.address.block"].sudo()._block(
            call.company_id, "phone", call.phone, "wrong_person"
        )
        call._fail("bad_number")
        return self._next_action()

    def action_postpone(self):
        """Not at this hour: the call comes back when the gate lets it."""
        self.ensure_one()
        call = self._take(forbidden=("suppress",))
        [decision] = call._ask_gate()
        call.due_at = decision.until or fields.Datetime.now() + timedelta(hours=1)
        return self._next_action()

    def action_call_off(self):
        """Take a call off the list; what the gate says stays with the message as the reason."""
        self.ensure_one()
        call = self._take(forbidden=())
        [decision] = call._ask_gate()
        reason = "called_back" if decision.allowed else decision.reason
        call.write({"state": "done", "outcome": "called_off", "user_id": self.env.uid})
        call.message_id.write({"state": "suppressed", "reason": reason})
        return self._next_action()

    def _end(self, outcome, reason=None):
        self.ensure_one()
        call = self._take()
        call._note(outcome, reason=reason)
        call.message_id._advance(STATES[outcome])
        return self._next_action()

    def _take(self, forbidden=("suppress", "defer")):
        """The call for writing, by somebody who may, while it waits and the gate lets it go.

        :param forbidden: what the gate must not say.
        """
        messages = self.env["prm.message"]
        messages._check_receptionist()
        self.check_access("read")
        call = self.sudo().try_lock_for_update().filtered(lambda one: one.state == "to_do")
        if not call:
            raise UserError(self.env._("A colleague has ended this call already."))
        if call.verdict in forbidden:
            raise UserError(call.verdict_text or self.env._("This call must not be made now."))
        return call

    def _note(self, outcome, reason=None, state="done", due_at=None):
        """Record what came of one call, on it and in the timeline."""
        self.ensure_one()
        self.write(
            {
                "state": state, "outcome": outcome, "attempts": self.attempts + 1,
                "user_id": self.env.uid, "due_at": due_at or self.due_at,
            }
        )  # fmt: skip
        reasons = dict(self._fields["decline_reason"]._description_selection(self.env))
        payload = {"subject": self.subject, "attempt": self.attempts}
        if reason:
            payload["reason"] = reasons[reason]
        entry = {"patient": self.patient_id, "record": self.message_id, "payload": payload}
        self.env["prm.event"].emit(f"call_{outcome}", [{**entry, "company_id": self.company_id.id}])

    def _fail(self, reason):
        """Nothing more comes of it by phone: the next permitted channel is tried, once."""
        self.message_id._advance("failed", reason=reason)._fall_over()

    def _next_action(self):
        """The next call that is due in the same practice, else the list."""
        self.ensure_one()
        action = self.env["ir.actions.actions"]._for_xml_id("prm_core.prm_call_action")
        following = self.search(
            [
                ("state", "=", "to_do"),
                ("company_id", "=", self.company_id.id),
                ("due_at", "<=", fields.Datetime.now()),
                ("id", "!=", self.id),
            ],
            limit=1,
        )
        if following:
            views = sorted(action["views"], key=lambda view: view[1] != "form")
            action.update(views=views, res_id=following.id)
        return {**action, "target": "main"}

    # ------------------------------------------------------------
    # BUSINESS METHODS
    # ------------------------------------------------------------

    @api.model
    def _plan(self, messages):
        """Put calls on the list: one for each message, however often it is asked for.

        A message that a person sends again puts its call that was ended back on the list.

        :return: the calls of all these messages.
        """
        calls = self.sudo()
        fresh = insert(
            calls,
            [
                {
                    "message_id": message.id,
                    "company_id": message.company_id.id,
                    "patient_id": message.patient_id.id,
                }
                for message in messages
            ],
            skip_existing=True,
        )
        planned = calls.search([("message_id", "in", messages.ids)])
        again = planned.filtered(lambda call: call.state == "done")
        again.write(
            {"state": "to_do", "outcome": False, "attempts": 0, "due_at": fields.Datetime.now()}
        )
        entries = [
            {
                "patient": call.patient_id,
                "company_id": call.company_id.id,
                "record": call.message_id,
                "payload": {"subject": call.subject},
            }
            for call in fresh | again
        ]
        if entries:
            self.env["prm.event"].emit("call_planned", entries)
        return planned
