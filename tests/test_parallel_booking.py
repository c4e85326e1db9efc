"""Fifty patients press "Book this visit" for one and the same time, at the same moment."""

import json
import re
import zlib
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest
import requests

from tools.devenv import postgres

from .support import practice
from .support.databases import copied
from .support.server import OdooServer, Refused, shell

PATIENTS = 50
ROUNDS = 3
PATIENCE = 120  # seconds for one answer

LINKS = """
import json
kind = env["prm.appointment.type"].search([], limit=1)
patients = env["prm.patient"].with_context(prm_bulk=True).create([
    {{"first_name": "Racer", "last_name": str(number), "lang": "en_US"}}
    for number in range({count})
])
wishes = [
    {{"action": "book_appointment", "patient": patient, "payload": {{"type_id": kind.id}}}}
    for patient in patients
]
print("LINKS", json.dumps([url for _link, url in env["prm.link"]._issue_many(wishes)]))
"""

OVERLAPS = """
SELECT count(*)
  FROM calendar_event a
  JOIN calendar_event b ON a.id < b.id AND a.start < b.stop AND b.start < a.stop
   AND (a.prm_provider_id = b.prm_provider_id OR a.prm_operatory_id = b.prm_operatory_id)
 WHERE a.active AND b.active AND a.prm_status <> 'cancelled' AND b.prm_status <> 'cancelled'
"""


@pytest.fixture(scope="module")
def server():
    with copied("parallel") as database:
        practice.set_up(database)
        with OdooServer(database, "--proxy-mode") as running:
            yield running


def _links(server, count):
    """Addresses of booking pages, each for another patient."""
    printed = shell(server.database, LINKS.format(count=count))
    paths = json.loads(re.search(r"^LINKS (.*)$", printed, re.MULTILINE)[1])
    return [server.address + "/prm/l/" + path.rpartition("/")[2] for path in paths]


def _free_times(page):
    return re.findall(r"\?start=(\w+)&amp;provider=(\d+)", page)


def _at_home(link):
    """Headers by which each patient comes from elsewhere: one address may not come so often."""
    home = f"198.51.100.{zlib.crc32(link.encode()) % 250}"
    return {"X-Forwarded-For": home, "X-Forwarded-Host": urlsplit(link).netloc}


def _get(link):
    return requests.get(link, headers=_at_home(link), timeout=PATIENCE).text


def _book(wish):
    address, start, provider = wish
    form = {"start": start, "provider": provider}
    return requests.post(address, data=form, headers=_at_home(address), timeout=PATIENCE)


def _booked(server):
    visits = "SELECT count(*) FROM calendar_event WHERE prm_patient_id IS NOT NULL"
    return int(postgres.query(visits, server.database)[0])


@pytest.mark.parametrize("attempt", range(ROUNDS))
def test_exactly_one_wins(server, attempt):
    links = _links(server, PATIENTS)
    start, provider = _free_times(_get(links[0]))[0]
    before = _booked(server)
    with ThreadPoolExecutor(PATIENTS) as pool:
        answers = list(pool.map(_book, [(link, start, provider) for link in links]))
    assert {answer.status_code for answer in answers} == {200}
    winners = [answer for answer in answers if "Your visit is booked" in answer.text]
    losers = [answer for answer in answers if "has just been taken" in answer.text]
    assert (len(winners), len(losers)) == (1, PATIENTS - 1)
    for answer in losers:
        offered = _free_times(answer.text)
        assert offered
        assert (start, provider) not in offered
    assert _booked(server) == before + 1
    assert postgres.query(OVERLAPS, server.database) == ["0"]
    assert server.errors() == []


def test_one_patient_presses_twice(server):
    """Two taps on one link, for different times: one visit, and both taps show it."""
    (link,) = _links(server, 1)
    times = _free_times(_get(link))
    before = _booked(server)
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(_book, [(link, *times[0]), (link, *times[-1])]))
    assert {answer.status_code for answer in answers} == {200}
    for answer in answers:
        assert "our visit is booked" in answer.text
    assert _booked(server) == before + 1
    assert server.errors() == []


def test_the_desk_and_patients_at_once(server):
    """The front desk drags a visit onto a time while patients book it: one of them has it."""
    desk = server.login("receptionist")
    for link in _links(server, 3):
        times = _free_times(_get(link))
        (target, provider), other = times[0], times[-1]
        (helper,) = _links(server, 1)
        assert "our visit is booked" in _book((helper, *other)).text
        visit = desk.call("calendar.event", "search", [["prm_patient_id", "!=", False]],
                          order="id desc", limit=1)  # fmt: skip
        moment = f"{target[:4]}-{target[4:6]}-{target[6:8]} {target[9:11]}:{target[11:13]}:00"
        stop = f"{moment[:11]}{int(target[9:11]):02}:{int(target[11:13]) + 14:02}:00"
        with ThreadPoolExecutor(2) as pool:
            moved = pool.submit(_drag, desk, visit, moment, stop)
            booked = pool.submit(_book, (link, target, provider))
        sentence, answer = moved.result(), booked.result()
        assert answer.status_code == 200
        assert ("our visit is booked" in answer.text) != (sentence is None)
        if sentence:
            assert "This provider has another visit at that time." in sentence
        assert postgres.query(OVERLAPS, server.database) == ["0"]
        assert server.errors() == []


def _drag(desk, visit, start, stop):
    """What the calendar does after a drag; the sentence that the person reads, if refused."""
    try:
        desk.call("calendar.event", "write", visit, {"start": start, "stop": stop})
    except Refused as refused:
        return str(refused)
    return None
