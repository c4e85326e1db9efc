from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.models import MAGIC_COLUMNS


class PrmJourney(models.Model):
    """What people need to set a journey up: choices, advice, and what it would come to."""

    _inherit = "prm.journey"

    anchor_choices = fields.Json(compute="_compute_anchor_choices")
    advice = fields.Text(compute="_compute_advice")

    @api.depends("start_type_id", "source_id")
    @api.depends_context("lang")
    def _compute_anchor_choices(self):
        """The dates of what the journey is about: ``[[name, label], …]``"""
        for journey in self:
            journey.anchor_choices = [
                [name, field._description_string(self.env)] for name, field in journey._dates()
            ]

    def _dates(self):
        """(name, field) of the dates that steps can be counted from."""
        if not self.record_model or self.record_model not in self.env:
            return []
        found = self.env[self.record_model]._fields.items()
        return [
            (name, field)
            for name, field in found
            if field.type in ("date", "datetime") and field.store and name not in MAGIC_COLUMNS
        ]

    @api.onchange("start_type_id", "source_id")
    def _onchange_start(self):
        """A date of another kind of record is none of this one's."""
        if self.anchor_field and self.anchor_field not in dict(self._dates()):
            self.anchor_field = False

    @api.depends("state", "step_ids.sentence", "start_type_id", "source_id", "anchor_field")
    @api.depends_context("lang")
    def _compute_advice(self):
        """What is still missing before it can go live, and languages that texts lack."""
        for journey in self:
            lines = []
            if journey.state in ("draft", "ended") and isinstance(journey.id, int):
                try:
                    journey._check_ladder()
                except ValidationError as error:
                    lines.append(str(error))
            elif journey.state in ("live", "paused") and not journey.problem:
                lines += filter(None, [journey._find_fault()])
            if journey.state != "replaced":
                lines += journey._advise_on_languages()
            journey.advice = "\n".join(lines) or False

    def _advise_on_languages(self):
        installed = {code[:2]: name for code, name in self.env["res.lang"].get_installed()}
        for template in self.step_ids.template_id:
            written = {body.lang for body in template.body_ids}
            missing = [name for code, name in installed.items() if code not in written]
            if written and missing:
                yield self.env._(
                    "“%(template)s” has no text in %(languages)s: who reads that gets another "
                    "language. Open the text to add it.",
                    template=template.name,
                    languages=", ".join(name.partition(" / ")[0] for name in missing),
                )

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_forecast(self):
        """Who would get what in the next days."""
        self.ensure_one()
        return self.env["prm.journey.forecast"].create({"journey_id": self.id}).action_show()

    def action_simulate(self):
        """Ask for a time that has passed, and play the journey over it."""
        self.ensure_one()
        return self._open_dialog("prm.journey.simulation", self.env._("What would it have done?"))

    def action_ask_release(self):
        """Go live; where people are on the version before, ask what becomes of them."""
        self.ensure_one()
        self._check_may_run()
        self._check_ladder()
        if not self._people_before():
            return self.action_go_live()
        return self._open_dialog("prm.journey.release", self.env._("Go live"))

    def _open_dialog(self, model, name):
        return {
            "type": "ir.actions.act_window",
            "name": name,
            "res_model": model,
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_journey_id": self.id},
        }
