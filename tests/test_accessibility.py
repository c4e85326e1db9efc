"""Every page that patients meet, held against WCAG 2 A and AA by axe-core, on a phone's screen."""

import os
import re
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from tools.devenv import postgres

from .support import axe, browser, practice
from .support.databases import copied
from .support.server import OdooServer, shell

#: Where pictures of every page go, for people to look at; nowhere unless asked for.
PICTURES = os.environ.get("PRM_PICTURES")
PHONE = {**browser.PHONE, "viewport": {"width": 360, "height": 740}}
#: Longer than a program would take for the form, see `booking_state.MIN_SECONDS`.
HUMAN = 3.2

SETUP = """
from datetime import timedelta
from odoo import fields
from odoo.addons.prm_core.contact_hours import local_time, start_of_day

company = env.ref("base.main_company")
for lang in ("en_US", "de_DE"):
    env["res.lang"]._activate_lang(lang)
kinds = env["prm.appointment.type"].search([])
kind = kinds.filtered("provider_ids")[:1]
(kinds - kind).online = False
kind.write({"preparation": "Please bring your list of medicines.", "show_price": True,
            "price_text": "from $90"})
other = env["prm.provider"].create({
    "name": "Sam Okoro", "role": "hygienist", "tz": "America/Denver", "company_id": company.id,
    "resource_calendar_id": kind.provider_ids.resource_calendar_id.id})
kind.provider_ids |= other
env["prm.booking.page"].create({
    "company_id": company.id, "slug": "test-dental", "online": True,
    "greeting": "How good that you are coming.",
    "privacy_url": "https://test-dental.example.com/privacy"})
now = fields.Datetime.now()
links, paths = env["prm.link"], {}

def patient(name, **vals):
    return env["prm.patient"].create({
        "first_name": name, "last_name": "Lund", "company_id": company.id, "lang": "en_US",
        "email": name.lower() + "@example.com", "mobile": "+13035550140", **vals})

def book(who, number):
    slot = kind._free_slots(now + timedelta(days=3), now + timedelta(days=30))[number]
    return env["calendar.event"]._prm_book([{
        "patient": who, "type": kind, "start": slot.start,
        "provider": env["prm.provider"].browse(slot.provider_id)}])

def path(link):
    return "/prm/l/" + link[1][-32:]

ada, bo = patient("Ada"), patient("Bo", birth_date="1980-07-03")
paths["visit"] = path(links._issue("visit", ada, record=book(ada, 3)))
paths["book"] = path(links._issue("book_appointment", bo, payload={"type_id": kind.id}))
paths["preferences"] = path(links._issue("preferences", ada))
paths["expired"] = path(links._issue("preferences", ada, days=-1))
paths["unsubscribe"] = path(links._issue(
    "unsubscribe", ada, payload={"purpose": "news", "channel": "email"})).replace("/l/", "/u/")
paths["history"] = path(links._issue("history", patient("Gil", birth_date="1980-07-03")))
paths["unknown"] = "/prm/l/" + "x" * 32
user = env["res.users"].with_context(no_reset_password=True).create({
    "name": "Cleo", "login": "cleo", "password": "cleo",
    "group_ids": [(6, 0, env.ref("base.group_portal").ids)]})
cleo = patient("Cleo", partner_id=user.partner_id.id, birth_date="1980-07-03")
book(cleo, 20)
past = book(cleo, 40)
past.write({"start": now - timedelta(days=9), "stop": now - timedelta(days=9, minutes=-45),
            "prm_status": "no_show"})
nobody = env["res.users"].with_context(no_reset_password=True).create({
    "name": "Nobody", "login": "nobody", "password": "nobody",
    "group_ids": [(6, 0, env.ref("base.group_portal").ids)]})
slot = kind._free_slots(now + timedelta(days=5), now + timedelta(days=30))[50]
opening = env["prm.waitlist.opening"].create({
    "company_id": company.id, "provider_id": slot.provider_id, "start": slot.start,
    "stop": slot.stop, "state": "open"})
for name in ("Dora", "Eli", "Fay"):
    waiting = env["prm.waitlist.entry"].create({
        "patient_id": patient(name).id, "type_id": kind.id})
    offer = env["prm.waitlist.offer"].create({
        "opening_id": opening.id, "entry_id": waiting.id, "patient_id": waiting.patient_id.id,
        "provider_id": slot.provider_id, "start": slot.start, "stop": slot.stop,
        "state": "offered"})
    paths["offer_" + name.lower()] = path(links._issue("offer", waiting.patient_id, record=offer))
branch = env["res.company"].create({"name": "Branch"})
env["prm.booking.page"].create({"company_id": branch.id, "slug": "closed", "online": False})
zone = company._prm_zone()
tonight = start_of_day(local_time(now, zone).date() + timedelta(days=1), zone)
env["calendar.event"].create({
    "prm_patient_id": bo.id, "prm_type_id": kind.id, "prm_provider_id": other.id,
    "start": min(now, tonight - timedelta(hours=1)), "duration": 1})
paths["kiosk"] = "/prm/kiosk/" + env["prm.kiosk"].create({"name": "Hall"}).token
for name, value in paths.items():
    print("PATH", name, value)
"""


