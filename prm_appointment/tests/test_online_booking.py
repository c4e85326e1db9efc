import re
from datetime import timedelta
from unittest.mock import patch

from freezegun import freeze_time
from lxml import html
from odoo import fields
from odoo.addons.prm_core import throttle
from odoo.tests import HttpCase, tagged

from ..controllers import booking_state
from ..exceptions import SlotTaken
from .common import AppointmentCase

MIA = {
    "whom": "me", "first_name": "Mia", "last_name": "Rossi", "birth_date": "1990-04-12",
    "email": "mia@example.com", "mobile": "",
}  # fmt: skip


class OnlineBookingCase(AppointmentCase, HttpCase):
    """A practice whose page is open; visitors come without cookies, as at the first time."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.practice.country_id = cls.env.ref("base.it")
        cls.page = cls.env["prm.booking.page"].create(
            {"company_id": cls.practice.id, "slug": "aurora-test", "online": True}
        )
        cls.path = "/prm/book/aurora-test"

    def setUp(self):
        super().setUp()
        throttle.forget()
        self._replace(booking_state, "MIN_SECONDS", 0)

    def _replace(self, target, name, value):
        patcher = patch.object(target, name, value)
        patcher.start()
        self.addCleanup(patcher.stop)

    # -- what a visitor does

    def _get(self, query="", status=200, **options):
        response = self.url_open(self.path + query, **options)
        self.assertEqual(response.status_code, status)
        return html.fromstring(response.text)

    def _post(self, data, status=200, query=""):
        response = self.url_open(self.path + query, data=data)
        self.assertEqual(response.status_code, status)
        return html.fromstring(response.text)

    def _submit(self, page, button=None, **typed):
        """Fill and send a form as a browser does.

        :param button: value of the button that is pressed, where there are several.
        """
        forms = [form for form in page.forms if form.method == "POST"]
        if button:
            forms = [
                form for form in forms if form.xpath(f".//button[@value='{button}']")
            ]  # fmt: skip
        form = forms[0]
        data = {name: value for name, value in form.fields.items() if value is not None}
        data.update(typed)
        if button:
            (pressed,) = form.xpath(f".//button[@value='{button}']")
            data[pressed.get("name")] = button
        response = self.url_open(form.action, data=data)
        self.last = response
        return html.fromstring(response.text)

    def _follow(self, page, css="p-pick", number=0):
        return self._open(page.xpath(f"//a[contains(@class, '{css}')]/@href")[number])

    def _open(self, address):
        response = self.url_open(address)
        self.assertEqual(response.status_code, 200)
        return html.fromstring(response.text)

    def _form(self, number=0):
        """The page with the form, for one of the free times."""
        page = self._get(f"?type={self.hygiene.id}&provider=any")
        return self._follow(page, "p-slot", number)

    def _to_code(self, **typed):
        page = self._submit(self._form(typed.pop("number", 0)), **{**MIA, **typed})
        return self._submit(page, "send")

    def _code(self):
        """The digits of the newest code, out of the outbox."""
        self.env.invalidate_all()
        message = self._messages()[:1]
        return re.search(r"\d{6}", message.body)[0]

    def _messages(self):
        code = self.env.ref("prm_appointment.prm_template_booking_code")
        return self.env["prm.message"].search([("template_id", "=", code.id)])

    def _book_online(self, **typed):
        return self._submit(self._to_code(**typed), code=self._code())

    # -- what is seen

    def _text(self, page):
        return " ".join(page.text_content().split())

    def _heading(self, page):
        (heading,) = page.xpath("//h1")
        return self._text(heading)

    def _errors(self, page):
        return [self._text(node) for node in page.xpath("//*[@role='alert']//li")]

    def _alert(self, page):
        (alert,) = page.xpath("//*[@role='alert']")
        return self._text(alert)

    def _visits(self):
        self.env.invalidate_all()
        return self.env["calendar.event"].search(
            [("prm_company_id", "=", self.practice.id)], order="id"
        )

    def _patients(self, **values):
        self.env.invalidate_all()
        domain = [(name, "=", value) for name, value in values.items()]
        patients = self.env["prm.patient"].with_context(active_test=False)
        return patients.search([("company_id", "=", self.practice.id), *domain], order="id")


@tagged("post_install", "-at_install")
class TestOnlineBooking(OnlineBookingCase):
    def test_as_a_new_patient(self):
        page = self._get()
        self.assertEqual(self._heading(page), "What would you like to come for?")
        page = self._follow(page)
        self.assertEqual(self._heading(page), "When would you like to come?")
        page = self._follow(page, "p-slot")
        self.assertEqual(self._heading(page), "Who is coming?")
        page = self._submit(page, **MIA, note="I am a bit afraid")
        self.assertEqual(self._heading(page), "Is everything right?")
        for part in ("Mia Rossi", "April 12, 1990", "mia@example.com", "I am a bit afraid"):
            self.assertIn(part, self._text(page))
        self.assertFalse(self._patients(last_name="Rossi"))
        page = self._submit(page, "send")
        self.assertEqual(self._heading(page), "Please type your code")
        self.assertIn("mia@example.com", self._text(page))
        self.assertFalse(self._visits())
        page = self._submit(page, code=self._code())
        self.assertEqual(self._heading(page), "Thank you, Mia. Your visit is booked.")
        visit = self._visits()
        patient = visit.prm_patient_id
        self.assertEqual(visit.prm_source, "online")
        self.assertEqual(visit.prm_note, "I am a bit afraid")
        self.assertFalse(visit.prm_to_approve)
        self.assertEqual(patient, self._patients(last_name="Rossi"))
        self.assertEqual((patient.status, patient.came_by), ("prospect", "online"))
        self.assertTrue(patient.active and patient.partner_id.active)
        self.assertEqual(patient.email, "mia@example.com")
        self.assertEqual(self._codes(patient), ["patient_created", "appointment_booked"])
        calendar_file = self.url_open(page.xpath("//a[contains(@href, '.ics')]/@href")[0])
        self.assertIn("BEGIN:VEVENT", calendar_file.text)

    def test_it_leads_to_the_page_of_the_visit(self):
        self.hygiene.max_ahead = 200
        page = self._book_online()
        visit = self._visits()[-1:]
        later = visit.start + timedelta(days=100)
        (address,) = page.xpath("//a[text()='Change or cancel the visit']/@href")
        page = self._open(address)
        self.assertEqual(self._heading(page), "Hello Mia, this is your visit:")
        page = self._submit(page)
        self.assertEqual(self._heading(page), "Thank you, Mia. We look forward to seeing you.")
        self.assertEqual(self._visits()[-1:].prm_status, "confirmed")
        # It works until the visit is over, however far away that is.
        visit.write({"start": later, "stop": later + timedelta(minutes=45)})
        token = visit._prm_issue_link().rpartition("/")[2]
        self.assertGreater(self.env["prm.link"]._find(token).expires_at, visit.stop)

    def test_no_cookie_and_nothing_personal_in_an_address(self):
        page = self._to_code()
        self.assertFalse(self.last.cookies)
        self.assertNotIn("session_id", self.last.headers.get("Set-Cookie", ""))
        for form in page.forms:
            self.assertNotRegex(form.action or "", "mia|Mia|Rossi|1990")
        self.assertEqual(self.last.headers["Cache-Control"], "no-store")
        self.assertEqual(self.last.headers["X-Frame-Options"], "DENY")

    def test_opening_changes_nothing(self):
        before = self.env["prm.patient"].with_context(active_test=False).search_count([])
        self._form()
        self._get("?provider=any")
        self.env.invalidate_all()
        self.assertEqual(
            self.env["prm.patient"].with_context(active_test=False).search_count([]), before
        )
        self.assertFalse(self.env["prm.booking"].search([("company_id", "=", self.practice.id)]))

    def test_before_the_code_nobody_meets_the_person(self):
        self._to_code()
        patient = self._patients(last_name="Rossi")
        self.assertFalse(patient.active)
        self.assertFalse(patient.partner_id.active)
        self.assertFalse(patient.event_ids)
        self.assertEqual(self._messages()[:1].state, "queued")

    def test_who_and_with_whom(self):
        self.hygiene.provider_ids |= self.marco
        page = self._get(f"?type={self.hygiene.id}")
        self.assertEqual(self._heading(page), "With whom would you like to come?")
        self.assertEqual(
            [self._text(node) for node in page.xpath("//a[contains(@class, 'p-pick')]//strong")],
            ["Anyone", "Giulia Bianchi", "Marco Neri"],
        )
        page = self._follow(page, number=2)
        self.assertIn("with Marco Neri", self._text(page))
        page = self._follow(page, "p-slot")
        self._submit(self._submit(self._submit(page, **MIA), "send"), code=self._code())
        self.assertEqual(self._visits().prm_provider_id, self.marco)

    def test_what_the_list_says(self):
        self.hygiene.write({"show_price": True, "price_text": "from 90 €", "for_whom": "new"})
        self.page.greeting = "How good that you are here."
        text = self._text(self._get())
        for part in ("Dental hygiene", "about 45 minutes", "from 90 €", "For new patients",
                     "How good that you are here."):  # fmt: skip
            self.assertIn(part, text)
        self.hygiene.preparation = "Please bring your X-rays."
        self.assertIn("X-rays", self._text(self._get(f"?type={self.hygiene.id}")))

    def test_closed_or_unknown(self):
        self.page.online = False
        for page in (self._get(), self._post({"step": "who"})):
            self.assertEqual(self._heading(page), "Please call us")
            self.assertTrue(page.xpath("//a[starts-with(@href, 'tel:')]"))
        self.page.online = True
        self.hygiene.online = False
        self.assertEqual(self._heading(self._get()), "Please call us")
        for slug in ("nobody", "x" * 300, "%00", "a%2Fb"):
            self.assertEqual(self.url_open(f"/prm/book/{slug}").status_code, 404, slug)

    def test_nothing_free(self):
        self.hygiene.provider_ids.active = False
        page = self._get(f"?type={self.hygiene.id}&provider=any")
        self.assertIn("Please call us: we will find one", self._text(page))

    def test_full_for_weeks(self):
        """The first free days are shown, wherever they lie, and looking for them is quick."""
        soon = fields.Datetime.now() - timedelta(days=1)
        until = soon + timedelta(days=40)
        self.env["resource.calendar.leaves"].create(
            {"company_id": self.practice.id, "date_from": soon, "date_to": until}
        )
        before, _later, _left_out = self.page._free_days(self.hygiene)
        with self.assertQueryCount(12):
            found, later, left_out = self.page._free_days(self.hygiene)
        self.assertEqual(found, before)
        self.assertTrue(until < found[0].start < until + timedelta(days=4))
        self.assertLess(found[-1].start - found[0].start, timedelta(days=14))
        self.assertTrue(later)
        self.assertFalse(left_out)
        starts = [slot.start for slot in found]
        self.assertEqual(starts, sorted(set(starts)))
        first = found[0]
        without = (first.start, first.provider_id)
        found, _later, _left_out = self.page._free_days(self.hygiene, without=without)
        self.assertNotIn(first, found)
        self.assertEqual(found[-1], before[-1])

    def test_strange_addresses(self):
        kind = self.hygiene.id
        for query in ("?type=x", "?type=999999999", "?type=-1", f"?type={'9' * 30}",
                      f"?type={kind}&provider=0", f"?type={kind}&provider=x",
                      f"?type={kind}&provider=any&from=9999-12-31",
                      f"?type={kind}&provider=any&start=x&with=y", "?lang=xx", "?lang=%00",
                      f"?type={kind}&provider=any&start=20200106T0800Z&with={self.giulia.id}",
                      f"?type={kind}&provider=any&start=20990106T0800Z&with=1"):  # fmt: skip
            self._get(query)

    def test_another_practices_kind_is_not_offered(self):
        other = self.env["prm.appointment.type"].create(
            {"name": "Elsewhere", "company_id": self.other_practice.id}
        )
        page = self._get(f"?type={other.id}&provider=any")
        self.assertEqual(self._heading(page), "What would you like to come for?")
        self.assertNotIn("Elsewhere", self._text(page))

    # -- somebody was quicker

    def test_taken_before_the_form_is_sent(self):
        form = self._form()
        self._submit(self._to_code(first_name="Leo"), code=self._code())
        page = self._submit(form, **MIA, note="my words")
        self.assertIn("has just been taken", self._alert(page))
        value = page.xpath("//button[@name='slot']/@value")[0]
        page = self._submit(page, value)
        self.assertEqual(self._heading(page), "Is everything right?")
        self.assertIn("my words", self._text(page))
        self._submit(self._submit(page, "send"), code=self._code())
        self.assertEqual(len(self._visits()), 2)

    def test_taken_after_the_code(self):
        first, second = self._to_code(first_name="Leo"), None
        code = self._code()
        second = self._to_code()
        mine = self._code()
        self._submit(first, code=code)
        page = self._submit(second, code=mine)
        self.assertIn("has just been taken", self._alert(page))
        self.assertEqual(len(self._visits()), 1)
        later = page.xpath("//button[@name='from']/@value")
        if later:
            page = self._submit(page, later[0])
        page = self._submit(page, page.xpath("//button[@name='slot']/@value")[0])
        self.assertEqual(self._heading(page), "Is everything right?")
        page = self._submit(page, "book")
        self.assertEqual(self._heading(page), "Thank you, Mia. Your visit is booked.")
        self.assertEqual(len(self._visits()), 2)

    def test_quicker_by_a_moment(self):
        page = self._to_code()
        code = self._code()
        lost = self._get(f"?type={self.hygiene.id}&provider=any")
        lost = lost.xpath("//a[contains(@class, 'p-slot')]/@href")[0]
        events = type(self.env["calendar.event"])
        with patch.object(events, "_prm_book", side_effect=SlotTaken("taken")):
            page = self._submit(page, code=code)
        self.assertIn("has just been taken", self._alert(page))
        start = re.search(r"start=(\w+)", lost)[1]
        self.assertNotIn(f"{start}|{self.giulia.id}", page.xpath("//button/@value"))
        patient = self._patients(last_name="Rossi")
        self.assertFalse(patient.active)
        page = self._submit(page, page.xpath("//button[@name='slot']/@value")[0])
        page = self._submit(page, "book")
        self.assertEqual(len(self._visits()), 1)

    def test_pressing_twice(self):
        page = self._submit(self._form(), **MIA)
        self._submit(page, "send")
        page = self._submit(page, "send")
        self.assertEqual(len(self._messages()), 1)
        code = self._code()
        for _press in range(2):
            done = self._submit(page, code=code)
            self.assertEqual(self._heading(done), "Thank you, Mia. Your visit is booked.")
            link = done.xpath("//a[contains(@href, '.ics')]/@href")[0]
            self.assertIn("BEGIN:VEVENT", self.url_open(link).text)
        self.assertEqual(len(self._visits()), 1)

    # -- states that were made up

    def test_a_changed_or_old_state_starts_again(self):
        page = self._submit(self._form(), **MIA)
        (state,) = set(page.xpath("//input[@name='state']/@value"))
        other = self.env["prm.booking.page"].create(
            {"company_id": self.other_practice.id, "slug": "other-test", "online": True}
        )
        theirs = booking_state.write(other, {"type": self.hygiene.id, "booking": 1})
        flipped = state[:20] + ("y" if state[20] == "x" else "x") + state[21:]
        broken = [state[:-4] + "AAAA", flipped, "", "x", "é", "A" * 5000, theirs]
        for step in ("send", "code", "again", "book", "slot", "edit", "nonsense"):
            for value in broken:
                page = self._post({"state": value, "step": step, "code": "1"})
                self.assertEqual(self._heading(page), "What would you like to come for?")
        with freeze_time(fields.Datetime.now() + timedelta(hours=3)):
            page = self._post({"state": state, "step": "send"})
        self.assertEqual(self._heading(page), "What would you like to come for?")
        self.assertFalse(self._messages())

    def test_a_form_that_lay_open_keeps_what_was_typed(self):
        form = self._form()
        (state,) = set(form.xpath("//input[@name='state']/@value"))
        action = form.forms[0].action
        response = self.url_open(action, data={**MIA, "step": "who", "state": state[:-4] + "AAAA"})
        page = html.fromstring(response.text)
        self.assertIn("open for a long time", self._alert(page))
        self.assertEqual(page.xpath("//input[@id='first_name']/@value"), ["Mia"])
        page = self._submit(page)
        self.assertEqual(self._heading(page), "Is everything right?")

    def test_steps_out_of_order(self):
        form = self._form()
        (state,) = set(form.xpath("//input[@name='state']/@value"))
        for step in ("send", "code", "again", "book", "edit", "slot", ""):
            page = self._post({"state": state, "step": step, "code": "000000", "slot": "x|y"})
            self.assertNotIn("Thank you", self._text(page))
        self.assertFalse(self._messages())
        self.assertFalse(self._visits())
