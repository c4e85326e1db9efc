"""A day on the flow board in a real browser: two desks, a phone, the keyboard."""

import pytest
from playwright.sync_api import expect

from tools.devenv import settings

from .support import axe, browser, practice
from .support.databases import copied
from .support.server import OdooServer, shell

ZONE = "America/Denver"

#: Visits of today, of two minutes from midnight on: whatever the hour of the test, they have begun.
VISITS = """
from odoo import fields
from datetime import timedelta
from odoo.addons.prm_core.contact_hours import local_time, start_of_day
kind = env["prm.appointment.type"].search([("name", "=", "Hygiene visit")], limit=1)
provider = env["prm.provider"].search([("name", "=", "Hanna Lindgren")])
chair = env["prm.operatory"].search([("name", "=", "Chair 1")])
anton = env["prm.provider"].create({
    "name": "Anton Berg", "role": "dentist", "tz": "America/Denver", "color": 3,
    "resource_calendar_id": provider.resource_calendar_id.id, "company_id": chair.company_id.id})
provider.color = 10
day = local_time(fields.Datetime.now(), "America/Denver").date()
morning = start_of_day(day, "America/Denver")
for number, (first, last, born, note) in enumerate([
    ("Maria", "Verdi", "1988-05-01", "Brings her mother"), ("José", "Ferri", "1975-01-01", False),
    ("Ada", "Lund", day.replace(year=1990), False), ("Bo", "Lund", "2015-02-02", False),
]):
    patient = env["prm.patient"].create(
        {"first_name": first, "last_name": last, "birth_date": born})
    env["calendar.event"].create({
        "prm_patient_id": patient.id, "prm_type_id": kind.id, "prm_note": note,
        "prm_provider_id": (anton if first == "Bo" else provider).id,
        "prm_operatory_id": chair.id, "start": morning + timedelta(minutes=1 + 2 * number),
        "duration": 2 / 60})
"""


@pytest.fixture(scope="module")
def server():
    with copied("flow_board") as database:
        practice.set_up(database, ZONE)
        shell(database, VISITS)
        with OdooServer(database) as running:
            yield running


def _desk(visit, server, login="receptionist", device=browser.DESKTOP):
    visitor = visit(device, timezone_id=ZONE, locale="en-US")
    # The first to come waits until the assets are put together.
    visitor.page.context.set_default_timeout(60_000)
    browser.log_in(visitor.page, server.address, login)
    visitor.page.goto(f"{server.address}/odoo/flow-board")
    visitor.page.wait_for_selector(".o_prm_card")
    return visitor


def _card(page, name, column=None):
    inside = f"[data-column={column}] " if column else ""
    return page.locator(f"{inside}.o_prm_card", has_text=name)


def _next(page, name):
    _card(page, name).locator(".o_prm_next").click()


def _more(page, name, label):
    _card(page, name).locator(".o_prm_more").click()
    page.locator(".o_prm_step", has_text=label).click()


def _drag(page, name, column):
    _card(page, name).drag_to(page.locator(f"[data-column={column}]"))


def _shot(page, name):
    settings.SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=settings.SHOTS / f"{name}.png")


def test_run_a_day(server, visit):
    desk, chairside = _desk(visit, server), _desk(visit, server, "hygienist")
    page, other = desk.page, chairside.page
    expect(page.locator("[data-column=expected] .o_prm_count")).to_have_text("4")
    expect(_card(page, "Ada").locator("[data-alert=birthday]")).to_be_visible()
    expect(_card(page, "Maria").locator("[data-alert=note]")).to_have_text("Brings her mother")

    # Arrived by a press, and the clinician's board shows it without a reload.
    _next(page, "Maria")
    expect(_card(page, "Maria", "arrived")).to_contain_text("Waits 0 min")
    expect(_card(other, "Maria", "arrived")).to_be_visible()
    expect(other.locator("[data-column=arrived] .o_prm_count")).to_have_text("1")

    # To the chair by dragging, at the other desk.
    _drag(other, "Maria", "in_chair")
    expect(_card(other, "Maria", "in_chair")).to_be_visible()
    expect(_card(page, "Maria", "in_chair")).to_be_visible()

    # By the keyboard: from card to card, and Enter is the next step.
    _card(page, "José").focus()
    page.keyboard.press("ArrowDown")
    expect(_card(page, "Ada")).to_be_focused()
    page.keyboard.press("Enter")
    expect(_card(page, "Ada", "arrived")).to_be_visible()
    expect(_card(page, "Ada")).to_be_focused()

    # Completed, which is taken back after a question only.
    _next(page, "Maria")
    expect(_card(page, "Maria", "completed")).to_be_visible()
    _drag(page, "Maria", "in_chair")
    expect(page.locator(".modal")).to_contain_text("Put the patient back in the chair?")
    page.locator(".modal button", has_text="No").click()
    expect(_card(page, "Maria", "completed")).to_be_visible()
    _more(page, "Maria", "Not finished yet")
    page.locator(".modal button", has_text="Yes").click()
    expect(_card(page, "Maria", "in_chair")).to_be_visible()
    expect(_card(other, "Maria", "in_chair")).to_be_visible()

    # Cancelling asks by whom and why.
    _more(page, "José", "Cancel visit")
    expect(page.locator(".modal")).to_contain_text("Cancel visit")
    page.locator(".modal button", has_text="Keep it").click()
    expect(_card(page, "José", "expected")).to_be_visible()
    _more(page, "José", "Did not come")
    expect(page.locator("[data-column=gone] .o_prm_count")).to_have_text("1")
    expect(_card(page, "José")).to_be_hidden()
    page.locator("[data-column=gone] .o_prm_fold").click()
    expect(_card(page, "José", "gone")).to_be_visible()
    _shot(page, "flow-board")
    axe.assert_accessible(page, "flow board", ".o_prm_screen")

    assert desk.complaints == []
    assert chairside.complaints == []
    assert server.errors() == []


