from datetime import timedelta

import psycopg2
from odoo import Command
from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .plan_case import PlanCase


@tagged("post_install", "-at_install")
class TestPlan(PlanCase):
    """A plan from the draft to the last treatment."""

    def _plan_events(self):
        return [code for code in self._codes(self.maria) if code.startswith("plan_")]

    def _event(self, code):
        return self.maria.event_ids.filtered(lambda event: event.event_type_id.code == code)

    def test_of_everything_that_is_open(self):
        urgent = self._done(self.maria, self.today, self.fill, "planned", tooth="36", urgency="2")
        self._done(self.maria, self.today, self.fill, "completed", tooth="46")
        mine = self.as_user(self.clinician, self.maria)
        plan = self.plans.browse(mine.action_new_plan()["res_id"])
        self.assertEqual(plan.line_ids.procedure_id, urgent | self.filling | self.cleaning)
        self.assertEqual(plan.line_ids[0].procedure_id, urgent, "what is urgent comes first")
        self.assertTrue(all(plan.line_ids.procedure_id.mapped("in_plan")))
        with self.assertRaisesRegex(UserError, "no open treatment without a plan"):
            mine.action_new_plan()

    def test_proposing_keeps_what_is_shown(self):
        self.practice.prm_plan_days = 30
        plan = self._plan()
        self.assertEqual((plan.state, plan.revision), ("proposed", 1))
        self.assertEqual(plan.valid_until, plan.proposed_on + timedelta(days=30))
        self.assertEqual(len(plan.content_hash), 64)
        [filling, _cleaning] = plan.line_ids
        self.assertEqual(filling.frozen["amount"], 120)
        words = filling.frozen["words"]["en_US"]
        self.assertEqual(words["place"], "Upper right, first molar (16)")
        self.assertIn("decayed part", words["explanation"])
        self.assertEqual(self._plan_events(), ["plan_proposed"])
        self.fill.write({"name": "Renamed", "explanation": "Other words"})
        shown = filling.with_context(lang="en_US")._shown()
        self.assertEqual(shown["explanation"], words["explanation"])
        self.assertEqual(plan.amount_proposed, 200)

    def test_what_is_proposed_is_fixed(self):
        plan = self._plan()
        mine = self.as_user(self.clinician, plan)
        more = self._done(self.maria, self.today, self.fill, "planned", tooth="36")
        for change in (
            lambda: mine.write({"patient_note": "New"}),
            lambda: mine.write({"valid_until": self.today}),
            lambda: mine.write({"line_ids": [Command.create({"procedure_id": more.id})]}),
            lambda: mine.write({"line_ids": [Command.unlink(mine.line_ids[0].id)]}),
            lambda: mine.line_ids[0].write({"sequence": 5}),
            mine.line_ids[0].unlink,
            lambda: mine.phase_ids.create({"plan_id": plan.id, "name": "1"}),
            lambda: mine.alternative_ids.create({"plan_id": plan.id, "name": "A"}),
        ):
            with self.assertRaisesRegex(UserError, "Press “Revise”"):
                change()
        mine.write({"name": "Upper right", "private_note": "Deep"})
        mine.write({"line_ids": [Command.update(mine.line_ids[0].id, {"urgency": "2"})]})
        self.assertEqual(self.filling.urgency, "2")
        with self.assertRaisesRegex(UserError, "withdrawn, not deleted"):
            mine.unlink()

    def test_what_is_not_ready_is_not_proposed(self):
        plan = self._plan(propose=False)
        plan.valid_until = self.today - timedelta(days=2)
        with self.assertRaisesRegex(UserError, "Choose a day to come"):
            plan.action_propose()
        plan.valid_until = False
        way = self.env["prm.treatment.alternative"].create({"plan_id": plan.id, "name": "One"})
        with self.assertRaisesRegex(UserError, "“One” has no treatment"):
            plan.action_propose()
        plan.line_ids[0].alternative_id = way
        with self.assertRaisesRegex(UserError, "no choice"):
            plan.action_propose()
        plan.line_ids[0].alternative_id = False
        way.unlink()
        self.filling.state = "deleted"
        with self.assertRaisesRegex(UserError, "entered by mistake"):
            plan.action_propose()
        plan.line_ids[0].unlink()
        self.cleaning.action_complete()
        with self.assertRaisesRegex(UserError, "have begun or are done"):
            plan.action_propose()
        plan.line_ids.unlink()
        with self.assertRaisesRegex(UserError, "Add the treatments"):
            plan.action_propose()
        self.assertEqual((plan.state, plan.revision), ("draft", 0))

    def test_a_treatment_stands_in_one_live_plan(self):
        first = self._plan()
        taken = self.assertRaises(psycopg2.errors.UniqueViolation)
        with mute_logger("odoo.sql_db"), taken, self.env.cr.savepoint():
            self._plan(propose=False)
        first.action_withdraw()
        self.assertFalse(self.filling.in_plan)
        second = self._plan()
        self.assertEqual(second.state, "proposed")

    def test_parts_are_of_one_plan_and_patient(self):
        plan = self._plan(propose=False)
        ada = self._patient(first_name="Ada")
        other = self._plan(self._done(ada, self.today, self.fill, "planned"), propose=False)
        way = self.env["prm.treatment.alternative"].create({"plan_id": other.id, "name": "A"})
        with self.assertRaisesRegex(ValidationError, "of this plan"):
            plan.line_ids[0].alternative_id = way
        theirs = self._done(ada, self.today, self.hyg, "planned")
        with self.assertRaisesRegex(ValidationError, "another patient's"):
            plan.line_ids = [Command.create({"procedure_id": theirs.id})]

    def test_accepted_in_part(self):
        plan = self._plan()
        refusal = {plan.line_ids[1].id: self.reason}
        self.assertIsNone(self._say(plan, self.filling, reasons=refusal))
        self.assertEqual((plan.state, plan.outcome), ("answered", "part"))
        self.assertEqual((self.filling.state, self.cleaning.state), ("accepted", "declined"))
        self.assertEqual(self.cleaning.decline_reason_id, self.reason)
        answer = plan.answer_ids
        self.assertEqual(
            (answer.revision, answer.content_hash, answer.source, answer.person_id),
            (1, plan.content_hash, "link", self.maria.partner_id),
        )
        self.assertEqual((answer.accepted_count, answer.declined_count), (1, 1))
        self.assertEqual(answer.accepted_amount, 120)
        self.assertEqual([row["yes"] for row in answer.lines], [True, False])
        self.assertEqual(answer.lines[1]["reason"], "afraid")
        self.assertEqual(answer.lang, "it_IT")
        self.assertIn("No: Visita di igiene (Afraid of the treatment)", answer.detail)
        event = self._event("plan_answered")
        self.assertEqual((event.payload["accepted"], event.payload["declined"]), (1, 1))
        self.assertEqual(event.detail, "1/2")
        activity = self.maria.activity_ids.filtered(
            lambda one: one.activity_type_id == self.env.ref("prm_dental.mail_activity_plan")
        )
        self.assertEqual(activity.user_id, self.receptionist)

    def test_an_answer_is_a_record(self):
        plan = self._plan()
        self._say(plan)
        for user in (self.clinician, self.manager):
            # Odoo's own words or ours: what is wrong is a UserError either way.
            with self.assertRaises(UserError):
                self.as_user(user, plan.answer_ids).write({"outcome": "accepted"})
        with self.assertRaisesRegex(UserError, "is a record"):
            plan.answer_ids.sudo().write({"outcome": "accepted"})
        with self.assertRaisesRegex(UserError, "is a record"):
            plan.answer_ids.sudo().unlink()

    def test_one_way_is_chosen_and_the_other_is_declined(self):
        plan, bridge, implant = self._two_ways()
        [_common, first, second] = plan.line_ids.procedure_id
        self.assertEqual((bridge.amount, implant.amount), (480, 1580))
        self.assertEqual(plan.amount_proposed, 1580)
        self._say(plan, self.cleaning | second, implant)
        self.assertEqual(plan.alternative_id, implant)
        self.assertEqual((first.state, second.state), ("declined", "accepted"))
        self.assertEqual(first.decline_reason_id, self.other_way)
        self.assertEqual((plan.outcome, plan.amount_declined), ("accepted", 0))
        self.assertEqual(plan.answer_ids.alternative, "An implant")
        # A change of mind: the other way, and nothing in common.
        self._say(plan, first, bridge)
        self.assertEqual((first.state, second.state), ("accepted", "declined"))
        self.assertEqual(second.decline_reason_id, self.other_way)
        self.assertEqual(self.cleaning.decline_reason_id.code, "not_said")
        self.assertEqual((plan.outcome, plan.amount_accepted), ("part", 400))
        self.assertEqual(len(plan.answer_ids), 2)

    def test_a_booked_visit_survives_a_yes(self):
        visit = self._book(self.maria)
        self.filling.appointment_id = visit
        plan = self._plan()
        self.assertEqual(plan.line_ids[0].standing, "waiting")
        self._say(plan, self.filling | self.cleaning)
        self.assertEqual((self.filling.state, self.filling.appointment_id), ("scheduled", visit))
        self.assertTrue(self.filling.accepted_on)
        self.assertEqual(plan.amount_accepted, 200)
        self._say(plan, self.cleaning)
        self.assertEqual((self.filling.state, bool(self.filling.appointment_id)),
                         ("declined", False))  # fmt: skip

    def test_once_work_has_begun_no_change_of_mind_is_pressed(self):
        plan = self._plan()
        self._say(plan, self.filling)
        self.filling.action_start()
        self.assertEqual(self._say(plan, self.cleaning), "begun")
        self.assertEqual((self.cleaning.state, len(plan.answer_ids)), ("declined", 1))

    def test_progress_and_the_end(self):
        plan = self._plan()
        self._say(plan, self.filling | self.cleaning)
        self.filling.action_complete()
        self.assertEqual((plan.progress, plan.progress_money), (50, 60))
        self.assertEqual((plan.amount_completed, plan.amount_open), (120, 80))
        self.assertEqual(plan.state, "answered")
        self.cleaning.action_complete()
        self.assertEqual((plan.state, plan.progress), ("completed", 100))
        self.assertFalse(self.filling.in_plan)
        self.assertEqual(self._plan_events(), ["plan_proposed", "plan_answered", "plan_completed"])
        self.as_user(self.manager, self.cleaning).write({"state": "planned"})
        self.assertEqual(plan.state, "answered", "it was completed by mistake")

    def test_what_changes_afterwards_stops_the_answer(self):
        changes = (
            {"fee": 130},
            {"tooth": "26", "surfaces": "MO"},
            {"surfaces": "MOD"},
            {"state": "deleted"},
        )
        for change in changes:
            with self.subTest(change=change):
                procedure = self._done(self.maria, self.today, self.fill, "planned", fee=120)
                plan = self._plan(procedure)
                self.assertFalse(plan.changed)
                procedure.write(change)
                self.assertTrue(plan.changed)
                self.assertEqual(self._say(plan, procedure), "changed")
                self.assertEqual((plan.state, plan.amount_proposed > 0),
                                 ("proposed", change != {"state": "deleted"}))  # fmt: skip

    def test_another_revision(self):
        plan = self._plan()
        first_hash = plan.content_hash
        self._say(plan, self.filling)
        mine = self.as_user(self.clinician, plan)
        mine.action_revise()
        self.assertEqual(self._say(plan, self.filling), "superseded")
        self.filling.fee = 150
        mine.action_propose()
        self.assertEqual((plan.revision, plan.state, plan.outcome), (2, "proposed", False))
        self.assertNotEqual(plan.content_hash, first_hash)
        self.assertEqual(self.cleaning.state, "planned", "what was declined is a question again")
        self.assertEqual(self.filling.state, "accepted")
        self.assertEqual(self._say(plan, self.filling, shown_revision=1), "superseded")
        self.assertIsNone(self._say(plan, self.filling | self.cleaning))
        self.assertEqual(plan.answer_ids.mapped("revision"), [2, 1])
        self.assertEqual(plan.answer_ids[0].accepted_amount, 230)

    def test_expired_and_withdrawn(self):
        plan = self._plan()
        plan.sudo().valid_until = self.today - timedelta(days=2)
        self.assertTrue(plan.expired)
        found = self.plans.search([("expired", "=", True)])
        self.assertIn(plan, found)
        self.assertNotIn(plan, self.plans.search([("expired", "=", False)]))
        self.assertEqual(self._say(plan, self.filling), "expired")
        plan.action_withdraw()
        self.assertEqual(self._say(plan, self.filling), "withdrawn")
        self.assertEqual(self.filling.state, "planned")
        self.assertFalse(plan.answer_ids)

    def test_who_comes_second_changes_nothing(self):
        plan = self._plan()
        self.assertIsNone(self._say(plan, self.filling, seen=0))
        self.assertEqual(self._say(plan, self.cleaning, seen=0), "answered_meanwhile")
        self.assertEqual((self.filling.state, self.cleaning.state), ("accepted", "declined"))
        self.assertEqual(len(plan.answer_ids), 1)

    def test_a_list_costs_no_query_each(self):
        """The list of plans with sums, progress and warnings: as many queries for 80 as for 5."""
        procedures = self.env["prm.procedure"].create(
            [
                {**self._kind_vals(self.fill), "patient_id": patient.id, "fee": 100}
                for patient in (self._patient(first_name=f"P{number}") for number in range(80))
                for _number in range(3)
            ]
        )
        plans = self.plans.create(
            [
                {
                    "patient_id": patient.id,
                    "line_ids": [Command.create({"procedure_id": one.id}) for one in theirs],
                }
                for patient, theirs in procedures.grouped("patient_id").items()
            ]
        )
        plans.action_propose()
        names = {
            "patient_id": {"fields": {"display_name": {}}}, "name": {}, "expired": {},
            "changed": {}, "amount_proposed": {}, "amount_accepted": {}, "progress": {},
            "outcome": {}, "state": {},
        }  # fmt: skip
        counts = []
        for part in (plans[:5], plans):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            rows = self.as_user(self.receptionist, part).web_read(names)
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(rows[-1]["amount_proposed"], 300)
        self.assertLessEqual(counts[1], 16)
        self.assertLessEqual(counts[1], counts[0] + 2)
