from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from .. import bulk

#: People that are looked at, and lines that are shown, at most.
MAX_PEOPLE = 5_000
MAX_LINES = 5_000


class PrmJourneyForecast(models.TransientModel):
    """Who gets what in the next days, of one journey or of all. Nothing is sent."""

    _name = "prm.journey.forecast"
    _description = "Who Gets What"

    journey_id = fields.Many2one("prm.journey", help="Empty: every journey that is live.")
    days = fields.Integer(string="Days Ahead", default=14, required=True, aggregator=None)
    line_ids = fields.One2many("prm.journey.forecast.line", "forecast_id")
    cut = fields.Boolean(help="There was more than is shown.")

    @api.constrains("days")
    def _check_days(self):
        for one in self:
            if not 1 <= one.days <= 90:
                raise UserError(self.env._("Choose between 1 and 90 days."))

    def action_show(self):
        """Work it out, and show it day by day."""
        self.ensure_one()
        self._fill()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "prm_core.prm_journey_forecast_line_action"
        )
        action["domain"] = [("forecast_id", "=", self.id)]
        action["name"] = action["display_name"] = self._title()
        if self.journey_id and not self.journey_id.source_id and not self.line_ids:
            action["help"] = self._say_nobody_known()
        if not self.cut:
            return action
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning",
                "sticky": True,
                "title": self.env._("There is more"),
                "message": self.env._(
                    "Only the first %s lines in the order of time are shown: choose a journey or "
                    "fewer days.",
                    MAX_LINES,
                ),
                "next": action,
            },
        }

    def _title(self):
        if self.journey_id:
            return self.env._(
                "“%(journey)s”, next %(days)s days", journey=self.journey_id.name, days=self.days
            )
        return self.env._("Next %s days: who gets what", self.days)

    def _say_nobody_known(self):
        return self.env._(
            '<p class="o_view_nocontent_smiling_face">Nobody is on this journey</p><p>It starts '
            "when something happens, so nobody can say for whom. See what it would have done in "
            "the past (“Try it on the past”), or look at one patient: “Journeys” on the patient's "
            "page.</p>"
        )

    def _fill(self):
        if fault := self.journey_id and self.journey_id._find_fault():
            raise UserError(fault)
        now = fields.Datetime.now()
        until = now + timedelta(days=self.days)
        people, cut = self._people(now, until)
        foreseen = people._foresee(now, until)
        foreseen.sort(key=lambda row: (row[2].moment, row[0].journey_id.priority))
        lines = self.env["prm.journey.forecast.line"]
        bulk.insert(
            lines,
            [
                {"forecast_id": self.id, **vals}
                for vals in lines._prepare_lines(foreseen[:MAX_LINES])
            ],
        )
        self.cut = cut or len(foreseen) > MAX_LINES
        self.invalidate_recordset(["line_ids"])

    def _people(self, now, until):
        """Those under way whose next step comes in the span, and those who would start by a date.

        Journeys that can't work say so themselves, and are left out.

        :return: (`prm.enrolment`, whether there are more)
        """
        journeys = self.journey_id or self.env["prm.journey"].search([("state", "=", "live")])
        domain = [("state", "in", ("active", "held")), ("next_at", "<=", until)]
        if self.journey_id:
            domain.append(("journey_id", "=", self.journey_id.id))
        enrolments = self.env["prm.enrolment"]
        people = enrolments.search(domain, order="next_at, id", limit=MAX_PEOPLE + 1)
        starting = enrolments.union(
            *(
                journey._foresee_starts(now, until)
                for journey in journeys
                if journey.state in ("draft", "live") and not journey._find_fault()
            )
        )
        everybody = people[:MAX_PEOPLE] + starting[:MAX_PEOPLE]
        return everybody, len(people) + len(starting) > len(everybody)
