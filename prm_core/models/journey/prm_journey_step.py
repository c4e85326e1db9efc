from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ... import ladder
from ...contact_hours import Window

#: Actions by which the patient hears something.
HEARD = ("message", "call")
#: Fields of the weekdays, from Monday on; so named, Odoo's widget for weekdays takes them.
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class PrmJourneyStep(models.Model):
    """One step of a journey: when, only if, do what."""

    _name = "prm.journey.step"
    _description = "Journey Step"
    _order = "journey_id, sequence, id"
    _rec_name = "sentence"

    journey_id = fields.Many2one("prm.journey", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="journey_id.company_id")
    previous_id = fields.Many2one(
        "prm.journey.step", string="In the Version Before", readonly=True, copy=False
    )
    sequence = fields.Integer(default=10)
    amount = fields.Integer(default=1, required=True, aggregator=None)
    unit = fields.Selection(
        [
            ("minutes", "minutes"),
            ("hours", "hours"),
            ("days", "days"),
            ("weeks", "weeks"),
            ("months", "months"),
        ],
        required=True,
        default="days",
    )
    when = fields.Selection(
        [("before", "before"), ("after", "after"), ("previous", "after the step before")],
        required=True,
        default="after",
    )
    hour_from = fields.Float("Not Before", default=0, aggregator=None)
    hour_to = fields.Float("Not After", default=24, aggregator=None)
    mon = fields.Boolean(default=True)
    tue = fields.Boolean(default=True)
    wed = fields.Boolean(default=True)
    thu = fields.Boolean(default=True)
    fri = fields.Boolean(default=True)
    sat = fields.Boolean(default=True)
    sun = fields.Boolean(default=True)
    condition_ids = fields.One2many(
        "prm.journey.step.condition", "step_id", string="Only If", copy=True
    )
    action = fields.Selection(
        [
            ("message", "Send a message"),
            ("call", "Have somebody call"),
            ("activity", "Give a task"),
            ("tag", "Set a tag"),
            ("journey", "Start another journey"),
        ],
        string="Do",
        required=True,
        default="message",
    )
    template_id = fields.Many2one("prm.template", ondelete="restrict")
    channels = fields.Char(
        string="By",
        help="Codes of channels in the order in which they are tried, apart by commas; empty: as "
        "the patient prefers.",
    )
    activity_type_id = fields.Many2one("mail.activity.type", ondelete="restrict")
    activity_summary = fields.Char(translate=True)
    group_id = fields.Many2one(
        "res.groups", string="For", ondelete="restrict", help="Members take turns."
    )
    tag_id = fields.Many2one("res.partner.category", ondelete="restrict")
    started_journey_id = fields.Many2one("prm.journey", string="Journey", ondelete="restrict")

    @api.constrains("amount", "hour_from", "hour_to")
    def _check_numbers(self):
        for step in self:
            if step.amount < 0:
                raise ValidationError(self.env._("A step is 0 or more of its unit away."))
            if not 0 <= step.hour_from < step.hour_to <= 24:
                raise ValidationError(
                    self.env._("The hours of a step run from an earlier to a later one.")
                )

    @api.constrains(*WEEKDAYS)
    def _check_weekdays(self):
        if not all(step._weekdays() for step in self):
            raise ValidationError(self.env._("Choose at least one weekday for the step."))

    @api.model_create_multi
    def create(self, vals_list):
        journeys = self.env["prm.journey"].browse(
            {vals["journey_id"] for vals in vals_list if vals.get("journey_id")}
        )
        journeys._check_practice()
        steps = super().create(vals_list)
        steps._check_open()
        return steps

    def write(self, vals):
        if set(vals) - {"previous_id"}:
            self._check_open()
        result = super().write(vals)
        if "journey_id" in vals:
            self.check_access("write")
            self._check_open()
        return result

    def _check_open(self):
        """:raises UserError: for steps that people are on, or that are not for this person."""
        self.journey_id._check_practice()
        if not self.env.context.get("install_mode"):
            self.journey_id._check_open()

    @api.ondelete(at_uninstall=False)
    def _unlink_if_open(self):
        self._check_open()

    def _check_complete(self):
        """:raises ValidationError: for steps that lack what their action needs."""
        needs = {
            "message": ("template_id", self.env._("a text")),
            "call": ("template_id", self.env._("a script")),
            "activity": ("activity_type_id", self.env._("a kind of task")),
            "tag": ("tag_id", self.env._("a tag")),
            "journey": ("started_journey_id", self.env._("a journey")),
        }
        for step in self:
            name, words = needs.get(step.action, (None, ""))
            if name and not step[name]:
                raise ValidationError(
                    self.env._("“%(step)s” needs %(what)s.", step=step.sentence, what=words)
                )
            step._check_text()
            step._check_conditions()

    def _check_text(self):
        """A text in a channel that the step wants, and in every language of the practice."""
        if self.action not in ("message", "call"):
            return
        wanted = self._channel_codes()
        kinds = self.template_id._channel_kinds()
        if wanted and not kinds.intersection(wanted):
            raise ValidationError(
                self.env._(
                    "“%(step)s”: “%(template)s” has no text for %(channels)s. Write one, or choose "
                    "another way.",
                    step=self.sentence, template=self.template_id.name, channels=", ".join(wanted),
                )
            )  # fmt: skip
        if not kinds:
            raise ValidationError(
                self.env._("“%s” has no text yet: write one.", self.template_id.name)
            )

    def _check_conditions(self):
        about = self.journey_id.record_model
        for line in self.condition_ids:
            needed = line.condition_id.record_model
            if needed and needed != about:
                raise ValidationError(
                    self.env._(
                        "“%(step)s”: “%(condition)s” can't be asked here, because the journey is "
                        "about something else.",
                        step=self.sentence, condition=line.sentence,
                    )
                )  # fmt: skip

    def _explain_fault(self, code):
        """A fault of the ladder as a sentence that says what to do."""
        self.ensure_one()
        texts = {
            "no_hours": self.env._(
                "“%s” can never happen: its hours lie outside of the journey's. Change one of them."
            ),
            "before_start": self.env._(
                "“%s” can never happen: it would be before the journey starts. Count it from after."
            ),
            "first_needs_anchor": self.env._(
                "“%s” is the first step: there is none before it. Count it from the date."
            ),
            "out_of_order": self.env._(
                "“%s” stands after a step that comes later. Put the steps in the order of time."
            ),
        }
        return texts[code] % self.sentence

    def _weekdays(self):
        """The days of the week on which it may be, Monday is 0."""
        self.ensure_one()
        return [number for number, name in enumerate(WEEKDAYS) if self[name]]

    def _rung(self):
        """The step's place in time.

        :rtype: ladder.Rung
        """
        self.ensure_one()
        days = frozenset(self._weekdays())
        window = Window(round(self.hour_from * 60), round(self.hour_to * 60), days)
        return ladder.Rung(
            self.amount,
            self.unit,
            self.when == "before",
            self.when == "previous",
            window & self.journey_id._window(),
            self.action not in HEARD,
        )

    def _channel_codes(self):
        """The channels to try, in order; none: as the patient prefers."""
        self.ensure_one()
        if self.action == "call":
            return ("phone",)
        return tuple(code.strip() for code in (self.channels or "").split(",") if code.strip())
