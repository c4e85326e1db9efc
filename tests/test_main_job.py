"""The main job on real parts: from the practice's lists to a recall that the patient has booked.

A real server, PostgreSQL, SMTP server and browser. The receptionist works at a desk, the patient
holds a phone and has no account.
"""

import base64
import json
import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.support import browser
from tests.support.databases import copied
from tests.support.mail import SmtpServer
from tests.support.practice import set_up
from tests.support.server import OdooServer, shell
from tools.devenv.settings import ROOT

DATA = ROOT / "tests" / "data"
ZONE = ZoneInfo("America/Denver")

#: What only the page of a booked visit has, in every language.
BOOKED = "a[href$='/calendar.ics']"

#: list -> file of patients, file of procedures or None, known answers
LISTS = {
    "opendental": ("opendental_patients.csv", "opendental_procedures.csv"),
    "gestionale": ("gestionale_pazienti.csv", None),
}


def _expected(name):
    return json.loads((DATA / f"{name}_expected.json").read_text())


def _import(person, filename, as_of):
    """Import a file as the wizard's screens do, and return the record's id and its rows."""
    content = base64.b64encode((DATA / filename).read_bytes()).decode()
    country = "US" if filename.startswith("opendental") else "IT"
    country_id = person.call("res.country", "search", [("code", "=", country)])[0]
    recognised = person.call(
        "prm.import", "onchange", [], {"file": content, "filename": filename}, ["file"],
        {"file": {}, "kind": {}, "layout_code": {}, "system": {}, "problem": {}},
    )["value"]  # fmt: skip
    run = person.call(
        "prm.import", "create",
        {
            "file": content, "filename": filename, "as_of": as_of, "country_id": country_id,
            "kind": recognised.get("kind") or "patients",
            "layout_code": recognised["layout_code"],
        },
    )  # fmt: skip
    for step in ("action_read", "action_check", "action_import"):
        person.call("prm.import", step, [run])
    person.wait_until("prm.import", [("id", "=", run), ("state", "=", "done")], "import")
    rows = person.search_read(
        "prm.import.line", [("import_id", "=", run)],
        ["row", "outcome", "reason", "of", "warnings"],
    )  # fmt: skip
    return run, rows


def _found(rows, outcome, *fields):
    return [
        {name: row[name] for name in ("row", "reason", *fields)}
        for row in rows
        if row["outcome"] == outcome
    ]


def _warnings(rows):
    """Bad phones and addresses by row; other remarks (an unknown language) are not asked."""
    found = []
    for row in rows:
        codes = {code.partition(":")[0] for code in (row["warnings"] or "").split(",")}
        if codes := codes & {"bad_phone", "bad_email"}:
            found.append({"row": row["row"], "warnings": sorted(codes)})
    return found


def _compare_patients(person, run, rows, expected, system):
    assert len(rows) == expected["read"]
    assert _found(rows, "rejected") == expected["rejected"]
    assert _found(rows, "duplicate", "of") == expected["duplicates"]
    assert _warnings(rows) == [
        {**row, "warnings": sorted(row["warnings"])} for row in expected["warnings"]
    ]
    accepted = sum(row["outcome"] in ("new", "updated", "unchanged") for row in rows)
    assert accepted == expected["accepted"]
    patients = person.search_read(
        "prm.patient.identifier", [("system", "=", system)], ["value", "patient_id"]
    )
    facts = {
        row["id"]: row
        for row in person.search_read(
            "prm.patient", [("active", "in", (True, False))], ["mobile", "email"]
        )
    }
    values = {row["value"]: facts[row["patient_id"][0]] for row in patients}
    assert len(values) == expected["accepted"]
    assert {key: row["mobile"] for key, row in values.items() if row["mobile"]} == expected[
        "mobile"
    ]
    assert {key: row["email"] for key, row in values.items() if row["email"]} == expected["email"]
    counts = person.search_read(
        "prm.import", [("id", "=", run)],
        ["read_count", "new_count", "updated_count", "unchanged_count", "duplicate_count",
         "rejected_count"],
    )[0]  # fmt: skip
    del counts["id"]
    assert counts.pop("read_count") == sum(counts.values())


def _due_list(database, as_of):
    """What the recall engine lists on a day."""
    code = (
        "import json\n"
        f"rows = env['prm.recall']._due_list(fields.Date.to_date('{as_of}'), 'hygiene')\n"
        "print('DUE=' + json.dumps(rows, default=str))\n"
    )
    text = shell(database, "from odoo import fields\n" + code)
    return json.loads(re.search(r"DUE=(.*)", text).group(1))


@pytest.fixture(scope="module", params=LISTS)
def imported(request):
    """A practice whose lists have been imported by the receptionist."""
    name = request.param
    with copied(name) as database, SmtpServer() as mail:
        set_up(database)
        smtp = ("--smtp", "127.0.0.1", "--smtp-port", mail.port)
        with OdooServer(database, *smtp) as server:
            receptionist = server.login("receptionist")
            expected = _expected(name)
            results = [
                _import(receptionist, filename, expected["as_of"])
                for filename in LISTS[name]
                if filename
            ]
            yield name, server, mail, receptionist, results
            assert server.errors() == []


def test_import_finds_what_is_known(imported):
    name, server, _mail, receptionist, results = imported
    expected = _expected(name)
    _compare_patients(receptionist, *results[0], expected["patients"], name)
    if LISTS[name][1]:
        _run, rows = results[1]
        assert len(rows) == expected["procedures"]["read"]
        assert _found(rows, "rejected") == expected["procedures"]["rejected"]
        assert _found(rows, "duplicate") == expected["procedures"]["duplicates"]
        accepted = sum(row["outcome"] in ("new", "updated", "unchanged") for row in rows)
        assert accepted == expected["procedures"]["accepted"]
    assert _due_list(server.database, expected["as_of"]) == expected["hygiene_due"]


