import logging
from datetime import timedelta

from freezegun import freeze_time
from lxml import html
from odoo import fields
from odoo.addons.prm_core import throttle
from odoo.exceptions import AccessError
from odoo.tests import HttpCase, tagged

from ..controllers import kiosk as kiosk_controller
from ..models.prm_kiosk_turn import LIMITS, SECONDS
from .common import AppointmentCase
from .test_translations import ENGLISH, LANGUAGES

DESK = "Please come to the front desk"


class KioskCase(AppointmentCase, HttpCase):
    """A Monday at 9 in Rome; Maria comes at 9:30."""

    def setUp(self):
        super().setUp()
        throttle.forget()
        self.addCleanup(throttle.forget)
        clock = freeze_time(self._at(8))
        self.clock = clock.start()
        self.addCleanup(clock.stop)
        for lang in LANGUAGES:
            self.env["res.lang"]._activate_lang(lang)
        self.practice.country_id = self.env.ref("base.it")
        self.maria.write({"birth_date": "1985-07-03", "lang": "en_US", "mobile": "+393331234567"})
        self.visit = self._book(self._at(8, 30))
        self.kiosk = self.env["prm.kiosk"].create({"name": "Hall", "company_id": self.practice.id})
        self.path = f"/prm/kiosk/{self.kiosk.token}"

    def _open(self, query="", status=200):
        response = self.url_open(query if query.startswith("/") else self.path + query)
        self.assertEqual(response.status_code, status)
        return html.fromstring(response.text)

    def _send(self, data, status=200):
        response = self.url_open(self.path, data=data)
        self.assertEqual(response.status_code, status)
        self.env.invalidate_all()
        return html.fromstring(response.text)

    def _find(self, name="Maria", born=(3, 7, 1985), **more):
        day, month, year = born
        return self._send(
            {"do": "find", "name": name, "day": day, "month": month, "year": year, **more}
        )  # fmt: skip

    def _press(self, page, label, **typed):
        """Press a button of a page, with what is typed into its form."""
        for form in page.forms:
            for button in form.xpath(".//button"):
                if label in button.text_content():
                    data = {**dict(form.fields), **typed}
                    if button.get("name"):
                        data[button.get("name")] = button.get("value")
                    return self._send(data)
        raise AssertionError(f"no button {label!r} in {page.text_content()}")

    def _heading(self, page):
        (heading,) = page.xpath("//h1")
        return heading.text_content().strip()

    def _text(self, page):
        return " ".join(page.xpath("//main")[0].text_content().split())


