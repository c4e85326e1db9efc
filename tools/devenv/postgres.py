"""A private PostgreSQL cluster, reached over the loopback interface with a password of its own."""

import os
import shutil
import subprocess
import time

from . import debian, settings
from .console import Problem, output, run, say, step

ROLE = "prm"
CLUSTER = settings.PG_DIR / "data"

#: A cluster for development and tests: losing the last second in a power cut is no loss.
TUNING = {
    "listen_addresses": "'127.0.0.1'",
    "unix_socket_directories": "''",
    "shared_buffers": "512MB",
    "work_mem": "32MB",
    "maintenance_work_mem": "256MB",
    "effective_cache_size": "2GB",
    "max_connections": "150",
    "random_page_cost": "1.1",
    "synchronous_commit": "off",
    "fsync": "off",
    "full_page_writes": "off",
    "max_wal_size": "4GB",
    "jit": "off",
    "logging_collector": "off",
}


def environment():
    """Environment with which libpq's programs and Odoo reach the cluster."""
    values = settings.config()
    return dict(
        os.environ,
        PGHOST="127.0.0.1",
        PGPORT=str(values["pg_port"]),
        PGUSER=ROLE,
        PGPASSWORD=values["pg_password"],
    )


def _program(name):
    folder = debian.postgres_bin()
    if folder is None:
        raise Problem("PostgreSQL's server is not installed. Run `make setup` first.")
    return folder / name


def _unprivileged(command):
    """PostgreSQL refuses to run as root, so root hands it to the package's own user.

    The user keeps one right of root's: to pass through folders that are closed to others, because
    a checkout may well lie below root's home.
    """
    if os.geteuid() != 0:
        return command
    rights = "+dac_read_search"
    return [
        "setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups",
        f"--inh-caps={rights}", f"--ambient-caps={rights}", *command,
    ]  # fmt: skip


def is_running():
    if not (CLUSTER / "postmaster.pid").exists():
        return False
    command = [_program("pg_isready"), "-q", "-h", "127.0.0.1", "-p", settings.config()["pg_port"]]
    return subprocess.run([str(part) for part in command], check=False).returncode == 0


def _initialise():
    values = settings.config()
    settings.PG_DIR.mkdir(parents=True, exist_ok=True)
    password_file = settings.PG_DIR / "password"
    password_file.touch(mode=0o600)
    password_file.write_text(values["pg_password"])
    if os.geteuid() == 0:
        shutil.chown(settings.PG_DIR, "postgres", "postgres")
        shutil.chown(password_file, "postgres", "postgres")
    with step("Making a private PostgreSQL cluster"):
        run(
            _unprivileged(
                [_program("initdb"), "-D", CLUSTER, "-U", ROLE, "--auth=scram-sha-256",
                 f"--pwfile={password_file}", "--encoding=UTF8", "--locale=C.UTF-8"]
            ),
            log="initdb",
            cwd="/",
        )  # fmt: skip
    password_file.unlink()


def _write_tuning():
    values = dict(TUNING, port=settings.config()["pg_port"])
    text = "".join(f"{name} = {value}\n" for name, value in values.items())
    path = CLUSTER / "postgresql.auto.conf"
    path.write_text("# Written by tools/devenv/postgres.py\n" + text)


def ensure():
    """Have the cluster running."""
    if is_running():
        return
    if not (CLUSTER / "PG_VERSION").exists():
        _initialise()
    elif settings.free_port(settings.config()["pg_port"]) != settings.config()["pg_port"]:
        raise Problem(
            f"Port {settings.config()['pg_port']} is taken by another program. "
            "Stop that program, or run `make clean` and set up anew."
        )
    _write_tuning()
    settings.LOGS.mkdir(parents=True, exist_ok=True)
    log = settings.PG_DIR / "server.log"
    run(
        _unprivileged([_program("pg_ctl"), "-D", CLUSTER, "-l", log, "-w", "-s", "start"]),
        log="pg_ctl",
        cwd="/",
    )


def stop():
    if not is_running():
        return
    run(
        _unprivileged([_program("pg_ctl"), "-D", CLUSTER, "-m", "fast", "-w", "-s", "stop"]),
        log="pg_ctl",
        cwd="/",
    )
    say("PostgreSQL stopped.")


def query(sql, database="postgres"):
    """Rows of a query as text, one line a row."""
    command = ["psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-d", database, "-c", sql]
    return output(command, env=environment()).splitlines()


def exists(database):
    return bool(query(f"SELECT 1 FROM pg_database WHERE datname = '{database}'"))


def drop(database):
    run(["dropdb", "--if-exists", "--force", database], log="dropdb", env=environment())


def copy(source, target):
    """Copy a database; connections to the source are ended first, as PostgreSQL demands."""
    drop(target)
    query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        f"WHERE datname = '{source}' AND pid <> pg_backend_pid()"
    )
    command = ["createdb", "-T", source, target]
    for attempt in range(5):
        result = subprocess.run(command, env=environment(), capture_output=True, check=False)
        if result.returncode == 0:
            return
        # A connection that came in between; it ends by itself in a moment.
        time.sleep(0.2 * (attempt + 1))
    raise Problem(f"Database {source} could not be copied: {result.stderr.decode().strip()}")
