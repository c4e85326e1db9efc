"""Journeys whose workers are killed again and again, and what has become of them by the end."""

import time

from benchmarks import harness
from tools.devenv import postgres

from .killing import PATIENCE, Nursery, live_and_die

#: What the steps of the journey do, in their order; all are due at once, one after the other.
ACTIONS = ("message", "activity", "tag", "message")
TODO = "journey_crash_todo"


class Climbing:
    """A queue for `outbox_nursery`: events come, people start by them and climb, all at once.

    Each worker does everything: it reports what happened to some patients, takes up what anybody
    has reported and takes the steps that are due. Whatever it is at, it may die of it.
    """

    #: People, and events, in one transaction: a death meets one of many.
    batch = 50
    #: Events that a worker reports before it looks at them.
    reported = 60

    def __init__(self, _port):
        from odoo.addons.prm_core.models.journey import prm_enrolment_advance, prm_journey_start

        prm_enrolment_advance.BATCH_SIZE = prm_journey_start.BATCH_SIZE = self.batch

    def fill(self, env, count):
        """Patients to whom something will have happened, and a journey that starts by it."""
        harness.make_patients(env, count)
        env["prm.journey"].search([]).state = "ended"
        purpose = env.ref("prm_core.prm_purpose_care")
        purpose.write({"hour_from": 0, "hour_to": 24, "sundays": True, "cap_count": 0})
        env["prm.journey"].create(self._prepare_journey(env, purpose)).action_go_live()
        env.cr.execute(
            f"""
            CREATE TABLE {TODO} AS SELECT id FROM prm_patient;
            ALTER TABLE {TODO} ADD PRIMARY KEY (id)
            """
        )

    def _prepare_journey(self, env, purpose):
        template = env["prm.template"].create(
            {
                "name": "Hello",
                "purpose_id": purpose.id,
                "body_ids": [(0, 0, {"lang": "en", "subject": "Hello", "body": "Hello"})],
            }
        )
        wanted = {
            "message": {"template_id": template.id},
            "activity": {
                "activity_type_id": env.ref("mail.mail_activity_data_todo").id,
                "group_id": env.ref("base.group_system").id,
            },
            "tag": {"tag_id": env["res.partner.category"].create({"name": "New"}).id},
        }
        return {
            "name": "Four at once",
            "purpose_id": purpose.id,
            "start_type_id": env.ref("prm_core.prm_event_type_patient_created").id,
            "hour_from": 0,
            "hour_to": 24,
            "sundays": True,
            "step_ids": [
                (0, 0, {"action": action, "amount": 0, "unit": "minutes", "sequence": place,
                        "when": "previous" if place else "after", **wanted[action]})
                for place, action in enumerate(ACTIONS)
            ],
        }  # fmt: skip

    def dispatch(self, env):
        """Report some events, take up those that wait, take the steps that are due."""
        self.listen(env)
        env["prm.enrolment"]._cron_advance()

    def listen(self, env):
        """Report some events, and take up those that wait."""
        env["prm.message"]._try_afresh(lambda: self._report(env))
        env.cr.commit()
        env["prm.journey"]._cron_listen()

    def _report(self, env):
        rows = env.execute_query_dict(self._claim())
        patients = env["prm.patient"].browse(row["id"] for row in rows)
        env["prm.event"].emit("patient_created", [{"patient": patient} for patient in patients])

    def _claim(self):
        from odoo.tools import SQL

        todo = SQL.identifier(TODO)
        return SQL(
            """
            DELETE FROM %s WHERE id IN (SELECT id FROM %s LIMIT %s FOR UPDATE SKIP LOCKED)
            RETURNING id
            """,
            todo, todo, self.reported,
        )  # fmt: skip


class Starting(Climbing):
    """The same with workers that only listen, so that they die of listening."""

    batch = 10
    reported = 20

    def dispatch(self, env):
        """Report some events, and take up those that wait."""
        self.listen(env)


class Progress:
    """Tells how far the workers are, for `live_and_die`.

    :param table: whose rows are counted.
    """

    port = 0

    def __init__(self, database, table):
        self.database, self.table = database, table

    def count(self):
        """How many rows there are."""
        return int(postgres.query(f"SELECT count(*) FROM {self.table}", self.database)[0])

    def await_more(self, count):
        """Wait until there are so many more."""
        goal = self.count() + count
        deadline = time.monotonic() + PATIENCE
        while self.count() < goal:
            assert time.monotonic() < deadline, "the workers stand still"


