"""The gate over 100,000 pairs of patient and purpose, as a dry run makes them.

Patients have permissions, earlier messages and time zones, in a practice whose country has rules.
The time is set against Odoo reading the same patients and writing rows of the same number through
``create()``; the number of questions to the database is counted.
"""

import os

from . import harness

PATIENTS = int(os.environ.get("BENCH_PATIENTS", "20000"))
PURPOSES = ("care", "recall", "feedback", "news", "marketing")
BATCH = 5_000

HISTORY = """
    INSERT INTO prm_consent (patient_id, company_id, purpose_id, state, source, recorded_at)
    SELECT p.id, p.company_id, u.id, CASE WHEN p.id % 3 = 0 THEN 'withdrawn' ELSE 'granted' END,
           'desk', now() - interval '1 day'
      FROM prm_patient p CROSS JOIN prm_purpose u
     WHERE (p.id + u.id) % 2 = 0;
    INSERT INTO prm_message (patient_id, company_id, purpose_id, channel_id, direction, state,
                             scheduled_at, sent_at, attempts, by_hand)
    SELECT p.id, p.company_id, u.id, c.id, 'out', 'sent', now() - interval '1 day' * n,
           now() - interval '1 day' * n, 1, false
      FROM prm_patient p
      JOIN prm_purpose u ON u.code = 'recall'
      JOIN prm_channel c ON c.code = 'email'
     CROSS JOIN generate_series(1, 3) n
     WHERE p.id % 2 = 0;
    UPDATE res_partner
       SET tz = (ARRAY['Europe/Rome', 'America/Denver', 'Asia/Shanghai'])[1 + id % 3]
     WHERE id IN (SELECT partner_id FROM prm_patient)
"""


def main():
    report = harness.Report()
    with harness.database("gate") as name, harness.environment(name) as env:
        env.ref("base.main_company").country_id = env.ref("base.it")
        harness.make_patients(env, PATIENTS)
        env.cr.execute(HISTORY)
        env.cr.commit()
        harness.vacuum(env, "prm_consent", "prm_message")
        env.invalidate_all()
        from odoo.addons.prm_core.outbox import Request

        patients = env["prm.patient"].search([], order="id")
        env.invalidate_all()
        pairs = len(patients) * len(PURPOSES)
        before = env.cr.sql_log_count
        with harness.stopwatch() as gate:
            allowed = 0
            size = BATCH // len(PURPOSES)
            for start in range(0, len(patients), size):
                batch = patients[start : start + size]
                requests = [Request(patient, code, None) for patient in batch for code in PURPOSES]
                decisions = env["prm.message"]._decide(requests)
                allowed += sum(decision.allowed for decision in decisions)
        questions = env.cr.sql_log_count - before
        harness.say(f"{pairs} pairs, {allowed} may go, {questions} questions")
        env.invalidate_all()
        with harness.stopwatch() as read:
            for start in range(0, len(patients), size):
                batch = patients[start : start + size]
                for _code in PURPOSES:
                    batch.read(["name", "email", "mobile", "status", "lang", "birth_date"])
                    env.invalidate_all()
        report.add(
            f"deciding {pairs} pairs of patient and purpose",
            gate[0],
            "s",
            compared_with=f"Odoo reading six fields of as many patients, {read[0]:.1f} s",
            ratio=gate[0] / read[0],
            budget=5,
        )
        report.add(
            "questions to the database per 1,000 pairs", questions / pairs * 1000, "", budget=5
        )
    report.exit()


if __name__ == "__main__":
    main()
