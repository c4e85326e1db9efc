"""Providers call over the network: forgeries are refused, and what is genuine counts once."""

import random
import re
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tools.devenv import postgres

from .support.databases import copied
from .support.doubles import calls
from .support.server import OdooServer, shell

FORGERIES = 10_000
MESSAGES = 60
REPEATS = 5
THREADS = 4

SET_UP = f"""
import json
base = "http://127.0.0.1"
common = {{"company_id": env.company.id}}
gateways = env["prm.gateway"].create([
    {{**common, "name": "Twilio", "provider": "twilio", "account": "AC0",
      "secret": {calls.TWILIO_TOKEN!r}, "sender": "+12025550100",
      "callback_url": {calls.TWILIO_URL!r}}},
    {{**common, "name": "WhatsApp", "provider": "whatsapp_cloud", "account": "1",
      "webhook_secret": {calls.WHATSAPP_SECRET!r}}},
    {{**common, "name": "Any", "provider": "generic_http", "url": "https://sms.example/send",
      "webhook_secret": {calls.GENERIC_SECRET!r}, "signature_header": "X-Sign"}},
])
patient = env["prm.patient"].create({{"first_name": "Maria", "mobile": "+12025550143"}})
env["prm.message"].create([
    {{"patient_id": patient.id, "company_id": env.company.id, "state": "sent",
      "purpose_id": env.ref("prm_core.prm_purpose_care").id,
      "channel_id": env.ref("prm_core.prm_channel_sms").id,
      "address": "+12025550143", "provider_ref": f"SM{{number}}",
      "sent_at": "2026-01-01 09:00:00"}}
    for number in range({MESSAGES})
])
env.cr.commit()
print("TOKENS", json.dumps(gateways.mapped("webhook_token")))
"""


@pytest.fixture(scope="module")
def practice_server():
    with copied("webhooks") as database:
        tokens = re.findall(r'"([\w-]{20,})"', shell(database, SET_UP))
        with OdooServer(database) as server:
            names = ("twilio", "whatsapp", "generic")
            addresses = {
                name: f"{server.address}/prm/w/{token}"
                for name, token in zip(names, tokens, strict=True)
            }
            yield server, addresses


def _genuine(chooser):
    """A call as each provider makes it: (provider, query, body, headers)."""
    number = chooser.randrange(10**9)
    provider = chooser.choice(("twilio", "whatsapp", "generic"))
    if provider == "twilio":
        fields = {"MessageSid": f"FORGED{number}", "MessageStatus": "delivered"}
        return provider, "?practice=1", *calls.twilio(calls.TWILIO_URL, **fields)
    if provider == "whatsapp":
        return (
            provider,
            "",
            *calls.whatsapp(
                statuses=[
                    {"id": f"FORGED{number}", "status": "delivered", "timestamp": "1700000000"}
                ]
            ),
        )
    return provider, "", *calls.generic(id=f"FORGED{number}", status="delivered")


def _forge(chooser, raw, headers):
    """The same call with something wrong about its body or its signature."""
    name, signature = next(iter(headers.items()))
    way = chooser.randrange(5)
    if way == 0:
        return raw, {}
    if way == 1:
        # Another body below a genuine signature: one bit is enough.
        place, bit = chooser.randrange(len(raw)), 1 << chooser.randrange(8)
        return raw[:place] + bytes([raw[place] ^ bit]) + raw[place + 1 :], headers
    if way == 2:
        place = chooser.randrange(len(signature))
        other = chooser.choice([c for c in "ABCdef0189" if c.lower() != signature[place].lower()])
        return raw, {name: signature[:place] + other + signature[place + 1 :]}
    if way == 3:
        return chooser.randbytes(chooser.randrange(200)), headers
    return raw, {name: chooser.choice(("", "sha256=", "0" * 64, "null", "é".encode()))}


def _send(addresses, posts):
    """Status codes of many calls, made by several threads over kept connections."""

    def some(part):
        with requests.Session() as session:
            return [
                session.post(addresses[provider] + query, data=raw, headers=headers).status_code
                for provider, query, raw, headers in part
            ]

    with ThreadPoolExecutor(THREADS) as pool:
        parts = [posts[number::THREADS] for number in range(THREADS)]
        return [status for statuses in pool.map(some, parts) for status in statuses]


def _count(server, where="true"):
    sql = f"SELECT count(*) FROM prm_message_event WHERE {where}"
    return int(postgres.query(sql, server.database)[0])


def test_forgeries_are_refused(practice_server):
    server, addresses = practice_server
    chooser = random.Random(3)
    posts = []
    while len(posts) < FORGERIES:
        provider, query, raw, headers = _genuine(chooser)
        posts.append((provider, query, *_forge(chooser, raw, headers)))
    statuses = _send(addresses, posts)
    assert len(statuses) == FORGERIES
    assert set(statuses) == {403}
    assert _count(server, "provider_ref LIKE 'FORGED%'") == 0
    assert not server.errors()


def test_genuine_ones_count_once_in_any_order(practice_server):
    """Five times each, shuffled, from several connections at once."""
    server, addresses = practice_server
    chooser = random.Random(5)
    stories = {}
    posts = []
    for number in range(MESSAGES):
        story = chooser.choice((("sent", "delivered", "read"), ("sent", "undelivered"), ("sent",)))
        stories[f"SM{number}"] = {"undelivered": "failed"}.get(story[-1], story[-1])
        for status in story:
            fields = {"MessageSid": f"SM{number}", "MessageStatus": status}
            if status == "undelivered":
                fields["ErrorCode"] = "30003"
            call = ("twilio", "?practice=1", *calls.twilio(calls.TWILIO_URL, **fields))
            posts += [call] * REPEATS
    different = len(posts) // REPEATS
    chooser.shuffle(posts)
    assert set(_send(addresses, posts)) == {200}
    assert _count(server) == different
    session = server.login("admin")
    session.wait_until(
        "prm.message", [("provider_ref", "=", "SM0"), ("state", "=", stories["SM0"])], "SM0"
    )
    # The reports are applied by a job: the last batch may still be on its way.
    for ref, state in stories.items():
        session.wait_until("prm.message", [("provider_ref", "=", ref), ("state", "=", state)], ref)
    assert _count(server, "state = 'new'") == 0
    failed = postgres.query(
        "SELECT count(*) FROM prm_event e JOIN prm_event_type t ON t.id = e.event_type_id "
        "WHERE t.code = 'message_failed'", server.database,
    )  # fmt: skip
    assert int(failed[0]) == sum(state == "failed" for state in stories.values())
    assert not server.errors()
