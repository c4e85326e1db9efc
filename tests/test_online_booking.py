"""Anybody books online: in a browser, twenty at once for one time, and under a flood."""

import os
import re
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests
from lxml import html

from tools.devenv import postgres

from .support import browser, practice
from .support.databases import copied
from .support.server import OdooServer, shell
from .test_parallel_booking import OVERLAPS

#: Where pictures of every step go, for people to look at; nowhere unless asked for.
PICTURES = os.environ.get("PRM_PICTURES")
VISITORS = 20
PATIENCE = 120  # seconds for one answer
#: Longer than a program would take for the form, see `booking_state.MIN_SECONDS`.
HUMAN = 3.2
#: WCAG 2.5.5, boxes by their labels; links in running text have no such measure.
SMALL = """() => [...document.querySelectorAll(
    "main button, main a.p-button, main a.p-pick, main a.p-slot, main .p-option, main summary,"
    + " main .p-field > input, main textarea, .p-languages a")]
    .filter((node) => node.offsetParent && node.getBoundingClientRect().height < 44)
    .map((node) => node.outerHTML)"""
PHONE = {**browser.PHONE, "viewport": {"width": 360, "height": 740}}

SETUP = """
for lang in ("en_US", "de_DE", "it_IT", "es_ES", "zh_CN"):
    env["res.lang"]._activate_lang(lang)
company = env.ref("base.main_company")
kinds = env["prm.appointment.type"].search([])
kind = kinds.filtered("provider_ids")[:1]
(kinds - kind).online = False
kind.write({
    "preparation": "Please bring your insurance card and a list of your medicines.",
    "show_price": True, "price_text": "from $90",
})
other = env["prm.provider"].create({
    "name": "Sam Okoro", "role": "hygienist", "tz": "America/Denver", "company_id": company.id,
    "resource_calendar_id": kind.provider_ids.resource_calendar_id.id,
})
kind.provider_ids |= other
env["prm.appointment.type"].create({
    "name": "First visit", "duration": 60, "company_id": company.id, "for_whom": "new",
    "provider_ids": [(6, 0, other.ids)],
})
env["prm.booking.page"].create({
    "company_id": company.id, "slug": "test-dental", "online": True,
    "greeting": "How good that you are coming. It takes two minutes.",
    "privacy_url": "https://test-dental.example.com/privacy",
})
print("KIND", kind.id)
"""


@pytest.fixture(scope="module")
def server():
    with copied("onlinebooking") as database:
        practice.set_up(database)
        kind = re.search(r"^KIND (\d+)$", shell(database, SETUP), re.MULTILINE)[1]
        with OdooServer(database, "--proxy-mode") as running:
            running.kind = kind
            yield running
            assert running.errors() == []


def _shoot(page, name):
    if PICTURES:
        Path(PICTURES).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=Path(PICTURES) / f"{name}.png", full_page=True)


def _newest_code(server, address):
    """The code as the person reads it."""
    rows = postgres.query(
        "SELECT substring(body FROM '[0-9]{6}') FROM prm_message"
        f" WHERE address = '{address}' AND body IS NOT NULL ORDER BY id DESC LIMIT 1",
        server.database,
    )
    return rows[0]


def _is_fit(page, width):
    assert page.evaluate("() => document.documentElement.scrollWidth") <= width
    assert page.evaluate(SMALL) == []


# -- in a browser


