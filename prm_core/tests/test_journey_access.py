from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, tagged

from .test_journey_engine import JourneyCase


@tagged("post_install", "-at_install")
class TestWhoMay(JourneyCase):
    """Journeys by persona: the desk runs its practice's own, and nobody else's."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.own = cls._journey(
            (1, "days", "after"), live=False, name="Own", company_id=cls.practice.id
        )
        cls.theirs = cls._journey(
            (1, "days", "after"), name="Theirs", company_id=cls.other_practice.id
        )
        cls.common = cls._journey((1, "days", "after"), live=False, name="Common")

    def _condition(self, step):
        has_email = self.env.ref("prm_core.prm_journey_condition_has_email").id
        return self.env["prm.journey.step.condition"].create(
            {"step_id": step.id, "condition_id": has_email}
        )

    def test_the_desk_goes_through_everything(self):
        """Copy the common ladder, change it, look ahead, go live, change it again, end it."""
        common = self.as_user(self.receptionist, self.common)
        draft = common.copy()
        self.assertEqual((draft.company_id, draft.state), (self.practice, "draft"))
        with Form(draft) as form:
            with form.step_ids.edit(0) as step:
                step.amount = 3
            with form.step_ids.new() as step:
                step.amount = 9
                step.template_id = self.template
                with step.condition_ids.new() as line:
                    line.condition_id = self.env.ref("prm_core.prm_journey_condition_has_email")
        draft.action_forecast()
        draft.action_go_live()
        anna = self._patient(first_name="Anna", email="anna@example.com")
        self._patient(first_name="Otto", email="o@example.com", company_id=self.other_practice.id)
        self.run_engine()
        self.assertEqual(self.people(draft).patient_id, anna)
        self.assertEqual(draft.get_funnel()["rows"][1]["waiting"]["count"], 1)
        draft.action_pause()
        draft.action_resume()
        version = draft.browse(draft.action_change()["res_id"])
        version.step_ids[0].amount = 2
        version.step_ids.condition_ids.unlink()
        version.step_ids[1:].unlink()
        release = version.env["prm.journey.release"].create(
            {"journey_id": version.id, "choice": "move"}
        )
        release.action_release()
        self.assertEqual(self.people(version).patient_id, anna)
        version.action_end()
        self.assertEqual(self.people(version).state, "stopped")
        with self.assertRaises(AccessError):
            version.unlink()

    def test_a_new_one_is_the_practice_s_own(self):
        journey = self.as_user(self.receptionist, self.env["prm.journey"]).create(
            {"name": "Mine", "purpose_id": self.own.purpose_id.id, "start_type_id": self.created.id}
        )
        self.assertEqual(journey.company_id, self.practice)
        self.assertTrue(journey.may_run)

    def test_one_of_every_practice_is_left_alone(self):
        """Its patients are of practices in which neither the desk nor its manager works."""
        line = self._condition(self.common.step_ids)
        for user in (self.receptionist, self.manager, self.stranger):
            common, condition = self.as_user(user, self.common), self.as_user(user, line)
            self.assertTrue(common.for_all)
            self.assertFalse(common.may_run)
            changes = [
                lambda common=common: common.write({"note": "x"}),
                lambda common=common: common.step_ids.write({"amount": 3}),
                lambda common=common: common.step_ids.create({"journey_id": common.id}),
                lambda condition=condition: condition.write({"negated": True}),
                condition.copy,
                common.action_go_live,
                common.action_ask_release,
                common.action_change,
                common.action_pause,
                common.action_resume,
                common.action_end,
            ]
            for number, change in enumerate(changes):
                with (
                    self.subTest(user=user.login, number=number),
                    self.assertRaisesRegex(UserError, "Duplicate it"),
                ):
                    change()
        self.assertEqual(self.common.state, "draft")

    def test_who_works_everywhere_changes_what_is_for_all(self):
        companies = self.env["res.company"].search([])
        self.receptionist.company_ids = [Command.set(companies.ids)]
        common = self.as_user(self.receptionist, self.common).with_context(
            allowed_company_ids=self.practice.ids
        )
        self.assertTrue(common.may_run)
        common.action_go_live()
        for practice in (self.practice, self.other_practice):
            self._patient(first_name="A", email="a@example.com", company_id=practice.id)
        self.run_engine()
        self.assertEqual(len(self.people(common)), 2)
        self.assertFalse(common.copy().company_id)
        common.action_end()
        self.assertEqual(
            self.people(common).mapped("state"), ["stopped"] * 2, "of all practices, shown or not"
        )
        self.env["res.company"].create({"name": "Practice Cassiopeia"})
        self.assertFalse(self.as_user(self.receptionist, self.common).may_run)

    def test_another_practice_s_is_not_even_seen(self):
        step = self.theirs.step_ids
        line_of_own = self._condition(self.own.step_ids)
        for user in (self.receptionist, self.manager):
            theirs, mine = self.as_user(user, self.theirs), self.as_user(user, self.own)
            changes = [
                lambda theirs=theirs: theirs.write({"note": "x"}),
                lambda theirs=theirs: theirs.step_ids.write({"amount": 3}),
                lambda user=user: self.as_user(user, step).write({"amount": 3}),
                lambda mine=mine: mine.step_ids.write({"journey_id": self.theirs.id}),
                lambda user=user: self.as_user(user, line_of_own).write({"step_id": step.id}),
                lambda mine=mine: mine.write({"company_id": self.other_practice.id}),
                lambda theirs=theirs: theirs.action_pause(),
                lambda theirs=theirs: theirs.action_end(),
                lambda theirs=theirs: theirs.action_change(),
                lambda theirs=theirs: theirs.copy(),
            ]
            for number, change in enumerate(changes):
                with (
                    self.subTest(user=user.login, number=number),
                    self.assertRaises(UserError),
                    self.cr.savepoint(),
                ):
                    change()
        self.assertEqual((self.theirs.state, self.theirs.note), ("live", False))

    def test_it_does_not_become_one_of_every_practice(self):
        own = self.as_user(self.receptionist, self.own)
        with self.assertRaisesRegex(UserError, "Duplicate it"), self.cr.savepoint():
            own.company_id = False
        with self.assertRaisesRegex(UserError, "choose your practice"), self.cr.savepoint():
            own.create(
                {"name": "For all", "purpose_id": own.purpose_id.id, "company_id": False,
                 "start_type_id": self.created.id}
            )  # fmt: skip

    def test_people_of_another_practice_are_not_taken_over(self):
        """Not even by calling one's own journey the next version of theirs."""
        self._patient(first_name="Otto", email="o@example.com", company_id=self.other_practice.id)
        self.run_engine()
        own = self.as_user(self.receptionist, self.own)
        own.previous_id = self.theirs
        with self.assertRaises(AccessError), self.cr.savepoint():
            own._move_people()
        with self.assertRaises(AccessError), self.cr.savepoint():
            own.action_go_live()
        self.assertEqual(self.people(self.theirs).state, "active")

    def test_who_only_reads(self):
        """The others read what is on the ladder; buttons that find nothing to do change nothing."""
        own = self.as_user(self.clinician, self.own)
        self.assertEqual(own.name, "Own")
        self.assertFalse(own.may_run or own.for_all)
        self.own.action_go_live()
        self._patient(first_name="Anna", email="anna@example.com")
        self.run_engine()
        for act in (
            own.action_pause, own.action_resume, own.action_end, own.action_change, own.copy,
            own.action_ask_release,
        ):  # fmt: skip
            with self.subTest(act.__name__), self.assertRaises(AccessError):
                act()
        self.own.state = "replaced"
        with self.assertRaises(AccessError):
            own.action_pause()
        self.assertEqual(self.people(self.own).state, "active")

    def test_a_condition_of_a_live_step_stays(self):
        line = self._condition(self.own.step_ids)
        self.own.action_go_live()
        theirs = self.as_user(self.receptionist, line)
        with self.assertRaisesRegex(UserError, "Press “Change”"):
            theirs.negated = True
        with self.assertRaisesRegex(UserError, "Press “Change”"):
            line.unlink()
        with self.assertRaisesRegex(UserError, "Press “Change”"):
            self._condition(self.own.step_ids)

    def test_a_filter_asks_only_what_the_person_may_see(self):
        """Who is on the journey would tell the answer."""
        own = self.as_user(self.receptionist, self.own)
        own.patient_domain = "[('first_name', '=', 'Anna')]"
        born = self.env["prm.patient"]._fields["birth_date"]
        self.patch(born, "groups", "prm_core.group_prm_manager")
        with self.assertRaisesRegex(ValidationError, "you may not see"), self.cr.savepoint():
            own.patient_domain = "[('birth_date', '>', '2000-01-01')]"
        self.as_user(self.manager, self.own).patient_domain = "[('birth_date', '>', '2000-01-01')]"
        with self.assertRaisesRegex(ValidationError, "you may not see"):
            own.copy()
