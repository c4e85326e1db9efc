"""A real browser: Chromium from Debian, driven by Playwright."""

import shutil
from contextlib import contextmanager

from playwright.sync_api import sync_playwright

DESKTOP = {"viewport": {"width": 1366, "height": 850}}
PHONE = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 2,
    "has_touch": True,
    "is_mobile": True,
}

#: Chromium's own calls home are refused on a closed network and only cost time.
_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


def launch(playwright):
    path = shutil.which("chromium")
    assert path, "Chromium is missing; the set-up installs it"
    return playwright.chromium.launch(executable_path=path, args=list(_ARGUMENTS))


class Visitor:
    """A page together with everything it asked for and complained about."""

    def __init__(self, page):
        self.page = page
        self.requested = []
        self.complaints = []
        page.on("request", lambda request: self.requested.append(request.url))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on(
            "console",
            lambda line: self.complaints.append(line.text) if line.type == "error" else None,
        )


@contextmanager
def browser():
    """Yield a function that opens a page: ``visit(PHONE, locale="it-IT")``."""
    with sync_playwright() as playwright:
        chromium = launch(playwright)

        def visit(device, **options):
            context = chromium.new_context(**device, **options)
            context.set_default_timeout(20_000)
            return Visitor(context.new_page())

        yield visit
        chromium.close()


def log_in(page, address, login):
    page.goto(f"{address}/web/login")
    page.fill("input[name=login]", login)
    page.fill("input[name=password]", login)
    page.click("button[type=submit]")
    page.wait_for_selector(".o_main_navbar")
