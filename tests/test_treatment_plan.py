"""A clinician proposes two ways, the patient accepts in part on a phone, the desk sees it."""

import io
import re
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from playwright.sync_api import expect
from pypdf import PdfReader

from tools.devenv import postgres, settings

from .support import axe, browser, practice
from .support.databases import copied
from .support.server import OdooServer, shell

ZONE = "America/Denver"

SETUP = """
company = env.ref("base.main_company")
ada = env["prm.patient"].create({
    "first_name": "Ada", "last_name": "Lund", "lang": "en_US", "birth_date": "1980-07-03",
    "email": "ada@example.com", "company_id": company.id})
kinds = {kind.code: kind for kind in env["prm.procedure.type"].search([])}
kinds["BRIDGE"].explanation = (
    "A replacement tooth that is held by crowns on the two teeth beside the gap.")
kinds["IMPL"].explanation = "A small post of titanium takes the place of the root."
for code, tooth, fee, urgency in (("HYG", False, 90, "1"), ("BRIDGE", "26", 1450, "0"),
                                  ("IMPL", "26", 1800, "0"), ("IMPLC", "26", 900, "0")):
    env["prm.procedure"].create({
        "patient_id": ada.id, "type_id": kinds[code].id, "tooth": tooth, "fee": fee,
        "urgency": urgency})
print("PATIENT", ada.id)
"""

RACE = """
dan = env["prm.patient"].create({
    "first_name": "Dan", "last_name": "Holm", "lang": "en_US",
    "company_id": env.ref("base.main_company").id})
kind = env.ref("prm_dental.prm_procedure_type_hyg")
env["prm.procedure"].create([{"patient_id": dan.id, "type_id": kind.id} for _number in range(2)])
plan = env["prm.treatment.plan"]._of_open_treatments(dan)
plan.action_propose()
link = env["prm.link"]._issue("plan", dan, record=plan, payload={"revision": 1})
print("RACE", "/prm/l/" + link[1][-32:], plan.id, *plan.line_ids.ids)
"""

WALK = """
user = env["res.users"].with_context(no_reset_password=True).create({
    "name": "Cleo", "login": "cleo", "password": "cleo",
    "group_ids": [(6, 0, env.ref("base.group_portal").ids)]})
cleo = env["prm.patient"].create({
    "first_name": "Cleo", "last_name": "Berg", "partner_id": user.partner_id.id, "lang": "en_US",
    "company_id": env.ref("base.main_company").id})
kinds = {kind.code: kind for kind in env["prm.procedure.type"].search([])}
made = env["prm.procedure"].create([
    {"patient_id": cleo.id, "type_id": kinds[code].id, "tooth": tooth, "fee": 100}
    for code, tooth in (("HYG", False), ("BRIDGE", "26"), ("IMPL", "26"))])
plan = env["prm.treatment.plan"]._of_open_treatments(cleo)
ways = env["prm.treatment.alternative"].create([
    {"plan_id": plan.id, "name": name, "explanation": "What speaks for it."}
    for name in ("A bridge", "An implant")])
phase = env["prm.treatment.phase"].create({"plan_id": plan.id, "name": "First"})
for line in plan.line_ids:
    line.phase_id = phase
    if line.procedure_id != made[0]:
        line.alternative_id = ways[0] if line.procedure_id == made[1] else ways[1]
plan.action_propose()
for revision in (1, 0):
    print("PATH", "/prm/l/" + env["prm.link"]._issue(
        "plan", cleo, record=plan, payload={"revision": revision})[1][-32:])
"""


@pytest.fixture(scope="module")
def server():
    with copied("plan") as database:
        practice.set_up(database, ZONE)
        [patient] = re.findall(r"^PATIENT (\d+)$", shell(database, SETUP), re.MULTILINE)
        with OdooServer(database) as running:
            running.patient = patient
            yield running
            assert running.errors() == []


def _shot(page, name, full=False):
    settings.SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=settings.SHOTS / f"plan-{name}.png", full_page=full)


def _saved(page):
    """Save the form, and wait until it is."""
    page.locator(".o_form_button_save").click()
    expect(page.locator(".o_form_status_indicator_buttons")).to_have_class(re.compile("invisible"))


