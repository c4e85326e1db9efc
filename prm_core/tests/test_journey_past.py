from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .test_journey_engine import NOW
from .test_journey_screen import ScreenCase


@tagged("post_install", "-at_install")
class TestSimulation(ScreenCase):
    """A journey tried on the past."""

    def play(self, journey, **vals):
        simulation = self.as_user(self.receptionist, self.env["prm.journey.simulation"]).create(
            {"journey_id": journey.id, **vals}
        )
        simulation.action_play()
        return simulation

    def past(self, patient, code, days, **vals):
        moment = fields.Datetime.to_datetime(NOW) - timedelta(days=days)
        self.env["prm.event"].emit(code, [{"patient": patient, "occurred_at": moment, **vals}])

    def test_days_are_those_of_whoever_looks(self):
        journey = self._journey((0, "minutes", "after"), start_type_id=self.received.id, live=False)
        self.receptionist.tz = "America/Denver"
        anna = self._patient(first_name="Anna", email="anna@example.com")
        # Nine in the evening of 31 May in Denver.
        moment = fields.Datetime.to_datetime("2026-06-01 03:00:00")
        self.env["prm.event"].emit("message_received", [{"patient": anna, "occurred_at": moment}])
        for day, expected in (("2026-05-30", 0), ("2026-05-31", 1), ("2026-06-01", 0)):
            simulation = self.play(journey, date_from=day, date_to=day)
            self.assertEqual(simulation.figures["starts"], expected, day)

    def test_a_draft_over_what_happened(self):
        replied = self.env.ref("prm_core.prm_journey_condition_replied").id
        far = self.env.ref("prm_core.prm_journey_condition_far_ahead").id
        journey = self._journey(
            (0, "minutes", "after"),
            (5, "days", "after", {"condition_ids": [
                (0, 0, {"condition_id": far, "number": 3})]}),
            (9, "days", "after", {"condition_ids": [(0, 0, {"condition_id": replied})]}),
            start_type_id=self.received.id, live=False,
            exit_type_ids=[(6, 0, self.opted_out.ids)],
        )  # fmt: skip
        anna = self._patient(first_name="Anna", email="anna@example.com")
        bea = self._patient(first_name="Bea")
        old = self._patient(first_name="Old", email="old@example.com")
        self.past(old, "message_received", 200)
        self.past(anna, "message_received", 30)
        self.past(bea, "message_received", 20)
        self.past(bea, "opted_out", 12)
        messages = self.env["prm.message"].search_count([])
        simulation = self.play(journey)
        figures = simulation.figures
        self.assertEqual((figures["starts"], figures["goal"]), (2, 0))
        self.assertEqual(figures["left"], [["Wants no more messages", 1]])
        self.assertEqual(
            [(step["taken"], step["depends"], step["skipped"]) for step in figures["steps"]],
            [(2, 0, 0), (0, 0, 2), (0, 1, 0)],
        )
        self.assertEqual(len(simulation.line_ids), 5)
        [open_line] = simulation.line_ids.filtered(lambda line: line.outcome == "depends")
        self.assertEqual(open_line.patient_id, anna)
        self.assertIn("If the patient has written", open_line.reason_text)
        self.assertIn("would have started", simulation.summary)
        self.assertEqual(self.env["prm.message"].search_count([]), messages)
        self.assertFalse(self.people(journey))

    def test_what_may_have_changed_since_is_not_asked(self):
        """An address of today says nothing of then; nor does today's age."""
        lasting = self.env["prm.journey.condition"].search([("lasting", "=", True)])
        self.assertEqual(lasting.mapped("code"), ["far_ahead"])
        journey = self._journey(
            (0, "minutes", "after", {"condition_ids": [(0, 0, {"condition_id": self.has_email})]}),
            start_type_id=self.received.id, live=False,
        )  # fmt: skip
        anna = self._patient(first_name="Anna", email="anna@example.com")
        self.past(anna, "message_received", 30)
        self.assertEqual(self.play(journey).line_ids.outcome, "depends")

    def test_once_for_each_record(self):
        journey = self._journey(
            (0, "minutes", "after"), start_type_id=self.received.id, reentry="days",
            reentry_days=10, live=False,
        )  # fmt: skip
        for days in (40, 35, 29):
            self.past(self.maria, "message_received", days)
        self.assertEqual(self.play(journey).figures["starts"], 2)

    def test_dates_that_passed(self):
        journey = self._birthdays((2, "days", "before"), (0, "days", "after"), live=False)
        self._born("Anna", -10)
        self._born("Bea", 10)
        simulation = self.play(journey)
        self.assertEqual(
            [(line.patient_id.first_name, line.moment.strftime("%m-%d")) for line in
             simulation.line_ids],
            [("Anna", "05-20"), ("Anna", "05-22")],
        )  # fmt: skip
        self.assertEqual(simulation.figures["most"], 1)

    def test_the_past_alone(self):
        journey = self._journey((1, "days", "after"), live=False)
        with self.assertRaisesRegex(UserError, "time that has passed"):
            self.play(journey, date_to="2026-07-01")


