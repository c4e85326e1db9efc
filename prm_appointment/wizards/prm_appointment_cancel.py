from odoo import api, fields, models

from .. import visit_status


class PrmAppointmentCancel(models.TransientModel):
    """Ask by whom a visit is cancelled, and why."""

    _name = "prm.appointment.cancel"
    _description = "Cancel Visit"

    event_ids = fields.Many2many("calendar.event", string="Visits", required=True, readonly=True)
    summary = fields.Char(compute="_compute_summary")
    lead_text = fields.Char(compute="_compute_summary")
    cancelled_by = fields.Selection(
        [("patient", "The patient"), ("practice", "The practice")],
        string="Who cancels?",
        required=True,
        default="patient",
    )
    reason_id = fields.Many2one(
        "prm.cancel.reason",
        string="Why?",
        domain="[('cancelled_by', '=', cancelled_by), ('for_staff', '=', True)]",
    )
    note = fields.Text(string="In their words")

    @api.depends("event_ids")
    def _compute_summary(self):
        for wizard in self:
            visits = wizard.event_ids
            if len(visits) != 1:
                wizard.summary = self.env._("%(count)s visits", count=len(visits))
                wizard.lead_text = False
                continue
            when = visits._prm_local(visits.start)
            wizard.summary = f"{visits.prm_patient_id.name} · {visits.name} · {when}"
            wizard.lead_text = self._lead_text(visits)

    @api.model
    def _lead_text(self, visit):
        """How long before the start: short notice is worth knowing before it is granted."""
        hours = (visit.start - fields.Datetime.now()).total_seconds() / 3600
        if hours < 0:
            return self.env._("The visit should have begun already.")
        if hours < 48:
            return self.env._("%(hours)s hours before the visit", hours=round(hours))
        return self.env._("%(days)s days before the visit", days=round(hours / 24))

    @api.onchange("cancelled_by")
    def _onchange_cancelled_by(self):
        if self.reason_id.cancelled_by != self.cancelled_by:
            self.reason_id = False

    def action_cancel_visits(self):
        """Cancel, with what was chosen."""
        self.ensure_one()
        visits = self.event_ids.filtered(lambda visit: visit.prm_status != visit_status.CANCELLED)
        visits._prm_cancel(self.cancelled_by, self.reason_id, self.note)
        return {"type": "ir.actions.act_window_close"}