def _add_way(page, name, why):
    ways = page.locator("[name=alternative_ids]")
    ways.get_by_text("Add a line").click()
    ways.locator("[name=name] input").fill(name)
    ways.locator("[name=explanation] textarea").fill(why)


def _choose_way(page, treatment, way):
    """Say to which way a treatment belongs.

    :param treatment: words of its row, or a pattern that looks at capitals too.
    """
    row = page.locator("[name=line_ids] .o_data_row", has_text=treatment)
    row.locator("[name=alternative_id]").click()
    field = page.locator("[name=line_ids] .o_selected_row [name=alternative_id] input")
    field.click()
    page.locator(".o-autocomplete--dropdown-item", has_text=way).click()
    expect(field).to_have_value(way)
    page.locator(".oe_title").click(position={"x": 5, "y": 5})
    expect(page.locator("[name=line_ids] .o_selected_row")).to_have_count(0)


def _propose(server, visit):
    desk = visit(browser.DESKTOP, timezone_id=ZONE, locale="en-US")
    page = desk.page
    page.context.set_default_timeout(60_000)
    browser.log_in(page, server.address, "hygienist")
    page.goto(f"{server.address}/odoo/patients/{server.patient}")
    page.get_by_role("tab", name="Dental").click()
    _shot(page, "1-patient")
    page.get_by_role("button", name="New plan from open treatments").click()
    expect(page.locator("[name=line_ids] .o_data_row")).to_have_count(4)
    page.get_by_role("tab", name="Alternatives and phases").click()
    _add_way(page, "A bridge", "Done in three weeks. The teeth beside the gap are ground.")
    _add_way(page, "An implant", "Takes six months. The teeth beside it stay as they are.")
    _saved(page)
    page.get_by_role("tab", name="Treatments").click()
    _choose_way(page, "Bridge 26", "A bridge")
    _choose_way(page, re.compile("Implant 26"), "An implant")
    _choose_way(page, "Crown on an implant", "An implant")
    page.locator("[name=patient_note] textarea").fill("It is about the gap at the upper left.")
    _saved(page)
    _shot(page, "2-draft")
    page.get_by_role("button", name="Send to the patient").click()
    page.locator(".modal-footer .btn-primary").click()
    expect(page.locator(".o_arrow_button_current")).to_have_text("Proposed")
    _shot(page, "3-proposed")
    assert desk.complaints == []
    page.context.close()


def _path(server):
    """The address in the message that was made."""
    return postgres.query(
        "SELECT substring(body FROM '/prm/l/[[:alnum:]_-]+') FROM prm_message"
        " WHERE res_model = 'prm.treatment.plan' AND direction = 'out'",
        server.database,
    )[0]


def _press(page, name):
    with page.expect_navigation():
        page.get_by_role("button", name=name, exact=True).click()


def _answer(server, visit):
    phone = visit({**browser.PHONE, "java_script_enabled": False}, locale="en-US")
    page = phone.page
    path = _path(server)
    page.goto(server.address + path)
    assert page.inner_text("h1") == "Your treatment plan"
    _shot(page, "4-phone", full=True)
    _press(page, "Next")
    assert "Please choose one of the ways" in page.inner_text("[role=alert]")
    page.get_by_label("An implant", exact=True).check()
    page.get_by_label("Hygiene visit").uncheck()
    _press(page, "Next")
    assert page.inner_text("h1") == "Is this right?"
    _shot(page, "5-check", full=True)
    page.get_by_label("If you like, tell us why").select_option("I have no time for it")
    _press(page, "Send my answer")
    assert page.inner_text("h1") == "Thank you, your answer has come."
    assert "2,700.00" in page.inner_text("main")
    _shot(page, "6-thanks", full=True)
    page.locator("#question").fill("How long does it take?")
    _press(page, "Send the question")
    assert "your question has come" in page.inner_text("[role=status]")
    pdf = phone.page.request.get(f"{server.address}{path}/estimate.pdf")
    text = PdfReader(io.BytesIO(pdf.body())).pages[0].extract_text()
    assert "An implant" in text and "small post of titanium" in text
    settings.SHOTS.mkdir(parents=True, exist_ok=True)
    (settings.SHOTS / "plan-estimate.pdf").write_bytes(pdf.body())
    assert [url for url in phone.requested if not url.startswith(server.address)] == []


