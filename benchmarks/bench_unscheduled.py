"""The lists of unscheduled treatment and of lapsed patients with 200,000 patients and 1.2 million
procedures. One patient in ten has work that waits for a visit, and one in four has lapsed.

What is measured: the first page as the list view asks for it, by a receptionist, in the default
order and by the columns that people sort by; and what it takes to keep the rows of open work.
"""

from . import bench_recall, harness

ROUNDS = 20
BUDGET_MS = 300
#: Columns that are looked up for every row when somebody sorts by them, by list.
LOOKED_UP = {"unscheduled": ("last_contact_at",), "lapsed": ("last_contact_at", "value")}
#: Patients whose facts change at once, as with a list that is taken over.
CHANGED = 1000
#: Messages of each patient, so that the last contact is one of several.
MESSAGES = 5


def leave_open_work(env):
    """Only every tenth patient has open work; of the others it is taken as done elsewhere."""
    env.cr.execute(
        """
        UPDATE prm_procedure SET state = 'existing'
         WHERE state = 'planned' AND patient_id % 10 <> 0
        """
    )
    env.cr.execute(
        """
        INSERT INTO prm_procedure (patient_id, company_id, type_id, date, state, urgency, fee,
                                   create_uid, create_date, write_uid, write_date)
        SELECT p.id, p.company_id, t.id, current_date - (p.id % 700)::int,
               (ARRAY['planned', 'accepted', 'in_progress'])[1 + (p.id / 10) % 3],
               ((p.id / 10) % 3)::text, 40 + p.id % 900, 1, now(), 1, now()
          FROM prm_patient p
    CROSS JOIN LATERAL (SELECT id FROM prm_procedure_type ORDER BY id LIMIT 2) t
         WHERE p.id % 10 = 0
        """
    )


def write_to_everybody(env):
    """Messages that went, so that the last contact has to be looked for."""
    env.cr.execute(
        """
        INSERT INTO prm_message (patient_id, company_id, purpose_id, direction, state, sent_at,
                                 scheduled_at, attempts, by_hand, create_date)
        SELECT p.id, p.company_id, %s, 'out', 'sent', now() - n * interval '40 days',
               now(), 1, false, now() - n * interval '40 days'
          FROM prm_patient p CROSS JOIN generate_series(1, %s) n
        """,
        [env.ref("prm_core.prm_purpose_recall").id, MESSAGES],
    )


def keep_rows(env, report):
    """Fill what the list is read from, and bring it up to date after a change of some patients."""
    kept, times = env["prm.open.work"], []
    with harness.stopwatch() as seconds:
        filled = kept._recompute()
        env.cr.commit()
    report.add(f"open work of everybody, from nothing, {filled['written']} rows", seconds[0], "s")
    harness.vacuum(env, "prm_open_work")
    with harness.stopwatch() as seconds:
        assert not any(kept._recompute().values())
    report.add("open work of everybody, nothing changed", seconds[0], "s")
    patients = env["prm.patient"].browse(kept.search([], limit=CHANGED, order="id").patient_id.ids)
    for _round in range(ROUNDS):
        with harness.stopwatch() as seconds:
            assert kept._recompute(patients)["written"] == CHANGED
            env.cr.commit()
        times.append(seconds[0])
    report.add(
        f"open work of {CHANGED} patients who have changed, p95",
        harness.percentile(times, 95) * 1000,
        "ms",
        budget=BUDGET_MS,
    )
    env["prm.patient"].search([])._recompute_last_seen()
    env.cr.commit()
    harness.vacuum(env, "prm_open_work", "prm_patient")


def first_page(env, report, user, name, domain, order=""):
    """The first page of a list as the web client asks for it.

    :param name: of the model, ``prm.`` left out; :param domain: of the filters that are set when
        the list is opened; :param order: empty for the usual one.
    """
    spec = {
        node.get("name"): {}
        for node in bench_recall._fields_of(env.ref(f"prm_dental.prm_{name}_view_list"))
        if node.get("optional") != "hide"
    }
    spec["patient_id"] = {"fields": {"display_name": {}}}
    times = []
    for _round in range(ROUNDS):
        env.invalidate_all()
        rows = env[f"prm.{name}"].with_user(user)
        with harness.stopwatch() as seconds:
            page = rows.web_search_read(domain, spec, limit=80, count_limit=10001, order=order)
        times.append(seconds[0])
    assert len(page["records"]) == 80
    report.add(
        f"{name}, first page of {page['length']} by {order or 'the usual order'}, p95",
        harness.percentile(times, 95) * 1000,
        "ms",
        budget=None if order.startswith(LOOKED_UP[name]) else BUDGET_MS,
    )


def main():
    report = harness.Report()
    with harness.database("unscheduled") as name, harness.environment(name) as env:
        harness.say(f"Making {bench_recall.PATIENTS} patients…")
        harness.make_patients(env, bench_recall.PATIENTS)
        bench_recall.make_procedures(env)
        bench_recall.make_appointments(env)
        leave_open_work(env)
        write_to_everybody(env)
        env.cr.commit()
        harness.vacuum(env, "prm_procedure", "calendar_event", "prm_message", "prm_patient")
        group = env.ref("prm_core.group_prm_receptionist")
        user = env["res.users"].create(
            {"name": "Bench", "login": "bench", "group_ids": [(6, 0, group.ids)]}
        )
        env.cr.commit()
        keep_rows(env, report)
        to_ask = ["|", ("snoozed_until", "=", False), ("snoozed_until", "<=", "today")]
        for order in ("", "value desc, id", "age_days desc, id", "last_contact_at, id"):
            first_page(env, report, user, "unscheduled", to_ask, order)
        for order in ("", "last_seen_on, id", "value desc, id", "last_contact_at, id"):
            first_page(env, report, user, "lapsed", [("in_peace", "=", False)], order)
    report.exit()


if __name__ == "__main__":
    main()
