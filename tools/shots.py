"""`make shots`: screenshots of the main screens by a real browser, from the demo practice."""

import shutil
import subprocess
import sys
from contextlib import contextmanager

from playwright.sync_api import sync_playwright

from tools.devenv import databases, postgres, settings
from tools.devenv.server import wait_for

DATABASE = "prm_shots"
DESKTOP = {"width": 1366, "height": 850}
PHONE = {"width": 390, "height": 844}

#: name of the picture -> path to open as the receptionist, and what to do before the picture
SCREENS = {
    "patients": ("/odoo/patients", None),
    "patient": ("/odoo/patients", ".o_data_row >> nth=0"),
    "schedule": ("/odoo/schedule", None),
    "recalls": ("/odoo/recalls", None),
    "messages": ("/odoo/action-prm_core.prm_message_action", None),
    "templates": ("/odoo/action-prm_core.prm_template_action", ".o_data_row >> nth=0"),
    "import": ("/odoo/action-prm_core.prm_import_action", None),
}

ISSUE_LINK = """
patient = env["prm.patient"].search([("status", "=", "active"), ("lang", "=", "en_US")], limit=1)
recall = env["prm.recall"].search([("patient_id.lang", "=", "{lang}")], limit=1)
kind = recall.type_id.appointment_type_id
_link, url = env["prm.link"]._issue(
    "book_appointment", recall.patient_id, record=recall, payload={{"type_id": kind.id}})
env.cr.commit()
print("URL=" + url)
"""


def launch(playwright):
    """Chromium from Debian, without the calls home that this browser makes by itself."""
    return playwright.chromium.launch(
        executable_path=shutil.which("chromium"),
        args=["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"],
    )


@contextmanager
def serving():
    """A server on a copy of the demo practice; yields its address."""
    databases.copy(databases.ensure_demo_template(), DATABASE)
    port = settings.free_port(8169)
    line = databases.odoo_command("-d", DATABASE, "--http-port", port, "--log-level=warn",
                                  "--max-cron-threads=0")  # fmt: skip
    process = subprocess.Popen([str(part) for part in line], env=postgres.environment())
    try:
        address = f"http://127.0.0.1:{port}"
        wait_for(f"{address}/web/login", process, "shots.log")
        yield address
    finally:
        process.terminate()
        process.wait(timeout=30)
        databases.drop(DATABASE)


def _link(address, lang):
    """A booking link for a patient who speaks a language."""
    result = subprocess.run(
        [str(part) for part in databases.odoo_command(
            "-c", settings.ODOO_CONF, "-d", DATABASE, "--no-http", command="shell")],
        input=ISSUE_LINK.format(lang=lang),
        env=postgres.environment(), capture_output=True, text=True, check=True,
    )  # fmt: skip
    url = next(line[4:] for line in result.stdout.splitlines() if line.startswith("URL="))
    return f"{address}/prm/l/{url.rpartition('/')[2]}"


def _save(page, name):
    path = settings.SHOTS / f"{name}.png"
    page.screenshot(path=path)
    print(f"  {path.name}")


def _backend(browser, address):
    page = browser.new_page(viewport=DESKTOP)
    page.goto(f"{address}/web/login")
    page.fill("input[name=login]", "receptionist")
    page.fill("input[name=password]", "receptionist")
    page.click("button[type=submit]")
    page.wait_for_selector(".o_main_navbar")
    for name, (path, click) in SCREENS.items():
        page.goto(f"{address}{path}")
        page.wait_for_selector(".o_action_manager .o_content")
        page.wait_for_load_state("networkidle")
        if click:
            page.click(f"{click} >> .o_data_cell >> nth=0")
            page.wait_for_selector(".o_form_view")
            page.wait_for_load_state("networkidle")
        _save(page, name)
    page.close()


def _patient_pages(browser, address):
    for lang in ("en_US", "it_IT", "es_ES", "de_DE", "zh_CN"):
        page = browser.new_page(viewport=PHONE)
        page.goto(_link(address, lang))
        _save(page, f"booking-{lang}")
        page.close()


def main():
    settings.SHOTS.mkdir(parents=True, exist_ok=True)
    with serving() as address, sync_playwright() as playwright:
        browser = launch(playwright)
        _backend(browser, address)
        _patient_pages(browser, address)
        browser.close()


if __name__ == "__main__":
    sys.exit(main())
