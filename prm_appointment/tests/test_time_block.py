from datetime import timedelta

import psycopg2
from freezegun import freeze_time
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..exceptions import SlotTaken
from .common import MONDAY, AppointmentCase


@tagged("post_install", "-at_install")
class TestTimeBlock(AppointmentCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.pain = cls.hygiene.copy({"name": "Pain", "duration": 30})

    def _block(self, **vals):
        return self.env["prm.time.block"].create(
            {"name": "Pain first", "company_id": self.practice.id, "mon": True, "hour_from": 8,
             "hour_to": 9, "type_ids": [(6, 0, self.pain.ids)], "release_days": 1, **vals}
        )  # fmt: skip

    def _first(self, kind):
        return kind._free_slots(MONDAY, MONDAY + timedelta(days=1))[0].start

    def test_kept_and_given_free(self):
        self._block()
        self.assertEqual(self._first(self.pain), self._at(7))
        self.assertEqual(self._first(self.hygiene), self._at(8))
        with freeze_time(MONDAY - timedelta(days=1)):
            self.assertEqual(self._first(self.hygiene), self._at(7))
        with freeze_time(MONDAY - timedelta(days=1, hours=2)):
            self.assertEqual(self._first(self.hygiene), self._at(8))

    def test_for_one_provider_some_days_never_given_free(self):
        block = self._block(provider_id=self.marco.id, released=False)
        self.assertEqual(self._first(self.hygiene), self._at(7))
        block.provider_id = self.giulia
        with freeze_time(MONDAY):
            self.assertEqual(self._first(self.hygiene), self._at(8))
        block.date_to = MONDAY - timedelta(days=1)
        self.assertEqual(self._first(self.hygiene), self._at(7))
        block.date_to = False
        block.active = False
        self.assertEqual(self._first(self.hygiene), self._at(7))

    def test_a_stretch_of_days(self):
        block = self._block(mon=False, date_from=MONDAY, date_to=MONDAY + timedelta(days=4))
        self.assertEqual(self._first(self.hygiene), self._at(8))
        self.assertIn("2035-02-05", block.days_text)

    def test_the_front_desk_books_what_it_wants(self):
        self._block()
        self.assertTrue(self._book(self._at(7)))

    def test_what_makes_no_sense(self):
        for vals in ({"mon": False}, {"hour_to": 8}, {"date_from": "2035-02-05",
                     "date_to": "2035-02-04"}, {"release_days": -1}):  # fmt: skip
            with (
                self.subTest(vals=vals),
                mute_logger("odoo.sql_db"),
                self.assertRaises(psycopg2.errors.CheckViolation),
                self.env.cr.savepoint(),
            ):
                self._block(**vals)
        with self.assertRaisesRegex(ValidationError, "another practice"):
            self._block(company_id=self.other_practice.id)

    def test_days_in_words(self):
        block = self._block(thu=True, mon=True)
        self.assertEqual(block.days_text, "Mon, Thu")

    def test_access(self):
        block = self._block()
        self.assertEqual(self.as_user(self.clinician, block).name, "Pain first")
        for user in (self.receptionist, self.clinician):
            with self.assertRaises(AccessError):
                self.as_user(user, block).hour_to = 10
        for user in (self.stranger, self.outsider, self.portal):
            with self.assertRaises(AccessError):
                self.as_user(user, block).read(["name"])


@tagged("post_install", "-at_install")
class TestSharedChair(AppointmentCase):
    """Two practices under one roof use the same room."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.chair_1.company_ids = cls.other_practice
        cls.eva = cls._patient(first_name="Eva", last_name="Blau", company_id=cls.other_practice.id)
        calendar = cls._calendar(company_id=cls.other_practice.id)
        cls.anna = cls._provider(
            name="Anna Weber", company_id=cls.other_practice.id, resource_calendar_id=calendar.id
        )
        cls.check = cls.env["prm.appointment.type"].create(
            {"name": "Check-up", "duration": 30, "company_id": cls.other_practice.id,
             "operatory_ids": [(6, 0, cls.chair_1.ids)]}
        )  # fmt: skip

    def _theirs(self, start, **vals):
        return self._book(start, self.eva, type=self.check, provider=self.anna, **vals)

    def test_it_is_booked_by_both_and_never_twice(self):
        self.assertEqual(self._theirs(self._at(8)).prm_operatory_id, self.chair_1)
        with self.assertRaisesRegex(SlotTaken, "in this chair") as refusal:
            self._book(self._at(8), operatory=self.chair_1)
        self.assertNotIn("Eva", str(refusal.exception))
        self.assertEqual(self._book(self._at(8)).prm_operatory_id, self.chair_2)
        with self.assertRaises(SlotTaken):
            self._theirs(self._at(8, 15))

    def test_free_times_know_the_other_practices_visits(self):
        self._book(self._at(8))
        starts = [slot.start for slot in self.check._free_slots(MONDAY, MONDAY + timedelta(days=1))]
        self.assertIn(self._at(7, 30), starts)
        self.assertNotIn(self._at(8), starts)
        self.assertIn(self._at(8, 45), starts)

    def test_a_chair_that_is_not_shared(self):
        with self.assertRaisesRegex(ValidationError, "another practice"):
            self._theirs(self._at(8), operatory=self.chair_2)

    def test_each_sees_the_chair_and_not_the_visit(self):
        visit = self._book(self._at(8), operatory=self.chair_1)
        chairs = self.as_user(self.stranger, self.env["prm.operatory"]).search([])
        self.assertEqual(chairs, self.chair_1)
        self.assertEqual(self.as_user(self.stranger, self.chair_1).name, "Chair 1")
        with self.assertRaises(AccessError):
            self.as_user(self.stranger, visit).read(["name"])
        chief = self._user("t_chief", "prm_core.group_prm_manager", self.other_practice)
        with self.assertRaises(AccessError):
            self.as_user(chief, self.chair_1).name = "Ours"
