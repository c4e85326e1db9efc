"""5,000 emails from the wish to the mail server, against Odoo's mass mailing and a bare loop.

What is measured is the whole way: the gate, rendering, recording, claiming, the gate once more,
sending, recording the outcomes. All sides hand mails with the same words to the same server. They
take turns, a thousand (or a hundred) at a time, so that what else the machine does meets all alike.

- The bare loop hands over bytes that were made ready beforehand, over one connection, and records
  nothing: less than that nobody can do.
- Odoo's mass mailing sends a hundred in each turn: its time for each does not depend on how many
  there are.
"""

import smtplib

from . import harness, outbox, rivals

MESSAGES = 5000
ROUNDS = 5
SAMPLE = 100
#: From the first round, in which everything is loaded and compiled, to the last.
GROWTH_MB = 20
STATEMENTS = 3


class Bench:
    """The three sides; each method takes one turn and returns its seconds for one mail."""

    def __init__(self, env, port):
        self.env = env
        self.port = port
        self.practice = outbox.Practice(env)
        self.practice.use_mail_server(port)
        self.ready = []
        self.statements = {"ours": 0, "theirs": 0}

    def ours(self, patients):
        """Queue and dispatch."""
        before = self.env.cr.sql_log_count
        with harness.stopwatch() as seconds:
            self.practice.queue(patients)
            self.practice.dispatch()
        self.statements["ours"] += self.env.cr.sql_log_count - before
        return seconds[0] / len(patients)

    def make_ready(self):
        """Keep what was sent so far as bytes, for the bare loop."""
        from odoo.addons.prm_core.channels.email import EmailChannel

        channel = EmailChannel(self.env)
        sent = self.practice.messages.search([("state", "=", "sent")])
        self.ready = [
            (outgoing.address, channel._build(outgoing).as_bytes())
            for outgoing in sent._prepare_outgoing(sent)
        ]
        self.env.cr.rollback()

    def bare(self):
        """Hand over ready bytes."""
        with harness.stopwatch() as seconds, smtplib.SMTP("127.0.0.1", self.port) as server:
            for address, data in self.ready:
                server.sendmail(outbox.SENDER, [address], data)
        return seconds[0] / len(self.ready)

    def theirs(self, patients):
        """Odoo's mass mailing, with the page that ours sends."""
        mailing = self.env["mailing.mailing"].create(self._prepare_mailing_vals())
        recipients = patients.partner_id.ids
        self.env.cr.commit()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        with harness.stopwatch() as seconds:
            mailing._action_send_mail(recipients)
            self.env.cr.commit()
        self.statements["theirs"] += self.env.cr.sql_log_count - before
        states = mailing.mailing_trace_ids.mapped("trace_status")
        if states != ["sent"] * len(recipients):
            raise AssertionError(f"mass mailing did not send all: {states}")
        return seconds[0] / len(recipients)

    def _prepare_mailing_vals(self):
        from odoo.addons.prm_core import mail_layout

        text = outbox.EMAIL.replace("{{ practice.name }}", self.practice.company.name)
        page = mail_layout.to_html(text, "en", self.practice.company.name)
        return {
            "name": "Bench",
            "subject": "{{ object.name }}, your next visit",
            "email_from": outbox.SENDER,
            "reply_to": outbox.SENDER,
            "reply_to_mode": "new",
            "mailing_type": "mail",
            "mailing_model_id": self.env.ref("base.model_res_partner").id,
            "mailing_domain": "[]",
            "body_html": page.replace("{{ patient.first_name }}", '<t t-out="object.name"/>'),
        }


def measure(env, port, report):
    """Take turns, and report."""
    bench = Bench(env, port)
    times = {"ours": [], "bare": [], "theirs": []}
    memory = []
    size = MESSAGES // ROUNDS
    for start in range(0, MESSAGES, size):
        patients = bench.practice.patients[start : start + size]
        times["ours"].append(bench.ours(patients))
        bench.practice.check_sent(start + size)
        if not bench.ready:
            bench.make_ready()
        memory.append(outbox.memory_mb())
        times["bare"].append(bench.bare())
        times["theirs"].append(bench.theirs(patients[:SAMPLE]))
        harness.say(
            ", ".join(f"{name} {1 / values[-1]:.0f}/s" for name, values in times.items())
            + f", {memory[-1]:.0f} MB"
        )
    ours, bare, theirs = (harness.median(times[name]) for name in ("ours", "bare", "theirs"))
    ours_sql = bench.statements["ours"] / MESSAGES
    theirs_sql = bench.statements["theirs"] / SAMPLE / ROUNDS
    report.add(
        f"{MESSAGES} emails from the wish to the server, time for each",
        ours * 1e3, "ms",
        f"a bare loop {bare * 1e3:.2f} ms ({1 / ours:.0f}/s against {1 / bare:.0f}/s)",
        ratio=ours / bare, budget=3,
    )  # fmt: skip
    report.add(
        "the same, against Odoo's mass mailing",
        ours * 1e3, "ms",
        f"{theirs * 1e3:.1f} ms ({1 / theirs:.0f}/s, {SAMPLE * ROUNDS} sent)",
        ratio=ours / theirs, budget=0.1,
    )  # fmt: skip
    report.add(
        "SQL statements for each email", ours_sql, "statements",
        f"mass mailing {theirs_sql:.1f}", budget=STATEMENTS,
    )  # fmt: skip
    report.add(
        f"memory that {MESSAGES} emails take more than {size}", memory[-1] - memory[0], "MB",
        f"{memory[0]:.0f} MB after {size}", budget=GROWTH_MB,
    )  # fmt: skip


def main():
    """Make patients and measure."""
    report = harness.Report()
    rivals.ensure()
    with (
        outbox.smtp_sink() as port,
        rivals.database("outbox", "mass_mailing") as name,
        harness.environment(name) as env,
    ):
        harness.make_patients(env, MESSAGES)
        measure(env, port, report)
    report.exit()


if __name__ == "__main__":
    main()
