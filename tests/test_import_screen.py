"""The import as the receptionist sees it: a file, three buttons, a sum that adds up."""

import json

import pytest

from tests.support import browser
from tests.support.databases import copied
from tests.support.practice import set_up
from tests.support.server import OdooServer
from tools.devenv.settings import ROOT

DATA = ROOT / "tests" / "data"


@pytest.fixture(scope="module")
def server():
    with copied("import_screen") as database:
        set_up(database, zone="Europe/Rome")
        with OdooServer(database) as running:
            yield running


def _open_import(visit, server):
    visitor = visit(browser.DESKTOP, locale="en-US", timezone_id="Europe/Rome")
    browser.log_in(visitor.page, server.address, "receptionist")
    visitor.page.goto(f"{server.address}/odoo/action-prm_core.prm_import_new_action")
    visitor.page.wait_for_selector(".o_form_view")
    return visitor


def test_from_file_to_result(server):
    expected = json.loads((DATA / "gestionale_expected.json").read_text())["patients"]
    with browser.browser() as visit:
        visitor = _open_import(visit, server)
        page = visitor.page
        page.set_input_files("input[type=file]", DATA / "gestionale_pazienti.csv")
        page.locator("text=Windows-1252").first.wait_for()
        page.click("button[name=action_read]")
        page.locator("[name=column_ids] .o_data_row", has_text="Cognome").wait_for()
        page.click("button[name=action_check]")
        page.locator("text=Nothing has been imported yet").wait_for()
        for number in (expected["read"], len(expected["rejected"]), len(expected["duplicates"])):
            assert str(number) in page.locator("[name=sum_text]").inner_text()
        page.click("a[name=rejected]")
        page.locator("[name=rejected_line_ids] .o_data_row").first.wait_for()
        shown = page.locator("[name=rejected_line_ids] .o_data_row").count()
        assert shown == len(expected["rejected"])
        page.click("button[name=action_import]:visible")
        page.locator("button[name=action_another]").wait_for()
        assert visitor.complaints == []
    receptionist = server.login("receptionist")
    assert receptionist.call("prm.patient", "search_count", []) == expected["accepted"]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        # Of a file without any byte the web client itself says that it can't be uploaded.
        (b"\xef\xbb\xbf\n", "empty"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(200), "CSV"),
        (b"Codice\nP1\nP2\n", "column"),
    ],
    ids=["empty", "picture", "one column"],
)
def test_what_is_no_list_is_refused_with_a_sentence(server, tmp_path, content, sentence):
    path = tmp_path / "list.csv"
    path.write_bytes(content)
    receptionist = server.login("receptionist")
    before = receptionist.call("prm.patient", "search_count", [])
    with browser.browser() as visit:
        visitor = _open_import(visit, server)
        visitor.page.set_input_files("input[type=file]", path)
        alert = visitor.page.locator(".alert-danger:visible, .o_notification:visible").first
        alert.wait_for()
        assert sentence in alert.inner_text()
        assert not visitor.page.locator("button[name=action_read]").is_visible()
    assert receptionist.call("prm.patient", "search_count", []) == before
