from odoo import fields, models


class PrmPatient(models.Model):
    _inherit = "prm.patient"

    appointment_ids = fields.One2many(
        "calendar.event",
        "prm_patient_id",
        string="Appointments",
        context={"active_test": False},
    )
    next_appointment_at = fields.Datetime(
        string="Next Visit", compute="_compute_next_appointment", compute_sudo=True
    )
    appointment_count = fields.Integer(
        compute="_compute_next_appointment",
        compute_sudo=True,
        help="Visits, without cancelled ones.",
    )

    def _compute_next_appointment(self):
        events = self.env["calendar.event"]
        counts = dict(
            events._read_group(
                [("prm_patient_id", "in", self.ids)], ["prm_patient_id"], ["__count"]
            )
        )
        upcoming = dict(
            events._read_group(
                [
                    ("prm_patient_id", "in", self.ids),
                    ("prm_status", "in", ("booked", "confirmed")),
                    ("start", ">=", fields.Datetime.now()),
                ],
                ["prm_patient_id"],
                ["start:min"],
            )
        )
        for patient in self:
            patient.appointment_count = counts.get(patient, 0)
            patient.next_appointment_at = upcoming.get(patient, False)

    def action_open_appointments(self):
        """The patient's visits, or a new one when there is none yet."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "prm_appointment.prm_appointment_action"
        )
        action["domain"] = [("prm_patient_id", "=", self.id)]
        action["context"] = {
            "active_test": False,
            "default_prm_patient_id": self.id,
            "default_prm_source": "desk",
            "default_prm_status": "booked",
        }
        action["view_mode"] = "list,calendar,form"
        action["views"] = [
            (self.env.ref("prm_appointment.prm_appointment_view_list").id, "list"),
            (self.env.ref("prm_appointment.prm_appointment_view_calendar").id, "calendar"),
            (self.env.ref("prm_appointment.prm_appointment_view_form").id, "form"),
        ]
        return action
