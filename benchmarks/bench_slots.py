"""Free times over 8 weeks for 12 providers with 6,000 visits: Python's share and the queries.

Python's share is the time of the whole search less the time inside PostgreSQL, so that it says what
the code costs, whatever the disk. Every provider has a timetable and leave of their own, buffers
and lengths differ, and some time is kept.
"""

from datetime import date, datetime, time, timedelta
from time import perf_counter

from . import harness

PROVIDERS, CHAIRS, VISITS, WEEKS = 12, 14, 6_000, 8
ROUNDS = 15
PYTHON_MS, QUERIES = 50, 6
MONDAY = date(2035, 2, 5)
#: Minutes from one visit of a provider to the next: half of the day is taken.
EVERY = 45


def main():
    report = harness.Report()
    with harness.database("slots") as name, harness.environment(name) as env:
        bench = Bench(env)
        bench.prepare()
        python, whole = [], []
        for _round in range(ROUNDS):
            seconds, in_database, queries, found = bench.search()
            python.append(1000 * (seconds - in_database))
            whole.append(1000 * seconds)
        harness.say(f"{bench.count():,} visits in the span, {found:,} free times offered")
        report.add(
            "slot search: Python", harness.median(python), "ms",
            f"{harness.median(whole):.3g} ms with the database", budget=PYTHON_MS,
        )  # fmt: skip
        report.add("slot search: queries", queries, "queries", budget=QUERIES)
        report.add(
            "two patients together: first 20 pairs", 1000 * harness.median(bench.together()), "ms"
        )
    report.exit()


class Bench:
    def __init__(self, env):
        self.env = env
        self.first = datetime.combine(MONDAY, time.min)
        self.last = self.first + timedelta(weeks=WEEKS)

    def prepare(self):
        env, company = self.env, self.env.company
        company.partner_id.tz = "Europe/Rome"
        harness.make_patients(env, 500)
        providers = env["prm.provider"]
        for number in range(PROVIDERS):
            calendar = env["resource.calendar"].create(
                {"name": f"Hours {number}", "tz": "Europe/Rome", "company_id": company.id}
            )
            providers |= providers.create(
                {"name": f"Provider {number}", "company_id": company.id, "tz": "Europe/Rome",
                 "resource_calendar_id": calendar.id}
            )  # fmt: skip
        self.providers = providers
        self.chairs = env["prm.operatory"].create(
            [{"name": f"Chair {n}", "company_id": company.id} for n in range(CHAIRS)]
        )
        self.kind, self.other = env["prm.appointment.type"].create(
            [{"name": name, "duration": 30, "buffer_before": 5, "buffer_after": 10,
              "company_id": company.id, "operatory_ids": [(6, 0, self.chairs.ids)],
              "provider_ids": [(6, 0, providers.ids)]} for name in ("Check-up", "Filling")]
        )  # fmt: skip
        env["prm.appointment.type.provider"].create(
            [{"type_id": self.kind.id, "provider_id": provider.id, "duration": 45,
              "buffer_after": 5} for provider in providers[:4]]
        )  # fmt: skip
        env["prm.time.block"].create(
            {"name": "Pain", "company_id": company.id, "mon": True, "wed": True, "fri": True,
             "hour_from": 8, "hour_to": 9, "type_ids": [(6, 0, self.other.ids)]}
        )  # fmt: skip
        for provider in providers:
            env["resource.calendar.leaves"].create(
                {"name": "Course", "resource_id": provider.resource_id.id,
                 "calendar_id": provider.resource_calendar_id.id,
                 "date_from": self.first + timedelta(days=3, hours=6),
                 "date_to": self.first + timedelta(days=3, hours=11)}
            )  # fmt: skip
        self._book()
        env.cr.commit()
        harness.vacuum(env, "calendar_event")

    def _book(self):
        """Visits by SQL, evenly over providers, days and hours."""
        self.env.cr.execute(
            """
            INSERT INTO calendar_event (name, start, stop, active, prm_patient_id, prm_company_id,
                                        prm_type_id, prm_provider_id, prm_operatory_id, prm_status,
                                        prm_busy_start, prm_busy_stop, privacy, show_as)
            SELECT 'Visit', t.start, t.start + interval '25 minutes', true, p.id, p.company_id,
                   %(kind)s, (%(providers)s::int[])[1 + n %% %(staff)s],
                   (%(chairs)s::int[])[1 + n %% %(staff)s], 'booked',
                   t.start - interval '5 minutes', t.start + interval '35 minutes',
                   'confidential', 'busy'
              FROM generate_series(0, %(count)s - 1) n
        CROSS JOIN LATERAL (
                   SELECT %(first)s::timestamp
                          + (n / %(staff)s / 13) * interval '1 day'
                          + (n / %(staff)s / 13 / 5) * interval '2 days'
                          + interval '7 hours'
                          + (n / %(staff)s %% 13) * %(every)s * interval '1 minute' AS start) t
              JOIN prm_patient p ON p.id = %(patient)s + n %% 500
            """,
            {
                "kind": self.kind.id,
                "providers": self.providers.ids,
                "chairs": self.chairs.ids,
                "staff": PROVIDERS,
                "count": VISITS,
                "first": self.first,
                "every": EVERY,
                "patient": self.env["prm.patient"].search([], order="id", limit=1).id,
            },
        )

    def count(self):
        return self.env["calendar.event"].search_count(
            [
                ("prm_patient_id", "!=", False),
                ("start", ">=", self.first),
                ("stop", "<=", self.last),
            ]
        )

    def search(self):
        """:return: seconds, of these in the database, queries, free times."""
        cr = self.env.cr
        self.env.invalidate_all()
        queries = cr.sql_log_count
        with _DatabaseClock(cr) as clock, harness.stopwatch() as seconds:
            found = self.kind._free_slots(self.first, self.last)
        return seconds[0], clock.seconds, cr.sql_log_count - queries, len(found)

    def together(self):
        times = []
        for _round in range(ROUNDS):
            with harness.stopwatch() as seconds:
                self.kind._free_together(
                    [(self.kind, None), (self.other, None)], self.first, self.last, limit=20
                )
            times.append(seconds[0])
        return times


class _DatabaseClock:
    """Adds up the seconds inside a cursor's statements."""

    def __init__(self, cr):
        self._cr, self.seconds = cr, 0

    def __enter__(self):
        execute = self._cr.execute

        def timed(*args, **kwargs):
            started = perf_counter()
            try:
                return execute(*args, **kwargs)
            finally:
                self.seconds += perf_counter() - started

        self._cr.execute = timed
        return self

    def __exit__(self, *_error):
        del self._cr.execute


if __name__ == "__main__":
    main()
