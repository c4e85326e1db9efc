from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import DentalCase

ALL = ("read", "write", "create", "unlink")

#: What each person may do with records of the own practice.
RIGHTS = {
    "prm.procedure.type": {"receptionist": "read", "clinician": "read", "manager": ALL},
    "prm.procedure": {
        "receptionist": "read",
        "clinician": ("read", "write", "create"),
        "manager": ALL,
    },
    "prm.procedure.status": {"receptionist": "read", "clinician": "read", "manager": "read"},
    "prm.decline.reason": {"receptionist": "read", "clinician": "read", "manager": ALL},
    "prm.tooth.finding": {
        "receptionist": (),
        "clinician": ("read", "write", "create"),
        "manager": ("read", "write", "create"),
    },
    "prm.recall.type": {"receptionist": "read", "clinician": "read", "manager": ALL},
    "prm.recall": {
        "receptionist": ("read", "write", "create"),
        "clinician": ("read", "write", "create"),
        "manager": ALL,
    },
    "prm.recall.decision": {"receptionist": "read", "clinician": "read", "manager": "read"},
    "prm.aftercare": {"receptionist": "read", "clinician": "read", "manager": "read"},
    "prm.prescription": {"receptionist": (), "clinician": ALL, "manager": ALL},
    "prm.prescription.line": {"receptionist": (), "clinician": ALL, "manager": ALL},
    "prm.intake": {"receptionist": (), "clinician": "read", "manager": "read"},
    "prm.intake.time": {"receptionist": (), "clinician": "read", "manager": ALL},
    "prm.exam.request": {
        "receptionist": ("read", "write", "create"),
        "clinician": ("read", "write", "create"),
        "manager": ("read", "write", "create"),
    },
    "prm.health.fact": {
        "receptionist": "read",
        "clinician": ("read", "write", "create"),
        "manager": ("read", "write", "create"),
    },
    "prm.health.fact.type": {
        "receptionist": "read",
        "clinician": "read",
        "manager": ("read", "write", "create"),
    },
    "prm.health.fact.choice": {"receptionist": "read", "clinician": "read", "manager": ALL},
    "prm.recall.send": {"receptionist": ALL, "clinician": (), "manager": ALL},
    "prm.recall.send.line": {"receptionist": ALL, "clinician": (), "manager": ALL},
    "prm.lapsed": {"receptionist": "read", "clinician": "read", "manager": "read"},
    "prm.open.work": {"receptionist": "read", "clinician": "read", "manager": "read"},
    "prm.unscheduled": {"receptionist": "read", "clinician": "read", "manager": "read"},
    "prm.unscheduled.snooze": {"receptionist": "read", "clinician": "read", "manager": "read"},
    "prm.unscheduled.answer": {"receptionist": ALL, "clinician": (), "manager": ALL},
    "prm.follow.up.send": {"receptionist": ALL, "clinician": (), "manager": ALL},
    "prm.follow.up.send.line": {"receptionist": ALL, "clinician": (), "manager": ALL},
    "prm.follow.up": {
        "receptionist": "read",
        "clinician": "read",
        "manager": ("read", "write", "create"),
    },
}


@tagged("post_install", "-at_install")
class TestAccess(DentalCase):
    def setUp(self):
        super().setUp()
        self.patient, self.recall = self._due_patient()
        self.procedure = self.patient.procedure_ids
        self.records = (
            self.recall,
            self.procedure,
            self.env["prm.procedure.type"].create(
                {"code": "OWN", "name": "Own", "company_id": self.practice.id}
            ),
            self.env["prm.recall.type"].create(
                {
                    "name": "Own",
                    "code": "own",
                    "company_id": self.practice.id,
                    "trigger_type_ids": [(6, 0, self.hyg.ids)],
                }
            ),
        )

    def test_rights_by_person(self):
        for model, persons in RIGHTS.items():
            for person, rights in persons.items():
                user = getattr(self, person)
                rights = (rights,) if isinstance(rights, str) else rights
                for operation in ALL:
                    with self.subTest(model=model, person=person, operation=operation):
                        allowed = self.env[model].with_user(user).has_access(operation)
                        self.assertEqual(allowed, operation in rights)

    def test_nobody_outside_the_practice_sees_anything(self):
        public = self.env.ref("base.public_user")
        for user in (self.outsider, self.portal, public):
            for record in self.records:
                with self.subTest(user=user.login, model=record._name):
                    with self.assertRaises(AccessError):
                        record.with_user(user).read(["display_name"])
                    with self.assertRaises(AccessError):
                        record.with_user(user).search([])

    def test_the_other_practice_sees_nothing(self):
        for record in self.records:
            with self.subTest(model=record._name):
                mine = self.as_user(self.stranger, record)
                self.assertNotIn(record, mine.search([]))
                with self.assertRaises(AccessError):
                    mine.read(["display_name"])
                with self.assertRaises(AccessError):
                    mine.write({"create_date": False})

    def test_who_only_sees_patients_sees_no_treatment(self):
        with self.assertRaises(AccessError):
            self.as_user(self.plain_user, self.procedure).read(["date"])
        with self.assertRaises(AccessError):
            self.as_user(self.plain_user, self.recall).read(["due_date"])

    def test_the_desk_decides_on_recalls_but_writes_no_treatment(self):
        self.as_user(self.receptionist, self.recall).write({"manual_due_date": self.today})
        self.assertEqual(self.recall.due_date, self.today)
        with self.assertRaises(AccessError):
            self.as_user(self.receptionist, self.procedure).write({"date": self.today})

    def test_a_clinician_completes_and_the_recall_follows(self):
        mine = self.as_user(self.clinician, self.env["prm.procedure"])
        mine.create(
            {
                "patient_id": self.patient.id,
                "type_id": self.hyg.id,
                "date": self.today,
                "state": "completed",
            }
        )
        self.assertEqual(self.recall.previous_date, self.today)

    def test_the_patient_form_opens_for_everybody_who_sees_patients(self):
        for user in (self.receptionist, self.clinician, self.manager, self.plain_user):
            with self.subTest(user=user.login):
                patients = self.as_user(user, self.env["prm.patient"])
                arch = patients.get_view(self.env.ref("prm_core.prm_patient_view_form").id, "form")[
                    "arch"
                ]
                self.assertEqual("recall_ids" in arch, user != self.plain_user)

    def test_a_colleague_without_patients_still_keeps_a_calendar(self):
        event = (
            self.env["calendar.event"]
            .with_user(self.outsider)
            .create(
                {"name": "Lunch", "start": "2026-12-01 12:00:00", "stop": "2026-12-01 13:00:00"}
            )
        )
        event.write({"start": "2026-12-01 11:00:00"})
        event.unlink()
