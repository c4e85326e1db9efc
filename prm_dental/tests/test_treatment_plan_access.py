from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .plan_case import PlanCase

ALL = ("read", "write", "create", "unlink")
RIGHTS = {
    "prm.treatment.plan": {"receptionist": ("read",), "clinician": ALL, "manager": ALL},
    "prm.treatment.plan.line": {"receptionist": ("read",), "clinician": ALL, "manager": ALL},
    "prm.treatment.phase": {"receptionist": ("read",), "clinician": ALL, "manager": ALL},
    "prm.treatment.alternative": {"receptionist": ("read",), "clinician": ALL, "manager": ALL},
    "prm.treatment.answer": {
        "receptionist": ("read",), "clinician": ("read",), "manager": ("read",),
    },
    "prm.treatment.desk": {"receptionist": ALL, "clinician": ALL, "manager": ALL},
    "prm.treatment.desk.line": {"receptionist": ALL, "clinician": ALL, "manager": ALL},
}  # fmt: skip


@tagged("post_install", "-at_install")
class TestPlanAccess(PlanCase):
    def test_rights_by_person(self):
        for model, persons in RIGHTS.items():
            for person, rights in {**persons, "plain_user": (), "outsider": ()}.items():
                for operation in ALL:
                    with self.subTest(model=model, person=person, operation=operation):
                        user = getattr(self, person)
                        allowed = self.env[model].with_user(user).has_access(operation)
                        self.assertEqual(allowed, operation in rights)

    def test_the_other_practice_sees_nothing(self):
        plan, way, _other = self._two_ways()
        phase = self.env["prm.treatment.phase"].sudo().create({"plan_id": plan.id, "name": "1"})
        self._say(plan, self.cleaning, way)
        for record in (plan, plan.line_ids, way, phase, plan.answer_ids):
            with self.subTest(model=record._name):
                theirs = self.as_user(self.stranger, record)
                self.assertFalse(theirs.search([]) & record)
                with self.assertRaises(AccessError):
                    theirs.read(["display_name"])
        for button in ("action_send", "action_withdraw", "action_revise", "action_open_desk",
                       "action_propose", "action_print_estimate"):  # fmt: skip
            with self.subTest(button=button), self.assertRaises(AccessError):
                getattr(self.as_user(self.stranger, plan), button)()

    def test_the_desk_sees_all_but_the_clinical_note(self):
        plan = self._plan()
        plan.private_note = "Very deep"
        mine = self.as_user(self.receptionist, plan)
        mine.read(["name", "amount_proposed", "outcome", "patient_note"])
        self.assertEqual(mine.line_ids.mapped("amount"), [120, 80])
        with self.assertRaises(AccessError):
            mine.read(["private_note"])
        self.assertNotIn("private_note", mine.fields_get())
        view = self.env.ref("prm_dental.prm_treatment_plan_view_form")
        self.assertNotIn("private_note", mine.get_view(view.id, "form")["arch"])
        hers = self.as_user(self.clinician, plan)
        self.assertEqual(hers.private_note, "Very deep")
        self.assertIn("private_note", hers.get_view(view.id, "form")["arch"])

    def test_the_desk_proposes_and_changes_nothing(self):
        plan = self._plan(propose=False)
        mine = self.as_user(self.receptionist, plan)
        for button in ("action_propose", "action_send"):
            with self.assertRaises(AccessError):
                getattr(mine, button)()
        plan.action_propose()
        for button in ("action_revise", "action_withdraw"):
            with self.assertRaises(AccessError):
                getattr(mine, button)()
        with self.assertRaises(AccessError):
            mine.write({"name": "Other"})

    def test_the_desk_writes_down_an_answer(self):
        plan, bridge, implant = self._two_ways()
        mine = self.as_user(self.receptionist, plan)
        desk = self.as_user(
            self.receptionist, self.env["prm.treatment.desk"]
        ).browse(mine.action_open_desk()["res_id"])  # fmt: skip
        desk.line_ids.filtered(lambda line: line.alternative_id != bridge).yes = True
        with self.assertRaisesRegex(UserError, "Choose one of the alternatives"):
            desk.action_save()
        desk.alternative_id = implant
        self.assertEqual(desk.amount, 1580)
        desk.action_save()
        answer = plan.answer_ids
        self.assertEqual((answer.source, answer.user_id), ("desk", self.receptionist))
        self.assertEqual(answer.person_id, self.maria.partner_id)
        self.assertEqual((plan.outcome, plan.alternative_id), ("accepted", implant))
        self.assertFalse(self.maria.activity_ids, "the desk knows it already")
        # Who opened it before the answer came is told so.
        stale = desk.copy({"line_ids": [Command.create({"line_id": plan.line_ids[0].id})]})
        with self.assertRaisesRegex(UserError, "in the meantime"):
            stale.action_save()

    def test_at_the_desk_with_a_reason(self):
        plan = self._plan()
        mine = self.as_user(self.receptionist, plan)
        desk = self.env["prm.treatment.desk"].browse(mine.action_open_desk()["res_id"])
        desk.line_ids[0].reason_id = self.reason
        self.as_user(self.receptionist, desk).action_save()
        self.assertEqual(plan.outcome, "declined")
        self.assertEqual(self.filling.decline_reason_id, self.reason)
        plan.action_withdraw()
        with self.assertRaisesRegex(UserError, "was withdrawn"):
            mine.action_open_desk()

    def test_a_dialog_is_for_who_opened_it(self):
        mine = self.as_user(self.receptionist, self._plan())
        desk = self.env["prm.treatment.desk"].browse(mine.action_open_desk()["res_id"])
        with self.assertRaises(AccessError):
            self.as_user(self.clinician, desk).read(["person_id"])
        with self.assertRaises(AccessError):
            self.as_user(self.clinician, desk.line_ids).write({"yes": True})
