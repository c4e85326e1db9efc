"""A tablet in the waiting room: somebody checks in, and the desk sees it; nobody sees anybody."""

import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from .support import browser, practice
from .support.databases import copied
from .support.server import OdooServer, shell

#: Where pictures of every step go, for people to look at; nowhere unless asked for.
PICTURES = os.environ.get("PRM_PICTURES")
LANDSCAPE = {"viewport": {"width": 1024, "height": 768}, "has_touch": True}
UPRIGHT = {"viewport": {"width": 768, "height": 1024}, "has_touch": True}
PHONE = {**browser.PHONE, "viewport": {"width": 360, "height": 740}}

#: A visit in half an hour for each, but not tomorrow: at night the practice is in another zone.
SETUP = """
from datetime import timedelta
from odoo import fields
from odoo.addons.prm_core.contact_hours import local_time

for lang in ("en_US", "de_DE", "it_IT", "es_ES", "zh_CN"):
    env["res.lang"]._activate_lang(lang)
company = env.ref("base.main_company")
now = fields.Datetime.now()
zone = next(zone for zone in ("America/Denver", "Europe/Rome", "Asia/Tokyo")
            if 6 <= local_time(now, zone).hour < 20)
company.partner_id.tz = zone
env["res.users"].search([]).tz = zone
kind = env["prm.appointment.type"].search([("name", "=", "Hygiene visit")], limit=1)
provider = env["prm.provider"].search([("name", "=", "Hanna Lindgren")])
chair = env["prm.operatory"].search([("name", "=", "Chair 1")])
for number, name in enumerate(("Ada", "Bo", "Cleo", "Dan")):
    patient = env["prm.patient"].create({
        "first_name": name, "last_name": "Lund", "birth_date": f"198{number}-07-03",
        "email": name.lower() + "@example.com", "mobile": "+13035550140",
        "company_id": company.id, "lang": "en_US",
    })
    env["calendar.event"].create({
        "prm_patient_id": patient.id, "prm_type_id": kind.id, "prm_provider_id": provider.id,
        "prm_operatory_id": chair.id, "duration": 2 / 60,
        "start": now + timedelta(minutes=30 + 2 * number)})
user = env["res.users"].with_context(no_reset_password=True).create({
    "name": "Manager", "login": "manager", "password": "manager", "tz": zone,
    "group_ids": [(6, 0, env.ref("prm_core.group_prm_manager").ids)]})
user.odoobot_state = "disabled"
kiosk = env["prm.kiosk"].create({"name": "Waiting room", "company_id": company.id})
print("TOKEN", kiosk.token)
"""


@pytest.fixture(scope="module")
def server():
    with copied("kiosk") as database:
        practice.set_up(database)
        token = re.search(r"^TOKEN (\S+)$", shell(database, SETUP), re.MULTILINE)[1]
        with OdooServer(database) as running:
            running.kiosk = f"{running.address}/prm/kiosk/{token}"
            yield running
            assert running.errors() == []


def _look(page, name):
    if PICTURES:
        Path(PICTURES).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=Path(PICTURES) / f"kiosk-{name}.png", full_page=True)
    width = page.viewport_size["width"]
    assert page.locator("html").evaluate("node => node.scrollWidth") <= width


def _go(page, selector):
    """Press something, and wait for the page that comes."""
    with page.expect_navigation():
        page.click(selector)


def _type(page, name, day="3", month="7", year="1980"):
    page.fill("#name", name)
    for field, value in (("day", day), ("month", month), ("year", year)):
        page.fill(f"[name={field}]", value)
    _go(page, "button[type=submit]")


def _is_clean(visitor, server):
    assert [url for url in visitor.requested if not url.startswith(server.address)] == []
    assert [line for line in visitor.complaints if "favicon" not in line] == []


def _desk(visit, server):
    desk = visit(browser.DESKTOP, locale="en-US")
    # The first to come waits until the assets are put together.
    desk.page.context.set_default_timeout(60_000)
    browser.log_in(desk.page, server.address, "receptionist")
    desk.page.goto(f"{server.address}/odoo/flow-board")
    desk.page.wait_for_selector(".o_prm_card")
    return desk


def _accept_at_the_desk(server, page, card):
    """The new address is marked on the board, on the patient's form and in the list."""
    expect(card.locator("[data-alert=contact]")).to_be_visible()
    assert page.evaluate("document.querySelector('.o_prm_flow_board') !== null")
    _look(page, "8-board")
    session = server.login("receptionist")
    [ada] = session.search_read("prm.patient", [["first_name", "=", "Ada"]], ["email"])
    assert ada["email"] == "ada@example.com"
    page.goto(f"{server.address}/odoo/prm.patient/{ada['id']}")
    expect(page.locator(".alert .o_data_row")).to_contain_text("ada.new@example.com")
    _look(page, "8-patient")
    page.goto(f"{server.address}/odoo/new-contact-details")
    row = page.locator(".o_data_row", has_text="Ada Lund")
    expect(row).to_contain_text("ada@example.com")
    _look(page, "9-list")
    row.get_by_role("button", name="Accept").click()
    expect(page.locator(".o_data_row")).to_have_count(0)
    _look(page, "10-nothing-waits")
    [ada] = session.search_read("prm.patient", [["first_name", "=", "Ada"]], ["email"])
    assert ada["email"] == "ada.new@example.com"
    page.goto(f"{server.address}/odoo/flow-board")
    expect(card).to_be_visible()
    expect(card.locator("[data-alert=contact]")).to_have_count(0)


