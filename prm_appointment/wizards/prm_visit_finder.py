from datetime import timedelta

from babel.dates import format_skeleton
from odoo import api, fields, models
from odoo.addons.prm_core.contact_hours import local_time, start_of_day
from odoo.tools.misc import babel_locale_parse, format_time

from ..slot_wishes import EVERY_DAY, PARTS, Wish

#: Weeks that are looked through; times shown in all, and of one day, so that days can be compared.
WEEKS, SHOWN, OF_A_DAY = 8, 15, 3
#: Times of one day lie so far apart: a quarter of an hour later is no other time.
APART = timedelta(hours=1)
#: Combinations that are looked at when two come together.
TOGETHER_LIMIT = 300


class PrmVisitFinder(models.TransientModel):
    """Find a time while the patient is on the phone: say what is wished, press one, booked."""

    _name = "prm.visit.finder"
    _description = "Find a Time"

    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, default=lambda self: self.env.company
    )
    patient_id = fields.Many2one(
        "prm.patient", required=True, domain="[('company_id', '=', company_id)]",
        ondelete="cascade",
    )  # fmt: skip
    type_id = fields.Many2one(
        "prm.appointment.type",
        string="Kind of Visit",
        required=True,
        domain="[('company_id', '=', company_id)]",
        ondelete="cascade",
        default=lambda self: self._default_type(),
    )
    usual_provider_id = fields.Many2one(
        "prm.provider", string="Knows", compute="_compute_usual_provider_id"
    )
    with_whom = fields.Selection(
        [("any", "Whoever is free first"), ("usual", "Whom they know first"), ("one", "Only")],
        string="With",
        required=True,
        default="any",
    )
    provider_id = fields.Many2one(
        "prm.provider", domain="[('company_id', '=', company_id)]", ondelete="cascade"
    )
    part = fields.Selection(
        [("any", "Any hour"), ("morning", "Morning"), ("afternoon", "Afternoon"),
         ("evening", "Evening")],
        string="When",
        required=True,
        default="any",
    )  # fmt: skip
    weekday = fields.Selection(
        [("any", "Any day"), ("0", "Monday"), ("1", "Tuesday"), ("2", "Wednesday"),
         ("3", "Thursday"), ("4", "Friday"), ("5", "Saturday"), ("6", "Sunday")],
        string="Day",
        required=True,
        default="any",
    )  # fmt: skip
    date_from = fields.Date(string="From", required=True, default=fields.Date.context_today)
    other_patient_id = fields.Many2one(
        "prm.patient",
        string="Together With",
        domain="[('company_id', '=', company_id), ('id', '!=', patient_id)]",
        ondelete="cascade",
        help="A child or somebody else who comes too: one after the other, or at the same time.",
    )
    other_type_id = fields.Many2one(
        "prm.appointment.type",
        string="Their Visit",
        domain="[('company_id', '=', company_id)]",
        ondelete="cascade",
    )
    source = fields.Selection(
        [("phone", "Phone"), ("desk", "Front desk")],
        string="Booked by",
        required=True,
        default="phone",
    )
    extra_minutes = fields.Integer(
        string="Minutes More", help="How much longer than this kind of visit usually takes."
    )
    line_ids = fields.One2many("prm.visit.finder.line", "finder_id", string="Free Times")

    _extra_not_negative = models.Constraint(
        "CHECK(extra_minutes >= 0)", "A visit can be longer than usual here, not shorter."
    )

    @api.model
    def _default_type(self):
        """What the patient came for last, else the first kind there is."""
        kinds = self.env["prm.appointment.type"]
        patient_id = self.env.context.get("default_patient_id")
        last = self.env["calendar.event"].search(
            [("prm_patient_id", "=", patient_id or -1), ("prm_type_id.active", "=", True)],
            order="start desc",
            limit=1,
        )
        own = [("company_id", "=", self.env.company.id), ("provider_ids", "!=", False)]
        return last.prm_type_id or kinds.search(own, limit=1)

    @api.depends("patient_id", "type_id")
    def _compute_usual_provider_id(self):
        """Whom the patient saw last, among those who do this kind of visit."""
        for finder in self:
            last = self.env["calendar.event"].search(
                [
                    ("prm_patient_id", "=", finder.patient_id.id or -1),
                    ("prm_provider_id", "in", finder.type_id.provider_ids.ids),
                    ("prm_status", "!=", "cancelled"),
                ],
                order="start desc",
                limit=1,
            )
            finder.usual_provider_id = last.prm_provider_id

    # === LOOKING ===

    def action_look(self):
        """The first times that suit, instead of those that are shown."""
        self.ensure_one()
        self.line_ids.unlink()
        self.line_ids = [fields.Command.create(vals) for vals in self._find()]
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Find a time"),
            "res_model": self._name,
            "res_id": self.id,
            "views": [(False, "form")],
            "target": "new",
        }

    # === FINDING ===

    def _find(self):
        """Values of the lines: the first times that suit, a few of each day."""
        if not self.type_id or not self.patient_id:
            return []
        zone = self.company_id._prm_zone()
        now = fields.Datetime.now()
        start = max(now, start_of_day(self.date_from or local_time(now, zone).date(), zone))
        stop = start + timedelta(weeks=WEEKS)
        found = (
            self._find_together(start, stop, zone)
            if self.other_patient_id
            else [(slot,) for slot in self._find_alone(start, stop, zone)]
        )
        return [self._line_vals(slots) for slots in _spread(found, zone)]

    def _find_alone(self, start, stop, zone):
        return self.type_id._free_slots(
            start, stop, self._providers(), self._wish(zone), extra=self.extra_minutes
        )

    def _find_together(self, start, stop, zone):
        other = self.other_type_id or self.type_id
        wants = [(self.type_id, self._providers()), (other, None)]
        kinds = self.env["prm.appointment.type"]
        return kinds._free_together(wants, start, stop, wish=self._wish(zone), limit=TOGETHER_LIMIT)

    def _providers(self):
        return self.provider_id if self.with_whom == "one" and self.provider_id else None

    def _wish(self, zone):
        options = {"zone": zone}
        if self.weekday != "any":
            options["weekdays"] = frozenset({int(self.weekday)}) & EVERY_DAY
        if self.with_whom == "usual" and self.usual_provider_id:
            options["provider_id"] = self.usual_provider_id.id
        return Wish.part_of_day(self.part, **options) if self.part in PARTS else Wish(**options)

    def _line_vals(self, slots):
        first, second = slots[0], slots[1] if len(slots) > 1 else None
        vals = {
            "patient_id": self.patient_id.id,
            "type_id": self.type_id.id,
            "start": first.start,
            "stop": first.stop,
            "provider_id": first.provider_id,
            "operatory_id": first.operatory_id,
        }
        if second:
            vals |= {
                "other_patient_id": self.other_patient_id.id,
                "other_type_id": (self.other_type_id or self.type_id).id,
                "other_start": second.start,
                "other_provider_id": second.provider_id,
                "other_operatory_id": second.operatory_id,
            }
        return vals

    def _after_booking(self, visits):
        """Hook: these visits were booked from here, in the same transaction.

        :param visits: `calendar.event`, the one of the patient first.
        """


