from odoo import api, fields, models
from odoo.addons.prm_core import outbox, templating
from odoo.addons.prm_core.models.messaging.reasons import reason_text, register_reason
from odoo.exceptions import UserError
from odoo.tools import SQL
from odoo.tools.translate import LazyTranslate

from ... import patient_dates, waitlist
from ...exceptions import SlotTaken

_lt = LazyTranslate(__name__)

#: Why somebody is not offered a time (see `waitlist.skip_reason`), for staff.
_SKIPPED = {
    "answered": _lt("Has been asked."),
    "no_room": _lt("Their visit takes longer than is free."),
    "other_provider": _lt("Waits for somebody else."),
    "not_sooner": _lt("Their own visit is no later."),
    "other_dates": _lt("Waits for other days of the year."),
    "other_hours": _lt("Has no time on that day or hour."),
    "short_notice": _lt("Has to know earlier."),
    "other_visit": _lt("Has another visit at that time."),
    "enough_today": _lt("Has had enough offers today."),
}
register_reason("offer_over", _lt("The time that it offers is no longer free, or not wanted."))

templating.register_variables(
    templating.Variable(
        "link.offer",
        "Address of the page on which somebody on the waitlist takes a time that came free",
        "https://aurora.example/prm/l/w5RqLw8ZrYd3NfHa5JmCe9KuPsTq2Vb7",
    ),
    templating.Variable(
        "offer.instead_of",
        "Day and time of the visit that they have already; empty when they have none",
        "Friday, 18 December, 15:30",
    ),
)


