"""Journeys as the practice uses them: copy a ladder, change a step, see who gets what, go live."""

import json

import pytest

from tests.support import browser
from tests.support.databases import copied
from tests.support.practice import set_up
from tests.support.server import OdooServer, shell

DESKTOP = {"viewport": {"width": 1366, "height": 900}}

PEOPLE = """
import json
from datetime import timedelta
from dateutil.relativedelta import relativedelta
from odoo import fields

company = env.ref("base.main_company")
env["prm.gateway"].create({
    "name": "SMS", "company_id": company.id, "provider": "generic_http",
    "url": "https://sms.example.com/send", "price": 0.07,
})
recall = env.ref("prm_dental.prm_journey_recall")
(env["prm.journey"].search([]) - recall).state = "ended"
today = fields.Date.context_today(env["prm.patient"])

# One whose visit is due in five weeks, one in five weeks who wants no such messages, one overdue.
asked = env["prm.patient"].create([
    {"first_name": name.split()[0], "last_name": name.split()[1], "company_id": company.id,
     "email": name.split()[0].lower() + "@example.com"}
    for name in ("Gina Holt", "Hugo Lane", "Iris Moore")
])
env["prm.procedure"].create([
    {"patient_id": patient.id, "type_id": env.ref("prm_dental.prm_procedure_type_hyg").id,
     "date": today - relativedelta(months=6) + timedelta(days=days), "state": "completed"}
    for patient, days in zip(asked, (35, 35, -10))
])
env["prm.consent"].create({"patient_id": asked[1].id, "state": "refused", "source": "paper",
                           "purpose_id": env.ref("prm_core.prm_purpose_recall").id})

def text(code):
    return env["prm.template"].search([("code", "=", "library_" + code)], limit=1).id

def journey(name, steps, **vals):
    return env["prm.journey"].create({
        "name": name, "purpose_id": env.ref("prm_core.prm_purpose_courtesy").id, "hour_from": 0,
        "hour_to": 24, "sundays": True, **vals,
        "step_ids": [(0, 0, {"sequence": place, **step}) for place, step in enumerate(steps)],
    })

no_email = env.ref("prm_core.prm_journey_condition_has_email").id
greeting = journey("Birthday greeting", [
    {"amount": 3, "unit": "days", "when": "before", "action": "activity",
     "activity_type_id": env.ref("mail.mail_activity_data_todo").id,
     "activity_summary": "Sign a card",
     "condition_ids": [(0, 0, {"condition_id": no_email, "negated": True})]},
    {"amount": 0, "unit": "days", "when": "after", "template_id": text("birthday"),
     "channels": "email", "hour_from": 9, "hour_to": 18},
], source_id=env.ref("prm_core.prm_journey_source_birthday").id, reentry="date")
welcome = journey("Welcome", [
    {"amount": 0, "unit": "minutes", "when": "after", "template_id": text("welcome")},
    {"amount": 5, "unit": "days", "when": "after", "template_id": text("welcome"),
     "condition_ids": [(0, 0, {"condition_id": env.ref("prm_core.prm_journey_condition_read").id,
                               "negated": True})]},
], start_type_id=env.ref("prm_core.prm_event_type_patient_created").id,
   purpose_id=env.ref("prm_core.prm_purpose_care").id,
   goal_type_ids=[(6, 0, env.ref("prm_core.prm_event_type_message_received").ids)],
   exit_type_ids=[(6, 0, env.ref("prm_core.prm_event_type_opted_out").ids)])
welcome.action_go_live()

names = ("Anna Rossi", "Ben Cole", "Cleo Marsh", "Dan Webb", "Eva Lindt", "Finn Hale")
patients = env["prm.patient"].create([
    {"first_name": name.split()[0], "last_name": name.split()[1], "company_id": company.id,
     "email": False if place == 3 else name.split()[0].lower() + "@example.com",
     "birth_date": (today + timedelta(days=place + 3)).replace(year=1980)}
    for place, name in enumerate(names)
])
env["prm.journey"]._take_up(env["prm.journey.signal"]._take(500))
env["prm.enrolment"]._advance_batch()
env["prm.event"].emit("message_received", [{"patient": patients[1]}])
env["prm.event"].emit("opted_out", [{"patient": patients[2]}])
env["prm.journey"]._take_up(env["prm.journey.signal"]._take(500))
print("IDS", json.dumps({"greeting": greeting.id, "welcome": welcome.id, "recall": recall.id,
                         "anna": patients[0].id}))
"""

#: What the background does by itself, for journeys by a date.
A_DAY = """
for journey in env["prm.journey"].search([("state", "=", "live")]):
    journey._start_by_date()
env["prm.enrolment"]._advance_batch()
"""


@pytest.fixture(scope="module")
def practice():
    """A server, and the ids of the journeys and of a patient."""
    with copied("journey_screen") as database:
        set_up(database)
        printed = shell(database, PEOPLE)
        ids = json.loads(printed.partition("IDS ")[2].splitlines()[0])
        # Nothing happens in the background, so that a test sees what it has made.
        with OdooServer(database, "--max-cron-threads=0") as running:
            yield running, ids


