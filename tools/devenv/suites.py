"""The tests, the figures and the screenshots."""

import os
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

from . import databases, postgres, settings
from .console import Problem, say

#: Several people, or several terminals, may test at the same time.
TEST_DB = f"prm_test_{os.getpid()}"
#: Into so many parts the tests across add-ons are dealt out, to be run beside other suites.
PARTS = 4


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


def _size(paths):
    """How much there is to test, roughly: the bytes of the tests."""
    return sum(
        file.stat().st_size
        for path in paths
        for file in ([path] if path.is_file() else path.rglob("*.py"))
    )


def _parts():
    """The files of `tests`, dealt out into parts of about the same size.

    :return: ``{label: paths}``
    """
    parts = [[] for _number in range(PARTS)]
    for path in sorted((settings.ROOT / "tests").glob("test_*.py"), key=lambda one: -_size([one])):
        min(parts, key=_size).append(path)
    return {f"tests, part {number}": part for number, part in enumerate(parts, start=1) if part}


def _suites(names, across):
    """The tests of add-ons, each on a fresh copy of the template with all add-ons installed, and
    those across add-ons, which make databases of their own.

    A suite keeps one core busy, so two run beside each other, the longest first.

    :param names: of add-ons; :param across: whether the tests across add-ons run too.
    :return: the names of those that failed.
    """
    work, copies = {}, {}
    for name in names:
        demo = name == settings.DEMO_ADDON
        template = databases.ensure_demo_template() if demo else databases.ensure_template()
        copies[name] = f"{TEST_DB}_{name}"
        databases.copy(template, copies[name])
        work[name] = [settings.ROOT / name / "tests"]
    if across:
        databases.ensure_demo_template()
        work.update(_parts())

    def passes(name):
        return _pytest(work[name], database=copies.get(name), label=name, quiet=len(work) > 1)

    ordered = sorted(work, key=lambda name: -_size(work[name]))
    try:
        with ThreadPoolExecutor(max_workers=min(2, os.cpu_count() or 1)) as pool:
            results = zip(ordered, pool.map(passes, ordered), strict=True)
            return [name for name, passed in results if not passed]
    finally:
        for database in copies.values():
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
        tested = [name for name in names if (settings.ROOT / name / "tests").is_dir()]
        failed += _suites(tested, across=not addon)
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
