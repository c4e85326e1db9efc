"""The template of a specialty renders, installs, and passes its own tests."""

import re
import subprocess

from tools.devenv import databases, postgres, settings

DATABASE = "prm_test_specialty"


def _odoo(*arguments, **options):
    line = [str(part) for part in databases.odoo_command(*arguments, **options)]
    return subprocess.run(
        line, env=postgres.environment(), capture_output=True, text=True, check=False
    )


def test_rendered_installed_and_tested(tmp_path):
    template = settings.ROOT / "templates" / "specialty"
    rendered = _odoo("-t", template, "prm_sleep_medicine", tmp_path, command="scaffold")
    assert rendered.returncode == 0, rendered.stderr
    addon = tmp_path / "prm_sleep_medicine"
    for path in addon.rglob("*"):
        assert "{" not in path.name, path
        if path.is_file():
            assert "{%" not in path.read_text() and "{{" not in path.read_text(), path
    manifest = (addon / "__manifest__.py").read_text()
    assert "prm_dental" not in re.search(r'"depends": \[.*?\]', manifest).group()

    databases.copy(databases.ensure_template(), DATABASE)
    try:
        result = _odoo(
            "-d", DATABASE, "-i", "prm_sleep_medicine", "--stop-after-init",
            f"--addons-path={settings.ROOT},{tmp_path}", "--no-http", "--test-enable",
            "--test-tags=/prm_sleep_medicine", "--log-level=info",
        )  # fmt: skip
    finally:
        databases.drop(DATABASE)
    assert result.returncode == 0, result.stderr[-3000:]
    assert re.search(r"0 failed, 0 error\(s\) of 2 tests", result.stderr), result.stderr[-3000:]
