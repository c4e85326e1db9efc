from datetime import timedelta

from odoo import api, fields, models
from odoo.addons.prm_core.contact_hours import local_time, start_of_day

from .. import kiosk_entry, visit_status
from .calendar_event import GROUPS


class CalendarEvent(models.Model):
    """Visits at the kiosk: those of today, and who said that the patient is here."""

    _inherit = "calendar.event"

    prm_kiosk_id = fields.Many2one(
        "prm.kiosk",
        string="Checked in at",
        groups=GROUPS,
        copy=False,
        readonly=True,
        ondelete="set null",
        help="The kiosk at which the patient said that they have come.",
    )

    @api.model
    def _prm_of_today(self, company, patients):
        """Patients' visits of today on the practice's calendar, cancelled ones with them.

        :param patients: none: no visit, in as many queries.
        """
        zone = company._prm_zone()
        day = local_time(fields.Datetime.now(), zone).date()
        return self.with_context(active_test=False).search(
            [
                ("prm_company_id", "=", company.id),
                ("prm_patient_id", "in", patients.ids or [-1]),
                ("start", ">=", start_of_day(day, zone)),
                ("start", "<", start_of_day(day + timedelta(days=1), zone)),
            ],
            order="start, id",
        )

    def _prm_as_kiosk_visits(self):
        """Plain values for `kiosk_entry.judge`."""
        return [
            kiosk_entry.Visit(
                visit.id, visit.start, visit.stop, visit.prm_status, visit.prm_to_approve
            )
            for visit in self
        ]

    def _prm_consequences(self, vals, now):
        extra = super()._prm_consequences(vals, now)
        status = vals.get("prm_status") or self.prm_status
        if status != self.prm_status and status in (visit_status.ARRIVED, visit_status.BOOKED,
                                                    visit_status.CONFIRMED):  # fmt: skip
            kiosk_id = self.env.context.get("prm_kiosk_id") or False
            if kiosk_id or self.prm_kiosk_id:
                extra["prm_kiosk_id"] = kiosk_id
        return extra

    def _prm_event_payload(self):
        payload = super()._prm_event_payload()
        if self.prm_status == visit_status.ARRIVED and self.prm_kiosk_id:
            payload["by"] = self.prm_kiosk_id.sudo().name
        return payload

    def _prm_board_alerts(self):
        alerts = super()._prm_board_alerts()
        waiting = self.prm_patient_id._prm_with_proposals()
        label = self.env._("New phone or email to look at")
        for visit in self.filtered(lambda visit: visit.prm_patient_id in waiting):
            alerts[visit.id].append(("contact", label, "fa-address-card-o", "warning"))
        return alerts