def test_filters_and_days(server, visit):
    page = _desk(visit, server).page
    page.fill("input[type=search]", "jose")
    expect(page.locator(".o_prm_card")).to_have_count(1)
    page.fill("input[type=search]", "nobody")
    page.get_by_role("button", name="Show all").click()
    expect(page.locator(".o_prm_card")).to_have_count(4)
    page.select_option("select[name=provider]", label="Anton Berg")
    expect(page.locator(".o_prm_card")).to_have_count(1)
    page.select_option("select[name=provider]", label="All providers")
    page.get_by_role("button", name="Day after").click()
    expect(page.locator(".o_prm_no_day")).to_contain_text("No visits on this day")
    page.get_by_role("button", name="Today", exact=True).click()
    expect(page.locator(".o_prm_card")).to_have_count(4)


def test_on_a_phone(server, visit):
    desk = _desk(visit, server, device=browser.PHONE)
    page = desk.page
    _shot(page, "phone-flow-board")
    _card(page, "Bo").locator(".o_prm_next").tap()
    expect(_card(page, "Bo", "arrived")).to_be_hidden()
    page.locator("[data-tab=arrived]").tap()
    _card(page, "Bo").locator(".o_prm_next").tap()
    page.locator("[data-tab=in_chair]").tap()
    _card(page, "Bo").locator(".o_prm_next").tap()
    page.locator("[data-tab=completed]").tap()
    expect(_card(page, "Bo")).to_be_visible()
    _card(page, "Bo").locator(".o_prm_more").tap()
    page.locator(".o_prm_step", has_text="Not finished yet").tap()
    page.locator(".modal button", has_text="Yes").tap()
    page.locator("[data-tab=in_chair]").tap()
    expect(_card(page, "Bo")).to_be_visible()
    _targets_are_large(page)
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= browser.PHONE["viewport"]["width"]
    assert desk.complaints == []


WAITING = """
from datetime import timedelta
from odoo import fields
now = fields.Datetime.now()
visit = env["calendar.event"].search([("prm_patient_id", "!=", False)], limit=1)
for number, minutes in enumerate((3, 12, 25)):
    patient = env["prm.patient"].create({"first_name": f"Waits{minutes}", "last_name": "Long"})
    visit.copy({
        "prm_patient_id": patient.id, "start": visit.start + timedelta(minutes=20 + 3 * number),
        "stop": visit.stop + timedelta(minutes=20 + 3 * number), "prm_status": "arrived",
    }).write({"prm_arrived_at": now - timedelta(minutes=minutes)})
"""


def test_who_waits_for_long_stands_out(server, visit):
    shell(server.database, WAITING)
    page = _desk(visit, server).page
    levels = {}
    for minutes in (3, 12, 25):
        waits = _card(page, f"Waits{minutes} ").locator(".o_prm_since")
        expect(waits).to_contain_text("Waits ")
        levels[minutes] = waits.get_attribute("data-level")
    assert levels == {3: "", 12: "warning", 25: "danger"}
    colours = [
        _card(page, f"Waits{minutes} ")
        .locator(".o_prm_since")
        .evaluate("node => getComputedStyle(node).color")
        for minutes in (3, 12, 25)
    ]
    assert len(set(colours)) == 3
    # Who waits longest is first.
    names = page.locator("[data-column=arrived] .o_prm_card").all_inner_texts()
    order = [name for text in names for name in ("Waits25", "Waits12", "Waits3 ") if name in text]
    assert order == ["Waits25", "Waits12", "Waits3 "]
    _shot(page, "flow-board-waiting")


def _targets_are_large(page):
    """Fingers need 44 pixels."""
    for target in page.locator(".o_prm_flow_board button:visible").all():
        box = target.bounding_box()
        assert min(box["width"], box["height"]) >= 44, target.inner_text()
