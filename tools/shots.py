"""`make shots`: screenshots of the main screens by a real browser, from the demo practice."""

import subprocess
import sys
from contextlib import contextmanager

from playwright.sync_api import sync_playwright

from tools.browser import DESKTOP, PHONE, launch, log_in
from tools.devenv import databases, postgres, settings
from tools.devenv.server import wait_for

DATABASE = "prm_shots"
ZONE = "America/Denver"

_CELL = ".o_data_row >> nth={} >> .o_data_cell >> nth=0"
_ROW = ".o_data_row >> nth={} >> .o_list_record_selector"
_LIST, _FORM, _CALENDAR = ".o_list_view .o_data_row", ".o_form_view", ".o_calendar_view .fc-event"
#: name of the picture -> who looks, path, and by turns what is waited for and what is clicked
SCREENS = {
    "patients": ("receptionist", "/odoo/patients", (_LIST,)),
    "patient": ("receptionist", "/odoo/patients", (_LIST, _CELL.format(2), _FORM)),
    "conversation": (
        "receptionist",
        "/odoo/patients",
        (_LIST, _CELL.format(2), _FORM, "button[name=action_open_conversation]",
         ".o_prm_wide .o_prm_outlook"),
    ),
    "schedule": ("receptionist", "/odoo/schedule", (_CALENDAR,)),
    "recalls": ("receptionist", "/odoo/recalls", (_LIST,)),
    "recall-send": (
        "receptionist",
        "/odoo/recalls",
        (_LIST, "thead input[type=checkbox]", "button[name=action_send]",
         "button[name=action_send]", ".modal .o_data_row"),
    ),
    "messages": ("receptionist", "/odoo/action-prm_core.prm_message_action", (".o_list_view",)),
    "inbox": ("receptionist", "/odoo/action-prm_core.prm_inbox_action", (_LIST,)),
    "inbox-message": ("receptionist", "/odoo/action-prm_core.prm_inbox_action",
                      (_LIST, _CELL.format(1), _FORM)),
    "inbox-whose": ("receptionist", "/odoo/action-prm_core.prm_inbox_action",
                    (_LIST, "button[name=action_open_assign]", ".modal .o_form_view")),
    "guardians": ("receptionist", "/odoo/patients",
                  (_LIST, _CELL.format(2), _FORM, "a[name=guardians]",
                   "[name=guardian_ids] .o_list_view")),
    "letters": ("receptionist", "/odoo/action-prm_core.prm_letter_action", (".o_list_view",)),
    "calls": ("receptionist", "/odoo/action-prm_core.prm_call_action", (".o_list_view",)),
    "reports": ("manager", "/odoo/action-prm_core.prm_message_event_action", (_LIST,)),
    "report": ("manager", "/odoo/action-prm_core.prm_message_event_action",
               (_LIST, _CELL.format(0), _FORM)),
    "gateway": ("manager", "/odoo/action-prm_core.prm_gateway_action",
                (_LIST, ".o_data_row >> td[name=name]", _FORM)),
    "mailbox": ("manager", "/odoo/action-prm_core.prm_mailbox_action", (".o_list_view",)),
    "rules": ("manager", "/odoo/action-prm_core.prm_policy_rule_action", (".o_list_view",)),
    "purpose": ("manager", "/odoo/action-prm_core.prm_purpose_action",
                (_LIST, ".o_data_row >> nth=1 >> td[name=name]", _FORM)),
    "template": ("receptionist", "/odoo/action-prm_core.prm_template_action",
                 (_LIST, _CELL.format(0), _FORM)),
    "import": ("receptionist", "/odoo/action-prm_core.prm_import_new_action", (_FORM,)),
    "journeys": ("receptionist", "/odoo/journeys", (_LIST,)),
    "journey": ("receptionist", "/odoo/journeys", (_LIST, _CELL.format(0), ".o_prm_ladder")),
    "journey-step": ("receptionist", "/odoo/journeys",
                     (_LIST, _CELL.format(0), ".o_prm_ladder", ".o_prm_ladder .o_data_row >> nth=1",
                      ".modal .o_prm_sentence")),
    "journey-figures": ("receptionist", "/odoo/journeys",
                        (_LIST, _CELL.format(0), ".o_prm_ladder", "a[name=figures]",
                         ".o_prm_funnel")),
    "who-gets-what": ("receptionist", "/odoo/action-prm_core.prm_journey_forecast_action",
                      (".modal", "button[name=action_show]", ".o_group_header")),
    "patient-journeys": ("receptionist", "/odoo/enrolments",
                         (_LIST, _CELL.format(1), _FORM, "[name=patient_id] a", _FORM,
                          "button[name=action_open_journeys]", ".o_prm_compact")),
    "journey-past": ("receptionist", "/odoo/journeys",
                     (_LIST, _CELL.format(0), ".o_prm_ladder", "button[name=action_simulate]",
                      ".modal", "button[name=action_play]", ".o_prm_simulation")),
    "dental-chart": ("hygienist", "/odoo/patients",
                     (_LIST, _CELL.format(2), _FORM, "button[name=action_open_chart]",
                      ".o_prm_tooth")),
    "call-list": ("receptionist", "/odoo/recall-calls", (".o_prm_call .o_prm_slots",)),
    "find-a-time": ("receptionist", "/odoo/patients",
                    (_LIST, _CELL.format(2), _FORM, "button[name=action_find_time]",
                     ".modal .o_form_view")),
    "health-questions": ("hygienist", "/odoo/action-prm_dental.prm_history_action",
                         (".o_list_view, .o_view_nocontent",)),
    "merge": ("manager", "/odoo/patients",
              (_LIST, f"{_ROW.format(1)} input", _LIST, f"{_ROW.format(2)} input",
               ".o_cp_action_menus", ".o_cp_action_menus .o-dropdown", ".o-dropdown-item",
               ".o-dropdown-item:has-text('Merge')", ".modal [name=line_ids] .o_data_row")),
    "hygienist-schedule": ("hygienist", "/odoo/schedule", (_CALENDAR,)),
    "manager-recall-types": ("manager", "/odoo/action-prm_dental.prm_recall_type_action", (_LIST,)),
}  # fmt: skip

