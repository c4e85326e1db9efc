"""The add-on that joins PRM Dental with invoicing installs beside Odoo's accounting, and works."""

import re
import subprocess

from tools.devenv import databases, postgres, settings

DATABASE = "prm_test_accounting"


def test_installed_and_tested():
    databases.copy(databases.ensure_template(), DATABASE)
    line = databases.odoo_command(
        "-d", DATABASE, "-i", "account", "--stop-after-init", "--no-http", "--test-enable",
        "--test-tags=/prm_dental_account", "--log-level=info",
    )  # fmt: skip
    try:
        # The practice begins to use accounting: the add-on installs itself.
        result = subprocess.run(
            [str(part) for part in line], env=postgres.environment(), capture_output=True,
            text=True, check=False,
        )  # fmt: skip
    finally:
        databases.drop(DATABASE)
    assert result.returncode == 0, result.stderr[-5000:]
    [count] = re.findall(r"0 failed, 0 error\(s\) of (\d+) tests", result.stderr)
    assert int(count) >= 12
    assert (settings.ROOT / "prm_dental_account" / "__manifest__.py").exists()
