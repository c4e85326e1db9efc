"""A real browser whose complaints and requests are kept."""

from contextlib import contextmanager

from playwright.sync_api import sync_playwright

from tools.browser import DESKTOP, PHONE, launch, log_in

__all__ = ["DESKTOP", "PHONE", "Visitor", "browser", "log_in"]


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
