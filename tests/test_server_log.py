"""What the tests take for a fault in a server's log, and what they let pass."""

from tests.support.server import faults

START = "2026-11-26 04:52:30,26{} 5301 {} prm_test {}\n"
CONFLICT = "psycopg2.errors.SerializationFailure: could not serialize access due to update\n"
TRACE = "Traceback (most recent call last):\n"

INFO = START.format(1, "INFO", "werkzeug: GET /odoo ERROR 200")
RETRIED = START.format(2, "ERROR", "odoo.sql_db: bad query: UPDATE x") + f"ERROR: {CONFLICT}\n"
CLOSED = (
    START.format(3, "ERROR", "werkzeug: Error on request:")
    + TRACE
    + '  File "bus/websocket.py", line 642, in _terminate\n'
    + "    with acquire_cursor(self._db) as cr:\n"
    + CONFLICT
)
GIVEN_UP = START.format(4, "ERROR", "odoo.http: Exception during request handling.") + TRACE
BROKEN_CLOSE = CLOSED.replace(CONFLICT, "KeyError: 'session_id'\n")


def test_conflicts_that_cost_nobody_anything_pass():
    assert faults(INFO + RETRIED + CLOSED + INFO) == []


def test_a_request_that_was_given_up_is_a_fault_with_its_traceback():
    [fault] = faults(INFO + GIVEN_UP + CONFLICT + RETRIED)
    assert "odoo.http" in fault
    assert fault.endswith(CONFLICT.strip())


def test_another_failure_at_the_close_is_a_fault():
    assert len(faults(BROKEN_CLOSE + START.format(5, "CRITICAL", "odoo: gone"))) == 2


def test_a_statement_that_is_wrong_is_a_fault():
    refused = START.format(6, "ERROR", "odoo.sql_db: bad query: SELEC") + "ERROR: syntax\n"
    assert len(faults(refused)) == 1
