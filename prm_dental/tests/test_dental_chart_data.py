import json
from datetime import timedelta

from freezegun import freeze_time
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from .common import DentalCase

#: Patient and rights, procedures with their kinds and providers, history, findings, catalogue,
#: reasons, practice and currency.
BUDGET = 17


@tagged("post_install", "-at_install")
class TestChart(DentalCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.procedure = cls._done(cls.maria, cls.today, cls.fill, "planned")
        cls.finding = cls.env["prm.tooth.finding"].create(
            {
                "patient_id": cls.maria.id,
                "kind": "caries",
                "tooth": "16",
                "surfaces": "om",
                "note": "Painful",
            }
        )
        cls.env.flush_all()

    def _chart(self, user=None):
        return self.as_user(user or self.clinician, self.maria).prm_chart()

    def test_all_that_it_shows(self):
        chart = self._chart()
        json.dumps(chart)
        self.assertEqual(len(chart["teeth"]), 52)
        tooth = next(tooth for tooth in chart["teeth"] if tooth["fdi"] == "16")
        self.assertEqual((tooth["universal"], tooth["palmer"]), ("3", "6┘"))
        self.assertEqual(tooth["name"], "Upper right, first molar")
        (procedure,) = chart["procedures"]
        self.assertEqual(procedure["steps"], [[self.today.isoformat(), "planned"]])
        self.assertEqual((procedure["effect"], procedure["surfaces"]), ("filling", "MO"))
        (finding,) = chart["findings"]
        self.assertEqual((finding["surfaces"], finding["note"]), ("MO", "Painful"))
        self.assertTrue(chart["can_write"])

    def test_in_the_language_of_who_looks(self):
        chart = self.as_user(self.clinician, self.maria).with_context(lang="it_IT").prm_chart()
        tooth = next(tooth for tooth in chart["teeth"] if tooth["fdi"] == "16")
        self.assertEqual(tooth["name"], "In alto a destra, primo molare")

    def test_the_front_desk_sees_no_finding_and_writes_nothing(self):
        chart = self._chart(self.receptionist)
        self.assertIsNone(chart["findings"])
        self.assertFalse(chart["can_write"])
        self.assertEqual(len(chart["procedures"]), 1)
        self.assertNotIn("Painful", json.dumps(chart))
        mine = self.as_user(self.receptionist, self.maria)
        for call in (
            lambda: mine.prm_chart_add("procedure", {"type_id": self.hyg.id}),
            lambda: mine.prm_chart_add("finding", {"kind": "caries", "tooth": "16"}),
            lambda: mine.prm_chart_step(self.procedure.id, "completed"),
            lambda: mine.prm_chart_resolve(self.finding.id),
        ):
            with self.assertRaises(AccessError):
                call()
        with self.assertRaises(AccessError):
            self.as_user(self.receptionist, self.finding).read(["note"])

    def test_nobody_else_sees_a_chart(self):
        public = self.env.ref("base.public_user")
        for user in (self.stranger, self.outsider, self.portal, self.plain_user, public):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self._chart(user)

    def test_another_patients_records_are_out_of_reach(self):
        other = self._done(self._patient(first_name="Ada"), self.today, self.fill, "planned")
        mine = self.as_user(self.clinician, self.maria)
        with self.assertRaisesRegex(UserError, "is gone"):
            mine.prm_chart_step(other.id, "completed")

    def test_adding(self):
        mine = self.as_user(self.clinician, self.maria)
        chart = mine.prm_chart_add(
            "procedure",
            {"type_id": self.fill.id, "tooth": "26", "surfaces": "DO", "state": "completed"},
        )
        added = chart["procedures"][-1]
        self.assertEqual((added["tooth"], added["surfaces"]), ("26", "OD"))
        self.assertEqual((added["state"], added["date"]), ("completed", str(self.today)))
        chart = mine.prm_chart_add("finding", {"kind": "watch", "tooth": "11", "surfaces": False})
        self.assertEqual(len(chart["findings"]), 2)
        with self.assertRaisesRegex(ValidationError, "needs the surfaces"):
            mine.prm_chart_add("procedure", {"type_id": self.fill.id, "tooth": "26"})
        for what, vals in (("procedure", {"company_id": 1}), ("user", {}), ("finding", {"id": 1})):
            with self.assertRaisesRegex(UserError, "Reload"):
                mine.prm_chart_add(what, vals)

    def test_steps(self):
        mine = self.as_user(self.clinician, self.maria)
        reason = self.env.ref("prm_dental.prm_decline_reason_no_time")
        chart = mine.prm_chart_step(self.procedure.id, "declined", reason.id)
        self.assertEqual(chart["procedures"][0]["state"], "declined")
        mine.prm_chart_step(self.procedure.id, "planned")
        chart = mine.prm_chart_step(self.procedure.id, "completed")
        self.assertIn("deleted", chart["procedures"][0]["offered"])
        chart = mine.prm_chart_resolve(self.finding.id)
        self.assertEqual(chart["findings"][0]["resolved"], str(self.today))

    def test_the_past_is_told_with_its_days(self):
        start = self.today + timedelta(days=10)
        with freeze_time(start):
            later = self._done(self.maria, start, self.fill, "planned", tooth="26")
        with freeze_time(start + timedelta(days=3)):
            later.action_accept()
        with freeze_time(start + timedelta(days=8)):
            later.action_complete()
        old = self._done(self.maria, "2020-01-01", self.fill, tooth="36")
        steps = {entry["id"]: entry["steps"] for entry in self._chart()["procedures"]}
        self.assertEqual(
            steps[later.id],
            [
                [str(start), "planned"],
                [str(start + timedelta(days=3)), "accepted"],
                [str(start + timedelta(days=8)), "completed"],
            ],
        )
        # Entered today, done then.
        self.assertEqual(steps[old.id], [["2020-01-01", "completed"]])

    def test_what_was_entered_by_mistake_is_not_there(self):
        self.procedure.state = "deleted"
        self.assertEqual(self._chart()["procedures"], [])

    def test_the_same_queries_for_few_and_for_many(self):
        few = self._count()
        for quadrant in "1234":
            for place in "45678":
                tooth = quadrant + place
                self._done(self.maria, "2020-01-01", self.fill, tooth=tooth)
                self.env["prm.tooth.finding"].create(
                    {"patient_id": self.maria.id, "kind": "caries", "tooth": tooth}
                )
        self.assertLessEqual(self._count(), few)
        self.assertLessEqual(few, BUDGET)

    def _count(self):
        self.env.flush_all()
        self._chart()  # rights are asked once
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        self._chart()
        return self.env.cr.sql_log_count - before

    def test_the_button_leads_to_the_chart(self):
        action = self.as_user(self.clinician, self.maria).action_open_chart()
        self.assertEqual((action["tag"], action["params"]), (
            "prm_dental_chart", {"patient_id": self.maria.id}))  # fmt: skip


@tagged("post_install", "-at_install")
class TestFinding(DentalCase):
    def _found(self, **vals):
        return self.env["prm.tooth.finding"].create(
            {"patient_id": self.maria.id, "kind": "caries", "tooth": "16", **vals}
        )

    def test_in_the_usual_form(self):
        finding = self._found(tooth="UR6", surfaces="po")
        self.assertEqual((finding.tooth, finding.surfaces), ("16", "OL"))
        self.assertEqual(finding.display_name, "Caries 16 OL")
        with self.assertRaisesRegex(ValidationError, "no tooth"):
            self._found(tooth="19")
        with self.assertRaisesRegex(ValidationError, "has no surface"):
            self._found(tooth="11", surfaces="O")

    def test_resolved_instead_of_changed_or_deleted(self):
        mine = self.as_user(self.clinician, self._found(date="2025-01-01"))
        mine.note = "Deep"
        with self.assertRaisesRegex(UserError, "Mark it as resolved"):
            mine.kind = "fracture"
        with self.assertRaises(AccessError):
            mine.unlink()
        mine.action_resolve()
        self.assertEqual(mine.resolved_date, self.today)
        mine.action_resolve()
        self.assertEqual(mine.resolved_date, self.today)

    def test_not_in_days_to_come(self):
        tomorrow = self.today + timedelta(days=1)
        with self.assertRaisesRegex(ValidationError, "day to come"):
            self._found(date=tomorrow)
        with self.assertRaisesRegex(ValidationError, "day to come"):
            self._found(resolved_date=tomorrow)

    def test_who_reads_and_writes(self):
        finding = self._found()
        findings = self.env["prm.tooth.finding"]
        for user, rights in (
            (self.receptionist, ()),
            (self.plain_user, ()),
            (self.outsider, ()),
            (self.portal, ()),
            (self.clinician, ("read", "write", "create")),
            (self.manager, ("read", "write", "create")),
        ):
            for operation in ("read", "write", "create", "unlink"):
                with self.subTest(user=user.login, operation=operation):
                    allowed = findings.with_user(user).has_access(operation)
                    self.assertEqual(allowed, operation in rights)
        theirs = self.as_user(self.stranger, finding)
        self.assertFalse(theirs.search([]))
        with self.assertRaises(AccessError):
            theirs.read(["note"])
        with self.assertRaises(AccessError):
            theirs.write({"note": "x"})
