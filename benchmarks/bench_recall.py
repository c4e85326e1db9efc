"""Recalls of 200,000 patients with 1.2 million procedures, against plain SQL in the same run.

What is measured: `prm.recall._recompute`, the one way in which recalls come about, with all it does
beside dates (appointments, dates set by hand, rows that go). What it is set against: the least SQL
that gives the same dates, by the same index, into the same table.
"""

import os
import random

from . import harness

PATIENTS = int(os.environ.get("BENCH_PATIENTS", "200000"))
PROCEDURES = PATIENTS * 6
APPOINTMENTS = PATIENTS // 20
CHANGED = 1000
ROUNDS = 5

_DATES = """
    SELECT patient_id, company_id, max(date) AS previous_date,
           (max(date) + interval '6 months')::date AS due_date
      FROM prm_procedure
     WHERE state = 'completed' AND type_id = ANY(%(triggers)s) AND {condition}
  GROUP BY patient_id, company_id
"""

_INSERT = """
    INSERT INTO prm_recall (patient_id, type_id, company_id, previous_date, due_date, disabled,
                            create_uid, create_date, write_uid, write_date)
    SELECT patient_id, %(kind)s, company_id, previous_date, due_date, false, 1, now(), 1, now()
      FROM ({dates}) d
"""

_UPDATE = """
    UPDATE prm_recall r SET previous_date = d.previous_date, due_date = d.due_date,
                            write_uid = 1, write_date = now()
      FROM ({dates}) d
     WHERE r.patient_id = d.patient_id AND r.type_id = %(kind)s
"""


def make_procedures(env):
    """Six procedures a patient on average, of the common catalogue, in the last five years."""
    codes = ["HYG", "HYG", "HYG", "PERM", "EXAM", "EXAM", "FILL2", "BWX", "CROWN", "EXT"]
    catalogue = env["prm.procedure.type"]._ids_by_code(env.company)
    types = [catalogue[code] for code in codes]
    env.cr.execute("SELECT setseed(0.42)")
    env.cr.execute(
        """
        INSERT INTO prm_procedure (patient_id, company_id, type_id, date, state, urgency,
                                   create_uid, create_date, write_uid, write_date)
        SELECT p.id, p.company_id,
               (%(types)s::int[])[1 + floor(random() * %(type_count)s)::int],
               current_date - floor(random() * 1825)::int,
               CASE WHEN random() < 0.7 THEN 'completed'
                    ELSE (ARRAY['planned', 'existing', 'deleted'])[1 + floor(random() * 3)::int]
               END,
               '0', 1, now(), 1, now()
          FROM generate_series(1, %(count)s) n
          JOIN LATERAL (SELECT %(first)s + floor(random() * %(patients)s)::int + 0 * n AS id) pick
               ON true
          JOIN prm_patient p ON p.id = pick.id
        """,
        {
            "types": types,
            "type_count": len(types),
            "count": PROCEDURES,
            "patients": PATIENTS,
            "first": env["prm.patient"].search([], order="id", limit=1).id,
        },
    )


def make_appointments(env):
    """Coming visits, some of the kind that answers the recall; without providers' constraints."""
    visit = env.ref("prm_dental.prm_appointment_type_hygiene")
    provider = env["prm.provider"].search([], limit=1) or env["prm.provider"].create(
        {"name": "Bench", "company_id": env.company.id}
    )
    env.flush_all()
    env.cr.execute(
        """
        INSERT INTO calendar_event (name, start, stop, active, prm_patient_id, prm_company_id,
                                    prm_type_id, prm_provider_id, prm_status, privacy, show_as)
        SELECT 'Visit', t.start, t.start + interval '30 minutes', true, p.id, p.company_id,
               %(visit)s, %(provider)s, 'booked', 'confidential', 'busy'
          FROM (SELECT id, company_id, row_number() OVER (ORDER BY id) AS n FROM prm_patient
                 WHERE id %% 20 = 0) p
    CROSS JOIN LATERAL (
               SELECT date_trunc('day', now()) + interval '1 day' + p.n * interval '30 minutes'
                      AS start) t
         LIMIT %(count)s
        """,
        {"visit": visit.id, "provider": provider.id, "count": APPOINTMENTS},
    )


