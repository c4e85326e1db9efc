"""The dental chart in a real browser: from its data to the screen, for a full mouth.

52 teeth with 180 entries, opened again and again. Beside it stands a mouth without an entry, opened
in between: what of the time is the drawing of teeth at all.
"""

from playwright.sync_api import sync_playwright

from tests.support.server import OdooServer
from tools.browser import DESKTOP, launch, log_in

from . import harness

ROUNDS = 20
BUDGET_MS = 200
_TOOK = "performance.getEntriesByName('prm-chart-paint')[0]?.duration"


def make_mouths(env):
    """Two patients: a mouth in which every tooth has something, and one without an entry.

    :return: their numbers.
    """
    codes = env["prm.procedure.type"]._ids_by_code(env.company)
    full, empty = env["prm.patient"].create(
        [
            {"first_name": "Full", "last_name": "Mouth", "birth_date": "1970-05-01"},
            {"first_name": "Sound", "last_name": "Mouth", "birth_date": "1970-05-01"},
        ]
    )
    done, found = [], []

    def entry(code, tooth, surfaces, state, day):
        done.append(
            {"patient_id": full.id, "type_id": codes[code], "tooth": tooth, "surfaces": surfaces,
             "state": state, "date": day}
        )  # fmt: skip

    for tooth in (quadrant + place for quadrant in "1234" for place in "12345678"):
        front = tooth[1] in "123"
        entry("FILL3", tooth, "MIDFL" if front else "MODBL", "completed", "2020-01-01")
        entry("FILL3", tooth, "MID" if front else "MOD", "planned", "2025-01-01")
        entry("CROWN", tooth, False, "planned", "2025-01-01")
        found += [
            {"patient_id": full.id, "kind": kind, "tooth": tooth, "surfaces": surfaces,
             "date": "2024-01-01"}
            for kind, surfaces in (("caries", "L"), ("watch", False))
        ]  # fmt: skip
    for tooth in (quadrant + place for quadrant in "5678" for place in "12345"):
        entry("FILL1", tooth, "L", "completed", "1978-01-01")
    env["prm.procedure"].create(done)
    env["prm.tooth.finding"].create(found)
    clinician = env.ref("prm_core.group_prm_clinician")
    env["res.users"].with_context(no_reset_password=True).create(
        {
            "name": "Bench",
            "login": "bench",
            "password": "bench",
            "group_ids": [(6, 0, clinician.ids)],
        }
    )
    env.cr.commit()
    return full.id, empty.id


def _paint(page, address, patient):
    """Milliseconds from the chart's data to the screen."""
    page.goto(f"{address}/odoo/patients/{patient}/dental-chart")
    page.wait_for_function(f"() => {_TOOK}")
    return page.evaluate(f"() => {_TOOK}")


def main():
    report = harness.Report()
    with harness.database("chart") as name:
        with harness.environment(name) as env:
            mouths = make_mouths(env)
        with OdooServer(name) as server, sync_playwright() as playwright:
            browser = launch(playwright)
            page = browser.new_page(**DESKTOP)
            page.set_default_timeout(60_000)
            log_in(page, server.address, "bench")
            took = {patient: [] for patient in mouths}
            for _round in range(ROUNDS):
                for patient in mouths:
                    took[patient].append(_paint(page, server.address, patient))
            browser.close()
    full, empty = took.values()
    report.add(
        "dental chart, full mouth, from data to screen, p95", harness.percentile(full, 95), "ms",
        f"{harness.median(full):.0f} ms in the middle, and {harness.median(empty):.0f} ms for an "
        "empty mouth",
        budget=BUDGET_MS,
    )  # fmt: skip
    report.exit()


if __name__ == "__main__":
    main()
