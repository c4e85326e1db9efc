from odoo import api, fields, models

from ... import intake_times


class PrmIntakeTime(models.Model):
    """A time of day at which medicines are taken, as the practice means it: morning, at 8:00."""

    _name = "prm.intake.time"
    _description = "Time for Medicines"
    _order = "hour, id"

    name = fields.Char(required=True, translate=True)
    hour = fields.Float(string="At", required=True, aggregator=None)
    company_id = fields.Many2one(
        "res.company", string="Practice", index=True, help="Empty: every practice."
    )
    active = fields.Boolean(default=True)

    _hour_of_day = models.Constraint(
        "CHECK(hour >= 0 AND hour < 24)", "A time of day lies between 0:00 and 23:59."
    )

    @api.depends("name", "hour")
    def _compute_display_name(self):
        for row in self:
            row.display_name = f"{row.name} ({intake_times.write_times([row._minutes()])})"

    def _minutes(self):
        """Minutes after midnight."""
        self.ensure_one()
        return min(round(self.hour * 60), 24 * 60 - 1)
