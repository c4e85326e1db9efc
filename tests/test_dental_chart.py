"""The dental chart in a real browser: surfaces, planning, the keyboard, the past, paper."""

import io
import re

import pytest
from playwright.sync_api import expect
from pypdf import PdfReader

from tools.devenv import settings

from .support import axe, browser, practice
from .support.databases import copied
from .support.server import OdooServer, shell

TABLET = {"viewport": {"width": 1024, "height": 768}, "has_touch": True}
#: A full mouth from its data to the screen, in milliseconds. What is seen is a seventh of it
#: (see docs/dental.md); a machine that does something else besides may take its time.
PAINT_LIMIT = 1000

MOUTHS = """
from odoo import fields
codes = env["prm.procedure.type"]._ids_by_code(env.company)
for code, fee in (("FILL2", 180), ("CROWN", 900), ("EXT", 150), ("ENDO", 700)):
    env["prm.procedure.type"].browse(codes[code]).fee = fee
maria = env["prm.patient"].create(
    {"first_name": "Maria", "last_name": "Verdi", "birth_date": "1980-05-01"})
full = env["prm.patient"].create(
    {"first_name": "Full", "last_name": "Mouth", "birth_date": "1970-05-01"})
leo = env["prm.patient"].create({"first_name": "Leo", "last_name": "Verdi",
    "birth_date": fields.Date.today().replace(year=fields.Date.today().year - 7, day=1)})

def done(patient, code, tooth, surfaces, state, date):
    env["prm.procedure"].create({"patient_id": patient.id, "type_id": codes[code], "tooth": tooth,
        "surfaces": surfaces, "state": state, "date": date})

def found(patient, kind, tooth, surfaces, date, **vals):
    env["prm.tooth.finding"].create({"patient_id": patient.id, "kind": kind, "tooth": tooth,
        "surfaces": surfaces, "date": date, **vals})

done(maria, "FILL2", "26", "DO", "existing", "2015-03-01")
done(maria, "CROWN", "11", False, "existing", "2016-06-01")
done(maria, "EXT", "46", False, "completed", "2024-05-03")
done(maria, "ENDO", "36", False, "completed", "2025-02-10")
done(maria, "CROWN", "36", False, "planned", "2025-02-10")
done(maria, "FILL2", "47", "MO", "completed", "2025-06-10")
done(maria, "FILL1", "22", "D", "completed", "2025-06-10")
done(maria, "SEAL", "37", False, "completed", "2023-06-10")
done(maria, "EXT", "48", False, "planned", "2025-06-10")
found(maria, "caries", "16", "MO", "2025-06-10")
found(maria, "missing", "28", False, "2015-03-01")
found(maria, "watch", "14", "D", "2025-06-10", note="Shadow on the X-ray")
found(maria, "fracture", "21", False, "2025-06-10")
found(maria, "implant", "35", False, "2019-01-10")
found(maria, "missing", "35", False, "2018-01-10")
found(maria, "impacted", "38", False, "2015-03-01")
found(maria, "apical", "15", False, "2025-06-10")
found(maria, "mobile", "31", False, "2025-06-10")
found(leo, "caries", "55", "OD", fields.Date.today())
found(leo, "unerupted", "13", False, fields.Date.today())
for quadrant in "1234":
    for place in "12345678":
        front = place in "123"
        tooth = quadrant + place
        done(full, "FILL3", tooth, "MIDFL" if front else "MODBL", "completed", "2020-01-01")
        done(full, "FILL3", tooth, "MID" if front else "MOD", "planned", "2025-01-01")
        found(full, "caries", tooth, "L", "2024-01-01")
        found(full, "watch", tooth, False, "2024-01-01")
        done(full, "CROWN", tooth, False, "planned", "2025-01-01")
for quadrant in "5678":
    for place in "12345":
        done(full, "FILL1", quadrant + place, "L", "completed", "1978-01-01")
for patient in (maria, leo, full):
    print("PATIENT", patient.first_name, patient.id)
"""


@pytest.fixture(scope="module")
def server():
    with copied("dental_chart") as database:
        practice.set_up(database)
        found = re.findall(r"^PATIENT (\w+) (\d+)$", shell(database, MOUTHS), re.MULTILINE)
        with OdooServer(database) as running:
            running.patients = dict(found)
            yield running
            assert running.errors() == []


def _open(visit, server, name="Maria", login="hygienist", device=browser.DESKTOP):
    visitor = visit(device, locale="en-US")
    # The first to come waits until the assets are put together.
    visitor.page.context.set_default_timeout(60_000)
    browser.log_in(visitor.page, server.address, login)
    visitor.page.goto(f"{server.address}/odoo/patients/{server.patients[name]}/dental-chart")
    visitor.page.wait_for_selector(".o_prm_tooth")
    return visitor


def _tooth(page, fdi):
    return page.locator(f"[data-tooth='{fdi}']")


def _zone(page, fdi, letter):
    return _tooth(page, fdi).locator(f"[data-surface={letter}]")


