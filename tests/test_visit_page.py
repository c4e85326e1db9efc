"""The page of a visit in a browser: confirm, move, cancel with a reason, book again."""

import os
import re
from pathlib import Path

import pytest

from tests.support import browser, practice
from tests.support.databases import copied
from tests.support.server import OdooServer, shell

PICTURES = os.environ.get("PRM_PICTURES")
PHONE = {**browser.PHONE, "java_script_enabled": False}

SETUP = """
from datetime import timedelta
from odoo import fields

company = env.ref("base.main_company")
kind = env["prm.appointment.type"].search([], limit=1)
kind.preparation = "Please bring your list of medicines."
now = fields.Datetime.now()
free = kind._free_slots(now + timedelta(days=2), now + timedelta(days=30))
for number, name in enumerate(("Ada", "Bo")):
    patient = env["prm.patient"].create({
        "first_name": name, "last_name": "Lund", "company_id": company.id, "lang": "en_US",
        "email": name.lower() + "@example.com",
    })
    slot = free[12 * number]
    [visit] = env["calendar.event"]._prm_book([{
        "patient": patient, "type": kind, "start": slot.start,
        "provider": env["prm.provider"].browse(slot.provider_id),
    }])
    print("PATH", "/prm/l/" + env["prm.link"]._issue("visit", patient, record=visit)[1][-32:])
"""


@pytest.fixture(scope="module")
def server():
    with copied("visitpage") as database:
        practice.set_up(database)
        paths = re.findall(r"^PATH (\S+)$", shell(database, SETUP), re.MULTILINE)
        with OdooServer(database) as running:
            running.paths = paths
            yield running
            assert running.errors() == []


def _look(page, name):
    if PICTURES:
        Path(PICTURES).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=Path(PICTURES) / f"visit-{name}.png", full_page=True)
    width = page.viewport_size["width"]
    assert page.locator("html").evaluate("node => node.scrollWidth") <= width


def _go(page, selector):
    """Press something, and wait for the page that comes."""
    with page.expect_navigation():
        page.click(selector)


@pytest.mark.parametrize("number", [0, 1], ids=["desktop", "phone-without-script"])
def test_confirm_move_cancel_and_book_again(server, number):
    device, name = ((browser.DESKTOP, "desktop"), (PHONE, "phone"))[number]
    with browser.browser() as visit:
        visitor = visit(device, locale="en-US")
        page = visitor.page
        page.goto(server.address + server.paths[number])
        _look(page, f"{name}-1")
        _go(page, "button:has-text('I am coming')")
        assert page.inner_text("h1").endswith("We look forward to seeing you.")
        _look(page, f"{name}-2-confirmed")

        before = page.locator(".p-when").all_inner_texts()
        _go(page, "text=Choose another time")
        _look(page, f"{name}-3-times")
        # Not tomorrow: what is so near is cancelled by a call.
        page.locator("summary").last.click()
        _go(page, "details >> nth=-1 >> a.p-slot >> nth=0")
        _look(page, f"{name}-4-asked")
        _go(page, "button:has-text('Move my visit')")
        assert page.inner_text("h1").endswith("Your visit is moved.")
        assert page.locator(".p-when").all_inner_texts() != before
        _look(page, f"{name}-5-moved")

        _go(page, "text=I can't come")
        page.check("text=No time")
        page.fill("#note", "My shift has changed.")
        _look(page, f"{name}-6-why")
        _go(page, "button:has-text('Cancel this visit')")
        assert "Your visit is cancelled" in page.inner_text("h1")
        _look(page, f"{name}-7-cancelled")

        _go(page, "text=Find another time")
        _go(page, "a.p-slot >> nth=0")
        _go(page, "button:has-text('Book this visit')")
        assert page.inner_text("h1").endswith("Your visit is booked.")
        assert page.locator("text=I am coming").count() == 1
        _look(page, f"{name}-8-again")
        assert [url for url in visitor.requested if not url.startswith(server.address)] == []
        assert [line for line in visitor.complaints if "favicon" not in line] == []
