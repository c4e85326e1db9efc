from datetime import datetime, time, timedelta

from odoo import SUPERUSER_ID, api, fields, models
from odoo.addons.prm_core.contact_hours import local_time, start_of_day
from odoo.exceptions import UserError

from ... import slots, waitlist
from .prm_waitlist_entry import LATELY

#: So long the front desk can take a change back before anybody is written to.
GRACE = timedelta(minutes=3)
#: A shorter stretch is no visit.
SHORTEST = timedelta(minutes=10)
#: How long what became of a time is kept.
KEEP = timedelta(days=180)


class PrmWaitlistOpening(models.Model):
    """A time that came free, and to whom it is offered."""

    _name = "prm.waitlist.opening"
    _description = "Freed Time"
    _order = "start, id"
    _rec_name = "start"
    _check_company_auto = True

    company_id = fields.Many2one(
        "res.company",
        string="Practice",
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )
    provider_id = fields.Many2one(
        "prm.provider",
        required=True,
        domain="[('company_id', '=', company_id)]",
        check_company=True,
        ondelete="cascade",
    )
    start = fields.Datetime(required=True, index=True)
    stop = fields.Datetime(required=True)
    event_id = fields.Many2one(
        "calendar.event",
        string="Freed by",
        readonly=True,
        ondelete="set null",
        index="btree_not_null",
        help="The visit that was cancelled or moved.",
    )
    why = fields.Selection(
        [("cancelled", "Cancelled"), ("moved", "Moved"), ("desk", "Front desk")],
        string="How",
        required=True,
        default="desk",
        readonly=True,
    )
    state = fields.Selection(
        [("asks", "Waits for you"), ("open", "Being offered"), ("taken", "Taken"),
         ("filled", "Booked otherwise"), ("over", "Too late"), ("called_off", "Not offered")],
        required=True,
        default="asks",
        readonly=True,
        index=True,
    )  # fmt: skip
    next_round_at = fields.Datetime(string="Next Offers at", readonly=True)
    offer_ids = fields.One2many("prm.waitlist.offer", "opening_id", readonly=True)
    offered_count = fields.Integer(string="Asked", compute="_compute_counts")
    candidate_count = fields.Integer(string="In Line", compute="_compute_counts")
    visit_id = fields.Many2one(
        "calendar.event", readonly=True, ondelete="set null", copy=False, help="What came of it."
    )

    _order_of_time = models.Constraint(
        "CHECK(start < stop)", "The time has to end after it begins."
    )
    _due_idx = models.Index("(next_round_at) WHERE state = 'open'")

    @api.depends("start", "provider_id")
    def _compute_display_name(self):
        for opening in self:
            if not opening.start or not opening.company_id:
                opening.display_name = self.env._("New")
                continue
            local = local_time(opening.start, opening.company_id._prm_zone())
            day = fields.Date.to_string(local.date())
            opening.display_name = f"{day} {local:%H:%M} · {opening.provider_id.name or ''}"

    def _compute_counts(self):
        rows = self.env["prm.waitlist.offer"]._read_group(
            [("opening_id", "in", self.ids), ("state", "!=", "skipped")],
            ["opening_id", "state"],
            ["__count"],
        )
        asked, could = {}, {}
        for opening, state, count in rows:
            counter = could if state == "candidate" else asked
            counter[opening] = counter.get(opening, 0) + count
        for opening in self:
            opening.offered_count = asked.get(opening, 0)
            opening.candidate_count = could.get(opening, 0)

    @api.onchange("start")
    def _onchange_start(self):
        if self.start and (not self.stop or self.stop <= self.start):
            self.stop = self.start + timedelta(minutes=30)

    # ------------------------------------------------------------
    # WHAT CAME FREE
    # ------------------------------------------------------------

    @api.model
    @api.private
    def _note(self, freed):
        """Note times that came free, so that they are offered, by themselves or by the desk.

        :param freed: dicts with ``event``, ``start``, ``stop``, ``provider_id``, ``why`` and
            ``asks``: whether the front desk decides on it.
        """
        vals_list = []
        for company, items in _by_company(freed).items():
            auto, _daily = self.env["prm.booking.page"]._waitlist_of(company)
            begin = fields.Datetime.now()
            if self._is_at_the_desk():
                begin += GRACE
            for item in items:
                vals_list.append(
                    {
                        "company_id": company.id,
                        "provider_id": item["provider_id"],
                        "start": item["start"],
                        "stop": item["stop"],
                        "event_id": item["event"].id,
                        "why": item["why"],
                        "state": "open" if auto and not item["asks"] else "asks",
                        "next_round_at": begin,
                    }
                )
        openings = self.sudo().create(vals_list)
        openings._wake()
        return openings

    def _is_at_the_desk(self):
        """Whether a person in the practice does what is being done, not a patient or a program."""
        user = self.env.user
        return user.id != SUPERUSER_ID and user.has_group("prm_core.group_prm_user")

    def _wake(self):
        """See to it that the next round is not forgotten."""
        moments = self.filtered(lambda opening: opening.state == "open").mapped("next_round_at")
        if moments:
            cron = self.env.ref("prm_appointment.prm_waitlist_cron").sudo()
            cron._trigger(at=min(moments))

    @api.model
    def _look_again(self, companies):
        """Somebody new waits: look whether a time that is on offer suits them."""
        still = self.search([("company_id", "in", companies.ids), ("state", "=", "open")])
        still.next_round_at = fields.Datetime.now() + GRACE
        still._wake()

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_offer(self):
        """Offer it, in paced rounds, beginning now."""
        self.check_access("write")
        self._check_in_time()
        again = self.filtered(lambda opening: opening.state in ("asks", "called_off", "over"))
        again.write({"state": "open", "next_round_at": fields.Datetime.now()})
        for opening in again:
            opening._round()
        again._wake()

    def action_look(self):
        """Only look who could come; nothing is sent."""
        self.check_access("write")
        self._check_in_time()
        for opening in self:
            opening.sudo()._consider()

    def action_call_off(self):
        """Offer it to nobody (any more)."""
        self.check_access("write")
        self.filtered(lambda opening: opening.state in ("asks", "open"))._close("called_off")

    def _check_in_time(self):
        if any(opening.start <= fields.Datetime.now() for opening in self):
            raise UserError(self.env._("This time has begun: nobody can be offered it any more."))

    def _close(self, state):
        """Nobody is asked any more, and what was asked holds no longer."""
        self.write({"state": state, "next_round_at": False})
        self.offer_ids._withdraw()

    def _offer_rest(self, visit):
        """A shorter visit has taken it: what is left is a freed time of its own.

        :return: the new freed times.
        """
        self.ensure_one()
        gaps = slots.subtract([(self.start, self.stop)], [(visit.start, visit.stop)])
        rest = self.sudo().create(
            [
                {
                    "company_id": self.company_id.id,
                    "provider_id": self.provider_id.id,
                    "event_id": self.event_id.id,
                    "why": self.why,
                    "start": start,
                    "stop": stop,
                    "state": "open",
                    "next_round_at": fields.Datetime.now(),
                }
                for start, stop in gaps
                if stop - start >= SHORTEST
            ]
        )
        rest._wake()
        return rest

    # ------------------------------------------------------------
    # FACTS
    # ------------------------------------------------------------

    def _count_offers(self, patients):
        """Offers that patients got: ``{patient id: today}``, ``{patient id: in the last 30 days}``.

        Of what was taken before they could answer nothing counts: it was none of their doing.
        """
        zone = self.company_id._prm_zone()
        now = fields.Datetime.now()
        midnight = start_of_day(local_time(now, zone).date(), zone)
        rows = self.env["prm.waitlist.offer"].sudo().search_read(
            [("patient_id", "in", patients.ids), ("offered_at", ">=", now - LATELY)],
            ["patient_id", "offered_at", "state"],
            load="",
        )  # fmt: skip
        today, lately = {}, {}
        for row in rows:
            key = row["patient_id"]
            if row["offered_at"] >= midnight:
                today[key] = today.get(key, 0) + 1
            if row["state"] != "lost":
                lately[key] = lately.get(key, 0) + 1
        return today, lately

    def _fitting(self, kinds, moved=None):
        """The time within the freed stretch that suits each kind of visit.

        :param moved: the visit that would be moved here.
        :return: ``{kind: slots.Slot or None}``
        """
        self.ensure_one()
        first = max(self.start, fields.Datetime.now())
        found = {}
        for kind in kinds:
            # What follows may be free too: a longer visit than the one that left has room then.
            last = self.stop + timedelta(minutes=kind.duration)
            free = kind._free_slots(first, last, self.provider_id, moved=moved)
            found[kind] = waitlist.fit(free, self.start, self.stop)
        return found

    def _is_free(self):
        """Whether enough of it is free to be worth an offer."""
        self.ensure_one()
        taken = self.env["calendar.event"].sudo().search_read(
            [
                ("prm_provider_id", "=", self.provider_id.id),
                ("prm_status", "!=", "cancelled"),
                ("prm_busy_start", "<", self.stop),
                ("prm_busy_stop", ">", self.start),
            ],
            ["prm_busy_start", "prm_busy_stop"],
        )  # fmt: skip
        spans = [(row["prm_busy_start"], row["prm_busy_stop"]) for row in taken]
        gaps = slots.subtract([(self.start, self.stop)], spans)
        return any(stop - start >= SHORTEST for start, stop in gaps)

    @api.autovacuum
    def _gc(self):
        before = datetime.combine(fields.Date.today(), time.min) - KEEP
        self.search([("stop", "<", before)], limit=1000).unlink()


def _by_company(freed):
    groups = {}
    for item in freed:
        groups.setdefault(item["event"].sudo().prm_company_id, []).append(item)
    return groups
