"""One patient's whole story in the demo practice: from the health questions on the phone to the
recall that is booked online, with a real browser, a real server and a real mail server.

Weeks go by between its scenes: then everything of the patient lies so much further in the past.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

import pytest
from playwright.sync_api import expect

from tools.devenv import settings

from .support import browser
from .support.databases import copied
from .support.mail import SmtpServer
from .support.server import OdooServer, shell

ZONE = "America/Denver"
PATIENCE = 60_000
EMAIL = "nia.ortega@example.com"
JOURNEYS = ("history_before_visit", "treatment_accepted", "aftercare", "recall")

#: The practice as the story finds it: a dentist of its own, so that no other visit is in the way,
#: and of the journeys only those that it is about.
SETUP = """
from datetime import timedelta
from odoo import fields

env["ir.mail_server"].search([]).active = False
env["ir.mail_server"].create({{"name": "story", "smtp_host": "127.0.0.1", "smtp_port": {port}}})
env["prm.purpose"].search([]).write({{"hour_from": 0, "hour_to": 24, "sundays": True,
                                     "cap_count": 0}})
env["res.users"].search([]).odoobot_state = "disabled"
company = env.ref("base.main_company")
hygienist = env["res.users"].search([("login", "=", "hygienist")])
usual = env["prm.provider"].search([("user_id", "=", hygienist.id)])
dentist = env["prm.provider"].create({{
    "name": "Dr. Ida Winter", "role": "dentist", "tz": "{zone}", "company_id": company.id,
    "resource_calendar_id": usual.resource_calendar_id.id}})
chair = env["prm.operatory"].create({{"name": "Room of the story", "company_id": company.id}})
kinds = env["prm.appointment.type"].create([
    {{"name": name, "duration": minutes, "company_id": company.id, "online": True,
      "provider_ids": [(6, 0, dentist.ids)], "operatory_ids": [(6, 0, chair.ids)]}}
    for name, minutes in (("Long check-up", 45), ("Restoration", 60))])
env["prm.follow.up"].create({{"company_id": company.id, "visit_type_id": kinds[1].id}})
user = env["res.users"].with_context(no_reset_password=True).create({{
    "name": "Nia Ortega", "login": "nia", "password": "nia", "email": "{email}",
    "group_ids": [(6, 0, env.ref("base.group_portal").ids)]}})
nia = env["prm.patient"].create({{
    "partner_id": user.partner_id.id, "first_name": "Nia", "last_name": "Ortega",
    "birth_date": "1985-04-02", "gender": "female", "lang": "en_US", "tz": "{zone}",
    "preferred_channel_id": env.ref("prm_core.prm_channel_email").id, "company_id": company.id}})
# The story is told at any hour of the day.
env.cr.execute("UPDATE prm_journey SET hour_from = 0, hour_to = 24, sundays = true")
env.invalidate_all()
for code in {journeys!r}:
    journey = env["prm.journey"].search([("code", "=", code)], limit=1)
    journey.daily_cap = 0
    if journey.state != "live":
        journey.action_go_live()
slot = kinds[0]._free_slots(
    fields.Datetime.now() + timedelta(days=6), fields.Datetime.now() + timedelta(days=16))[0]
env["calendar.event"]._prm_book([{{
    "patient": nia, "type": kinds[0], "provider": dentist, "start": slot.start}}])
print("PATIENT", nia.id)
"""

#: What the practice's machine does by itself, now: who starts, whose step is due, what goes out.
WORK = """
for _round in range(2):
    for cron in env["ir.cron"].search([("cron_name", "like", "PRM%")], order="id"):
        cron.method_direct_trigger()
"""

#: Time goes by for one patient: all that happened to them lies so much further back.
PASS = """
from odoo.tools import SQL
env.flush_all()
env.cr.execute('''
    SELECT c.table_name, k.column_name, c.data_type, array_agg(c.column_name::text)
      FROM information_schema.columns c
      JOIN information_schema.columns k ON k.table_name = c.table_name
           AND k.column_name IN ('patient_id', 'prm_patient_id')
      JOIN information_schema.tables t ON t.table_name = c.table_name
           AND t.table_type = 'BASE TABLE'
     WHERE c.data_type IN ('date', 'timestamp without time zone') AND c.table_schema = 'public'
  GROUP BY 1, 2, 3''')