@tagged("post_install", "-at_install")
class TestCheckIn(KioskCase):
    def test_from_the_start_to_the_seat(self):
        page = self._open()
        self.assertEqual(self._heading(page), "Welcome")
        page = self._open(page.xpath("//a[contains(@class, 'p-kiosk-main')]/@href")[0])
        self.assertEqual(self._heading(page), "Who are you?")
        page = self._find()
        self.assertEqual(self._heading(page), "Hello Maria, is this your visit?")
        for part in ("9:30", "Dental hygiene", "Giulia Bianchi"):
            self.assertIn(part, self._text(page))
        self.assertEqual(self.visit.prm_status, "booked")
        page = self._press(page, "I'm here")
        self.assertEqual(self._heading(page), "Thank you, Maria.")
        self.assertIn("Please take a seat", self._text(page))
        self.assertEqual(self.visit.prm_status, "arrived")
        self.assertEqual(self.visit.prm_arrived_at, self._at(8))
        self.assertEqual(self.visit.prm_kiosk_id, self.kiosk)
        event = self.maria.event_ids[:1]
        self.assertEqual(event.event_type_id.code, "appointment_arrived")
        self.assertEqual(event.payload["by"], "Hall")
        self.assertIn("Hall", event.detail)

    def test_nothing_personal_stands_in_an_address(self):
        response = self.url_open(
            self.path, data={"do": "find", "name": "Maria", "day": 3, "month": 7, "year": 1985},
            allow_redirects=False,
        )  # fmt: skip
        self.assertEqual(response.status_code, 303)
        self.assertRegex(response.headers["Location"], r"/prm/kiosk/[\w-]{32}\?at=[\w-]{24}$")
        self.assertEqual(response.headers["Cache-Control"], "no-store")
        page = self.url_open(response.headers["Location"])
        self.assertEqual(page.headers["Cache-Control"], "no-store")
        self.assertNotIn("session_id", page.cookies)

    def test_a_page_is_shown_once(self):
        page = self._find()
        at = page.forms[0].fields["at"]
        self.assertEqual(self._heading(self._open(f"?at={at}")), "Welcome")
        self.assertEqual(self._heading(self._press(page, "I'm here")), "Thank you, Maria.")
        self.assertEqual(self._heading(self._open(f"?at={at}")), "Welcome")

    def test_pressed_twice(self):
        page = self._find()
        self._press(page, "I'm here")
        self.assertEqual(self._heading(self._press(page, "I'm here")), "Thank you, Maria.")
        self.assertEqual(self._codes(self.maria).count("appointment_arrived"), 1)

    def test_left_alone_it_is_over(self):
        page = self._find()
        self.assertTrue(page.xpath("//noscript/meta[@http-equiv='refresh']"))
        self.clock.tick(SECONDS + 1)
        self.assertEqual(self._heading(self._press(page, "I'm here")), "Welcome")
        self.assertEqual(self.visit.prm_status, "booked")
        self._open()
        self.assertFalse(self.env["prm.kiosk.turn"].search([("patient_id", "!=", False)]))

    def test_opening_changes_no_visit(self):
        page = self._find()
        at = page.forms[0].fields["at"]
        for query in ("?do=here", f"?do=here&at={at}", "?do=find&name=Maria&day=3&month=7&year=85"):
            self._open(query)
        self.assertEqual(self.visit.prm_status, "booked")

    # -- who it is

    def test_nobody_learns_who_is_a_patient(self):
        """The same page by the same road, whatever it is that doesn't fit."""
        self.luca.birth_date = "1990-01-01"
        stranger = self._patient(first_name="Ugo", birth_date="1970-01-01",
                                 company_id=self.other_practice.id)  # fmt: skip
        tomorrow = self._patient(first_name="Eva", last_name="Domani", birth_date="1991-01-01")
        self._book(self._at(8, days=1), tomorrow)
        seen = set()
        for name, born in (("Nobody", (1, 1, 1990)), ("Maria", (4, 7, 1985)),
                           ("Luca", (1, 1, 1990)), (stranger.first_name, (1, 1, 1970)),
                           ("Eva", (1, 1, 1991))):  # fmt: skip
            page = self._find(name, born)
            self.assertEqual(self._heading(page), DESK)
            seen.add(self._text(page))
            self.env["prm.kiosk.turn"].search([]).unlink()
        self.assertEqual(len(seen), 1)

    def test_the_same_road_costs_the_same(self):
        def queries(name, born):
            typed = {"name": name, "day": str(born), "month": "7", "year": "1985"}
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.kiosk._identify(typed)
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        queries("Maria", 3)
        self.visit.start += timedelta(days=1)
        unknown, wrong_date, no_visit = queries("Zoe", 4), queries("Maria", 4), queries("Maria", 3)
        self.assertEqual(unknown, wrong_date)
        self.assertLessEqual(no_visit - unknown, 3)

    def test_twins_are_told_apart_or_sent_to_the_desk(self):
        twin = self._patient(first_name="Marta", last_name="Verdi", birth_date="1985-07-03")
        self.assertEqual(self._heading(self._find("Verdi")), DESK)
        self.assertIn("Hello Maria", self._heading(self._find("Maria")))
        self.assertEqual(self._heading(self._find("Marta")), DESK)
        twin.first_name = "Maria"
        self.assertEqual(self._heading(self._find("Maria Verdi")), DESK)
        twin.active = False
        self.assertIn("Hello Maria", self._heading(self._find("Verdi")))

    def test_the_dead_and_other_practices(self):
        other = self.env["prm.kiosk"].create(
            {"name": "There", "company_id": self.other_practice.id}
        )
        self.path = f"/prm/kiosk/{other.token}"
        self.assertEqual(self._heading(self._find()), DESK)
        self.path = f"/prm/kiosk/{self.kiosk.token}"
        page = self._find()
        # A page of one kiosk is nothing to another.
        self.path = f"/prm/kiosk/{other.token}"
        self.assertEqual(self._heading(self._press(page, "I'm here")), "Welcome")
        self.path = f"/prm/kiosk/{self.kiosk.token}"
        self.maria.status = "deceased"
        self.assertEqual(self._heading(self._find()), DESK)
        self.assertEqual(self.visit.prm_status, "booked")

    def test_mistakes_lose_nothing(self):
        page = self._find("", (31, 2, 1985), lang="en")
        self.assertEqual(len(page.xpath("//*[@role='alert']")), 2)
        fields_ = page.forms[0].fields
        self.assertEqual((fields_["day"], fields_["year"]), ("31", "1985"))
        page = self._press(page, "Continue", name="Maria", day="3", month="7")
        self.assertIn("Hello Maria", self._heading(page))

    # -- when it is

    def test_too_early(self):
        self.visit.write({"start": self._at(12), "stop": self._at(12, 45)})
        page = self._find()
        self.assertEqual(self._heading(page), "Hello Maria, you are early.")
        self.assertIn("from 11:00", self._text(page).replace("\u202f", " "))
        self.assertFalse(page.forms)
        at = self.env["prm.kiosk.turn"].search([], limit=1)._go("visit")
        self._send({"do": "here", "at": at})
        self.assertEqual(self.visit.prm_status, "booked")

    def test_late(self):
        self.clock.tick(40 * 60)
        page = self._find()
        self.assertIn("was to begin already", self._text(page))
        page = self._press(page, "I'm here")
        self.assertIn("You are a little late", self._text(page))
        self.assertEqual(self.visit.prm_status, "arrived")

    def test_other_ends(self):
        for status, words in (("arrived", "we know that you are here"),
                              ("cancelled", "is cancelled"), ("completed", DESK)):  # fmt: skip
            self.visit.prm_status = status
            page = self._find()
            self.assertIn(words, self._text(page))
            self.assertFalse(page.forms)
        self.visit.prm_status = "booked"
        self.clock.tick(3 * 3600)
        self.assertIn("time of this visit has passed", self._text(self._find()))

    def test_the_desk_was_quicker(self):
        page = self._find()
        self.visit.prm_status = "cancelled"
        self.assertIn("is cancelled", self._text(self._press(page, "I'm here")))
        self.assertEqual(self.visit.prm_status, "cancelled")

    def test_two_visits_in_a_row(self):
        second = self._book(self._at(9, 15))
        evening = self._book(self._at(15))
        page = self._find()
        self.assertEqual(len(page.xpath("//div[contains(@class, 'p-card')]")), 2)
        self._press(page, "I'm here")
        self.assertEqual((self.visit | second | evening).mapped("prm_status"),
                         ["arrived", "arrived", "booked"])  # fmt: skip

    def test_the_practice_says_where_to_wait(self):
        self.kiosk.waiting_text = "Please go up to the first floor."
        page = self._press(self._find(), "I'm here")
        self.assertIn("first floor", self._text(page))

    def test_taken_back_at_the_desk(self):
        self._press(self._find(), "I'm here")
        self.visit.prm_status = "booked"
        self.assertFalse(self.visit.prm_kiosk_id)
        self.as_user(self.receptionist, self.visit)._prm_set_status("arrived")
        self.assertFalse(self.visit.prm_kiosk_id)
        self.assertNotIn("by", self.maria.event_ids[:1].payload)

    # -- limits

    def test_names_are_not_to_be_tried(self):
        most = LIMITS[0][1]
        with self.assertLogs("odoo.addons.prm_appointment", logging.INFO) as log:
            for number in range(most):
                self.assertEqual(self._heading(self._find(f"Guess{number}")), DESK)
        self.assertNotIn("Guess", " ".join(log.output))
        response = self.url_open(
            self.path, data={"do": "find", "name": "Maria", "day": 3, "month": 7, "year": 1985}
        )
        self.assertEqual(response.status_code, 429)
        self.assertIn("a lot of tries", response.text)
        self.assertEqual(response.headers["Retry-After"], "60")
        other = self.env["prm.kiosk"].create({"name": "Door", "company_id": self.practice.id})
        first, self.path = self.path, f"/prm/kiosk/{other.token}"
        self.assertIn("Hello Maria", self._heading(self._find()))
        self.path = first
        self.clock.tick(61)
        self.assertIn("Hello Maria", self._heading(self._find()))
        self.clock.tick(60)
        turns = self.env["prm.kiosk.turn"]
        turns.create([{"kiosk_id": self.kiosk.id, "step": "desk", "failed": True, "data": {},
                       "code_hash": str(number), "expires_at": fields.Datetime.now(),
                       "begun_at": fields.Datetime.now() - timedelta(minutes=30)}
                      for number in range(LIMITS[1][1])])  # fmt: skip
        self.assertFalse(turns._may_try(self.kiosk))

    def test_a_flood_is_kept_out(self):
        for _page in range(kiosk_controller.PER_MINUTE):
            self.url_open("/prm/kiosk/" + "x" * 32)
        self.assertEqual(self.url_open(self.path).status_code, 429)

    def test_what_is_over_is_forgotten(self):
        self._find()
        self._find("Nobody")
        self.clock.tick(SECONDS + 1)
        self.env["prm.kiosk.turn"]._gc_turns()
        left = self.env["prm.kiosk.turn"].search([])
        self.assertEqual(left.mapped("step"), ["desk"])
        self.assertFalse(left.patient_id or left.data)
        self.clock.tick(3600)
        self.env["prm.kiosk.turn"]._gc_turns()
        self.assertFalse(left.exists())

    # -- the address

    def test_old_and_wrong_addresses(self):
        page = self._find()
        old = self.path
        self.as_user(self.manager, self.kiosk).action_new_address()
        self.assertNotEqual(old, f"/prm/kiosk/{self.kiosk.token}")
        for path in (old, "/prm/kiosk/x", "/prm/kiosk/" + "ü" * 20):
            self.assertIn("does not exist", self._heading(self._open(path, 404)))
        self._send({**dict(page.forms[0].fields)}, 404)
        self.assertEqual(self.visit.prm_status, "booked")
        self.path = f"/prm/kiosk/{self.kiosk.token}"
        self.assertEqual(self._heading(self._open()), "Welcome")
        self.kiosk.active = False
        self._open(status=404)

    def test_it_was_seen(self):
        self.assertFalse(self.kiosk.last_seen_at)
        self._open()
        self.env.invalidate_all()
        self.assertEqual(self.kiosk.last_seen_at, self._at(8))

    # -- languages

    def test_languages_on_offer(self):
        self.assertEqual(set(self.kiosk._languages()), {"en", "it", "es", "de", "zh"})
        self.assertEqual(next(iter(self.kiosk._languages())), "en")
        self.practice.partner_id.lang = "de_DE"
        self.kiosk.lang_ids = self.env["res.lang"].search([("code", "in", ("it_IT", "de_DE"))])
        self.assertEqual(list(self.kiosk._languages()), ["de", "it"])
        page = self._open()
        self.assertEqual(page.get("lang"), "de")
        self.assertEqual(page.xpath("//nav/a/@lang"), ["de", "it"])
        self.assertEqual(self._open("?lang=es").get("lang"), "de")
        self.kiosk.lang_ids = self.env["res.lang"].search([("code", "=", "it_IT")])
        self.assertFalse(self._open().xpath("//nav"))

    def _check(self, page, lang):
        text = self._text(page)
        labels = " ".join(page.xpath("//@aria-label"))
        self.assertNotRegex(f"{text} {labels}".replace("English", ""), ENGLISH, lang)
        self.assertNotRegex(text, r"\b(here|front desk|Day|Month|Year|Continue|start|new)\b", lang)
        self.assertEqual(page.get("lang"), lang[:2])
        return page

    def test_every_page_in_every_language(self):
        self.practice.name = "Aurora"
        self.hygiene.name = "Igiene"
        for lang in LANGUAGES:
            throttle.forget()
            said = {"lang": lang[:2]}
            self.practice.partner_id.lang = lang
            self._check(self._open(f"?lang={lang[:2]}"), lang)
            self._check(self._open(f"?do=who&lang={lang[:2]}"), lang)
            self._check(self._send({"do": "find", **said}), lang)
            self._check(self._find("", (31, 2, 1985), **said), lang)
            self._check(self._find("Nobody", **said), lang)
            self.visit.write({"start": self._at(12), "stop": self._at(12, 45)})
            self._check(self._find(**said), lang)
            for start in (7, 6):
                self.visit.write({"start": self._at(start, 30), "stop": self._at(start + 1, 15)})
                self._check(self._find(**said), lang)
            self.visit.prm_status = "cancelled"
            self._check(self._find(**said), lang)
            self.visit.write({"start": self._at(7, 30), "stop": self._at(8, 15),
                              "prm_status": "booked"})  # fmt: skip
            page = self._find(**said)
            (button,) = page.xpath("//form//button")
            page = self._check(self._press(page, button.text_content().strip()), lang)
            self._check(self._find(**said), lang)
            change = page.xpath("//button[@value='change']")[0].text_content().strip()
            page = self._check(self._press(page, change), lang)
            (button,) = page.xpath("//form//button")
            label = button.text_content().strip()
            page = self._check(self._press(page, label, mobile="1", email="1"), lang)
            page = self._press(page, label, mobile="", email=f"{lang[:2]}@example.com")
            self._check(page, lang)
            self.maria.mobile = self.maria.email = False
            self.visit.prm_status = "booked"
            page = self._find(**said)
            (button,) = page.xpath("//form//button")
            page = self._check(self._press(page, button.text_content().strip()), lang)
            page = self._check(self._press(page, change), lang)
            self._check(self._press(page, label, mobile="", email=""), lang)
            self.maria.write({"mobile": "+393331234567", "email": "m@example.com"})
            self.visit.write({"start": self._at(8, 30), "stop": self._at(9, 15),
                              "prm_status": "booked"})  # fmt: skip
            self.env["prm.kiosk.turn"].search([]).unlink()
            self.kiosk.token = self.kiosk._new_token()
            self.path = f"/prm/kiosk/{self.kiosk.token}"
        for lang in LANGUAGES:
            response = self.url_open(
                "/prm/kiosk/" + "x" * 32, headers={"Accept-Language": lang.replace("_", "-")}
            )
            self._check(html.fromstring(response.text), lang)


