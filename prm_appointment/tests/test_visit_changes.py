from datetime import timedelta

from freezegun import freeze_time
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from ..exceptions import SlotTaken
from .common import AppointmentCase


@tagged("post_install", "-at_install")
class TestVisitChanges(AppointmentCase):
    """Status, cancelling and moving, by the methods that others call and by people."""

    def _payload(self, patient=None):
        """What the timeline's newest event says."""
        return (patient or self.maria).event_ids.sorted("id")[-1].payload

    # ------------------------------------------------------------
    # STATUS
    # ------------------------------------------------------------

    def test_every_change_has_its_time(self):
        event = self._book(self._at(8))
        with freeze_time(self._at(7)):
            event._prm_set_status("confirmed")
        with freeze_time(self._at(7, 50)):
            event._prm_set_status("arrived")
        with freeze_time(self._at(8, 5)):
            event._prm_set_status("in_chair")
            event._prm_set_status("arrived")
        self.assertEqual(event.prm_arrived_at, self._at(7, 50))
        self.assertFalse(event.prm_in_chair_at)
        self.assertEqual(self._codes(self.maria)[-1], "appointment_set_back")
        with freeze_time(self._at(8, 10)):
            event._prm_set_status("in_chair")
        with freeze_time(self._at(8, 40)):
            event._prm_set_status("completed")
        self.assertEqual(event.prm_confirmed_at, self._at(7))
        self.assertEqual(event.prm_in_chair_at, self._at(8, 10))
        self.assertEqual(event.prm_completed_at, self._at(8, 40))
        self.assertEqual(event.prm_sequence, 6)

    def test_many_at_once_keep_their_own_times(self):
        first, second = self._book(self._at(8)), self._book(self._at(9), self.luca)
        with freeze_time(self._at(7)):
            first._prm_set_status("arrived")
        with freeze_time(self._at(9)):
            (first | second).with_user(self.manager).sudo()._prm_set_status("in_chair")
            (first | second)._prm_set_status("arrived")
        self.assertEqual(first.prm_arrived_at, self._at(7))
        self.assertEqual(second.prm_arrived_at, self._at(9))

    def test_the_same_again_changes_nothing(self):
        event = self._book(self._at(8))
        event._prm_set_status("confirmed")
        before = event.prm_confirmed_at, event.prm_sequence, len(self.maria.event_ids)
        event._prm_set_status("confirmed")
        self.assertEqual(
            (event.prm_confirmed_at, event.prm_sequence, len(self.maria.event_ids)), before
        )

    def test_nonsense_is_refused_by_every_road(self):
        event = self._book(self._at(8))
        desk = self.as_user(self.receptionist, event)
        with self.assertRaisesRegex(UserError, "on the day of the visit, not before"):
            event._prm_set_status("arrived")
        with self.assertRaisesRegex(UserError, "on the day of the visit, not before"):
            desk.write({"prm_status": "arrived"})
        with self.assertRaisesRegex(UserError, "has not begun yet"):
            desk.write({"prm_status": "no_show"})
        with freeze_time(self._at(8, 30)):
            desk._prm_set_status("completed")
            with self.assertRaisesRegex(UserError, "“Completed” can't become “Booked”"):
                desk.write({"prm_status": "booked"})
            with self.assertRaisesRegex(UserError, "can't become “Cancelled”"):
                desk.action_archive()
            with self.assertRaisesRegex(UserError, "is over, so it can't be moved"):
                desk.write({"start": self._at(10), "stop": self._at(10, 45)})
            self.as_user(self.manager, event).write({"prm_status": "booked"})
        self.assertEqual(event.prm_status, "booked")
        self.assertFalse(event.prm_completed_at)

    def test_one_refused_refuses_all(self):
        first, second = self._book(self._at(8)), self._book(self._at(8, days=1), self.luca)
        with freeze_time(self._at(8)), self.assertRaises(UserError):
            (first | second)._prm_set_status("arrived")
        self.assertEqual(first.prm_status, "booked")

    def test_the_day_is_the_practices_day(self):
        """At half past eleven at night in UTC it is the next day in Rome."""
        event = self._book(self._at(7))
        with freeze_time(self._at(-1, 30)):
            self.assertIn("arrived", event.prm_offered.split())
        event.invalidate_recordset()
        with freeze_time(self._at(-2)):
            self.assertNotIn("arrived", event.prm_offered.split())

    def test_entered_afterwards(self):
        """Nobody knows when a visit of last year was completed; one of today is known."""
        with freeze_time(self._at(8, 10)):
            past = self._book(self._at(8, days=-300), status="completed")
            now = self._book(self._at(8), status="arrived")
        self.assertFalse(past.prm_completed_at)
        self.assertEqual(now.prm_arrived_at, self._at(8, 10))

    # ------------------------------------------------------------
    # CANCELLING
    # ------------------------------------------------------------

    def test_who_why_and_how_long_before(self):
        event = self._book(self._at(8))
        with freeze_time(self._at(6, 30)):
            event._prm_cancel("patient", "afraid", "I had a panic attack last time")
        self.assertEqual(event.prm_cancelled_by, "patient")
        self.assertEqual(event.prm_cancel_reason_id.code, "afraid")
        self.assertEqual(event.prm_cancel_lead_hours, 1.5)
        self.assertEqual(event.prm_cancelled_at, self._at(6, 30))
        self.assertFalse(event.active)
        payload = self._payload()
        self.assertEqual(
            {key: payload[key] for key in ("by", "reason", "lead_hours")},
            {"by": "patient", "reason": "afraid", "lead_hours": 1.5},
        )
        self.assertNotIn("panic", str(payload))
        detail = self.maria.event_ids.sorted("id")[-1].detail
        self.assertIn("Patient · Afraid of the treatment", detail)

    def test_lead_time_after_the_start(self):
        event = self._book(self._at(8))
        with freeze_time(self._at(8, 30)):
            event._prm_cancel("practice", self.env.ref("prm_appointment.prm_cancel_reason_other"))
        self.assertEqual(event.prm_cancel_lead_hours, -0.5)

    def test_many_are_cancelled_at_once(self):
        events = self._book(self._at(8)) | self._book(self._at(9), self.luca)
        with freeze_time(self._at(7)):
            events._prm_cancel("practice", "provider_ill")
        self.assertEqual(events.mapped("prm_cancel_lead_hours"), [1, 2])
        self.assertEqual(self._payload(self.luca)["reason"], "provider_ill")

    def test_a_visit_that_comes_back_was_not_cancelled(self):
        event = self._book(self._at(8))
        event._prm_cancel("patient", "no_time", "Work")
        event._prm_set_status("booked")
        for name in ("prm_cancelled_at", "prm_cancelled_by", "prm_cancel_reason_id",
                     "prm_cancel_note", "prm_cancel_lead_hours"):  # fmt: skip
            self.assertFalse(event[name], name)
        self.assertEqual(self._codes(self.maria)[-1], "appointment_reopened")

    def test_a_reason_that_there_is_not(self):
        with self.assertRaises(KeyError):
            self._book(self._at(8))._prm_cancel("patient", "bored")

    def test_archiving_needs_no_reason(self):
        event = self._book(self._at(8))
        self.as_user(self.receptionist, event).action_archive()
        self.assertFalse(event.prm_cancelled_by)
        self.assertNotIn("by", self._payload())
        self.assertGreater(event.prm_cancel_lead_hours, 24)

    def test_the_dialog(self):
        event = self._book(self._at(8))
        desk = self.as_user(self.receptionist, event)
        action = desk.action_prm_cancel()
        wizards = self.as_user(self.receptionist, self.env["prm.appointment.cancel"])
        with freeze_time(self._at(-40)):
            form = Form(wizards.with_context(**action["context"]))
            self.assertIn("Maria Verdi · Dental hygiene", form.summary)
            self.assertEqual(form.lead_text, "2 days before the visit")
        form.reason_id = self.env.ref("prm_appointment.prm_cancel_reason_ill")
        form.cancelled_by = "practice"
        self.assertFalse(form.reason_id)
        with self.assertRaises(AssertionError):
            form.save()
        form.reason_id = self.env.ref("prm_appointment.prm_cancel_reason_provider_ill")
        form.save().action_cancel_visits()
        self.assertEqual(event.prm_cancelled_by, "practice")
        self.assertEqual(event.prm_cancel_reason_id.code, "provider_ill")

    def test_only_who_changes_visits_cancels(self):
        event = self._book(self._at(8))
        viewer = self._user("t_viewer", "prm_core.group_prm_user")
        with self.assertRaises(AccessError):
            self.as_user(viewer, event)._prm_cancel("patient")
        with self.assertRaises(AccessError):
            self.as_user(viewer, self.env["prm.appointment.cancel"]).create(
                {"event_ids": [(6, 0, event.ids)]}
            )
        with self.assertRaises(AccessError):
            self.as_user(self.stranger, event)._prm_cancel("patient")

    # ------------------------------------------------------------
    # MOVING
    # ------------------------------------------------------------

    def test_moving(self):
        event = self._book(self._at(8))
        event._prm_move(self._at(10))
        self.assertEqual((event.start, event.stop), (self._at(10), self._at(10, 45)))
        self.assertEqual(event.prm_operatory_id, self.chair_1)
        self.assertEqual((event.prm_moves, event.prm_rescheduled_from), (1, self._at(8)))
        event._prm_move(self._at(14))
        self.assertEqual((event.prm_moves, event.prm_rescheduled_from), (2, self._at(10)))
        moves = [event.payload for event in self.maria.event_ids.sorted("id")][2:]
        self.assertEqual(
            [(move["from"][-5:], move["start"][-5:]) for move in moves],
            [("09:00", "11:00"), ("11:00", "15:00")],
        )

    def test_moving_a_little_does_not_meet_itself(self):
        event = self._book(self._at(8))
        event._prm_move(self._at(8, 15))
        self.assertEqual(event.prm_operatory_id, self.chair_1)

    def test_the_chair_follows(self):
        event = self._book(self._at(8))
        self._book(self._at(10), self.luca, provider=self.marco, operatory=self.chair_1)
        event._prm_move(self._at(10))
        self.assertEqual(event.prm_operatory_id, self.chair_2)
        with self.assertRaises(SlotTaken):
            event._prm_move(self._at(10, 15), operatory=self.chair_1)
        self.hygiene.operatory_ids = self.chair_1
        event._prm_move(self._at(14), operatory=self.chair_1)
        with self.assertRaisesRegex(SlotTaken, "All chairs"):
            event._prm_move(self._at(10))
        self.assertEqual(event.start, self._at(14))

    def test_to_another_provider(self):
        event = self._book(self._at(8))
        event._prm_move(self._at(8), provider=self.marco)
        self.assertEqual(event.prm_provider_id, self.marco)
        self.assertFalse(event.prm_moves)
        self.assertEqual(self._codes(self.maria)[-1], "appointment_moved")

    def test_who_is_here_is_not_moved_to_another_day(self):
        event = self._book(self._at(8))
        with freeze_time(self._at(8)):
            event._prm_set_status("arrived")
            desk = self.as_user(self.receptionist, event)
            desk._prm_move(self._at(8, 30))
            with self.assertRaisesRegex(UserError, "has arrived"):
                desk._prm_move(self._at(8, days=1))

    def test_booked_anew_in_place_of_another(self):
        other = self.env["prm.appointment.type"].create(
            {"name": "Filling", "duration": 60, "company_id": self.practice.id}
        )
        event = self._book(self._at(8))
        new = self._book(self._at(8), type=other, previous=event)
        self.assertEqual(new.prm_previous_id, event)
        self.assertEqual((event.prm_status, event.prm_cancelled_by), ("cancelled", "patient"))
        cancelled = self.maria.event_ids.sorted("id")[-2].payload
        self.assertTrue(cancelled["rebooked"])
        self.assertEqual(new.stop - new.start, timedelta(minutes=60))

    def test_a_new_time_that_is_taken_keeps_the_old_one(self):
        self._book(self._at(10), self.luca)
        event = self._book(self._at(8))
        with self.assertRaises(SlotTaken), self.env.cr.savepoint():
            self._book(self._at(10), previous=event)
        event.invalidate_recordset()
        self.assertEqual(event.prm_status, "booked")