class Bench:
    def __init__(self, env):
        self.env = env
        self.kind = env.ref("prm_dental.prm_recall_type_hygiene")
        self.recalls = env["prm.recall"]
        self.params = {"kind": self.kind.id, "triggers": self.kind.trigger_type_ids.ids}

    def plain(self, sql, condition="true", **params):
        dates = _DATES.format(condition=condition)
        with harness.stopwatch() as seconds:
            self.env.cr.execute(sql.format(dates=dates), {**self.params, **params})
            self.env.cr.commit()
        return seconds[0]

    def engine(self, patients=None):
        with harness.stopwatch() as seconds:
            result = self.recalls._recompute(patients)
            self.env.cr.commit()
        return seconds[0], result

    def empty(self):
        self.env.cr.execute("TRUNCATE prm_recall CASCADE")
        self.env.cr.execute("DELETE FROM prm_event")
        harness.vacuum(self.env, "prm_recall", "prm_event")

    def from_nothing(self, report):
        plain, ours = [], []
        for _round in range(ROUNDS):
            self.empty()
            plain.append(self.plain(_INSERT))
            self.empty()
            seconds, result = self.engine()
            ours.append(seconds)
        report.add(
            f"recall recompute, nothing there, {result['written']} rows",
            harness.median(ours),
            "s",
            compared_with=f"plain INSERT … SELECT {harness.median(plain):.3f} s",
            ratio=harness.median(ours) / harness.median(plain),
            budget=2,
        )

    def unchanged(self, report):
        harness.vacuum(self.env, "prm_recall")
        plain, ours = [], []
        for _round in range(ROUNDS):
            plain.append(self.plain("SELECT count(*) FROM ({dates}) d"))
            seconds, result = self.engine()
            assert not result["written"] and not result["deleted"], result
            ours.append(seconds)
        report.add(
            "recall recompute, nothing changed",
            harness.median(ours),
            "s",
            compared_with=f"plain SELECT {harness.median(plain):.3f} s",
            ratio=harness.median(ours) / harness.median(plain),
            budget=3,
        )

    def some_changed(self, report):
        dice = random.Random(42)
        everybody = self.recalls.search([]).patient_id.ids
        plain, ours = [], []
        for _round in range(ROUNDS):
            chosen = dice.sample(everybody, CHANGED)
            self.change(chosen)
            plain.append(self.plain(_UPDATE, "patient_id = ANY(%(ids)s)", ids=chosen))
            chosen = dice.sample(everybody, CHANGED)
            self.change(chosen)
            seconds, result = self.engine(self.env["prm.patient"].browse(chosen))
            assert result["written"] == CHANGED, result
            ours.append(seconds)
        report.add(
            f"recall recompute, {CHANGED} patients changed",
            harness.median(ours) * 1000,
            "ms",
            compared_with=f"plain UPDATE {harness.median(plain) * 1000:.1f} ms",
            ratio=harness.median(ours) / harness.median(plain),
            budget=3,
        )

    def change(self, ids):
        """A day's difference in the procedures of some patients, behind the engine's back."""
        self.env.cr.execute(
            "UPDATE prm_procedure SET date = date - 1 WHERE patient_id = ANY(%s)"
            " AND type_id = ANY(%s) AND state = 'completed'",
            [list(ids), self.params["triggers"]],
        )
        self.env.cr.commit()

    def due_list(self, report):
        """The first page as the list view asks for it, by a receptionist."""
        env = self.env
        group = env.ref("prm_core.group_prm_receptionist")
        user = env["res.users"].create(
            {"name": "Bench", "login": "bench", "group_ids": [(6, 0, group.ids)]}
        )
        env.cr.commit()
        names = [
            node.get("name") for node in _fields_of(env.ref("prm_dental.prm_recall_view_list"))
        ]
        spec = {name: {} for name in names}
        for name in ("patient_id", "type_id"):
            spec[name] = {"fields": {"display_name": {}}}
        action = env.ref("prm_dental.prm_recall_action")
        domain = [*_literal(action.domain), ("state", "=", "due")]
        times = []
        for _round in range(20):
            env.invalidate_all()
            recalls = self.recalls.with_user(user)
            with harness.stopwatch() as seconds:
                page = recalls.web_search_read(domain, spec, limit=80, count_limit=10001)
            times.append(seconds[0])
        assert len(page["records"]) == 80
        report.add(
            f"due list, first page of {page['length']}, p95",
            harness.percentile(times, 95) * 1000,
            "ms",
            budget=300,
        )

    def worklist(self, report):
        """The first page of the call list, a tenth of the patients in families of four."""
        env = self.env
        env.cr.execute(
            """
            INSERT INTO prm_household (name, company_id)
            SELECT 'Family ' || n, %s FROM generate_series(1, %s) n
            """,
            [env.company.id, max(PATIENTS // 40, 1)],
        )
        env.cr.execute(
            """
            UPDATE prm_patient p SET household_id = h.id
              FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM prm_household) h,
                   (SELECT id, row_number() OVER (ORDER BY id) AS n FROM prm_patient) o
             WHERE o.id = p.id AND o.n % 10 = 0 AND h.n = (o.n / 10 - 1) / 4 + 1
            """
        )
        env.cr.commit()
        harness.vacuum(env, "prm_patient", "prm_household")
        user = env["res.users"].search([("login", "=", "bench")])
        times = []
        for _round in range(20):
            env.invalidate_all()
            recalls = self.recalls.with_user(user)
            with harness.stopwatch() as seconds:
                page = recalls.prm_worklist()
            times.append(seconds[0])
        assert len(page["families"]) == page["page"] and page["more"]
        report.add(
            f"call list, first page of {page['total']} and more, p95",
            harness.percentile(times, 95) * 1000,
            "ms",
            budget=300,
        )


def _fields_of(view):
    from lxml import etree

    return [
        node
        for node in etree.fromstring(view.arch_db).iterchildren("field")
        if not node.get("groups")
    ]


def _literal(text):
    from odoo.tools.safe_eval import safe_eval

    return safe_eval(text)


def main():
    report = harness.Report()
    with harness.database("recall") as name, harness.environment(name) as env:
        harness.say(f"Making {PATIENTS} patients and {PROCEDURES} procedures…")
        harness.make_patients(env, PATIENTS)
        make_procedures(env)
        make_appointments(env)
        harness.vacuum(env, "prm_procedure", "calendar_event")
        bench = Bench(env)
        bench.from_nothing(report)
        bench.unchanged(report)
        bench.some_changed(report)
        bench.due_list(report)
        bench.worklist(report)
    report.exit()


if __name__ == "__main__":
    main()
