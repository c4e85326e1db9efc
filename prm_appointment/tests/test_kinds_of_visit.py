from datetime import timedelta

from freezegun import freeze_time
from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ..models.prm_link import _parse_moment
from ..slot_wishes import Wish
from .common import MONDAY, AppointmentCase
from .test_booking_page import BookingCase


@tagged("post_install", "-at_install")
class TestKindsOfVisit(AppointmentCase):
    """Who books what and when, approval, what patients read."""

    def test_who_is_offered_what(self):
        kinds = self.env["prm.appointment.type"].create(
            [
                {"name": name, "for_whom": whom, "company_id": self.practice.id}
                for name, whom in (("First visit", "new"), ("Check-up", "known"), ("Pain", "all"))
            ]
        )
        newcomer = self._patient(first_name="Noa", last_name="Bo", status="prospect")
        self.assertEqual(kinds._offered_to().mapped("name"), ["First visit", "Pain"])
        self.assertEqual(kinds._offered_to(newcomer).mapped("name"), ["First visit", "Pain"])
        self.assertEqual(kinds._offered_to(self.maria).mapped("name"), ["Check-up", "Pain"])
        self._book(self._at(8, days=-5000), newcomer, status="completed")
        self.assertEqual(kinds._offered_to(newcomer).mapped("name"), ["Check-up", "Pain"])
        kinds[2].online = False
        self.assertEqual(kinds._offered_to().mapped("name"), ["First visit"])

    def test_price(self):
        self.hygiene.write({"price": 90})
        self.assertEqual(self.hygiene._price_label(), "")
        self.hygiene.show_price = True
        self.assertIn("90.00", self.hygiene._price_label())
        self.hygiene.price_text = "from 90 €"
        self.assertEqual(self.hygiene._price_label(), "from 90 €")
        self.hygiene.write({"price": 0, "price_text": False})
        self.assertEqual(self.hygiene._price_label(), "")

    def test_until_when_patients_change_it_themselves(self):
        self.hygiene.cancel_notice = 24
        event = self._book(self._at(8))
        with freeze_time(self._at(8, days=-1)):
            self.assertTrue(event._prm_may_change_online())
        with freeze_time(self._at(8, 1, days=-1)):
            self.assertFalse(event._prm_may_change_online())
        event._prm_cancel("patient")
        with freeze_time(self._at(8, days=-9)):
            self.assertFalse(event._prm_may_change_online())

    def test_the_front_desk_books_what_needs_no_approval(self):
        self.hygiene.needs_approval = True
        self.assertFalse(self._book(self._at(8)).prm_to_approve)
        waiting = self._book(self._at(9), source="online")
        self.assertTrue(waiting.prm_to_approve)
        self.assertEqual(waiting.prm_title, "? Maria Verdi · Dental hygiene")

    def test_approval(self):
        self.hygiene.needs_approval = True
        event = self._book(self._at(8), source="online")
        self.assertEqual(self._codes(self.maria)[1:], ["appointment_requested"])
        event._prm_move(self._at(9))
        self.assertEqual(self._codes(self.maria)[1:], ["appointment_requested"])
        self.as_user(self.receptionist, event).action_prm_approve()
        self.assertFalse(event.prm_to_approve)
        event._prm_approve()
        self.assertEqual(
            self._codes(self.maria)[1:], ["appointment_requested", "appointment_booked"]
        )

    def test_a_confirmation_approves_and_a_cancellation_does_not(self):
        self.hygiene.needs_approval = True
        event = self._book(self._at(8), source="online")
        event._prm_set_status("confirmed")
        self.assertEqual(
            self._codes(self.maria)[1:],
            ["appointment_requested", "appointment_booked", "appointment_confirmed"],
        )
        event = self._book(self._at(9), self.luca, source="online")
        event._prm_cancel("practice", "practice_other")
        self.assertFalse(event.prm_to_approve)
        self.assertEqual(
            self._codes(self.luca)[1:], ["appointment_requested", "appointment_cancelled"]
        )

    def test_what_the_practice_wrote_is_in_messages(self):
        self.hygiene.preparation = "Please bring your X-rays."
        event = self._book(self._at(8))
        dates = self.env["prm.link"].new({"company_id": self.practice.id})._patient_dates()
        values = self.env["prm.enrolment"]._prepare_visit_variables(event, dates, "en_US")
        self.assertEqual(values["appointment.preparation"], "Please bring your X-rays.")

    # ------------------------------------------------------------
    # WISHES
    # ------------------------------------------------------------

    def test_wishes(self):
        self.hygiene.provider_ids |= self.marco
        week = MONDAY, MONDAY + timedelta(days=7)
        wish = Wish.between(14, 15, zone="Europe/Rome", weekdays=frozenset({2}),
                            provider_id=self.marco.id)  # fmt: skip
        found = self.hygiene._free_slots(*week, wish=wish)
        self.assertEqual(
            [(slot.start, slot.provider_id) for slot in found],
            [
                (self._at(13, minutes, days=2), provider.id)
                for provider in (self.marco, self.giulia)
                for minutes in (0, 15)
            ],
        )

    def test_together_with_a_child(self):
        check = self.env["prm.appointment.type"].create(
            {"name": "Child's check-up", "duration": 30, "company_id": self.practice.id,
             "provider_ids": [(6, 0, self.marco.ids)],
             "operatory_ids": [(6, 0, (self.chair_1 | self.chair_2).ids)]}
        )  # fmt: skip
        kinds = self.env["prm.appointment.type"]
        day = MONDAY, MONDAY + timedelta(days=1)
        wants = [(self.hygiene, None), (check, None)]
        first, *_rest = kinds._free_together(wants, *day, mode="at_once", limit=3)
        self.assertEqual([slot.start for slot in first], [self._at(7), self._at(7)])
        self.assertNotEqual(first[0].operatory_id, first[1].operatory_id)
        events = self.env["calendar.event"]._prm_book(
            [
                {"patient": patient, "type": kind, "start": slot.start,
                 "provider": self.env["prm.provider"].browse(slot.provider_id),
                 "operatory": self.env["prm.operatory"].browse(slot.operatory_id)}
                for patient, kind, slot in zip(
                    (self.maria, self.luca), (self.hygiene, check), first, strict=True
                )
            ]
        )  # fmt: skip
        self.assertEqual(len(events), 2)
        second, *_rest = kinds._free_together(wants, *day, gap=timedelta(), mode="in_a_row")
        self.assertEqual([slot.start for slot in second], [self._at(8), self._at(7, 30)])

    def test_kinds_of_another_practice_are_not_searched(self):
        kind = self.as_user(self.stranger, self.hygiene)
        with self.assertRaises(AccessError):
            kind.browse()._free_together([(kind, None)], MONDAY, MONDAY + timedelta(days=1))


