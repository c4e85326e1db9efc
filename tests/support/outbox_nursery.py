"""A process that brings dispatchers of a queue into the world, for tests that kill them.

It loads Odoo once, fills the queue, and then forks a dispatcher for each line that it reads. A
program of its own: python -m tests.support.outbox_nursery DATABASE COUNT PORT MODULE:CLASS
"""

import http.client
import importlib
import os
import signal
import sys
import time

from benchmarks import harness

PAUSE = 0.02  # seconds that a dispatcher rests when nothing is due


def tell_gateway(gateway, *keys):
    """Hand over messages, known by their keys, and wait for the answer."""
    gateway.request("POST", "/", "\n".join(keys))
    gateway.getresponse().read()


class Outbox:
    """The outbox of `prm_core`, with an adapter that hands messages to the double of a gateway.

    :param port: of the double.
    """

    idempotent = False

    def __init__(self, port):
        from odoo.addons.prm_core.channels import base

        class DoubleChannel(base.Channel):
            code = "email"
            idempotent = self.idempotent

            @classmethod
            def validate_address(cls, address):
                return address or None

            def send(self, batch):
                gateway = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
                for outgoing in batch:
                    tell_gateway(gateway, outgoing.key)
                    yield base.Outcome(outgoing.message_id, "sent", provider_ref=outgoing.key)
                gateway.close()

        base._REGISTRY["smtp"] = DoubleChannel

    def fill(self, env, count):
        """Have messages wait, whatever the hour of the day is."""
        from odoo.addons.prm_core.outbox import Request

        harness.make_patients(env, count)
        purpose = env.ref("prm_core.prm_purpose_recall")
        purpose.write({"hour_from": 0, "hour_to": 24, "sundays": True, "cap_count": 0})
        template = env["prm.template"].create(
            {
                "name": "Hello",
                "purpose_id": purpose.id,
                "body_ids": [(0, 0, {"lang": "en", "subject": "Hello", "body": "Hello"})],
            }
        )
        patients = env["prm.patient"].search([("email", "=like", "patient%@example.com")])
        assert len(patients) == count
        env["prm.message"]._queue([Request(patient, "recall", template) for patient in patients])

    def dispatch(self, env):
        """Send what is due."""
        env["prm.message"]._cron_dispatch()


class IdempotentOutbox(Outbox):
    """The same, with a gateway that sends once for each key."""

    idempotent = True


def _dispatch_for_ever(database, queue, parent):
    from odoo import SUPERUSER_ID, api
    from odoo.modules.registry import Registry

    while os.getppid() == parent:
        with Registry(database).cursor() as cr:
            queue.dispatch(api.Environment(cr, SUPERUSER_ID, {}))
        time.sleep(PAUSE)


def _tell(word):
    """One line to the parent, which waits for it."""
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


def main():
    database, count, port, queue = sys.argv[1:]
    module, name = queue.split(":")
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the dead
    with harness.environment(database) as env:
        queue = getattr(importlib.import_module(module), name)(int(port))
        queue.fill(env, int(count))
        env.cr.commit()
    from odoo import sql_db

    # A child must not share a connection with its parent.
    sql_db.close_all()
    _tell("ready")
    for _line in sys.stdin:
        child = os.fork()
        if not child:
            _dispatch_for_ever(database, queue, os.getppid())
            os._exit(0)
        _tell(child)


if __name__ == "__main__":
    main()
