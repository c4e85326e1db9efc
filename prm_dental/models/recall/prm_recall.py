from datetime import datetime, time

import pytz
from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL
from odoo.tools.misc import format_date

#: What staff may decide on a recall; everything else follows from the facts.
STAFF_FIELDS = {"manual_due_date", "disabled"}


class PrmRecall(models.Model):
    """When one patient is due for one kind of visit, and what has been done about it.

    One row for each patient and type that has ever been started by a procedure, or by hand. The
    dates and the booking are written by the engine (`prm_recall_engine`) from procedures and
    appointments. Whether a recall is *due* depends on the day and is never stored.

    A due date set by hand goes before the computed one until the patient has been here again: it
    remembers the last visit that was known when it was set, and a later one uses it up.
    """

    _name = "prm.recall"
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
    manual_due_date = fields.Date(
        string="Due Date by Hand", help="Goes before the computed date until the next visit."
    )
    manual_previous_date = fields.Date(readonly=True, copy=False)
    manual_reason = fields.Char(string="Why this Date")
    disabled = fields.Boolean(string="Don't Recall")
    disabled_reason = fields.Char(string="Why Not")
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

    @api.depends("due_date", "disabled", "appointment_at")
    def _compute_state(self):
        today = fields.Date.context_today(self)
        midnight = self._midnight()
        for recall in self:
            due = recall.due_date
            recall.days_overdue = 0
            if recall.disabled or not due:
                recall.state = "disabled"
            elif recall.appointment_at and recall.appointment_at >= midnight:
                recall.state = "booked"
            elif due <= today:
                recall.state = "due"
                recall.days_overdue = (today - due).days
            else:
                recall.state = "upcoming"

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
        awake = Domain("disabled", "=", False)
        booked = Domain("appointment_at", ">=", self._midnight())
        domains = {
            "due": awake & ~booked & Domain("due_date", "<=", today),
            "upcoming": awake & ~booked & Domain("due_date", ">", today),
            "booked": awake & booked & Domain("due_date", "!=", False),
            "disabled": ~awake | Domain("due_date", "=", False),
        }
        return Domain.OR(domains[state] for state in value if state in domains)

    @api.model
    def _get_due_domain(self):
        """Who is to be asked now: due, not booked, and in the practice's care."""
        cared_for = Domain("status", "=", "active") & Domain("active", "=", True)
        return Domain("state", "=", "due") & Domain("patient_id", "any", cared_for)

    @api.depends(
        "previous_date", "due_date", "manual_due_date", "manual_reason", "disabled_reason",
        "type_id.interval_number", "type_id.interval_unit",
    )  # fmt: skip
    @api.depends_context("lang", "uid")
    def _compute_reason(self):
        """Why this date: "Hygiene visit on 12 Mar 2026 + 6 months"."""
        visits = self._get_last_visits()
        for recall in self:
            if recall.disabled:
                recall.reason = recall.disabled_reason or ""
                continue
            if recall._is_manual():
                recall.reason = recall.manual_reason or self.env._("Set by hand")
                continue
            if not recall.previous_date:
                recall.reason = ""
                continue
            recall.reason = self.env._(
                "%(visit)s on %(date)s + %(interval)s",
                visit=visits.get((recall.patient_id.id, recall.type_id.id)) or recall.type_id.name,
                date=format_date(self.env, recall.previous_date, date_format="medium"),
                interval=recall.type_id.interval_text,
            )

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

    # === CRUD ===

    @api.model_create_multi
    def create(self, vals_list):
        recalls = super().create(vals_list)
        recalls._check_has_date()
        recalls.filtered("manual_due_date")._remember_last_visit()
        self._mark_stale(recalls.patient_id)
        return recalls

    def write(self, vals):
        result = super().write(vals)
        if STAFF_FIELDS.intersection(vals):
            self._check_has_date()
            if "manual_due_date" in vals:
                self._remember_last_visit()
            self._mark_stale(self.patient_id)
        return result

    def _remember_last_visit(self):
        """A date set by hand holds against the visits that are known at this moment."""
        self._recompute(self.patient_id)
        for recall in self:
            recall.manual_previous_date = recall.previous_date

    def _check_has_date(self):
        """Without a visit to count from, a recall needs a word from staff; else the engine, which
        only keeps rows that mean something, would take it away.
        """
        bare = self.filtered(lambda recall: not recall.manual_due_date and not recall.disabled)
        if not bare:
            return
        self._recompute(bare.patient_id)
        if bare.exists() != bare:
            raise ValidationError(
                self.env._(
                    "This patient has had no visit to count from yet. Give a due date by hand, "
                    "or choose “Don't recall”."
                )
            )

    # === ACTIONS ===

    def action_send(self):
        """Show what sending the recall to these patients would do."""
        if not self:
            raise UserError(self.env._("Choose the patients first."))
        wizard = self.env["prm.recall.send"]._prepare(self)
        return wizard._get_action()

    def action_disable(self):
        """Don't recall these patients for this any more."""
        self.write({"disabled": True})

    def action_enable(self):
        """Recall these patients again."""
        self.write({"disabled": False, "disabled_reason": False})

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
                   AND r.disabled IS NOT TRUE
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
