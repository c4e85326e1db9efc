"""Dispatchers that are killed again and again, and the gateway that they talk to."""

import collections
import os
import random
import signal
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tools.devenv import postgres, settings

ANSWER_AFTER = 0.005  # seconds that the gateway takes, after it has taken the message
PATIENCE = 60  # seconds in which something must go on


class Gateway:
    """A double of a gateway that counts every key it is given; one key stands on one line.

    As a context manager: it listens.
    """

    def __init__(self):
        self.taken = collections.Counter()
        lock, taken = threading.Lock(), self.taken

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_POST(self):
                length = int(self.headers["Content-Length"])
                body = self.rfile.read(length)
                if len(body) < length:
                    # Whoever called died in the middle of a word: no gateway takes that.
                    self.close_connection = True
                    return
                with lock:
                    taken.update(body.decode().split("\n"))
                time.sleep(ANSWER_AFTER)
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_arguments):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        # Whoever called may be dead by now: that is what this is about.
        self._server.handle_error = lambda *_arguments: None
        self.port = self._server.server_address[1]

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_exception):
        self._server.shutdown()
        self._server.server_close()

    def count(self):
        """How many it was given so far, each as often as it came."""
        return sum(self.taken.copy().values())

    def twice(self):
        """How many it was given more than once."""
        return sum(count > 1 for count in self.taken.values())

    def await_more(self, count):
        """Wait until it has been given so many more."""
        goal = self.count() + count
        deadline = time.monotonic() + PATIENCE
        while self.count() < goal:
            assert time.monotonic() < deadline, "the dispatchers stand still"
            time.sleep(0.002)


class Nursery:
    """The process that bears dispatchers; see `outbox_nursery`.

    :param queue: which queue they empty, as ``module:class``.
    """

    def __init__(self, database, gateway, queue, messages):
        arguments = (database, messages, gateway.port, queue)
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


def states(database, table="prm_message"):
    """``{state: how many}``"""
    query = f"SELECT state || ' ' || count(*) FROM {table} GROUP BY state"
    rows = postgres.query(query, database)
    return {line.split()[0]: int(line.split()[1]) for line in rows}


def live_and_die(nursery, gateway, *, dispatchers, kills, life, count_states, waiting, grace=0):
    """Dispatch and kill; then let the survivors finish.

    :param life: the least and the most that the gateway is given between two deaths.
    :param grace: the most seconds, by chance, between that and the death.
    :param count_states: gives ``{state: how many}``; :param waiting: states that are no end.
    :return: the states while the last one was killed.
    """
    dice = random.Random()
    for _number in range(dispatchers):
        nursery.bear()
    for _kill in range(kills):
        gateway.await_more(dice.randint(*life))
        time.sleep(dice.uniform(0, grace))
        nursery.kill()
        nursery.bear()
    then = now = count_states()
    deadline = time.monotonic() + PATIENCE
    while set(waiting) & set(now):
        before, now = now, count_states()
        if now != before:
            deadline = time.monotonic() + PATIENCE
        assert time.monotonic() < deadline, now
        time.sleep(0.2)
    return then
