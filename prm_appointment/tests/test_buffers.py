from contextlib import contextmanager
from datetime import timedelta

import psycopg2
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from ..exceptions import SlotTaken
from .common import MONDAY, AppointmentCase


@tagged("post_install", "-at_install")
class TestBuffers(AppointmentCase):
    """Time to prepare and to clean up, and lengths that differ by provider."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.hygiene.write({"buffer_before": 5, "buffer_after": 10})

    def _line(self, **vals):
        return self.env["prm.appointment.type.provider"].create(
            {"type_id": self.hygiene.id, "provider_id": self.giulia.id, "duration": 60, **vals}
        )

    @contextmanager
    def _refused(self):
        """By a constraint of the table; Odoo turns that into its sentence further out."""
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(psycopg2.errors.CheckViolation),
            self.env.cr.savepoint(),
        ):
            yield

    def _starts(self, kind=None, **options):
        found = (kind or self.hygiene)._free_slots(MONDAY, MONDAY + timedelta(days=1), **options)
        return [slot.start for slot in found]

    def test_the_stretch_that_is_taken(self):
        event = self._book(self._at(8))
        self.assertEqual(
            (event.prm_busy_start, event.prm_busy_stop), (self._at(7, 55), self._at(8, 55))
        )
        event.write({"start": self._at(10), "stop": self._at(11)})
        self.assertEqual(
            (event.prm_busy_start, event.prm_busy_stop), (self._at(9, 55), self._at(11, 10))
        )
        event.duration = 0.5
        self.assertEqual((event.stop, event.prm_busy_stop), (self._at(10, 30), self._at(10, 40)))
        event.prm_type_id = self.hygiene.copy({"buffer_before": 0, "buffer_after": 0})
        self.assertEqual(
            (event.prm_busy_start, event.prm_busy_stop), (self._at(10), self._at(10, 30))
        )

    def test_the_database_refuses_a_buffer_that_is_met(self):
        self._book(self._at(8))
        with self.assertRaisesRegex(SlotTaken, "This provider"):
            self._book(self._at(8, 50), self.luca, operatory=self.chair_2)
        with self.assertRaisesRegex(SlotTaken, "in this chair"):
            self._book(self._at(8, 50), self.luca, provider=self.marco, operatory=self.chair_1)
        self._book(self._at(9), self.luca)

    def test_another_chair_while_one_is_cleaned(self):
        self._book(self._at(8))
        event = self._book(self._at(8, 45), self.luca, provider=self.marco)
        self.assertEqual(event.prm_operatory_id, self.chair_2)

    def test_sql_that_forgets_the_buffers(self):
        """A statement that moves start and stop alone meets the constraint all the same."""
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

    def test_free_times_honour_buffers_on_both_sides(self):
        self._book(self._at(9))
        starts = self._starts()
        # Taken from 8:55 to 9:55: the visit ends by 8:45 with its own ten minutes after it.
        self.assertIn(self._at(8), starts)
        self.assertNotIn(self._at(8, 15), starts)
        self.assertNotIn(self._at(9, 45), starts)
        self.assertIn(self._at(10), starts)
        for start in starts:
            self._book(start, self.luca)._prm_cancel("practice")

    def test_buffers_may_reach_beyond_working_hours(self):
        self.assertEqual(self._starts()[0], self._at(7))
        self.assertEqual(self._starts()[-1], self._at(15, 15))

    def test_length_by_provider(self):
        self._line(buffer_before=0, buffer_after=15)
        self.hygiene.provider_ids |= self.marco
        event = self._book(self._at(8))
        self.assertEqual((event.stop, event.prm_busy_stop), (self._at(9), self._at(9, 15)))
        found = self.hygiene._free_slots(self._at(13), self._at(14))
        lengths = {slot.provider_id: slot.stop - slot.start for slot in found}
        self.assertEqual(lengths[self.giulia.id], timedelta(minutes=60))
        self.assertEqual(lengths[self.marco.id], timedelta(minutes=45))
        event._prm_move(self._at(8), provider=self.marco)
        self.assertEqual(event.stop, self._at(8, 45))
        event.write({"stop": self._at(8, 30)})
        event._prm_move(self._at(8), provider=self.giulia)
        self.assertEqual(event.stop, self._at(8, 30))

    def test_the_form_follows_the_provider(self):
        self._line()
        self.hygiene.provider_ids |= self.marco
        events = self.as_user(self.receptionist, self.env["calendar.event"])
        form = Form(
            events.with_context(default_start=self._at(8)),
            "prm_appointment.prm_appointment_view_form",
        )
        form.prm_type_id = self.hygiene
        self.assertEqual(form.stop, self._at(9))
        form.prm_provider_id = self.marco
        self.assertEqual(form.stop, self._at(8, 45))

    def test_lines_that_make_no_sense(self):
        with self.assertRaisesRegex(ValidationError, "not among those who do"):
            self._line(provider_id=self.marco.id)
        for vals in ({"duration": 0}, {"buffer_after": -1}):
            with self._refused():
                self._line(**vals)
        with self._refused():
            self.hygiene.buffer_before = 500
            self.env.flush_all()

    def test_access_to_lines(self):
        line = self._line()
        self.assertEqual(self.as_user(self.receptionist, line).duration, 60)
        for user in (self.receptionist, self.clinician):
            with self.assertRaises(AccessError):
                self.as_user(user, line).duration = 30
        self.as_user(self.manager, line).duration = 50
        with self.assertRaises(AccessError):
            self.as_user(self.stranger, line).read(["duration"])
