"""The virtual environment with Odoo's Python needs, OCA's add-ons and the tools."""

import sys

from . import settings
from .console import fingerprint, run, set_stamp, stamp, step

LISTS = ("odoo.txt", "addons.txt", "dev.txt")
#: Their own lists name psycopg2 from source, which wants a compiler; Odoo's needs are pinned above.
WITHOUT_DEPENDENCIES = "oca.txt"


def site_packages():
    """The folder with the packages of the virtual environment."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    return settings.VENV / "lib" / version / "site-packages"


def _pip(*arguments, log):
    run(
        [settings.PYTHON, "-m", "pip", "--disable-pip-version-check", *arguments],
        log=log,
    )


def ensure(odoo_path):
    """Make the virtual environment when it is not there or its requirements changed.

    :param odoo_path: folder that holds the `odoo` package.
    """
    files = [settings.REQUIREMENTS / name for name in (*LISTS, WITHOUT_DEPENDENCIES)]
    wanted = f"{fingerprint(*files)} {sys.version.split()[0]} {odoo_path}"
    if stamp("python") == wanted and settings.PYTHON.exists():
        return
    if stamp("venv") != sys.version or not settings.PYTHON.exists():
        with step("Making the virtual environment"):
            run([sys.executable, "-m", "venv", "--clear", settings.VENV], log="venv")
        set_stamp("venv", sys.version)
    # The path file makes `import odoo` work, and lets pip see Odoo as installed.
    (site_packages() / "prm-odoo.pth").write_text(f"{odoo_path}\n")
    with step("Installing Python packages (a minute or two)"):
        for path in files:
            options = ["--no-deps"] if path.name == WITHOUT_DEPENDENCIES else []
            _pip("install", "-q", *options, "-r", path, log=f"pip-{path.stem}")
    set_stamp("python", wanted)
