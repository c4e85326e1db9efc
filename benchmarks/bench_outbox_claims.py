"""Claiming and finishing messages, against the jobs that OCA's queue_job claims and finishes.

Both do what a queue itself costs, with work in between that takes no time: queue_job runs its own
test job, by its own runner, in a server with two workers; the outbox claims, gets the answer of an
adapter at once, and records it with a row of the timeline, in one process. Each batch and each job
is committed before its work and after it.

The whole dispatcher is measured too, for information: it asks the gate again before each message
goes, and makes an unsubscribe link for it.
"""

import subprocess
import time
from contextlib import contextmanager
from unittest.mock import patch

from tools.devenv import databases, settings

from . import harness, outbox, rivals

MESSAGES = 5000
ROUNDS = 3
JOBS = 1000
#: The first jobs and the last are not measured: the workers are not all at work then.
EDGE = 100
PATIENCE = 180  # seconds


@contextmanager
def job_server(database):
    """Odoo with two workers and queue_job's runner."""
    command = databases.odoo_command(
        "-d", database, "--workers=2", "--max-cron-threads=0", "--load=base,web,queue_job",
        f"--http-port={settings.free_port(0)}", f"--gevent-port={settings.free_port(0)}",
        "--log-level=warn",
    )  # fmt: skip
    settings.LOGS.mkdir(parents=True, exist_ok=True)
    with (settings.LOGS / "queue-job.log").open("wb") as log:
        process = subprocess.Popen(
            [str(part) for part in command],
            env=dict(rivals.surroundings(), ODOO_QUEUE_JOB_CHANNELS="root:2"),
            cwd=settings.ROOT, stdout=log, stderr=subprocess.STDOUT,
        )  # fmt: skip
        try:
            yield
        finally:
            process.terminate()
            process.wait(timeout=60)


def jobs_per_second(env):
    """What queue_job does."""
    for _number in range(JOBS):
        env["queue.job"].with_delay()._test_job()
    env.cr.commit()
    deadline = time.monotonic() + PATIENCE
    seen = []
    with job_server(env.cr.dbname):
        while not seen or seen[-1][1] < JOBS - EDGE:
            env.cr.rollback()
            env.cr.execute("SELECT count(*) FROM queue_job WHERE state = 'done'")
            seen.append((time.perf_counter(), env.cr.fetchone()[0]))
            if time.monotonic() > deadline:
                raise AssertionError(f"queue_job did {seen[-1][1]} of {JOBS} jobs")
            time.sleep(0.05)
        env.cr.rollback()
    started, before = next(point for point in seen if point[1] >= EDGE)
    ended, after = seen[-1]
    return (after - before) / (ended - started)


class Bench:
    """Our side; each method returns messages per second."""

    def __init__(self, env):
        self.env = env
        self.practice = outbox.Practice(env)

    def _begin(self):
        self.env.cr.execute("TRUNCATE prm_message CASCADE")
        self.env.cr.commit()
        self.practice.queue(self.practice.patients)
        harness.vacuum(self.env, "prm_message")

    def claims(self):
        """Claim and record."""
        from odoo.addons.prm_core.channels import Outcome
        from odoo.addons.prm_core.outbox import MAX_BATCH

        self._begin()
        commit = self.env["ir.cron"]._commit_progress
        messages = self.practice.messages
        with harness.stopwatch() as seconds, messages._claimant() as claimant:
            while batch := messages._claim(MAX_BATCH, claimant):
                commit(0)
                batch._finish({key: Outcome(key, "sent") for key in batch.ids}, False)
                commit(0)
        self.practice.check_sent(MESSAGES)
        return MESSAGES / seconds[0]

    def dispatch(self):
        """The whole dispatcher, with an adapter that answers at once."""
        from odoo.addons.prm_core.channels import Outcome
        from odoo.addons.prm_core.channels.email import EmailChannel

        def send(_channel, batch):
            for outgoing in batch:
                yield Outcome(outgoing.message_id, "sent")

        self._begin()
        with patch.object(EmailChannel, "send", send), harness.stopwatch() as seconds:
            self.practice.dispatch()
        self.practice.check_sent(MESSAGES)
        return MESSAGES / seconds[0]


def main():
    """Theirs, ours, and theirs once more."""
    report = harness.Report()
    rivals.ensure()
    with (
        rivals.database("outbox_claims", "queue_job") as name,
        harness.environment(name) as env,
    ):
        harness.make_patients(env, MESSAGES)
        bench = Bench(env)
        claims, whole, jobs = [], [], []
        for _round in range(ROUNDS):
            jobs.append(jobs_per_second(env))
            claims.append(bench.claims())
            whole.append(bench.dispatch())
            harness.say(
                f"queue_job {jobs[-1]:.0f}/s, claimed and finished {claims[-1]:.0f}/s, "
                f"dispatched {whole[-1]:.0f}/s"
            )
            env.cr.execute("DELETE FROM queue_job")
            env.cr.commit()
    theirs = harness.median(jobs)
    for what, values, budget in (
        ("messages claimed and finished", claims, 1 / 20),
        ("messages through the whole dispatcher", whole, None),
    ):
        ours = harness.median(values)
        report.add(
            what, ours, "messages/s", f"queue_job {theirs:.0f} jobs/s", ratio=theirs / ours,
            budget=budget,
        )  # fmt: skip
    report.exit()


if __name__ == "__main__":
    main()