def _look(server, visit):
    desk = visit(browser.DESKTOP, timezone_id=ZONE, locale="en-US")
    page = desk.page
    page.context.set_default_timeout(60_000)
    browser.log_in(page, server.address, "receptionist")
    page.goto(f"{server.address}/odoo/treatment-plans")
    row = page.locator(".o_data_row", has_text="Lund")
    expect(row).to_contain_text("Accepted in part")
    _shot(page, "7-list")
    row.locator("td").nth(1).click()
    lines = page.locator("[name=line_ids] .o_data_row")
    expect(lines.filter(has_text="Crown on an implant")).to_contain_text("Accepted")
    expect(lines.filter(has_text="Bridge 26")).to_contain_text("Declined")
    expect(page.locator("[name=private_note]")).to_have_count(0)
    _shot(page, "8-answered")
    page.get_by_role("tab", name="Answers").click()
    expect(page.locator("[name=answer_ids] .o_data_row")).to_contain_text("No time")
    _shot(page, "9-answers")
    page.get_by_role("button", name="Change the answer").click()
    expect(page.locator(".modal [name=line_ids] .o_data_row")).to_have_count(4)
    _shot(page, "10-desk")
    assert desk.complaints == []


def test_from_two_ways_to_the_desk(server):
    with browser.browser() as visit:
        _propose(server, visit)
        _answer(server, visit)
        _look(server, visit)


def test_the_pages_are_for_everybody(server):
    """axe-core looks at each; see tests/test_accessibility.py for the others."""
    [link, old] = re.findall(r"^PATH (\S+)$", shell(server.database, WALK), re.MULTILINE)
    with browser.browser() as visit:
        page = visit({**browser.PHONE, "viewport": {"width": 360, "height": 740}}).page

        def check(about):
            axe.assert_accessible(page, f"{about}: {page.inner_text('h1')}")

        page.goto(server.address + old)
        check("an older link")
        page.goto(server.address + link)
        check("the plan")
        for button in ("Next", "Yes to everything in the way I chose"):
            _press(page, button)
            check(button)
        page.get_by_label("A bridge").check()
        for button in ("Next", "Send my answer", "Send the question"):
            if button == "Send the question":
                page.locator("#question").fill("Does it hurt?")
            _press(page, button)
            check(button)
        page.goto(f"{server.address}/web/login")
        page.fill("input[name=login]", "cleo")
        page.fill("input[name=password]", "cleo")
        with page.expect_navigation():
            page.click("form.oe_login_form button[type=submit]")
        page.goto(f"{server.address}/my/prm/plans")
        check("in the portal")
        _shot(page, "11-portal", full=True)
        page.get_by_role("link", name="Look at it").click()
        check("an answer in the portal")


def test_two_answers_at_once(server):
    """Mother and father, each at a phone: one answer counts, and the other one sees it."""
    found = re.search(r"^RACE (\S+) (\d+) (\d+) (\d+)$", shell(server.database, RACE), re.M)
    path, plan, *lines = found.groups()
    start = threading.Barrier(2)

    def send(line):
        typed = {"do": "send", "revision": "1", "seen": "0", f"yes_{line}": "1"}
        start.wait()
        return requests.post(server.address + path, data=typed, timeout=60)

    with ThreadPoolExecutor(2) as phones:
        answers = list(phones.map(send, lines))
    assert [answer.status_code for answer in answers] == [200, 200]
    thanked = [line for line, answer in zip(lines, answers, strict=True)
               if "Thank you, your answer has come." in answer.text]  # fmt: skip
    told = [answer for answer in answers if "was answered in the meantime" in answer.text]
    assert (len(thanked), len(told)) == (1, 1)
    query = (
        "SELECT l.id FROM prm_treatment_plan_line l JOIN prm_procedure p ON p.id = l.procedure_id"
        f" WHERE l.plan_id = {plan} AND p.state = 'accepted'"
    )
    assert postgres.query(query, server.database) == thanked
    count = f"SELECT count(*) FROM prm_treatment_answer WHERE plan_id = {plan}"
    assert postgres.query(count, server.database) == ["1"]
