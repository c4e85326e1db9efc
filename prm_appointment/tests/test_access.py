from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import AppointmentCase


@tagged("post_install", "-at_install")
class TestAccess(AppointmentCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.visit = cls._book(cls._at(8))
        cls.visit.prm_note = "Afraid of needles"
        cls.env.flush_all()

    def _vals(self, start):
        return {"prm_patient_id": self.luca.id, "prm_type_id": self.hygiene.id,
                "prm_provider_id": self.giulia.id, "start": start}  # fmt: skip

    def test_receptionist_and_clinician_book_and_change(self):
        for number, user in enumerate((self.receptionist, self.clinician, self.manager)):
            events = self.as_user(user, self.env["calendar.event"])
            event = events.create(self._vals(self._at(9 + number)))
            event.write({"prm_status": "confirmed"})
            event.write({"start": self._at(12 + number), "stop": self._at(12 + number, 45)})
            self.assertEqual(event.prm_title, "✓ Luca Ferri · Dental hygiene")
            self.assertEqual(event.user_id, self.clinician)

    def test_who_only_sees_patients_changes_nothing(self):
        viewer = self._user("t_viewer", "prm_core.group_prm_user")
        visit = self.as_user(viewer, self.visit)
        self.assertEqual(visit.prm_patient_id.name, "Maria Verdi")
        with self.assertRaises(AccessError):
            visit.write({"prm_status": "cancelled"})
        with self.assertRaises(AccessError):
            visit.browse().create(self._vals(self._at(10)))

    def test_only_managers_configure(self):
        for user in (self.receptionist, self.clinician):
            for model in ("prm.provider", "prm.operatory", "prm.appointment.type"):
                records = self.as_user(user, self.env[model])
                self.assertTrue(records.search([]))
                with self.assertRaises(AccessError):
                    records.create({"name": "New"})
                with self.assertRaises(AccessError):
                    records.search([], limit=1).write({"name": "Other"})
        manager = self.as_user(self.manager, self.env["prm.provider"])
        provider = manager.create(
            {"name": "Sara Conti", "role": "hygienist", "resource_calendar_id": self.calendar.id}
        )
        provider.write({"name": "Sara Conti Rossi", "user_id": self.manager.id, "active": False})
        self.assertEqual(provider.resource_id.name, "Sara Conti Rossi")
        self.assertFalse(provider.resource_id.active)

    def test_nobody_else_sees_the_set_up(self):
        for user in (self.outsider, self.portal, self.env.ref("base.public_user")):
            for model in ("prm.provider", "prm.operatory", "prm.appointment.type"):
                with self.assertRaises(AccessError):
                    self.as_user(user, self.env[model]).search([])

    def test_a_colleague_outside_sees_a_taken_time_and_nothing_else(self):
        visit = self.as_user(self.outsider, self.visit)
        self.assertEqual(visit.display_name, "Dental hygiene")
        self.assertEqual(visit.start, self._at(8))
        everything = str(visit.read())
        for part in ("Maria", "Verdi", "maria@example.com", "needles"):
            self.assertNotIn(part, everything)
        # Everything of ours speaks of the patient or of the visit.
        secret = [name for name in self.env["calendar.event"]._fields if name[:4] == "prm_"]
        self.assertIn("prm_cancel_note", secret)
        for name in secret:
            self.assertNotIn(name, visit.read()[0])
            self.assertNotIn(name, visit.fields_get())
            with self.assertRaises(AccessError, msg=name):
                visit.read([name])

    def test_a_colleague_outside_can_not_find_out_by_searching(self):
        events = self.as_user(self.outsider, self.env["calendar.event"])
        patient, provider = self.maria.id, self.giulia.id
        for domain in (
            [("prm_patient_id", "=", patient)],
            [("prm_patient_id.name", "ilike", "Verdi")],
            [("prm_patient_id", "ilike", "Verdi")],
            [("prm_patient_id.partner_id.email", "=", "maria@example.com")],
            [("prm_note", "ilike", "needles")],
            [("prm_provider_id", "=", provider)],
            [("prm_status", "=", "booked")],
            ["|", ("name", "=", "x"), ("prm_patient_id", "!=", False)],
        ):
            with self.assertRaises(AccessError, msg=str(domain)):
                events.search(domain)
        with self.assertRaises(AccessError):
            events.search([], order="prm_patient_id")
        with self.assertRaises(AccessError):
            events.formatted_read_group([], ["prm_patient_id"], ["__count"])
        with self.assertRaises(AccessError):
            events.search([]).mapped("prm_patient_id.name")
        found = self.as_user(self.outsider, self.env["res.partner"]).search(
            [("meeting_ids", "in", self.visit.ids)]
        )
        self.assertNotIn(self.maria.partner_id, found)
        for model in ("calendar.attendee", "mail.message", "mail.followers"):
            rows = self.env[model].sudo().search_read(
                [("event_id" if model == "calendar.attendee" else "res_id", "in", self.visit.ids)]
                + ([] if model == "calendar.attendee" else
                   [("model" if model == "mail.message" else "res_model", "=", "calendar.event")])
            )  # fmt: skip
            self.assertNotIn("Verdi", str(rows))

    def test_a_colleague_outside_changes_no_visit(self):
        visit = self.as_user(self.outsider, self.visit)
        for vals in ({"start": self._at(10)}, {"name": "x"}, {"active": False}):
            with self.assertRaises(AccessError):
                visit.write(vals)
        with self.assertRaises(AccessError):
            visit.unlink()
        with self.assertRaises(AccessError):
            visit.browse().create(self._vals(self._at(10)))
        meeting = visit.browse().create(
            {"name": "Own meeting", "start": self._at(10), "stop": self._at(11)}
        )
        meeting.write({"start": self._at(10, 30)})
        self.assertTrue(meeting.unlink())

    def test_another_practice_sees_nothing(self):
        visit = self.as_user(self.stranger, self.visit)
        self.assertFalse(visit.search([("prm_patient_id", "!=", False)]))
        self.assertFalse(visit.search([("id", "=", visit.id)]))
        with self.assertRaises(AccessError):
            visit.read(["start"])
        with self.assertRaises(AccessError):
            visit.write({"start": self._at(10)})
        for record in (self.giulia, self.chair_1, self.hygiene):
            with self.assertRaises(AccessError):
                self.as_user(self.stranger, record).read(["name"])

    def test_a_visit_stays_with_its_practice(self):
        """The practice follows the patient, whatever a client sends."""
        visit = self.as_user(self.receptionist, self.visit)
        visit.write({"prm_company_id": self.other_practice.id})
        self.assertEqual(self.visit.prm_company_id, self.practice)
        event = visit.create({**self._vals(self._at(10)), "prm_company_id": self.other_practice.id})
        self.assertEqual(event.sudo().prm_company_id, self.practice)

    def test_reasons_are_read_by_all_and_changed_by_managers(self):
        reason = self.env.ref("prm_appointment.prm_cancel_reason_afraid")
        self.assertTrue(self.as_user(self.receptionist, reason).name)
        with self.assertRaises(AccessError):
            self.as_user(self.receptionist, reason).name = "Scared"
        self.as_user(self.manager, reason).name = "Scared"
        for user in (self.outsider, self.portal, self.env.ref("base.public_user")):
            with self.assertRaises(AccessError):
                self.as_user(user, reason).read(["name"])

    def test_portal_and_public_see_no_visit(self):
        for user in (self.portal, self.env.ref("base.public_user")):
            with self.assertRaises(AccessError):
                self.as_user(user, self.visit).read(["name"])

    def test_a_private_calendar_does_not_lock_the_front_desk_out(self):
        self.clinician.with_user(self.clinician).calendar_default_privacy = "private"
        visit = self.as_user(self.receptionist, self.visit)
        visit.write({"start": self._at(10), "stop": self._at(10, 45)})
        self.assertEqual(visit.display_name, "Dental hygiene")