@pytest.fixture(scope="module")
def server():
    with copied("accessible") as database:
        practice.set_up(database)
        found = re.findall(r"^PATH (\S+) (\S+)$", shell(database, SETUP), re.MULTILINE)
        with OdooServer(database, "--proxy-mode") as running:
            running.paths = SimpleNamespace(**dict(found))
            yield running
            assert running.errors() == []


class Walk:
    """A walk over pages, each of which is looked at when it comes."""

    def __init__(self, visit, server, name, **options):
        self.page = visit(PHONE, locale="en-US", **options).page
        self.server, self.name, self.seen = server, name, 0

    def _check(self, about):
        self.seen += 1
        if PICTURES:
            Path(PICTURES).mkdir(parents=True, exist_ok=True)
            name = f"axe-{self.name.replace(' ', '-')}-{self.seen:02}.png"
            self.page.screenshot(path=Path(PICTURES) / name, full_page=True)
        axe.assert_accessible(self.page, f"{self.name} {self.seen} ({about})")

    def open(self, path, about=""):
        self.page.goto(self.server.address + path)
        self._check(about or path.partition("?")[2] or path)

    def press(self, selector):
        """Press something, and look at the page that comes."""
        with self.page.expect_navigation():
            self.page.click(selector)
        self._check(selector)

    def heading(self):
        return self.page.inner_text("h1")

    def log_in(self, login):
        self.page.goto(f"{self.server.address}/web/login")
        self.page.fill("input[name=login]", login)
        self.page.fill("input[name=password]", login)
        with self.page.expect_navigation():
            self.page.click("form.oe_login_form button[type=submit]")


def _code(server, address):
    """The code as the person reads it."""
    return postgres.query(
        "SELECT substring(body FROM '[0-9]{6}') FROM prm_message"
        f" WHERE address = '{address}' AND body IS NOT NULL ORDER BY id DESC LIMIT 1",
        server.database,
    )[0]


def test_the_engine_finds_what_is_wrong(server, visit):
    """The check itself: a page with known faults does not pass."""
    page = visit(PHONE).page
    page.set_content("<html><body><img src='x'><input><p style='color:#ccc'>pale</p></body></html>")
    found = " ".join(axe.violations(page))
    for rule in ("image-alt", "label", "color-contrast", "html-has-lang", "document-title"):
        assert rule in found


def test_online_booking(server, visit):
    walk = Walk(visit, server, "booking", extra_http_headers={"X-Forwarded-For": "203.0.113.7"})
    page = walk.page
    walk.open("/prm/book/nobody-knows-it")
    walk.open("/prm/book/test-dental")
    walk.press("a.p-pick >> nth=0")
    walk.press("a.p-pick >> nth=0")
    walk.press("a.p-slot >> nth=1")
    walk.press("button[type=submit]")
    assert page.locator("[role=alert] li").count() == 6
    page.check("#whom_child")
    walk._check("for a child")
    page.check("#whom_me")
    for field, text in (("first_name", "Mia"), ("last_name", "Berg"), ("birth_date", "1985-03-27"),
                        ("email", "mia@example.com")):  # fmt: skip
        page.fill(f"#{field}", text)
    page.check("#privacy")
    time.sleep(HUMAN)
    walk.press("button[type=submit]")
    walk.press("button[value=send]")
    page.fill("#code", "1")
    walk.press("button[type=submit]")
    page.fill("#code", _code(server, "mia@example.com"))
    walk.press("button[type=submit]")
    assert walk.heading() == "Thank you, Mia. Your visit is booked."
    # From there to the page of the visit, which is alive.
    walk.press("text=Change or cancel the visit")
    assert walk.heading() == "Hello Mia, this is your visit:"
    walk.press("button:has-text('I am coming')")
    assert walk.heading() == "Thank you, Mia. We look forward to seeing you."


def test_online_booking_that_is_closed_or_asked_for_too_often(server, visit):
    walk = Walk(visit, server, "no booking", extra_http_headers={"X-Forwarded-For": "203.0.113.8"})
    walk.open("/prm/book/closed")
    for _request in range(90):
        answer = walk.page.request.get(f"{server.address}/prm/book/test-dental")
    assert answer.status == 429
    walk.open("/prm/book/test-dental", "too often")
    assert walk.heading() == "One moment, please"


def test_offers_of_the_waitlist(server, visit):
    walk = Walk(visit, server, "offer")
    walk.open(server.paths.offer_dora)
    walk.press("button:has-text('No')")
    walk.open(server.paths.offer_eli)
    walk.press("button:has-text('Yes, I take it')")
    assert walk.heading() == "Thank you, Eli. The visit is yours."
    walk.open(server.paths.offer_fay)
    assert walk.heading() == "We are sorry, Fay: this time has been taken."
    walk.press("button >> nth=-1")


