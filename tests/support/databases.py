"""A database of its own for a test: a copy of a template, dropped afterwards."""

import os
from contextlib import contextmanager

from tools.devenv import databases


@contextmanager
def copied(name, demo=False):
    """Yield the name of a fresh database with all add-ons (and the demo practice, if asked)."""
    template = databases.ensure_demo_template() if demo else databases.ensure_template()
    name = f"prm_test_{name}_{os.getpid()}"
    databases.copy(template, name)
    try:
        yield name
    finally:
        databases.drop(name)
