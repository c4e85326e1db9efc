"""Two dispatchers of the outbox are killed again and again: nothing is lost, nothing goes twice."""

import pytest

from tools.devenv import postgres

from .support.databases import copied
from .support.killing import Gateway, Nursery, live_and_die, states

MESSAGES = 2000
KILLS = 20
DISPATCHERS = 2
#: Messages that the gateway takes between two deaths. Even if each death leaves a whole batch
#: uncertain, not all are gone before the last one.
LIFE = (5, 40)


def _keys(database, state):
    return set(
        postgres.query(f"SELECT idempotency_key FROM prm_message WHERE state = '{state}'", database)
    )


@pytest.mark.parametrize("idempotent", [True, False])
def test_killed_again_and_again(idempotent):
    queue = "IdempotentOutbox" if idempotent else "Outbox"
    with (
        copied("crash") as database,
        Gateway() as gateway,
        Nursery(database, gateway, f"tests.support.outbox_nursery:{queue}", MESSAGES) as nursery,
    ):
        then = live_and_die(
            nursery, gateway, dispatchers=DISPATCHERS, kills=KILLS, life=LIFE,
            count_states=lambda: states(database), waiting=("queued", "sending"),
        )  # fmt: skip
        assert then.get("queued") or then.get("sending"), "it was over before the last death"
        sent, unknown = _keys(database, "sent"), _keys(database, "unknown")
        assert len(sent) + len(unknown) == MESSAGES, states(database)
        assert sent <= set(gateway.taken), "recorded as sent, but the gateway never got it"
        if idempotent:
            # The gateway sends once for each key, however often it gets it: that is its promise.
            assert not unknown
            assert set(gateway.taken) == sent
        else:
            assert not gateway.twice()
            assert set(gateway.taken) <= sent | unknown