def test_check_in_and_new_contacts(server, visit):
    desk = _desk(visit, server)
    card = desk.page.locator(".o_prm_card", has_text="Ada")
    expect(desk.page.locator("[data-column=expected] .o_prm_card", has_text="Ada")).to_be_visible()

    tablet = visit(LANDSCAPE, locale="en-US")
    page = tablet.page
    page.goto(server.kiosk)
    _look(page, "1-start")
    _go(page, "text=I'm here")
    _look(page, "2-who")
    _type(page, "", "31", "2")
    assert page.locator("[role=alert]").count() == 2
    _look(page, "3-mistakes")
    _type(page, "LUND")
    assert page.inner_text("h1") == "Hello Ada, is this your visit?"
    _look(page, "4-visit")
    _go(page, 'button:has-text("I\'m here")')
    assert page.inner_text("h1") == "Thank you, Ada."
    assert "•••• 140" in page.inner_text("main")
    _look(page, "5-here")
    # The board shows it without a reload.
    expect(desk.page.locator("[data-column=arrived] .o_prm_card", has_text="Ada")).to_be_visible()

    _go(page, "text=No, I have new ones")
    page.fill("#mobile", "12")
    page.fill("#email", "ada.new@example.com")
    _go(page, "button[type=submit]")
    assert page.input_value("#email") == "ada.new@example.com"
    _look(page, "6-mistake")
    page.fill("#mobile", "")
    _go(page, "button[type=submit]")
    assert page.inner_text("h1") == "Thank you for telling us"
    _look(page, "7-thanks")
    _is_clean(tablet, server)

    # It waits for the desk.
    _accept_at_the_desk(server, desk.page, card)
    assert desk.complaints == []


def test_the_next_person_sees_nothing_of_the_one_before(server, visit):
    tablet = visit(UPRIGHT, locale="en-US")
    page = tablet.page
    page.goto(server.kiosk)
    _go(page, "text=I'm here")
    _look(page, "upright-1-who")
    _type(page, "Bo", year="1981")
    _look(page, "upright-2-visit")
    _go(page, 'button:has-text("I\'m here")')
    _look(page, "upright-3-here")
    _go(page, "text=Yes, that is right")
    assert page.inner_text("h1") == "Welcome"
    for _step in range(4):
        page.go_back()
        assert page.inner_text("h1") in ("Welcome", "Who are you?")
        assert "Bo" not in page.content().replace("Body", "")
        if page.locator("#name").count():
            assert page.input_value("#name") == page.input_value("[name=year]") == ""
    for _step in range(4):
        page.go_forward()
        assert page.inner_text("h1") in ("Welcome", "Who are you?")
    page.reload()
    assert page.inner_text("h1") == "Welcome"
    _is_clean(tablet, server)


def test_on_a_phone_without_script(server, visit):
    phone = visit(PHONE, locale="de-DE", java_script_enabled=False)
    page = phone.page
    page.goto(server.kiosk)
    _look(page, "phone-1-start")
    _go(page, "text=Deutsch")
    _go(page, ".p-kiosk-main")
    assert page.locator("[name]:not([type=hidden]):not([content])").evaluate_all(
        "nodes => nodes.map((node) => node.name).filter(Boolean)"
    ) == ["name", "day", "month", "year"]
    _look(page, "phone-2-who")
    _type(page, "Cleo", year="82")
    _look(page, "phone-3-visit")
    _go(page, "button:has-text('Ich bin da')")
    _look(page, "phone-4-here")
    _go(page, "text=Nein, ich habe neue")
    _look(page, "phone-5-change")
    assert "url=/prm/kiosk/" in page.content()
    _is_clean(phone, server)


def test_it_goes_back_by_itself(server, visit):
    tablet = visit(LANDSCAPE, locale="en-US")
    page = tablet.page
    page.clock.install()
    page.goto(server.kiosk)
    _go(page, "text=I'm here")
    _type(page, "Nobody")
    assert page.inner_text("h1") == "Please come to the front desk"
    _look(page, "11-desk")
    page.clock.fast_forward(20_000)
    # A touch keeps the page.
    page.touchscreen.tap(20, 300)
    page.clock.fast_forward(20_000)
    assert page.inner_text("h1") == "Please come to the front desk"
    with page.expect_navigation():
        page.clock.fast_forward(20_000)
    assert page.inner_text("h1") == "Welcome"


def test_the_manager_takes_the_address_away(server, visit):
    desk = visit(browser.DESKTOP, locale="en-US")
    page = desk.page
    page.context.set_default_timeout(60_000)
    browser.log_in(page, server.address, "manager")
    page.goto(f"{server.address}/odoo/kiosks")
    expect(page.locator(".o_data_row")).to_have_count(1)
    _look(page, "12-kiosks")
    page.click("text=Waiting room")
    page.wait_for_function(
        "() => document.querySelector('.o_field_widget[name=qr_code] img')?.naturalWidth > 100"
    )
    _look(page, "13-kiosk")
    old = page.inner_text(".o_field_widget[name=url] .text-truncate, .o_field_widget[name=url] a")
    assert old.strip() == server.kiosk
    page.click("button:has-text('New address')")
    page.click(".modal button:has-text('Ok')")
    expect(page.locator(".o_field_widget[name=url]")).not_to_contain_text(server.kiosk)
    new = page.inner_text(".o_field_widget[name=url]").strip().split()[0]
    tablet = visit(LANDSCAPE, locale="en-US")
    tablet.page.goto(server.kiosk)
    assert tablet.page.inner_text("h1") == "This page does not exist"
    _look(tablet.page, "14-old-address")
    tablet.page.goto(new)
    assert tablet.page.inner_text("h1") == "Welcome"
    assert desk.complaints == []
