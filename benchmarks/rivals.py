"""What the outbox is compared with: Odoo's mass mailing and OCA's queue_job.

Both are installed for benchmarks alone: queue_job lies in a folder of its own, outside the virtual
environment that tests and the demo use, and the database with it is thrown away afterwards.
"""

import os
import sys
from contextlib import contextmanager

from tools.devenv import databases, postgres, settings
from tools.devenv.console import fingerprint, run, set_stamp, stamp

from . import harness

FOLDER = settings.HOME / "rivals"
REQUIREMENTS = settings.REQUIREMENTS / "rivals.txt"


def ensure():
    """Have queue_job where this process, and those that it starts, can import it."""
    wanted = f"{fingerprint(REQUIREMENTS)} {sys.version.split()[0]}"
    if stamp("rivals") != wanted or not FOLDER.is_dir():
        harness.say("fetching queue_job")
        run(
            [settings.PYTHON, "-m", "pip", "--disable-pip-version-check", "install", "-q",
             "--no-deps", "--upgrade", "--target", FOLDER, "-r", REQUIREMENTS],
            log="pip-rivals",
        )  # fmt: skip
        set_stamp("rivals", wanted)
    if str(FOLDER) not in sys.path:
        sys.path.insert(0, str(FOLDER))


def surroundings():
    """Environment variables of a process that is to find what `ensure` has fetched."""
    paths = [str(FOLDER), os.environ.get("PYTHONPATH", "")]
    return dict(postgres.environment(), PYTHONPATH=os.pathsep.join(filter(None, paths)))


@contextmanager
def database(name, *modules):
    """A copy of the template with some modules more, thrown away afterwards.

    :return: its name.
    """
    with harness.database(name) as target:
        harness.say(f"installing {', '.join(modules)}")
        run(
            databases.odoo_command(
                "-d", target, "-i", ",".join(modules), "--stop-after-init", "--no-http",
                "--log-level=warn",
            ),
            log=f"install-{target}",
            env=surroundings(),
        )  # fmt: skip
        yield target
