from odoo import api, fields, models
from odoo.tools.misc import format_duration

from ... import ladder
from .prm_journey_step import WEEKDAYS

#: Hours that a step gets when somebody asks for hours of its own.
USUAL_HOURS = (9, 18)


class PrmJourneyStep(models.Model):
    """A step in words, as the ladder shows it: when, only if, do."""

    _inherit = "prm.journey.step"

    own_hours = fields.Boolean(
        string="Only at Certain Hours", compute="_compute_own_hours", readonly=False,
        help="Else the journey's hours hold.",
    )  # fmt: skip
    when_text = fields.Char(string="When", compute="_compute_sentence")
    only_if_text = fields.Char(string="Only If", compute="_compute_sentence")
    do_text = fields.Char(string="Do", compute="_compute_sentence")
    sentence = fields.Char(string="Step", compute="_compute_sentence")
    channel_choices = fields.Json(compute="_compute_channel_choices")

    @api.depends("hour_from", "hour_to")
    def _compute_own_hours(self):
        for step in self:
            step.own_hours = step.hour_from > 0 or step.hour_to < 24

    @api.onchange("own_hours")
    def _onchange_own_hours(self):
        narrow = self.hour_from > 0 or self.hour_to < 24
        if self.own_hours and not narrow:
            self.hour_from, self.hour_to = USUAL_HOURS
        elif not self.own_hours and narrow:
            self.hour_from, self.hour_to = 0, 24

    @api.depends("template_id", "company_id")
    def _compute_channel_choices(self):
        """The channels that the practice can use, and whether the text has words for them."""
        channels = self.env["prm.channel"].search([("code", "!=", False)])
        for step in self:
            company = step.company_id or self.env.company
            usable = self.env["prm.gateway"]._usable_channels(company)
            kinds = step.template_id._channel_kinds() if step.template_id else None
            step.channel_choices = [
                {
                    "code": channel.code,
                    "name": channel.name,
                    "usable": channel.code in usable,
                    "has_text": kinds is None or channel.code in kinds,
                }
                for channel in channels
            ]

    @api.depends(
        "amount", "unit", "when", "hour_from", "hour_to", *WEEKDAYS, "condition_ids.sentence",
        "action", "template_id", "channels", "activity_summary", "activity_type_id", "tag_id",
        "started_journey_id", "group_id", "journey_id.start_type_id", "journey_id.source_id",
        "journey_id.anchor_field",
    )  # fmt: skip
    @api.depends_context("lang")
    def _compute_sentence(self):
        channels = self.env["prm.channel"].search([("code", "!=", False)])
        names = {channel.code: channel.name for channel in channels}
        for step in self:
            step.when_text = step._say_when()
            conditions = step.condition_ids.mapped("sentence")
            step.only_if_text = step.env._(" and ").join(filter(None, conditions))
            step.do_text = step._say_action(names)
            parts = [step.when_text]
            parts += [step.env._("if %s", text) for text in conditions if text]
            step.sentence = f"{', '.join(parts)}: {step.do_text}"

    def _say_when(self):
        span, about = self._say_span(), self._say_anchor()
        if self.when == "previous":
            text = self.env._("%s after the step before", span)
            if not self.amount:
                text = self.env._("Right after the step before")
        elif not self.amount:
            text = self.env._("On the day of %s", about)
            if self.unit in ladder.CLOCK_UNITS:
                text = self.env._("At once")
        elif self.when == "before":
            text = self.env._("%(span)s before %(about)s", span=span, about=about)
        else:
            text = self.env._("%(span)s after %(about)s", span=span, about=about)
        limits = []
        if days := self._say_weekdays():
            limits.append(days)
        if self.hour_from > 0 or self.hour_to < 24:
            hours = (format_duration(hour) for hour in (self.hour_from, self.hour_to))
            limits.append(" – ".join(hours))
        if limits:
            limits = ", ".join(limits)
            text = self.env._("%(when)s (%(limits)s)", when=text, limits=limits)
        return text

    def _say_weekdays(self):
        """The weekdays in words; nothing for all of them, or none yet."""
        chosen = self._weekdays()
        if len(chosen) in (0, len(WEEKDAYS)):
            return ""
        if chosen == list(range(5)):
            return self.env._("Monday to Friday")
        names = (
            self.env._("Mondays"),
            self.env._("Tuesdays"),
            self.env._("Wednesdays"),
            self.env._("Thursdays"),
            self.env._("Fridays"),
            self.env._("Saturdays"),
            self.env._("Sundays"),
        )
        *before, text = (names[number] for number in chosen)
        if before:
            text = self.env._("%(days)s and %(last)s", days=", ".join(before), last=text)
        return self.env._("on %s", text)

    def _say_span(self):
        if self.amount == 1:
            return {
                "minutes": self.env._("1 minute"),
                "hours": self.env._("1 hour"),
                "days": self.env._("1 day"),
                "weeks": self.env._("1 week"),
                "months": self.env._("1 month"),
            }.get(self.unit, "")
        units = dict(self._fields["unit"]._description_selection(self.env))
        return f"{self.amount} {units.get(self.unit, '')}"

    def _say_anchor(self):
        journey = self.journey_id
        name = journey._anchor_name() if journey else ""
        if journey.source_id:
            return f"“{journey.source_id.name}”"
        if name and journey.record_model in self.env:
            field = self.env[journey.record_model]._fields.get(name)
            if field is not None:
                return f"“{field._description_string(self.env)}”"
        return f"“{journey.start_type_id.name or '…'}”"

    def _say_action(self, names):
        """:param names: ``{code of a channel: its name}``"""
        text = self.template_id.name or "…"
        if self.action == "message":
            ways = " → ".join(names.get(code, code) for code in self._channel_codes())
            ways = ways or self.env._("as the patient prefers")
            return self.env._("send “%(text)s” (%(ways)s)", text=text, ways=ways)
        if self.action == "call":
            return self.env._("call, with “%s”", text)
        if self.action == "activity":
            what = self.activity_summary or self.activity_type_id.name or "…"
            if self.group_id:
                return self.env._("task “%(what)s” for %(who)s", what=what, who=self.group_id.name)
            return self.env._("task “%s”", what)
        if self.action == "tag":
            return self.env._("set the tag “%s”", self.tag_id.name or "…")
        if self.action == "journey":
            return self.env._("start “%s”", self.started_journey_id.name or "…")
        return dict(self._fields["action"]._description_selection(self.env)).get(self.action, "")
