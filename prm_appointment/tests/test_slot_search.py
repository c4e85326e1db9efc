from datetime import datetime, timedelta

import pytz
from odoo.tests import tagged

from ..slots import merge
from .common import MONDAY, AppointmentCase


@tagged("post_install", "-at_install")
class TestSlotSearch(AppointmentCase):
    def _starts(self, day=MONDAY, kind=None, **options):
        found = (kind or self.hygiene)._free_slots(day, day + timedelta(days=1), **options)
        return [slot.start for slot in found]

    def test_working_hours_of_the_provider(self):
        starts = self._starts()
        self.assertEqual(starts[0], self._at(7))
        self.assertEqual(starts[-1], self._at(15, 15))
        self.assertNotIn(self._at(10, 30), starts)
        self.assertEqual(len(starts), 28)
        self.assertEqual(self._starts(MONDAY + timedelta(days=5)), [])

    def test_taken_times_are_not_offered(self):
        self._book(self._at(8))
        starts = self._starts()
        self.assertIn(self._at(7, 15), starts)
        self.assertNotIn(self._at(7, 30), starts)
        self.assertNotIn(self._at(8, 30), starts)
        self.assertIn(self._at(8, 45), starts)

    def test_a_cancelled_visit_frees_its_time(self):
        event = self._book(self._at(8))
        event.prm_status = "cancelled"
        self.assertIn(self._at(8), self._starts())

    def test_a_chair_must_be_free(self):
        self.hygiene.operatory_ids = self.chair_1
        self._book(self._at(8), provider=self.marco, operatory=self.chair_1)
        self.assertNotIn(self._at(8), self._starts())
        self.hygiene.operatory_ids |= self.chair_2
        slot = self.hygiene._free_slots(self._at(8), self._at(8, 45))[0]
        self.assertEqual(slot.operatory_id, self.chair_2.id)
        self.chair_2.active = False
        self.assertNotIn(self._at(8), self._starts())

    def test_leave_and_public_holiday(self):
        leaves = self.env["resource.calendar.leaves"]
        leave = leaves.create(
            {"name": "Course", "resource_id": self.giulia.resource_id.id,
             "calendar_id": self.calendar.id,
             "date_from": self._at(6), "date_to": self._at(9)}
        )  # fmt: skip
        self.assertEqual(self._starts()[0], self._at(9))
        leave.unlink()
        leaves.create(
            {"name": "Feast", "company_id": self.practice.id,
             "date_from": self._at(0), "date_to": self._at(23)}
        )  # fmt: skip
        self.assertEqual(self._starts(), [])

    def test_other_meetings_in_the_own_calendar_count(self):
        meeting = self.env["calendar.event"].with_context(no_mail_to_attendees=True).create(
            {"name": "Dentist's conference", "start": self._at(8), "stop": self._at(9),
             "partner_ids": [(6, 0, self.clinician.partner_id.ids)],
             "user_id": self.clinician.id}
        )  # fmt: skip
        self.assertNotIn(self._at(8), self._starts())
        meeting.show_as = "free"
        self.assertIn(self._at(8), self._starts())
        meeting.write({"show_as": "busy", "allday": True, "start_date": MONDAY.date(),
                       "stop_date": MONDAY.date()})  # fmt: skip
        self.assertEqual(self._starts(), [])
        self.assertTrue(self._starts(MONDAY + timedelta(days=1)))

    def test_every_provider_when_none_is_named(self):
        self.hygiene.provider_ids = False
        found = self.hygiene._free_slots(self._at(7), self._at(7, 45))
        self.assertEqual([s.provider_id for s in found], [self.giulia.id, self.marco.id])
        found = self.hygiene._free_slots(self._at(7), self._at(7, 45), self.marco)
        self.assertEqual([s.provider_id for s in found], self.marco.ids)
        self.marco.active = False
        found = self.hygiene._free_slots(self._at(7), self._at(7, 45))
        self.assertEqual([s.provider_id for s in found], self.giulia.ids)

    def test_flexible_hours(self):
        self.giulia.resource_calendar_id = self.env["resource.calendar"].create(
            {"name": "Flexible", "flexible_hours": True, "hours_per_day": 4,
             "full_time_required_hours": 20, "company_id": self.practice.id, "tz": "Europe/Rome"}
        )  # fmt: skip
        starts = self._starts()
        self.assertTrue(starts)
        self.assertLessEqual(starts[-1] - starts[0], timedelta(hours=4))

    def test_without_working_hours_nothing_is_offered(self):
        self.giulia.resource_id.calendar_id = False
        self.assertEqual(self._starts(), [])

    def test_same_hours_as_odoos_own_over_clock_changes(self):
        """Timetables are expanded here, for speed; they must say what `resource.calendar` says."""
        self.calendar.switch_calendar_type()
        night = {
            "name": "Night",
            "dayofweek": "6",
            "hour_from": 1.5,
            "hour_to": 5,
            "day_period": "morning",
            "week_type": "1",
            "calendar_id": self.calendar.id,
        }
        self.env["resource.calendar.attendance"].create([night, {**night, "week_type": "0"}])
        self.calendar.attendance_ids.filtered(
            lambda line: line.week_type == "0" and line.dayofweek == "2"
        ).unlink()
        for zone in ("Europe/Rome", "America/New_York", "Australia/Lord_Howe", "Asia/Shanghai"):
            self.giulia.tz = zone
            for first in (datetime(2026, 3, 20), datetime(2026, 10, 20), datetime(2026, 4, 1)):
                last = first + timedelta(days=21)
                self.env.flush_all()
                staff = self.hygiene._read_staff(self.giulia)
                ours = self.hygiene._read_working(staff, first, last)[self.giulia.id]
                theirs = self.calendar._work_intervals_batch(
                    pytz.utc.localize(first), pytz.utc.localize(last), self.giulia.resource_id
                )[self.giulia.resource_id.id]
                theirs = merge(
                    tuple(moment.astimezone(pytz.utc).replace(tzinfo=None) for moment in pair[:2])
                    for pair in theirs
                )
                inside = merge((max(a, first), min(b, last)) for a, b in ours)
                self.assertEqual(inside, theirs, (zone, first))

    def test_query_budget(self):
        """At most six queries, however many providers, calendars and visits there are."""
        for number in range(4):
            self._provider(name=f"P{number}", resource_calendar_id=self._calendar().id)
        self.hygiene.provider_ids = False
        self._book(self._at(8))
        self.env.flush_all()
        self.env.invalidate_all()
        with self.assertQueryCount(6):
            self.hygiene._free_slots(MONDAY, MONDAY + timedelta(days=56))
