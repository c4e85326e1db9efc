from datetime import timedelta
from unittest.mock import patch

import icalendar
from odoo import fields
from odoo.tests import tagged

from ..exceptions import SlotTaken
from .test_booking_page import BookingCase
from .test_translations import ENGLISH, LANGUAGES


class WaitlistPageCase(BookingCase):
    def setUp(self):
        super().setUp()
        self.maria.lang = "en_US"
        self.entries = self.env["prm.waitlist.entry"]

    def _free(self, first=2, last=30):
        now = fields.Datetime.now()
        return self.hygiene._free_slots(now + timedelta(days=first), now + timedelta(days=last))

    def _visit_at(self, slot, patient=None):
        provider = self.env["prm.provider"].browse(slot.provider_id)
        return self.env["calendar.event"]._prm_book(
            [{"patient": patient or self.maria, "type": self.hygiene, "start": slot.start,
              "provider": provider}]
        )  # fmt: skip

    def _link_to(self, action, patient, record=None, **options):
        link, url = self.env["prm.link"]._issue(action, patient, record=record, **options)
        self.path = "/prm/l/" + url.rpartition("/")[2]
        return link

    def _offered(self, patient=None, **vals):
        """A time that has been offered to a patient: (opening, offer)."""
        patient = patient or self.maria
        self.entries.create({"patient_id": patient.id, "type_id": self.hygiene.id, **vals})
        slot = self._free()[4]
        opening = self.env["prm.waitlist.opening"].create(
            {"provider_id": slot.provider_id, "start": slot.start, "stop": slot.stop,
             "company_id": self.practice.id}
        )  # fmt: skip
        opening.action_offer()
        offer = opening.offer_ids.filtered(lambda one: one.patient_id == patient)
        self.assertEqual(offer.state, "offered")
        self._link_to("offer", patient, offer)
        return opening, offer

    def _again(self, record):
        self.env.invalidate_all()
        return record