def _look(page, fdi, letter, look):
    """How a surface is drawn: its fill for what is there, or what lies over it."""
    return expect(_zone(page, fdi, letter)).to_have_attribute("data-look", look)


def _shot(page, name):
    settings.SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=settings.SHOTS / f"{name}.png")


def _plan(page, code):
    page.fill(".o_prm_chart_add input[type=search]", code)
    page.click(f"[data-code={code}]")
    page.click(".o_prm_save")


def test_plan_a_filling_and_complete_it(server, visit):
    desk = _open(visit, server)
    page = desk.page
    expect(page.locator(".o_prm_tooth")).to_have_count(32)
    _look(page, "16", "O", "caries")
    _look(page, "26", "D", "existing")
    _shot(page, "dental-chart")

    # What is missing is said before anything is sent.
    _tooth(page, "16").locator(".o_prm_sign").click()
    expect(_tooth(page, "16")).to_have_attribute("aria-pressed", "true")
    _plan(page, "FILL2")
    expect(page.locator(".o_prm_problem")).to_contain_text("Choose the surfaces")

    # Two presses on the drawing, in whatever order.
    _zone(page, "16", "O").click()
    _zone(page, "16", "M").click()
    expect(page.locator("[data-letter=O]")).to_have_attribute("aria-pressed", "true")
    page.click(".o_prm_save")
    there = page.locator(".o_prm_there li", has_text="Filling, two surfaces")
    expect(there).to_contain_text("MO")
    expect(there).to_contain_text("Planned")
    expect(_tooth(page, "16").locator("[data-look=planned]")).to_have_count(2)
    expect(page.locator(".o_prm_planned tbody tr")).to_have_count(3)
    expect(page.locator(".o_prm_planned tfoot")).to_contain_text("$1,230.00")
    _shot(page, "dental-chart-planned")

    there.get_by_role("button", name="Done today").click()
    expect(there).to_contain_text("Completed")
    _look(page, "16", "M", "completed")
    expect(page.locator(".o_prm_planned tbody tr")).to_have_count(2)

    # A tooth that has gone gets no filling, and what was chosen stays.
    _zone(page, "46", "O").click()
    page.click("[data-letter=M]")
    _plan(page, "FILL2")
    expect(page.locator(".o_prm_problem")).to_contain_text("was taken out on")
    expect(page.locator("[data-code=FILL2]")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("[data-letter=M]")).to_have_attribute("aria-pressed", "true")
    assert desk.complaints == []


def test_findings_and_steps(server, visit):
    desk = _open(visit, server)
    page = desk.page
    _zone(page, "24", "D").click()
    page.click(".o_prm_to_findings")
    page.click("[data-kind=caries]")
    page.fill(".o_prm_chart_note", "Soft")
    page.click(".o_prm_save")
    expect(page.locator(".o_prm_there li")).to_contain_text("Soft")
    _look(page, "24", "D", "caries")
    page.locator(".o_prm_there").get_by_role("button", name="Resolved").click()
    expect(page.locator(".o_prm_there")).to_be_hidden()
    expect(_zone(page, "24", "D")).not_to_have_attribute("data-look", "caries")

    # Declined, with its reason: it is not drawn any more.
    _tooth(page, "48").locator(".o_prm_sign").click()
    there = page.locator(".o_prm_there li", has_text="Extraction")
    there.get_by_role("button", name="More steps").click()
    page.locator(".o_prm_chart_step", has_text="Declined: Too expensive").click()
    expect(there).to_contain_text("Declined")
    expect(_tooth(page, "48").locator(".o_prm_shape")).to_have_count(0)

    # For the whole mouth, and where.
    page.click(".o_prm_let_go")
    expect(page.locator(".o_prm_place h2")).to_contain_text("Whole mouth")
    _plan(page, "SRP")
    expect(page.locator(".o_prm_problem")).to_contain_text("Choose where")
    page.select_option(".o_prm_chart_add select", label="Lower left")
    page.click(".o_prm_save")
    expect(page.locator(".o_prm_planned")).to_contain_text("Lower left")
    assert desk.complaints == []


def test_by_the_keyboard(server, visit):
    desk = _open(visit, server)
    page = desk.page
    expect(page.locator(".o_prm_tooth[tabindex='0']")).to_have_count(1)
    _tooth(page, "18").focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowRight"):
        page.keyboard.press(key)
    expect(_tooth(page, "15")).to_be_focused()
    expect(page.locator(".o_prm_tooth[tabindex='0']")).to_have_attribute("data-tooth", "15")
    page.keyboard.press("ArrowDown")
    expect(_tooth(page, "45")).to_be_focused()
    page.keyboard.press("Enter")
    expect(_tooth(page, "45")).to_have_attribute("aria-pressed", "true")
    for key in ("d", "o", "m", "d"):
        page.keyboard.press(key)
    chosen = page.locator(".o_prm_surfaces [aria-pressed=true]")
    expect(chosen).to_have_text(["M", "O"])
    # On a front tooth the same keys mean its own surfaces.
    _tooth(page, "11").focus()
    page.keyboard.press("o")
    page.keyboard.press("b")
    expect(chosen).to_have_text(["I", "F"])
    page.keyboard.press("Escape")
    expect(chosen).to_have_count(0)
    expect(_tooth(page, "11")).to_be_focused()

    page.click("[data-notation=universal]")
    expect(_tooth(page, "11").locator(".o_prm_sign")).to_have_text("8")
    page.click("[data-notation=palmer]")
    expect(_tooth(page, "36").locator(".o_prm_sign")).to_have_text("┌6")
    page.click("[data-notation=fdi]")
    assert desk.complaints == []