_CARD = ".o_kanban_record:not(.o_kanban_ghost)"
#: The same, as somebody sees it on a phone.
PHONE_SCREENS = {
    "phone-journeys": ("receptionist", "/odoo/journeys", (_CARD,)),
    "phone-journey": ("receptionist", "/odoo/journeys",
                      (_CARD, f"{_CARD} >> nth=0", ".o_prm_ladder")),
    "phone-journey-figures": ("receptionist", "/odoo/journeys",
                              (_CARD, f"{_CARD} >> nth=0", ".o_prm_ladder", "a[name=figures]",
                               ".o_prm_funnel")),
    "phone-journey-step": ("receptionist", "/odoo/journeys",
                           (_CARD, f"{_CARD} >> nth=0", ".o_prm_ladder",
                            ".o_prm_ladder .o_data_row >> nth=1", ".modal .o_prm_sentence")),
    "phone-call-list": ("receptionist", "/odoo/recall-calls", (".o_prm_call .o_prm_slots",)),
    "phone-who-gets-what": ("receptionist", "/odoo/action-prm_core.prm_journey_forecast_action",
                            (".modal", "button[name=action_show]", _CARD)),
}  # fmt: skip

#: Nothing is loading any more.
SETTLED = "() => document.fonts.status === 'loaded' && !document.querySelector('.o_loading')"

#: What has come in, and a gateway, so that those screens show something.
ANSWERS = """
from odoo.addons.prm_core.channels import ProviderEvent
sms = env.ref("prm_core.prm_channel_sms")
gateway = env["prm.gateway"].create({"name": "SMS of the practice", "provider": "twilio",
    "account": "AC" + "0" * 32, "secret": "x", "sender": "+12025550100", "price": 0.07})
patients = env["prm.patient"].search(
    [("mobile", "!=", False), ("status", "=", "active"), ("household_id", "!=", False)], limit=2)
texts = ("Can I come a little later on Monday, at about half past five?", "My tooth hurts again")
reports = [ProviderEvent(f"in-{n}", "inbound", address=patient.mobile, text=text,
                         raw={"MessageStatus": "received", "From": patient.mobile, "Body": text})
           for n, (patient, text) in enumerate(zip(patients, texts, strict=True))]
reports.append(ProviderEvent("in-9", "inbound", address="+12025550199",
                             text="Hello, this is a new number", raw={"MessageStatus": "received"}))
events = env["prm.message.event"]
events._store(env.company, sms, reports, gateway)
while events._apply_due():
    pass
"""

