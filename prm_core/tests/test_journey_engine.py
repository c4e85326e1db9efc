from datetime import date, timedelta
from unittest.mock import patch

from freezegun import freeze_time
from odoo import fields
from odoo.tests import tagged

from .test_message import MessageCase

#: A Monday morning.
NOW = "2026-06-01 08:00:00"


class JourneyCase(MessageCase):
    """A journey about patients, whose first visit stands for the date of a record."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        clock = freeze_time(NOW)
        clock.start()
        cls.addClassCleanup(clock.stop)
        cls.env["prm.journey"].search([]).state = "ended"
        cls.created = cls.env.ref("prm_core.prm_event_type_patient_created")
        cls.received = cls.env.ref("prm_core.prm_event_type_message_received")
        cls.opted_out = cls.env.ref("prm_core.prm_event_type_opted_out")

    @classmethod
    def _journey(cls, *steps, live=True, **vals):
        """A journey; a step is (amount, unit, when, {other values})."""
        journey = cls.env["prm.journey"].create(
            {
                "name": "Welcome",
                "purpose_id": cls.env.ref("prm_core.prm_purpose_care").id,
                "start_type_id": cls.created.id,
                "hour_from": 0,
                "hour_to": 24,
                "sundays": True,
                **vals,
                "step_ids": [
                    (0, 0, {"amount": amount, "unit": unit, "when": when, "sequence": place,
                            "template_id": cls.template.id, **(rest[0] if rest else {})})
                    for place, (amount, unit, when, *rest) in enumerate(steps)
                ],
            }
        )  # fmt: skip
        if live:
            journey.action_go_live()
        return journey

    def run_engine(self, **passed):
        """Let time pass, and have the engine do what is due."""
        if passed:
            self.clock = freeze_time(fields.Datetime.now() + timedelta(**passed))
            self.clock.start()
            self.addCleanup(self.clock.stop)
        with patch.object(type(self.env["ir.cron"]), "_commit_progress", lambda *a, **k: 60):
            self.env["prm.journey"]._cron_listen()
            self.env["prm.enrolment"]._cron_advance()
        self.env.flush_all()
        self.env.invalidate_all()

    def people(self, journey):
        return self.env["prm.enrolment"].search([("journey_id", "=", journey.id)], order="id")

    def story(self, enrolment):
        """(place of the step, outcome, reason) of what happened, in order."""
        steps = enrolment.journey_id.step_ids.ids
        return [
            (steps.index(entry.step_id.id), entry.outcome, entry.reason or "")
            for entry in enrolment.entry_ids.sorted("id")
        ]

    def messages(self, patient):
        return self.env["prm.message"].search(
            [("patient_id", "=", patient.id), ("direction", "=", "out")], order="id"
        )


@tagged("post_install", "-at_install")
class TestEngine(JourneyCase):
    def test_a_ladder_is_climbed_step_by_step(self):
        journey = self._journey(
            (0, "minutes", "after"), (2, "days", "after"), (3, "days", "previous")
        )
        anna = self._patient(first_name="Anna", email="anna@example.com", lang="it_IT")
        self.run_engine()
        [one] = self.people(journey)
        self.assertEqual((one.patient_id, one.state), (anna, "active"))
        self.assertEqual(self.story(one), [(0, "taken", "")])
        self.run_engine(days=1, hours=23)
        self.assertEqual(len(self.messages(anna)), 1)
        self.run_engine(hours=2)
        self.assertEqual(len(self.messages(anna)), 2)
        self.run_engine(days=2, hours=23)
        self.assertEqual(len(self.messages(anna)), 2)
        self.run_engine(hours=2)
        self.assertEqual(
            [m.body for m in self.messages(anna)], ["Un saluto da Practice Aurora"] * 3
        )
        self.assertEqual((one.state, one.next_at), ("done", False))
        self.assertEqual(self.story(one), [(0, "taken", ""), (1, "taken", ""), (2, "taken", "")])

    def test_nobody_starts_before_it_is_live_or_after_it_has_ended(self):
        journey = self._journey((0, "minutes", "after"), live=False)
        self._patient(first_name="Early", email="early@example.com")
        journey.action_go_live()
        self.run_engine()
        self.assertFalse(self.people(journey))
        journey.action_end()
        self._patient(first_name="Late", email="late@example.com")
        self.run_engine()
        self.assertFalse(self.people(journey))

    def test_the_gate_decides_and_the_entry_tells(self):
        journey = self._journey((0, "minutes", "after"))
        anna = self._patient(first_name="Anna")
        self.run_engine()
        [entry] = self.people(journey).entry_ids
        self.assertEqual((entry.outcome, entry.message_state), ("taken", "suppressed"))
        self.assertIn("no email", entry.reason_text)
        self.assertEqual(entry.message_id, self.messages(anna))

    def test_a_goal_ends_it_and_takes_back_what_waits(self):
        journey = self._journey(
            (0, "minutes", "after"), (1, "days", "after"), goal_type_ids=[(6, 0, self.received.ids)]
        )
        anna = self._patient(first_name="Anna", email="anna@example.com")
        self.run_engine()
        self.assertEqual(self.messages(anna).state, "queued")
        self.env["prm.event"].emit("message_received", [{"patient": anna}])
        self.run_engine()
        one = self.people(journey)
        self.assertEqual((one.state, one.reason), ("goal", "message_received"))
        message = self.messages(anna)
        self.assertEqual((message.state, message.reason), ("suppressed", "journey_left"))
        self.run_engine(days=2)
        self.assertEqual(self.messages(anna), message)

    def test_what_the_last_step_left_goes_with_its_reason(self):
        todo = self.env.ref("mail.mail_activity_data_todo").id
        journey = self._journey(
            (0, "minutes", "after",
             {"action": "activity", "template_id": False, "activity_type_id": todo}),
            (1, "minutes", "after"),
            goal_type_ids=[(6, 0, self.received.ids)],
        )  # fmt: skip
        anna = self._patient(first_name="Anna", email="anna@example.com")
        bea = self._patient(first_name="Bea", email="bea@example.com")
        self.run_engine(minutes=2)
        people = self.people(journey)
        self.assertEqual(people.mapped("state"), ["done", "done"])
        self.run_engine(days=10)
        self.env["prm.event"].emit("message_received", [{"patient": anna}])
        self.run_engine(days=80)
        self.env["prm.event"].emit("message_received", [{"patient": bea}])
        self.run_engine()
        self.assertFalse((anna | bea).activity_ids)
        self.assertEqual(set((self.messages(anna) | self.messages(bea)).mapped("reason")),
                         {"journey_left"})  # fmt: skip
        # What comes months after the last step is not its work.
        self.assertEqual(people.mapped("state"), ["goal", "done"])

    def test_an_exit_that_came_together_with_the_start(self):
        journey = self._journey((0, "minutes", "after"), exit_type_ids=[(6, 0, self.opted_out.ids)])
        anna = self._patient(first_name="Anna", email="anna@example.com")
        self.env["prm.event"].emit("opted_out", [{"patient": anna}])
        self.run_engine()
        self.assertEqual(self.people(journey).state, "exited")
        self.assertFalse(self.messages(anna))

    def test_what_happened_before_the_start_ends_nothing(self):
        journey = self._journey(
            (0, "minutes", "after"), start_type_id=self.received.id,
            exit_type_ids=[(6, 0, self.opted_out.ids)], reentry="days", reentry_days=1,
        )  # fmt: skip
        self.env["prm.event"].emit("opted_out", [{"patient": self.maria}])
        self.env["prm.event"].emit("message_received", [{"patient": self.maria}])
        self.run_engine()
        self.assertEqual(self.people(journey).state, "done")
        self.assertEqual(len(self.messages(self.maria)), 1)

    def test_filters(self):
        journey = self._journey(
            (0, "minutes", "after"), patient_domain="[('first_name', '=', 'Anna')]"
        )
        anna = self._patient(first_name="Anna", email="anna@example.com")
        self._patient(first_name="Bea", email="bea@example.com")
        self.run_engine()
        self.assertEqual(self.people(journey).patient_id, anna)

    def test_how_often(self):
        once = self._journey(
            (0, "minutes", "after"), start_type_id=self.received.id, reentry="never"
        )
        again = self._journey(
            (0, "minutes", "after"), start_type_id=self.received.id, reentry="days", reentry_days=10
        )
        for days in (0, 5, 6):
            if days:
                self.run_engine(days=days)
            self.env["prm.event"].emit("message_received", [{"patient": self.maria}] * 2)
            self.run_engine()
        self.assertEqual(len(self.people(once)), 1)
        self.assertEqual(len(self.people(again)), 2)

    def test_conditions(self):
        email = self.env.ref("prm_core.prm_journey_condition_has_email").id
        replied = self.env.ref("prm_core.prm_journey_condition_replied").id
        journey = self._journey(
            (0, "minutes", "after", {"condition_ids": [(0, 0, {"condition_id": email})]}),
            (1, "days", "after",
             {"condition_ids": [(0, 0, {"condition_id": replied, "negated": True})]}),
        )  # fmt: skip
        anna = self._patient(first_name="Anna", email="anna@example.com")
        bea = self._patient(first_name="Bea")
        self.run_engine()
        self.env["prm.message"].create(
            {"patient_id": anna.id, "company_id": self.practice.id, "direction": "in",
             "state": "received", "body": "Hello"}
        )  # fmt: skip
        self.run_engine(days=2)
        stories = {one.patient_id: self.story(one) for one in self.people(journey)}
        self.assertEqual(stories[anna], [(0, "taken", ""), (1, "skipped", "condition")])
        self.assertEqual(stories[bea], [(0, "skipped", "condition"), (1, "taken", "")])

    def test_tasks_go_round_and_close_themselves(self):
        second = self._user("t_second", "prm_core.group_prm_receptionist")
        group = self.env["res.groups"].create(
            {"name": "Callers", "user_ids": [(6, 0, (self.receptionist | second).ids)]}
        )
        journey = self._journey(
            (0, "minutes", "after",
             {"action": "activity", "template_id": False, "group_id": group.id,
              "activity_type_id": self.env.ref("mail.mail_activity_data_todo").id,
              "activity_summary": "Say hello"}),
            (9, "days", "after"),
            goal_type_ids=[(6, 0, self.received.ids)],
        )  # fmt: skip
        patients = [self._patient(first_name=f"P{n}", email=f"p{n}@example.com") for n in range(4)]
        self.run_engine()
        tasks = self.people(journey).entry_ids.activity_id
        self.assertEqual(len(tasks), 4)
        users = [task.user_id for task in tasks.sorted("id")]
        self.assertEqual(users, [self.receptionist, second] * 2)
        self.env["prm.event"].emit("message_received", [{"patient": patients[0]}])
        self.run_engine()
        self.assertFalse(patients[0].activity_ids)
        self.assertEqual(len(patients[1].activity_ids), 1)

    def test_tags_and_other_journeys(self):
        tag = self.env["res.partner.category"].create({"name": "New"})
        other = self._journey((1, "days", "after"), start_type_id=self.received.id)
        journey = self._journey(
            (0, "minutes", "after", {"action": "tag", "tag_id": tag.id}),
            (1, "minutes", "after", {"action": "journey", "started_journey_id": other.id}),
        )
        anna = self._patient(first_name="Anna", email="anna@example.com")
        self.run_engine(minutes=2)
        self.assertEqual(anna.category_id, tag)
        self.assertEqual(self.people(other).patient_id, anna)
        self.assertEqual(self.people(journey).state, "done")

    def test_soft_start(self):
        journey = self._journey((0, "minutes", "after"), daily_cap=2)
        for index in range(5):
            self._patient(first_name=f"P{index}", email=f"p{index}@example.com")
        for _again in range(2):
            self.run_engine()
        states = self.people(journey).mapped("state")
        self.assertEqual((states.count("done"), states.count("held")), (2, 3))
        self.run_engine(days=1)
        self.assertEqual(self.people(journey).mapped("state").count("held"), 1)

    def test_pause_and_resume(self):
        journey = self._journey((1, "days", "after"), (2, "days", "after"), (9, "days", "after"))
        anna = self._patient(first_name="Anna", email="anna@example.com")
        self.run_engine()
        journey.action_pause()
        self.run_engine(days=3)
        self.assertFalse(self.messages(anna))
        journey.action_resume()
        self.run_engine()
        [one] = self.people(journey)
        self.assertEqual(self.story(one), [(0, "taken", ""), (1, "skipped", "overtaken")])

    def test_one_broken_journey_stops_no_other(self):
        broken = self._journey((0, "minutes", "after"), name="Broken")
        fine = self._journey((0, "minutes", "after"), name="Fine")
        self.env.cr.execute(
            "UPDATE prm_journey SET patient_domain = %s WHERE id = %s",
            ["[('gone', '=', 1)]", broken.id],
        )
        self.env.invalidate_all()
        self._patient(first_name="Anna", email="anna@example.com")
        with self.assertLogs("odoo.addons.prm_core.models.journey", "ERROR"):
            self.run_engine()
        self.assertIn("can't be read", broken.problem)
        self.assertEqual(self.people(fine).state, "done")
        self.assertFalse(fine.problem)

    def test_a_step_that_breaks_rests_and_is_not_lost(self):
        journey = self._journey((0, "minutes", "after"))
        self._patient(first_name="Anna", email="anna@example.com")
        enrolments = type(self.env["prm.enrolment"])
        with (
            patch.object(enrolments, "_act_message", side_effect=RuntimeError),
            self.assertLogs("odoo.addons.prm_core.models.journey", "ERROR"),
        ):
            self.run_engine()
        self.assertTrue(journey.problem)
        [one] = self.people(journey)
        self.assertEqual((one.state, self.story(one)), ("active", []))
        self.run_engine(hours=2)
        self.assertEqual(self.story(one), [(0, "taken", "")])

    def test_birthdays_come_every_year(self):
        birthday = self.env.ref("prm_core.prm_journey_source_birthday")
        born = date(1980, 6, 3)
        anna = self._patient(first_name="Anna", email="anna@example.com", birth_date=born)
        self._patient(first_name="Bea", email="bea@example.com", birth_date=date(1980, 8, 1))
        journey = self._journey(
            (0, "days", "after"), start_type_id=False, source_id=birthday.id, reentry="date",
            hour_from=9, late="send",
        )  # fmt: skip
        for _day in range(4):
            self.run_engine(days=1)
        self.assertEqual(self.people(journey).patient_id, anna)
        self.assertEqual(len(self.messages(anna)), 1)
        self.run_engine(days=364)
        self.run_engine(days=1)
        self.assertEqual(len(self.messages(anna)), 2)

    def test_of_two_on_one_day_the_more_important_goes(self):
        """And the other's “Why?” says which it was."""
        self.env.ref("prm_core.prm_purpose_care").write({"cap_count": 1, "cap_days": 1})
        other = self.template.copy({"name": "Less important"})
        second = self._journey(
            (0, "minutes", "after", {"template_id": other.id}), name="Second", priority=20
        )
        first = self._journey((0, "minutes", "after"), name="First", priority=1)
        anna = self._patient(first_name="Anna", email="anna@example.com")
        self.run_engine()
        going, waiting = self.messages(anna)
        self.assertEqual(self.people(first).entry_ids.message_id, going)
        self.assertEqual(self.people(second).entry_ids.message_id, waiting)
        self.assertEqual((waiting.state, waiting.reason), ("queued", "frequency_cap"))
        self.assertGreater(waiting.scheduled_at, going.scheduled_at)
        why = str(self.as_user(self.receptionist, waiting).why)
        self.assertIn("These went instead", why)
        self.assertIn("Hello · Email", why)

    def test_few_statements_for_many(self):
        self._journey((0, "minutes", "after"), (3, "days", "after"))
        counts = {}
        for size in (5, 40):
            for index in range(size):
                self._patient(first_name=f"P{index}", email=f"p{size}-{index}@example.com")
            self.run_engine_listen_only()
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.assertEqual(self.env["prm.enrolment"]._advance_batch(), size)
            self.env.flush_all()
            counts[size] = self.env.cr.sql_log_count - before
        self.assertLessEqual(counts[40], counts[5] + 3, counts)

    def run_engine_listen_only(self):
        with patch.object(type(self.env["ir.cron"]), "_commit_progress", lambda *a, **k: 60):
            self.env["prm.journey"]._cron_listen()
