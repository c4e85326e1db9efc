"""Odoo itself: unpacked privately from Debian's signed archive, or one that is already there."""

import os
import re
import shutil
from pathlib import Path

from . import settings
from .console import Problem, fingerprint, output, run, set_stamp, stamp, step

#: From Debian's `sid`: Odoo and what its links point to.
FROM_SID = (
    "odoo-19",
    "fonts-montserrat",
    "fonts-roboto-unhinted",
    "fonts-ocr-b",
    "libjs-jquery",
    "libjs-jquery-form",
    "libjs-underscore",
)
#: `sid`'s Font Awesome lacks files that Odoo's links name: these come from the machine's release.
FROM_RELEASE = ("fonts-font-awesome", "fonts-inconsolata")

KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
DIST_PACKAGES = settings.ODOO_DIR / "usr" / "lib" / "python3" / "dist-packages"

#: Debian takes this file out for its licence (background blur in video calls); the asset bundle
#: still names it, and every page then logs an error to the browser's console.
STAND_IN = "mail/static/lib/selfie_segmentation/selfie_segmentation.js"


def python_path():
    """The folder that holds the `odoo` package.

    :raises Problem: when ``ODOO_SRC`` names a folder that is not an Odoo of the right series.
    """
    given = os.environ.get("ODOO_SRC")
    if not given:
        return DIST_PACKAGES
    path = Path(given).resolve()
    if not (path / "odoo" / "release.py").exists():
        raise Problem(
            f"ODOO_SRC={given} holds no Odoo: there is no {path / 'odoo' / 'release.py'}. "
            "Name the folder of a checkout of branch 19.0."
        )
    return path


def series(path):
    """The series ("19.0") of the Odoo in a folder, read without importing it."""
    text = (path / "odoo" / "release.py").read_text()
    match = re.search(r"version_info\s*=\s*\(\s*['\"]?(?:saas~)?(\d+)['\"]?\s*,\s*(\d+)", text)
    return f"{match.group(1)}.{match.group(2)}" if match else "unknown"


def check_series(path):
    """:raises Problem: when the Odoo found is of another series than the add-ons are for."""
    found = series(path)
    if found != settings.ODOO_SERIES:
        raise Problem(
            f"These add-ons are for Odoo {settings.ODOO_SERIES}, but {path} holds Odoo {found}. "
            "Set ODOO_SRC to an Odoo of the right series, or unset it to let the set-up fetch one."
        )


def _mirror():
    """The machine's own Debian mirror, so that no host is written down here."""
    rows = output(
        ["apt-get", "indextargets", "--format", "$(REPO_URI) $(LABEL)",
         "Created-By: Packages", "Origin: Debian"]
    )  # fmt: skip
    for row in rows.splitlines():
        uri, _, label = row.partition(" ")
        if label == "Debian":
            return uri
    raise Problem(
        "apt names no Debian mirror on this machine. Run `apt-get update` as root and try again, "
        "or set ODOO_SRC to an Odoo 19 that is already here."
    )


def _private_apt():
    """Options for apt-get that keep `sid` out of the machine's own set-up."""
    lists, cache = settings.APT_DIR / "lists", settings.APT_DIR / "cache"
    for folder in (lists / "partial", cache / "archives" / "partial"):
        folder.mkdir(parents=True, exist_ok=True)
    sources = settings.APT_DIR / "sources.list"
    sources.write_text(f"deb [signed-by={KEYRING}] {_mirror()} sid main\n")
    return [
        "-o", f"Dir::Etc::sourcelist={sources}",
        "-o", "Dir::Etc::sourceparts=-",
        "-o", f"Dir::State::Lists={lists}",
        "-o", f"Dir::Cache={cache}",
        "-o", "APT::Sandbox::User=root",
    ]  # fmt: skip


def _repair(odoo_path):
    """Stand-in for the file that Debian takes out; then no link may dangle."""
    path = odoo_path / "addons" / STAND_IN
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("/* Left out by Debian for licence reasons: background blur in calls. */\n")
    dangling = [
        str(link)
        for link in settings.ODOO_DIR.rglob("*")
        if link.is_symlink() and not link.exists() and "/odoo/" in str(link)
    ]
    if dangling:
        raise Problem("Files of the unpacked Odoo are missing:\n  " + "\n  ".join(dangling[:10]))


def ensure():
    """Have an Odoo of the right series at hand, and return its Python path."""
    path = python_path()
    if os.environ.get("ODOO_SRC"):
        check_series(path)
        return path
    wanted = fingerprint(Path(__file__))
    if stamp("odoo") == wanted and path.exists():
        check_series(path)
        return path
    if not KEYRING.exists():
        raise Problem(
            f"Debian's signing keys are not at {KEYRING}: this does not look like Debian. "
            "Set ODOO_SRC to an Odoo 19 that is already here, or use docker-compose.yml."
        )
    debs = settings.APT_DIR / "debs"
    shutil.rmtree(debs, ignore_errors=True)
    debs.mkdir(parents=True)
    with step(f"Fetching Odoo {settings.ODOO_SERIES} from Debian's archive (about 130 MB)"):
        options = _private_apt()
        run(["apt-get", *options, "update", "-q"], log="odoo-apt-update")
        run(["apt-get", *options, "download", *FROM_SID], log="odoo-download", cwd=debs)
        run(["apt-get", "download", *FROM_RELEASE], log="odoo-download-fonts", cwd=debs)
    with step("Unpacking Odoo (about 1.2 GB)"):
        shutil.rmtree(settings.ODOO_DIR, ignore_errors=True)
        settings.ODOO_DIR.mkdir(parents=True)
        for deb in sorted(debs.glob("*.deb")):
            run(["dpkg", "-x", deb, settings.ODOO_DIR], log="odoo-unpack")
        _repair(path / "odoo")
        shutil.rmtree(settings.APT_DIR)
    check_series(path)
    set_stamp("odoo", wanted)
    return path
