"""After a treatment: the patient's pages on a phone, and what staff write for them."""

import re

import pytest
from playwright.sync_api import expect

from tools.devenv import settings

from .support import axe, browser, practice
from .support.databases import copied
from .support.server import OdooServer, shell

SETUP = """
from odoo import fields
company = env.ref("base.main_company")
company.partner_id.phone = "+1 303 555 0100"
patient = env["prm.patient"].create({
    "first_name": "Ada", "last_name": "Lund", "lang": "en_US", "birth_date": "1980-07-03",
    "email": "ada@example.com", "company_id": company.id})
env["prm.health.fact"]._record(patient, {"allergy": "Penicillin", "medication": "Warfarin"})
codes = env["prm.procedure.type"]._ids_by_code(company)
for code, tooth, surfaces in (("EXT", "36", False), ("FILL2", "26", "MO"), ("FILL1", "27", "O")):
    env["prm.procedure"].create({
        "patient_id": patient.id, "type_id": codes[code], "tooth": tooth, "surfaces": surfaces,
        "state": "completed"})
prescription = env["prm.prescription"].create({
    "patient_id": patient.id, "remind": True, "line_ids": [
        (0, 0, {"drug": "Clindamycin", "strength": "300 mg", "form": "capsules",
                "dose": "1 capsule", "days": 5, "food": "with",
                "exact_times": "6:00, 14:00, 22:00", "note": "Take it to the end."}),
        (0, 0, {"drug": "Paracetamol", "strength": "500 mg", "dose": "1 or 2 tablets", "days": 3,
                "as_needed": True, "note": "At most 8 tablets a day."})]})
prescription.action_start()
env["prm.exam.request"].create({
    "patient_id": patient.id, "type_id": codes["CBCT"], "place": "Radiology centre Main Street",
    "date": fields.Date.subtract(fields.Date.today(), days=12),
    "wanted_until": fields.Date.subtract(fields.Date.today(), days=2)})
user = env["res.users"].with_context(no_reset_password=True).create({
    "name": "Ada Lund", "login": "ada", "password": "ada", "partner_id": patient.partner_id.id,
    "group_ids": [(6, 0, env.ref("base.group_portal").ids)]})
intake = env["prm.intake"].search([("patient_id", "=", patient.id)], limit=1)
links = env["prm.link"]
print("PATH aftercare /prm/l/" + links._issue(
    "aftercare", patient, record=patient.aftercare_ids)[1][-32:])
print("PATH prescription /prm/l/" + links._issue("prescription", patient, record=intake)[1][-32:])
print("PATH ended /prm/l/" + links._issue(
    "prescription", env["prm.patient"].create({"first_name": "Bo"}))[1][-32:])
print("PATH patient /odoo/patients/%s" % patient.id)
"""


@pytest.fixture(scope="module")
def server():
    with copied("aftercare") as database:
        practice.set_up(database)
        found = re.findall(r"^PATH (\S+) (\S+)$", shell(database, SETUP), re.MULTILINE)
        with OdooServer(database) as running:
            running.paths = dict(found)
            yield running
            assert running.errors() == []


def _shot(page, name):
    settings.SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=settings.SHOTS / f"aftercare-{name}.png", full_page=True)


def _shot_of_list(page, name):
    page.wait_for_selector(".o_data_row, .o_kanban_record:not(.o_kanban_ghost)")
    _shot(page, name)


def _open_first(page):
    """The first of a list, or of the cards that a phone shows instead."""
    page.locator(".o_data_row .o_data_cell, .o_kanban_record").first.click()
    page.wait_for_selector(".o_form_view")


