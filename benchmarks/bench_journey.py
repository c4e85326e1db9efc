"""100,000 people on a journey whose next step is due: condition, rendering, gate, queue, place.

One worker takes the step for all of them. In turns with it, the same requests are handed straight
to the outbox: what the journey adds to that is what it costs. Then it is asked what is due among a
million people of whom nobody is.
"""

import os

from . import harness, outbox

PEOPLE = int(os.environ.get("BENCH_PEOPLE", "100000"))
MILLION = 10 * PEOPLE
TURNS = 10
#: The outbox alone gets this part of the people of a turn, as its time for each is all that counts.
SAMPLE = 4
PER_SECOND = 1500

ENROL = """
    INSERT INTO prm_enrolment (journey_id, root_id, patient_id, company_id, key, started_at,
                               anchor_at, position, round, previous_at, next_at, state)
    SELECT %(journey)s, %(journey)s, id, company_id, 'patient,' || id, now() - interval '1 hour',
           now() - interval '1 hour', 0, 0, now() - interval '1 hour',
           now() - interval '1 minute', 'active'
      FROM prm_patient WHERE id = ANY(%(patients)s)
"""
#: As after some years: many are at the end, the others wait for another day.
FILL = """
    INSERT INTO prm_enrolment (journey_id, root_id, patient_id, company_id, key, started_at,
                               anchor_at, position, round, previous_at, next_at, state)
    SELECT %(journey)s, %(journey)s, p.id, p.company_id, 'fill,' || p.id || ',' || n, now(), now(),
           1, 0, now(), now() + interval '1 day' * (1 + random() * 300),
           CASE WHEN n %% 2 = 0 THEN 'active' ELSE 'done' END
      FROM prm_patient p CROSS JOIN generate_series(1, %(times)s) n
"""


class Bench:
    """The two sides; each method takes one turn and returns its seconds for one person."""

    def __init__(self, env):
        self.env = env
        self.practice = outbox.Practice(env)
        env["prm.journey"].search([]).state = "ended"
        self.journey = env["prm.journey"].create(self._prepare_journey(env))
        self.journey.action_go_live()
        env.cr.commit()
        self.statements = 0

    def _prepare_journey(self, env):
        condition = env.ref("prm_core.prm_journey_condition_has_email").id
        return {
            "name": "Bench",
            "purpose_id": env.ref("prm_core.prm_purpose_recall").id,
            "start_type_id": env.ref("prm_core.prm_event_type_patient_created").id,
            "hour_from": 0,
            "hour_to": 24,
            "sundays": True,
            "step_ids": [
                (0, 0, {"sequence": days, "amount": days, "unit": "days", "when": "after",
                        "template_id": self.practice.template.id,
                        "condition_ids": [(0, 0, {"condition_id": condition})]})
                for days in (0, 2, 14)
            ],
        }  # fmt: skip

    def ours(self, patients):
        """Take the step for people for whom it is due, as the cron does."""
        env = self.env
        env.cr.execute(ENROL, {"journey": self.journey.id, "patients": patients.ids})
        env.cr.commit()
        env.invalidate_all()
        before = env.cr.sql_log_count
        with harness.stopwatch() as seconds:
            env["prm.enrolment"]._cron_advance()
            env.cr.commit()
        self.statements += env.cr.sql_log_count - before
        return seconds[0] / len(patients)

    def bare(self, patients):
        """Queue the same, and no more, in batches of the same size."""
        from odoo.addons.prm_core.models.journey.prm_enrolment_advance import BATCH_SIZE

        with harness.stopwatch() as seconds:
            for start in range(0, len(patients), BATCH_SIZE):
                self.practice.queue(patients[start : start + BATCH_SIZE])
        return seconds[0] / len(patients)

    def check(self):
        """:raises AssertionError: when not everybody has taken the step."""
        people = self.env["prm.enrolment"]._read_group(
            [], ["state", "position"], ["__count", "contact_at:count"]
        )
        if people != [("active", 1, PEOPLE, PEOPLE)]:
            raise AssertionError(f"not all took the step: {people}")

    def look(self):
        """Look for somebody for whom a step is due, where there is none."""
        if self.env["prm.enrolment"]._advance_batch():
            raise AssertionError("somebody was due")

    def ask(self):
        """The least that can be asked: one person by number."""
        self.env.cr.execute("SELECT id FROM prm_enrolment WHERE id = 1")
        self.env.cr.fetchall()


def advance(bench, report):
    """Take turns, and report."""
    times = {"ours": [], "bare": []}
    size = PEOPLE // TURNS
    for start in range(0, PEOPLE, size):
        patients = bench.practice.patients[start : start + size]
        times["ours"].append(bench.ours(patients))
        times["bare"].append(bench.bare(patients[: size // SAMPLE]))
        harness.say(", ".join(f"{name} {1 / values[-1]:.0f}/s" for name, values in times.items()))
    bench.check()
    ours, bare = (harness.median(times[name]) for name in ("ours", "bare"))
    harness.say(f"{PEOPLE / sum(times['ours']) / size:.0f}/s of all, wanted {PER_SECOND}/s")
    report.add(
        f"taking the step that is due for {PEOPLE} people, time for each",
        ours * 1e3, "ms",
        f"queueing alone {bare * 1e3:.2f} ms ({1 / ours:.0f}/s against {1 / bare:.0f}/s)",
        ratio=ours / bare, budget=1.6,
    )  # fmt: skip
    report.add(
        "SQL statements per 1,000 people", bench.statements / PEOPLE * 1000, "statements",
        budget=80,
    )  # fmt: skip


def find_nothing(bench, report):
    """Look for what is due among many of whom nobody is."""
    env = bench.env
    env.cr.execute(FILL, {"journey": bench.journey.id, "times": MILLION // PEOPLE})
    harness.vacuum(env, "prm_enrolment")
    times = {"ours": [], "bare": []}
    for _turn in range(50):
        for name, method in (("ours", bench.look), ("bare", bench.ask)):
            with harness.stopwatch() as seconds:
                method()
            times[name].append(seconds[0] * 1e3)
    ours, bare = (harness.median(times[name]) for name in ("ours", "bare"))
    report.add(
        f"finding that nothing is due among {MILLION + PEOPLE} people", ours, "ms",
        f"asking for one of them by number {bare:.2f} ms", ratio=ours / bare, budget=10,
    )  # fmt: skip


def main():
    """Make patients, put them on the journey, measure."""
    report = harness.Report()
    with harness.database("journey") as name, harness.environment(name) as env:
        harness.make_patients(env, PEOPLE)
        bench = Bench(env)
        advance(bench, report)
        find_nothing(bench, report)
    report.exit()


if __name__ == "__main__":
    main()
