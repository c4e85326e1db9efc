from contextlib import contextmanager
from datetime import timedelta

import psycopg2.errors
from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tools import SQL

from ..exceptions import SlotTaken
from ..quiet_sql import quiet_sql

#: Only people in PRM see these fields; the ORM refuses them to everybody else, in searches too.
GROUPS = "prm_core.group_prm_user"

STATUSES = [
    ("booked", "Booked"),
    ("confirmed", "Confirmed"),
    ("arrived", "Arrived"),
    ("in_chair", "In the chair"),
    ("completed", "Completed"),
    ("no_show", "Did not come"),
    ("cancelled", "Cancelled"),
]

#: Nothing about a visit goes out by the calendar's own mails: the outbox is the only road.
SILENT = {
    "dont_notify": True,
    "mail_create_nolog": True,
    "mail_create_nosubscribe": True,
    "mail_notrack": True,
    "no_mail_to_attendees": True,
    "skip_attendee_notification": True,
    "skip_contact_description": True,
    "tracking_disable": True,
}
#: With these the calendar would link the visit to the patient's record, for every colleague to see.
REVEALING_CONTEXT = (
    "active_model", "active_id", "active_ids", "default_res_model", "default_res_id",
    "default_res_model_id", "default_partner_ids", "default_alarm_ids", "default_activity_ids",
)  # fmt: skip
#: What a visit never has: it would tell of it, or remind of it by another road.
_NEVER = ("activity_ids", "alarm_ids")

#: The stretch that a visit takes, buffers included. A statement that moves start and stop alone
#: makes it wider, never narrower: no road leads around the constraints.
_BUSY = "tsrange(LEAST(prm_busy_start, start), GREATEST(prm_busy_stop, stop), '[)')"

_TIME = {"start", "stop", "duration", "prm_type_id", "prm_provider_id", "prm_operatory_id",
         "prm_status", "prm_to_approve", "active"}  # fmt: skip
_PROVIDER_LOCK, _OPERATORY_LOCK = 7_360_001, 7_360_002