def test_the_same_lists_again_change_nothing(imported):
    name, server, _mail, receptionist, _results = imported
    snapshot = "SELECT count(*), md5(string_agg(t::text, chr(10) ORDER BY t.id)) FROM {} t"
    tables = ("prm_patient", "res_partner", "prm_patient_identifier", "prm_consent",
              "prm_import_duplicate", "prm_recall", "prm_procedure", "prm_event")  # fmt: skip

    def state():
        text = "; ".join(snapshot.format(table) for table in tables)
        from tools.devenv import postgres

        return [postgres.query(part, server.database) for part in text.split("; ")]

    before = state()
    for filename in filter(None, LISTS[name]):
        _run, rows = _import(receptionist, filename, _expected(name)["as_of"])
        assert not [row for row in rows if row["outcome"] in ("new", "updated")]
    assert state() == before


def _someone_due(receptionist):
    """A due patient with an email of their own, chosen as the list shows them."""
    due = receptionist.search_read(
        "prm.recall", [("state", "=", "due"), ("email", "!=", False)],
        ["patient_id", "email", "state"], limit=60,
    )  # fmt: skip
    for recall in due:
        sharing = receptionist.call(
            "prm.patient", "search_count", [("email", "=", recall["email"])]
        )
        if sharing == 1:
            return recall
    raise AssertionError("nobody is due")


def _send_recall(visit, server, patient_name):
    """At the desk: find the patient in the due list, look at the preview, send."""
    visitor = visit(browser.DESKTOP, locale="en-US")
    page = visitor.page
    browser.log_in(page, server.address, "receptionist")
    page.goto(f"{server.address}/odoo/recalls")
    page.fill(".o_searchview_input", patient_name)
    page.keyboard.press("Enter")
    row = page.locator(".o_data_row", has_text=patient_name)
    row.first.wait_for()
    row.first.locator("input[type=checkbox]").check()
    page.click("button[name=action_send]")
    dialog = page.locator(".modal")
    dialog.locator(".o_data_row", has_text=patient_name).wait_for()
    dialog.locator("button[name=action_send]").click()
    page.wait_for_function(
        "() => !document.querySelector('.modal button[name=action_send]:not(.d-none)')"
    )
    assert visitor.complaints == []


def _book_on_phone(visit, url, server):
    """On the phone: open the link, take the first free time, book. Returns what the page says."""
    visitor = visit(browser.PHONE, locale="en-US", timezone_id="America/Denver")
    page = visitor.page
    page.goto(url)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.locator(".p-slot").first.click()
    page.locator("form button[type=submit]").click()
    page.locator(BOOKED).wait_for()
    assert visitor.complaints == []
    assert {address.split("/")[2] for address in visitor.requested if "//" in address} == {
        server.address.split("/")[2]
    }
    return page.locator("main").inner_text()


def test_recall_sent_read_and_booked(imported):
    _name, server, mail, receptionist, _results = imported
    recall = _someone_due(receptionist)
    patient_id, patient_name = recall["patient_id"]
    with browser.browser() as visit:
        _send_recall(visit, server, patient_name)
        letter = mail.wait_for(recall["email"])
        text = letter.get_body(("plain",)).get_content()
        url = re.search(r"https?://\S+/prm/l/[\w-]+", text).group()
        assert url in letter.get_body(("html",)).get_content()
        message = receptionist.wait_until(
            "prm.message", [("patient_id", "=", patient_id), ("state", "=", "sent")], "sent"
        )
        said = _book_on_phone(visit, url, server)
        again = visit(browser.PHONE).page
        again.goto(url)
        assert again.locator(BOOKED).count() == 1, "a second visit is not booked"
    log = server.log.read_text()
    assert "/prm/l/***" in log and url.rpartition("/")[2] not in log, "the link is a key"

    event = receptionist.search_read(
        "calendar.event", [("prm_patient_id", "=", patient_id)],
        ["start", "stop", "user_id", "name", "prm_status", "prm_source"],
    )  # fmt: skip
    assert len(event) == 1, "one link, one visit"
    start = datetime.fromisoformat(event[0]["start"]).replace(tzinfo=UTC).astimezone(ZONE)
    # The page tells the time as the patient's language does: "1:00 PM" or "13:00".
    clock = "%-I:%M" if re.search(r"\d[\s\u202f]?[AP]M\b", said) else "%-H:%M"
    assert start.strftime(clock) in said and str(start.day) in said
    assert start > datetime.now(UTC) + timedelta(minutes=30)
    assert event[0]["user_id"][1] == "Hygienist"
    assert patient_name not in event[0]["name"]

    after = receptionist.search_read(
        "prm.recall", [("id", "=", recall["id"])], ["state", "appointment_id"]
    )[0]
    assert after["state"] == "booked" and after["appointment_id"][0] == event[0]["id"]
    due = receptionist.call("prm.recall", "search", [("state", "=", "due")])
    assert recall["id"] not in due
    state = receptionist.search_read("prm.message", [("id", "=", message)], ["state"])[0]["state"]
    assert state == "acted"
    hygienist = server.login("hygienist")
    mine = hygienist.search_read(
        "calendar.event", [("user_id", "=", hygienist.uid)], ["prm_patient_id"]
    )
    assert [row["prm_patient_id"][0] for row in mine] == [patient_id]
    story = receptionist.search_read(
        "prm.event", [("patient_id", "=", patient_id)], ["event_type_id"]
    )
    assert len(story) >= 4, story