def test_the_mouth_on_another_day(server, visit):
    desk = _open(visit, server)
    page = desk.page
    slider = page.locator(".o_prm_history input")
    expect(_tooth(page, "46")).to_have_class(re.compile("o_prm_tooth_gone"))
    asked = len([url for url in desk.requested if "call_kw" in url])
    slider.focus()
    page.keyboard.press("Home")
    expect(page.locator(".o_prm_chart_day")).to_have_text("Mar 1, 2015")
    expect(_tooth(page, "46")).not_to_have_class(re.compile("o_prm_tooth_gone"))
    expect(_tooth(page, "11").locator(".o_prm_shape")).to_have_count(0)
    # The past is not written: there is nothing to press.
    expect(page.locator(".o_prm_chart_add")).to_be_hidden()
    page.get_by_role("button", name="Later", exact=True).click()
    expect(page.locator(".o_prm_chart_day")).to_have_text("Jun 1, 2016")
    expect(_tooth(page, "11").locator("[data-what=crown]")).to_have_count(1)
    slider.focus()
    page.keyboard.press("End")
    expect(page.locator(".o_prm_chart_day")).to_contain_text("Today")
    expect(_tooth(page, "46")).to_have_class(re.compile("o_prm_tooth_gone"))
    assert len([url for url in desk.requested if "call_kw" in url]) == asked
    assert desk.complaints == []


def test_a_child_on_a_tablet(server, visit):
    desk = _open(visit, server, "Leo", device=TABLET)
    page = desk.page
    expect(page.locator(".o_prm_tooth")).to_have_count(52)
    box = _tooth(page, "55").bounding_box()
    assert min(box["width"], box["height"]) >= 44
    _zone(page, "55", "M").tap()
    expect(page.locator(".o_prm_place h2")).to_contain_text("deciduous second molar")
    page.locator("[data-letter=O]").tap()
    for button in page.locator(".o_prm_panel button:visible").all():
        assert button.bounding_box()["height"] >= 44
    page.fill(".o_prm_chart_add input[type=search]", "filling two")
    page.locator("[data-code=FILL2]").tap()
    page.locator("[data-add-state=completed]").tap()
    page.locator(".o_prm_save").tap()
    _look(page, "55", "M", "completed")
    _shot(page, "tablet-dental-chart")
    # Nothing has to be scrolled sideways.
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert desk.complaints == []


def test_a_full_mouth_is_fast(server, visit, record_property):
    page = _open(visit, server, "Full").page
    page.wait_for_function("performance.getEntriesByName('prm-chart-paint').length")
    took = page.evaluate("performance.getEntriesByName('prm-chart-paint')[0].duration")
    record_property("full mouth painted after its data, ms", round(took))
    assert took < PAINT_LIMIT
    _shot(page, "dental-chart-full")


def test_the_front_desk_sees_the_plan_and_writes_nothing(server, visit):
    desk = _open(visit, server, login="receptionist")
    page = desk.page
    expect(page.locator(".o_prm_planned")).to_contain_text("Crown")
    expect(page.locator(".o_prm_mouth")).to_contain_text("which clinicians read")
    expect(page.locator(".o_prm_chart_add")).to_be_hidden()
    expect(_zone(page, "14", "D")).not_to_have_attribute("data-look", "caries")
    assert "Shadow" not in page.content()
    assert desk.complaints == []


def test_everybody_can_use_it_and_paper_too(server, visit):
    for name, device in (("Maria", browser.DESKTOP), ("Leo", TABLET), ("Maria", browser.PHONE)):
        page = _open(visit, server, name, device=device).page
        _tooth(page, "16").locator(".o_prm_sign").click()
        axe.assert_accessible(page, f"the chart of {name}", ".o_prm_chart")
        page.click(".o_prm_to_findings")
        axe.assert_accessible(page, f"findings of {name}", ".o_prm_chart")
        _shot(page, f"dental-chart-{device['viewport']['width']}")
    page = _open(visit, server).page
    page.emulate_media(media="print")
    expect(page.locator(".o_prm_teeth")).to_be_visible()
    expect(page.locator(".o_prm_planned")).to_be_visible()
    expect(page.locator(".o_prm_chart_tools")).to_be_hidden()
    expect(page.locator(".o_prm_print_only")).to_contain_text("Today")
    _shot(page, "dental-chart-print")
    (sheet,) = PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True))).pages
    assert "Maria Verdi" in sheet.extract_text()
    assert "Planned work" in sheet.extract_text()
