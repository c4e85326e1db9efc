"""Dispatchers in processes of their own, as a server with several workers for scheduled actions has
them (two, unless it is told otherwise).

As a program: python -m benchmarks.dispatchers DATABASE MODULE:FUNCTION, where the function gives a
context manager that puts something in the place of the network.
"""

import gc
import importlib
import subprocess
import sys
from contextlib import contextmanager

from tools.devenv import settings

from . import harness


class Dispatchers:
    """:param processes: that wait for a line, dispatch what is due, and say so."""

    def __init__(self, processes):
        self.processes = processes

    def dispatch(self):
        """Have all of them send until nothing is due."""
        for process in self.processes:
            process.stdin.write("go\n")
            process.stdin.flush()
        self.wait()

    def wait(self):
        """:raises AssertionError: when one of them has broken."""
        for process in self.processes:
            if process.stdout.readline() != "done\n":
                raise AssertionError("a dispatcher broke")


@contextmanager
def started(count, database, network):
    """Some `Dispatchers` that have loaded Odoo.

    :param network: as ``MODULE:FUNCTION``.
    """
    command = [str(settings.PYTHON), "-m", "benchmarks.dispatchers", database, network]
    processes = [
        subprocess.Popen(
            command, cwd=settings.ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _number in range(count)
    ]
    try:
        dispatchers = Dispatchers(processes)
        dispatchers.wait()
        yield dispatchers
    finally:
        for process in processes:
            process.stdin.close()
            process.wait(timeout=60)


def main():
    database, network = sys.argv[1:]
    module, name = network.split(":")
    with harness.environment(database) as env, getattr(importlib.import_module(module), name)():
        print("done", flush=True)
        for _line in sys.stdin:
            gc.disable()
            env["prm.message"]._cron_dispatch()
            env.cr.commit()
            print("done", flush=True)
            gc.enable()
            gc.collect()


if __name__ == "__main__":
    main()