for table, key, kind, columns in env.cr.fetchall():
    # Days have no hours.
    ago = SQL("%s::int" if kind == "date" else "%s * interval '1 day'",
              {days} // 1 if kind == "date" else {days})
    moved = SQL(", ").join(
        SQL("%s = %s - %s", SQL.identifier(name), SQL.identifier(name), ago) for name in columns)
    env.cr.execute(SQL("UPDATE %s SET %s WHERE %s = %s", SQL.identifier(table), moved,
                       SQL.identifier(key), {patient}))
env.invalidate_all()
# Journeys that count from a date look once a day, and it is another day.
env["prm.journey"].search([]).scanned_on = False
env["prm.recall"]._mark_stale(env["prm.patient"].browse({patient}))
"""


@dataclass
class Story:
    """The practice, its machine, its mail, and where we are."""

    server: OdooServer
    mail: SmtpServer
    patient: str
    seen: int = 0

    def work(self):
        shell(self.server.database, WORK)

    def days_pass(self, days):
        shell(self.server.database, PASS.format(days=days, patient=self.patient))

    def mail_about(self, words):
        """The text of the one mail that has come to the patient since we last looked."""
        self.work()
        new = [message for recipients, message in self.mail.messages[self.seen :]
               if EMAIL in recipients]  # fmt: skip
        self.seen = len(self.mail.messages)
        texts = [message.get_body(("plain",)).get_content() for message in new]
        found = [text for text in texts if re.search(words, text)]
        assert len(found) == 1, f"{words}: {texts}"
        return found[0]

    def link(self, text):
        """The address in a mail, on the server of the test."""
        return self.server.address + re.search(r"/prm/\w/[\w-]{20,}", text)[0]


@pytest.fixture
def story():
    with SmtpServer() as mail, copied("story", demo=True) as database:
        code = SETUP.format(port=mail.port, zone=ZONE, email=EMAIL, journeys=JOURNEYS)
        [patient] = re.findall(r"^PATIENT (\d+)$", shell(database, code), re.MULTILINE)
        with OdooServer(database, "--max-cron-threads=0") as server:
            yield Story(server, mail, patient)
            assert server.errors() == []


def _shot(page, name):
    settings.SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=settings.SHOTS / f"story-{name}.png", full_page=True)


def _phone(visit):
    page = visit(browser.PHONE, timezone_id=ZONE, locale="en-US").page
    page.context.set_default_timeout(PATIENCE)
    return page


def _desk(story, visit, login):
    page = visit(browser.DESKTOP, timezone_id=ZONE, locale="en-US").page
    page.context.set_default_timeout(PATIENCE)
    browser.log_in(page, story.server.address, login)
    return page


def _next(page):
    with page.expect_navigation():
        page.locator("main button[type=submit]").first.click()


def _answer_health_questions(page):
    """No to everything, but for one allergy."""
    while not page.inner_text("h1").startswith("Thank you"):
        for group in page.locator("fieldset").all():
            no = group.get_by_label("No", exact=True).or_(group.get_by_label("None"))
            choices = no if no.count() else group.locator("input[type=radio]")
            if choices.count():
                choices.first.check()
        allergies = page.locator("fieldset", has_text="allergies")
        if allergies.count():
            allergies.get_by_label("Yes, these:").check()
            allergies.locator("textarea").fill("Penicillin")
        _next(page)


def _plan_on_the_chart(page, story):
    page.goto(f"{story.server.address}/odoo/patients/{story.patient}/dental-chart")
    page.wait_for_selector(".o_prm_tooth")
    for code, tooth, surfaces in (("HYG", None, ""), ("FILL2", "16", "MO"), ("CROWN", "26", "")):
        if tooth:
            page.locator(f"[data-tooth='{tooth}'] .o_prm_sign").click()
        for letter in surfaces:
            page.click(f"[data-letter={letter}]")
        page.fill(".o_prm_chart_add input[type=search]", code)
        page.click(f"[data-code={code}]")
        page.click(".o_prm_save")
        expect(page.locator(".o_prm_planned tbody tr")).to_have_count(
            1 + ("HYG", "FILL2", "CROWN").index(code), timeout=PATIENCE
        )
        page.keyboard.press("Escape")
    expect(page.locator(".o_prm_chart")).to_contain_text("Penicillin")
    _shot(page, "3-chart")


def _propose(page, story):
    page.goto(f"{story.server.address}/odoo/patients/{story.patient}")
    page.get_by_role("tab", name="Dental").click()
    page.get_by_role("button", name="New plan from open treatments").click()
    expect(page.locator("[name=line_ids] .o_data_row")).to_have_count(3, timeout=PATIENCE)
    page.get_by_role("button", name="Send to the patient").click()
    page.locator(".modal-footer .btn-primary").click()
    expect(page.locator(".o_arrow_button_current")).to_have_text("Proposed", timeout=PATIENCE)
    _shot(page, "4-plan")


def _accept_in_part(page, story):
    """In the portal, everything but the crown."""
    page.goto(f"{story.server.address}/web/login")
    page.fill("input[name=login]", "nia")
    page.fill("input[name=password]", "nia")
    with page.expect_navigation():
        page.click("form.oe_login_form button[type=submit]")
    page.goto(f"{story.server.address}/my/prm/plans")
    page.get_by_role("link", name="Read it and answer").click()
    for treatment in ("Hygiene visit", "Filling"):
        page.get_by_label(re.compile(treatment)).check()
    _shot(page, "5-portal")
    for button in ("Next", "Send my answer"):
        with page.expect_navigation():
            page.get_by_role("button", name=button, exact=True).click()
    assert page.inner_text("h1") == "Thank you, your answer has come."


def _book(page, address, name):
    """The first free time behind a link."""
    page.goto(address)
    _shot(page, name)
    page.locator("a.p-slot").first.click()
    page.wait_for_selector("main button[type=submit]")
    _next(page)
    page.wait_for_selector("a[href$='/calendar.ics']")


def _come(story, desk):
    """The day of the next visit is here: the patient comes, and goes home."""
    [visit] = desk.search_read(
        "calendar.event",
        [
            ("prm_patient_id", "=", int(story.patient)),
            ("prm_status", "in", ("booked", "confirmed")),
        ],
        ["start"],
    )
    day = datetime.fromisoformat(visit["start"])
    story.days_pass((day - datetime.now(timezone.utc).replace(tzinfo=None)) / timedelta(days=1))
    for status in ("arrived", "in_chair"):
        desk.call("calendar.event", "write", [visit["id"]], {"prm_status": status})
    return visit["id"]


def _states(story, desk):
    found = desk.search_read(
        "prm.procedure", [("patient_id", "=", int(story.patient))], ["type_id", "state"]
    )
    return {row["type_id"][1].partition(" ")[0]: row["state"] for row in found}


def _do_the_work(story, desk, dentist):
    """The next visit: the filling is done on the chart, and the rest with it."""
    second = _come(story, desk)
    dentist.goto(f"{story.server.address}/odoo/patients/{story.patient}/dental-chart")
    dentist.locator("[data-tooth='16'] .o_prm_sign").click()
    done = dentist.locator(".o_prm_there li", has_text="Filling")
    done.get_by_role("button", name="Done today").click()
    expect(done).to_contain_text("Completed", timeout=PATIENCE)
    clinician = story.server.login("dentist_a")
    waiting = [("patient_id", "=", int(story.patient)), ("state", "=", "scheduled")]
    clinician.call(
        "prm.procedure", "action_complete", clinician.call("prm.procedure", "search", waiting)
    )
    desk.call("calendar.event", "write", [second], {"prm_status": "completed"})


def test_from_the_health_questions_to_the_next_recall(story):
    desk = story.server.login("receptionist")
    with browser.browser() as visit:
        phone = _phone(visit)

        # Four days before the visit the questions come by email, and are answered on the phone.
        story.days_pass(3)
        phone.goto(story.link(story.mail_about("health")))
        _answer_health_questions(phone)
        _shot(phone, "1-answered")

        # At the visit the dentist sees the allergy, plans on the chart, and proposes it.
        first = _come(story, desk)
        dentist = _desk(story, visit, "dentist_a")
        _plan_on_the_chart(dentist, story)
        _propose(dentist, story)
        desk.call("calendar.event", "write", [first], {"prm_status": "completed"})
        story.mail_about("treatment plan")

        # Yes to a part of it, in the portal.
        _accept_in_part(phone, story)
        assert _states(story, desk) == {"HYG": "accepted", "FILL2": "accepted", "CROWN": "declined"}

        # It waits for a visit, and the front desk sees it.
        front = _desk(story, visit, "receptionist")
        front.goto(f"{story.server.address}/odoo/unscheduled")
        front.locator(".o_searchview_input").fill("Nia Ortega")
        front.keyboard.press("Enter")
        row = front.locator(".o_data_row", has_text="Nia Ortega")
        expect(row).to_contain_text("Accepted", timeout=PATIENCE)
        _shot(front, "6-unscheduled")

        # A week later a message asks, the patient books behind its link, and it waits no longer.
        story.days_pass(8)
        _book(phone, story.link(story.mail_about("no time for it in our diary")), "7-book")
        assert _states(story, desk)["FILL2"] == "scheduled"
        front.reload()
        expect(row).to_have_count(0, timeout=PATIENCE)

        # It is done, and what to do now comes the same day.
        _do_the_work(story, desk, dentist)
        story.work()
        story.days_pass(0.1)
        phone.goto(story.link(story.mail_about("you have had")))
        expect(phone.locator("main")).to_contain_text("Filling")
        _shot(phone, "8-instructions")

        # The recall counts from it, asks four weeks before it is due, and is booked online.
        due = ("patient_id", "=", int(story.patient)), ("type_id.code", "=", "hygiene")
        [recall] = desk.search_read("prm.recall", list(due), ["state", "previous_date", "due_date"])
        assert recall["state"] == "upcoming" and recall["previous_date"], recall
        story.days_pass(165)
        _book(phone, story.link(story.mail_about("about time for your next visit")), "9-recall")
        [recall] = desk.search_read("prm.recall", list(due), ["state", "appointment_id"])
        assert recall["state"] == "booked", recall
        [booked] = desk.search_read(
            "calendar.event", [("id", "=", recall["appointment_id"][0])], ["prm_source"]
        )
        assert booked["prm_source"] in ("recall", "online")
