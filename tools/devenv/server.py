"""The demo server: started in the background, awaited, stopped."""

import json
import os
import signal
import subprocess
import time
import urllib.error
import urllib.request

from . import databases, postgres, settings
from .console import Problem, say, set_stamp, stamp

PID_FILE = settings.RUN / "server.pid"
MAIL_PID_FILE = settings.RUN / "mail.pid"
PORTS_FILE = settings.RUN / "ports.json"
START_TIMEOUT = 120  # seconds
#: Ports that are taken when they are free; any others do as well.
SMTP_PORT = 8025
MAIL_PORT = 8026

LOGINS = (
    ("receptionist", "Front desk"),
    ("hygienist", "Clinician"),
    ("manager", "Practice manager"),
    ("patient", "Patient (portal)"),
    ("admin", "Administrator"),
)


def _pid(path):
    """The process of a pid file, when it still runs."""
    if not path.exists():
        return None
    pid = int(path.read_text())
    try:
        os.kill(pid, 0)
    except OSError:
        path.unlink()
        return None
    return pid


def _spawn(command, pid_file, log):
    settings.RUN.mkdir(parents=True, exist_ok=True)
    settings.LOGS.mkdir(parents=True, exist_ok=True)
    with (settings.LOGS / log).open("ab") as stream:
        process = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
            env=postgres.environment(),
            cwd=settings.ROOT,
            start_new_session=True,
        )
    pid_file.write_text(str(process.pid))
    return process


def wait_for(url, process, log):
    """Wait until a server answers.

    :raises Problem: when its process ends or it does not answer in time.
    """
    deadline = time.monotonic() + START_TIMEOUT
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=10):
                return
        except urllib.error.HTTPError:
            return
        except OSError:
            if process.poll() is not None:
                break
            time.sleep(0.2)
    raise Problem(f"The server did not come up. Its log: {settings.LOGS / log}")


def _demo_database():
    """The demo practice; what was entered in it stays when the add-ons change."""
    if postgres.exists(settings.DEMO_DB) and stamp(settings.DEMO_DB):
        databases.ensure_template(settings.DEMO_DB, settings.ADDONS)
    else:
        databases.copy(databases.ensure_demo_template(), settings.DEMO_DB)
        set_stamp(settings.DEMO_DB, stamp(settings.DEMO_TEMPLATE_DB))


def _start(port):
    """Start the demo server and its mail catcher, and return their ports."""
    _demo_database()
    ports = {
        "odoo": settings.free_port(port),
        "smtp": settings.free_port(SMTP_PORT),
        "mail": settings.free_port(MAIL_PORT),
    }
    _end(MAIL_PID_FILE, "An old mail catcher")
    catcher = [settings.PYTHON, "-m", "tools.mail_catcher", ports["smtp"], ports["mail"]]
    _spawn(catcher, MAIL_PID_FILE, "mail.log")
    address = f"http://127.0.0.1:{ports['odoo']}"
    databases.set_address(settings.DEMO_DB, address)
    process = _spawn(
        databases.odoo_command(
            "-d", settings.DEMO_DB, "--http-port", ports["odoo"],
            "--smtp", "127.0.0.1", "--smtp-port", ports["smtp"],
        ),
        PID_FILE,
        "server.log",
    )  # fmt: skip
    PORTS_FILE.write_text(json.dumps(ports))
    wait_for(f"{address}/web/login", process, "server.log")
    return ports


def demo(port):
    """Serve the demo practice and say where."""
    if _pid(PID_FILE):
        say("The demo server runs already; `make stop` ends it.")
        ports = json.loads(PORTS_FILE.read_text())
    else:
        ports = _start(port)
    say(f"\nThe demo practice is at http://127.0.0.1:{ports['odoo']}/odoo")
    say(f"Mail that it sends is caught at http://127.0.0.1:{ports['mail']}\n")
    say("Log in with one of these; the password is the same word:")
    for login, role in LOGINS:
        say(f"  {login:<14} {role}")
    say("\n`make stop` ends it.")


def _end(path, what):
    pid = _pid(path)
    if pid is None:
        return
    os.killpg(pid, signal.SIGTERM)
    deadline = time.monotonic() + 15
    while _pid(path) and time.monotonic() < deadline:
        time.sleep(0.1)
    if _pid(path):
        os.killpg(pid, signal.SIGKILL)
        path.unlink(missing_ok=True)
    say(f"{what} stopped.")


def stop():
    _end(PID_FILE, "The demo server")
    _end(MAIL_PID_FILE, "The mail catcher")
