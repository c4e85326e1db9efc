"""What the benchmarks of the outbox have in common: a practice that writes to its patients."""

import gc
import os
import subprocess
from contextlib import contextmanager
from pathlib import Path

from tools.devenv import settings

SENDER = "hello@aurora.example"

EMAIL = """Dear {{ patient.first_name }},

it is about time for your next visit with us. We would be glad to see you again.

It takes half an hour. We look at your teeth and gums, and we clean them with care.

Would you rather talk to us? Simply reply to this email.

See you soon,
{{ practice.name }}"""

SUBJECT = "{{ patient.first_name }}, your next visit"

SMS = "Dear {{ patient.first_name }}, it is time for your next visit. Call us. {{ practice.name }}"


@contextmanager
def smtp_sink():
    """A mail server in a process of its own; gives its port."""
    process = subprocess.Popen(
        [str(settings.PYTHON), "-m", "benchmarks.smtp_sink"],
        cwd=settings.ROOT, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        yield int(process.stdout.readline())
    finally:
        process.kill()
        process.wait()


def memory_mb():
    """What this process holds now."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


class Practice:
    """The main company, with a purpose that holds nothing back and a text.

    :param channel: code of the channel; :param body: the text for it.
    """

    def __init__(self, env, channel="email", body=EMAIL):
        self.env = env
        self.messages = env["prm.message"]
        purpose = env.ref("prm_core.prm_purpose_recall")
        # The hour at which it is measured does not matter, nor what was sent before.
        purpose.write({"hour_from": 0, "hour_to": 24, "sundays": True, "cap_count": 0})
        self.company = env.ref("base.main_company")
        self.company.email = SENDER
        self.template = env["prm.template"].create(
            {
                "name": "Bench",
                "purpose_id": purpose.id,
                "body_ids": [
                    (0, 0, {"lang": "en", "channel_kind": channel, "body": body,
                            "subject": SUBJECT if channel == "email" else False})
                ],
            }
        )  # fmt: skip
        self.patients = env["prm.patient"].search([("email", "=like", "patient%@example.com")])
        env.cr.commit()

    def queue(self, patients):
        """Wish to write to some patients, and commit."""
        from odoo.addons.prm_core.outbox import Request

        # As a job begins: with nothing read yet.
        self.env.invalidate_all()
        self.messages._queue([Request(patient, "recall", self.template) for patient in patients])
        self.env.cr.commit()

    def dispatch(self):
        """Send all that is due."""
        self.messages._cron_dispatch()
        self.env.cr.commit()

    def check_sent(self, count):
        """:raises AssertionError: when other than that many messages were sent."""
        states = self.messages._read_group([], ["state", "reason"], ["__count"])
        if sum(number for state, _reason, number in states if state == "sent") != count:
            raise AssertionError(f"wanted {count} sent, but there are {states}")

    def use_mail_server(self, port):
        """Have Odoo's mails go to one server on this machine, without encryption."""
        servers = self.env["ir.mail_server"]
        servers.search([]).active = False
        servers.create(
            {"name": "Sink", "smtp_host": "127.0.0.1", "smtp_port": port, "smtp_encryption": "none"}
        )
        self.env.cr.commit()