class PrmWaitlistOffer(models.Model):
    """What one person on the waitlist is, or is not, offered of one time that came free."""

    _name = "prm.waitlist.offer"
    _description = "Offer to the Waitlist"
    _order = "opening_id, offered_at, score desc, id"
    _rec_name = "patient_id"

    opening_id = fields.Many2one(
        "prm.waitlist.opening", required=True, index=True, ondelete="cascade"
    )
    entry_id = fields.Many2one("prm.waitlist.entry", required=True, index=True, ondelete="cascade")
    patient_id = fields.Many2one(
        related="entry_id.patient_id", string="Patient", store=True, index=True, precompute=True
    )
    company_id = fields.Many2one(related="opening_id.company_id", store=True, precompute=True)
    type_id = fields.Many2one(related="entry_id.type_id")
    event_id = fields.Many2one(related="entry_id.event_id", string="Instead of")
    provider_id = fields.Many2one("prm.provider", readonly=True, ondelete="cascade")
    start = fields.Datetime(readonly=True)
    stop = fields.Datetime(readonly=True)
    state = fields.Selection(
        [("candidate", "Could come"), ("skipped", "Left out"), ("offered", "Asked"),
         ("accepted", "Took it"), ("declined", "Said no"), ("lost", "Too late")],
        required=True,
        default="candidate",
        readonly=True,
    )  # fmt: skip
    score = fields.Integer(string="Points", readonly=True, aggregator=None)
    points = fields.Json(readonly=True, help="[reason, points, number] of each reason.")
    why = fields.Char(compute="_compute_why", help="Why here in the order, or why left out.")
    reason = fields.Char(readonly=True, help="Code of why they are left out.")
    by_hand = fields.Boolean(string="By a Person", readonly=True)
    offered_at = fields.Datetime(string="Asked at", readonly=True)
    answered_at = fields.Datetime(readonly=True)
    message_id = fields.Many2one("prm.message", readonly=True, ondelete="set null")
    message_state = fields.Selection(related="message_id.state", string="Message")

    _once = models.UniqueIndex("(opening_id, entry_id)")

    @api.depends("points", "reason", "state")
    @api.depends_context("lang")
    def _compute_why(self):
        for offer in self:
            if offer.state == "skipped":
                text = _SKIPPED.get(offer.reason)
                offer.why = (
                    text._translate(self.env.lang or "en_US")
                    if text
                    else reason_text(self.env, offer.reason)
                )
            else:
                offer.why = " · ".join(self._say_point(*point) for point in offer.points or ())

    def _say_point(self, reason, points, number):
        texts = {
            "urgency": self.env._("urgent") if number > 1 else self.env._("soon"),
            "fills": self.env._("fills %(percent)s%% of the time", percent=number),
            "provider": self.env._("asked for this provider"),
            "waiting": self.env._("waits for %(count)s days", count=number),
            "had_offers": self.env._("had %(count)s offers lately", count=number),
        }
        return f"{texts.get(reason, reason)} {points:+}"

    # ------------------------------------------------------------
    # ASKING
    # ------------------------------------------------------------

    def _request(self):
        """What the outbox is asked to send.

        :rtype: outbox.Request
        """
        self.ensure_one()
        patient, company = self.patient_id, self.company_id
        dates = patient_dates.Writer(patient.lang or "en_US", company._prm_zone())
        former = self.entry_id.event_id.start
        return outbox.Request(
            patient,
            "care",
            self.env["prm.template"]._by_code("waitlist_offer", company),
            record=self,
            variables={
                "appointment.day": dates.day(self.start),
                "appointment.time": dates.clock(self.start),
                "appointment.provider": self.provider_id.name or "",
                "appointment.type": self.type_id.name or "",
                "offer.instead_of": (former
                and f"{dates.day(former)}, {dates.clock(former)}") or "",
            },
            link_action="offer",
            not_after=self.start - waitlist.LAST_CALL,
        )  # fmt: skip

    def _ask(self, by_hand=False):
        """Write to these people. What the gate holds back now is left out, with its reason.

        :return: those who were written to.
        """
        requests = [offer._request() for offer in self]
        going, now = self.browse(), fields.Datetime.now()
        decisions = self.env["prm.message"]._decide(requests)
        for offer, decision in zip(self, decisions, strict=True):
            if decision.outcome == "allow":
                going |= offer
            else:
                offer.write({"state": "skipped", "reason": decision.reason})
        messages = self.env["prm.message"]._queue([offer._request() for offer in going])
        for offer, message in zip(going, messages, strict=True):
            vals = {"message_id": message.id, "by_hand": by_hand}
            if message.state == "suppressed":
                offer.write({**vals, "state": "skipped", "reason": message.reason})
                going -= offer
            else:
                offer.write({**vals, "state": "offered", "reason": False, "offered_at": now})
        going._emit("waitlist_offered")
        return going

    def _emit(self, code):
        self.env["prm.event"].sudo().emit(
            code,
            [
                {
                    "patient": offer.patient_id,
                    "company_id": offer.company_id.id,
                    "record": offer,
                    "payload": {
                        "type": offer.type_id.name,
                        "start": f"{offer._local_start():%Y-%m-%d %H:%M}",
                    },
                }
                for offer in self
            ],
        )

    def _local_start(self):
        zone = self.company_id._prm_zone()
        return fields.Datetime.context_timestamp(self.with_context(tz=zone), self.start)

    def _withdraw(self):
        """What was offered holds no longer; messages that have not gone yet stay."""
        waiting = self.filtered(lambda offer: offer.state == "offered")
        if waiting:
            waiting.state = "lost"
            waiting.message_id.sudo()._call_back("offer_over")

    # ------------------------------------------------------------
    # ANSWERS
    # ------------------------------------------------------------

    def _stands(self):
        """Whether it can still be taken."""
        self.ensure_one()
        return (
            self.state == "offered"
            and self.opening_id.state == "open"
            and self.entry_id.state == "waiting"
            and self.start > fields.Datetime.now()
            and bool(self._free_slot())
        )

    def _free_slot(self):
        """The offered time, with a free chair; None when it is taken."""
        moved = self._given_up()
        found = self.type_id._free_slots(self.start, self.stop, self.provider_id, moved=moved)
        return next((slot for slot in found if slot.start == self.start), None)

    def _given_up(self):
        """The visit that is moved to the offered time, if they have one that can be."""
        visit = self.entry_id.event_id
        return visit.filtered(lambda one: one.prm_status in ("booked", "confirmed")) or None

    def _accept(self):
        """Book the time for this person, or move their visit to it. The first one wins.

        :return: the visit.
        :raises SlotTaken: when the time is no longer to be had.
        """
        self.ensure_one()
        # Whoever comes second waits here until the first is done, then sees that it is taken.
        self.env.execute_query(
            SQL("SELECT id FROM prm_waitlist_opening WHERE id = %s FOR UPDATE", self.opening_id.id)
        )
        self.opening_id.invalidate_recordset(["state"])
        slot = self._free_slot() if self.opening_id.state in ("open", "asks") else None
        if not slot or self.state not in ("offered", "candidate", "skipped"):
            raise SlotTaken(self.env._("This time is taken."))
        visit = self._book(slot)
        now = fields.Datetime.now()
        self.write({"state": "accepted", "answered_at": now})
        opening = self.opening_id
        opening.visit_id = visit
        opening._close("taken")
        opening._offer_rest(visit)
        self.entry_id._end("booked")
        self._emit("waitlist_taken")
        return visit

    def _book(self, slot):
        operatory = self.env["prm.operatory"].browse(slot.operatory_id or ())
        visit = self._given_up()
        if visit:
            visit._prm_move(slot.start, self.provider_id, operatory)
            return visit
        wish = {
            "patient": self.patient_id, "type": self.type_id, "provider": self.provider_id,
            "operatory": operatory, "start": slot.start, "source": "waitlist",
        }  # fmt: skip
        return self.env["calendar.event"]._prm_book([wish])

    def _decline(self):
        """They don't want this time; they go on waiting."""
        asked = self.filtered(lambda offer: offer.state == "offered")
        asked.write({"state": "declined", "answered_at": fields.Datetime.now()})
        asked._emit("waitlist_declined")

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_ask(self):
        """Offer the time to this person now, whatever their place in the order."""
        self.ensure_one()
        self._check_by_hand()
        if self.state == "offered":
            raise UserError(self.env._("They have been asked already."))
        offer = self.sudo()
        if offer.opening_id.state == "asks":
            # By hand it is offered to this one, not to the others after a while.
            offer.opening_id.write({"state": "open", "next_round_at": False})
        if not offer._ask(by_hand=True):
            raise UserError(
                self.env._("This can't be sent: %(why)s Call them instead.", why=offer.why)
            )

    def action_book(self):
        """Book it: somebody has asked them, such as on the phone."""
        self.ensure_one()
        self._check_by_hand()
        visit = self.sudo()._accept()
        return {
            "type": "ir.actions.act_window",
            "res_model": "calendar.event",
            "res_id": visit.id,
            "views": [(self.env.ref("prm_appointment.prm_appointment_view_form").id, "form")],
        }

    def _check_by_hand(self):
        self.opening_id.check_access("write")
        self.check_access("write")
        self.opening_id._check_in_time()
        if self.opening_id.state not in ("asks", "open"):
            raise UserError(self.env._("This time is not offered any more."))
        if not self.start:
            raise UserError(self.env._("There is no room for this kind of visit in that time."))
