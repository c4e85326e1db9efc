from odoo import fields, models

#: Coming visits that are shown on top of a patient's conversation.
MAX_UPCOMING = 3


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

    def _prm_is_known(self):
        """Whether the patient has been here: by a visit, or because the practice took them over."""
        self.ensure_one()
        if self.status != "prospect":
            return True
        been = [("prm_patient_id", "=", self.id), ("prm_status", "=", "completed")]
        return bool(self.env["calendar.event"].sudo().search_count(been, limit=1))

    def _conversation_upcoming(self):
        """The next visits, on top of the conversation; what became of past ones, its events say."""
        upcoming = super()._conversation_upcoming()
        visits = self.env["calendar.event"].search(
            [
                ("prm_patient_id", "=", self.id),
                ("prm_status", "in", ("booked", "confirmed")),
                ("start", ">=", fields.Datetime.now()),
            ],
            order="start, id",
            limit=MAX_UPCOMING,
        )
        labels = dict(visits._fields["prm_status"]._description_selection(self.env))
        return upcoming + [
            {
                "title": visit.name,
                "at": visit.start.isoformat() + "Z",
                "state_label": labels[visit.prm_status],
                "icon": "fa-calendar-check-o"
                if visit.prm_status == "confirmed"
                else "fa-calendar-o",
                "res_model": visit._name,
                "res_id": visit.id,
            }
            for visit in visits
        ]

    def action_find_time(self):
        """Look for a free time for the patient, and book it."""
        self.ensure_one()
        finders = self.env["prm.visit.finder"].with_context(default_patient_id=self.id)
        return finders.create({"company_id": self.company_id.id}).action_look()

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
