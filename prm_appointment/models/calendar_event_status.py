from collections import defaultdict
from datetime import timedelta

from odoo import api, fields, models
from odoo.addons.prm_core.contact_hours import local_time
from odoo.exceptions import UserError

from .. import visit_status
from .calendar_event import GROUPS

#: Numbers of Odoo's palette for the boxes of the schedule; what is over is grey.
STATUS_COLORS = {
    "booked": 4,
    "confirmed": 10,
    "arrived": 2,
    "in_chair": 11,
    "completed": 0,
    "no_show": 1,
    "cancelled": 0,
}

_TIMES = ("start", "stop", "duration", "prm_provider_id", "prm_operatory_id")


class CalendarEvent(models.Model):
    """The status of a visit: which may follow which, when it changed, how it ended.

    People's changes pass the table of `visit_status`, by whatever road; programs that call
    `_prm_set_status`, `_prm_cancel` and `_prm_move` too. Superuser code that writes the fields
    itself is trusted.
    """

    _inherit = "calendar.event"

    prm_confirmed_at = fields.Datetime(
        string="Confirmed at", groups=GROUPS, copy=False, readonly=True
    )
    prm_arrived_at = fields.Datetime(string="Arrived at", groups=GROUPS, copy=False, readonly=True)
    prm_in_chair_at = fields.Datetime(
        string="In the Chair since", groups=GROUPS, copy=False, readonly=True
    )
    prm_completed_at = fields.Datetime(
        string="Completed at", groups=GROUPS, copy=False, readonly=True
    )
    prm_cancelled_at = fields.Datetime(
        string="Cancelled at", groups=GROUPS, copy=False, readonly=True
    )
    prm_no_show_at = fields.Datetime(
        string="Marked as Missed at", groups=GROUPS, copy=False, readonly=True
    )
    prm_cancelled_by = fields.Selection(
        [("patient", "Patient"), ("practice", "Practice")],
        string="Cancelled by",
        groups=GROUPS,
        copy=False,
    )
    prm_cancel_reason_id = fields.Many2one(
        "prm.cancel.reason", string="Reason", groups=GROUPS, copy=False, ondelete="restrict"
    )
    prm_cancel_note = fields.Text(
        string="In their Words",
        groups=GROUPS,
        copy=False,
        help="May speak of the patient's health: it stays on the visit.",
    )
    prm_cancel_lead_hours = fields.Float(
        string="Lead Time",
        groups=GROUPS,
        copy=False,
        readonly=True,
        aggregator="avg",
        help="Hours from the cancellation to the start; negative after the start.",
    )
    prm_moves = fields.Integer(string="Times Moved", groups=GROUPS, copy=False, readonly=True)
    prm_rescheduled_from = fields.Datetime(
        string="Moved from", groups=GROUPS, copy=False, readonly=True
    )
    prm_previous_id = fields.Many2one(
        "calendar.event",
        string="Instead of",
        groups=GROUPS,
        copy=False,
        readonly=True,
        ondelete="set null",
        index="btree_not_null",
        help="The visit that was cancelled when this one was booked in its place.",
    )
    prm_offered = fields.Char(
        compute="_compute_prm_offered",
        groups=GROUPS,
        help="The statuses that can follow now, apart by spaces.",
    )

    prm_status_color = fields.Integer(compute="_compute_prm_status_color", groups=GROUPS)
    prm_type_color = fields.Integer(
        related="prm_type_id.color", related_sudo=False, groups=GROUPS, string="Kind's Color"
    )

    @api.depends("prm_status")
    def _compute_prm_status_color(self):
        for event in self:
            event.prm_status_color = STATUS_COLORS.get(event.prm_status, 0)

    @api.depends("prm_status", "start", "prm_company_id")
    def _compute_prm_offered(self):
        for event in self:
            # A visit that is being entered has no practice before it has a patient.
            entered = event.prm_status and event.prm_company_id and event.start
            steps = event._prm_steps() if entered else ()
            event.prm_offered = " ".join(step.target for step in steps)

    # ------------------------------------------------------------
    # FOR OTHERS TO CALL
    # ------------------------------------------------------------

    def _prm_set_status(self, status):
        """Set the status, as far as the table of `visit_status` allows. Nothing is done twice.

        :raises UserError: with a sentence why not; then none is changed.
        :raises SlotTaken: when a cancelled visit comes back and its time is taken.
        """
        self._prm_check_status(status)
        self.filtered(lambda visit: visit.prm_status != status).write({"prm_status": status})

    def _prm_cancel(self, by, reason=None, note=None):
        """Cancel visits and say why.

        :param str by: ``patient`` or ``practice``.
        :param reason: a `prm.cancel.reason` or its code.
        :param str note: the person's own words; may speak of health, so it is told to nobody.
        :raises UserError: when a visit can't be cancelled any more.
        """
        if isinstance(reason, str):
            reason = self.env["prm.cancel.reason"]._by_code(reason)
        self._prm_check_status(visit_status.CANCELLED)
        self.filtered(lambda visit: visit.prm_status != visit_status.CANCELLED).write(
            {
                "prm_status": visit_status.CANCELLED,
                "prm_cancelled_by": by,
                "prm_cancel_reason_id": reason.id if reason else False,
                "prm_cancel_note": note or False,
            }
        )

    def _prm_approve(self):
        """Say yes to what patients booked: from now on it is a visit like any other."""
        self.filtered("prm_to_approve").write({"prm_to_approve": False})

    def _prm_may_change_online(self):
        """Whether the patient can still cancel or move the visit themselves, or has to call."""
        self.ensure_one()
        notice = timedelta(hours=self.prm_type_id.sudo().cancel_notice)
        return (
            self.prm_status in (visit_status.BOOKED, visit_status.CONFIRMED)
            and fields.Datetime.now() + notice <= self.start
        )

    def _prm_steps(self):
        """What can follow now: list of `visit_status.Step`, what comes next first."""
        self.ensure_one()
        return visit_status.offered(self.prm_status, self._prm_occasion())

    def _prm_judge(self, status):
        """`visit_status.Verdict` on another status, for whoever is logged in."""
        self.ensure_one()
        manager = self.env.user.has_group("prm_core.group_prm_manager")
        return visit_status.judge(self.prm_status, status, self._prm_occasion(), manager)

    # ------------------------------------------------------------
    # CHECKS
    # ------------------------------------------------------------

    def _prm_occasion(self):
        now, zone = fields.Datetime.now(), self._prm_zone()
        return visit_status.Occasion(
            now, self.start, local_time(now, zone).date(), local_time(self.start, zone).date()
        )

    def _prm_check_status(self, status):
        """:raises UserError: when one of the visits can't take the status."""
        for visit in self:
            verdict = visit._prm_judge(status)
            if verdict.outcome == visit_status.REFUSED:
                raise UserError(visit._prm_status_refusal(status, verdict.reason))

    def _prm_status_refusal(self, status, reason):
        """The sentence that says why a status is refused, and what to do."""
        labels = dict(self._fields["prm_status"]._description_selection(self.env))
        now, new = labels[self.prm_status], labels[status]
        if reason == visit_status.TOO_EARLY:
            return self.env._(
                "“%(new)s” can be set on the day of the visit, not before it.", new=new
            )
        if reason == visit_status.NOT_TODAY:
            return self.env._(
                "“%(new)s” can be set on the day of the visit only. Mark it as completed or as"
                " missed, or ask a manager to correct it.",
                new=new,
            )
        if reason == visit_status.NOT_BEGUN:
            return self.env._("The visit has not begun yet. If the patient won't come, cancel it.")
        if reason in (visit_status.DAY_OVER, visit_status.HAS_BEGUN):
            return self.env._(
                "The time of this visit has passed. Book a new one, or ask a manager to correct"
                " this one."
            )
        return self.env._(
            "A visit that is “%(now)s” can't become “%(new)s”. A manager can correct it.",
            now=now,
            new=new,
        )

    def _prm_check_changes(self, vals):
        """What a person may change about visits at their stage.

        :raises UserError:
        """
        if vals.get("prm_status"):
            self._prm_check_status(vals["prm_status"])
        elif vals.keys() & set(_TIMES):
            manager = self.env.user.has_group("prm_core.group_prm_manager")
            for visit in self:
                visit._prm_check_move(vals, manager)

    def _prm_check_move(self, vals, manager):
        zone, start = self._prm_zone(), fields.Datetime.to_datetime(vals.get("start")) or self.start
        if not self._prm_differs(vals, _TIMES):
            return
        same_day = local_time(start, zone).date() == local_time(self.start, zone).date()
        reason = visit_status.judge_move(self.prm_status, same_day, manager).reason
        if reason == visit_status.IS_HERE:
            raise UserError(
                self.env._(
                    "The patient has arrived: this visit stays on its day. Cancel it and book"
                    " another one instead."
                )
            )
        if reason == visit_status.IS_OVER:
            raise UserError(
                self.env._(
                    "This visit is over, so it can't be moved. Book a new one, or ask a manager"
                    " to correct this one."
                )
            )

    def _prm_differs(self, vals, names):
        """Whether values say something else than the record."""
        for name in set(names) & vals.keys():
            old, new = self[name], vals[name]
            if isinstance(old, models.BaseModel):
                old = old.id
            elif self._fields[name].type == "datetime":
                new = fields.Datetime.to_datetime(new)
            if old != new:
                return True
        return False

    # ------------------------------------------------------------
    # BOOKKEEPING
    # ------------------------------------------------------------

    def _prm_by_consequences(self, vals):
        """What a change brings with it, by visit: the count of changes, times, the lead time.

        :param vals: of a change of time, provider, chair or status.
        :return: list of (visits, values): most often one.
        """
        groups, now = defaultdict(list), fields.Datetime.now()
        for visit in self:
            extra = visit._prm_consequences(vals, now)
            groups[tuple(sorted(extra.items()))].append(visit.id)
        return [(self.browse(ids), dict(extra)) for extra, ids in groups.items()]

    def _prm_consequences(self, vals, now):
        status = vals.get("prm_status") or self.prm_status
        timed = self._prm_differs(vals, ("start", "stop", "duration", "prm_provider_id"))
        extra = {}
        if timed or status != self.prm_status:
            extra["prm_sequence"] = self.prm_sequence + 1
        if status != self.prm_status:
            known = {field: self[field] for field in visit_status.STAMPS.values()}
            extra.update(visit_status.stamps(status, now, known))
            extra.update(self._prm_cancel_consequences(status, vals, now))
        elif self._prm_differs(vals, ("start",)):
            extra.update(prm_moves=self.prm_moves + 1, prm_rescheduled_from=self.start)
        if timed or "prm_type_id" in vals:
            extra.update(self._prm_new_busy_vals(vals))
        return extra

    def _prm_new_busy_vals(self, vals):
        changed = {
            "start": vals.get("start", self.start),
            "stop": vals.get("stop", None if "duration" in vals else self.stop),
            "duration": vals.get("duration"),
            "prm_type_id": vals.get("prm_type_id", self.prm_type_id.id),
            "prm_provider_id": vals.get("prm_provider_id", self.prm_provider_id.id),
        }
        if "start" in vals and not vals.keys() & {"stop", "duration"}:
            changed.update(stop=None, duration=self.duration)
        times = self._prm_time_vals(changed, {})
        return {name: times[name] for name in ("prm_busy_start", "prm_busy_stop") if name in times}

    def _prm_cancel_consequences(self, status, vals, now):
        if status == visit_status.CANCELLED:
            start = fields.Datetime.to_datetime(vals.get("start")) or self.start
            return {"prm_cancel_lead_hours": (start - now).total_seconds() / 3600}
        if self.prm_status == visit_status.CANCELLED:
            return {
                "prm_cancelled_by": False,
                "prm_cancel_reason_id": False,
                "prm_cancel_note": False,
                "prm_cancel_lead_hours": 0,
            }
        return {}

    @api.model
    def _prm_initial_stamps(self, vals, now):
        """Times for a visit that is entered with a status; nobody knows them for one long past."""
        field = visit_status.STAMPS.get(vals["prm_status"])
        stop = fields.Datetime.to_datetime(vals.get("stop"))
        return {field: now} if field and field not in vals and (not stop or stop > now) else {}

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_prm_status(self):
        """Set the status that the pressed button names in its context."""
        self._prm_set_status(self.env.context["prm_status"])

    def action_prm_approve(self):
        self._prm_approve()

    def action_prm_cancel(self):
        """Ask by whom and why, then cancel."""
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Cancel visit"),
            "res_model": "prm.appointment.cancel",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_event_ids": self.ids},
        }