def test_visit_by_link(server, visit):
    walk = Walk(visit, server, "visit")
    walk.open(server.paths.visit)
    walk.press("button:has-text('I am coming')")
    walk.press("text=Choose another time")
    walk.page.locator("summary").last.click()
    walk.press("details >> nth=-1 >> a.p-slot >> nth=0")
    walk.press("button:has-text('Move my visit')")
    walk.press("text=I can't come")
    walk.press("button:has-text('Cancel this visit')")
    walk.press("text=Find another time")
    walk.press("a.p-slot >> nth=0")
    walk.press("button:has-text('Book this visit')")
    assert walk.heading().endswith("Your visit is booked.")


def test_booking_by_link(server, visit):
    walk = Walk(visit, server, "booking by link")
    walk.open(server.paths.book)
    walk.open(server.paths.book + "?taken=1")
    walk.page.goto(server.address + server.paths.book)
    walk.press("a.p-slot >> nth=2")
    walk.press("button[type=submit]")


def test_preferences_and_unsubscribing(server, visit):
    walk = Walk(visit, server, "preferences")
    walk.open(server.paths.preferences)
    walk.page.check("[name=hours][value=own]")
    walk.press("button[type=submit]")
    walk.press("text=I am not this person")
    walk.open(server.paths.unsubscribe)
    walk.press("button[type=submit]")
    walk.open(server.paths.expired)
    walk.open(server.paths.unknown)


def test_health_questions(server, visit):
    walk = Walk(visit, server, "history")
    page = walk.page
    walk.open(server.paths.history)
    walk.press("button[type=submit]")
    assert page.locator(".p-error").count() == 9
    while walk.heading() != "Is everything right?":
        for group in page.locator("fieldset").all():
            group.locator("input").first.check()
        for more in page.locator("input[inputmode=numeric], textarea").all():
            more.fill("10")
        walk.press("button[type=submit]")
    walk.press("text=Change >> nth=2")
    walk.open(server.paths.history + "?step=send")
    walk.press("text=Yes, send my answers")
    assert walk.heading() == "Thank you, Gil."
    walk.open(server.paths.history)
    walk.press("text=Answer again")


def test_portal(server, visit):
    walk = Walk(visit, server, "portal")
    walk.log_in("cleo")
    walk.open("/my/prm/preferences")
    walk.press("button[type=submit]")
    walk.open("/my/prm/visits")
    walk.press("text=Look at it or change it")
    walk.press("text=Tell me when an earlier time comes free")
    walk.press("text=Put me on the waitlist")
    walk.press("text=Take me off the waitlist")
    walk.press("button:has-text('I am coming')")
    walk.press("text=Choose another time")
    # Not tomorrow: what is so near is cancelled by a call.
    walk.page.locator("summary").last.click()
    walk.press("details >> nth=-1 >> a.p-slot >> nth=0")
    walk.press("button:has-text('Move my visit')")
    walk.press("text=I can't come")
    walk.press("button:has-text('Cancel this visit')")
    walk.press("text=All visits")
    walk.open("/my/prm/history")
    walk.press("text=Answer the questions")
    walk.press("text=All health questions")
    # Of the account's own page, only our entries are ours.
    walk.page.goto(f"{server.address}/my")
    for path in ("visits", "preferences", "history", "aftercare"):
        axe.assert_accessible(walk.page, f"entry {path}", f"a[href='/my/prm/{path}']")
    stranger = Walk(visit, server, "portal of a stranger")
    stranger.log_in("nobody")
    stranger.open("/my/prm/visits")
    stranger.open("/my/prm/preferences")
    stranger.open("/my/prm/history")
    stranger.open("/my/prm/aftercare")


def test_kiosk(server, visit):
    walk = Walk(visit, server, "kiosk")
    walk.open(server.paths.kiosk)
    walk.press("text=Deutsch")
    walk.press("text=English")
    walk.press("text=I'm here")
    walk.press("button[type=submit]")
    walk.page.fill("#name", "Nobody")
    for field, text in (("day", "3"), ("month", "7"), ("year", "1980")):
        walk.page.fill(f"[name={field}]", text)
    walk.press("button[type=submit]")
    assert walk.heading() == "Please come to the front desk"
    walk.press("text=Back to the start")
    walk.press("text=I'm here")
    walk.page.fill("#name", "Bo")
    for field, text in (("day", "3"), ("month", "7"), ("year", "1980")):
        walk.page.fill(f"[name={field}]", text)
    walk.press("button[type=submit]")
    walk.press('button:has-text("I\'m here")')
    assert walk.heading() == "Thank you, Bo."
    walk.press("text=No, I have new ones")
    walk.page.fill("#mobile", "1")
    walk.press("button[type=submit]")
    walk.page.fill("#mobile", "+1 303 555 0199")
    walk.press("button[type=submit]")
    walk.open("/prm/kiosk/" + "x" * 32)
