"""Pytest plugin: a skipped test is not a passed one.

Skips are listed at the end, and a run with any skip fails, because the reasons for which tests are
skipped here (no browser, no database, no server) are just the things that must be there.
"""

import pytest

_skipped = []


def pytest_runtest_logreport(report):
    if report.skipped and not hasattr(report, "wasxfail"):
        _skipped.append((report.nodeid, str(report.longrepr)))


def pytest_collectreport(report):
    if report.skipped:
        _skipped.append((report.nodeid, str(report.longrepr)))


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session, exitstatus):
    if _skipped and exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter):
    if not _skipped:
        return
    terminalreporter.section("skipped, which counts as failed")
    for nodeid, reason in _skipped:
        terminalreporter.write_line(f"{nodeid}: {reason}")