@pytest.fixture
def desk(practice):
    """The receptionist's page."""
    server, _ids = practice
    with browser.browser() as visit:
        visitor = visit(DESKTOP, locale="en-US", timezone_id="America/Denver")
        browser.log_in(visitor.page, server.address, "receptionist")
        yield visitor.page
        assert visitor.complaints == []
        assert server.errors() == []


def _open(page, practice, name):
    server, ids = practice
    page.goto(f"{server.address}/odoo/journeys/{ids[name]}")
    page.locator(".o_prm_ladder .o_data_row").first.wait_for()


def _ladder(page):
    """The ladder's rows as text."""
    rows = page.locator(".o_prm_ladder .o_data_row").all_inner_texts()
    return [" ".join(row.split()) for row in rows]


def _row(page, name, place=0):
    """What is said of a patient in a list."""
    row = page.locator(".o_data_row", has_text=name).nth(place)
    return " ".join(row.inner_text().split())


def _change_first_step(page):
    """Three weeks instead of four, by SMS before email; the sentence above follows."""
    page.click(".o_prm_ladder .o_data_row >> nth=0")
    dialog = page.locator(".modal")
    dialog.locator(".o_field_widget[name=amount] input").fill("21")
    dialog.locator(".o_field_widget[name=amount] input").press("Tab")
    preview = dialog.locator(".o_prm_sentence")
    preview.get_by_text("21 days before “Recall due”").wait_for()
    saturday = dialog.locator(".o_prm_weekdays input[type=checkbox]").nth(6)
    saturday.uncheck()
    preview.get_by_text("Thursdays, Fridays and Sundays").wait_for()
    saturday.check()
    preview.get_by_text("21 days before “Recall due”, if").wait_for()
    dialog.locator(".o_prm_channels select").select_option("email")
    preview.get_by_text("(Email)").wait_for()
    dialog.locator(".o_prm_channels select").select_option("sms")
    preview.get_by_text("(Email → SMS)").wait_for()
    dialog.locator("button[title='Try it earlier']").click()
    preview.get_by_text("(SMS → Email)").wait_for()
    dialog.locator(".o_field_widget[name=own_hours] input").check()
    preview.get_by_text("(09:00 – 18:00)").wait_for()
    dialog.locator(".o_field_widget[name=own_hours] input").uncheck()
    preview.get_by_text("21 days before “Recall due”, if").wait_for()
    assert not dialog.locator(".o_field_widget[name=hour_from]").is_visible()
    dialog.locator(".modal-footer .o_form_button_save").click()
    dialog.wait_for(state="detached")


def test_copies_the_recall_ladder_changes_a_step_looks_ahead_and_goes_live(desk, practice):
    """The tour of a receptionist: from the ready recall ladder to figures of her own."""
    server, _ids = practice
    page = desk
    page.goto(f"{server.address}/odoo/journeys")
    page.click(".o_data_row td[name=name] >> text='Recall'")
    page.locator(".o_prm_ladder .o_data_row").first.wait_for()
    page.click(".o_cp_action_menus button")
    page.locator(".o-dropdown-item", has_text="Duplicate").click()
    page.locator(".o_breadcrumb, .breadcrumb", has_text="Recall (copy)").wait_for()
    ladder = _ladder(page)
    assert len(ladder) == 5
    assert ladder[0] == (
        "28 days before “Recall due” no visit is booked send “Recall: hygiene visit” "
        "(as the patient prefers)"
    )
    assert ladder[1].startswith("6 weeks after the step before")
    assert "for Receptionist" in ladder[4]

    _change_first_step(page)
    assert _ladder(page)[0] == (
        "21 days before “Recall due” no visit is booked send “Recall: hygiene visit” (SMS → Email)"
    )

    # The next fourteen days; the button saves what was changed.
    page.click("button[name=action_forecast]")
    page.locator(".o_group_header").first.wait_for()
    assert page.locator(".o_data_row").count() == 3
    assert "Email Goes" in _row(page, "Gina Holt")
    assert "Held back" in _row(page, "Hugo Lane")
    assert "Email Goes" in _row(page, "Iris Moore")
    page.locator(".o_data_row", has_text="Gina Holt").click()
    page.locator(".o_form_view", has_text="May be reached by this channel").wait_for()
    page.locator(".o_breadcrumb a, .breadcrumb a", has_text="(copy)").first.click()

    page.click("button[name=action_go_live]:visible")
    page.locator(".modal-footer .btn-primary").click()
    page.locator("button[name=action_pause]:visible").wait_for()
    page.click("a[name=figures]")
    page.locator(".o_prm_funnel", has_text="Nobody has been on this journey yet").wait_for()
    [copy] = server.login("receptionist").search_read(
        "prm.journey", [("name", "=", "Recall (copy)")], ["state", "version"]
    )
    assert (copy["state"], copy["version"]) == ("live", 1)

    # Who is overdue starts at once; the others when their date is three weeks (and one) ahead.
    shell(server.database, A_DAY)
    page.reload()
    page.locator(".o_prm_ladder .o_data_row").first.wait_for()
    page.click("a[name=figures]")
    rows = page.locator(".o_prm_funnel tbody tr")
    assert rows.nth(0).locator("[data-column=reached] button").inner_text() == "1"
    assert rows.nth(1).locator("[data-column=on_its_way] button").inner_text() == "1"
    rows.nth(2).locator("[data-column=waiting] button").click()
    page.locator(".o_list_view .o_data_row", has_text="Iris Moore").wait_for()


