"""Pages of online booking with 4 visitors at once: how long 95 of 100 answers take at most.

A practice with 12 providers and 6,000 visits, full for weeks, and a server with 2 workers. The
figures are absolute, as the visitor feels them; beside them stands what the log-in page takes
meanwhile, so that a slow machine shows.
"""

import re
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta

import requests

from tests.support.server import OdooServer

from . import bench_slots, harness

CLIENTS, PAGES = 4, 60
BUDGET_MS = 300


def main():
    report = harness.Report()
    with harness.database("booking") as name:
        with harness.environment(name) as env:
            kind = _prepare(env)
        with OdooServer(name, "--workers=2", "--proxy-mode") as server:
            base = f"{server.address}/prm/book/bench"
            log_in = _measure([f"{server.address}/web/login"])
            full = f"{base}?type={kind}&provider=any"
            page = requests.get(full, timeout=60).text
            form, later = (
                server.address
                + re.search(rf'href="([^"]*{name}=[^"]*)"', page)[1].replace("&amp;", "&")
                for name in ("start", "from")
            )
            for label, address in (
                ("first page", base),
                ("slot page, anyone of 12", full),
                ("slot page, later days", later),
                ("form for a slot", form),
            ):
                seconds = _measure([address])
                report.add(
                    f"online booking: {label}, p95", 1000 * _p95(seconds), "ms",
                    f"{1000 * statistics.median(seconds):.3g} ms in the middle, log-in page p95 "
                    f"{1000 * _p95(log_in):.3g} ms", budget=BUDGET_MS,
                )  # fmt: skip
    report.exit()


def _prepare(env):
    bench = bench_slots.Bench(env)
    # The visits lie where the page looks: from today on.
    bench.first, bench.last = _weeks()
    bench.prepare()
    env["prm.booking.page"].create(
        {"company_id": env.company.id, "slug": "bench", "online": True}
    )  # fmt: skip
    env.cr.commit()
    harness.say(f"{bench.count():,} visits in the span")
    return bench.kind.id


def _weeks():
    today = datetime.combine(date.today(), datetime.min.time())
    first = today - timedelta(days=today.weekday())
    return first, first + timedelta(weeks=bench_slots.WEEKS)


def _measure(addresses):
    """Seconds of each answer, after some that warm up."""

    def visit(client):
        http = requests.Session()
        taken = []
        for number in range(PAGES + 5):
            # Each page as another visitor, so that nobody is asked to wait.
            http.headers.update(
                {"X-Forwarded-For": f"10.{client}.{number // 250}.{number % 250}",
                 "X-Forwarded-Host": "bench.example"}
            )  # fmt: skip
            begun = time.perf_counter()
            answer = http.get(addresses[number % len(addresses)], timeout=60)
            taken.append(time.perf_counter() - begun)
            answer.raise_for_status()
        return taken[5:]

    with ThreadPoolExecutor(CLIENTS) as pool:
        return [one for part in pool.map(visit, range(CLIENTS)) for one in part]


def _p95(seconds):
    return sorted(seconds)[int(0.95 * len(seconds)) - 1]


if __name__ == "__main__":
    main()
