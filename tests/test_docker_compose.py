"""docker-compose.yml is valid, and everything that it names exists."""

import re
import subprocess

import pytest
import yaml

from tools.devenv.settings import ROOT, addons_present

COMPOSE = ROOT / "docker-compose.yml"
DOCKERFILE = ROOT / "docker" / "Dockerfile"


def _variables_of(text):
    return set(re.findall(r"\$\{(\w+)", text))


def _documented():
    lines = (ROOT / ".env.example").read_text().splitlines()
    return {line.partition("=")[0] for line in lines if line and not line.startswith("#")}


def test_compose_accepts_it():
    result = subprocess.run(
        ["docker-compose", "--env-file", ".env.example", "config", "--quiet"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr


def test_a_missing_password_is_said(tmp_path):
    (tmp_path / "empty").touch()
    result = subprocess.run(
        ["docker-compose", "--env-file", str(tmp_path / "empty"), "config", "--quiet"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode != 0
    assert "choose a password" in result.stderr


def test_every_variable_is_in_the_example():
    assert _variables_of(COMPOSE.read_text()) == _documented()


def test_every_path_exists():
    services = yaml.safe_load(COMPOSE.read_text())["services"]
    build = services["odoo"]["build"]
    assert (ROOT / build["context"] / build["dockerfile"]).exists()
    for line in DOCKERFILE.read_text().splitlines():
        if line.startswith("COPY "):
            *sources, _target = line.split()[1:]
            for source in sources:
                assert (ROOT / source).exists(), source


def test_every_volume_is_declared():
    compose = yaml.safe_load(COMPOSE.read_text())
    used = {
        volume.partition(":")[0]
        for service in compose["services"].values()
        for volume in service.get("volumes", [])
    }
    assert used == set(compose["volumes"])


@pytest.mark.parametrize("addon", addons_present())
def test_the_image_holds_every_addon(addon):
    assert f"COPY {addon} /mnt/extra-addons/{addon}\n" in DOCKERFILE.read_text()


def test_nothing_is_served_to_the_outside():
    for service in yaml.safe_load(COMPOSE.read_text())["services"].values():
        for port in service.get("ports", []):
            assert port.startswith("127.0.0.1:"), port