def test_a_task_for_whom_no_email_reaches(desk, practice):
    """A step by which the patient hears nothing, and one that the gate holds back."""
    page = desk
    _open(page, practice, "greeting")
    assert _ladder(page) == [
        "3 days before “Birthday” the patient has no email address task “Sign a card”",
        "On the day of “Birthday” (09:00 – 18:00) send “Birthday greeting” (Email)",
    ]
    page.click("button[name=action_forecast]")
    page.locator(".o_group_header").first.wait_for()
    assert "In-house" in _row(page, "Dan Webb")
    assert "Held back" in _row(page, "Dan Webb", 1)
    assert page.locator(".o_data_row", has_text="Anna Rossi").count() == 1


def test_figures_open_their_lists(desk, practice):
    page = desk
    _open(page, practice, "welcome")
    page.click("a[name=figures]")
    first = page.locator(".o_prm_funnel tbody tr").nth(1)
    assert first.locator("[data-column=reached] button").inner_text() == "6"
    assert "There is no address" in first.locator("[data-column=held]").inner_text()
    waiting = page.locator(".o_prm_funnel tbody tr").nth(2).locator("[data-column=waiting] button")
    assert waiting.inner_text() == "4"
    waiting.click()
    page.locator(".o_list_view .o_data_row").nth(3).wait_for()
    assert page.locator(".o_list_view .o_data_row").count() == 4
    page.locator(".o_breadcrumb a, .breadcrumb a", has_text="Welcome").first.click()
    page.click("a[name=figures]")
    page.locator(".o_prm_reason", has_text="Wants no more messages").click()
    page.locator(".o_list_view .o_data_row", has_text="Cleo Marsh").wait_for()


def test_plays_a_journey_over_the_past(desk, practice):
    page = desk
    _open(page, practice, "welcome")
    page.click("button[name=action_simulate]")
    page.click(".modal button[name=action_play]")
    summary = page.locator(".o_prm_simulation")
    summary.wait_for()
    assert "9 patients would have started, 1 of them reached the goal" in summary.inner_text()
    page.click("button[name=action_open_lines]")
    page.locator(".o_list_view .o_data_row", has_text="Eva Lindt").first.wait_for()


def test_what_if_for_one_patient(desk, practice):
    server, ids = practice
    page = desk
    page.goto(f"{server.address}/odoo/patients/{ids['anna']}")
    page.click("button[name=action_open_journeys]")
    page.locator("[name=line_ids] .o_data_row", has_text="Welcome").wait_for()
    page.click(".o_prm_choice input")
    page.locator(".o-autocomplete--dropdown-item", has_text="Birthday greeting").first.click()
    page.click("button[name=action_what_if]")
    page.locator("[name=what_if_ids] .o_data_row", has_text="send “Birthday greeting”").wait_for()


def test_a_new_version_asks_what_becomes_of_people(desk, practice):
    page = desk
    _open(page, practice, "welcome")
    page.click("button[name=action_change]")
    page.locator("button[name=action_ask_release]:visible").wait_for()
    page.click(".o_prm_ladder .o_data_row >> nth=1")
    page.fill(".modal .o_field_widget[name=amount] input", "9")
    page.locator(".modal .o_prm_sentence", has_text="5 days").wait_for()
    page.locator(".modal .o_field_widget[name=amount] input").press("Tab")
    page.locator(".modal .o_prm_sentence", has_text="9 days").wait_for()
    page.click(".modal .o_form_button_save")
    page.locator(".modal").wait_for(state="detached")
    page.click("button[name=action_ask_release]")
    page.locator(".modal", has_text="4 are under way").wait_for()
    page.locator(".modal", has_text="5 days after “Became a patient”").wait_for()
    page.locator(".modal").get_by_label("They go on with the new version").check()
    page.locator(".modal", has_text="9 days after “Became a patient”").wait_for()
    page.click(".modal button[name=action_release]")
    page.locator("button[name=action_pause]:visible").wait_for()
    page.locator("button[name=action_open_people]", has_text="4").wait_for()


def test_others_read_and_do_not_change(practice):
    server, ids = practice
    with browser.browser() as visit:
        visitor = visit(browser.PHONE, locale="en-US", timezone_id="America/Denver")
        page = visitor.page
        browser.log_in(page, server.address, "hygienist")
        page.goto(f"{server.address}/odoo/journeys/{ids['greeting']}")
        page.locator(".o_prm_ladder", has_text="On the day of “Birthday”").wait_for()
        assert page.locator("button[name=action_go_live]").count() == 0
        assert page.locator(".o_prm_ladder", has_text="Add a step").count() == 0
        assert visitor.complaints == []
