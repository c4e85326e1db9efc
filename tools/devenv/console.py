"""What the person at the terminal reads, and how commands are run."""

import fcntl
import hashlib
import subprocess
import sys
import time
from contextlib import contextmanager

from . import settings


class Problem(Exception):
    """Something the person can mend; the text says what to do."""


def say(text):
    print(text, flush=True)


@contextmanager
def step(text):
    """Announce a step, and how long it took."""
    say(f"» {text} …")
    started = time.monotonic()
    yield
    say(f"  done in {time.monotonic() - started:.0f} s")


def run(command, *, log=None, env=None, cwd=None, check=True, **options):
    """Run a command.

    :param log: name of a file in the log folder that takes the output; without it the
        output goes to the terminal.
    :raises Problem: when the command fails, with the end of its output.
    """
    command = [str(part) for part in command]
    if log is None:
        result = subprocess.run(command, env=env, cwd=cwd, check=False, **options)
        tail = ""
    else:
        settings.LOGS.mkdir(parents=True, exist_ok=True)
        path = settings.LOGS / f"{log}.log"
        with path.open("wb") as stream:
            result = subprocess.run(
                command,
                env=env,
                cwd=cwd,
                check=False,
                stdout=stream,
                stderr=subprocess.STDOUT,
                **options,
            )
        tail = "\n".join(path.read_text(errors="replace").splitlines()[-25:])
    if check and result.returncode:
        where = f"\nThe whole output: {path}" if log else ""
        raise Problem(
            f"This command failed ({result.returncode}): {' '.join(command)}\n{tail}{where}"
        )
    return result


def output(command, **options):
    """The standard output of a command, or a Problem with its error text."""
    command = [str(part) for part in command]
    result = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    if result.returncode:
        raise Problem(f"This command failed: {' '.join(command)}\n{result.stderr.strip()}")
    return result.stdout


def fingerprint(*paths):
    """A short hash over the contents of files, so that a changed input is noticed."""
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def stamp(name):
    """What was recorded at the last success of a step, or None."""
    path = settings.STAMPS / name
    return path.read_text() if path.exists() else None


def set_stamp(name, value):
    settings.STAMPS.mkdir(parents=True, exist_ok=True)
    (settings.STAMPS / name).write_text(value)


@contextmanager
def only_one(name):
    """Hold a lock of this checkout: a second process waits for the first."""
    settings.RUN.mkdir(parents=True, exist_ok=True)
    with (settings.RUN / f"{name}.lock").open("w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield


def fail(problem):
    sys.stdout.flush()
    print(f"\n✗ {problem}", file=sys.stderr)
    raise SystemExit(1)
