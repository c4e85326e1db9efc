from datetime import timedelta
from unittest.mock import patch

import icalendar
from odoo import fields
from odoo.tests import tagged

from ..exceptions import SlotTaken
from .test_booking_page import BookingCase


@tagged("post_install", "-at_install")
class TestVisitPage(BookingCase):
    """The page on which a patient confirms, moves or cancels."""

    def setUp(self):
        super().setUp()
        self.maria.lang = "en_US"
        self.visit = self._next_visit()
        self.link, url = self.env["prm.link"]._issue("visit", self.maria, record=self.visit)
        self.path = "/prm/l/" + url.rpartition("/")[2]

    def _next_visit(self, patient=None, place=40):
        now = fields.Datetime.now()
        free = self.hygiene._free_slots(now + timedelta(days=1), now + timedelta(days=30))
        slot = free[place]
        return self.env["calendar.event"]._prm_book(
            [{"patient": patient or self.maria, "type": self.hygiene, "start": slot.start,
              "provider": self.env["prm.provider"].browse(slot.provider_id)}]
        )  # fmt: skip

    def _do(self, step, visit=None, **data):
        return self._post({"do": step, "visit": (visit or self.visit).id, **data})

    def _step(self, step, visit=None, **params):
        query = "".join(f"&{name}={value}" for name, value in params.items())
        return self._get(f"?do={step}&visit={(visit or self.visit).id}{query}")

    def _status(self):
        self.env.invalidate_all()
        return self.visit.prm_status

    def test_opening_changes_nothing(self):
        before = self.visit.write_date
        for query in ("", "?do=confirm", "?do=cancel", "?do=move", "?do=again", "?do=nonsense"):
            self._get(f"{query}{'&' if query else '?'}visit={self.visit.id}")
        self.env.invalidate_all()
        self.assertEqual((self.visit.prm_status, self.visit.write_date), ("booked", before))
        self.assertFalse(self.link.acted_at)

    def test_confirm(self):
        page = self._get()
        self.assertEqual(self._heading(page), "Hello Maria, this is your visit:")
        form = page.forms[0]
        self.assertEqual(self._texts(page, "//form//button"), ["I am coming"])
        page = self._post(dict(form.fields))
        self.assertEqual(self._heading(page), "Thank you, Maria. We look forward to seeing you.")
        self.assertEqual(self._status(), "confirmed")
        self.assertTrue(self.link.acted_at)
        self.assertEqual(self._texts(page, "//form//button"), [])
        self._post(dict(form.fields))
        self.assertEqual(self._codes(self.maria).count("appointment_confirmed"), 1)

    def test_confirming_what_the_link_does_not_open_confirms_nothing(self):
        other = self._next_visit(self.luca, place=50)
        self._do("confirm", visit=other)
        self.assertEqual((self._status(), other.prm_status), ("booked", "booked"))

    def test_move(self):
        page = self._step("move")
        self.assertEqual(self._heading(page), "Maria, when would suit you better?")
        asked = self._get(page.xpath("//a[contains(@class, 'p-slot')]/@href")[0])
        self.assertEqual(self._heading(asked), "Shall we move your visit, Maria?")
        self.assertIn("Instead of", asked.text_content())
        self.assertEqual(self._status(), "booked")
        old = self.visit.start
        page = self._post(dict(asked.forms[0].fields))
        self.assertEqual(self._heading(page), "Thank you, Maria. Your visit is moved.")
        self.env.invalidate_all()
        self.assertNotEqual(self.visit.start, old)
        self.assertEqual((self.visit.prm_moves, self.visit.prm_rescheduled_from), (1, old))
        self.assertEqual(len(self._visits()), 1)
        [message] = self._in_writing()
        self.assertEqual((message.state, message.res_id), ("queued", self.visit.id))

    def _in_writing(self):
        template = self.env.ref("prm_appointment.prm_template_booking_approved")
        return self.env["prm.message"].search(
            [("patient_id", "=", self.maria.id), ("template_id", "=", template.id)]
        )

    def test_a_visit_does_not_stand_in_its_own_way(self):
        later = self.visit.start + timedelta(minutes=15)
        start = later.strftime("%Y%m%dT%H%MZ")
        page = self._step("move", start=start, provider=self.visit.prm_provider_id.id)
        self.assertEqual(self._heading(page), "Shall we move your visit, Maria?")
        page = self._step(
            "move", start=self.visit.start.strftime("%Y%m%dT%H%MZ"),
            provider=self.visit.prm_provider_id.id,
        )  # fmt: skip
        self.assertEqual(self._heading(page), "Maria, when would suit you better?")

    def test_the_time_was_taken_meanwhile(self):
        page = self._step("move")
        asked = self._get(page.xpath("//a[contains(@class, 'p-slot')]/@href")[0])
        with patch.object(type(self.visit), "_prm_move", side_effect=SlotTaken("taken")):
            page = self._post(dict(asked.forms[0].fields))
        self.assertIn("This time has just been taken", page.text_content())
        self.assertEqual(self._heading(page), "Maria, when would suit you better?")

    def test_cancel_with_a_reason(self):
        page = self._step("cancel")
        self.assertEqual(self._heading(page), "Would you like to cancel this visit, Maria?")
        self.assertIn("Too expensive", page.text_content())
        self.assertNotIn("The provider is ill", page.text_content())
        page = self._do("cancel", reason="afraid", note="  I dread the drill " + "x" * 600)
        self.assertEqual(
            self._heading(page), "Your visit is cancelled, Maria. Thank you for telling us."
        )
        self.assertEqual(self._status(), "cancelled")
        self.assertEqual(self.visit.prm_cancelled_by, "patient")
        self.assertEqual(self.visit.prm_cancel_reason_id.code, "afraid")
        self.assertEqual(len(self.visit.prm_cancel_note), 500)
        self._do("cancel", reason="other")
        self.assertEqual(self.visit.prm_cancel_reason_id.code, "afraid")

    def test_without_a_reason_or_with_one_that_is_none_for_patients(self):
        self._do("cancel", reason="provider_ill")
        self.assertEqual(self._status(), "cancelled")
        self.assertFalse(self.visit.prm_cancel_reason_id)

    def test_move_when_everything_is_taken_for_weeks(self):
        """The first free days there are, the same as a search through all of them finds."""
        soon = fields.Datetime.now() - timedelta(days=1)
        until = soon + timedelta(days=40)
        self.env["resource.calendar.leaves"].create(
            {"company_id": self.practice.id, "date_from": soon, "date_to": until}
        )
        link = self.link._choosing(self.visit, "move")
        horizon = until + timedelta(days=60)
        everything = link._find_times(until, horizon)
        first = link._first_time(soon, horizon)
        self.assertEqual(first, everything[0].start)
        offered = self._step("move").xpath("//a[contains(@class, 'p-slot')]/@href")
        self.assertIn(f"start={first:%Y%m%dT%H%MZ}", offered[0])
        # Where the visit itself stands is no new time for it.
        self.visit.write({"start": first, "stop": everything[0].stop})
        self.visit.prm_provider_id = everything[0].provider_id
        self.env.flush_all()
        there = [slot for slot in everything if slot.start == first]
        later = link._first_time(soon, horizon)
        self.assertEqual(later > first, len(there) == 1)

    def test_again_at_another_time(self):
        self._do("cancel")
        page = self._step("again")
        asked = self._get(page.xpath("//a[contains(@class, 'p-slot')]/@href")[0])
        wish = dict(asked.forms[0].fields)
        page = self._post(wish)
        self.assertEqual(self._heading(page), "Thank you, Maria. Your visit is booked.")
        [again] = self._visits()
        self.assertEqual((again.prm_previous_id, again.prm_source), (self.visit, "online"))
        self.assertEqual(self.link.res_id, again.id)
        self._post(wish)
        self.assertEqual(self._visits(), again)
        self.assertEqual(self._in_writing().res_id, again.id)

    def test_too_late_to_change_here(self):
        self.hygiene.cancel_notice = 24 * 60
        page = self._get()
        self.assertIn("too late to change", page.text_content())
        self.assertEqual(self._texts(page, "//form//button"), ["I am coming"])
        for step in ("cancel", "move"):
            self._do(step)
            self.assertEqual(self._heading(self._step(step)), "Hello Maria, this is your visit:")
        self.assertEqual(self._status(), "booked")

    def test_a_kind_that_is_not_booked_online_is_cancelled_but_not_moved(self):
        self.hygiene.online = False
        page = self._get()
        self.assertNotIn("Choose another time", page.text_content())
        self.assertIn("I can't come", page.text_content())

    def test_moving_what_needs_approval_waits_for_the_desk(self):
        self.hygiene.needs_approval = True
        page = self._step("move")
        asked = self._get(page.xpath("//a[contains(@class, 'p-slot')]/@href")[0])
        page = self._post(dict(asked.forms[0].fields))
        self.assertIn("We are keeping this time for you", page.text_content())
        self.env.invalidate_all()
        self.assertTrue(self.visit.prm_to_approve)
        self.assertFalse(self._in_writing())

    def test_nobody_elses_visit(self):
        other = self._next_visit(self._patient(first_name="Ugo"), place=60)
        for step in ("confirm", "cancel", "move"):
            self._step(step, visit=other)
            self._do(step, visit=other, start="20990101T0900Z", provider=1)
        page = self._step("cancel", visit=other)
        self.assertNotIn("Ugo", page.text_content())
        self.env.invalidate_all()
        self.assertEqual((other.prm_status, other.prm_moves), ("booked", 0))

    def test_a_visit_that_went_to_another_patient(self):
        """As after two records of one person were merged the wrong way."""
        other = self._next_visit(self._patient(first_name="Ugo"), place=60)
        self.link.res_id = other.id
        page = self._get()
        self.assertIn("There is no visit here any more", page.text_content())

    def test_bad_input(self):
        for query in ("?visit=x&do=move", "?visit=-1&do=cancel", "?visit=99999999&do=move",
                      f"?visit={self.visit.id}&do=move&start=x&provider=y"):  # fmt: skip
            self._get(query)
        for data in ({"do": "move"}, {"visit": "x"}, {}, {"do": "cancel", "visit": "0"}):
            self._post(data)
        self.assertEqual(self._status(), "booked")

    def test_the_family_of_the_message(self):
        leo = self._patient(first_name="Leo")
        second = self._next_visit(leo, place=44)
        values = {"company_id": self.practice.id, "patient_id": self.maria.id,
                  "state": "sent", "res_model": "calendar.event",
                  "channel_id": self.env["prm.channel"]._ids_by_code()["email"],
                  "purpose_id": self.env.ref("prm_core.prm_purpose_care").id}  # fmt: skip
        lead = self.env["prm.message"].create({**values, "res_id": self.visit.id})
        self.env["prm.message"].create(
            {**values, "patient_id": leo.id, "res_id": second.id, "state": "suppressed",
             "merged_into_id": lead.id}
        )  # fmt: skip
        self.link.message_id = lead
        page = self._get()
        self.assertEqual(self._heading(page), "Hello Maria, these are your visits:")
        self.assertEqual(self._texts(page, "//h2"), ["Leo"])
        self._do("cancel", visit=second)
        self.env.invalidate_all()
        self.assertEqual((self.visit.prm_status, second.prm_status), ("booked", "cancelled"))
        second._prm_set_status("booked")
        self._post({"do": "confirm"})
        self.env.invalidate_all()
        self.assertEqual((self.visit.prm_status, second.prm_status), ("confirmed", "confirmed"))

    def test_calendar_files_follow_the_visit(self):
        def read():
            text = self.url_open(f"{self.path}/calendar.ics?visit={self.visit.id}").text
            calendar = icalendar.Calendar.from_ical(text)
            [event] = calendar.walk("VEVENT")
            return calendar["METHOD"], int(event["SEQUENCE"]), str(event["UID"]), event

        method, first, uid, event = read()
        self.assertEqual((method, event["STATUS"]), ("PUBLISH", "CONFIRMED"))
        self.visit._prm_move(self.visit.start + timedelta(minutes=15))
        self.env.flush_all()
        method, second, same, event = read()
        self.assertEqual((method, same), ("PUBLISH", uid))
        self.assertGreater(second, first)
        self.assertEqual(event["DTSTART"].dt.replace(tzinfo=None), self.visit.start)
        self._do("cancel")
        method, third, same, event = read()
        self.assertEqual((method, event["STATUS"], same), ("CANCEL", "CANCELLED", uid))
        self.assertGreater(third, second)
