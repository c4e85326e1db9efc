"""The conversation as the receptionist uses it: read, filter, write, and scroll through years."""

import json

import pytest

from tests.support import browser
from tests.support.databases import copied
from tests.support.practice import set_up
from tests.support.server import OdooServer, shell

DESKTOP = {"viewport": {"width": 1366, "height": 900}}
#: More rows than this in the page at once, and a long conversation would be slow.
MAX_ROWS = 150
LONG = 2000

PEOPLE = """
import json
from datetime import timedelta
from odoo import fields
from odoo.addons.prm_core.bulk import insert

company = env.ref("base.main_company")
env["prm.gateway"].create({
    "name": "SMS", "company_id": company.id, "provider": "generic_http",
    "url": "https://sms.example.com/send", "price": 0.07,
})

def patient(first_name, **vals):
    return env["prm.patient"].create({"first_name": first_name, "company_id": company.id, **vals})

def put(patient, minutes, **vals):
    "A message so many minutes ago."
    message = insert(env["prm.message"], [{
        "patient_id": patient.id, "company_id": company.id, "direction": "out", "state": "sent",
        "purpose_id": env.ref("prm_core.prm_purpose_care").id,
        "channel_id": env.ref("prm_core.prm_channel_email").id, **vals,
    }])
    env.cr.execute("UPDATE prm_message SET create_date = create_date - %s * interval '1 minute' "
                   "WHERE id = %s", [minutes, message.id])
    return message

anna = patient("Anna", last_name="Rossi", email="anna@example.com", mobile="+13035550142")
put(anna, 4000, subject="Your visit", body="Dear Anna,\\n\\nsee you soon.")
put(anna, 3000, direction="in", state="delivered", subject="Parking", body="Where can I park?")
put(anna, 60, state="failed", reason="bad_address", subject="Your way to us", body="Behind us.")
anna.message_post(body="Comes by wheelchair", message_type="comment")
env["calendar.event"].create({
    "name": "Hygiene visit", "prm_patient_id": anna.id,
    "start": fields.Datetime.now() + timedelta(days=2),
    "stop": fields.Datetime.now() + timedelta(days=2, hours=1),
    "prm_type_id": env["prm.appointment.type"].search([], limit=1).id,
    "prm_provider_id": env["prm.provider"].search([], limit=1).id,
    "prm_operatory_id": env["prm.operatory"].search([], limit=1).id,
})
mute = patient("Iris", last_name="Muta")
new = patient("Noa", last_name="Neu", email="noa@example.com")
env.cr.execute("DELETE FROM prm_event WHERE patient_id = %s", [new.id])

old = patient("Otto", last_name="Alt", email="otto@example.com")
words = "We are looking forward to your visit. "
rows = insert(env["prm.message"], [{
    "patient_id": old.id, "company_id": company.id, "state": "sent",
    "direction": "in" if index % 3 else "out", "body": f"No. {index}: " + words * (index % 7 + 1),
    "purpose_id": env.ref("prm_core.prm_purpose_care").id,
    "channel_id": env.ref("prm_core.prm_channel_email").id,
} for index in range(LONG // 2)])
env.cr.execute("UPDATE prm_message SET create_date = create_date - (%s - id) * interval '5 hours' "
               "WHERE id = ANY(%s)", [rows[-1].id + 1, rows.ids])
env["prm.event"].emit("imported", [
    {"patient": old, "payload": {"list": "old software", "row": index},
     "occurred_at": fields.Datetime.now() - timedelta(hours=5 * (LONG // 2 - index), minutes=10)}
    for index in range(LONG // 2)
])
print("IDS", json.dumps({"anna": anna.id, "mute": mute.id, "new": new.id, "old": old.id}))
"""


@pytest.fixture(scope="module")
def practice():
    """A server, and the ids of the patients."""
    with copied("conversation_screen") as database:
        set_up(database)
        printed = shell(database, f"LONG = {LONG}\n{PEOPLE}")
        ids = json.loads(printed.partition("IDS ")[2].splitlines()[0])
        # Nothing is sent in the background, so that a test sees what it has made.
        with OdooServer(database, "--max-cron-threads=0") as running:
            yield running, ids


@pytest.fixture
def visitor(practice):
    server, _ids = practice
    with browser.browser() as visit:
        visitor = visit(DESKTOP, locale="en-US", timezone_id="America/Denver")
        browser.log_in(visitor.page, server.address, "receptionist")
        yield visitor
        assert visitor.complaints == []
        assert server.errors() == []


def _open(visitor, practice, name, wide=False):
    server, ids = practice
    place = f"/odoo/patients/{ids[name]}" + ("/conversation" if wide else "")
    visitor.page.goto(server.address + place)
    visitor.page.wait_for_selector(".o_prm_conversation .o_prm_outlook, .o_prm_closed")
    return visitor.page