def _spread(found, zone):
    """The first of what was found: at most so many of each day of the practice, and apart."""
    chosen, of_day = [], {}
    for slots in found:
        start = slots[0].start
        taken = of_day.setdefault(local_time(start, zone).date(), [])
        if len(taken) == OF_A_DAY or any(abs(start - other) < APART for other in taken):
            continue
        taken.append(start)
        chosen.append(slots)
        if len(chosen) == SHOWN:
            break
    return chosen


class PrmVisitFinderLine(models.TransientModel):
    """One free time that suits, for one patient or for two who come together.

    It says for whom and for what it was found: wishes may have been changed since, and what is
    booked is what is shown.
    """

    _name = "prm.visit.finder.line"
    _description = "Free Time"
    _order = "id"

    finder_id = fields.Many2one("prm.visit.finder", required=True, ondelete="cascade")
    patient_id = fields.Many2one("prm.patient", required=True, ondelete="cascade")
    type_id = fields.Many2one("prm.appointment.type", required=True, ondelete="cascade")
    start = fields.Datetime(required=True)
    stop = fields.Datetime()
    provider_id = fields.Many2one("prm.provider", required=True, ondelete="cascade")
    operatory_id = fields.Many2one("prm.operatory", ondelete="cascade")
    other_patient_id = fields.Many2one("prm.patient", ondelete="cascade")
    other_type_id = fields.Many2one("prm.appointment.type", ondelete="cascade")
    other_start = fields.Datetime()
    other_provider_id = fields.Many2one("prm.provider", ondelete="cascade")
    other_operatory_id = fields.Many2one("prm.operatory", ondelete="cascade")
    when_text = fields.Char(string="When", compute="_compute_texts")
    other_text = fields.Char(string="Together With", compute="_compute_texts")

    @api.depends("start", "other_start", "other_provider_id")
    def _compute_texts(self):
        """On the practice's clock, wherever the person at the desk is."""
        for line in self:
            zone = line.finder_id.company_id._prm_zone()
            start = line.start and local_time(line.start, zone)
            line.when_text = start and f"{_day_name(self.env, start)}, {_clock(self.env, start)}"
            other = line.other_start and local_time(line.other_start, zone)
            who = line.other_provider_id.name
            line.other_text = other and f"{_clock(self.env, other)} · {who}"

    def _wish_of(self, prefix):
        """What `_prm_book` wants to know of the one or the other visit."""
        return {
            "patient": self[f"{prefix}patient_id"],
            "type": self[f"{prefix}type_id"],
            "provider": self[f"{prefix}provider_id"],
            "operatory": self[f"{prefix}operatory_id"],
            "start": self[f"{prefix}start"],
            "stop": False if prefix else self.stop,
            "source": self.finder_id.source,
        }

    def action_book(self):
        """Book it, both or none.

        :raises SlotTaken: when somebody else was quicker.
        """
        self.ensure_one()
        wishes = [self._wish_of("")]
        if self.other_start:
            wishes.append(self._wish_of("other_"))
        visits = self.env["calendar.event"]._prm_book(wishes)
        self.finder_id._after_booking(visits)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._(
                    "Booked: %(who)s, %(when)s, with %(provider)s",
                    who=" + ".join(wish["patient"].name for wish in wishes),
                    when=self.when_text,
                    provider=self.provider_id.name,
                ),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }


def _clock(env, moment):
    """The time of day as the user's language writes it."""
    return format_time(env, moment.time(), time_format="short")


def _day_name(env, moment):
    """Weekday and date in the user's language, such as ``Tue, Dec 8``."""
    return format_skeleton("MMMEd", moment, locale=babel_locale_parse(env.user.lang))
