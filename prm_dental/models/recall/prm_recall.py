from datetime import datetime, time

import pytz
from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL


class PrmRecall(models.Model):
    """When one patient is due for one kind of visit, and what has been done about it.

    One row for each patient and type that has ever been started by a procedure, or by hand. The
    dates and the booking are written by the engine (`prm_recall_engine`) from procedures and
    appointments. Whether a recall is *due* depends on the day and is never stored.

    A due date set by hand goes before the computed one until the patient has been here again: it
    remembers the last visit that was known when it was set, and a later one uses it up.
    """

    _name = "prm.recall"
    _inherit = ["prm.derived"]
    _description = "Recall"
    _order = "due_date, id"
    _rec_name = "type_id"
    _check_company_auto = True

    patient_id = fields.Many2one(
        "prm.patient", required=True, ondelete="cascade", check_company=True
    )
    company_id = fields.Many2one(
        related="patient_id.company_id", string="Practice", store=True, precompute=True
    )
    type_id = fields.Many2one(
        "prm.recall.type",
        string="Recall",
        required=True,
        ondelete="restrict",
        index=True,
        check_company=True,
    )
    previous_date = fields.Date(string="Last Visit", readonly=True)
    due_date = fields.Date(string="Due", readonly=True)
    applies_until = fields.Date(
        string="Last Day", readonly=True, copy=False, help="Afterwards the patient is too old."
    )
    replaced_by_id = fields.Many2one(
        "prm.recall.type", readonly=True, copy=False, ondelete="set null"
    )
    appointment_id = fields.Many2one(
        "calendar.event",
        readonly=True,
        ondelete="set null",
        index="btree_not_null",
    )
    appointment_at = fields.Datetime(string="Booked For", readonly=True)
    last_message_id = fields.Many2one(
        "prm.message", readonly=True, copy=False, ondelete="set null", index="btree_not_null"
    )
    last_contact_at = fields.Datetime(
        string="Last Contact", compute="_compute_last_contact_at", store=True
    )
    last_message_state = fields.Selection(related="last_message_id.state", string="Message")
    state = fields.Selection(
        [
            ("upcoming", "Later"),
            ("due", "Due"),
            ("booked", "Booked"),
            ("rides", "With another visit"),
            ("disabled", "Not recalled"),
        ],
        compute="_compute_state",
        search="_search_state",
    )
    days_overdue = fields.Integer(compute="_compute_state")
    reason = fields.Char(string="Why", compute="_compute_reason")
    patient_status = fields.Selection(related="patient_id.status")
    mobile = fields.Char(related="patient_id.mobile")
    phone = fields.Char(related="patient_id.phone")
    email = fields.Char(related="patient_id.email")

    _patient_type_uniq = models.Constraint(
        "unique(patient_id, type_id)", "The patient has this recall already."
    )
    _due_idx = models.Index("(due_date, id)")

    # === COMPUTE AND SEARCH ===

    @api.depends("patient_id", "type_id")
    def _compute_display_name(self):
        for recall in self:
            recall.display_name = f"{recall.patient_id.display_name}: {recall.type_id.name}"

    @api.depends("last_message_id.sent_at")
    def _compute_last_contact_at(self):
        """The last message that went. One that is still waiting doesn't hide the one before."""
        for recall in self:
            sent_at = recall.last_message_id.sudo().sent_at
            recall.last_contact_at = sent_at or recall.last_contact_at

    @api.depends(
        "due_date", "disabled", "disabled_until", "held", "applies_until", "appointment_at",
        "ride_from",
    )  # fmt: skip
    def _compute_state(self):
        today = fields.Date.context_today(self)
        midnight = self._midnight()
        for recall in self:
            due = recall.due_date
            recall.days_overdue = 0
            if not due or recall._is_silent(today):
                recall.state = "disabled"
            elif recall.appointment_at and recall.appointment_at >= midnight:
                recall.state = "booked"
            elif recall.ride_from and recall.ride_from <= today:
                recall.state = "rides"
            elif due <= today:
                recall.state = "due"
                recall.days_overdue = (today - due).days
            else:
                recall.state = "upcoming"

    def _is_silent(self, today):
        """Whether nobody asks the patient on this day, whatever is due."""
        self.ensure_one()
        return bool(
            self.disabled or self.held
            or (self.disabled_until and self.disabled_until > today)
            or (self.applies_until and self.applies_until < today)
        )  # fmt: skip

    @api.model
    def _midnight(self, day=None):
        """When a day (default: today) begins for the user, in UTC."""
        zone = pytz.timezone(self.env.context.get("tz") or self.env.user.tz or "UTC")
        day = day or fields.Date.context_today(self)
        local = zone.localize(datetime.combine(day, time.min))
        return local.astimezone(pytz.utc).replace(tzinfo=None)

    def _search_state(self, operator, value):
        """States follow from dates, so they are searched by dates: right on every day."""
        if operator != "in":
            return NotImplemented
        today = fields.Date.context_today(self)
        speaks = (
            Domain("disabled", "=", False)
            & Domain("held", "=", False)
            & (Domain("disabled_until", "=", False) | Domain("disabled_until", "<=", today))
            & (Domain("applies_until", "=", False) | Domain("applies_until", ">=", today))
            & Domain("due_date", "!=", False)
        )
        booked = Domain("appointment_at", ">=", self._midnight())
        rides = Domain("ride_from", "<=", today)
        alone = speaks & ~booked & ~rides
        domains = {
            "due": alone & Domain("due_date", "<=", today),
            "upcoming": alone & Domain("due_date", ">", today),
            "booked": speaks & booked,
            "rides": speaks & ~booked & rides,
            "disabled": ~speaks,
        }
        return Domain.OR(domains[state] for state in value if state in domains)

    @api.model
    def _get_due_domain(self):
        """Who is to be asked now: due, not booked, and in the practice's care."""
        cared_for = Domain("status", "=", "active") & Domain("active", "=", True)
        return Domain("state", "=", "due") & Domain("patient_id", "any", cared_for)

    @api.depends(
        "previous_date", "due_date", "manual_due_date", "manual_reason", "disabled_reason",
        "disabled", "disabled_until", "held", "applies_until", "replaced_by_id", "ride_from",
        "interval_number", "interval_unit", "interval_reason",
        "type_id.interval_number", "type_id.interval_unit",
    )  # fmt: skip
    @api.depends_context("lang", "uid")
    def _compute_reason(self):
        """Why this date: "Hygiene visit on 12 Mar 2026 + 6 months"."""
        visits = self._get_last_visits()
        today = fields.Date.context_today(self)
        for recall in self:
            if recall._is_silent(today) or not recall.due_date:
                recall.reason = recall._why_silent(today)
            elif recall._is_manual():
                recall.reason = recall.manual_reason or self.env._("Set by hand")
            else:
                name = visits.get((recall.patient_id.id, recall.type_id.id))
                recall.reason = recall._why_due(name or recall.type_id.name)

    def _why_silent(self, today):
        """Why the patient isn't asked, in words."""
        self.ensure_one()
        _ = self.env._
        if self.disabled:
            return self.disabled_reason or ""
        if self.held:
            return self.disabled_reason or _("The family has an open balance")
        if self.disabled_until and self.disabled_until > today:
            day = self._words_of_day(self.disabled_until)
            why = self.disabled_reason
            return " · ".join(filter(None, (_("Not before %s", day), why)))
        if self.replaced_by_id:
            return _("Replaced by %s", self.replaced_by_id.name)
        if self.applies_until and self.applies_until < today:
            return _("Past the age for it")
        return ""

    def _why_due(self, visit):
        """From what the date follows, in words.

        :param visit: name of the visit from which it counts.
        """
        self.ensure_one()
        if not self.previous_date:
            return self.env._("First time")
        reason = self.env._(
            "%(visit)s on %(date)s + %(interval)s",
            visit=visit,
            date=self._words_of_day(self.previous_date),
            interval=self._own_interval_text() or self.type_id.interval_text,
        )
        if self.interval_number and self.interval_reason:
            reason = f"{reason} ({self.interval_reason})"
        return reason

    def _is_manual(self):
        """Whether the date set by hand holds: nobody has seen the patient since."""
        self.ensure_one()
        return bool(self.manual_due_date) and (
            not self.previous_date
            or bool(self.manual_previous_date and self.previous_date <= self.manual_previous_date)
        )

    def _get_last_visits(self):
        """Names of the procedures from which these recalls count, in one query.

        :return: ``{(patient id, recall type id): name}``
        """
        recalls = self.filtered("previous_date")
        if not recalls:
            return {}
        self.env["prm.procedure"].flush_model(["patient_id", "type_id", "date", "state"])
        self.flush_model(["previous_date"])
        rows = self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT ON (r.id) r.patient_id, r.type_id, p.type_id
                  FROM prm_recall r
                  JOIN prm_recall_type_trigger_rel t ON t.recall_type_id = r.type_id
                  JOIN prm_procedure p ON p.type_id = t.procedure_type_id
                       AND p.patient_id = r.patient_id AND p.date = r.previous_date
                       AND p.state = 'completed'
                 WHERE r.id = ANY(%s)
              ORDER BY r.id, p.id DESC
                """,
                list(recalls.ids),
            )
        )
        kinds = self.env["prm.procedure.type"].sudo().browse({row[2] for row in rows})
        names = {kind.id: kind.name for kind in kinds}
        return {(patient, kind): names[procedure] for patient, kind, procedure in rows}

    # === ACTIONS ===

    def action_send(self):
        """Show what sending the recall to these patients would do."""
        if not self:
            raise UserError(self.env._("Choose the patients first."))
        wizard = self.env["prm.recall.send"]._prepare(self)
        return wizard._get_action()

    def action_open_patient(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "prm.patient",
            "res_id": self.patient_id.id,
            "views": [(False, "form")],
        }

    def action_open_appointment(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "calendar.event",
            "res_id": self.appointment_id.id,
            "views": [(False, "form")],
        }

    # === FOR OTHER PROGRAMS ===

    @api.model
    @api.private
    def _due_list(self, as_of, type_code="hygiene"):
        """Who is due on a day, as plain values; active patients of the user's practices only.

        :param date as_of: listed when due on this day or before.
        :return: list of dicts ``patient`` (the number in the other system, the oldest if there are
            several), ``last`` and ``due`` (dates), by due date and number.
        """
        self.flush_model()
        self.env["prm.patient"].flush_model(["status", "active"])
        self.env["prm.patient.identifier"].flush_model()
        rows = self.env.execute_query_dict(
            SQL(
                """
                SELECT i.value AS patient, r.previous_date AS last, r.due_date AS due
                  FROM prm_recall r
                  JOIN prm_recall_type t ON t.id = r.type_id AND t.code = %(code)s
                  JOIN prm_patient p ON p.id = r.patient_id AND p.active AND p.status = 'active'
             LEFT JOIN LATERAL (
                       SELECT value FROM prm_patient_identifier
                        WHERE patient_id = p.id ORDER BY id LIMIT 1) i ON true
                 WHERE r.due_date <= %(as_of)s
                   AND r.disabled IS NOT TRUE AND r.held IS NOT TRUE
                   AND (r.disabled_until IS NULL OR r.disabled_until <= %(as_of)s)
                   AND (r.applies_until IS NULL OR r.applies_until >= %(as_of)s)
                   AND (r.ride_from IS NULL OR r.ride_from > %(as_of)s)
                   AND r.company_id = ANY(%(companies)s)
                   AND (r.appointment_at IS NULL OR r.appointment_at < %(booked_from)s)
              ORDER BY r.due_date, i.value, r.id
                """,
                code=type_code,
                as_of=as_of,
                companies=self.env.companies.ids,
                booked_from=self._midnight(as_of),
            )
        )
        return rows