@pytest.mark.parametrize("script", [True, False], ids=["desktop", "phone-without-script"])
def test_as_a_new_patient(server, script):
    device = browser.DESKTOP if script else PHONE
    width = device["viewport"]["width"]
    name = "desktop" if script else "phone"
    email = f"{name}@example.com"
    with browser.browser() as visit:
        visitor = visit(device, locale="en-US", java_script_enabled=script)
        page = visitor.page
        page.goto(f"{server.address}/prm/book/test-dental")
        _look(page, f"{name}-1-kinds", width, script)
        _go(page, "a.p-pick:has-text('Hygiene visit')")
        _look(page, f"{name}-2-staff", width, script)
        _go(page, "a.p-pick:has-text('Sam Okoro')")
        _look(page, f"{name}-3-slots", width, script)
        _go(page, "a.p-slot >> nth=1")
        _go(page, "button[type=submit]")
        assert page.locator("[role=alert] li").count() == 6
        _look(page, f"{name}-4-mistakes", width, script)
        _fill(page, name, email)
        _look(page, f"{name}-5-form", width, script)
        started = time.monotonic()
        page.press("#email", "Enter")
        page.wait_for_selector("button[value=send]")
        page.wait_for_load_state()
        _look(page, f"{name}-6-check", width, script)
        page.wait_for_timeout(max(0, HUMAN - (time.monotonic() - started)) * 1000)
        page.click("button[value=send]")
        page.wait_for_selector("#code")
        page.wait_for_load_state()
        _look(page, f"{name}-7-code", width, script)
        page.fill("#code", "abc")
        page.press("#code", "Enter")
        page.wait_for_selector("[role=alert]")
        page.wait_for_load_state()
        _look(page, f"{name}-8-wrong", width, script)
        page.fill("#code", _newest_code(server, email))
        page.press("#code", "Enter")
        page.wait_for_selector("a[href*='.ics']")
        page.wait_for_load_state()
        assert "Thank you, Ada. Your visit is booked." in page.inner_text("h1")
        _look(page, f"{name}-9-done", width, script)
        assert "Ada" not in page.url
        # Only in the address of the practice's own server.
        assert {url for url in visitor.requested if not url.startswith(server.address)} <= {
            "data:,"
        }  # fmt: skip
        assert page.context.cookies() == []
        assert [line for line in visitor.complaints if "favicon" not in line] == []


def _fill(page, name, email):
    page.check("#whom_child")
    assert page.is_visible("#guardian_first")
    page.check("#whom_me")
    assert not page.is_visible("#guardian_first")
    page.fill("#first_name", "Ada")
    page.fill("#last_name", f"Lake-{name}")
    page.fill("#birth_date", "1988-03-27")
    page.fill("#email", email)
    page.fill("#note", "I have not been to a dentist for long.")
    page.check("#privacy")


def _go(page, selector):
    """Press something, and wait for the page that comes."""
    with page.expect_navigation():
        page.click(selector)


def _look(page, name, width, script):
    _shoot(page, name)
    _is_fit(page, width)
    assert page.locator("h1").count() == 1
    if script:
        ids = page.evaluate("() => [...document.querySelectorAll('[id]')].map((one) => one.id)")
        assert len(ids) == len(set(ids))
        unlabelled = page.evaluate(
            "() => [...document.querySelectorAll("
            "'input:not([type=hidden]), textarea')].filter((one) => !one.labels.length).length"
        )
        assert unlabelled == 0


def test_by_keyboard_in_another_language(server):
    with browser.browser() as visit:
        visitor = visit(PHONE, locale="de-DE")
        page = visitor.page
        page.goto(f"{server.address}/prm/book/test-dental")
        assert page.get_attribute("html", "lang") == "de"
        _shoot(page, "german-1")
        _go(page, ".p-languages a[lang=zh]")
        assert page.get_attribute("html", "lang") == "zh"
        _shoot(page, "chinese-1")
        _go(page, ".p-languages a[lang=it]")
        page.focus("a.p-pick >> nth=0")
        page.keyboard.press("Enter")
        page.wait_for_url("**type=**lang=it**")
        page.go_back()
        assert page.get_attribute("html", "lang") == "it"
        page.goto(f"{server.address}/prm/book/test-dental?type={server.kind}&provider=any&lang=de")
        _go(page, "a.p-slot >> nth=0")
        _shoot(page, "german-2-form")
        order = []
        page.focus("#whom_me")
        while len(order) < 6 and order[-1:] != ["note"]:
            page.keyboard.press("Tab")
            focused = page.evaluate("() => document.activeElement.id")
            # A date has a stop for each of its parts.
            if order[-1:] != [focused]:
                order.append(focused)
        assert order == ["first_name", "last_name", "birth_date", "email", "mobile", "note"]


# -- without a browser


