from collections import defaultdict
from datetime import datetime, time

from odoo import api, fields, models
from odoo.addons.prm_core.bulk import insert
from odoo.exceptions import UserError, ValidationError

from ... import procedure_status as status

#: What the timeline tells, and after which statuses it is news (None: where it was not there yet).
#: Work that is planned again because a visit fell through is no news.
_TOLD = {
    status.PLANNED: ("procedure_planned", {None, status.DECLINED, status.DELETED}),
    status.ACCEPTED: ("procedure_accepted", {None, status.PLANNED, status.DECLINED}),
    status.DECLINED: ("procedure_declined", None),
    status.COMPLETED: ("procedure_completed", None),
}
#: Lists that are taken over bring history, and what was planned in it is no news.
_TOLD_IN_BULK = {status.COMPLETED}


class PrmProcedure(models.Model):
    """The status of a procedure: which may follow which, what follows from it, its history.

    People's changes pass the table of `procedure_status`; superuser code that writes the field
    itself is trusted, and so are lists that are taken over.
    """

    _inherit = "prm.procedure"

    appointment_id = fields.Many2one(
        "calendar.event",
        string="Visit",
        copy=False,
        ondelete="set null",
        domain="[('prm_patient_id', '=', patient_id),"
        " ('prm_status', 'not in', ('cancelled', 'no_show'))]",
        help="The visit at which it is done. With a visit it is scheduled; when the visit is"
        " cancelled or missed it goes back to where it was.",
    )
    accepted_on = fields.Date(readonly=True, copy=False, help="When the patient said yes.")
    decline_reason_id = fields.Many2one(
        "prm.decline.reason", string="Why declined", copy=False, ondelete="restrict"
    )
    status_ids = fields.One2many("prm.procedure.status", "procedure_id", string="History")

    _appointment_idx = models.Index("(appointment_id) WHERE appointment_id IS NOT NULL")

    # ------------------------------------------------------------
    # CHECKS
    # ------------------------------------------------------------

    @api.constrains("appointment_id", "patient_id", "state", "decline_reason_id")
    def _check_status_is_whole(self):
        """A scheduled procedure has its visit, a declined one its reason."""
        if self.env.context.get("prm_bulk"):
            return
        for procedure in self.sudo():
            visit = procedure.appointment_id
            if visit and visit.prm_patient_id != procedure.patient_id:
                raise ValidationError(
                    self.env._("This visit is another patient's. Choose one of the same patient.")
                )
            if procedure.state == status.SCHEDULED and not visit:
                raise ValidationError(
                    self.env._("Choose the visit at which it is done: then it is scheduled.")
                )
            if procedure.state == status.DECLINED and not procedure.decline_reason_id:
                raise ValidationError(
                    self.env._("Choose the reason why the patient doesn't want it.")
                )

    def _check_step(self, target):
        """:raises UserError: when a person may not take one of these procedures there."""
        if self.env.su or self.env.context.get("prm_bulk"):
            return
        manager = self.env.user.has_group("prm_core.group_prm_manager")
        labels = dict(self._fields["state"]._description_selection(self.env))
        for procedure in self:
            if not status.allowed(procedure.state, target, manager):
                raise UserError(
                    self.env._(
                        "“%(procedure)s” is “%(now)s”: it can't become “%(new)s”. A manager can"
                        " correct it.",
                        procedure=procedure.display_name,
                        now=labels[procedure.state],
                        new=labels[target],
                    )
                )

    # ------------------------------------------------------------
    # SAVING
    # ------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        today = fields.Date.context_today(self)
        for vals in vals_list:
            if vals.get("appointment_id") and vals.get("state", status.PLANNED) in (
                status.PLANNED,
                status.ACCEPTED,
            ):
                if vals.get("state") == status.ACCEPTED:
                    vals["accepted_on"] = today
                vals["state"] = status.SCHEDULED
            elif vals.get("state") == status.ACCEPTED:
                vals.setdefault("accepted_on", today)
        procedures = super().create(vals_list)
        procedures._record_changes(dict.fromkeys(procedures.ids))
        return procedures

    def write(self, vals):
        if not {"state", "appointment_id"} & vals.keys():
            return super().write(vals)
        if vals.get("state"):
            self._check_step(vals["state"])
        before = {procedure.id: procedure.state for procedure in self}
        parts = defaultdict(self.browse)
        for procedure in self:
            parts[tuple(sorted(procedure._consequences(vals).items()))] |= procedure
        for extra, part in parts.items():
            super(PrmProcedure, part).write({**vals, **dict(extra)})
        self._record_changes(before)
        return True

    def _consequences(self, vals):
        """What follows from a change of status or visit: values to write as well."""
        self.ensure_one()
        found, target = {}, vals.get("state")
        if not target and "appointment_id" in vals:
            if vals["appointment_id"] and self.state in (status.PLANNED, status.ACCEPTED):
                target = found["state"] = status.SCHEDULED
            elif not vals["appointment_id"] and self.state == status.SCHEDULED:
                target = found["state"] = status.without_visit(self.accepted_on)
        if target == status.ACCEPTED and not self.accepted_on:
            found["accepted_on"] = fields.Date.context_today(self)
        if target in (status.PLANNED, status.DECLINED) and self.accepted_on:
            found["accepted_on"] = False
        if target and target != status.DECLINED and self.decline_reason_id:
            found["decline_reason_id"] = False
        leaves = (status.PLANNED, status.ACCEPTED, status.DECLINED, status.DELETED)
        if target in leaves and self.appointment_id and "appointment_id" not in vals:
            found["appointment_id"] = False
        return found

    # ------------------------------------------------------------
    # WHAT IS TOLD
    # ------------------------------------------------------------

    def _record_changes(self, before):
        """Keep the history and tell the timeline, in as many statements for one as for many.

        :param before: {procedure id: status before, None for a new one}
        """
        bulk = self.env.context.get("prm_bulk")
        changed = self.filtered(lambda procedure: procedure.state != before[procedure.id])
        # Of a list that is taken over, the rows themselves say how things stood.
        recorded = changed.filtered(lambda procedure: not bulk or before[procedure.id])
        now = fields.Datetime.now()
        insert(
            self.env["prm.procedure.status"].sudo(),
            [
                {
                    "procedure_id": procedure.id,
                    "company_id": procedure.company_id.id,
                    "from_state": before[procedure.id] or False,
                    "to_state": procedure.state,
                    "changed_at": now,
                    "user_id": self.env.uid,
                    "reason_id": procedure.decline_reason_id.id,
                }
                for procedure in recorded
            ],
        )
        told = defaultdict(self.browse)
        for procedure in changed:
            code, after = _TOLD.get(procedure.state, (None, None))
            if code and (after is None or before[procedure.id] in after):
                told[procedure.state] |= procedure
        for state, procedures in told.items():
            if not bulk or state in _TOLD_IN_BULK:
                procedures._tell(_TOLD[state][0])

    def _tell(self, code):
        """Put an event about each of these procedures on the timeline."""
        self.env["prm.event"].emit(
            code,
            [
                {
                    "patient": procedure.patient_id,
                    "company_id": procedure.company_id.id,
                    "record": procedure,
                    "payload": procedure._event_payload(),
                    # Only the day of the work is known. Noon UTC is that day in nearly every
                    # practice.
                    **(
                        {"occurred_at": datetime.combine(procedure.date, time(12))}
                        if code == "procedure_completed"
                        else {}
                    ),
                }
                for procedure in self
            ],
        )

    def _event_payload(self):
        payload = {"code": self.type_id.code, "procedure": self.type_id.name}
        if self.tooth:
            payload["tooth"] = self.tooth
        if self.state == status.DECLINED:
            payload["reason"] = self.decline_reason_id.code
        return payload

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_complete(self):
        """The work is done today."""
        self.write({"state": status.COMPLETED, "date": fields.Date.context_today(self)})

    def action_accept(self):
        """The patient has said yes."""
        self.write({"state": status.ACCEPTED})

    def action_start(self):
        """The work has begun and goes on at another visit."""
        self.write({"state": status.IN_PROGRESS})

    def action_open_decline(self):
        """Ask why, in a dialog over the procedure."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Declined"),
            "res_model": self._name,
            "res_id": self.id,
            "views": [(self.env.ref("prm_dental.prm_procedure_view_form_decline").id, "form")],
            "target": "new",
        }

    def action_decline(self):
        """The patient doesn't want it; the reason is on the procedure already."""
        self.write({"state": status.DECLINED})
