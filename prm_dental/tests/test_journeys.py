from datetime import timedelta
from unittest.mock import patch

from freezegun import freeze_time
from odoo import fields
from odoo.tests import tagged

from .common import DentalCase


class DentalJourneyCase(DentalCase):
    """The ladders that ship, live, on a clock that is moved."""

    @classmethod
    def setUpClass(cls):
        cls._stop_clock()
        super().setUpClass()
        cls.env["prm.journey"].search([]).filtered(lambda one: one.state != "draft").state = "ended"
        cls.journey = cls.env.ref("prm_dental.prm_journey_recall")
        cls.come_back = cls.env.ref("prm_dental.prm_journey_come_back")
        (cls.journey | cls.come_back).action_go_live()

    def run_engine(self, days=0):
        if days:
            clock = freeze_time(fields.Datetime.now() + timedelta(days=days))
            clock.start()
            self.addCleanup(clock.stop)
        with patch.object(type(self.env["ir.cron"]), "_commit_progress", lambda *a, **k: 60):
            self.env["prm.journey"]._cron_listen()
            self.env["prm.enrolment"]._cron_advance()
        self.env.flush_all()
        self.env.invalidate_all()

    def people(self, patient, journey=None):
        return self.env["prm.enrolment"].search(
            [("patient_id", "=", patient.id), ("journey_id", "=", (journey or self.journey).id)]
        )

    def messages(self, patient):
        return self.env["prm.message"].search([("patient_id", "=", patient.id)], order="id")


@tagged("post_install", "-at_install")
class TestRecallJourney(DentalJourneyCase):
    """The recall ladder that ships."""

    def test_four_messages_and_a_call(self):
        patient, recall = self._due_patient(lang="it_IT")
        weeks = [len(self.messages(patient))]
        # In the 26th week the patient has been away for a year and a half, and “Come back” is next.
        for _week in range(25):
            self.run_engine(days=7)
            weeks.append(len(self.messages(patient)))
        self.assertEqual(weeks[-1], 4)
        times = [message.create_date for message in self.messages(patient)]
        gaps = [(times[place + 1] - times[place]).days for place in range(3)]
        self.assertEqual(gaps, [42, 42, 42])
        first = self.messages(patient)[0]
        self.assertIn("/prm/l/", first.body)
        self.assertEqual(recall.last_message_id, self.messages(patient)[3])
        self.assertIn("Four messages", patient.activity_ids.summary)
        self.assertEqual(self.people(patient).state, "done")

    def test_starts_four_weeks_before(self):
        patient = self._patient(first_name="Luca", email="luca@example.com", lang="it_IT")
        self._done(patient, self.today)
        recall = self._recall(patient)
        ahead = (recall.due_date - self.today).days
        self.run_engine(days=ahead - 60)
        self.assertFalse(self.people(patient))
        self.run_engine(days=29)
        self.assertTrue(self.people(patient))
        self.assertFalse(self.messages(patient))
        for _day in range(5):
            self.run_engine(days=1)
        self.assertEqual(len(self.messages(patient)), 1)

    def test_who_books_is_left_in_peace(self):
        patient, _recall = self._due_patient()
        self.run_engine(days=1)
        [message] = self.messages(patient)
        self._book(patient, days=5)
        self.run_engine()
        one = self.people(patient)
        self.assertEqual(one.state, "goal")
        self.assertEqual((message.state, message.reason), ("suppressed", "journey_left"))
        self.run_engine(days=60)
        self.assertEqual(len(self.messages(patient)), 1)

    def test_who_has_been_away_for_long_gets_other_words(self):
        patient = self._patient(first_name="Luca", email="luca@example.com", lang="it_IT")
        self._done(patient, self.today - timedelta(days=3 * 365))
        self.run_engine(days=1)
        self.run_engine()
        self.assertFalse(self.people(patient))
        self.assertEqual(self.people(patient, self.come_back).state, "active")
        template = self.env.ref("prm_core.prm_template_library_long_away")
        self.assertEqual(self.messages(patient).template_id, template)

    def test_without_a_kind_of_visit_nothing_goes(self):
        self.hygiene.with_company(self.practice).appointment_type_id = False
        patient, _recall = self._due_patient()
        self.run_engine(days=1)
        self.assertEqual(
            (self.messages(patient).state, self.messages(patient).reason),
            ("suppressed", "recall_not_set_up"),
        )
