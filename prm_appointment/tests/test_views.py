from freezegun import freeze_time
from lxml import etree
from odoo.tests import Form, tagged
from odoo.tools.safe_eval import safe_eval

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

    def test_an_empty_form_opens(self):
        """As the schedule opens it: with a status, without a patient."""
        events = self.as_user(self.receptionist, self.env["calendar.event"])
        events = events.with_context(default_prm_status="booked", default_start=self._at(8))
        form = Form(events, FORM)
        self.assertFalse(form.prm_offered)
        form.prm_patient_id = self.maria
        self.assertEqual(form.prm_status, "booked")

    def test_colors_and_steps_of_the_schedule(self):
        visit = self._book(self._at(8))
        color = visit.prm_status_color
        self.assertEqual(visit.prm_offered, "confirmed cancelled")
        visit.prm_status = "confirmed"
        self.assertNotEqual(visit.prm_status_color, color)
        self.assertEqual(visit.prm_offered, "cancelled booked")

    def test_filters_find_what_they_say(self):
        today, late, early = (self._book(self._at(hour)) for hour in (8, 9, 10))
        with freeze_time(self._at(5)):
            late._prm_cancel("patient", "ill")
        with freeze_time(self._at(5, days=-5)):
            early._prm_cancel("patient", "ill")
        events = self.as_user(self.receptionist, self.env["calendar.event"])
        events = events.with_context(active_test=False)
        arch = etree.fromstring(
            events.get_view(
                self.env.ref("prm_appointment.prm_appointment_view_search").id, "search"
            )["arch"]
        )
        with freeze_time(self._at(6)):
            found = {
                name: events.search(
                    [
                        ("prm_patient_id", "!=", False),
                        *safe_eval(arch.xpath(f"//filter[@name='{name}']/@domain")[0]),
                    ]
                )
                for name in ("today", "cancelled_late", "unconfirmed", "to_approve", "moved")
            }
        self.assertEqual(found["today"], today | late | early)
        self.assertEqual(found["cancelled_late"], late)
        self.assertEqual(found["unconfirmed"], today)
        self.assertFalse(found["to_approve"] | found["moved"])

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
