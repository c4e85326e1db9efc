from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL

from .. import time_blocks

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class PrmTimeBlock(models.Model):
    """Time kept for a kind of work: the first hour for pain, Thursday afternoons for surgery.

    Where free times are looked for, it is offered to those kinds of visit only, until it is given
    free for everything. The front desk can book whatever it wants: it knows why.
    """

    _name = "prm.time.block"
    _description = "Time Kept for a Kind of Work"
    _order = "sequence, id"

    name = fields.Char(required=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company",
        string="Practice",
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )
    provider_id = fields.Many2one(
        "prm.provider",
        domain="[('company_id', '=', company_id)]",
        ondelete="cascade",
        index="btree_not_null",
        help="Whose time it is. Empty: that of every provider of the practice.",
    )
    type_ids = fields.Many2many(
        "prm.appointment.type",
        "prm_time_block_type_rel",
        "block_id",
        "type_id",
        string="Kept for",
        required=True,
        domain="[('company_id', '=', company_id)]",
    )
    mon = fields.Boolean(string="Monday")
    tue = fields.Boolean(string="Tuesday")
    wed = fields.Boolean(string="Wednesday")
    thu = fields.Boolean(string="Thursday")
    fri = fields.Boolean(string="Friday")
    sat = fields.Boolean(string="Saturday")
    sun = fields.Boolean(string="Sunday")
    date_from = fields.Date(string="From", help="Empty: it holds already.")
    date_to = fields.Date(string="Until", help="Included. Empty: without end.")
    hour_from = fields.Float(string="Begins", required=True, default=8)
    hour_to = fields.Float(string="Ends", required=True, default=9)
    released = fields.Boolean(
        string="Give unused time free",
        default=True,
        help="So that time that nobody has booked does not go empty.",
    )
    release_days = fields.Integer(
        string="Days Before",
        default=2,
        help="So many days before, every kind of visit can be booked; 0: on the day itself.",
    )
    days_text = fields.Char(string="Days", compute="_compute_days_text")

    _hours = models.Constraint(
        "CHECK(hour_from >= 0 AND hour_from < hour_to AND hour_to <= 24)",
        "Time that is kept ends after it begins, on the same day.",
    )
    _dates = models.Constraint(
        "CHECK(date_from <= date_to)", "The last day can't be before the first one."
    )
    _days = models.Constraint(
        "CHECK(TRUE IN (mon, tue, wed, thu, fri, sat, sun) IS TRUE"
        " OR (date_from IS NOT NULL AND date_to IS NOT NULL))",
        "Choose days of the week, or a first and a last day.",
    )
    _release_positive = models.Constraint(
        "CHECK(release_days >= 0)", "The days before can't be negative."
    )

    @api.depends("date_from", "date_to", *WEEKDAYS)
    def _compute_days_text(self):
        for block in self:
            names = [self._fields[day]._description_string(self.env)[:3] for day in WEEKDAYS
                     if block[day]]  # fmt: skip
            text = ", ".join(names) or self.env._("every day")
            if block.date_from or block.date_to:
                first, last = (
                    day.strftime("%Y-%m-%d") if day else ""
                    for day in (block.date_from, block.date_to)
                )
                text = f"{text} ({first} – {last})"
            block.days_text = text

    @api.constrains("company_id", "provider_id", "type_ids")
    def _check_practice(self):
        for block in self:
            for record in (*block.provider_id, *block.type_ids):
                if record.company_id != block.company_id:
                    raise ValidationError(
                        self.env._("“%(name)s” belongs to another practice.", name=record.name)
                    )

    @api.model
    @api.private
    def _read_blocks(self, type_id, date_from, date_to):
        """What is kept in the practice of a kind of visit between two moments, in one query.

        :return: list of `time_blocks.Block`.
        """
        rows = self.env.execute_query(
            SQL(
                """
                SELECT provider_id, date_from, date_to, hour_from, hour_to,
                       CASE WHEN released THEN release_days END,
                       ARRAY[mon, tue, wed, thu, fri, sat, sun],
                       ARRAY(SELECT type_id FROM prm_time_block_type_rel WHERE block_id = block.id)
                  FROM prm_time_block block
                  JOIN prm_appointment_type kind
                    ON kind.id = %(type)s AND kind.company_id = block.company_id
                 WHERE block.active
                   AND COALESCE(date_from, %(last)s) <= %(last)s
                   AND COALESCE(date_to, %(first)s) >= %(first)s
                """,
                type=type_id,
                first=date_from.date(),
                last=date_to.date(),
            )
        )
        return [
            time_blocks.Block(
                type_ids=frozenset(types),
                hour_from=hour_from,
                hour_to=hour_to,
                provider_id=provider_id,
                weekdays=_weekdays(flags),
                first_day=first_day,
                last_day=last_day,
                release_days=release_days,
            )
            for (
                provider_id, first_day, last_day, hour_from, hour_to, release_days, flags, types,
            ) in rows
        ]  # fmt: skip


def _weekdays(flags):
    """Numbers of the days that are ticked; of a stretch of dates without any, all of them."""
    return frozenset(n for n, flag in enumerate(flags) if flag) or time_blocks.EVERY_DAY
