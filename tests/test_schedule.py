"""The schedule in a real browser: the front desk books by a press and moves by dragging."""

import re
from datetime import datetime

import pytest
from playwright.sync_api import expect

from tools.devenv import postgres, settings

from .support import browser, practice
from .support.databases import copied
from .support.server import OdooServer, shell

ZONE = "America/Denver"

PATIENTS = """
env["prm.patient"].create([
    {"first_name": "Maria", "last_name": "Verdi"}, {"first_name": "Luca", "last_name": "Ferri"},
    {"first_name": "Ada", "last_name": "Lund"},
])
"""


@pytest.fixture(scope="module")
def server():
    with copied("schedule") as database:
        practice.set_up(database, ZONE)
        shell(database, PATIENTS)
        with OdooServer(database) as running:
            yield running


@pytest.fixture(scope="module")
def desk(server):
    with browser.browser() as visit:
        visitor = visit(browser.DESKTOP, timezone_id=ZONE, locale="en-US")
        browser.log_in(visitor.page, server.address, "receptionist")
        visitor.page.goto(f"{server.address}/odoo/schedule")
        visitor.page.wait_for_selector(".fc-timegrid-slot-lane")
        yield visitor


def _lane(page, time):
    """The middle of the schedule's line at a time of day."""
    lane = page.locator(f"td.fc-timegrid-slot-lane[data-time='{time}:00']")
    lane.scroll_into_view_if_needed()
    box = lane.bounding_box()
    return box["x"] + box["width"] / 3, box["y"] + 4


def _choose(page, field, text):
    page.fill(f".modal div[name={field}] input", text)
    page.locator(".o-autocomplete--dropdown-item", has_text=text).first.click()


def _book(page, patient, time):
    page.mouse.click(*_lane(page, time))
    page.wait_for_selector(".modal div[name=prm_patient_id]")
    _choose(page, "prm_patient_id", patient)
    _choose(page, "prm_type_id", "Hygiene visit")
    provider = page.locator(".modal div[name=prm_provider_id] input")
    expect(provider).to_have_value("Hanna Lindgren")
    page.click(".modal .o_form_button_save")
    page.wait_for_selector(f".fc-event:has-text('{patient}')")


def _drag(page, patient, old, new):
    """Take a visit in the middle, away from its edges, which would stretch it."""
    (_x, start), (_x, stop) = _lane(page, old), _lane(page, new)
    box = page.locator(".fc-event", has_text=patient).bounding_box()
    x, y = box["x"] + 60, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x, y + (stop - start) / 2, steps=8)
    page.mouse.move(x, y + stop - start, steps=8)
    page.mouse.up()


def _hour(server, patient):
    (row,) = postgres.query(
        "SELECT to_char(start AT TIME ZONE 'UTC' AT TIME ZONE 'America/Denver', 'HH24:MI')"
        "  FROM calendar_event e JOIN prm_patient p ON p.id = e.prm_patient_id"
        f" WHERE p.first_name = '{patient}'",
        server.database,
    )
    return row


def test_book_move_and_collide(server, desk):
    page = desk.page
    _book(page, "Maria Verdi", "13:00")
    _book(page, "Luca Ferri", "15:00")
    assert (_hour(server, "Maria"), _hour(server, "Luca")) == ("13:00", "15:00")

    with page.expect_response("**/calendar.event/write"):
        _drag(page, "Luca Ferri", "15:00", "16:00")
    page.wait_for_selector(".fc-event:has-text('Luca Ferri'):has-text('04:00')")
    assert _hour(server, "Luca") == "16:00"
    assert desk.complaints == []

    _drag(page, "Luca Ferri", "16:00", "13:00")
    page.wait_for_selector(".modal")
    assert "This provider has another visit at that time." in page.inner_text(".modal")
    page.click(".modal .btn-primary")
    page.wait_for_selector(".fc-event:has-text('Luca Ferri'):has-text('04:00')")
    assert _hour(server, "Luca") == "16:00"
    assert server.errors() == []


def test_find_a_time_while_the_patient_is_on_the_phone(server, desk):
    query = "SELECT id FROM prm_patient WHERE first_name = 'Ada'"
    (number,) = postgres.query(query, server.database)
    page = desk.page
    page.goto(f"{server.address}/odoo/patients/{number}")
    page.get_by_role("button", name="Find a time").click()
    page.wait_for_selector(".modal .o_data_row")
    page.locator(".modal [name=part] .o_selection_badge", has_text="Afternoon").click()
    page.get_by_role("button", name="Look again").click()
    first = page.locator(".modal .o_data_row").first
    expect(first).to_contain_text(re.compile(r"\d:\d\d\sPM"), timeout=20_000)
    clock = re.search(r"\d+:\d\d\sPM", first.inner_text())[0]
    hour = datetime.strptime(" ".join(clock.split()), "%I:%M %p").strftime("%H:%M")
    settings.SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=settings.SHOTS / "find-a-time.png")
    first.get_by_role("button", name="Book").click()
    booked = page.locator(".o_notification", has_text="Booked: Ada Lund")
    expect(booked).to_be_visible(timeout=20_000)
    expect(page.locator(".modal")).to_have_count(0, timeout=20_000)
    assert _hour(server, "Ada") == hour
    assert server.errors() == []
