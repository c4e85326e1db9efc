from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from .test_journey_engine import JourneyCase


@tagged("post_install", "-at_install")
class TestJourney(JourneyCase):
    """What can be set up, and what can't."""

    def test_sentences(self):
        email = self.env.ref("prm_core.prm_journey_condition_has_email").id
        journey = self._journey(
            (2, "days", "after", {"channels": "sms, email", "condition_ids": [
                (0, 0, {"condition_id": email, "negated": True})]}),
            live=False,
        )  # fmt: skip
        self.assertEqual(
            journey.step_ids.sentence,
            "2 days after “Became a patient”, if the patient has no email address: "
            "send “Hello” (SMS → Email)",
        )

    def test_a_ladder_that_can_never_be_climbed(self):
        cases = [
            ("has no steps", self._journey(live=False)),
            ("before the journey starts", self._journey((1, "days", "before"), live=False)),
            ("order of time",
             self._journey((2, "days", "after"), (1, "days", "after"), live=False)),
            ("none before it", self._journey((2, "days", "previous"), live=False)),
            ("its hours lie outside",
             self._journey((1, "days", "after", {"hour_from": 20}), hour_to=19, live=False)),
            ("needs a text",
             self._journey((1, "days", "after", {"template_id": False}), live=False)),
            ("has no text for",
             self._journey((1, "days", "after", {"channels": "sms"}), live=False)),
        ]  # fmt: skip
        for words, journey in cases:
            with self.subTest(words), self.assertRaisesRegex(ValidationError, words):
                journey.action_go_live()

    def test_a_ring_of_journeys(self):
        first = self._journey((1, "days", "after"), live=False)
        second = self._journey(
            (1, "days", "after", {"action": "journey", "started_journey_id": first.id}), live=False
        )
        first.step_ids.write({"action": "journey", "started_journey_id": second.id})
        with self.assertRaisesRegex(ValidationError, "again and again"):
            first.action_go_live()

    def test_a_filter_that_can_not_be_read(self):
        for text in ("[('no_such_field', '=', 1)]", "[(", "import os"):
            with self.subTest(text), self.assertRaisesRegex(ValidationError, "can't be read"):
                self._journey((1, "days", "after"), patient_domain=text, live=False)

    def test_what_is_live_is_not_changed(self):
        journey = self._journey((1, "days", "after"))
        with self.assertRaisesRegex(UserError, "Press “Change”"):
            journey.late = "send"
        with self.assertRaisesRegex(UserError, "Press “Change”"):
            journey.step_ids.amount = 3
        with self.assertRaisesRegex(UserError, "Press “Change”"):
            journey.step_ids.unlink()
        journey.note = "May be written at any time."

    def test_a_new_version(self):
        journey = self._journey((1, "days", "after"), (5, "days", "after"))
        anna = self._patient(first_name="Anna", email="anna@example.com")
        self.run_engine()
        self.run_engine(days=1)
        draft = self.env["prm.journey"].browse(journey.action_change()["res_id"])
        self.assertEqual(journey.action_change()["res_id"], draft.id, "there is one draft")
        self.assertEqual((draft.version, draft.name, draft.state), (2, "Welcome", "draft"))
        draft.step_ids[1].amount = 3
        draft.action_go_live()
        self.assertEqual(journey.state, "replaced")
        bea = self._patient(first_name="Bea", email="bea@example.com")
        self.run_engine(days=3)
        self.assertEqual(self.people(draft).patient_id, bea)
        self.assertEqual(len(self.messages(anna)), 1, "she finishes on hers")
        self.run_engine(days=1)
        self.assertEqual(len(self.messages(anna)), 2)

    def test_moving_people_to_the_new_version(self):
        journey = self._journey((1, "days", "after"), (5, "days", "after"))
        anna = self._patient(first_name="Anna", email="anna@example.com")
        self.run_engine()
        self.run_engine(days=1)
        draft = self.env["prm.journey"].browse(journey.action_change()["res_id"])
        draft.step_ids[1].amount = 2
        draft.action_go_live()
        moved = draft._move_people()
        self.assertEqual((moved.patient_id, moved.position), (anna, 1))
        self.run_engine(days=1)
        self.assertEqual(len(self.messages(anna)), 2)

    def test_who_takes_a_patient_off(self):
        journey = self._journey((1, "days", "after"))
        self._patient(first_name="Anna", email="anna@example.com")
        self.run_engine()
        one = self.people(journey)
        with self.assertRaisesRegex(UserError, "front desk"):
            self.as_user(self.clinician, one).action_stop()
        self.as_user(self.receptionist, one).action_stop()
        self.assertEqual((one.state, one.reason), ("stopped", "by_hand"))
        self.assertFalse(self.as_user(self.stranger, self.env["prm.enrolment"]).search([]))
