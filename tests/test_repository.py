"""The repository stands alone: everything pinned, nothing needed from outside."""

import re
import subprocess

import pytest

from tools.devenv import databases, debian, odoo_source, postgres, settings
from tools.devenv.console import Problem

ROOT = settings.ROOT


def _tracked(*patterns):
    result = subprocess.run(
        ["git", "ls-files", *patterns], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return [ROOT / name for name in result.stdout.splitlines() if (ROOT / name).exists()]


@pytest.mark.parametrize(
    "path", sorted((ROOT / "requirements").glob("*.txt")), ids=lambda p: p.name
)
def test_every_requirement_is_pinned(path):
    for line in path.read_text().splitlines():
        if line and not line.startswith("#"):
            assert re.fullmatch(r"[\w.-]+==[\w.]+", line), line


def test_what_the_addons_import_is_pinned_or_odoos():
    import ast  # only here

    pinned = {
        re.split("==", line)[0].lower()
        for name in ("odoo.txt", "addons.txt")
        for line in (ROOT / "requirements" / name).read_text().splitlines()
        if line and not line.startswith("#")
    }
    for addon in settings.addons_present():
        manifest = ast.literal_eval((ROOT / addon / "__manifest__.py").read_text())
        for package in manifest.get("external_dependencies", {}).get("python", []):
            assert package.lower() in pinned, f"{addon}: {package}"


def test_links_between_documents_lead_somewhere():
    for path in _tracked("*.md"):
        for target in re.findall(r"\]\(([^)#]+)\)", path.read_text()):
            if "://" not in target:
                assert (path.parent / target).exists(), f"{path.name}: {target}"


def test_every_make_target_of_the_readme_exists():
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.M))
    for path in _tracked("*.md"):
        for name in re.findall(r"\bmake ([a-z]+)", path.read_text()):
            if f"`make {name}" in path.read_text() or f"\nmake {name}" in path.read_text():
                assert name in targets, f"{path.name}: make {name}"


def test_another_series_of_odoo_is_refused(tmp_path, monkeypatch):
    (tmp_path / "odoo").mkdir()
    (tmp_path / "odoo" / "release.py").write_text("version_info = (18, 0, 0, 'final', 0, '')\n")
    monkeypatch.setenv("ODOO_SRC", str(tmp_path))
    with pytest.raises(Problem, match=r"for Odoo 19\.0, but .* holds Odoo 18\.0"):
        odoo_source.ensure()
    monkeypatch.setenv("ODOO_SRC", str(tmp_path / "nothing"))
    with pytest.raises(Problem, match="holds no Odoo"):
        odoo_source.ensure()


def test_an_old_python_is_refused(monkeypatch):
    monkeypatch.setattr(debian.sys, "version_info", (3, 9, 2))
    with pytest.raises(Problem, match=r"needs Python 3\.10 or newer"):
        debian.check_python()


def test_without_root_and_sudo_it_says_what_to_ask_for(monkeypatch):
    monkeypatch.setattr(debian.os, "geteuid", lambda: 1000)
    monkeypatch.setattr(debian.shutil, "which", lambda name: None)
    with pytest.raises(Problem, match="Ask an administrator to run"):
        debian.as_root(["apt-get", "install", "postgresql"])


@pytest.mark.parametrize("name", ["", None, "x;y", "Practice", "1st", "a" * 60])
def test_a_database_gets_a_good_name(name):
    with pytest.raises(Problem, match="name"):
        databases.check_new_name(name)


def test_make_db_never_takes_the_place_of_a_practice(monkeypatch):
    monkeypatch.setattr(postgres, "exists", lambda name: name == "practice")
    databases.check_new_name("practice_2")
    with pytest.raises(Problem, match="left alone"):
        databases.check_new_name("practice")