class Visitor:
    """Somebody with an address of their own, who fills forms as a browser does."""

    def __init__(self, server, number):
        self._http = requests.Session()
        self._http.headers.update(
            {"X-Forwarded-For": f"198.51.100.{number}", "X-Forwarded-Host": "booking.example",
             "Accept-Language": "en-US"}
        )  # fmt: skip
        self._server = server
        self.email = f"visitor{number}@example.com"
        self.name = f"Visitor-{number}"
        self.page = None
        self.status = 0

    def get(self, query=""):
        answer = self._http.get(
            f"{self._server.address}/prm/book/test-dental{query}", timeout=PATIENCE
        )
        return self._take(answer)

    def _take(self, answer):
        self.status, self.text = answer.status_code, answer.text
        self.page = html.fromstring(answer.text)
        return self

    def send(self, button=None, **typed):
        """Press a button of the first form that has it."""
        form = self.page.forms[0]
        data = {name: value for name, value in form.fields.items() if value is not None}
        if button:
            data["step"] = button
        return self._take(
            self._http.post(
                self._server.address + form.action, data={**data, **typed}, timeout=PATIENCE
            )
        )

    def fill(self):
        return self.send(
            whom="me", first_name=self.name, last_name="Racer", birth_date="1980-05-31",
            email=self.email, privacy="1",
        )  # fmt: skip


def _visits(server):
    rows = postgres.query(
        "SELECT count(*) FROM calendar_event WHERE prm_patient_id IS NOT NULL", server.database
    )
    return int(rows[0])


def test_twenty_for_one_time(server):
    """One gets it. The others read so, with other times and all that they typed."""
    visitors = [Visitor(server, number) for number in range(100, 100 + VISITORS)]
    query = (
        visitors[0]
        .get(f"?type={server.kind}&provider=any")
        .page.xpath("//a[@class='p-slot']/@href")[0]
    )
    query = "?" + query.partition("?")[2]
    for visitor in visitors:
        visitor.get(query).fill()
        assert "Is everything right?" in visitor.text
    time.sleep(HUMAN)
    for visitor in visitors:
        visitor.send("send")
        assert "Please type your code" in visitor.text
    codes = [_newest_code(server, visitor.email) for visitor in visitors]
    before = _visits(server)
    with ThreadPoolExecutor(VISITORS) as pool:
        list(pool.map(lambda pair: pair[0].send(code=pair[1]), zip(visitors, codes, strict=True)))
    assert {visitor.status for visitor in visitors} == {200}
    winners = [visitor for visitor in visitors if "Your visit is booked" in visitor.text]
    losers = [visitor for visitor in visitors if "has just been taken" in visitor.text]
    assert (len(winners), len(losers)) == (1, VISITORS - 1)
    assert _visits(server) == before + 1
    assert postgres.query(OVERLAPS, server.database) == ["0"]
    taken = re.search(r"start=(\w+)&with=(\d+)", query)
    for visitor in losers:
        offered = visitor.page.xpath("//button[@name='slot']/@value")
        assert offered
        assert f"{taken[1]}|{taken[2]}" not in offered
    # One of them takes another time, without a new code.
    again = losers[0]
    again.send(slot=again.page.xpath("//button[@name='slot']/@value")[-1])
    assert "Is everything right?" in again.text
    again.send("book")
    assert "Your visit is booked" in again.text
    people = postgres.query(
        "SELECT count(*) FROM prm_patient WHERE active AND last_name = 'Racer'", server.database
    )
    assert people == ["2"]


def test_a_flood_keeps_nobody_out(server):
    """One address asks far too often; it is told to wait, and somebody else books meanwhile."""
    flooder = Visitor(server, 66)
    until = time.monotonic() + 15
    answers = []

    def flood(_worker):
        http = requests.Session()
        http.headers.update(flooder._http.headers)
        while time.monotonic() < until:
            begun = time.monotonic()
            answer = http.get(f"{server.address}/prm/book/test-dental", timeout=PATIENCE)
            answers.append(answer.status_code)
            # Ten of these make a hundred requests a second.
            time.sleep(max(0, 0.1 - (time.monotonic() - begun)))

    with ThreadPoolExecutor(11) as pool:
        attack = [pool.submit(flood, worker) for worker in range(10)]
        visitor = Visitor(server, 67).get(f"?type={server.kind}&provider=any")
        link = visitor.page.xpath("//a[@class='p-slot']/@href")[-1]
        visitor.get("?" + link.partition("?")[2]).fill()
        time.sleep(HUMAN)
        visitor.send("send")
        visitor.send(code=_newest_code(server, visitor.email))
        booked_in_time = time.monotonic() < until
        for one in attack:
            one.result()
    assert booked_in_time
    assert "Your visit is booked" in visitor.text
    refused = answers.count(429) / len(answers)
    assert set(answers) == {200, 429}
    assert refused >= 0.95
