from datetime import timedelta
from unittest.mock import patch

from freezegun import freeze_time
from odoo.tests import tagged

from .open_work_case import OpenWorkCase
from .plan_case import PlanCase


@tagged("post_install", "-at_install")
class TestOpenWork(OpenWorkCase):
    """That rows are right on the day and the minute, and what keeping them costs."""

    def setUp(self):
        super().setUp()
        self.anna = self.patients[0]

    def _plan(self, patient=None, state="planned", days=0, **vals):
        day = self.today - timedelta(days=days)
        return self._done(patient or self.anna, day, self.crown, state, **vals)

    def _listed(self, domain=()):
        self.env.invalidate_all()
        return self.env["prm.unscheduled"].search(
            [("patient_id", "in", self.patients.ids), *domain]
        )

    def test_work_waits_again_in_the_minute_its_visit_begins(self):
        begun = self._plan(state="in_progress", fee=70)
        other = self._plan(state="in_progress", fee=30)
        first, second = self._book(self.anna, days=2), self._book(self.anna, days=4)
        begun._schedule(first)
        other._schedule(second)
        self.assertFalse(self._listed())
        for visit, before, after, left in ((first, 0, 70, second), (second, 70, 100, None)):
            with freeze_time(visit.start - timedelta(seconds=1)):
                self.assertEqual(sum(self._listed().mapped("value")), before)
                self._compare()
            with freeze_time(visit.start):
                self.assertEqual(self._listed().value, after)
                self._compare()
                # The night's work changes what is kept and nothing that anybody sees.
                self.kept._tidy_up()
                kept = self.kept.search([("patient_id", "=", self.anna.id)])
                self.assertEqual(kept.value, after)
                self.assertEqual(kept.changes_at, left.start if left else False)
                self._compare()
                self.assertEqual(self._differences(), 0)

    def test_whatever_becomes_of_a_visit(self):
        """Work that has begun stays with its visit, which alone says whether it waits."""
        begun = self._plan(state="in_progress")
        visit = self._book(self.anna, days=5)
        begun._schedule(visit)
        changes = self.env["calendar.event"].with_context(prm_bulk=True).browse(visit.id)
        for vals, waits in (
            ({"prm_status": "confirmed"}, False),
            ({"prm_status": "no_show"}, True),
            ({"prm_status": "booked"}, False),
            ({"start": "2026-05-30 09:00:00", "stop": "2026-05-30 09:45:00"}, True),
            ({"start": "2026-06-01 10:00:01", "stop": "2026-06-01 10:45:00"}, False),
            ({"prm_status": "cancelled"}, True),
            ({"prm_status": "booked"}, False),
            ({"active": False}, True),
            ({"active": True}, False),
        ):
            with self.subTest(**vals):
                changes.write(vals)
                self.assertEqual(bool(self._listed()), waits)
                self._compare()
                self.assertEqual(self._differences(), 0)

    def test_not_now_runs_out_on_its_day(self):
        self._plan(days=5)
        until = self.today + timedelta(days=3)
        self.env["prm.unscheduled.snooze"]._put_off(self.anna, "work", until)
        to_ask = ["|", ("snoozed_until", "=", False), ("snoozed_until", "<=", "today")]
        self.assertFalse(self._listed(to_ask))
        with freeze_time("2026-06-03 21:00:00"):
            self.assertFalse(self._listed(to_ask))
        with freeze_time("2026-06-04 08:00:00"):
            self.assertEqual(self._listed(to_ask).age_days, 8)

    def test_within_a_transaction_the_list_follows(self):
        work = self._plan(fee=50)
        row = self.env["prm.unscheduled"].search([("patient_id", "=", self.anna.id)])
        self.assertEqual(row.value, 50)
        work.fee = 80
        self.assertEqual(row.value, 80, "nothing was forgotten by hand")
        self.assertEqual(self.env["prm.unscheduled"]._read_group(
            [("patient_id", "=", self.anna.id)], [], ["value:sum"]), [(80,)])  # fmt: skip

    def test_what_is_done_or_done_elsewhere_keeps_nothing_busy(self):
        self.env.flush_all()
        self.env.cr.precommit.run()
        for state in ("completed", "existing"):
            self._plan(state=state)
        self.assertNotIn(self.kept._stale_key, self.env.cr.precommit.data)
        self._plan()
        self.assertIn(self.kept._stale_key, self.env.cr.precommit.data)

    def test_a_change_costs_one_query_for_one_and_for_a_thousand(self):
        def cost(change):
            """Queries for the rows alone, after everything else has been done."""
            change()
            self.env["prm.recall"].flush_model()
            self.env.flush_all()
            before = self.env.cr.sql_log_count
            self.kept.flush_model()
            return self.env.cr.sql_log_count - before

        vals = {"date": self.today, "state": "planned", "fee": 10, **self._kind_vals(self.crown)}

        def take_over(count):
            whose = [self.patients[number % 3].id for number in range(count)]
            return self.env["prm.procedure"].with_context(prm_bulk=True).create(
                [{"patient_id": patient, **vals} for patient in whose]
            )  # fmt: skip

        work = self._plan()
        self.assertEqual(cost(self._plan), 1)
        self.assertEqual(cost(lambda: work.write({"fee": 12})), 1)
        self.assertEqual(cost(lambda: take_over(1000)), 1)
        self.assertEqual(cost(lambda: self.patients.write({"status": "moved"})), 1)
        self.assertEqual(cost(lambda: self.patients.write({"lang": "it_IT"})), 0)
        self.assertEqual(self.kept.search_count([("patient_id", "in", self.patients.ids)]), 0)

    def test_visits_are_looked_up_once_for_all(self):
        def cost(count):
            visits = self.env["calendar.event"].browse()
            for number in range(count):
                visit = self._book(self.patients[number % 3], days=count + number)
                self._plan(self.patients[number % 3], state="in_progress")._schedule(visit)
                visits |= visit
            self.env.flush_all()
            self.env.cr.precommit.run()
            before = self.env.cr.sql_log_count
            visits._prm_open_work_patients()
            return self.env.cr.sql_log_count - before

        self.assertEqual(cost(2), 1)
        self.assertEqual(cost(12), 1)

    def test_it_is_filled_where_there_was_work_before(self):
        self._plan(fee=60)
        self._plan(self.patients[1])
        self.kept.flush_model()
        self.env.cr.execute("DELETE FROM prm_open_work")
        queue = []
        with patch.object(type(self.env.registry), "post_init", lambda _self, do: queue.append(do)):
            self.kept.init()
        for do in queue:
            do()
        self._compare()
        self.assertEqual(len(self._listed()), 2)

    def test_another_practice_takes_the_patient_over(self):
        self._plan()
        self.assertEqual(self.kept.search([("patient_id", "=", self.anna.id)]).company_id,
                         self.practice)  # fmt: skip
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE prm_patient SET company_id = %s WHERE id = %s",
            [self.other_practice.id, self.anna.id],
        )
        self.anna.invalidate_recordset()
        self.kept._mark_stale(self.anna)
        theirs = self.as_user(self.stranger, self.env["prm.unscheduled"])
        self.assertEqual(theirs.search([]).patient_id, self.anna)
        mine = self.as_user(self.receptionist, self.env["prm.unscheduled"])
        self.assertFalse(mine.search([("patient_id", "=", self.anna.id)]))