#: Of each language there is a patient in the demo practice who gets a link.
LANGUAGES = ("en_US", "it_IT", "es_ES", "de_DE", "zh_CN")
ISSUE_LINKS = f"""
for lang in {LANGUAGES!r}:
    recall = env["prm.recall"].search(
        [("patient_id.lang", "=", lang), ("patient_id.status", "=", "active"),
         ("state", "=", "due")], limit=1)
    payload = {{"type_id": recall.type_id.appointment_type_id.id}}
    _link, url = env["prm.link"]._issue(
        "book_appointment", recall.patient_id, record=recall, payload=payload)
    print("URL", lang, url.rpartition("/")[2])
    _link, url = env["prm.link"]._issue("preferences", recall.patient_id)
    print("URL", "preferences-" + lang, url.rpartition("/")[2])
    _link, url = env["prm.link"]._issue("history", recall.patient_id)
    print("URL", "health-questions-" + lang, url.rpartition("/")[2])
env.cr.commit()
"""


@contextmanager
def serving():
    """A server on a copy of the demo practice; yields its address."""
    databases.copy(databases.ensure_demo_template(), DATABASE)
    port = settings.free_port(8169)
    address = f"http://127.0.0.1:{port}"
    databases.set_address(DATABASE, address)
    line = databases.odoo_command(
        "-d", DATABASE, "--http-port", port, "--log-level=warn", "--max-cron-threads=0"
    )
    process = subprocess.Popen([str(part) for part in line], env=postgres.environment())
    try:
        wait_for(f"{address}/web/login", process, "shots.log")
        yield address
    finally:
        process.terminate()
        process.wait(timeout=30)
        databases.drop(DATABASE)


def _fill():
    """Make what the pictures show; tokens of links by language."""
    line = databases.odoo_command(
        "-c", settings.ODOO_CONF, "-d", DATABASE, "--no-http", command="shell"
    )
    result = subprocess.run(
        [str(part) for part in line],
        input=ANSWERS + ISSUE_LINKS,
        env=postgres.environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    rows = (line.split() for line in result.stdout.splitlines() if line.startswith("URL "))
    return {lang: token for _url, lang, token in rows}


def _save(page, name):
    path = settings.SHOTS / f"{name}.png"
    page.screenshot(path=path)
    print(f"  {path.name}")


def _staff_screens(browser, address, screens, device):
    pages = {}
    for name, (login, path, steps) in screens.items():
        if login not in pages:
            pages[login] = browser.new_page(**device, timezone_id=ZONE, locale="en-US")
            log_in(pages[login], address, login)
        page = pages[login]
        page.goto(f"{address}{path}")
        for index, selector in enumerate(steps):
            page.wait_for_selector(selector)
            if index % 2:
                page.click(selector)
        page.wait_for_function(SETTLED)
        _save(page, name)


def _patient_screens(browser, address, tokens):
    for lang, token in tokens.items():
        if lang.startswith(("preferences", "health-questions")):
            page = browser.new_page(**PHONE)
            page.goto(f"{address}/prm/l/{token}")
            page.screenshot(path=settings.SHOTS / f"{lang}.png", full_page=True)
            page.close()
            continue
        page = browser.new_page(**PHONE)
        page.goto(f"{address}/prm/l/{token}")
        _save(page, f"booking-1-{lang}")
        page.locator(".p-slot").first.click()
        _save(page, f"booking-2-{lang}")
        page.locator("form button[type=submit]").click()
        page.wait_for_selector("a[href$='/calendar.ics']")
        _save(page, f"booking-3-{lang}")
        page.close()


def main():
    settings.SHOTS.mkdir(parents=True, exist_ok=True)
    with serving() as address, sync_playwright() as playwright:
        tokens = _fill()
        browser = launch(playwright)
        _staff_screens(browser, address, SCREENS, DESKTOP)
        _staff_screens(browser, address, PHONE_SCREENS, PHONE)
        _patient_screens(browser, address, tokens)
        browser.close()


if __name__ == "__main__":
    sys.exit(main())