class CalendarEvent(models.Model):
    """An appointment is a calendar event with a patient.

    It stands in the provider's Odoo calendar, where colleagues who have nothing to do with patients
    see a time that is taken and the kind of visit, and nothing else. So the patient is not among
    the attendees and not in the name, and the fields about the visit belong to PRM's groups.
    """

    _inherit = "calendar.event"

    prm_patient_id = fields.Many2one(
        "prm.patient", string="Patient", groups=GROUPS, index="btree_not_null", ondelete="restrict"
    )
    # Computed and not related, so that it can be inserted with the rest. Nobody writes it.
    prm_company_id = fields.Many2one(
        "res.company",
        string="Practice",
        compute="_compute_prm_company_id",
        compute_sudo=True,
        store=True,
        readonly=False,
        index="btree_not_null",
        groups=GROUPS,
    )
    prm_type_id = fields.Many2one(
        "prm.appointment.type", string="Kind of Visit", groups=GROUPS, ondelete="restrict"
    )
    prm_provider_id = fields.Many2one(
        "prm.provider", string="Provider", groups=GROUPS, ondelete="restrict"
    )
    prm_operatory_id = fields.Many2one(
        "prm.operatory", string="Chair", groups=GROUPS, ondelete="restrict"
    )
    prm_busy_start = fields.Datetime(
        string="Taken from",
        groups=GROUPS,
        copy=False,
        readonly=True,
        help="The start, less the time to prepare that the kind of visit asks for.",
    )
    prm_busy_stop = fields.Datetime(
        string="Taken until",
        groups=GROUPS,
        copy=False,
        readonly=True,
        help="The end, with the time to clean up that the kind of visit asks for.",
    )
    prm_status = fields.Selection(STATUSES, string="Visit Status", groups=GROUPS)
    prm_to_approve = fields.Boolean(
        string="Waits for Approval",
        groups=GROUPS,
        copy=False,
        readonly=True,
        help="Booked by the patient; its time is kept until the front desk says yes or no.",
    )
    prm_source = fields.Selection(
        [
            ("desk", "Front desk"),
            ("online", "Online"),
            ("phone", "Phone"),
            ("recall", "Recall"),
            ("waitlist", "Waitlist"),
        ],
        string="Booked by",
        groups=GROUPS,
    )
    prm_note = fields.Text(string="Note for the team", groups=GROUPS)
    prm_link_id = fields.Many2one(
        "prm.link", string="Booked with Link", groups=GROUPS, ondelete="set null", copy=False
    )
    prm_sequence = fields.Integer(
        groups=GROUPS,
        copy=False,
        help="Counts the changes, for calendars that took the visit over.",
    )
    prm_title = fields.Char(string="Visit", compute="_compute_prm_title", groups=GROUPS)
    prm_color = fields.Integer(
        string="Provider's Color",
        related="prm_provider_id.color",
        related_sudo=False,
        groups=GROUPS,
    )
    prm_patient_mobile = fields.Char(
        string="Mobile", related="prm_patient_id.mobile", related_sudo=False, groups=GROUPS
    )

    _prm_appointment_check = models.Constraint(
        "CHECK((prm_patient_id IS NULL) = (prm_status IS NULL)"
        " AND (prm_patient_id IS NULL OR prm_provider_id IS NOT NULL))",
        "A visit needs a patient, a provider and a status.",
    )
    # Judged before the exclusion constraints, for which a range that ends before it starts is a
    # fault of the database and no sentence for people.
    _prm_a_time_check = models.Constraint(
        "CHECK((prm_patient_id IS NULL AND prm_provider_id IS NULL AND prm_operatory_id IS NULL)"
        " OR (start < stop AND allday IS NOT TRUE AND recurrency IS NOT TRUE))",
        "A visit ends after it starts. It can't take whole days or repeat by itself.",
    )
    _prm_provider_excl = models.Constraint(
        f"EXCLUDE USING gist (prm_provider_id WITH =, {_BUSY} WITH &&)"
        " WHERE (prm_provider_id IS NOT NULL AND active AND prm_status <> 'cancelled')",
        "This provider has another visit at that time. Choose another time or another provider.",
    )
    _prm_operatory_excl = models.Constraint(
        f"EXCLUDE USING gist (prm_operatory_id WITH =, {_BUSY} WITH &&)"
        " WHERE (prm_operatory_id IS NOT NULL AND active AND prm_status <> 'cancelled')",
        "There is another visit in this chair at that time. Choose another time or another chair.",
    )
    _prm_link_uniq = models.UniqueIndex(
        "(prm_link_id) WHERE prm_link_id IS NOT NULL AND active AND prm_status <> 'cancelled'",
        "A visit has been booked with this link already.",
    )

    @api.depends("prm_patient_id.company_id")
    def _compute_prm_company_id(self):
        for event in self:
            event.prm_company_id = event.prm_patient_id.company_id

    @api.depends("prm_patient_id", "prm_type_id", "prm_status", "prm_to_approve")
    def _compute_prm_title(self):
        """What the schedule writes into the box of a visit."""
        for event in self:
            parts = [event.prm_patient_id.name or event.display_name, event.prm_type_id.name]
            title = " · ".join(part for part in parts if part)
            mark = "✓ " if event.prm_status == "confirmed" else ""
            event.prm_title = f"? {title}" if event.prm_to_approve else f"{mark}{title}"

    @api.constrains("prm_patient_id", "prm_type_id", "prm_provider_id", "prm_operatory_id")
    def _check_prm_company(self):
        for event in self.sudo().filtered("prm_patient_id"):
            practice = event.prm_company_id
            for record in (event.prm_type_id, event.prm_provider_id, event.prm_operatory_id):
                if not record or record.company_id == practice:
                    continue
                if record != event.prm_operatory_id or not record._serves(practice):
                    raise ValidationError(
                        self.env._(
                            "“%(name)s” belongs to another practice than the patient.",
                            name=record.display_name,
                        )
                    )

    @api.constrains("prm_patient_id", "start")
    def _check_prm_deceased(self):
        now = fields.Datetime.now()
        for event in self.sudo().filtered("prm_patient_id"):
            patient = event.prm_patient_id
            if patient.status == "deceased" and event.start > now and event.active:
                raise ValidationError(
                    self.env._("%s has died: no visit can be booked.", patient.name)
                )

    @api.constrains("partner_ids", "alarm_ids")
    def _check_prm_privacy(self):
        """The patient is never a guest: colleagues would read the name, and mails would go out."""
        for event in self.sudo().filtered("prm_patient_id"):
            person = event.prm_patient_id.partner_id
            if person in event.partner_ids and person != event.prm_provider_id.user_id.partner_id:
                raise ValidationError(
                    self.env._(
                        "A patient is not added to the guests of a visit: colleagues would see the "
                        "name there."
                    )
                )
            if event.alarm_ids:
                raise ValidationError(
                    self.env._(
                        "Patients are reminded by messages, not by the calendar's reminders."
                    )
                )

    @api.onchange("prm_type_id")
    def _onchange_prm_type_id(self):
        kind = self.prm_type_id
        if not kind:
            return
        if self.start:
            self.stop = self.start + kind._length_with(self.prm_provider_id)
        who = kind.provider_ids
        if not who:
            # Everybody does it: that is only an answer where there is one.
            everybody = self.env["prm.provider"].search([("company_id", "=", kind.company_id.id)])
            who = everybody if len(everybody) == 1 else self.prm_provider_id
        if self.prm_provider_id not in who:
            self.prm_provider_id = who[:1]
        if kind.operatory_ids and self.prm_operatory_id not in kind.operatory_ids:
            self.prm_operatory_id = kind.operatory_ids[:1]

    @api.onchange("prm_provider_id")
    def _onchange_prm_provider_id(self):
        """A visit that is being entered takes as long as it does with them."""
        if self.prm_type_id and self.start and not self._origin:
            self.stop = self.start + self.prm_type_id._length_with(self.prm_provider_id)

    @api.model_create_multi
    def create(self, vals_list):
        visits = [vals for vals in vals_list if vals.get("prm_patient_id")]
        if not visits:
            return super().create(vals_list)
        if len(visits) != len(vals_list):
            # Meetings keep their invitations, so the two kinds are not created in one go.
            return self.concat(*(self.create([vals]) for vals in vals_list))
        context = {
            key: value for key, value in self.env.context.items() if key not in REVEALING_CONTEXT
        }
        silent = self.with_context(context, **SILENT)
        vals_list = silent._prepare_appointment_vals(vals_list)
        self._prm_lock(
            {vals.get("prm_provider_id") for vals in vals_list},
            {vals.get("prm_operatory_id") for vals in vals_list},
        )
        with self._prm_refusals():
            events = super(CalendarEvent, silent).create(vals_list).with_env(self.env)
        events.sudo()._prm_record_booking()
        return events

    @api.model
    def _prepare_appointment_vals(self, vals_list):
        """Values of visits with what every visit has, and without what none has."""
        kinds = self.env["prm.appointment.type"].sudo()
        kinds = kinds.browse({vals.get("prm_type_id") or 0 for vals in vals_list} - {0})
        names = {kind.id: self._prm_name(kind) for kind in kinds}
        to_approve = set(kinds.filtered("needs_approval").ids)
        providers = self.env["prm.provider"].sudo()
        providers = providers.browse({vals.get("prm_provider_id") or 0 for vals in vals_list} - {0})
        organisers = {provider.id: self._prm_organiser_vals(provider) for provider in providers}
        patients = self.env["prm.patient"].sudo()
        patients = patients.browse({vals["prm_patient_id"] for vals in vals_list})
        practices = {patient.id: patient.company_id.id for patient in patients}
        result, minutes, now = [], {}, fields.Datetime.now()
        for vals in vals_list:
            vals = {
                **vals,
                "prm_status": vals.get("prm_status") or "booked",
                "prm_source": vals.get("prm_source") or "desk",
                **self._prm_time_vals(vals, minutes),
                "prm_company_id": practices.get(vals["prm_patient_id"]),
                **organisers.get(vals.get("prm_provider_id"), {}),
                "name": names.get(vals.get("prm_type_id")) or self.env._("Visit"),
                "allday": False,
                "privacy": "confidential",
                "recurrency": False,
                "show_as": "busy",
            }
            if vals.get("prm_type_id") in to_approve and vals["prm_source"] == "online":
                vals.setdefault("prm_to_approve", vals["prm_status"] == "booked")
            for name in _NEVER:
                vals.pop(name, None)
            if vals["prm_status"] == "cancelled":
                vals.update(active=False, show_as="free")
            vals.update(self._prm_initial_stamps(vals, now))
            result.append(vals)
        return result

    @api.model
    def _prm_time_vals(self, vals, minutes):
        """End, duration and the stretch that is taken, as far as the values tell.

        :param minutes: by kind of visit and provider, see `_minutes_with`; filled as needed.
        """
        start, stop = (fields.Datetime.to_datetime(vals.get(name)) for name in ("start", "stop"))
        if not start:
            return {}
        key = vals.get("prm_type_id"), vals.get("prm_provider_id")
        if key not in minutes:
            kind = self.env["prm.appointment.type"].sudo().browse(key[0] or ())
            minutes[key] = kind._minutes_with(key[1]) if kind else (0, 0, 0)
        duration, before, after = minutes[key]
        if not stop and vals.get("duration"):
            stop = start + timedelta(minutes=round(60 * vals["duration"]))
        elif not stop and duration:
            stop = start + timedelta(minutes=duration)
        if not stop:
            return {}
        return {
            "stop": stop,
            "duration": round((stop - start).total_seconds() / 3600, 2),
            "prm_busy_start": start - timedelta(minutes=before),
            "prm_busy_stop": stop + timedelta(minutes=after),
        }

    @api.model
    def _prm_name(self, kind):
        """The name that everybody may see, in the practice's language."""
        return kind.with_context(lang=kind.company_id.partner_id.lang or self.env.lang).name

    @api.model
    def _prm_organiser_vals(self, provider):
        """The visit stands in the provider's own calendar."""
        user = provider.user_id
        return {"user_id": user.id, "partner_ids": [Command.set(user.partner_id.ids)]}

    @api.model
    def _prm_lock(self, provider_ids, operatory_ids):
        """Let bookings of the same provider or chair pass one by one until the transaction ends.

        The constraints alone would keep out the second of two, but two that come at the same
        instant could wait for each other. Always in the same order, for the same reason.
        """
        keys = [(_PROVIDER_LOCK, key) for key in sorted(filter(None, provider_ids))]
        keys += [(_OPERATORY_LOCK, key) for key in sorted(filter(None, operatory_ids))]
        if keys:
            locks = SQL(", ").join(SQL("pg_advisory_xact_lock(%s, %s)", *key) for key in keys)
            self.env.execute_query(SQL("SELECT %s", locks))

    @contextmanager
    def _prm_refusals(self):
        """Turn a refusal of the database into a sentence, whatever road was taken.

        :raises SlotTaken: when a provider, chair or link is taken.
        :raises ValidationError: when the values make no visit.
        """
        try:
            with quiet_sql(), self.env.cr.savepoint():
                yield
        except psycopg2.IntegrityError as error:
            if not (error.diag.constraint_name or "").startswith(f"{self._table}_prm_"):
                raise
            refusal = SlotTaken
            if isinstance(error, psycopg2.errors.CheckViolation):
                refusal = ValidationError
            raise refusal(self._sql_error_to_message(error)) from error

    def write(self, vals):
        visits = self.sudo().filtered("prm_patient_id")
        if not visits:
            if vals.get("prm_patient_id"):
                raise UserError(self.env._("Book a visit in the schedule."))
            return super().write(vals)
        if visits != self.sudo():
            return all([(self - visits).write(dict(vals)), (self & visits).write(dict(vals))])
        if "prm_patient_id" in vals and any(
            visit.prm_patient_id.id != vals["prm_patient_id"] for visit in visits
        ):
            raise UserError(
                self.env._("Cancel this visit and book one for the other patient instead.")
            )
        vals = self._prepare_appointment_changes(vals)
        if not _TIME & vals.keys():
            return super(CalendarEvent, self.with_context(**SILENT)).write(vals)
        if not self.env.su:
            self.check_access("write")
            visits._prm_check_changes(vals)
        before = {visit.id: visit._prm_snapshot() for visit in visits}
        waiting = visits.filtered("prm_to_approve")
        self._prm_lock(
            {*visits.prm_provider_id.ids, vals.get("prm_provider_id")},
            {*visits.prm_operatory_id.ids, vals.get("prm_operatory_id")},
        )
        with self._prm_refusals():
            for part, extra in visits._prm_by_consequences(vals):
                part = self.browse(part.ids).with_context(**SILENT)
                super(CalendarEvent, part).write({**vals, **extra})
        visits._prm_record_changes(before, waiting)
        return True

    @api.model
    def _prepare_appointment_changes(self, vals):
        """Values of a change, with what follows from it."""
        vals = dict(vals)
        vals.pop("prm_company_id", None)
        if vals.get("prm_provider_id"):
            provider = self.env["prm.provider"].sudo().browse(vals["prm_provider_id"])
            vals.update(self._prm_organiser_vals(provider))
        if vals.get("prm_type_id"):
            kind = self.env["prm.appointment.type"].sudo().browse(vals["prm_type_id"])
            vals["name"] = self._prm_name(kind)
        if "active" in vals and "prm_status" not in vals:
            # Archiving in the calendar means cancelling; there is no other way to be gone.
            vals["prm_status"] = "booked" if vals["active"] else "cancelled"
        if vals.get("prm_status"):
            cancelled = vals["prm_status"] == "cancelled"
            vals.update(active=not cancelled, show_as="free" if cancelled else "busy")
            if vals["prm_status"] != "booked":
                vals["prm_to_approve"] = False
        return vals

    @api.ondelete(at_uninstall=False)
    def _unlink_except_appointments(self):
        if self.sudo().filtered("prm_patient_id"):
            raise UserError(
                self.env._(
                    "A visit is cancelled, not deleted, so that all can see what became of it."
                )
            )

    def _skip_send_mail_status_update(self):
        return bool(self.sudo().prm_patient_id) or super()._skip_send_mail_status_update()

    def action_prm_open_visit(self):
        """From the calendar's own form to the visit's."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "calendar.event",
            "res_id": self.id,
            "views": [(self.env.ref("prm_appointment.prm_appointment_view_form").id, "form")],
        }
