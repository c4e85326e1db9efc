"""The call list in a real browser: reach a patient, book, next; by keyboard, and on a tablet."""

import pytest
from playwright.sync_api import expect

from tools.devenv import settings

from .support import axe, browser, practice
from .support.databases import copied
from .support.server import OdooServer, shell

ZONE = "America/Denver"
#: What Odoo draws in every form, with faults that are Odoo's to mend: the heads of a notebook's
#: pages are no list of tabs, the frame of a menu of choices says that it is folded in, which it may
#: not, and its field has a made-up word for the browser's own filling in.
ODOOS_OWN = (".o_notebook_headers", ".o-dropdown", ".o_select_menu_input")
TABLET = {"viewport": {"width": 820, "height": 1180}, "has_touch": True}

PATIENTS = """
from odoo import fields
from datetime import timedelta
hyg = env.ref("prm_dental.prm_procedure_type_hyg")
bwx = env.ref("prm_dental.prm_procedure_type_bwx")
bitewings = env.ref("prm_dental.prm_recall_type_bitewings")
bitewings.active = True
today = fields.Date.today()
family = env["prm.household"].create({"name": "Lund family"})
for first, last, ago, vals in [
    ("Maria", "Verdi", 600, {"contact_from": 9.0, "contact_to": 12.5, "open_balance": 85.0}),
    ("Ada", "Lund", 500, {"household_id": family.id}),
    ("Bo", "Lund", 300, {"household_id": family.id, "birth_date": "1999-02-02"}),
    ("José", "Ferri", 400, {}),
    ("Kim", "Sand", 350, {}),
    ("Lea", "Moss", 340, {}),
]:
    patient = env["prm.patient"].create({
        "first_name": first, "last_name": last, "mobile": "+1 303-555-0101", **vals})
    env["prm.procedure"].create({
        "patient_id": patient.id, "type_id": hyg.id, "state": "completed",
        "date": today - timedelta(days=ago)})
    if first == "Maria":
        env["prm.procedure"].create({
            "patient_id": patient.id, "type_id": bwx.id, "state": "completed",
            "date": today - timedelta(days=800)})
        env["prm.health.fact"]._record(patient, {"mobility": "wheelchair", "dental_anxiety": 21})
"""


@pytest.fixture(scope="module")
def server():
    with copied("recall_worklist") as database:
        practice.set_up(database, ZONE)
        shell(database, PATIENTS)
        with OdooServer(database) as running:
            yield running


def _desk(visit, server, device=browser.DESKTOP):
    visitor = visit(device, timezone_id=ZONE, locale="en-US")
    # The first to come waits until the assets are put together.
    visitor.page.context.set_default_timeout(30_000)
    browser.log_in(visitor.page, server.address, "receptionist")
    visitor.page.goto(f"{server.address}/odoo/recall-calls")
    visitor.page.wait_for_selector(".o_prm_row")
    return visitor


def _row(page, name):
    return page.locator(".o_prm_row", has_text=name)


def _in_hand(page, name):
    expect(page.locator(".o_prm_patient")).to_have_text(name)


def _shot(page, name):
    settings.SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=settings.SHOTS / f"{name}.png")


def test_call_down_the_list_by_keyboard(server, visit):
    desk = _desk(visit, server)
    page = desk.page
    expect(page.locator(".o_prm_total")).to_have_text("6 are due")
    _in_hand(page, "Maria Verdi")
    panel = page.locator(".o_prm_call")
    expect(panel).to_contain_text("Hygiene visit + Bitewing X-rays · 55 min")
    expect(panel).to_contain_text("In a wheelchair")
    expect(panel).to_contain_text("09:00 – 12:30")
    expect(panel).to_contain_text("$")
    expect(page.locator(".o_prm_slot")).to_have_count(6)
    _shot(page, "recall-worklist")
    axe.assert_accessible(page, "call list", ".o_prm_screen")

    # Reached already: choose a time, book, and the next one is in hand.
    page.keyboard.press("1")
    expect(page.locator(".o_prm_slot").first).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Enter")
    expect(_row(page, "Maria")).to_have_count(0)
    _in_hand(page, "Ada Lund")
    expect(
        page.locator(".o_prm_family", has_text="Lund family").locator(".o_prm_row")
    ).to_have_count(2)

    # Nobody picks up: one key, and the next one is in hand.
    page.keyboard.press("n")
    expect(_row(page, "Ada")).to_have_count(0)
    _in_hand(page, "José Ferri")

    # Down, call back on another day.
    page.keyboard.press("ArrowDown")
    _in_hand(page, "Kim Sand")
    page.keyboard.press("c")
    page.get_by_role("button", name="Note it down").click()
    expect(_row(page, "Kim")).to_have_count(0)

    # Up, and a no with its reason.
    page.keyboard.press("ArrowUp")
    page.keyboard.press("d")
    page.locator("[data-reason=cost]").click()
    expect(page.locator(".o_prm_row")).to_have_count(2)
    assert desk.complaints == []
    assert server.errors() == []


@pytest.mark.parametrize("login", ["receptionist", "hygienist"])
def test_everybody_can_use_the_patients_form(server, visit, login):
    """Every page of the patient's form, as the front desk and as clinicians see it."""
    desk = visit(browser.DESKTOP, timezone_id=ZONE, locale="en-US")
    page = desk.page
    page.context.set_default_timeout(30_000)
    browser.log_in(page, server.address, login)
    page.goto(f"{server.address}/odoo/patients")
    page.locator(".o_data_row", has_text="Verdi").locator(".o_data_cell").first.click()
    page.wait_for_selector(".o_form_sheet")
    tabs = page.locator(".o_notebook_headers .nav-link")
    assert tabs.count() > 3
    found = []
    for number in range(tabs.count()):
        tabs.nth(number).click()
        name = tabs.nth(number).inner_text()
        page.wait_for_function(
            "!document.getAnimations().some((one) => one.playState == 'running')"
        )
        found.extend(
            f"{name}: {fault}" for fault in axe.violations(page, ".o_form_sheet", ODOOS_OWN)
        )
    assert not found, "\n".join(found)
    assert desk.complaints == []


def test_on_a_tablet_by_touch(server, visit):
    tablet = _desk(visit, server, TABLET)
    page = tablet.page
    left = page.locator(".o_prm_row")
    expect(left).to_have_count(2)
    left.last.click()
    expect(page.locator(".o_prm_slot").first).to_be_visible()
    page.locator(".o_prm_slot").nth(1).click()
    _shot(page, "recall-worklist-tablet")
    page.locator(".o_prm_book").click()
    expect(left).to_have_count(1)
    page.locator("[data-outcome=wrong_number]").click()
    expect(left).to_contain_text("Wrong number")
    page.fill("input[type=search]", "nobody")
    expect(page.locator(".o_prm_worklist_empty")).to_be_visible()
    assert tablet.complaints == []
    assert server.errors() == []


def test_on_a_phone(server, visit):
    """The call first, the list below it; who is chosen there is seen above."""
    phone = _desk(visit, server, browser.PHONE)
    page = phone.page
    call = page.locator(".o_prm_call")
    _shot(page, "recall-worklist-phone")
    panel, first = call.bounding_box(), page.locator(".o_prm_family").first.bounding_box()
    assert panel["y"] + panel["height"] <= first["y"]
    page.locator(".o_prm_row").last.click()
    expect(call).to_be_in_viewport()
    top = page.locator(".o_prm_patient")
    expect(top).to_be_in_viewport()
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= browser.PHONE["viewport"]["width"]
    assert phone.complaints == []
    assert server.errors() == []
