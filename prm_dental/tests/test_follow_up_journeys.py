from datetime import timedelta

from odoo.tests import tagged

from .test_journeys import DentalJourneyCase


@tagged("post_install", "-at_install")
class TestFollowUpJourneys(DentalJourneyCase):
    """The journeys that follow up open treatment, and “Come back”, on a clock that is moved."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.stages = {
            stage: cls.env.ref(f"prm_dental.prm_journey_treatment_{stage}")
            for stage in ("proposed", "accepted", "interrupted")
        }
        for journey in cls.stages.values():
            journey.action_go_live()
        cls.anna = cls._patient(
            first_name="Anna", last_name="Neri", email="anna@example.com", lang="it_IT"
        )

    def _plan(self, count=1, state="planned", patient=None, **vals):
        patient = patient or self.anna
        teeth = ("16", "26", "36", "46", "17", "27", "37", "47", "15", "25")
        work = self.env["prm.procedure"]
        for tooth in teeth[:count]:
            work |= self._done(patient, self.today, self.fill, state, **{"tooth": tooth, **vals})
        return work

    def _days(self, count):
        for _day in range(count):
            self.run_engine(days=1)

    def test_ten_proposals_of_a_day_make_one_series(self):
        self._plan(10)
        self._days(9)
        self.assertFalse(self.messages(self.anna))
        self._days(3)
        [message] = self.messages(self.anna)
        self.assertEqual(message.template_id.code, "treatment_proposed")
        self.assertEqual(message.purpose_id.code, "recall")
        self._days(25)
        self.assertEqual(len(self.messages(self.anna)), 1)
        self.assertEqual(len(self.anna.activity_ids), 1)
        self.assertEqual(self.people(self.anna, self.stages["proposed"]).state, "done")

    def test_accepted_is_asked_twice_and_called(self):
        [work] = self._plan(state="accepted")
        self._days(9)
        self.assertEqual(len(self.messages(self.anna)), 1)
        self._days(14)
        self.assertEqual(len(self.messages(self.anna)), 2)
        self._days(20)
        self.assertEqual(len(self.messages(self.anna)), 2)
        self.assertIn("find a time", self.anna.activity_ids.summary)
        message = self.messages(self.anna)[0]
        self.assertEqual((message.res_model, message.res_id), ("prm.procedure", work.id))

    def test_booking_ends_it_at_once_and_takes_back_what_waits(self):
        work = self._plan(2, state="accepted")
        self._days(9)
        [message] = self.messages(self.anna)
        self.assertEqual(message.state, "queued")
        visit = self._book(self.anna, days=12)
        work._schedule(visit)
        self.run_engine()
        self.assertEqual(self.people(self.anna, self.stages["accepted"]).state, "goal")
        self.assertEqual((message.state, message.reason), ("suppressed", "journey_left"))
        self._days(3)
        self.assertEqual(len(self.messages(self.anna)), 1)

    def test_work_put_into_a_visit_that_stands_ends_it_too(self):
        visit = self._book(self.anna, days=40)
        self.run_engine()
        work = self._plan(2, state="accepted")
        self._days(9)
        self.assertEqual(len(self.messages(self.anna)), 1)
        work[0]._schedule(visit)
        self.run_engine()
        self.assertEqual(self.people(self.anna, self.stages["accepted"]).state, "active")
        work[1]._schedule(visit)
        self.run_engine()
        one = self.people(self.anna, self.stages["accepted"])
        self.assertEqual((one.state, one.reason), ("goal", "treatment_scheduled"))

    def test_declining_all_of_it_ends_it(self):
        work = self._plan(2)
        self._days(2)
        reason = self.env.ref("prm_dental.prm_decline_reason_afraid")
        work[0].write({"state": "declined", "decline_reason_id": reason.id})
        self.run_engine()
        self.assertEqual(self.people(self.anna, self.stages["proposed"]).state, "active")
        work[1].write({"state": "declined", "decline_reason_id": reason.id})
        self.run_engine()
        one = self.people(self.anna, self.stages["proposed"])
        self.assertEqual((one.state, one.reason), ("exited", "treatment_settled"))

    def test_a_yes_leads_from_one_series_to_the_other(self):
        work = self._plan(2)
        self._days(5)
        work.write({"state": "accepted"})
        self._days(30)
        codes = self.messages(self.anna).template_id.mapped("code")
        self.assertEqual(codes, ["treatment_accepted"])

    def test_who_was_put_off_is_not_written_to(self):
        self._plan(state="accepted")
        self._days(2)
        self.env["prm.unscheduled.snooze"]._put_off(
            self.anna, "work", self.today + timedelta(days=90)
        )
        self._days(45)
        self.assertFalse(self.messages(self.anna))

    def test_interrupted_counts_from_the_last_visit(self):
        self._plan(state="in_progress")
        self._days(20)
        visit = self._book(self.anna, days=21)
        self._days(20)
        self.assertFalse(self.messages(self.anna), "the last visit is not four weeks ago")
        self._days(14)
        self.assertEqual(
            self.messages(self.anna).template_id.code, "treatment_interrupted", visit.start
        )

    def test_without_any_recall_a_patient_lapses_too_and_gets_one_journey(self):
        crown = self.env.ref("prm_dental.prm_procedure_type_crown")
        self._done(self.anna, self.today - timedelta(days=700), crown)
        both = self._patient(first_name="Bo", email="bo@example.com", lang="it_IT")
        self._done(both, self.today - timedelta(days=700))
        recent, _recall = self._due_patient()
        self._days(2)
        for patient, journey in (
            (self.anna, self.come_back), (both, self.come_back), (recent, self.journey)
        ):  # fmt: skip
            people = self.env["prm.enrolment"].search([("patient_id", "=", patient.id)])
            self.assertEqual(people.journey_id, journey)
            self.assertEqual(len(people), 1)
            self.assertEqual(len(self.messages(patient)), 1)

    def test_who_is_left_in_peace_gets_nothing(self):
        self._done(self.anna, self.today - timedelta(days=700))
        self.env["prm.unscheduled.snooze"]._put_off(self.anna, "lapsed")
        self._days(3)
        self.assertFalse(self.messages(self.anna))
