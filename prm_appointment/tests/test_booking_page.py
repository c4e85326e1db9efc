from datetime import timedelta
from unittest.mock import patch

import icalendar
from freezegun import freeze_time
from lxml import html
from odoo import fields
from odoo.tests import HttpCase, tagged

from ..exceptions import SlotTaken
from .common import AppointmentCase


class BookingCase(AppointmentCase, HttpCase):
    """Pages need times that are near: the visits are on the next Mondays from today."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.link, cls.path = cls._issue(cls.maria)

    @classmethod
    def _issue(cls, patient, **payload):
        link, url = cls.env["prm.link"]._issue(
            "book_appointment", patient, payload={"type_id": cls.hygiene.id, **payload}
        )
        return link, "/prm/l/" + url.rpartition("/")[2]

    def _get(self, query="", path=None):
        response = self.url_open((path or self.path) + query)
        self.assertEqual(response.status_code, 200)
        return html.fromstring(response.text)

    def _post(self, data, path=None):
        response = self.url_open(path or self.path, data=data)
        self.assertEqual(response.status_code, 200)
        return html.fromstring(response.text)

    def _texts(self, page, xpath):
        return [" ".join(node.text_content().split()) for node in page.xpath(xpath)]

    def _heading(self, page):
        (text,) = self._texts(page, "//h1")
        return text

    def _first_slot(self, page=None):
        """What a person does: tap the first time and read the form of the next page."""
        page = self._get() if page is None else page
        address = page.xpath("//a[contains(@class, 'p-slot')]/@href")[0]
        form = self._get(address).forms[0]
        return dict(form.fields)

    def _visits(self, patient=None):
        self.env.invalidate_all()
        domain = [("prm_patient_id", "=", (patient or self.maria).id)]
        return self.env["calendar.event"].search(domain)


@tagged("post_install", "-at_install")
class TestBookingPage(BookingCase):
    def test_from_the_link_to_the_visit(self):
        self.maria.lang = "en_US"
        page = self._get()
        self.assertEqual(self._heading(page), "Hello Maria, when would you like to come?")
        self.assertTrue(page.xpath("//details"))
        wish = self._first_slot(page)
        self.assertEqual(set(wish), {"start", "provider"})
        self.assertFalse(self._visits())
        booked = self._post(wish)
        self.assertEqual(self._heading(booked), "Thank you, Maria. Your visit is booked.")
        visit = self._visits()
        self.assertEqual(visit.prm_source, "online")
        self.assertEqual(visit.prm_provider_id, self.giulia)
        self.assertEqual(visit.prm_link_id, self.link)
        self.assertTrue(self.link.acted_at)
        self.assertEqual(
            self._codes(self.maria), ["patient_created", "appointment_booked", "link_acted"]
        )
        local = fields.Datetime.context_timestamp(visit.with_context(tz="Europe/Rome"), visit.start)
        text = booked.text_content()
        self.assertIn(f"{local:%-I:%M}", text.replace("\\u00a0", " "))
        for part in ("Giulia Bianchi", "Via Garibaldi 1", "+39 02 5500 0000", f"{local:%A}"):
            self.assertIn(part, text)

    def test_opening_changes_nothing(self):
        wish = self._first_slot()
        self._get(f"?start={wish['start']}&provider={wish['provider']}")
        self._get("?taken=1")
        self.assertFalse(self._visits())
        self.env.invalidate_all()
        self.assertFalse(self.link.acted_at)

    def test_opening_again_shows_the_visit(self):
        wish = self._first_slot()
        self._post(wish)
        again = self._get()
        self.assertFalse(again.xpath("//details"))
        self.assertTrue(again.xpath("//a[contains(@href, 'calendar.ics')]"))
        self._post(wish)
        other = {**wish, "start": wish["start"].replace("T", "T")}
        self._post(other)
        self.assertEqual(len(self._visits()), 1)

    def test_a_visit_booked_at_the_desk_counts(self):
        self._book(fields.Datetime.now().replace(microsecond=0) + timedelta(days=20))
        page = self._get()
        self.assertFalse(page.xpath("//details"))
        self.assertFalse(page.xpath("//form"))

    def test_a_cancelled_visit_lets_book_again(self):
        self._post(self._first_slot())
        self._visits().prm_status = "cancelled"
        self._post(self._first_slot())
        self.assertEqual(len(self._visits()), 1)

    def test_after_the_visit(self):
        self._post(self._first_slot())
        self._visits().write(
            {"start": fields.Datetime.now() - timedelta(days=3),
             "stop": fields.Datetime.now() - timedelta(days=3, minutes=-45)}
        )  # fmt: skip
        self.maria.lang = "en_US"
        page = self._get()
        self.assertIn("this was your visit", self._heading(page))
        self.assertFalse(page.xpath("//form"))

    # ------------------------------------------------------------
    # NOT BOOKED
    # ------------------------------------------------------------

    def test_somebody_was_quicker(self):
        self.luca.lang = "en_US"
        wish = self._first_slot()
        self._post(wish)
        _link, path = self._issue(self.luca)
        page = self._post(wish, path)
        (notice,) = self._texts(page, "//*[@role='alert']")
        self.assertIn("has just been taken", notice)
        self.assertTrue(page.xpath("//a[contains(@class, 'p-slot')]"))
        self.assertFalse(self._visits(self.luca))
        page = self._get(f"?start={wish['start']}&provider={wish['provider']}", path)
        self.assertIn("has just been taken", self._texts(page, "//*[@role='alert']")[0])

    def test_quicker_by_a_moment(self):
        """The time looked free and the database refused: the next page is from a fresh view."""
        self.maria.lang = "en_US"
        wish = self._first_slot()
        events = type(self.env["calendar.event"])
        with patch.object(events, "_prm_book", side_effect=SlotTaken("taken")):
            page = self._post(wish)
        self.assertIn("has just been taken", self._texts(page, "//*[@role='alert']")[0])
        self.assertTrue(page.xpath("//a[contains(@class, 'p-slot')]"))

    def test_what_is_not_offered_can_not_be_booked(self):
        self.maria.lang = "en_US"
        wish = self._first_slot()
        start = fields.Datetime.now().replace(hour=3, minute=0) + timedelta(days=7)
        made_up = [
            {**wish, "start": start.strftime("%Y%m%dT%H%MZ")},
            {**wish, "start": wish["start"][:-2] + "7Z"},
            {**wish, "start": "20200106T0800Z"},
            {**wish, "start": "20990105T0800Z"},
            {**wish, "start": "tomorrow"},
            {**wish, "start": "20261301T0800Z"},
            {**wish, "provider": str(self.marco.id)},
            {**wish, "provider": "0"},
            {**wish, "provider": "9" * 30},
            {**wish, "provider": "-1"},
            {**wish, "provider": "1 OR 1=1"},
            {"start": wish["start"]},
            {"provider": wish["provider"]},
            {},
        ]
        for data in made_up:
            page = self._post({**data, "x": "1"})
            (notice,) = self._texts(page, "//*[@role='alert']")
            self.assertIn("can't be booked", notice, data)
        self.assertFalse(self._visits())

    def test_strange_addresses(self):
        for query in ("?from=yesterday", "?from=9999-12-31", "?from=0001-01-01", "?provider=x",
                      "?provider=%00", "?start=%ff&provider=1", "?from=2026-02-30"):  # fmt: skip
            self._get(query)

    def test_not_for_everybody(self):
        self.maria.lang = "en_US"
        for change, back in (
            ({"status": "deceased"}, {"status": "active"}),
            ({"active": False}, {"active": True}),
        ):
            wish = self._first_slot()
            self.maria.write(change)
            self.assertEqual(self._heading(self._get()), "Please call us")
            self.assertEqual(self._heading(self._post(wish)), "Please call us")
            self.maria.write(back)
        self.maria.status = "inactive"
        self._first_slot()
        self.hygiene.online = False
        self.assertEqual(self._heading(self._get()), "Please call us")
        self.assertFalse(self._visits())

    def test_a_link_without_a_kind_of_visit(self):
        for payload in ({"type_id": 0}, {"type_id": 999_999}, {"type_id": None}):
            _link, path = self._issue(self.maria, **payload)
            self.assertTrue(self._get(path=path).xpath("//a[starts-with(@href, 'tel:')]"))

    def test_nothing_free(self):
        self.maria.lang = "en_US"
        self.hygiene.provider_ids.active = False
        page = self._get()
        self.assertIn("Please call us: we will find one", " ".join(page.text_content().split()))
        self.assertTrue(page.xpath("//a[starts-with(@href, 'tel:')]"))

    def test_first_free_days_are_far_away(self):
        self.env["resource.calendar.leaves"].create(
            {"name": "Leave", "resource_id": self.giulia.resource_id.id,
             "date_from": fields.Datetime.now() - timedelta(days=1),
             "date_to": fields.Datetime.now() + timedelta(days=40)}
        )  # fmt: skip
        self._first_slot()

    def test_later_days(self):
        first = self._get()
        later = self._get(first.xpath("//a[contains(@href, 'from=')]/@href")[0])
        titles = self._texts(later, "//summary/span")
        self.assertTrue(titles)
        self.assertFalse(set(titles) & set(self._texts(first, "//summary/span")))

    def test_a_day_is_never_cut_in_two(self):
        """Whatever the hour at which the patient looks, and wherever the practice is."""
        for zone in ("America/Denver", "Asia/Shanghai", "Europe/Rome"):
            self.practice.partner_id.tz = zone
            for hour in range(0, 24, 5):
                with freeze_time(f"2026-11-25 {hour:02}:30:00"):
                    _page, first = self.link._page_choose({})
                    _page, later = self.link._page_choose({"from": first["later"]})
                both = {day["title"] for day in first["days"]} & {
                    day["title"] for day in later["days"]
                }
                self.assertFalse(both, (zone, hour))

    def test_notice(self):
        self.hygiene.min_notice = 3 * 24 * 60
        wish = self._first_slot()
        earliest = fields.Datetime.now() + timedelta(days=3)
        self.assertGreaterEqual(wish["start"], earliest.strftime("%Y%m%dT%H%MZ"))

    def test_choosing_with_whom(self):
        self.hygiene.provider_ids |= self.marco
        page = self._get()
        people = self._texts(page, "//nav//a")
        self.assertEqual(people[1:], ["Giulia Bianchi", "Marco Neri"])
        page = self._get(f"?provider={self.marco.id}")
        wish = self._first_slot(page)
        self.assertEqual(wish["provider"], str(self.marco.id))
        self._post(wish)
        self.assertEqual(self._visits().prm_provider_id, self.marco)

    # ------------------------------------------------------------
    # CALENDAR FILE
    # ------------------------------------------------------------

    def _calendar_file(self):
        response = self.url_open(self.path + "/calendar.ics")
        self.assertEqual(response.status_code, 200)
        self.assertEqual(response.headers["Content-Type"], "text/calendar; charset=utf-8")
        self.assertEqual(response.headers["Cache-Control"], "no-store")
        return icalendar.Calendar.from_ical(response.content)

    def test_calendar_file(self):
        self._post(self._first_slot())
        visit = self._visits()
        (first,) = self._calendar_file().walk("VEVENT")
        self.assertEqual(first["DTSTART"].dt.replace(tzinfo=None), visit.start)
        self.assertEqual(first["DTEND"].dt.replace(tzinfo=None), visit.stop)
        self.assertIn("Via Garibaldi 1", first["LOCATION"])
        moved = visit.start + timedelta(minutes=15)
        visit.write({"start": moved, "stop": moved + timedelta(minutes=45)})
        (second,) = self._calendar_file().walk("VEVENT")
        self.assertEqual(second["UID"], first["UID"])
        self.assertGreater(second["SEQUENCE"], first["SEQUENCE"])
        visit.prm_status = "cancelled"
        calendar = self._calendar_file()
        (third,) = calendar.walk("VEVENT")
        self.assertEqual((calendar["METHOD"], third["STATUS"]), ("CANCEL", "CANCELLED"))
        self.assertGreater(third["SEQUENCE"], second["SEQUENCE"])

    def test_calendar_file_without_a_visit(self):
        response = self.url_open(self.path + "/calendar.ics")
        self.assertIn("text/html", response.headers["Content-Type"])
        response = self.url_open("/prm/l/" + "x" * 32 + "/calendar.ics")
        self.assertEqual(response.status_code, 404)
        self.link.expires_at = fields.Datetime.now() - timedelta(days=1)
        self.assertEqual(self.url_open(self.path + "/calendar.ics").status_code, 410)
