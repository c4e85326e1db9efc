"""Debian packages: what must be installed on the machine, and how."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from . import settings
from .console import Problem, run, say, step

#: package -> a file or program that shows that it is there
NEEDED = {
    "postgresql": None,
    "chromium": "chromium",
    "wkhtmltopdf": "wkhtmltopdf",
    "fonts-noto-cjk": "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "fonts-noto-core": "/usr/share/fonts/truetype/noto/NotoSans-Regular.ttf",
    "libmagic1": "/usr/share/doc/libmagic1",
    "libatomic1": "/usr/share/doc/libatomic1",  # Playwright brings a Node.js that needs it
    "ca-certificates": "/usr/share/doc/ca-certificates",
}

#: Only for the tests: it checks docker-compose.yml, and needs no engine for that.
FOR_TESTS = {"docker-compose": "docker-compose"}


def check_python():
    """The interpreter that makes the virtual environment.

    :raises Problem: when it is older than Odoo 19 allows.
    """
    if sys.version_info < settings.MIN_PYTHON:
        wanted = ".".join(map(str, settings.MIN_PYTHON))
        raise Problem(
            f"Odoo {settings.ODOO_SERIES} needs Python {wanted} or newer; this is "
            f"{sys.version.split()[0]}. Debian 12 and newer bring one that does."
        )


def postgres_bin():
    """The folder with PostgreSQL's server programs, newest version first, or None."""
    versions = Path("/usr/lib/postgresql")
    if not versions.is_dir():
        return None
    found = [path for path in versions.iterdir() if (path / "bin" / "initdb").exists()]
    found.sort(key=lambda path: int(path.name) if path.name.isdigit() else 0)
    return found[-1] / "bin" if found else None


def _is_there(package, proof):
    if package == "postgresql":
        return postgres_bin() is not None
    if proof.startswith("/"):
        return Path(proof).exists()
    return shutil.which(proof) is not None


def _venv_packages():
    """Debian splits `venv` from its Python; any other Python has it."""
    probe = [sys.executable, "-c", "import venv, ensurepip"]
    if subprocess.run(probe, capture_output=True, check=False).returncode == 0:
        return []
    return ["python3-venv"]


def missing(wanted):
    """Names of the Debian packages that are not on this machine."""
    names = [name for name, proof in wanted.items() if not _is_there(name, proof)]
    return names + _venv_packages()


def as_root(command):
    """The command, prefixed with sudo for a plain user.

    :raises Problem: when neither root nor sudo is at hand.
    """
    if os.geteuid() == 0:
        return command
    if shutil.which("sudo"):
        return ["sudo", *command]
    raise Problem(
        "This step needs the rights of root, and there is no sudo. Ask an administrator to run:\n"
        f"  {' '.join(command)}"
    )


def ensure(tests=False):
    """Install the Debian packages that are missing."""
    check_python()
    wanted = {**NEEDED, **FOR_TESTS} if tests else NEEDED
    names = missing(wanted)
    if not names:
        return
    if not shutil.which("apt-get"):
        raise Problem(
            "These Debian packages are missing, and apt-get is not here to install them: "
            + ", ".join(names)
        )
    env = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    keep = ["env", "DEBIAN_FRONTEND=noninteractive"]
    with step(f"Installing Debian packages: {', '.join(names)}"):
        run(as_root(["apt-get", "update", "-q"]), log="apt-update", env=env)
        run(
            as_root([*keep, "apt-get", "install", "-qy", "--no-install-recommends", *names]),
            log="apt-install",
            env=env,
        )
    still = missing(wanted)
    if still:
        raise Problem(f"apt-get ran, but these are still missing: {', '.join(still)}")
    if "postgresql" in names:
        say("  (Debian may have started a PostgreSQL of its own; PRM does not use it.)")
