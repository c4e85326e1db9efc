"""Chromium from Debian, driven by Playwright: for screenshots and for tests."""

import shutil

from tools.devenv.console import Problem

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
    """Start a browser.

    :raises Problem: when Chromium is not installed.
    """
    path = shutil.which("chromium")
    if not path:
        raise Problem("Chromium is missing. Run `make setup`, which installs it.")
    return playwright.chromium.launch(executable_path=path, args=list(_ARGUMENTS))


def log_in(page, address, login):
    """Log in as a person whose password is the log-in."""
    page.goto(f"{address}/web/login")
    page.fill("input[name=login]", login)
    page.fill("input[name=password]", login)
    page.click("button[type=submit]")
    page.wait_for_selector(".o_main_navbar")