@tagged("post_install", "-at_install")
class TestOfferPage(WaitlistPageCase):
    def test_the_message_leads_to_the_page(self):
        _opening, offer = self._offered()
        message = offer.message_id
        self.assertEqual(message.link_id.action, "offer")
        self.assertIn("/prm/l/", message.body)
        self.assertIn("Good", self._heading(self._get()))

    def test_opening_changes_nothing(self):
        opening, offer = self._offered()
        for query in ("", "?do=accept", "?do=decline", "?do=leave", "?do=nonsense"):
            self._get(query)
        self._again(offer)
        self.assertEqual((offer.state, opening.state), ("offered", "open"))
        self.assertEqual(offer.entry_id.state, "waiting")

    def test_yes(self):
        opening, offer = self._offered()
        page = self._get()
        self.assertEqual(self._heading(page), "Good news, Maria: a time has come free.")
        page = self._post(dict(page.forms[0].fields))
        self.assertEqual(self._heading(page), "Thank you, Maria. The visit is yours.")
        self._again(opening)
        self.assertEqual(opening.state, "taken")
        self.assertEqual(opening.visit_id.prm_patient_id, self.maria)
        calendar = icalendar.Calendar.from_ical(self.url_open(self.path + "/calendar.ics").text)
        (event,) = calendar.walk("VEVENT")
        self.assertEqual(event["DTSTART"].dt.replace(tzinfo=None), offer.start)
        self._post({"do": "accept"})
        self.assertEqual(len(self._visits()), 1)

    def test_yes_moves_the_visit_that_they_have(self):
        own = self._visit_at(self._free()[60])
        opening, offer = self._offered(event_id=own.id)
        page = self._get()
        self.assertIn("It would take the place of your visit on", page.text_content())
        self._post({"do": "accept"})
        self._again(own)
        self.assertEqual((own.start, opening.visit_id), (offer.start, own))
        self.assertEqual(len(self._visits()), 1)

    def test_no(self):
        _opening, offer = self._offered()
        page = self._get()
        page = self._post(dict(page.forms[1].fields))
        self.assertEqual(self._heading(page), "Thank you for telling us, Maria.")
        self.assertEqual(self._again(offer).state, "declined")
        self.assertEqual(offer.entry_id.state, "waiting")

    def test_no_more(self):
        _opening, offer = self._offered()
        page = self._get()
        page = self._post(dict(page.forms[2].fields))
        self.assertEqual(self._heading(page), "You are no longer on our waitlist, Maria.")
        self.assertEqual(self._again(offer).entry_id.state, "left")
        self.assertEqual(offer.state, "declined")

    def test_somebody_else_was_quicker(self):
        opening, _offer = self._offered()
        self.entries.create({"patient_id": self.luca.id, "type_id": self.hygiene.id})
        opening.next_round_at = fields.Datetime.now()
        opening._round()
        other = opening.offer_ids.filtered(lambda one: one.patient_id == self.luca)
        other._accept()
        for page in (self._get(), self._post({"do": "accept"})):
            self.assertEqual(self._heading(page), "We are sorry, Maria: this time has been taken.")
            self.assertIn("You stay on our waitlist", page.text_content())
            self.assertNotIn("Luca", page.text_content())
        self.assertFalse(self._visits())

    def test_booked_by_another_road_a_moment_before(self):
        opening, _offer = self._offered()
        provider = opening.provider_id
        self.env["calendar.event"]._prm_book(
            [{"patient": self.luca, "type": self.hygiene, "start": opening.start,
              "provider": provider}]
        )  # fmt: skip
        page = self._post({"do": "accept"})
        self.assertEqual(self._heading(page), "We are sorry, Maria: this time has been taken.")

    def test_the_database_says_no(self):
        _opening, offer = self._offered()
        with patch.object(type(offer), "_book", side_effect=SlotTaken("taken")):
            page = self._post({"do": "accept"})
        self.assertIn("Maria", self._heading(page))
        self.assertEqual(self._again(offer).state, "offered")

    def test_another_patient_s_offer(self):
        _opening, offer = self._offered()
        self._link_to("offer", self.luca, offer)
        page = self._get()
        self.assertEqual(self._heading(page), "This offer is over, Luca.")
        self._post({"do": "accept"})
        self._post({"do": "leave"})
        self.assertEqual(self._again(offer).state, "offered")

    def test_in_every_language(self):
        self.env["prm.booking.page"].create({"company_id": self.practice.id, "waitlist_daily": 9})
        for number, lang in enumerate(LANGUAGES):
            patient = self._patient(first_name="Noa", last_name=f"Bo{number}", lang=lang)
            patient.email = f"noa{number}@example.com"
            self.hygiene.name = "Igiene"
            self.practice.name = "Aurora"
            opening, _offer = self._offered(patient)
            self.assertNotRegex(opening.offer_ids.message_id.filtered(
                lambda one, who=patient: one.patient_id == who).body, ENGLISH)  # fmt: skip
            pages = [self._get(), self._post({"do": "decline"}), self._post({"do": "leave"})]
            opening, _offer = self._offered(patient)
            opening._close("taken")
            pages.append(self._get())
            opening, _offer = self._offered_again(patient)
            pages.append(self._post({"do": "accept"}))
            for page in pages:
                self.assertNotRegex(" ".join(page.text_content().split()), ENGLISH, lang)

    def _offered_again(self, patient):
        self.entries.search([("patient_id", "=", patient.id), ("state", "=", "waiting")])._end(
            "closed"
        )
        return self._offered(patient)


