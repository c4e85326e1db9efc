"""10,000 messages while dispatchers are killed 50 times: how many are lost, how many go twice.

Two dispatchers of the outbox run at once, and the one that lives longest is killed (SIGKILL) again
and again in the middle of its work: once with a gateway that knows no keys, and once with one that
promises to send once for each key. For comparison Odoo's queues of SMS and of mails go through the
same, with one dispatcher at a time, because Odoo's scheduler never runs more. They die at any
moment, not only between the gateway's taking a message and its answer. The queue of SMS holds more,
because it takes 500 at a time, and that of mails fewer, because it is slow.

Lost: the gateway never got it, and nobody is told. Twice: the gateway got it more than once, and
would have sent it again. Shown: nobody can say whether it went, and staff see it as uncertain.
"""

from tests.support.killing import Gateway, Nursery, live_and_die, states
from tools.devenv import postgres

from . import harness

KILLS = 50
OUTBOX = "tests.support.outbox_nursery"
ODOO = "benchmarks.odoo_queues"
MAIL_KEY = "(SELECT m.message_id FROM mail_message m WHERE m.id = mail_message_id)"


def _keys(database, table, column, condition):
    return set(postgres.query(f"SELECT {column} FROM {table} WHERE {condition}", database))


def outbox(report, *, idempotent):
    """Our own queue: nothing may be lost or go twice."""
    queue = f"{OUTBOX}:{'IdempotentOutbox' if idempotent else 'Outbox'}"
    messages = 10_000
    with (
        harness.database("outbox_crash") as database,
        Gateway() as gateway,
        Nursery(database, gateway, queue, messages) as nursery,
    ):
        then = live_and_die(
            nursery, gateway, dispatchers=2, kills=KILLS, life=(5, 120),
            count_states=lambda: states(database), waiting=("queued", "sending"),
        )  # fmt: skip
        if not then.get("queued"):
            raise AssertionError("it was over before the last death")
        sent = _keys(database, "prm_message", "idempotency_key", "state = 'sent'")
        shown = _keys(database, "prm_message", "idempotency_key", "state = 'unknown'")
        everything = _keys(database, "prm_message", "idempotency_key", "true")
        taken = set(gateway.taken)
        # Recorded as sent but never given to the gateway, or neither sent nor shown.
        lost = len(sent - taken) + len(everything - sent - shown)
        # A gateway that knows the keys sends none of them twice.
        twice = 0 if idempotent else gateway.twice()
        what = "a gateway that knows keys" if idempotent else "a gateway without keys"
        harness.say(
            f"{what}: {len(sent)} sent, {len(shown)} shown as uncertain, of which "
            f"{len(shown & taken)} had gone; offered again {gateway.twice()}"
        )
    report.add(f"lost of {messages}, {KILLS} kills, {what}", lost, "messages", budget=0)
    report.add(f"sent twice of {messages}, {KILLS} kills, {what}", twice, "messages", budget=0)
    if idempotent:
        report.add("left uncertain where the gateway knows keys", len(shown), "messages", budget=0)


def theirs(report, name, queue, *, messages, life, grace, table, key, failed):
    """One of Odoo's queues, for comparison: no budget.

    :param failed: condition of rows that staff see as failed.
    """
    with (
        harness.database("outbox_crash") as database,
        Gateway() as gateway,
        Nursery(database, gateway, f"{ODOO}:{queue}", messages) as nursery,
    ):
        live_and_die(
            nursery, gateway, dispatchers=1, kills=KILLS, life=life, grace=grace,
            count_states=lambda: states(database, table), waiting=("outgoing",),
        )  # fmt: skip
        taken = set(gateway.taken)
        everything = _keys(database, table, key, "true")
        lost = everything - taken - _keys(database, table, key, failed)
        report.add(f"Odoo's {name}: lost of {messages}, {KILLS} kills", len(lost), "messages")
        report.add(
            f"Odoo's {name}: sent twice of {messages}, {KILLS} kills", gateway.twice(), "messages"
        )


def main():
    """Ours, then Odoo's."""
    report = harness.Report()
    outbox(report, idempotent=False)
    outbox(report, idempotent=True)
    theirs(
        report, "SMS queue", "SmsQueue", messages=40_000, life=(1, 500), grace=0.1, table="sms_sms",
        key="uuid", failed="state = 'error'",
    )  # fmt: skip
    theirs(
        report, "mail queue", "MailQueue", messages=2_000, life=(5, 40), grace=0.02,
        table="mail_mail", key=MAIL_KEY, failed="state = 'exception'",
    )  # fmt: skip
    report.exit()


if __name__ == "__main__":
    main()
