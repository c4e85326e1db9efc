"""A real Odoo server in a process of its own."""

import itertools
import re
import subprocess
import time

import requests

from tools.devenv import databases, postgres, settings
from tools.devenv.server import wait_for

PATIENCE = 60  # seconds to wait for a condition


class Refused(Exception):
    """The server answered with an error; the text is what the person would read."""


class Session:
    """A person who is logged in, calling the server as the web client does."""

    def __init__(self, address, database, login, password=None):
        self._address = address
        self._http = requests.Session()
        self._ids = itertools.count(1)
        answer = self._post(
            "/web/session/authenticate",
            {"db": database, "login": login, "password": password or login},
        )
        self.uid = answer["uid"]

    def _post(self, path, params):
        payload = {"jsonrpc": "2.0", "id": next(self._ids), "method": "call", "params": params}
        response = self._http.post(f"{self._address}{path}", json=payload, timeout=300)
        response.raise_for_status()
        answer = response.json()
        if "error" in answer:
            raise Refused(answer["error"]["data"]["message"])
        # Of a method that returns nothing there is none.
        return answer.get("result")

    def call(self, model, method, *args, **kwargs):
        """Call a public method of a model.

        :raises Refused: with the server's sentence.
        """
        return self._post(
            f"/web/dataset/call_kw/{model}/{method}",
            {"model": model, "method": method, "args": list(args), "kwargs": kwargs},
        )

    def search_read(self, model, domain, fields, **options):
        return self.call(model, "search_read", domain, fields, **options)

    def wait_until(self, model, domain, message):
        """Wait until a record fits a domain, and return its id."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            found = self.call(model, "search", domain, limit=1)
            if found:
                return found[0]
            time.sleep(0.2)
        raise AssertionError(f"{message}: nothing after {PATIENCE} s")


class OdooServer:
    """An Odoo server on one database, as a context manager.

    :param options: further command line options, such as ``--smtp-port=…``.
    """

    def __init__(self, database, *options):
        self.database = database
        self.port = settings.free_port(0)
        self.address = f"http://127.0.0.1:{self.port}"
        self.log = settings.LOGS / f"test-server-{self.port}.log"
        self._options = options
        self._process = None

    def __enter__(self):
        settings.LOGS.mkdir(parents=True, exist_ok=True)
        databases.set_address(self.database, self.address)
        line = databases.odoo_command(
            "-d", self.database, "--http-port", self.port, "--log-level=info", *self._options
        )
        with self.log.open("wb") as stream:
            self._process = subprocess.Popen(
                [str(part) for part in line],
                env=postgres.environment(),
                stdout=stream,
                stderr=subprocess.STDOUT,
            )
        wait_for(f"{self.address}/web/login", self._process, self.log.name)
        return self

    def __exit__(self, *_exception):
        self._process.terminate()
        try:
            self._process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def login(self, login, password=None):
        return Session(self.address, self.database, login, password)

    def errors(self):
        """Entries of the log that tell of a fault of the program, tracebacks included."""
        return faults(self.log.read_text(errors="replace"))


#: Two transactions touched the same row, and PostgreSQL refused the second.
_CONFLICT = "could not serialize access"


def faults(log):
    """Entries of a server's log that tell of a fault of the program.

    Odoo logs these conflicts as errors, although nobody loses anything by them:

    * a statement refused, which it tries again (where it gives up, another entry says so);
    * two pages of one user closing at once: both mark the user as away, and this write alone is
      not tried again (``Websocket._terminate``). The other's write says the same.
    """
    entries = re.split(r"^(?=\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} )", log, flags=re.MULTILINE)
    return [
        entry.strip()
        for entry in entries
        if re.match(r"\S+ \S+ \d+ (ERROR|CRITICAL) ", entry)
        and not (
            _CONFLICT in entry
            and ("odoo.sql_db: bad query" in entry or ", in _terminate\n" in entry)
        )
    ]


def shell(database, code):
    """Run Python with an ``env`` in a database, commit, and return what it printed."""
    line = databases.odoo_command(
        "-c", settings.ODOO_CONF, "-d", database, "--no-http", "--log-level=error", command="shell"
    )
    result = subprocess.run(
        [str(part) for part in line],
        input=f"{code}\nenv.cr.commit()\n",
        env=postgres.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode or "Traceback" in result.stderr:
        raise AssertionError(result.stderr[-4000:])
    return result.stdout
