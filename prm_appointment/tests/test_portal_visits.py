from datetime import timedelta

import icalendar
from lxml import html
from odoo import fields
from odoo.addons.prm_core import throttle
from odoo.tests import tagged

from .test_booking_page import BookingCase
from .test_translations import ENGLISH, LANGUAGES


class PortalCase(BookingCase):
    """Maria has an account; so has Ida, who speaks for her son Tom and for her mother Eva."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.maria.lang = "en_US"
        cls.portal.partner_id = cls.maria.partner_id
        cls.parent = cls._user("t_parent", "base.group_portal")
        cls.parent.partner_id.lang = "en_US"
        cls.tom = cls._patient(first_name="Tom", last_name="Verdi", birth_date="2020-02-01")
        cls.eva = cls._patient(first_name="Eva", last_name="Verdi", birth_date="1944-02-01")
        for patient, basis in ((cls.tom, "minor"), (cls.eva, "care")):
            cls.env["prm.guardian"].create(
                {"patient_id": patient.id, "partner_id": cls.parent.partner_id.id, "basis": basis}
            )

    def setUp(self):
        super().setUp()
        throttle.forget()
        self.addCleanup(throttle.forget)
        self.visit = self._next_visit()
        self.path = f"/my/prm/visits/{self.visit.id}"
        self.authenticate("t_portal", "t_portal")

    def _next_visit(self, patient=None, place=40):
        now = fields.Datetime.now()
        free = self.hygiene._free_slots(now + timedelta(days=1), now + timedelta(days=30))
        slot = free[place]
        return self.env["calendar.event"]._prm_book(
            [{"patient": patient or self.maria, "type": self.hygiene, "start": slot.start,
              "provider": self.env["prm.provider"].browse(slot.provider_id)}]
        )  # fmt: skip

    def _past_visit(self, patient=None, days=10, status="completed"):
        start = fields.Datetime.now().replace(microsecond=0) - timedelta(days=days)
        visit = self._book(start, patient)
        visit.prm_status = status
        return visit

    def _step(self, step, visit=None):
        return self._get(f"?do={step}&visit={(visit or self.visit).id}")

    def _press(self, page, number=0):
        return self._post(dict(page.forms[number].fields))

    def _status(self, visit=None):
        self.env.invalidate_all()
        return (visit or self.visit).prm_status


@tagged("post_install", "-at_install")
class TestPortalVisits(PortalCase):
    def test_the_list(self):
        past = self._past_visit()
        missed = self._past_visit(days=20, status="no_show")
        page = self._get(path="/my/prm/visits")
        self.assertEqual(self._heading(page), "Your visits")
        self.assertEqual(
            page.xpath("//div[contains(@class, 'p-card')]//a/@href"),
            [f"/my/prm/visits/{self.visit.id}"],
        )
        self.assertEqual(
            page.xpath("//ul[@class='p-past']//a/@href"),
            [f"/my/prm/visits/{visit.id}" for visit in past | missed],
        )
        self.assertIn("Missed", page.text_content())
        self.assertNotIn("Maria", page.xpath("//main")[0].text_content())
        self.assertFalse(page.xpath("//a[contains(@href, '/prm/book/')]"))
        self.env["prm.booking.page"].create(
            {"company_id": self.practice.id, "slug": "aurora", "online": True}
        )
        page = self._get(path="/my/prm/visits")
        self.assertEqual(page.xpath("//a[contains(@href, '/prm/book/')]/@href"),
                         ["/prm/book/aurora"])  # fmt: skip

    def test_the_list_asks_a_fixed_number_of_questions(self):
        def queries():
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.maria.sudo()._prm_prepare_visit_list()
            return self.env.cr.sql_log_count - before

        self._past_visit()
        queries()
        few = queries()
        for days in range(30, 40):
            self._past_visit(days=days)
        self.assertLessEqual(queries(), few)

    def test_the_account_leads_there(self):
        self.assertTrue(self._get(path="/my").xpath("//a[@href='/my/prm/visits']"))
        self.authenticate("t_outsider", "t_outsider")
        self.assertFalse(self._get(path="/my").xpath("//a[@href='/my/prm/visits']"))

    def test_opening_changes_nothing(self):
        before = self.visit.write_date
        links = self.env["prm.link"].search_count([])
        for query in ("", "?do=confirm", "?do=cancel", "?do=move", "?do=again", "?done=booked"):
            self._get(f"{query}{'&' if query else '?'}visit={self.visit.id}")
        self.assertEqual((self._status(), self.visit.write_date), ("booked", before))
        self.assertEqual(self.env["prm.link"].search_count([]), links)

    def test_confirm(self):
        page = self._get()
        self.assertEqual(self._heading(page), "Hello Maria, this is your visit:")
        self.assertEqual(page.xpath("//nav[@class='p-back']/a/@href"), ["/my/prm/visits"])
        page = self._press(page)
        self.assertEqual(self._heading(page), "Thank you, Maria. We look forward to seeing you.")
        self.assertEqual(self._status(), "confirmed")
        self.assertEqual(self._codes(self.maria).count("appointment_confirmed"), 1)

    def test_move_to_a_time_that_is_free(self):
        page = self._step("move")
        asked = self._get(page.xpath("//a[contains(@class, 'p-slot')]/@href")[0])
        self.assertEqual(self._heading(asked), "Shall we move your visit, Maria?")
        old = self.visit.start
        page = self._press(asked)
        self.assertEqual(self._heading(page), "Thank you, Maria. Your visit is moved.")
        self.env.invalidate_all()
        self.assertNotEqual(self.visit.start, old)
        self.assertEqual(self.visit.prm_moves, 1)

    def test_the_time_was_taken_meanwhile(self):
        page = self._step("move")
        asked = self._get(page.xpath("//a[contains(@class, 'p-slot')]/@href")[0])
        wish = dict(asked.forms[0].fields)
        start = fields.Datetime.to_datetime(
            f"{wish['start'][:4]}-{wish['start'][4:6]}-{wish['start'][6:8]} "
            f"{wish['start'][9:11]}:{wish['start'][11:13]}:00"
        )
        self._book(start, self.luca)
        page = self._post(wish)
        self.assertIn("This time has just been taken", page.text_content())
        self.assertTrue(page.xpath("//a[contains(@class, 'p-slot')]"))

    def test_cancel_with_a_reason_and_book_again(self):
        page = self._step("cancel")
        data = {**dict(page.forms[0].fields), "reason": "afraid", "note": "Too soon"}
        page = self._post(data)
        self.assertIn("Your visit is cancelled", self._heading(page))
        self.assertEqual(self._status(), "cancelled")
        self.assertEqual(
            (self.visit.prm_cancelled_by, self.visit.prm_cancel_reason_id.code,
             self.visit.prm_cancel_note), ("patient", "afraid", "Too soon"))  # fmt: skip
        page = self._step("again")
        asked = self._get(page.xpath("//a[contains(@class, 'p-slot')]/@href")[0])
        page = self._press(asked)
        self.assertEqual(self._heading(page), "Thank you, Maria. Your visit is booked.")
        new = self._visits() - self.visit
        self.assertEqual((new.prm_previous_id, new.prm_source), (self.visit, "online"))
        # What stands on the page is about the new visit.
        self.path = f"/my/prm/visits/{new.id}"
        self._press(page)
        self.assertEqual(self._status(new), "confirmed")

    def test_wait_for_an_earlier_time(self):
        page = self._step("wait")
        self.assertEqual(self._heading(page), "Maria, would you like to come earlier?")
        entries = self.env["prm.waitlist.entry"]
        mine = [("patient_id", "=", self.maria.id), ("state", "=", "waiting")]
        self.assertFalse(entries.search(mine))
        page = self._press(page)
        self.assertEqual(self._heading(page), "You are on our waitlist, Maria.")
        self.env.invalidate_all()
        self.assertEqual(entries.search(mine).event_id, self.visit)
        (form,) = [form for form in page.forms if form.fields.get("do") == "unwait"]
        self._post(dict(form.fields))
        self.env.invalidate_all()
        self.assertFalse(entries.search(mine))

    def test_too_late_asks_to_call(self):
        self.hygiene.cancel_notice = 10_000
        page = self._get()
        self.assertIn("too late to change this visit here", page.text_content())
        self._post({"do": "cancel", "visit": self.visit.id, "csrf_token": self._token(page)})
        self.assertEqual(self._status(), "booked")

    def _token(self, page):
        return page.forms[0].fields["csrf_token"]

    def test_a_form_of_another_site_does_nothing(self):
        response = self.url_open(self.path, data={"do": "confirm", "visit": self.visit.id})
        self.assertEqual(response.status_code, 400)
        self.assertEqual(self._status(), "booked")

    def test_the_calendar_file(self):
        response = self.url_open(f"{self.path}/calendar.ics")
        (event,) = icalendar.Calendar.from_ical(response.text).walk("VEVENT")
        self.assertEqual(event["DTSTART"].dt.replace(tzinfo=None), self.visit.start)
        self.assertIn("no-store", response.headers["Cache-Control"])
        page = self._get()
        self.assertEqual(
            page.xpath("//a[contains(@href, 'calendar.ics')]/@href"),
            [f"{self.path}/calendar.ics?visit={self.visit.id}"],
        )


@tagged("post_install", "-at_install")
class TestPortalAccess(PortalCase):
    def _foreign(self, visit):
        """Every road to a visit that is somebody else's, with a token of one's own page."""
        token = self._get().forms[0].fields["csrf_token"]
        for query in ("", "?do=move", "?do=cancel", "/calendar.ics"):
            response = self.url_open(f"/my/prm/visits/{visit.id}{query}")
            self.assertEqual(response.status_code, 404, query)
            self.assertNotIn("Giulia", response.text)
        for step in ("confirm", "cancel"):
            data = {"do": step, "visit": visit.id, "csrf_token": token}
            response = self.url_open(f"/my/prm/visits/{visit.id}", data=data)
            self.assertEqual(response.status_code, 404)
            # One's own page is no way to another's visit either.
            self.url_open(self.path, data=data)
            self.assertEqual(self._status(visit), "booked")
        self.assertEqual(self._status(), "booked")

    def test_another_patients_visit(self):
        self._foreign(self._next_visit(self.luca, place=50))

    def test_another_practices_visit(self):
        stranger = self._patient(first_name="Ugo", company_id=self.other_practice.id)
        kind = self.hygiene.copy({"company_id": self.other_practice.id, "provider_ids": False,
                                  "operatory_ids": False})  # fmt: skip
        provider = self._provider(name="Giulia Two", role="dentist",
                                  company_id=self.other_practice.id)  # fmt: skip
        visit = self.env["calendar.event"].with_context(
            allowed_company_ids=self.other_practice.ids
        )._prm_book([self._wish(self._at(8), stranger, type=kind, provider=provider)])  # fmt: skip
        self._foreign(visit)

    def test_nobody_is_nobody(self):
        self.authenticate(None, None)
        for path in ("/my/prm/visits", self.path, f"{self.path}/calendar.ics"):
            response = self.url_open(path, allow_redirects=False)
            self.assertIn("/web/login", response.headers["Location"])

    def test_who_is_no_patient_here(self):
        for login in ("t_outsider", "t_receptionist", "t_stranger"):
            self.authenticate(login, login)
            page = self._get(path="/my/prm/visits")
            self.assertIn("not tied to a patient", page.text_content())
            self.assertEqual(self.url_open(self.path).status_code, 404)

    def test_whom_somebody_speaks_for(self):
        toms, evas = self._next_visit(self.tom, 45), self._next_visit(self.eva, 60)
        self.authenticate("t_parent", "t_parent")
        page = self._get(path="/my/prm/visits")
        self.assertEqual(
            page.xpath("//div[contains(@class, 'p-card')]//a/@href"),
            [f"/my/prm/visits/{visit.id}" for visit in toms | evas],
        )
        self.assertEqual(self._texts(page, "//h3"), ["Tom", "Eva"])
        self.path = f"/my/prm/visits/{toms.id}"
        self._press(self._get())
        self.assertEqual(self._status(toms), "confirmed")
        self.assertEqual(self.url_open(f"/my/prm/visits/{self.visit.id}").status_code, 404)
        # Of age, ended, or without the messages: no more.
        self.tom.birth_date = "1990-02-01"
        self.assertEqual(self.url_open(self.path).status_code, 404)
        self.tom.birth_date = "2020-02-01"
        guardian = self.tom.guardian_ids
        for vals, status in (({"receives": False}, 404), ({"receives": True}, 200),
                             ({"active": False}, 404)):  # fmt: skip
            guardian.write(vals)
            self.assertEqual(self.url_open(self.path).status_code, status, vals)
        self.eva.active = False
        self.assertEqual(self.url_open(f"/my/prm/visits/{evas.id}").status_code, 404)

    def test_in_every_language(self):
        self.practice.name = "Aurora"
        self.hygiene.name = "Igiene"
        self._past_visit(status="no_show")
        self._past_visit(days=20, status="cancelled")
        waiting = self._next_visit(place=60)
        waiting.prm_to_approve = True
        self.env["prm.booking.page"].create(
            {"company_id": self.practice.id, "slug": "aurora", "online": True}
        )
        for lang in LANGUAGES:
            language = self.env["res.lang"]._activate_lang(lang)
            self.maria.lang = lang
            self.outsider.partner_id.lang = lang
            cancel = f"{self.path}?do=cancel&visit={self.visit.id}"
            for path in ("/my/prm/visits", self.path, cancel):
                page = self._get(path=path)
                self.assertNotRegex(" ".join(page.text_content().split()), ENGLISH, (lang, path))
                self.assertNotRegex(page.text_content(), r"Cancelled|Missed|Past|Look", lang)
            self.authenticate("t_outsider", "t_outsider")
            page = html.fromstring(self.url_open("/my/prm/visits").text)
            self.assertNotRegex(" ".join(page.text_content().split()), ENGLISH, lang)
            self.authenticate("t_portal", "t_portal")
            home = self._get(path=f"/{language.url_code}/my")
            (entry,) = home.xpath("//a[contains(@href, '/my/prm/visits')]")
            self.assertNotRegex(" ".join(entry.text_content().split()), ENGLISH, lang)
