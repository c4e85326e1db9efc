"""Where things lie and which versions they have. One place, so that no path is written twice."""

import json
import os
import secrets
import socket
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HOME = Path(os.environ.get("PRM_HOME") or ROOT / ".prm")

ODOO_SERIES = "19.0"
MIN_PYTHON = (3, 10)

VENV = HOME / "venv"
PYTHON = VENV / "bin" / "python"
ODOO_DIR = HOME / "odoo"
APT_DIR = HOME / "apt"
PG_DIR = HOME / "postgresql"
DATA_DIR = HOME / "data"
LOGS = HOME / "logs"
STAMPS = HOME / "stamps"
RUN = HOME / "run"
SHOTS = HOME / "shots"
NODE_DIR = HOME / "node"
CONFIG_FILE = HOME / "config.json"
ODOO_CONF = HOME / "odoo.conf"

REQUIREMENTS = ROOT / "requirements"

#: Add-ons of the repository in the order in which they build on each other.
ADDONS = ("prm_core", "prm_appointment", "prm_dental", "prm_demo")
#: The demo practice is data for looking at; an empty practice does not want it.
DEMO_ADDON = "prm_demo"
PLAIN_ADDONS = tuple(name for name in ADDONS if name != DEMO_ADDON)

TEMPLATE_DB = "prm_template"
DEMO_TEMPLATE_DB = "prm_template_demo"
DEMO_DB = "prm_demo"


def addons_present(names=ADDONS):
    """Add-ons that exist in this checkout, in order of dependence."""
    return [name for name in names if (ROOT / name / "__manifest__.py").exists()]


def free_port(preferred):
    """The preferred TCP port if nobody listens there, else any free one."""
    for port in (preferred, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return probe.getsockname()[1]
    raise AssertionError("no free port")


def config():
    """Ports and passwords of this checkout, chosen at random once and then kept."""
    if CONFIG_FILE.exists():
        return json.loads(CONFIG_FILE.read_text())
    values = {
        "pg_port": free_port(54319),
        "pg_password": secrets.token_urlsafe(24),
        "master_password": secrets.token_urlsafe(24),
    }
    HOME.mkdir(parents=True, exist_ok=True)
    CONFIG_FILE.touch(mode=0o600)
    CONFIG_FILE.write_text(json.dumps(values, indent=2))
    return values