def _send(page):
    """Press the button as soon as the gate has said what will happen."""
    page.locator(".o_prm_send:enabled").click()


def test_reads_the_newest_at_the_bottom(visitor, practice):
    page = _open(visitor, practice, "anna")
    page.locator(".o_prm_in .o_prm_text", has_text="Where can I park?").wait_for()
    rows = page.locator(".o_prm_row")
    assert "Comes by wheelchair" in page.locator(".o_prm_slip").inner_text()
    assert rows.first.locator(".o_prm_day").is_visible()
    assert page.locator(".o_prm_day", has_text="Today").count() == 1
    assert "Hygiene visit" in page.locator(".o_prm_upcoming").inner_text()
    failed = page.locator(".o_prm_trouble")
    assert "does not exist" in failed.inner_text()
    at_end = "e => e.scrollHeight - e.scrollTop - e.clientHeight < 2"
    assert page.locator(".o_prm_scroller").evaluate(at_end)


def test_filters_and_searches(visitor, practice):
    page = _open(visitor, practice, "anna")
    page.locator(".o_prm_slip").wait_for()
    page.click("[data-kind=note]")
    page.locator(".o_prm_slip").wait_for(state="detached")
    page.click("[data-kind=note]")
    page.locator(".o_prm_slip").wait_for()
    page.fill(".o_prm_search input", "park")
    page.locator(".o_prm_slip").wait_for(state="detached")
    assert page.locator(".o_prm_row").count() == 1
    page.fill(".o_prm_search input", "no such words")
    page.locator("text=Show everything").click()
    page.locator(".o_prm_slip").wait_for()


def test_writes_freely_and_the_answer_keeps_its_subject(visitor, practice):
    server, ids = practice
    page = _open(visitor, practice, "anna")
    assert page.input_value("[name=subject]") == "Re: Parking"
    page.fill("[name=text]", "In the yard {{ patient.first_name }}.")
    page.keyboard.press("Enter")
    page.keyboard.type("Best wishes")
    page.locator(".o_prm_ready", has_text="anna@example.com").wait_for()
    page.keyboard.press("Control+Enter")
    page.locator(".o_prm_waiting .o_prm_text", has_text="In the yard {{").wait_for()
    assert page.input_value("[name=text]") == ""
    [message] = server.login("receptionist").search_read(
        "prm.message",
        [("patient_id", "=", ids["anna"]), ("body", "like", "In the yard")],
        ["subject", "body", "state", "template_id"],
    )
    assert message["body"] == "In the yard {{ patient.first_name }}.\nBest wishes"
    assert (message["subject"], message["state"]) == ("Re: Parking", "queued")
    page.locator(".o_prm_row", has_text="In the yard").locator("text=Don't send").click()
    page.locator(".o_prm_held", has_text="Called back").wait_for()


def test_writes_by_template_after_a_preview(visitor, practice):
    page = _open(visitor, practice, "anna")
    page.select_option("[name=template]", label="Before the visit: for patients who feel anxious")
    page.locator(".o_prm_preview", has_text="Anna").wait_for()
    words = page.locator(".o_prm_preview .o_prm_text").inner_text()
    _send(page)
    page.locator(".o_prm_waiting .o_prm_text", has_text=words.splitlines()[-1]).wait_for()


def test_an_sms_shows_its_parts_and_price(visitor, practice):
    page = _open(visitor, practice, "anna")
    page.select_option("[name=channel]", "sms")
    page.fill("[name=text]", "x" * 161)
    page.locator(".o_prm_size", has_text="2 SMS").wait_for()
    assert "0.14" in page.locator(".o_prm_size").inner_text()
    assert not page.locator("[name=subject]").is_visible()
    assert "locked phone" in page.locator(".o_prm_outlook").inner_text()


def test_held_back_says_why_and_what_helps(visitor, practice):
    page = _open(visitor, practice, "mute")
    page.fill("[name=text]", "Good morning")
    held = page.locator(".o_prm_outlook .o_prm_held")
    held.wait_for()
    assert "held back" in held.inner_text()
    assert "Ask for" in page.locator(".o_prm_outlook").inner_text()
    assert page.locator(".o_prm_send").is_disabled()
    page.locator("[name=text]").press("Control+Enter")
    server, ids = practice
    page = _open(visitor, practice, "anna")
    domain = [("patient_id", "=", ids["mute"])]
    assert server.login("receptionist").call("prm.message", "search_count", domain) == 0
    page.select_option("[name=purpose]", "marketing")
    page.locator(".o_prm_outlook .o_prm_held", has_text="permission first").wait_for()