@tagged("post_install", "-at_install")
class TestJoining(WaitlistPageCase):
    def test_wait_for_an_earlier_visit(self):
        visit = self._visit_at(self._free()[40])
        self._link_to("visit", self.maria, visit)
        page = self._get()
        (address,) = page.xpath("//a[text()='Tell me when an earlier time comes free']/@href")
        page = self._get(address)
        self.assertEqual(self._heading(page), "Maria, would you like to come earlier?")
        self.assertFalse(self.entries.search([("patient_id", "=", self.maria.id)]))
        form = page.forms[0]
        form.fields["tue"] = form.fields["thu"] = "1"
        page = self._post(
            {**_filled(form), "tue": "1", "thu": "1", "part": "morning", "notice": "48",
             "same": "1"}
        )  # fmt: skip
        self.assertEqual(self._heading(page), "You are on our waitlist, Maria.")
        entry = self.entries.search([("patient_id", "=", self.maria.id)])
        self.assertEqual((entry.event_id, entry.type_id), (visit, self.hygiene))
        self.assertEqual((entry.tue, entry.thu, entry.mon), (True, True, False))
        self.assertEqual((entry.hour_from, entry.hour_to), (0, 12))
        self.assertEqual((entry.notice_hours, entry.source), (48, "online"))
        self.assertEqual(entry.provider_ids, visit.prm_provider_id)
        again = self._get(f"?do=wait&visit={visit.id}")
        self.assertEqual(
            again.xpath("//input[@checked]/@name"), ["tue", "thu", "part", "notice", "same"]
        )
        self._post({"do": "wait", "visit": visit.id})
        self._again(entry)
        self.assertEqual((entry.mon, entry.hour_to, len(entry.provider_ids)), (True, 24, 0))
        self.assertEqual(self.entries.search_count([("patient_id", "=", self.maria.id)]), 1)
        page = self._post({"do": "unwait", "visit": visit.id})
        self.assertEqual(self._heading(page), "You are no longer on our waitlist, Maria.")
        self.assertEqual(self._again(entry).state, "left")
        self.assertEqual(visit.prm_status, "booked")

    def test_none_of_the_free_times_suits(self):
        self._link_to("book_appointment", self.maria, payload={"type_id": self.hygiene.id})
        page = self._get()
        (address,) = page.xpath("//a[text()='Tell me when another one comes free']/@href")
        page = self._get(address)
        self.assertEqual(self._heading(page), "Maria, shall we tell you when a time comes free?")
        page = self._post({"do": "wait", "part": "evening", "notice": "nonsense"})
        self.assertIn("You are on our waitlist: we tell you", page.text_content())
        entry = self.entries.search([("patient_id", "=", self.maria.id)])
        self.assertEqual((entry.hour_from, entry.notice_hours), (17, 24))
        self.assertFalse(entry.event_id)
        self._post({"do": "unwait"})
        self.assertEqual(self._again(entry).state, "left")

    def test_another_patient_s_visit(self):
        visit = self._visit_at(self._free()[40], self.luca)
        own = self._visit_at(self._free()[50])
        self._link_to("visit", self.maria, own)
        self._get(f"?do=wait&visit={visit.id}")
        self._post({"do": "wait", "visit": visit.id})
        self.assertFalse(self.entries.search([("patient_id", "in", (self.maria | self.luca).ids)]))
        mine = self.entries.create({"patient_id": self.luca.id, "type_id": self.hygiene.id})
        self._post({"do": "unwait", "visit": visit.id})
        self.assertEqual(self._again(mine).state, "waiting")

    def test_in_every_language(self):
        self.hygiene.name = "Igiene"
        self.practice.name = "Aurora"
        for number, lang in enumerate(LANGUAGES):
            patient = self._patient(first_name="Noa", last_name=f"Bo{number}", lang=lang)
            visit = self._visit_at(self._free()[40 + number], patient)
            self._link_to("visit", patient, visit)
            step = {"visit": visit.id}
            pages = [
                self._get(),
                self._get(f"?do=wait&visit={visit.id}"),
                self._post({"do": "wait", **step}),
                self._get(),
                self._get(f"?do=move&visit={visit.id}"),
                self._post({"do": "unwait", **step}),
            ]
            visit._prm_cancel("patient")
            self._link_to("book_appointment", patient, payload={"type_id": self.hygiene.id})
            pages += [self._get(), self._get("?do=wait"), self._post({"do": "wait"}), self._get()]
            for page in pages:
                self.assertNotRegex(" ".join(page.text_content().split()), ENGLISH, lang)


def _filled(form):
    return {name: value for name, value in dict(form.fields).items() if value}
