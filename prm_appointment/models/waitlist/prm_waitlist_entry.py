from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ... import slot_wishes, waitlist
from ..prm_time_block import WEEKDAYS

#: Statuses of a visit that can still be given up for an earlier one.
STANDING = ("booked", "confirmed")
LATELY = timedelta(days=30)


class PrmWaitlistEntry(models.Model):
    """Somebody who waits for a visit, or for an earlier one, and when it would suit them."""

    _name = "prm.waitlist.entry"
    _description = "Waitlist Entry"
    _order = "urgency desc, id"
    _rec_name = "patient_id"

    patient_id = fields.Many2one("prm.patient", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(
        related="patient_id.company_id", string="Practice", store=True, precompute=True, index=True
    )
    type_id = fields.Many2one(
        "prm.appointment.type",
        string="Kind of Visit",
        required=True,
        domain="[('company_id', '=', company_id)]",
        ondelete="restrict",
        compute="_compute_type",
        store=True,
        readonly=False,
        precompute=True,
    )
    event_id = fields.Many2one(
        "calendar.event",
        string="Instead of",
        domain="[('prm_patient_id', '=', patient_id), ('start', '>', 'now'),"
        " ('prm_status', 'in', ('booked', 'confirmed'))]",
        index="btree_not_null",
        ondelete="cascade",
        help="The visit that they give up for an earlier one. Empty: they have none yet.",
    )
    event_start = fields.Datetime(related="event_id.start", string="Has a Visit on")
    provider_ids = fields.Many2many(
        "prm.provider",
        "prm_waitlist_entry_provider_rel",
        "entry_id",
        "provider_id",
        string="With",
        domain="[('company_id', '=', company_id)]",
        help="Empty: with anybody.",
    )
    mon = fields.Boolean(string="Monday", default=True)
    tue = fields.Boolean(string="Tuesday", default=True)
    wed = fields.Boolean(string="Wednesday", default=True)
    thu = fields.Boolean(string="Thursday", default=True)
    fri = fields.Boolean(string="Friday", default=True)
    sat = fields.Boolean(string="Saturday", default=True)
    sun = fields.Boolean(string="Sunday", default=True)
    hour_from = fields.Float(string="Not before", default=0)
    hour_to = fields.Float(string="Over by", default=24)
    date_from = fields.Date(string="From")
    date_to = fields.Date(string="Until", help="Included. After it they wait no longer.")
    notice_hours = fields.Integer(
        string="Has to Know",
        default=2,
        required=True,
        help="So many hours before the visit at least.",
    )
    urgency = fields.Selection(
        [("0", "Can wait"), ("1", "Soon"), ("2", "Urgent")], required=True, default="0"
    )
    since = fields.Datetime(required=True, default=fields.Datetime.now)
    note = fields.Text(string="Note for the team")
    source = fields.Selection(
        [("desk", "Front desk"), ("online", "Patient")],
        string="Put on by",
        required=True,
        default="desk",
        readonly=True,
    )
    state = fields.Selection(
        [("waiting", "Waiting"), ("booked", "Booked"), ("left", "Wants no more offers"),
         ("closed", "Closed")],
        required=True,
        default="waiting",
        readonly=True,
        index=True,
        copy=False,
    )  # fmt: skip
    closed_at = fields.Datetime(string="Ended at", readonly=True, copy=False)
    offer_ids = fields.One2many("prm.waitlist.offer", "entry_id", readonly=True)
    offer_count = fields.Integer(string="Offers", compute="_compute_offer_count")
    when_text = fields.Char(string="Time for It", compute="_compute_when_text")

    _hours = models.Constraint(
        "CHECK(hour_from >= 0 AND hour_from < hour_to AND hour_to <= 24)",
        "The hours end after they begin, on the same day.",
    )
    _dates = models.Constraint(
        "CHECK(date_from <= date_to)", "The last day can't be before the first one."
    )
    _days = models.Constraint(
        "CHECK(TRUE IN (mon, tue, wed, thu, fri, sat, sun) IS TRUE)", "Choose a day of the week."
    )
    _notice_positive = models.Constraint(
        "CHECK(notice_hours >= 0)", "The hours before the visit can't be negative."
    )
    _once = models.UniqueIndex(
        "(patient_id, type_id) WHERE state = 'waiting'",
        "The patient is on the waitlist for this kind of visit already: change that entry.",
    )

    @api.depends("event_id")
    def _compute_type(self):
        for entry in self:
            entry.type_id = entry.event_id.prm_type_id or entry.type_id

    def _compute_offer_count(self):
        counts = dict(
            self.env["prm.waitlist.offer"]._read_group(
                [("entry_id", "in", self.ids), ("offered_at", "!=", False)],
                ["entry_id"],
                ["__count"],
            )
        )
        for entry in self:
            entry.offer_count = counts.get(entry, 0)

    @api.depends("hour_from", "hour_to", "date_from", "date_to", *WEEKDAYS)
    def _compute_when_text(self):
        for entry in self:
            days = [self._fields[day]._description_string(self.env)[:3] for day in WEEKDAYS
                    if entry[day]]  # fmt: skip
            parts = [] if len(days) == 7 else [", ".join(days)]
            if entry.hour_from or entry.hour_to < 24:
                parts.append(f"{_clock(entry.hour_from)} – {_clock(entry.hour_to)}")
            if entry.date_from or entry.date_to:
                ends = (day.strftime("%Y-%m-%d") if day else "…"
                        for day in (entry.date_from, entry.date_to))  # fmt: skip
                parts.append(" – ".join(ends))
            entry.when_text = " · ".join(parts) or self.env._("any time")

    @api.constrains("patient_id", "type_id", "event_id", "provider_ids")
    def _check_practice(self):
        for entry in self:
            for record in (entry.type_id, *entry.provider_ids):
                if record.company_id != entry.company_id:
                    raise ValidationError(
                        self.env._("“%(name)s” belongs to another practice.", name=record.name)
                    )
            visit = entry.event_id
            if visit and visit.prm_patient_id != entry.patient_id:
                raise ValidationError(self.env._("That visit is another patient's."))
            if visit and visit.prm_type_id != entry.type_id:
                raise ValidationError(self.env._("That visit is of another kind."))

    @api.model_create_multi
    def create(self, vals_list):
        # The index that lets nobody wait twice has to know who no longer does.
        self.flush_model(["state"])
        entries = super().create(vals_list)
        entries._check_patient()
        entries._emit("waitlist_joined")
        # Something that suits them may have been free for a while.
        self.env["prm.waitlist.opening"].sudo()._look_again(entries.company_id)
        return entries

    def write(self, vals):
        result = super().write(vals)
        if vals.keys() & {"hour_from", "hour_to", "date_from", "date_to", "provider_ids",
                          "notice_hours", "urgency", *WEEKDAYS}:  # fmt: skip
            self.env["prm.waitlist.opening"].sudo()._look_again(self.company_id)
        return result

    def _check_patient(self):
        for entry in self:
            if entry.patient_id.status == "deceased":
                raise UserError(self.env._("The patient has died."))

    def _emit(self, code, record=None):
        self.env["prm.event"].sudo().emit(
            code,
            [
                {
                    "patient": entry.patient_id,
                    "company_id": entry.company_id.id,
                    "record": record or entry,
                    "payload": {"type": entry.type_id.name},
                }
                for entry in self
            ],
        )

    # ------------------------------------------------------------
    # HOW IT ENDS
    # ------------------------------------------------------------

    def _end(self, state):
        """They wait no longer; offers that are open lose their point."""
        waiting = self.filtered(lambda entry: entry.state == "waiting")
        waiting.write({"state": state, "closed_at": fields.Datetime.now()})
        waiting.offer_ids._withdraw()
        if state == "left":
            waiting._emit("waitlist_left")

    def action_close(self):
        """Take people off the list."""
        self.check_access("write")
        self._end("closed")

    def action_wait_again(self):
        self.check_access("write")
        self.filtered(lambda entry: entry.state != "waiting").write(
            {"state": "waiting", "closed_at": False}
        )

    @api.model
    def _end_what_is_over(self):
        """People whose last day has passed, or whose visit came about, wait no longer."""
        today = fields.Date.today() - timedelta(days=1)
        self.search(
            [
                ("state", "=", "waiting"), "|", "|", ("date_to", "<", today),
                ("event_id.start", "<", fields.Datetime.now()),
                ("patient_id.status", "in", ("deceased", "moved", "inactive")),
            ]
        )._end("closed")  # fmt: skip

    # ------------------------------------------------------------
    # FOR THE ORDER
    # ------------------------------------------------------------

    def _wants(self, opening):
        """What these people want, for `waitlist.rank`, in a handful of queries.

        :param opening: `prm.waitlist.opening`.
        :return: ``{entry: waitlist.Want}``
        """
        patients = self.patient_id
        zone = opening.company_id._prm_zone()
        visits = self._read_visits(opening)
        today, lately = opening._count_offers(patients)
        answered = opening.offer_ids.filtered("offered_at").entry_id
        wants = {}
        for entry in self:
            patient_id = entry.patient_id.id
            weekdays = frozenset(n for n, day in enumerate(WEEKDAYS) if entry[day])
            wants[entry] = waitlist.Want(
                key=entry.id,
                wish=slot_wishes.Wish.between(
                    entry.hour_from, entry.hour_to, zone=zone, weekdays=weekdays
                ),
                since=entry.since,
                urgency=int(entry.urgency),
                provider_ids=frozenset(entry.provider_ids.ids),
                first_day=entry.date_from or None,
                last_day=entry.date_to or None,
                notice=timedelta(hours=entry.notice_hours),
                instead_of=entry.event_id.start or None,
                visits=tuple(
                    span for event_id, *span in visits.get(patient_id, ())
                    if event_id != entry.event_id.id
                ),
                offered_today=today.get(patient_id, 0),
                offered_lately=lately.get(patient_id, 0),
                answered=entry in answered,
            )  # fmt: skip
        return wants

    def _read_visits(self, opening):
        """``{patient id: [(event id, start, stop)]}`` near a time that came free."""
        rows = self.env["calendar.event"].sudo().search_read(
            [
                ("prm_patient_id", "in", self.patient_id.ids),
                ("prm_status", "!=", "cancelled"),
                ("start", "<", opening.stop + timedelta(days=1)),
                ("stop", ">", opening.start - timedelta(days=1)),
            ],
            ["prm_patient_id", "start", "stop"],
            load="",
        )  # fmt: skip
        result = {}
        for row in rows:
            spans = result.setdefault(row["prm_patient_id"], [])
            spans.append((row["id"], row["start"], row["stop"]))
        return result


def _clock(hours):
    minutes = round(hours * 60)
    return f"{minutes // 60}:{minutes % 60:02}"
