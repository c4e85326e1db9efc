"""What tests across add-ons share."""

import pytest

from .support import browser


@pytest.fixture(scope="module")
def visit():
    """A function that opens a page in one browser: ``visit(PHONE, locale="it-IT")``."""
    with browser.browser() as visit:
        yield visit
