"""The tests, the figures and the screenshots."""

import os
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

from . import databases, postgres, settings
from .console import Problem, say

#: Several people, or several terminals, may test at the same time.
TEST_DB = f"prm_test_{os.getpid()}"


def _pytest(paths, *, database=None, label, quiet=False):
    """Run pytest in a process of its own.

    :param database: with it, the tests run inside Odoo on that database, browser tours included.
    :param quiet: show what it prints when it is through, not as it comes.
    :return: whether all passed.
    """
    command = [settings.PYTHON, "-m", "pytest", "-p", "tools.pytest_prm", "-q", "--no-header"]
    command += ["-p", "no:cacheprovider", "-o", "addopts=", "--durations=8"]
    if database:
        command += [f"--odoo-database={database}", f"--odoo-config={settings.ODOO_CONF}"]
        command += ["--odoo-http"]
    else:
        command += ["-p", "no:odoo"]
    title = f"\n━━ {label}\n"
    started = time.monotonic()
    say(title.rstrip() if not quiet else f"» {label} …")
    result = subprocess.run(
        [str(part) for part in (*command, *paths)],
        env=dict(postgres.environment(), PRM_HOME=str(settings.HOME)),
        cwd=settings.ROOT,
        check=False,
        text=True,
        stdout=subprocess.PIPE if quiet else None,
        stderr=subprocess.STDOUT if quiet else None,
    )
    took = f"   {label}: {time.monotonic() - started:.0f} s"
    say(f"{title}{result.stdout}{took}" if quiet else took)
    return result.returncode == 0


def _addon_suites(names):
    """The tests of add-ons, each on a fresh copy of the template with all add-ons installed.

    A suite keeps one core busy, so two run beside each other.

    :return: the names of those that failed.
    """
    suites = {}
    for name in names:
        demo = name == settings.DEMO_ADDON
        template = databases.ensure_demo_template() if demo else databases.ensure_template()
        suites[name] = f"{TEST_DB}_{name}"
        databases.copy(template, suites[name])

    def passes(name):
        tests = [settings.ROOT / name / "tests"]
        return _pytest(tests, database=suites[name], label=name, quiet=len(suites) > 1)

    try:
        with ThreadPoolExecutor(max_workers=min(2, os.cpu_count() or 1)) as pool:
            return [
                name
                for name, passed in zip(suites, pool.map(passes, suites), strict=True)
                if not passed
            ]
    finally:
        for database in suites.values():
            databases.drop(database)


def run(addon=None, paths=()):
    """All tests, those of one add-on, or single files.

    :raises Problem: when a test fails, or is skipped.
    """
    if addon and addon not in settings.addons_present():
        known = ", ".join(settings.addons_present())
        raise Problem(f"There is no add-on {addon}. There are: {known}.")
    failed = []
    if paths:
        inside = [path for path in paths if not path.startswith("tests")]
        if inside:
            databases.copy(databases.ensure_template(), TEST_DB)
            if not _pytest(inside, database=TEST_DB, label="chosen tests of add-ons"):
                failed.append("chosen tests of add-ons")
        outside = [path for path in paths if path.startswith("tests")]
        if outside and not _pytest(outside, label="chosen tests"):
            failed.append("chosen tests")
    else:
        names = [addon] if addon else settings.addons_present()
        failed += _addon_suites(
            [name for name in names if (settings.ROOT / name / "tests").is_dir()]
        )
        if not addon:
            databases.ensure_template()
            databases.ensure_demo_template()
            if not _pytest([settings.ROOT / "tests"], label="tests"):
                failed.append("tests")
    databases.drop(TEST_DB)
    if failed:
        raise Problem(f"Failed: {', '.join(failed)}")
    say("\nAll tests passed.")


def bench(name=None):
    """The figures. Each benchmark is a script of its own with a database of its own."""
    scripts = sorted((settings.ROOT / "benchmarks").glob("bench_*.py"))
    if name:
        scripts = [path for path in scripts if path.stem == f"bench_{name}"]
    if not scripts:
        raise Problem(f"There is no benchmark {name!r} in benchmarks/.")
    databases.ensure_template()
    failed = []
    for path in scripts:
        say(f"\n━━ {path.stem}")
        command = [settings.PYTHON, "-m", f"benchmarks.{path.stem}"]
        env = dict(postgres.environment(), PRM_HOME=str(settings.HOME))
        result = subprocess.run(
            [str(part) for part in command], env=env, cwd=settings.ROOT, check=False
        )
        if result.returncode:
            failed.append(path.stem)
    if failed:
        raise Problem(f"A budget was not held, or a benchmark failed: {', '.join(failed)}")


def shots():
    """Screenshots of the main screens, from the demo practice, by a real browser."""
    databases.ensure_demo_template()
    command = [settings.PYTHON, "-m", "tools.shots"]
    env = dict(postgres.environment(), PRM_HOME=str(settings.HOME))
    result = subprocess.run(
        [str(part) for part in command], env=env, cwd=settings.ROOT, check=False
    )
    if result.returncode:
        raise Problem("The screenshots could not be made; see the output above.")
    say(f"Screenshots are in {settings.SHOTS}")