def test_failed_can_be_sent_again_and_explained(visitor, practice):
    server, ids = practice
    desk = server.login("receptionist")
    page = _open(visitor, practice, "anna")
    page.fill("[name=text]", "To be explained")
    page.locator(".o_prm_ready").wait_for()
    _send(page)
    row = page.locator(".o_prm_row", has_text="To be explained")
    row.locator("text=Why?").click()
    page.locator(".modal", has_text="May be reached by this channel").wait_for()
    page.locator(".modal-footer button").click()
    page.locator(".o_prm_trouble >> text=Send again").click()
    page.locator(".o_prm_trouble").wait_for(state="detached")
    domain = [("patient_id", "=", ids["anna"]), ("state", "=", "failed")]
    assert desk.call("prm.message", "search_count", domain) == 0


def test_what_is_new_appears_by_itself(visitor, practice):
    server, ids = practice
    page = _open(visitor, practice, "anna")
    page.clock.install()
    page.reload()
    page.locator(".o_prm_slip").first.wait_for()
    server.login("receptionist").call(
        "prm.patient", "message_post", [ids["anna"]], body="Just rang", message_type="comment"
    )
    assert page.locator("text=Just rang").count() == 0
    page.clock.fast_forward(21_000)
    page.locator(".o_prm_slip", has_text="Just rang").wait_for()


def test_an_empty_conversation_says_what_to_do(visitor, practice):
    page = _open(visitor, practice, "new")
    page.locator("text=Write the first message below").wait_for()


def test_opens_wide_from_the_form_and_after_a_reload(visitor, practice):
    page = _open(visitor, practice, "anna")
    page.click("button[name=action_open_conversation]")
    for _again in range(2):
        page.locator(".o_prm_wide .o_prm_in", has_text="Where can I park?").wait_for()
        page.locator(".breadcrumb, .o_breadcrumb", has_text="Anna Rossi").first.wait_for()
        assert page.locator(".o_prm_wide").bounding_box()["height"] > 600
        page.reload()


def test_a_draft_survives_another_tab(visitor, practice):
    page = _open(visitor, practice, "anna")
    page.fill("[name=text]", "Half a sent")
    page.click("a[name=permissions]")
    page.locator(".o_prm_conversation").wait_for(state="detached")
    page.click("a[name=conversation]")
    page.locator(".o_prm_outlook").wait_for()
    assert page.input_value("[name=text]") == "Half a sent"


def test_clinicians_read_and_do_not_write(practice):
    server, _ids = practice
    with browser.browser() as visit:
        visitor = visit(DESKTOP, locale="en-US", timezone_id="America/Denver")
        browser.log_in(visitor.page, server.address, "hygienist")
        page = _open(visitor, practice, "anna")
        page.locator(".o_prm_in .o_prm_text", has_text="Where can I park?").wait_for()
        assert page.locator(".o_prm_closed", has_text="front desk").is_visible()
        assert page.locator("textarea[name=text]").count() == 0
        assert visitor.complaints == []


#: One step upward. Answers how far the row that was on top has moved, against how far it should.
STEP = """
async (el) => {
    const frame = () => new Promise((done) => requestAnimationFrame(() => done()));
    const box = el.getBoundingClientRect();
    const row = [...el.querySelectorAll(".o_prm_row")].find(
        (row) => row.getBoundingClientRect().bottom > box.top);
    const top = row.getBoundingClientRect().top;
    const asked = Math.min(el.scrollTop, 350);
    el.scrollTop -= asked;
    for (let i = 0; i < 6; i++) { await frame(); }
    const now = document.querySelector(`[data-key="${row.dataset.key}"]`);
    return {
        rows: el.querySelectorAll(".o_prm_row").length,
        drift: now ? Math.abs(now.getBoundingClientRect().top - top - asked) : null,
        seen: el.querySelector(".o_prm_row").dataset.key,
        top: el.scrollTop,
        busy: el.getAttribute("aria-busy") === "true",
    };
}
"""


def test_two_thousand_entries_in_a_bounded_page(visitor, practice):
    page = _open(visitor, practice, "old", wide=True)
    page.locator(".o_prm_row", has_text=f"No. {LONG // 2 - 1}:").wait_for()
    scroller = page.locator(".o_prm_scroller")
    steps = []
    while not steps or steps[-1]["top"] > 0 or steps[-1]["busy"]:
        steps.append(scroller.evaluate(STEP))
        assert len(steps) < 2000, "the beginning is never reached"
    assert max(step["rows"] for step in steps) <= MAX_ROWS
    drifts = [step["drift"] for step in steps]
    assert None not in drifts
    assert max(drifts) <= 2, "what is read has jumped"
    # The oldest entry of all is there, and from here one click leads to the newest.
    page.locator(".o_prm_row", has_text="Became a patient").or_(
        page.locator(".o_prm_row", has_text="No. 0:")
    ).first.wait_for()
    page.click(".o_prm_to_end")
    page.locator(".o_prm_row", has_text=f"No. {LONG // 2 - 1}:").wait_for()
    assert page.locator(".o_prm_row").count() <= MAX_ROWS
