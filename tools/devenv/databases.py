"""Template databases: add-ons are installed once, then every database is a copy."""

import hashlib
import json
import re
import shutil

from . import postgres, settings
from .console import Problem, only_one, run, set_stamp, stamp, step

#: Folders of an add-on whose change needs no update of the database.
NOT_IN_DATABASE = {"tests", "static", "readme", "__pycache__"}

LAUNCHER = settings.HOME / "odoo-bin"


def write_configuration():
    """The configuration file and launcher that every Odoo started from here uses."""
    values = settings.config()
    lines = {
        "addons_path": settings.ROOT,
        "data_dir": settings.DATA_DIR,
        "db_host": "127.0.0.1",
        "db_port": values["pg_port"],
        "db_user": postgres.ROLE,
        "db_password": values["pg_password"],
        "admin_passwd": values["master_password"],
        "http_interface": "127.0.0.1",
        "list_db": "False",
        "limit_time_real": "600",
        "limit_time_cpu": "600",
    }
    text = "[options]\n" + "".join(f"{name} = {value}\n" for name, value in lines.items())
    if not settings.ODOO_CONF.exists() or settings.ODOO_CONF.read_text() != text:
        settings.ODOO_CONF.touch(mode=0o600)
        settings.ODOO_CONF.write_text(text)
    # `python -m odoo --workers` restarts its child for ever; a script of its own does not.
    launcher = "import odoo.cli\n\nif __name__ == '__main__':\n    odoo.cli.main()\n"
    # Not written anew each time: others may just be starting it.
    if not LAUNCHER.exists() or LAUNCHER.read_text() != launcher:
        LAUNCHER.write_text(launcher)


def odoo_command(*arguments, command=None):
    """The command line that runs Odoo with this environment's configuration."""
    first = [settings.PYTHON, LAUNCHER]
    if command:
        # A command of an add-on is only found once the add-ons' folder is known.
        return [*first, f"--addons-path={settings.ROOT}", command, *arguments]
    return [*first, "-c", settings.ODOO_CONF, *arguments]


def run_odoo(*arguments, log):
    run(odoo_command(*arguments), log=log, env=postgres.environment())


def _addon_hash(name):
    """A hash over the files of an add-on that end up in a database."""
    digest = hashlib.sha256()
    folder = settings.ROOT / name
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        if path.is_file() and not NOT_IN_DATABASE.intersection(parts):
            digest.update("/".join(parts).encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _filestore(database):
    return settings.DATA_DIR / "filestore" / database


def copy(source, target):
    """Copy a database together with its files."""
    postgres.copy(source, target)
    shutil.rmtree(_filestore(target), ignore_errors=True)
    if _filestore(source).exists():
        shutil.copytree(_filestore(source), _filestore(target))


def check_new_name(name):
    """:raises Problem: when a new database can't have this name, or would take another's place."""
    if not name:
        raise Problem("Say which name the database is to have: make db NAME=practice")
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,50}", name):
        raise Problem(f"“{name}” is no good name: use small letters, digits and underscores.")
    if postgres.exists(name):
        raise Problem(
            f"There is a database {name} already, and it is left alone. Choose another name, or "
            f"drop it first: make odoo ARGS='db drop {name}'"
        )


def set_address(database, address):
    """Say under which address a database is served, so that links in messages lead there.

    It is kept: Odoo would otherwise take over the address of whoever logs in as administrator.
    """
    rows = ", ".join(
        f"('{key}', '{value}', now(), now())"
        for key, value in (("web.base.url", address), ("web.base.url.freeze", "True"))
    )
    postgres.query(
        "INSERT INTO ir_config_parameter (key, value, create_date, write_date) "
        f"VALUES {rows} ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value",
        database,
    )


def drop(database):
    postgres.drop(database)
    shutil.rmtree(_filestore(database), ignore_errors=True)


def _build(database, addons, demo):
    with step(f"Installing {', '.join(addons)} (a few minutes, once)"):
        # A build that fails leaves half a database, which must not pass for the one before.
        set_stamp(database, "null")
        drop(database)
        options = ["--with-demo"] if demo else []
        run_odoo(
            "-d", database, "-i", ",".join(addons), *options, "--stop-after-init",
            "--no-http", "--log-level=warn", log=f"install-{database}",
        )  # fmt: skip


def _update(database, addons):
    with step(f"Updating {', '.join(addons)} in {database}"):
        run_odoo(
            "-d", database, "-u", ",".join(addons), "--stop-after-init", "--no-http",
            "--log-level=warn", log=f"update-{database}",
        )  # fmt: skip


def _prepare_assets(database):
    """Put together the scripts and styles once, where every copy of the database finds them.

    Else each server of each test does so for its first visitor.
    """
    with step(f"Preparing scripts and styles in {database}"):
        run(
            odoo_command(
                "-c", settings.ODOO_CONF, "-d", database, "--no-http", "--log-level=warn",
                command="shell",
            ),
            log=f"assets-{database}",
            env=postgres.environment(),
            input="env['ir.qweb']._pregenerate_assets_bundles()\nenv.cr.commit()\n",
            text=True,
        )  # fmt: skip


def ensure_template(database=settings.TEMPLATE_DB, addons=settings.PLAIN_ADDONS):
    """Have a template database with the add-ons as they are now.

    A changed add-on is updated in place; a new or vanished one means a new database.

    :return: the name of the database.
    """
    with only_one(database):
        _ensure_template(database, addons)
    return database


def _ensure_template(database, addons):
    addons = settings.addons_present(addons)
    wanted = {name: _addon_hash(name) for name in addons}
    known = json.loads(stamp(database) or "null")
    # What an add-on invents at its installation, no update makes anew.
    invents = settings.DEMO_ADDON
    if (
        known is None
        or set(known) != set(wanted)
        or known.get(invents) != wanted.get(invents)
        or not postgres.exists(database)
    ):
        _build(database, addons, demo=False)
    elif known != wanted:
        try:
            _update(database, [name for name in addons if known[name] != wanted[name]])
        except Problem:
            # A half-updated template would fail every suite that comes after.
            _build(database, addons, demo=False)
    if known != wanted:
        _prepare_assets(database)
    set_stamp(database, json.dumps(wanted))


def ensure_demo_template():
    return ensure_template(settings.DEMO_TEMPLATE_DB, settings.ADDONS)