@tagged("post_install", "-at_install")
class TestOpenWorkOfPlans(OpenWorkCase, PlanCase):
    """Plans that are proposed, answered, revised and withdrawn."""

    def setUp(self):
        super().setUp()
        self.patients = self.maria

    def _stage(self):
        self._compare()
        row = self.env["prm.unscheduled"].search([("patient_id", "=", self.maria.id)])
        return row.stage, row.work_count, row.value

    def test_a_plan_from_the_first_word_to_the_end(self):
        self.assertEqual(self._stage(), ("proposed", 2, 200))
        plan = self.plans.create(
            {
                "patient_id": self.maria.id,
                "line_ids": [(0, 0, {"procedure_id": self.filling.id}),
                             (0, 0, {"procedure_id": self.cleaning.id})],
            }
        )  # fmt: skip
        self.filling.fee = 150
        self.assertEqual(self._stage(), ("proposed", 2, 230))
        plan.action_propose()
        self.assertEqual(self._stage(), ("proposed", 2, 230))
        self._say(plan, yes=self.filling, reasons={self.cleaning.id: self.reason})
        self.assertEqual(self._stage(), ("accepted", 1, 150))
        plan.action_revise()
        self.filling.fee = 170
        plan.action_propose()
        # What was declined is proposed once more.
        self.assertEqual(self._stage(), ("accepted", 2, 250))
        visit = self._book(self.maria)
        (self.filling | self.cleaning)._schedule(visit)
        self.assertFalse(any(self._stage()))
        visit._prm_cancel("patient")
        self.assertEqual(self._stage(), ("accepted", 2, 250))
        self.filling.action_complete()
        self.assertEqual(self._stage(), ("proposed", 1, 80))

    def test_a_plan_of_two_ways_that_is_withdrawn(self):
        plan, bridge, _implant = self._two_ways()
        self.assertEqual(self._stage(), ("proposed", 4, 2100))
        self._say(plan, yes=self.cleaning, way=bridge)
        self.assertEqual(self._stage()[0], "accepted")
        plan.action_withdraw()
        self._stage()
