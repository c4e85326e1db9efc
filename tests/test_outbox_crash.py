"""Two dispatchers of the outbox are killed again and again: nothing is lost, nothing goes twice."""

import collections
import os
import random
import signal
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tools.devenv import postgres, settings

from .support.databases import copied

MESSAGES = 2000
KILLS = 20
DISPATCHERS = 2
ANSWER_AFTER = 0.005  # seconds that the gateway takes, after it has taken the message
#: Messages that the gateway takes between two deaths. Even if each death leaves a whole batch
#: uncertain, not all are gone before the last one.
LIFE = (5, 40)
PATIENCE = 60  # seconds for what is left in the end


class Gateway:
    """A double of a gateway that keeps every key it is given. As a context manager: it listens."""

    def __init__(self):
        self.taken = collections.Counter()
        lock, taken = threading.Lock(), self.taken

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_POST(self):
                with lock:
                    taken[self.path.strip("/")] += 1
                time.sleep(ANSWER_AFTER)
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_arguments):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        # Whoever called may be dead by now: that is what the test is about.
        self._server.handle_error = lambda *_arguments: None
        self.port = self._server.server_address[1]

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_exception):
        self._server.shutdown()
        self._server.server_close()


class Nursery:
    """The process that bears dispatchers; see `support.outbox_nursery`."""

    def __init__(self, database, gateway, *, idempotent):
        arguments = (database, MESSAGES, gateway.port, int(idempotent))
        command = [settings.PYTHON, "-m", "tests.support.outbox_nursery", *arguments]
        self._process = subprocess.Popen(
            [str(part) for part in command],
            env=postgres.environment(),
            cwd=settings.ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._living = []

    def __enter__(self):
        while (line := self._process.stdout.readline()) != "ready\n":
            assert line, "the nursery died"
        return self

    def __exit__(self, *_exception):
        while self._living:
            self.kill()
        self._process.stdin.close()
        self._process.wait(timeout=20)

    def bear(self):
        """Start one more dispatcher."""
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        self._living.append(int(self._process.stdout.readline()))

    def kill(self):
        """Kill the dispatcher that lives longest."""
        os.kill(self._living.pop(0), signal.SIGKILL)


def _states(database):
    query = "SELECT state || ' ' || count(*) FROM prm_message GROUP BY state"
    rows = postgres.query(query, database)
    return {line.split()[0]: int(line.split()[1]) for line in rows}


def _keys(database, state):
    return set(
        postgres.query(f"SELECT idempotency_key FROM prm_message WHERE state = '{state}'", database)
    )


def _await_taken(gateway, count):
    """Wait until the gateway has taken so many more."""
    goal = sum(gateway.taken.copy().values()) + count
    deadline = time.monotonic() + PATIENCE
    while sum(gateway.taken.copy().values()) < goal:
        assert time.monotonic() < deadline, "the dispatchers stand still"
        time.sleep(0.002)


def _live_and_die(database, gateway, *, idempotent):
    """Queue, dispatch, kill; then let the survivors finish.

    :return: the states of the messages while the last one was killed.
    """
    dice = random.Random()
    with Nursery(database, gateway, idempotent=idempotent) as nursery:
        for _number in range(DISPATCHERS):
            nursery.bear()
        for _kill in range(KILLS):
            _await_taken(gateway, dice.randint(*LIFE))
            nursery.kill()
            nursery.bear()
        then = _states(database)
        deadline = time.monotonic() + PATIENCE
        while {"queued", "sending"} & set(_states(database)):
            assert time.monotonic() < deadline, _states(database)
            time.sleep(0.2)
    return then


@pytest.mark.parametrize("idempotent", [True, False])
def test_killed_again_and_again(idempotent):
    with copied("crash") as database, Gateway() as gateway:
        then = _live_and_die(database, gateway, idempotent=idempotent)
        assert then.get("queued") or then.get("sending"), "it was over before the last death"
        sent, unknown = _keys(database, "sent"), _keys(database, "unknown")
        twice = sum(count > 1 for count in gateway.taken.values())
        assert len(sent) + len(unknown) == MESSAGES, _states(database)
        assert sent <= set(gateway.taken), "recorded as sent, but the gateway never got it"
        if idempotent:
            # The gateway sends once for each key, however often it gets it: that is its promise.
            assert not unknown
            assert set(gateway.taken) == sent
        else:
            assert not twice
            assert set(gateway.taken) <= sent | unknown
