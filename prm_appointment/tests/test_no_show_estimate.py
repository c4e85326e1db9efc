from datetime import timedelta

from freezegun import freeze_time
from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import AppointmentCase


@tagged("post_install", "-at_install")
class TestNoShowEstimate(AppointmentCase):
    """Learning from the practice's visits, and what is said of those to come."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        clock = freeze_time(cls._at(6))
        clock.start()
        cls.addClassCleanup(clock.stop)
        cls.estimates = cls.env["prm.no.show.model"]

    def _past(self, patient, status, days, hour=9, booked=10, confirmed=False):
        """A visit that is over."""
        start = self._at(hour, days=-days)
        visit = self.env["calendar.event"].create(
            {
                "prm_patient_id": patient.id, "prm_type_id": self.hygiene.id,
                "prm_provider_id": self.giulia.id, "start": start, "prm_status": status,
                "prm_confirmed_at": start - timedelta(days=1) if confirmed else False,
            }
        )  # fmt: skip
        self._booked_at(visit, start - timedelta(days=booked))
        return visit

    def _booked_at(self, visit, moment):
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE calendar_event SET create_date = %s WHERE id = %s", (moment, visit.id)
        )
        visit.invalidate_recordset(["create_date"])

    def _coming(self, patient, days=1, hours=9, **vals):
        visit = self._book(self._at(hours, days=days), patient, **vals)
        self._booked_at(visit, self._at(6, days=-10))
        self.env.invalidate_all()
        return visit

    def test_before_anything_is_known(self):
        self._past(self.maria, "no_show", 30)
        self._past(self.maria, "no_show", 20)
        visit = self._coming(self.maria)
        self.assertEqual(visit.prm_risk_level, "high")
        self.assertEqual(visit.prm_risk_why, "has missed several visits, not confirmed")
        quiet = self._coming(self.luca, hours=10)
        self.assertEqual(quiet.prm_risk_level, "low")
        self.assertLess(quiet.prm_risk, visit.prm_risk)

    def test_a_week_before_nobody_has_to_have_confirmed(self):
        visit = self._coming(self.luca, days=7)
        self.assertNotIn("confirmed", visit.prm_risk_why)
        late = self._coming(self.luca, hours=10)
        self.assertIn("not confirmed", late.prm_risk_why)
        late._prm_set_status("confirmed")
        self.assertNotIn("not confirmed", late.prm_risk_why)

    def test_of_what_is_over_or_cancelled_nothing_is_said(self):
        visit = self._coming(self.luca)
        visit._prm_cancel("patient")
        self.assertFalse(visit.prm_risk_level)
        self.assertFalse(self._past(self.luca, "completed", 3).prm_risk_why)

    def test_what_it_reads(self):
        known = self._patient(first_name="Ada", first_visit_date="2020-01-01")
        self._past(known, "completed", 40, hour=8)
        self._past(self.maria, "no_show", 30, hour=12, booked=20)
        self._past(self.maria, "completed", 20, confirmed=True)
        self._past(self.maria, "cancelled", 15)
        self._past(self.luca, "completed", 900)
        estimate = self.estimates._of(self.practice)
        older, latest = estimate._read_cells()
        # 12:00 UTC is 13:00 in Rome. Of two years only: Luca's visit is older.
        self.assertEqual(
            older,
            {("came", "weeks", "no", "morning"): (1, 0), ("first", "month", "no", "afternoon"):
             (1, 1)},
        )  # fmt: skip
        self.assertEqual(latest, {("missed_once", "weeks", "yes", "morning"): (1, 0)})

    def test_it_learns_and_says_how_good_it_is(self):
        self._a_history(240)
        estimate = self.estimates._of(self.practice)
        estimate._learn()
        self.assertEqual((estimate.visit_count, estimate.missed_count), (240, 48))
        self.assertEqual(estimate.tested_count, 60)
        # In this history evening visits, and only they, are missed.
        self.assertEqual(estimate.auc, 1)
        self.assertGreater(estimate.groups[-1][0], 0.5)
        self.assertIn("100 of 100 cases", estimate.quality)
        self.assertIn("in the evening", estimate.what_counts)
        visit = self._coming(self.luca, hours=18)
        self.assertEqual(visit.prm_risk_level, "high")
        self.assertTrue(visit.prm_risk_why.startswith("in the evening"), visit.prm_risk_why)

    def test_with_too_little_it_says_so(self):
        self._a_history(50)
        estimate = self.estimates._of(self.practice)
        estimate._learn()
        self.assertFalse(estimate.groups)
        self.assertIn("There is too little to say", estimate.quality)

    def _a_history(self, count):
        """Visits of many patients: every fifth in the evening, and those are missed."""
        vals_list = []
        for number in range(count):
            evening = number % 5 == 0
            start = self._at(18 if evening else 9, days=-3 - number)
            vals_list.append(
                {
                    "prm_patient_id": self._patient(first_name=f"N{number}").id,
                    "prm_type_id": self.hygiene.id,
                    "prm_provider_id": self.giulia.id,
                    "start": start,
                    "prm_status": "no_show" if evening else "completed",
                }
            )
        self.env["calendar.event"].create(vals_list)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE calendar_event SET create_date = start - interval '5 days'"
            " WHERE prm_company_id = %s", (self.practice.id,)
        )  # fmt: skip
        self.env.invalidate_all()

    def test_the_flow_board_tells(self):
        self._past(self.maria, "no_show", 30)
        self._past(self.maria, "no_show", 20)
        visit = self._coming(self.maria, days=0)
        over = self._book(self._at(7), self.luca)
        alerts = (visit | over)._prm_board_alerts()
        labels = {code: label for code, label, _icon, _level in alerts[visit.id]}
        self.assertEqual(labels["risk"], "May not come: has missed several visits, not confirmed")
        with freeze_time(self._at(8)):
            self.env.invalidate_all()
            alerts = over._prm_board_alerts()
        self.assertEqual(alerts[over.id][0][:2], ("unsettled", "Over: did they come?"))

    def test_a_board_costs_the_same_for_many(self):
        visits = self._coming(self.maria)
        for number in range(8):
            visits |= self._coming(self.luca, days=2 + number)
        counts = []
        for chosen in (visits[:1], visits):
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            chosen._prm_board_alerts()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0] + 2, counts)

    def test_did_they_come(self):
        over = self._book(self._at(7), self.luca)
        with freeze_time(self._at(9)):
            action = self.env.ref("prm_appointment.prm_unsettled_visit_action")
            domain = fields.Domain(
                [("prm_status", "in", ("booked", "confirmed")), ("stop", "<", "now")]
            )
            self.assertIn("'booked', 'confirmed'", action.domain)
            self.assertIn(over, self.env["calendar.event"].search(domain))
            desk = self.as_user(self.receptionist, over)
            desk.with_context(prm_status="no_show").action_prm_status()
            self.assertNotIn(over, self.env["calendar.event"].search(domain))
        self.assertEqual(self.luca.missed_visit_count, 1)

    def test_who_may_what(self):
        estimate = self.estimates._of(self.practice)
        self.as_user(self.manager, estimate).action_learn()
        self.assertTrue(estimate.learned_at)
        for user in (self.receptionist, self.clinician, self.outsider, self.stranger, self.portal):
            with self.assertRaises(AccessError):
                self.as_user(user, estimate).read(["auc"])
            with self.assertRaises(AccessError):
                self.as_user(user, estimate).action_learn()
        with self.assertRaises(AccessError):
            self.as_user(self.manager, estimate).write({"auc": 1})
        # The front desk sees what it comes to, visit by visit.
        visit = self.as_user(self.receptionist, self._coming(self.luca))
        self.assertEqual(visit.prm_risk_level, "low")
