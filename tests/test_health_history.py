"""A patient answers the health questions on a phone; the clinician reviews what differs."""

import re

import pytest
from playwright.sync_api import expect

from tools.devenv import settings

from .support import browser, practice
from .support.databases import copied
from .support.server import OdooServer, shell

ZONE = "America/Denver"

SETUP = """
patient = env["prm.patient"].create({
    "first_name": "Ada", "last_name": "Lund", "lang": "en_US", "birth_date": "1980-07-03",
    "gender": "female", "company_id": env.ref("base.main_company").id})
env["prm.health.fact"]._record(patient, {"allergy": "Penicillin", "smoking": 5})
print("PATH", "/prm/l/" + env["prm.link"]._issue("history", patient)[1][-32:])
for name in ("Tab", "Desk"):
    other = env["prm.patient"].create({
        "first_name": name, "last_name": "Holm", "lang": "en_US", "birth_date": "1990-01-01",
        "gender": "male", "company_id": patient.company_id.id})
    print("PATH", "/prm/l/" + env["prm.link"]._issue("history", other)[1][-32:])
"""


@pytest.fixture(scope="module")
def server():
    with copied("history") as database:
        practice.set_up(database, ZONE)
        paths = re.findall(r"^PATH (\S+)$", shell(database, SETUP), re.MULTILINE)
        with OdooServer(database) as running:
            running.path, *running.others = paths
            yield running
            assert running.errors() == []


def _shot(page, name):
    settings.SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=settings.SHOTS / f"history-{name}.png")


def _next(page):
    with page.expect_navigation():
        page.click("button[type=submit]")


def _say_no_to_everything(page):
    for group in page.locator("fieldset").all():
        group.get_by_label("No", exact=True).or_(group.get_by_label("None")).check()


def test_from_the_phone_to_the_record(server):
    with browser.browser() as visit:
        # A phone on which scripts don't work, which loses nothing when it goes out in between.
        phone = visit({**browser.PHONE, "java_script_enabled": False}, locale="en-US")
        page = phone.page
        page.goto(server.address + server.path)
        _shot(page, "1-health")
        _say_no_to_everything(page)
        _next(page)
        _say_no_to_everything(page)
        allergies = page.locator("fieldset").nth(0)
        allergies.get_by_label("Yes, these:").check()
        _next(page)
        assert "Please write which ones." in page.inner_text("main")
        _shot(page, "2-missing")
        page.locator("textarea").first.fill("Latex")
        _next(page)
        page.goto(server.address + server.path)
        assert page.inner_text("h1") == "Habits", "goes on where it was left"
        page.get_by_label("Yes, a day:").check()
        page.locator("input[inputmode=numeric]").fill("10")
        page.get_by_label("Seldom").check()
        _next(page)
        for group in page.locator("fieldset").all():
            group.get_by_label("Very anxious").check()
        _shot(page, "3-feelings")
        _next(page)
        page.get_by_label("Fear").check()
        _next(page)
        assert page.inner_text("h1") == "Is everything right?"
        _shot(page, "4-send")
        _next(page)
        assert page.inner_text("h1") == "Thank you, Ada."
        assert [url for url in phone.requested if not url.startswith(server.address)] == []

        desk = visit(browser.DESKTOP, timezone_id=ZONE, locale="en-US")
        page = desk.page
        page.context.set_default_timeout(60_000)
        browser.log_in(page, server.address, "hygienist")
        page.goto(f"{server.address}/odoo/health-review")
        page.locator(".o_data_row", has_text="Lund").locator("td").nth(1).click()
        page.wait_for_selector(".o_form_view .o_data_row")
        row = page.locator(".o_data_row", has_text="Allergies")
        expect(row).to_contain_text("Latex")
        expect(row).to_contain_text("Penicillin")
        _shot(page, "5-review")
        page.get_by_role("button", name="Reviewed").click()
        expect(page.locator(".o_arrow_button_current")).to_have_text("Reviewed", timeout=30_000)
        page.locator("[name=patient_id] a").first.click()
        expect(page.locator(".alert-danger")).to_contain_text("Latex", timeout=30_000)
        _shot(page, "6-patient")
        assert desk.complaints == []


def test_on_a_tablet_and_at_a_desk(server):
    """All pages to the end, in the waiting room and at home."""
    tablet = {"viewport": {"width": 820, "height": 1180}, "has_touch": True}
    with browser.browser() as visit:
        for path, device in zip(server.others, (tablet, browser.DESKTOP), strict=True):
            visitor = visit(device, locale="en-US")
            page = visitor.page
            page.goto(server.address + path)
            _shot(page, f"{device['viewport']['width']}")
            for _page in range(8):
                if page.inner_text("h1").startswith("Thank you"):
                    break
                for group in page.locator("fieldset:has(input[type=radio])").all():
                    no = group.get_by_label("No", exact=True).or_(group.get_by_label("None"))
                    (no if no.count() else group.locator("input[type=radio]")).first.check()
                _next(page)
                width = page.evaluate("document.documentElement.scrollWidth")
                assert width <= device["viewport"]["width"]
            assert page.inner_text("h1").startswith("Thank you")
            assert visitor.complaints == []
