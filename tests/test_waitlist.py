"""A visit is cancelled, and somebody on the waitlist takes its place: real mail, real browsers."""

import os
import re
from pathlib import Path

import pytest

from tests.support import browser, practice
from tests.support.databases import copied
from tests.support.mail import SmtpServer
from tests.support.server import OdooServer, shell

ZONE = "America/Denver"
PICTURES = os.environ.get("PRM_PICTURES")

#: Ada comes in some days, Maria and José weeks later; a family name tells who belongs to a link.
SETUP = """
from datetime import timedelta
from odoo import fields

company = env.ref("base.main_company")
kind = env["prm.appointment.type"].search([], limit=1)
now = fields.Datetime.now()
free = kind._free_slots(now + timedelta(days=3), now + timedelta(days=40))
for number, name in enumerate(("Ada", "Maria", "José")):
    patient = env["prm.patient"].create({
        "first_name": name, "last_name": "Lund", "company_id": company.id, "lang": "en_US",
        "email": ("ada", "maria", "jose")[number] + "@example.com",
    })
    slot = free[2 if name == "Ada" else 12 * (10 + number)]
    [visit] = env["calendar.event"]._prm_book([{
        "patient": patient, "type": kind, "start": slot.start,
        "provider": env["prm.provider"].browse(slot.provider_id),
    }])
    if name == "José":
        env["prm.waitlist.entry"].create({"patient_id": patient.id, "event_id": visit.id})
    print("PATH", "/prm/l/" + env["prm.link"]._issue("visit", patient, record=visit)[1][-32:])
"""


@pytest.fixture(scope="module")
def place():
    """(the server, the mail server, links of Ada, Maria and José)"""
    with copied("waitlist") as database, SmtpServer() as mail:
        practice.set_up(database, ZONE)
        paths = re.findall(r"^PATH (\S+)$", shell(database, SETUP), re.MULTILINE)
        with OdooServer(database, "--smtp", "127.0.0.1", "--smtp-port", mail.port) as server:
            yield server, mail, paths
            assert server.errors() == []


def _look(page, name):
    if PICTURES:
        Path(PICTURES).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=Path(PICTURES) / f"waitlist-{name}.png", full_page=True)
    width = page.viewport_size["width"]
    assert page.locator("html").evaluate("node => node.scrollWidth") <= width


def _go(page, selector):
    with page.expect_navigation():
        page.click(selector)


def _link_in(message):
    text = message.get_body(("plain",)).get_content()
    return re.search(r"http\S+/prm/l/\S+", text)[0]


def test_from_a_cancelled_visit_to_the_next_patient(place):
    server, mail, (ada, maria, _jose) = place
    with browser.browser() as visit:
        phone = visit({**browser.PHONE, "java_script_enabled": False}, locale="en-US")
        page = phone.page
        page.goto(server.address + maria)
        _look(page, "1-visit")
        _go(page, "text=Tell me when an earlier time comes free")
        page.check("text=An hour before is enough")
        _look(page, "2-join")
        _go(page, "button:has-text('Put me on the waitlist')")
        assert page.inner_text("h1") == "You are on our waitlist, Maria."
        _look(page, "3-joined")

        other = visit(browser.DESKTOP, locale="en-US")
        other.page.goto(server.address + ada)
        _go(other.page, "text=I can't come")
        other.page.check("text=Feeling better")
        _go(other.page, "button:has-text('Cancel this visit')")
        assert "cancelled" in other.page.inner_text("h1")

        # The scheduled job of the server asks both, and its dispatcher sends.
        offers = {
            name: _link_in(mail.wait_for(f"{name}@example.com")) for name in ("maria", "jose")
        }
        page.goto(offers["maria"])
        assert page.inner_text("h1") == "Good news, Maria: a time has come free."
        assert "It would take the place of your visit on" in page.inner_text("main")
        _look(page, "4-offer")
        other.page.goto(offers["jose"])
        _look(other.page, "4-offer-desktop")

        _go(page, "button:has-text('Yes, I take it')")
        assert page.inner_text("h1") == "Thank you, Maria. The visit is yours."
        _look(page, "5-taken")
        _go(other.page, "button:has-text('Yes, I take it')")
        assert other.page.inner_text("h1") == "We are sorry, José: this time has been taken."
        _look(other.page, "6-too-late")
        for visitor in (phone, other):
            assert [url for url in visitor.requested if not url.startswith(server.address)] == []
            assert [line for line in visitor.complaints if "favicon" not in line] == []


def test_the_front_desk_sees_who_was_asked_and_why(place):
    server, _mail, _paths = place
    with browser.browser() as visit:
        visitor = visit(browser.DESKTOP, timezone_id=ZONE, locale="en-US")
        page = visitor.page
        page.context.set_default_timeout(60_000)
        browser.log_in(page, server.address, "receptionist")
        page.goto(f"{server.address}/odoo/freed-times")
        # Maria's old time is on offer in its turn.
        page.wait_for_selector(".o_data_row")
        _look(page, "7-freed-times")
        page.locator(".o_facet_remove").first.click()
        page.locator(".o_data_row", has_text="Taken").first.locator("td").nth(2).click()
        page.wait_for_selector(".o_form_view .o_data_row")
        rows = page.locator(".o_form_view .o_data_row").all_inner_texts()
        assert len(rows) == 2
        assert "Took it" in next(row for row in rows if "Maria" in row)
        assert "Too late" in next(row for row in rows if "José" in row)
        assert all("fills 100% of the time +50" in row for row in rows)
        _look(page, "8-freed-time")

        page.goto(f"{server.address}/odoo/waitlist")
        page.wait_for_selector(".o_data_row:has-text('José')")
        assert page.locator(".o_data_row").count() == 1
        _look(page, "9-waitlist")
        page.locator(".o_data_row td").nth(2).click()
        page.wait_for_selector(".o_form_view")
        _look(page, "10-entry")

        phone = visit(browser.PHONE, timezone_id=ZONE, locale="en-US").page
        phone.context.set_default_timeout(60_000)
        browser.log_in(phone, server.address, "receptionist")
        phone.goto(f"{server.address}/odoo/waitlist")
        phone.wait_for_selector(".o_kanban_record:has-text('José')")
        _look(phone, "11-phone-waitlist")
        phone.goto(f"{server.address}/odoo/freed-times")
        phone.wait_for_selector(".o_kanban_record:has-text('Being offered')")
        _look(phone, "12-phone-freed-times")