EVENTS = {
    "events to come": f"SELECT count(*) FROM {TODO}",
    "events to take up": "SELECT count(*) FROM prm_journey_signal",
}
PEOPLE = {"under way": "SELECT count(*) FROM prm_enrolment WHERE state <> 'done'"}


def faults_of_starts(database, count):
    """``{what is not as it should be: how many}`` after all events were taken up; none: all well.

    :param count: of patients.
    """
    return _counts(
        database,
        {
            "events not taken up": "SELECT count(*) FROM prm_journey_signal",
            "journeys with a problem": "SELECT count(*) FROM prm_journey WHERE problem IS NOT NULL",
            "events": f"SELECT count(*) - {count} FROM prm_event"
            " WHERE event_type_id = (SELECT start_type_id FROM prm_journey WHERE state = 'live')",
            "patients not enrolled once": """
                SELECT count(*) FROM prm_patient p WHERE 1 <>
                       (SELECT count(*) FROM prm_enrolment e WHERE e.patient_id = p.id)""",
            "enrolments": f"SELECT count(*) - {count} FROM prm_enrolment",
        },
    )


def faults_of_steps(database, count):
    """The same after everybody has come to the end."""
    taken = """
        SELECT enrolment_id, step_id, count(*) AS number FROM prm_enrolment_entry
         WHERE outcome = 'taken' GROUP BY enrolment_id, step_id
    """
    return _counts(
        database,
        {
            "not at the end": "SELECT count(*) FROM prm_enrolment WHERE state <> 'done'",
            "steps without their one entry":
                f"SELECT {count * len(ACTIONS)} - count(*) FROM ({taken}) e WHERE number = 1",
            "entries": f"SELECT count(*) - {count * len(ACTIONS)} FROM prm_enrolment_entry",
            "patients without their messages": f"""
                SELECT count(*) FROM prm_patient p WHERE {ACTIONS.count("message")} <>
                       (SELECT count(*) FROM prm_message m
                         WHERE m.patient_id = p.id AND m.state = 'queued')""",
            "messages without their one entry": """
                SELECT count(*) FROM prm_message m WHERE 1 <>
                       (SELECT count(*) FROM prm_enrolment_entry e WHERE e.message_id = m.id)""",
            "patients without their one task": """
                SELECT count(*) FROM prm_patient p WHERE 1 <>
                       (SELECT count(*) FROM mail_activity a
                         WHERE a.res_model = 'prm.patient' AND a.res_id = p.id)""",
            "patients without the tag": """
                SELECT count(*) FROM prm_patient p WHERE NOT EXISTS
                       (SELECT FROM res_partner_res_partner_category_rel r
                         WHERE r.partner_id = p.partner_id)""",
        },
    )  # fmt: skip


def _counts(database, queries):
    """``{name: number}`` of queries that count, all at one moment, without what is none."""
    whole = " UNION ALL ".join(f"SELECT '{name}|' || ({query})" for name, query in queries.items())
    pairs = (row.rsplit("|", 1) for row in postgres.query(whole, database))
    return {name: int(number) for name, number in pairs if number != "0"}


def kill_climbers(database, people, kills):
    """Two workers of `Climbing`, and so many deaths; then they come to the end.

    :return: (what was left to do at the last death, `faults_of_starts` and `faults_of_steps`)
    """
    then = _kill(
        database,
        Climbing,
        "prm_enrolment_entry",
        people,
        kills,
        {**EVENTS, **PEOPLE},
        (1, 150),
        0.3,
    )
    return then, {**faults_of_starts(database, people), **faults_of_steps(database, people)}


def kill_listeners(database, people, kills):
    """The same with `Starting`, where nobody takes a step."""
    then = _kill(database, Starting, "prm_enrolment", people, kills, EVENTS, (1, 30), 0.05)
    return then, faults_of_starts(database, people)


def _kill(database, queue, table, people, kills, waiting, life, grace):
    progress = Progress(database, table)
    with Nursery(database, progress, f"{__name__}:{queue.__name__}", people) as nursery:
        return live_and_die(
            nursery, progress, dispatchers=2, kills=kills, life=life, grace=grace,
            count_states=lambda: _counts(database, waiting), waiting=tuple(waiting),
        )  # fmt: skip