@tagged("post_install", "-at_install")
class TestKioskAccess(KioskCase):
    def test_managers_set_kiosks_up(self):
        manager = self.as_user(self.manager, self.env["prm.kiosk"])
        kiosk = manager.create({"name": "Second floor"})
        self.assertEqual(kiosk.company_id, self.practice)
        self.assertIn(kiosk.token, kiosk.url)
        self.assertTrue(kiosk.qr_code)
        self.assertNotEqual(kiosk.copy().token, kiosk.token)
        self.assertEqual(kiosk.action_open_page()["url"], kiosk.url)

    def test_others_see_that_there_is_one_but_not_its_address(self):
        for user in (self.receptionist, self.clinician):
            kiosk = self.as_user(user, self.kiosk)
            self.assertEqual(kiosk.name, "Hall")
            for name in ("token", "url", "qr_code"):
                with self.assertRaises(AccessError, msg=name):
                    kiosk.read([name])
            with self.assertRaises(AccessError):
                kiosk.search([("token", "like", "a")])
            with self.assertRaises(AccessError):
                kiosk.action_new_address()
            with self.assertRaises(AccessError):
                kiosk.name = "Mine"
        for user in (self.outsider, self.portal, self.env.ref("base.public_user"), self.stranger):
            with self.assertRaises(AccessError):
                self.as_user(user, self.kiosk).read(["name"])

    def test_turns_are_for_managers_to_look_at(self):
        self._find()
        turn = self.env["prm.kiosk.turn"].search([], limit=1)
        manager = self.as_user(self.manager, turn)
        self.assertEqual(manager.step, "visit")
        for name in ("code_hash", "former_hash"):
            with self.assertRaises(AccessError):
                manager.read([name])
        with self.assertRaises(AccessError):
            manager.step = "here"
        for user in (self.receptionist, self.clinician, self.outsider, self.portal, self.stranger):
            with self.assertRaises(AccessError):
                self.as_user(user, turn).read(["step"])
