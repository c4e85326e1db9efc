from collections import Counter
from datetime import timedelta

from odoo import api, fields, models
from odoo.tools.misc import format_datetime

from .. import forecast

#: How far the preview looks, how many people it looks at, and how many lines it shows.
DAYS = 60
MAX_PEOPLE = 2_000
MAX_LINES = 12


class PrmJourneyRelease(models.TransientModel):
    """A new version goes live: what becomes of those who are on the one before?"""

    _name = "prm.journey.release"
    _description = "New Version of a Journey"
    _rec_name = "journey_id"

    journey_id = fields.Many2one("prm.journey", required=True, readonly=True, ondelete="cascade")
    choice = fields.Selection(
        [
            ("stay", "They finish on the version that they are on"),
            ("move", "They go on with the new version now"),
        ],
        string="Patients Under Way",
        required=True,
        default="stay",
    )
    under_way = fields.Integer(compute="_compute_preview")
    preview = fields.Html(compute="_compute_preview", sanitize=False)

    @api.depends("journey_id", "choice")
    @api.depends_context("lang", "tz")
    def _compute_preview(self):
        for one in self:
            people = one.journey_id._people_before()
            one.under_way = len(people)
            one.preview = self.env["ir.qweb"]._render(
                "prm_core.journey_release_preview", one._look(people)
            )

    def _look(self, people):
        """What the next weeks bring to those under way, by the choice.

        :return: plain values for the page.
        """
        journey = self.journey_id if self.choice == "move" else self.journey_id.previous_id
        now = fields.Datetime.now()
        foreseen = [
            row
            for row in people[:MAX_PEOPLE]._foresee(now, now + timedelta(days=DAYS), journey)
            if row[2].outcome != forecast.SKIPPED
        ]
        foreseen.sort(key=lambda row: row[2].moment)
        counts = Counter(step for _one, step, _prospect in foreseen)
        return {
            "days": DAYS,
            "cut": len(people) > MAX_PEOPLE and MAX_PEOPLE,
            "steps": [(step, counts[step]) for step in journey.step_ids],
            "lines": [
                (format_datetime(self.env, prospect.moment, dt_format="short"),
                 one.patient_id.display_name, step.do_text)
                for one, step, prospect in foreseen[:MAX_LINES]
            ],
            "more": max(len(foreseen) - MAX_LINES, 0),
        }  # fmt: skip

    def action_release(self):
        """Go live, and move people if that was chosen."""
        self.ensure_one()
        self.journey_id.action_go_live()
        if self.choice == "move":
            self.journey_id._move_people()
        return {"type": "ir.actions.client", "tag": "soft_reload"}
