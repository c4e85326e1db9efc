from odoo.tests import Form, tagged

from .common import AppointmentCase

FORM = "prm_appointment.prm_appointment_view_form"


@tagged("post_install", "-at_install")
class TestViews(AppointmentCase):
    def test_booking_in_the_form(self):
        events = self.as_user(self.receptionist, self.env["calendar.event"])
        with Form(events.with_context(default_start=self._at(8)), FORM) as form:
            form.prm_patient_id = self.maria
            form.prm_type_id = self.hygiene
            self.assertEqual(form.prm_provider_id, self.giulia)
            self.assertEqual(form.prm_operatory_id, self.chair_1)
            self.assertEqual(form.stop, self._at(8, 45))
        self.assertEqual(form.record.prm_status, "booked")
        self.assertEqual(form.record.name, "Dental hygiene")

    def test_the_only_provider_is_proposed(self):
        self.hygiene.provider_ids = False
        self.marco.active = False
        events = self.as_user(self.receptionist, self.env["calendar.event"])
        form = Form(events.with_context(default_start=self._at(8)), FORM)
        form.prm_type_id = self.hygiene
        self.assertEqual(form.prm_provider_id, self.giulia)
        self.marco.active = True
        form.prm_provider_id = self.marco
        form.prm_type_id = self.env["prm.appointment.type"]
        form.prm_type_id = self.hygiene
        self.assertEqual(form.prm_provider_id, self.marco)

    def test_the_calendars_own_views(self):
        visit = self._book(self._at(8))
        for user, sees in ((self.receptionist, True), (self.outsider, False)):
            events = self.as_user(user, self.env["calendar.event"])
            views = events.get_views([(False, kind) for kind in ("calendar", "list", "form")])
            for kind, view in views["views"].items():
                self.assertEqual("prm_patient_id" in view["arch"], sees, (user.login, kind))
        with Form(self.as_user(self.outsider, self.env["calendar.event"])) as form:
            form.name = "Team"
            form.start = self._at(8)
            form.stop = self._at(9)
        action = self.as_user(self.receptionist, visit).action_prm_open_visit()
        self.assertEqual(action["res_id"], visit.id)

    def test_the_schedule_opens(self):
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "prm_appointment.prm_appointment_action"
        )
        self.assertEqual([kind for _view, kind in action["views"]], ["calendar", "list", "form"])
        events = self.as_user(self.clinician, self.env["calendar.event"])
        arch = events.get_views(action["views"])["views"]["calendar"]["arch"]
        self.assertIn("prm_title", arch)