@tagged("post_install", "-at_install")
class TestKindsOnThePage(BookingCase):
    def test_the_page_says_how_to_prepare_and_what_it_costs(self):
        self.maria.lang = "en_US"
        self.hygiene.write(
            {"preparation": "Please bring your X-rays.\nEat a little before.", "price": 90,
             "show_price": True}
        )  # fmt: skip
        self.assertIn("90.00", self._get().text_content())
        page = self._post(self._first_slot())
        self.assertIn("Before you come", page.text_content())
        self.assertIn("Please bring your X-rays.", page.text_content())
        calendar_file = self.url_open(self.path + "/calendar.ics").text
        self.assertIn("Please bring your X-rays.\\nEat a little before.\\n\\nQuestions?",
                      calendar_file.replace("\r\n ", ""))  # fmt: skip

    def test_a_wish_that_waits(self):
        self.maria.lang = "en_US"
        self.hygiene.needs_approval = True
        page = self._post(self._first_slot())
        self.assertEqual(self._heading(page), "Thank you, Maria. We have noted your wish.")
        self.assertIn("will soon let you know", page.text_content())
        self.assertFalse(page.xpath("//a[contains(@href, 'calendar.ics')]"))
        self._visits()._prm_approve()
        self.assertIn("your visit is booked", self._heading(self._get()))

    def test_how_far_ahead(self):
        self.hygiene.write({"max_ahead": 3, "min_notice": 0})
        last = fields.Datetime.now() + timedelta(days=3)
        _page, values = self.link._page_choose({})
        self.assertTrue(
            all(slot < last for slot in self._starts_of(values)), self._starts_of(values)
        )

    def _starts_of(self, values):
        addresses = [time["address"] for day in values["days"] for time in day["times"]]
        return [_parse_moment(address[len("?start=") :].split("&")[0]) for address in addresses]

    def test_a_yes_does_not_approve(self):
        self.hygiene.needs_approval = True
        self._post(self._first_slot())
        visit = self._visits()
        with self.assertRaises(UserError):
            visit._prm_set_status("no_show")
        self.assertTrue(visit.prm_to_approve)