@tagged("post_install", "-at_install")
class TestRelease(ScreenCase):
    """A new version, and those under way."""

    def release(self, choice):
        journey = self._journey(
            (1, "days", "after"), (5, "days", "after"), company_id=self.practice.id
        )
        anna = self._patient(first_name="Anna", email="anna@example.com")
        self.run_engine()
        self.run_engine(days=1)
        draft = self.env["prm.journey"].browse(journey.action_change()["res_id"])
        draft.step_ids[1].amount = 2
        action = self.as_user(self.receptionist, draft).action_ask_release()
        release = self.as_user(self.receptionist, self.env["prm.journey.release"])
        release = release.with_context(**action["context"]).create({"choice": choice})
        return journey, draft, anna, release

    def test_they_stay(self):
        journey, draft, anna, release = self.release("stay")
        self.assertEqual(release.under_way, 1)
        self.assertIn("6/6/26", release.preview)
        release.action_release()
        self.assertEqual((journey.state, draft.state), ("replaced", "live"))
        self.assertEqual(self.people(journey).patient_id, anna)

    def test_they_move(self):
        journey, draft, anna, release = self.release("move")
        self.assertIn("6/3/26", release.preview)
        self.assertNotIn("6/6/26", release.preview)
        release.action_release()
        self.assertEqual(self.people(draft).patient_id, anna)
        self.assertFalse(self.people(journey))
        self.assertEqual(self.people(draft).next_at.day, 3)

    def test_nobody_under_way_asks_nothing(self):
        journey = self._journey((1, "days", "after"))
        draft = self.env["prm.journey"].browse(journey.action_change()["res_id"])
        draft.action_ask_release()
        self.assertEqual(draft.state, "live")


@tagged("post_install", "-at_install")
class TestWhoMay(ScreenCase):
    """Wizards by persona."""

    def test_who_may_what(self):
        journey = self._journey((1, "days", "after"))
        desk = (self.receptionist, self.manager)
        calls = [
            (desk, journey, "action_forecast"),
            (desk, self.maria, "action_open_journeys"),
            (desk, self.env["prm.journey.simulation"], "create"),
            (desk, self.env["prm.journey.release"], "create"),
        ]
        everybody = (
            self.receptionist, self.manager, self.clinician, self.outsider, self.portal,
            self.env.ref("base.public_user"),
        )  # fmt: skip
        for allowed, record, method in calls:
            args = [{"journey_id": journey.id}] if method == "create" else []
            for user in everybody:
                with self.subTest(method=method, model=record._name, user=user.login):
                    theirs = self.as_user(user, record)
                    if user in allowed:
                        self.assertTrue(getattr(theirs, method)(*args))
                    else:
                        with self.assertRaises(AccessError):
                            getattr(theirs, method)(*args)

    def test_another_practice(self):
        self._journey((1, "days", "after"))
        self._birthdays((0, "days", "after"), name="Birthday")
        self._born("Anna", 5)
        self.run_engine()
        self.assertFalse(self.lines(user=self.stranger))
        with self.assertRaises(AccessError):
            self.as_user(self.stranger, self.env["prm.journey.patient"]).create(
                {"patient_id": self.maria.id}
            )

    def test_lines_are_for_who_asked(self):
        journey = self._birthdays((0, "days", "after"), live=False)
        self._born("Anna", 5)
        lines = self.lines(journey)
        with self.assertRaises(AccessError):
            self.as_user(self.manager, lines).read(["moment"])
