from datetime import timedelta

import psycopg2
from freezegun import freeze_time
from odoo import fields
from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..exceptions import SlotTaken
from .common import AppointmentCase


@tagged("post_install", "-at_install")
class TestAppointment(AppointmentCase):
    def test_booking(self):
        event = self._book(self._at(8), source="phone")
        self.assertEqual(event.stop, self._at(8, 45))
        self.assertEqual(event.prm_status, "booked")
        self.assertEqual(event.prm_source, "phone")
        self.assertEqual(event.prm_company_id, self.practice)
        self.assertEqual(event.prm_operatory_id, self.chair_1)
        self.assertEqual(event.user_id, self.clinician)
        self.assertEqual(event.partner_ids, self.clinician.partner_id)
        self.assertEqual(self._codes(self.maria), ["patient_created", "appointment_booked"])
        self.assertIn("2035-02-05 09:00", self.maria.event_ids[0].detail)

    def test_a_provider_without_log_in(self):
        event = self._book(self._at(8), provider=self.marco)
        self.assertFalse(event.user_id)
        self.assertFalse(event.partner_ids)
        self.assertFalse(event.attendee_ids)

    def test_the_name_says_nothing_of_the_patient(self):
        event = self._book(self._at(8))
        self.assertEqual(event.name, "Dental hygiene")
        self.assertEqual(event.display_name, "Dental hygiene")
        self.env.flush_all()
        self.env.cr.execute(
            "SELECT row_to_json(e)::text FROM calendar_event e WHERE id = %s", [event.id]
        )
        stored = self.env.cr.fetchone()[0]
        for part in ("Maria", "Verdi", "maria@example.com"):
            self.assertNotIn(part, stored)

    def test_the_patients_record_is_not_linked_from_the_form(self):
        """The calendar links a new event to the record it was opened from; not this one."""
        events = self.env["calendar.event"].with_context(
            active_model="prm.patient", active_id=self.maria.id, default_partner_ids=[
                (6, 0, self.maria.partner_id.ids)],
        )  # fmt: skip
        event = events.create(
            {"prm_patient_id": self.maria.id, "prm_type_id": self.hygiene.id,
             "prm_provider_id": self.giulia.id, "start": self._at(8)}
        )  # fmt: skip
        self.assertFalse(event.res_model)
        self.assertFalse(event.res_id)
        self.assertFalse(event.activity_ids)
        self.assertEqual(event.partner_ids, self.clinician.partner_id)

    def test_no_mail_of_the_calendar_ever(self):
        mails = self.env["mail.mail"].sudo().search_count([])
        messages = self.env["mail.message"].sudo().search_count([])
        event = self._book(self._at(8))
        event = event.with_context(tracking_disable=False)
        event.write({"start": self._at(9), "stop": self._at(9, 45)})
        event.prm_provider_id = self.marco
        event.prm_provider_id = self.giulia
        event.prm_status = "cancelled"
        event.prm_status = "booked"
        event.attendee_ids._send_invitation_emails()
        self.assertEqual(self.env["mail.mail"].sudo().search_count([]), mails)
        self.assertEqual(self.env["mail.message"].sudo().search_count([]), messages)
        self.assertFalse(event.message_ids)
        self.assertNotIn(self.maria.partner_id, event.message_partner_ids)

    def test_no_reminder_of_the_calendar(self):
        alarm = self.env["calendar.alarm"].search([], limit=1)
        event = self.env["calendar.event"].create(
            {"prm_patient_id": self.maria.id, "prm_type_id": self.hygiene.id,
             "prm_provider_id": self.giulia.id, "start": self._at(8),
             "alarm_ids": [(6, 0, alarm.ids)]}
        )  # fmt: skip
        self.assertFalse(event.alarm_ids)
        with self.assertRaisesRegex(ValidationError, "reminded by messages"):
            event.alarm_ids = alarm

    def test_a_patient_is_no_guest(self):
        event = self._book(self._at(8))
        with self.assertRaisesRegex(ValidationError, "not added to the guests"):
            event.partner_ids |= self.maria.partner_id

    def test_ordinary_meetings_stay_as_they_are(self):
        meeting = self.env["calendar.event"].create(
            {"name": "Team", "start": self._at(8), "stop": self._at(9),
             "partner_ids": [(6, 0, self.clinician.partner_id.ids)]}
        )  # fmt: skip
        self.assertFalse(meeting.prm_status)
        meeting.write({"start": self._at(8, 30)})
        with self.assertRaisesRegex(UserError, "in the schedule"):
            meeting.prm_patient_id = self.maria
        self.assertTrue(meeting.unlink())

    def test_meetings_and_visits_in_one_go(self):
        visit = {
            "prm_patient_id": self.maria.id,
            "prm_type_id": self.hygiene.id,
            "prm_provider_id": self.giulia.id,
            "start": self._at(8),
        }
        meeting = {"name": "Team", "start": self._at(8), "stop": self._at(9)}
        events = self.env["calendar.event"].create([meeting, visit])
        self.assertEqual(events.mapped("name"), ["Team", "Dental hygiene"])
        events.write({"location": "Milano"})
        self.assertEqual(events.mapped("location"), ["Milano", "Milano"])

    # ------------------------------------------------------------
    # NO TWO AT ONCE
    # ------------------------------------------------------------

    def test_the_provider_is_taken(self):
        self._book(self._at(8))
        with self.assertRaisesRegex(SlotTaken, "This provider has another visit"):
            self._book(self._at(8, 30), self.luca, operatory=self.chair_2)
        self._book(self._at(8, 45), self.luca)

    def test_the_chair_is_taken(self):
        self._book(self._at(8), operatory=self.chair_1)
        with self.assertRaisesRegex(SlotTaken, "in this chair"):
            self._book(self._at(8, 30), self.luca, provider=self.marco, operatory=self.chair_1)

    def test_all_chairs_are_taken(self):
        self.hygiene.operatory_ids = self.chair_1
        self._book(self._at(8))
        with self.assertRaises(SlotTaken):
            self._book(self._at(8), self.luca, provider=self.marco)

    def test_one_of_many_taken_books_none(self):
        self._book(self._at(8))
        with self.assertRaises(SlotTaken):
            self.env["calendar.event"]._prm_book(
                [self._wish(self._at(10), self.luca), self._wish(self._at(8), self.luca)]
            )
        self.assertFalse(self.luca.appointment_ids)

    def test_moving_onto_another_visit(self):
        """As by dragging in the calendar: a plain write."""
        self._book(self._at(8))
        event = self._book(self._at(10), self.luca)
        with self.assertRaisesRegex(SlotTaken, "This provider has another visit at that time."):
            event.write({"start": self._at(8), "stop": self._at(8, 45)})
        event.invalidate_recordset()
        self.assertEqual(event.start, self._at(10))

    def test_a_plain_create_is_refused_alike(self):
        self._book(self._at(8))
        with self.assertRaisesRegex(SlotTaken, "This provider has another visit at that time."):
            self.env["calendar.event"].create(
                {"prm_patient_id": self.luca.id, "prm_type_id": self.hygiene.id,
                 "prm_provider_id": self.giulia.id, "start": self._at(8, 30)}
            )  # fmt: skip

    def test_a_cancelled_visit_comes_back_only_if_its_time_is_free(self):
        event = self._book(self._at(8))
        event.prm_status = "cancelled"
        self._book(self._at(8), self.luca)
        with self.assertRaises(SlotTaken):
            event.prm_status = "booked"

    def test_even_plain_sql_can_not_book_twice(self):
        first, second = self._book(self._at(8)), self._book(self._at(10), self.luca)
        self.env.flush_all()
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(psycopg2.errors.ExclusionViolation),
            self.env.cr.savepoint(),
        ):
            self.env.cr.execute(
                "UPDATE calendar_event SET start = %s, stop = %s WHERE id = %s",
                [first.start, first.stop, second.id],
            )

    def test_times_that_make_no_sense(self):
        event = self._book(self._at(8))
        for stop in (self._at(8), self._at(9)):
            with self.assertRaises(ValidationError):
                event.write({"start": self._at(9), "stop": stop})
        with self.assertRaisesRegex(ValidationError, "A visit ends after it starts"):
            self._book(self._at(10), stop=self._at(9))
        with self.assertRaisesRegex(ValidationError, "needs a patient, a provider and a status"):
            self.env["calendar.event"].create(
                {"prm_patient_id": self.maria.id, "prm_type_id": self.hygiene.id,
                 "start": self._at(8)}
            )  # fmt: skip

    # ------------------------------------------------------------
    # CHANGES
    # ------------------------------------------------------------

    def test_changes_are_on_the_timeline(self):
        event = self._book(self._at(8))
        event.write({"start": self._at(9), "stop": self._at(9, 45)})
        with freeze_time(self._at(9)):
            for status in ("confirmed", "arrived", "in_chair", "completed"):
                event.with_context(prm_status=status).action_prm_status()
        self.assertEqual(
            self._codes(self.maria)[1:],
            ["appointment_booked", "appointment_moved", "appointment_confirmed",
             "appointment_arrived", "appointment_in_chair", "appointment_completed"],
        )  # fmt: skip
        moved = self.maria.event_ids.sorted("id")[2]
        self.assertEqual(moved.payload["from"], "2035-02-05 09:00")
        self.assertEqual(moved.payload["start"], "2035-02-05 10:00")
        self.assertEqual(event.prm_sequence, 5)

    def test_what_does_not_matter_is_not_on_the_timeline(self):
        event = self._book(self._at(8))
        event.write({"prm_note": "Brings her son", "prm_operatory_id": self.chair_2.id})
        event.write({"start": event.start, "prm_status": "booked"})
        self.assertEqual(self._codes(self.maria)[1:], ["appointment_booked"])

    def test_the_next_visits_stand_above_the_conversation(self):
        visits = [self._book(self._at(8, days=day)) for day in (3, 0, 1, 4)]
        visits[1].prm_status = "cancelled"
        self._book(self._at(8, days=7), self.luca)
        patient = self.as_user(self.receptionist, self.maria)
        coming = patient.conversation_page()["upcoming"]
        self.assertEqual([visit["res_id"] for visit in coming],
                         [visits[2].id, visits[0].id, visits[3].id])  # fmt: skip
        self.assertEqual(coming[0]["at"], "2035-02-06T08:00:00Z")
        self.assertEqual(coming[0]["state_label"], "Booked")
        self.assertNotIn("upcoming", patient.conversation_page(
            before=["2035-01-01T00:00:00Z", "event", 1]))  # fmt: skip

    def test_cancelling(self):
        event = self._book(self._at(8))
        event.prm_status = "cancelled"
        self.assertFalse(event.active)
        self.assertEqual(self._codes(self.maria)[-1], "appointment_cancelled")
        self._book(self._at(8), self.luca)
        self.assertIn(event, self.maria.with_context(active_test=False).appointment_ids)

    def test_archiving_is_cancelling(self):
        event = self._book(self._at(8))
        event.action_archive()
        self.assertEqual(event.prm_status, "cancelled")
        event.action_unarchive()
        self.assertEqual(event.prm_status, "booked")
        self.assertEqual(self._codes(self.maria)[-1], "appointment_reopened")

    def test_another_provider_takes_it_into_the_calendar(self):
        event = self._book(self._at(8))
        self.marco.user_id = self.manager
        event.prm_provider_id = self.marco
        self.assertEqual(event.user_id, self.manager)
        self.assertEqual(event.partner_ids, self.manager.partner_id)
        self.assertEqual(self._codes(self.maria)[-1], "appointment_moved")

    def test_not_deleted_not_given_to_another(self):
        event = self._book(self._at(8))
        with self.assertRaisesRegex(UserError, "cancelled, not deleted"):
            event.unlink()
        with self.assertRaisesRegex(UserError, "book one for the other patient"):
            event.prm_patient_id = self.luca

    def test_the_dead_are_not_booked(self):
        self.maria.status = "deceased"
        with self.assertRaisesRegex(ValidationError, "Maria Verdi has died"):
            self._book(fields.Datetime.now() + timedelta(days=3))
        self._book(fields.Datetime.now() - timedelta(days=300))

    def test_everything_belongs_to_one_practice(self):
        stranger = self._patient(
            first_name="Eva", last_name="Blau", company_id=self.other_practice.id
        )
        with self.assertRaisesRegex(ValidationError, "another practice"):
            self._book(self._at(8), stranger)

    def test_patient_form(self):
        self._book(self._at(8))
        self.maria.invalidate_recordset()
        self.assertEqual(self.maria.appointment_count, 1)
        self.assertEqual(self.maria.next_appointment_at, self._at(8))
        action = self.maria.action_open_appointments()
        self.assertEqual(action["domain"], [("prm_patient_id", "=", self.maria.id)])

    def test_batch_costs_no_query_per_visit(self):
        """Two hundred visits: what is asked once is asked once, the rest goes in batches."""

        def wishes(first):
            return [
                self._wish(self._at(0, 15 * n, days=first), operatory=self.chair_1,
                           stop=self._at(0, 15 * n + 15, days=first))
                for n in range(80)
            ]  # fmt: skip

        self.env["calendar.event"]._prm_book(wishes(0))
        self.env.flush_all()
        before = self.env.cr.sql_log_count
        self.env["calendar.event"]._prm_book(wishes(30)[:10])
        self.env.flush_all()
        ten = self.env.cr.sql_log_count - before
        self.env["calendar.event"]._prm_book(wishes(60))
        self.env.flush_all()
        eighty = self.env.cr.sql_log_count - before - ten
        self.assertLess(eighty - ten, 20)