def test_on_the_phone(server):
    with browser.browser() as visit:
        # No script is needed on any of the pages.
        phone = visit({**browser.PHONE, "java_script_enabled": False}, locale="en-US")
        page = phone.page
        page.goto(server.address + server.paths["aftercare"])
        assert page.inner_text("h1") == "What to do now"
        parts = page.locator("main h2").all_inner_texts()
        assert parts == [
            "Extraction (tooth 36)",
            "Filling, two surfaces (tooth 26); Filling, one surface (tooth 27)",
        ]
        call = page.get_by_role("link", name="Call +1 303 555 0100")
        assert call.get_attribute("href") == "tel:+13035550100"
        _shot(page, "1-instructions")
        with page.expect_navigation():
            page.click("text=I have read it")
        expect(page.get_by_role("status")).to_contain_text("Thank you")
        page.goto(server.address + server.paths["prescription"])
        assert page.inner_text("h1") == "To take now"
        expect(page.locator(".p-card").first).to_contain_text("1 capsule, 6:00, 14:00, 22:00")
        _shot(page, "2-medicines")
        with page.expect_navigation():
            page.click("text=I have taken it")
        expect(page.get_by_role("status")).to_contain_text("noted")
        page.goto(server.address + server.paths["ended"])
        assert page.inner_text("h1") == "Nothing to take at present"
        assert [url for url in phone.requested if not url.startswith(server.address)] == []


def test_pages_are_accessible(server):
    with browser.browser() as visit:
        page = visit(browser.PHONE, locale="en-US").page
        for name in ("aftercare", "prescription", "ended"):
            page.goto(server.address + server.paths[name])
            axe.assert_accessible(page, name)
        page.goto(f"{server.address}/web/login")
        page.fill("input[name=login]", "ada")
        page.fill("input[name=password]", "ada")
        with page.expect_navigation():
            page.click("form.oe_login_form button[type=submit]")
        page.goto(f"{server.address}/my/prm/aftercare")
        expect(page.locator(".p-card")).to_contain_text("Extraction (tooth 36)")
        axe.assert_accessible(page, "portal")
        _shot(page, "3-portal")


def test_staff_screens(server):
    with browser.browser() as visit:
        for name, device in (("desktop", browser.DESKTOP), ("phone", browser.PHONE)):
            staff = visit(device, locale="en-US")
            page = staff.page
            page.context.set_default_timeout(60_000)
            browser.log_in(page, server.address, "hygienist")
            page.goto(f"{server.address}/odoo/action-prm_dental.prm_prescription_action")
            _shot_of_list(page, f"4-prescriptions-{name}")
            _open_first(page)
            expect(page.locator(".alert-danger")).to_contain_text("Penicillin")
            expect(page.locator(".o_form_view")).to_contain_text("Clindamycin")
            _shot(page, f"4-prescription-{name}")
            page.goto(f"{server.address}/odoo/action-prm_dental.prm_prescription_action/new")
            page.wait_for_selector(".o_form_view")
            page.get_by_text("Add a line").or_(page.locator(".o-kanban-button-new")).first.click()
            page.wait_for_selector(".modal .o_form_view")
            _shot(page, f"5-medicine-{name}")
            page.goto(f"{server.address}/odoo/action-prm_dental.prm_exam_request_action")
            _shot_of_list(page, f"6-exams-{name}")
            _open_first(page)
            page.wait_for_selector(".o_form_view [name=wanted_until]")
            _shot(page, f"7-exam-{name}")
            page.goto(f"{server.address}/odoo/action-prm_dental.prm_aftercare_action")
            _shot_of_list(page, f"8-aftercare-{name}")
            _open_first(page)
            expect(page.locator(".o_form_view")).to_contain_text("gauze")
            _shot(page, f"9-aftercare-form-{name}")
            page.goto(server.address + server.paths["patient"])
            page.get_by_role("tab", name="Aftercare").click()
            expect(page.locator(".o_notebook_content")).to_contain_text("Radiology centre")
            _shot(page, f"10-patient-{name}")
            page.evaluate("document.querySelector('.o_notebook').scrollIntoView()")
            _shot(page, f"11-care-{name}")
            assert staff.complaints == []
