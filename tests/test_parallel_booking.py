"""Fifty patients want one and the same time at the same moment, on two processes of Odoo."""

import itertools
import json
import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import pytest
import requests

from tools.devenv import postgres

from .support import practice
from .support.databases import copied
from .support.server import OdooServer, Refused, shell

PROCESSES = 2
ROUNDS = 20
PATIENTS = 50
PATIENCE = 120  # seconds for one answer
VISIT = timedelta(minutes=45)
#: Threads of a process for pages: half of its connections.
CONNECTIONS = 64

PATHS = """
import json
kind = env["prm.appointment.type"].search([], limit=1)
# Room for all rounds, and no more: everybody who loses is shown every time that is left.
kind.max_ahead = 10
patients = env["prm.patient"].with_context(prm_bulk=True).create([
    {{"first_name": "Racer", "last_name": str(number), "lang": "en_US"}}
    for number in range({count})
])
wishes = [
    {{"action": "book_appointment", "patient": patient, "payload": {{"type_id": kind.id}}}}
    for patient in patients
]
paths = [url.rpartition("/")[2] for _link, url in env["prm.link"]._issue_many(wishes)]
print("PATHS", json.dumps(["/prm/l/" + path for path in paths]))
"""

OVERLAPS = """
SELECT count(*)
  FROM calendar_event a
  JOIN calendar_event b ON a.id < b.id AND a.start < b.stop AND b.start < a.stop
   AND (a.prm_provider_id = b.prm_provider_id OR a.prm_operatory_id = b.prm_operatory_id)
 WHERE a.active AND b.active AND a.prm_status <> 'cancelled' AND b.prm_status <> 'cancelled'
"""


class Race:
    """Patients with a link each, and the processes that serve them."""

    def __init__(self, servers):
        self.servers = servers
        self.database = servers[0].database
        # Who has booked races no more, and somebody else takes the place.
        printed = shell(self.database, PATHS.format(count=PATIENTS + 2 * ROUNDS + 2))
        self.paths = json.loads(re.search(r"^PATHS (.*)$", printed, re.MULTILINE)[1])
        self._homes = itertools.count()

    def free_times(self):
        """(start, provider id) of the times that are on offer now."""
        return read_free_times(self._call("GET", self.paths[0], 0).text)

    def book(self, number, path, start, provider):
        """Book as the patient of a link does; ``number`` says by which process."""
        return self._call("POST", path, number, {"start": start, "provider": provider})

    def _call(self, method, path, number, form=None):
        address = self.servers[number % len(self.servers)].address
        home = next(self._homes)
        # Each patient comes from elsewhere: one address may not come so often.
        headers = {
            "X-Forwarded-For": f"198.18.{home // 250}.{home % 250}",
            "X-Forwarded-Host": urlsplit(address).netloc,
        }
        return requests.request(
            method, address + path, data=form, headers=headers, timeout=PATIENCE
        )

    def count(self):
        """How many visits there are."""
        visits = "SELECT count(*) FROM calendar_event WHERE prm_patient_id IS NOT NULL"
        return int(postgres.query(visits, self.database)[0])

    def check(self, answers, start, provider, winners):
        """Who has won says so, all others were offered other times, and nothing broke.

        :param answers: ``{path: answer}`` of the patients; :param winners: how many of them won.
        """
        assert {answer.status_code for answer in answers.values()} == {200}
        won = [path for path, answer in answers.items() if "our visit is booked" in answer.text]
        lost = [answer for answer in answers.values() if "has just been taken" in answer.text]
        assert (len(won), len(lost)) == (winners, len(answers) - winners)
        for answer in lost:
            offered = read_free_times(answer.text)
            assert offered
            assert (start, provider) not in offered
        assert postgres.query(OVERLAPS, self.database) == ["0"]
        assert [line for server in self.servers for line in server.errors()] == []
        for path in won:
            self.paths.remove(path)


def read_free_times(page):
    return re.findall(r"\?start=(\w+)&amp;provider=(\d+)", page)


@pytest.fixture(scope="module")
def race():
    options = ("--proxy-mode", f"--db_maxconn={CONNECTIONS}", "--max-cron-threads=0")
    with copied("parallel") as database, ExitStack() as stack:
        practice.set_up(database)
        yield Race(
            [stack.enter_context(OdooServer(database, *options)) for _number in range(PROCESSES)]
        )


@pytest.mark.parametrize("attempt", range(ROUNDS))
def test_exactly_one_wins(race, attempt):
    start, provider = race.free_times()[0]
    before, paths = race.count(), race.paths[:PATIENTS]
    with ThreadPoolExecutor(PATIENTS) as pool:
        booked = [
            pool.submit(race.book, number + attempt, path, start, provider)
            for number, path in enumerate(paths)
        ]
        answers = {path: each.result() for path, each in zip(paths, booked, strict=True)}
    race.check(answers, start, provider, winners=1)
    assert race.count() == before + 1


def test_one_patient_presses_twice(race):
    """Two taps on one link, for different times: one visit, and both taps show it."""
    times, path, before = race.free_times(), race.paths.pop(), race.count()
    with ThreadPoolExecutor(2) as pool:
        taps = [pool.submit(race.book, tap, path, *times[-tap]) for tap in range(2)]
        answers = [tap.result() for tap in taps]
    assert {answer.status_code for answer in answers} == {200}
    for answer in answers:
        assert "our visit is booked" in answer.text
    assert race.count() == before + 1


@pytest.fixture(scope="module")
def desks(race):
    """The front desk at each process."""
    return [server.login("receptionist") for server in race.servers]


@pytest.fixture(scope="module")
def dragged(race, desks):
    """Id of a visit far away from where the patients want to come."""
    answer = race.book(0, race.paths.pop(), *race.free_times()[-1])
    assert "our visit is booked" in answer.text
    domain = [["prm_patient_id", "!=", False]]
    return desks[0].call("calendar.event", "search", domain, order="id desc", limit=1)


@pytest.mark.parametrize("attempt", range(ROUNDS))
def test_the_desk_and_patients_at_once(race, desks, dragged, attempt):
    """The front desk drags a visit onto a time while patients book it: one of all has it."""
    start, provider = race.free_times()[0]
    before, paths = race.count(), race.paths[: PATIENTS - 1]
    with ThreadPoolExecutor(PATIENTS) as pool:
        booked, moved = [], None
        for number, path in enumerate(paths):
            # The desk is first in one round, and later and later in the others.
            if number == attempt:
                moved = pool.submit(_drag, desks[attempt % PROCESSES], dragged, start)
            booked.append(pool.submit(race.book, number, path, start, provider))
        answers = {path: each.result() for path, each in zip(paths, booked, strict=True)}
    sentence = moved.result()
    if sentence:
        assert "This provider has another visit at that time." in sentence
    race.check(answers, start, provider, winners=1 if sentence else 0)
    assert race.count() == before + (1 if sentence else 0)


def _drag(desk, visit, start):
    """What the calendar does after a drag; the sentence that the person reads, if refused."""
    begins = datetime.strptime(start, "%Y%m%dT%H%MZ")
    try:
        desk.call("calendar.event", "write", visit,
                  {"start": str(begins), "stop": str(begins + VISIT)})  # fmt: skip
    except Refused as refused:
        return str(refused)
    return None
