"""Keep an expected refusal of the database out of the log.

To lose a race for a time is no fault of the program. `odoo.tools.mute_logger` silences the logger
for all threads, and two that use it at once take each other's silence away; this one is a matter of
one thread.
"""

import logging
import threading
from contextlib import contextmanager

_state = threading.local()


class _Filter(logging.Filter):
    def filter(self, record):
        return not getattr(_state, "quiet", False)


logging.getLogger("odoo.sql_db").addFilter(_Filter())


@contextmanager
def quiet_sql():
    """In this thread and this block, statements that fail are not written to the log."""
    before = getattr(_state, "quiet", False)
    _state.quiet = True
    try:
        yield
    finally:
        _state.quiet = before
