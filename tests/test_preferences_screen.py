"""The preference centre on a phone, in a real browser, with no JavaScript and by keyboard."""

import json
import os
from pathlib import Path

import pytest

from .support import browser, practice
from .support.databases import copied
from .support.server import OdooServer, shell

#: Where pictures of every state go, for people to look at; nowhere unless asked for.
PICTURES = os.environ.get("PRM_PICTURES")

PATIENTS = """
for lang in ("en_US", "de_DE"):
    env["res.lang"]._activate_lang(lang)
company = env.ref("base.main_company")
env["prm.gateway"].create({
    "name": "SMS", "provider": "twilio", "company_id": company.id,
    "account": "AC1", "secret": "s3cret", "sender": "+12025550199",
})
for lang, name in (("en_US", "Maria"), ("de_DE", "Johanna"), ("de_DE", "Ida")):
    patient = env["prm.patient"].create({
        "first_name": name, "last_name": "Verdi", "lang": lang,
        "email": name.lower() + "@example.com", "mobile": "+13035550142",
    })
    patient.partner_id.tz = "America/Denver"
    _link, url = env["prm.link"]._issue("preferences", patient)
    print("URL", name, url.rpartition("/")[2])
    links = env["prm.link"]
    [(_link, url)] = links._issue_many([links._unsubscribe_wish(patient, "recall", "email")])
    print("STOP", name, url.rpartition("/")[2])
"""

STATE = """
import json
patient = env["prm.patient"].search([("first_name", "=", "{name}")])
print("STATE=" + json.dumps({{
    "order": patient.channel_order, "until": str(patient.contact_paused_until or ""),
    "hours": [patient.contact_from, patient.contact_to],
    "words": [[row.purpose_id.code, row.channel_id.code or "", row.state]
              for row in patient.consent_ids.sorted("id")],
}}))
"""

#: WCAG 2.1, 1.4.3: the least contrast of text, 3 for large one.
CONTRAST = """() => {
    const light = (text) => {
        const parts = text.match(/[\\d.]+/g).map(Number).slice(0, 3).map((part) => {
            const c = part / 255;
            return c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
    };
    const behind = (node) => {
        for (let at = node; at; at = at.parentElement) {
            const color = getComputedStyle(at).backgroundColor;
            if (!color.endsWith(", 0)") && color !== "transparent") return color;
        }
        return "rgb(255, 255, 255)";
    };
    const faults = [];
    for (const node of document.querySelectorAll("body *")) {
        const own = [...node.childNodes].some((c) => c.nodeType === 3 && c.textContent.trim());
        if (!own || !node.offsetParent) continue;
        const [a, b] = [light(getComputedStyle(node).color), light(behind(node))];
        const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
        if (ratio < 4.5) faults.push(`${node.textContent.trim().slice(0, 30)}: ${ratio}`);
    }
    return faults;
}"""

#: Fingers: what is pressed is at least 44 pixels high (WCAG 2.5.5), boxes by their labels.
SMALL = """() => [...document.querySelectorAll(
    "main button, main select, .p-option, .p-pair input")]
    .filter((node) => node.getBoundingClientRect().height < 44).map((node) => node.outerHTML)"""


def _shoot(page, name):
    if PICTURES:
        Path(PICTURES).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=Path(PICTURES) / f"{name}.png", full_page=True)


@pytest.fixture(scope="module")
def serving():
    with copied("preferences") as database:
        practice.set_up(database)
        lines = shell(database, PATIENTS).splitlines()
        tokens = {
            tuple(line.split()[:2]): line.split()[2]
            for line in lines
            if line.startswith(("URL ", "STOP "))
        }
        with OdooServer(database) as server:
            yield server, tokens
            assert server.errors() == []


def _state(server, name):
    text = shell(server.database, STATE.format(name=name))
    return json.loads(text.partition("STATE=")[2])


def _open(visit, server, token, **options):
    device = {**browser.PHONE, "viewport": {"width": 390, "height": 844}}
    visitor = visit(device, java_script_enabled=False, **options)
    visitor.page.goto(f"{server.address}/prm/l/{token}")
    return visitor


@pytest.mark.parametrize("name", ["Maria", "Johanna"])
def test_every_state_of_the_page(serving, name):
    server, tokens = serving
    token = tokens["URL", name]
    with browser.browser() as visit:
        visitor = _open(visit, server, token)
        page = visitor.page
        _shoot(page, f"{name}-1-form")
        # One wrong thing: all that was typed stays.
        page.check("input[name=hours][value=own]")
        page.fill("input[name=start]", "18:00")
        page.fill("input[name=stop]", "09:00")
        page.check("input[name=pause][value=date]")
        page.uncheck("input[name=yes-care-email]")
        page.uncheck("input[name=yes-care-sms]")
        page.click("button[type=submit]")
        assert page.locator("[role=alert] li").count() == 3
        assert page.input_value("input[name=start]") == "18:00"
        _shoot(page, f"{name}-2-mistake")
        page.check("input[name=yes-care-sms]")
        page.fill("input[name=stop]", "20:00")
        page.check("input[name=pause][value='3']")
        page.check("input[name=first][value=sms]")
        page.uncheck("input[name=yes-recall-email]")
        page.check("input[name=yes-news-sms]")
        page.click("button[type=submit]")
        page.locator("[role=status]").wait_for()
        _shoot(page, f"{name}-3-saved")
        state = _state(server, name)
        assert state["order"] == "sms,email" and state["until"]
        assert state["hours"] == [18, 20]
        assert sorted(state["words"]) == [
            ["care", "email", "withdrawn"], ["news", "sms", "granted"],
            ["recall", "email", "withdrawn"],
        ]  # fmt: skip

        stop = _open(visit, server, tokens["STOP", name]).page
        _shoot(stop, f"{name}-4-unsubscribe")
        stop.click("a[href*=choose]")
        assert name in stop.inner_text("h1")
        page.click("a[href*=wrong_person]")
        _shoot(page, f"{name}-5-wrong-person")
        page.click("button[type=submit]")
        _shoot(page, f"{name}-6-thanks")
        page.goto(f"{server.address}/prm/l/{token}")
        assert name not in page.content()
        assert {address.split("/")[2] for address in visitor.requested if "//" in address} == {
            server.address.split("/")[2]
        }


def test_keyboard_contrast_and_fingers(serving):
    server, tokens = serving
    with browser.browser() as visit:
        visitor = visit({**browser.PHONE, "viewport": {"width": 320, "height": 640}})
        page = visitor.page
        page.goto(f"{server.address}/prm/l/{tokens['URL', 'Ida']}")
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        assert page.evaluate(CONTRAST) == []
        assert page.evaluate(SMALL) == []
        _shoot(page, "narrow")
        # From box to box with the tabulator, switched with the blank, sent with Enter.
        for _press in range(60):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.name") == "yes-news-email":
                break
        outline = "getComputedStyle(document.activeElement.closest('.p-option')).outlineStyle"
        assert page.evaluate(outline) == "solid", "who uses the keyboard sees where it is"
        page.keyboard.press("Space")
        page.keyboard.press("Enter")
        page.locator("[role=status]").wait_for()
        assert page.evaluate(CONTRAST) == []
        assert visitor.complaints == []
        assert _state(server, "Ida")["words"] == [["news", "email", "granted"]]
