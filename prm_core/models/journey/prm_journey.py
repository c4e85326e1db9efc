import ast

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import ormcache

from ... import ladder
from ...contact_hours import Window

#: States in which people are on a journey.
RUNNING = ("live", "paused", "replaced")
#: Fields that may change while people are on the journey; the rest makes a new version.
ALWAYS_OPEN = {
    "active", "name", "note", "state", "problem", "scanned_on", "date_end", "daily_cap",
    "priority", "root_id", "version", "previous_id", "message_main_attachment_id",
}  # fmt: skip


class PrmJourney(models.Model):
    """A ladder of steps that a patient climbs after something happened, or before a date.

    One record is one version: what is live is not changed under the people who are on it. A new
    version takes in whoever comes from then on; those under way finish on theirs, or are moved.
    """

    _name = "prm.journey"
    _description = "Journey"
    _inherit = ["mail.thread"]
    _order = "priority, name, id"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(copy=False, help="By which add-ons find it.")
    active = fields.Boolean(default=True)
    note = fields.Text(help="For the team: what it is for.")
    company_id = fields.Many2one("res.company", string="Practice", help="Empty: every practice.")
    state = fields.Selection(
        [
            ("draft", "Draft"),
            ("live", "Live"),
            ("paused", "Paused"),
            ("replaced", "Replaced"),
            ("ended", "Ended"),
        ],
        required=True,
        default="draft",
        readonly=True,
        copy=False,
        index=True,
        tracking=True,
    )
    version = fields.Integer(default=1, readonly=True, copy=False, aggregator=None)
    root_id = fields.Many2one(
        "prm.journey", string="First Version", readonly=True, copy=False, index=True
    )
    previous_id = fields.Many2one("prm.journey", string="Version Before", readonly=True, copy=False)
    purpose_id = fields.Many2one("prm.purpose", required=True, ondelete="restrict")
    start_type_id = fields.Many2one(
        "prm.event.type",
        string="Starts When",
        domain=[("starts_journeys", "=", True)],
        ondelete="restrict",
    )
    source_id = fields.Many2one(
        "prm.journey.source", string="Or Before a Date", ondelete="restrict"
    )
    record_model = fields.Char(string="Is About", compute="_compute_record_model")
    anchor_field = fields.Char(
        string="Counted From",
        help="Name of the date of the record that steps are counted from; empty: the moment at "
        "which it starts.",
    )
    record_domain = fields.Char(string="Only For", help="Which records it starts for.")
    patient_domain = fields.Char(string="Only Patients", help="Which patients it starts for.")
    goal_type_ids = fields.Many2many(
        "prm.event.type", "prm_journey_goal_rel", string="Reached When",
        help="The journey has done its work, and ends for the patient.",
    )  # fmt: skip
    exit_type_ids = fields.Many2many(
        "prm.event.type", "prm_journey_exit_rel", string="Left When",
        help="The journey has lost its point, and ends for the patient.",
    )  # fmt: skip
    reentry = fields.Selection(
        [
            ("never", "Once in a life"),
            ("record", "Once for each record"),
            ("date", "Once for each record and date"),
            ("days", "Again after some days"),
        ],
        string="How Often",
        required=True,
        default="record",
    )
    reentry_days = fields.Integer(string="Days Between", default=30, aggregator=None)
    late = fields.Selection(
        [("skip", "Leave it out"), ("send", "Take it at once")],
        string="If a Step's Time Has Passed",
        required=True,
        default="skip",
        help="When a patient comes to the journey late. Of several late steps only the one nearest "
        "to the date is taken.",
    )
    lasting = fields.Boolean(
        string="Also After the Date",
        help="Steps before the date may still be taken when it has passed: right for a visit that "
        "is due, wrong for one that has been.",
    )
    hour_from = fields.Float("Not Before", default=9, aggregator=None)
    hour_to = fields.Float("Not After", default=19, aggregator=None)
    sundays = fields.Boolean("On Sundays Too")
    priority = fields.Integer(default=10, aggregator=None, help="Lower goes first.")
    date_start = fields.Date("From")
    date_end = fields.Date("Until", help="Nobody starts after this day.")
    daily_cap = fields.Integer(
        string="Starts a Day", aggregator=None, help="For a soft start; the others wait. 0: all."
    )
    step_ids = fields.One2many("prm.journey.step", "journey_id", string="Steps", copy=True)
    enrolment_ids = fields.One2many("prm.enrolment", "journey_id")
    problem = fields.Char(readonly=True, copy=False)
    scanned_on = fields.Date(readonly=True, copy=False)
    under_way = fields.Integer(compute="_compute_counts")
    reached = fields.Integer(compute="_compute_counts")

    _code_uniq = models.UniqueIndex("(code) WHERE code IS NOT NULL AND state <> 'replaced'")

    @api.depends("start_type_id", "source_id")
    def _compute_record_model(self):
        for journey in self:
            start = journey.source_id or journey.start_type_id
            journey.record_model = start.record_model

    def _compute_counts(self):
        counts = self.env["prm.enrolment"]._read_group(
            [("journey_id", "in", self.ids)], ["journey_id", "state"], ["__count"]
        )
        found = {(journey.id, state): count for journey, state, count in counts}
        for journey in self:
            journey.under_way = sum(
                found.get((journey.id, state), 0) for state in ("active", "held", "paused")
            )
            journey.reached = found.get((journey.id, "goal"), 0)

    # ------------------------------------------------------------
    # CHECKS
    # ------------------------------------------------------------

    @api.constrains("start_type_id", "source_id")
    def _check_start(self):
        for journey in self:
            if bool(journey.start_type_id) == bool(journey.source_id):
                raise ValidationError(
                    self.env._("“%s” starts either when something happens or before a date: "
                               "choose one.", journey.name)
                )  # fmt: skip

    @api.constrains("hour_from", "hour_to", "daily_cap", "reentry_days", "date_start", "date_end")
    def _check_numbers(self):
        for journey in self:
            if not 0 <= journey.hour_from < journey.hour_to <= 24:
                raise ValidationError(
                    self.env._(
                        "The hours of “%s” run from an earlier to a later one.", journey.name
                    )
                )
            if journey.daily_cap < 0 or journey.reentry_days < 1:
                raise ValidationError(
                    self.env._("Starts a day can't be below 0, days between not below 1.")
                )
            if journey.date_start and journey.date_end and journey.date_end < journey.date_start:
                raise ValidationError(self.env._("“%s” ends before it begins.", journey.name))

    @api.constrains("record_domain", "patient_domain", "start_type_id", "source_id", "anchor_field")
    def _check_filters(self):
        if self.env.context.get("journey_to_mend"):
            return
        for journey in self:
            if fault := journey._find_fault():
                raise ValidationError(fault)

    def _find_fault(self):
        """What keeps the journey from working, as a sentence that says what to do; or None.

        Asked at saving, and again by the engine: a field may be gone after an upgrade.
        """
        self.ensure_one()
        for model, text, label in (
            (self.record_model, self.record_domain, self.env._("Only for")),
            ("prm.patient", self.patient_domain, self.env._("Only patients")),
        ):
            try:
                if model and text:
                    self.env[model].sudo()._search(Domain(_to_domain(text)))
            except Exception as error:
                return self.env._(
                    "“%(journey)s”: the filter “%(label)s” can't be read (%(error)s). Open the "
                    "journey and choose the filter again.",
                    journey=self.name, label=label, error=str(error)[:200],
                )  # fmt: skip
        name = self._anchor_name()
        if name and (not self.record_model or self.record_model not in self.env):
            return self.env._("“%s” counts from a date, but is not about a record.", self.name)
        if name and name not in self.env[self.record_model]._fields:
            return self.env._(
                "“%(journey)s” counts from “%(field)s”, which there is no more. Choose another "
                "date.",
                journey=self.name, field=name,
            )  # fmt: skip
        return None

    def _check_ladder(self):
        """:raises ValidationError: for a ladder that can't be climbed."""
        for journey in self:
            if not journey.step_ids:
                raise ValidationError(self.env._("“%s” has no steps yet: add one.", journey.name))
            if fault := journey._find_fault():
                raise ValidationError(fault)
            from_start = not journey._anchor_name()
            for index, code in ladder.faults(journey._rungs(), from_start):
                raise ValidationError(journey.step_ids[index]._explain_fault(code))
            journey.step_ids._check_complete()
            journey._check_loops()

    def _check_loops(self):
        """A journey must not start itself, by way of others either."""
        self.ensure_one()
        seen, todo = self.browse(), self
        while todo:
            following = todo.step_ids.started_journey_id
            if (following.root_id | following) & (self | self.root_id):
                raise ValidationError(
                    self.env._("“%s” would start itself again and again: take the step out that "
                               "starts it.", self.name)
                )  # fmt: skip
            seen |= todo
            todo = following - seen

    def write(self, vals):
        changed = set(vals) - ALWAYS_OPEN
        if changed and not self.env.context.get("install_mode"):
            self._check_open()
        result = super().write(vals)
        self.env.registry.clear_cache()
        return result

    def _check_open(self):
        """:raises UserError: when a version that people are on would be changed."""
        fixed = self.filtered(lambda journey: journey.state in RUNNING)
        if fixed:
            raise UserError(
                self.env._(
                    "People are on “%s”. Press “Change” to make a new version of it.",
                    fixed[0].name,
                )
            )

    @api.model_create_multi
    def create(self, vals_list):
        journeys = super().create(vals_list)
        for journey in journeys:
            journey.root_id = journey.root_id or journey
        return journeys

    @api.ondelete(at_uninstall=False)
    def _unlink_if_never_used(self):
        if self.enrolment_ids:
            raise UserError(
                self.env._("Patients have been on this journey: archive it, to keep their story.")
            )

    # ------------------------------------------------------------
    # WHAT THE ENGINE ASKS
    # ------------------------------------------------------------

    def _anchor_name(self):
        """Name of the field that steps are counted from; empty: the start."""
        self.ensure_one()
        return self.source_id.date_field or self.anchor_field or ""

    def _window(self):
        self.ensure_one()
        days = frozenset(range(7 if self.sundays else 6))
        return Window(round(self.hour_from * 60), round(self.hour_to * 60), days)

    def _rungs(self):
        """The steps' places in time."""
        self.ensure_one()
        return [step._rung() for step in self.step_ids]

    @ormcache()
    def _heard(self):
        """Ids of the kinds of event that live journeys care about, and models that they follow.

        :return: (frozenset of ids, frozenset of model names)
        """
        running = self.sudo().search([("state", "in", RUNNING)])
        types = running.start_type_id | running.goal_type_ids | running.exit_type_ids
        types |= types.search([("undone_type_ids", "in", types.ids)])
        models_ = {journey.record_model for journey in running if journey._anchor_name()}
        return frozenset(types.ids), frozenset(filter(None, models_))

    def _state_of_people(self):
        """In which state somebody is who goes on: nobody takes a step of a paused journey."""
        self.ensure_one()
        return "paused" if self.state == "paused" else "active"

    def _report_problem(self, text):
        """Show on the journey what keeps it from working."""
        self.ensure_one()
        if self.problem != text:
            self.sudo().write({"problem": text})


def _to_domain(text):
    """The domain in a text.

    :raises ValueError: when it is none.
    """
    try:
        return ast.literal_eval(text or "[]")
    except (SyntaxError, ValueError) as error:
        raise ValueError("not a filter") from error
