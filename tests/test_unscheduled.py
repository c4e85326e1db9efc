"""Unscheduled treatment and lapsed patients in a real browser: book, message, put off; by keyboard,
on a tablet and on a phone.
"""

import pytest
from playwright.sync_api import expect

from tools.devenv import settings

from .support import browser, practice
from .support.databases import copied
from .support.server import OdooServer, shell

ZONE = "America/Denver"
TABLET = {"viewport": {"width": 820, "height": 1180}, "has_touch": True}

PATIENTS = """
from odoo import fields
from datetime import timedelta
fill = env.ref("prm_dental.prm_procedure_type_fill2")
crown = env.ref("prm_dental.prm_procedure_type_crown")
today = fields.Date.today()
for first, last, state, urgency, ago, fee, vals in [
    ("Maria", "Verdi", "accepted", "2", 20, 900, {}),
    ("Ada", "Lund", "planned", "1", 90, 250, {"email": "ada@example.com"}),
    ("José", "Ferri", "in_progress", "1", 40, 600, {}),
    ("Kim", "Sand", "planned", "0", 400, 120, {}),
    ("Lea", "Moss", "accepted", "0", 12, 1800, {}),
]:
    patient = env["prm.patient"].create({
        "first_name": first, "last_name": last, "mobile": "+1 303-555-0101", **vals})
    for kind, tooth, surfaces in [(fill, "16", "MO"), (crown, "26", False)]:
        env["prm.procedure"].create({
            "patient_id": patient.id, "type_id": kind.id, "state": state, "urgency": urgency,
            "tooth": tooth, "surfaces": surfaces, "fee": fee, "date": today - timedelta(days=ago),
            **({"accepted_on": today - timedelta(days=ago)} if state == "accepted" else {})})
    if first == "Maria":
        env["prm.health.fact"]._record(patient, {"barrier_fear": True})
for first in ("Otto", "Pia"):
    patient = env["prm.patient"].create({
        "first_name": first, "last_name": "Gone", "email": f"{first}@example.com"})
    env["prm.procedure"].create({
        "patient_id": patient.id, "type_id": fill.id, "state": "completed", "tooth": "16",
        "surfaces": "MO", "fee": 90, "date": today - timedelta(days=800)})
"""


@pytest.fixture(scope="module")
def server():
    with copied("unscheduled") as database:
        practice.set_up(database, ZONE)
        shell(database, PATIENTS)
        with OdooServer(database) as running:
            yield running


def _desk(visit, server, path, awaited, device=browser.DESKTOP):
    visitor = visit(device, timezone_id=ZONE, locale="en-US")
    # The first to come waits until the assets are put together.
    visitor.page.context.set_default_timeout(30_000)
    browser.log_in(visitor.page, server.address, "receptionist")
    visitor.page.goto(f"{server.address}/odoo/{path}")
    visitor.page.wait_for_selector(awaited)
    return visitor


def _row(page, name):
    return page.locator(".o_data_row", has_text=name)


def _shot(page, name):
    settings.SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=settings.SHOTS / f"{name}.png")


def test_book_message_and_put_off(server, visit):
    desk = _desk(visit, server, "unscheduled", ".o_data_row")
    page = desk.page
    rows = page.locator(".o_data_row")
    expect(rows).to_have_count(5)
    expect(rows.first).to_contain_text("Maria Verdi")
    _shot(page, "unscheduled")

    # One go: Book, the first time, done; the row is gone.
    _row(page, "Maria").get_by_role("button", name="Book").click()
    modal = page.locator(".modal")
    expect(modal.locator("[name=procedure_ids] .o_tag")).to_have_count(2)
    _shot(page, "unscheduled-book")
    modal.locator(".o_data_row").first.get_by_role("button", name="Book").click()
    expect(modal).to_have_count(0)
    expect(rows).to_have_count(4)

    # What would be written stands there before it goes.
    _row(page, "Ada").get_by_role("button", name="Message").click()
    expect(modal.locator(".o_data_row")).to_contain_text("ada@example.com")
    _shot(page, "unscheduled-message")
    modal.get_by_role("button", name="Send now").click()
    expect(page.locator(".o_notification", has_text="1 message is on its way.")).to_be_visible()

    expect(modal).to_have_count(0)

    # By keyboard alone: to the button of a row, Space (Enter opens the row), a day, and noted.
    _row(page, "Kim").get_by_role("button", name="Not now").focus()
    page.keyboard.press("Space")
    expect(modal).to_be_visible()
    modal.locator("[name=until]").locator("button, input").first.click()
    modal.locator("[name=until] input").fill("12/31/2030")
    page.keyboard.press("Tab")
    modal.locator("[name=note] input").fill("after the holidays")
    _shot(page, "unscheduled-later")
    page.keyboard.press("Alt+q")
    expect(modal).to_have_count(0)
    expect(_row(page, "Kim")).to_have_count(0)

    # A call, with number and script.
    _row(page, "José").get_by_role("button", name="Call").click()
    expect(modal.locator("[name=phone]")).to_contain_text("303-555-0101")
    _shot(page, "unscheduled-call")
    modal.get_by_label("No answer: again tomorrow").check()
    modal.get_by_role("button", name="Note it down").click()
    expect(rows).to_have_count(2)
    assert desk.complaints == []
    assert server.errors() == []


def test_on_a_phone_and_a_tablet(server, visit):
    for device, name in ((browser.PHONE, "phone"), (TABLET, "tablet")):
        awaited = ".o_kanban_record:not(.o_kanban_ghost)" if name == "phone" else ".o_data_row"
        visitor = _desk(visit, server, "unscheduled", awaited, device)
        page = visitor.page
        _shot(page, f"unscheduled-{name}")
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= device["viewport"]["width"]
        if name == "phone":
            card = page.locator(awaited, has_text="Ada")
            card.get_by_role("button", name="Not now").click()
            expect(page.locator(".modal")).to_be_visible()
            _shot(page, "unscheduled-later-phone")
        assert visitor.complaints == []
    assert server.errors() == []


def test_lapsed(server, visit):
    desk = _desk(visit, server, "lapsed", ".o_data_row")
    page = desk.page
    rows = page.locator(".o_data_row")
    expect(rows).to_have_count(2)
    _shot(page, "lapsed")
    _row(page, "Otto").get_by_role("button", name="Leave in peace").click()
    expect(rows).to_have_count(1)
    _row(page, "Pia").get_by_role("button", name="Message").click()
    modal = page.locator(".modal")
    modal.get_by_role("button", name="Send now").click()
    expect(page.locator(".o_notification", has_text="1 message is on its way.")).to_be_visible()
    expect(modal).to_have_count(0)
    _row(page, "Pia").get_by_role("button", name="Leave in peace").click()
    expect(page.locator(".o_view_nocontent")).to_contain_text("Nobody has lapsed")
    _shot(page, "lapsed-empty")
    assert desk.complaints == []
    assert server.errors() == []
