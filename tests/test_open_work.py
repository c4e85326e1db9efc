"""Two people change treatment of one patient at the same moment: what is kept for the list of
unscheduled treatment counts both.
"""

import json
import re

import pytest

from .support import practice
from .support.databases import copied
from .support.server import shell

RACE = """
import json
from odoo import api
from psycopg2.errors import SerializationFailure

crown = env.ref("prm_dental.prm_procedure_type_crown")
patient = env["prm.patient"].create({{"first_name": "Maria", "last_name": "Verdi"}})
vals = {{"patient_id": patient.id, "type_id": crown.id, "fee": 100, "state": "accepted"}}
first, second = env["prm.procedure"].create([{{**vals, "tooth": tooth}} for tooth in ("16", "26")])
env.cr.commit()
tries = []

def other():
    # Committed while the transaction of `mine` is open already.
    with env.registry.cursor() as cr:
        first.with_env(api.Environment(cr, env.uid, {{}})).write({other})

def mine():
    tries.append(1)
    with env.registry.cursor() as cr:
        own = second.with_env(api.Environment(cr, env.uid, {{}}))
        own.fee
        if len(tries) == 1:
            other()
        own.write({mine})

for _try in range(2):
    try:
        mine()
        break
    except SerializationFailure:
        pass
env.invalidate_all()
kept = env["prm.open.work"].search_read([("patient_id", "=", patient.id)],
                                        ["stage", "value", "work_count", "urgency"])
print("KEPT", json.dumps([len(tries), kept]))
"""


@pytest.fixture(scope="module")
def database():
    with copied("open_work") as name:
        practice.set_up(name)
        yield name


@pytest.mark.parametrize(
    ("other", "mine", "expected"),
    [
        ({"fee": 150}, {"fee": 250}, {"value": 400, "work_count": 2, "stage": "accepted"}),
        ({"state": "deleted"}, {"state": "deleted"}, None),
        # To each of them the row seems to stay as it was: the other one is as urgent, as far.
        ({"state": "planned"}, {"state": "planned"}, {"stage": "proposed", "work_count": 2}),
    ],
)
def test_two_at_once(database, other, mine, expected):
    printed = shell(database, RACE.format(other=other, mine=mine))
    tries, kept = json.loads(re.search(r"^KEPT (.*)$", printed, re.MULTILINE)[1])
    assert tries == 2, "the database has stopped the second"
    if expected is None:
        assert kept == []
    else:
        assert {name: kept[0][name] for name in expected} == expected
