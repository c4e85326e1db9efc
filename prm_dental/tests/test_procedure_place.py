from datetime import date

from odoo.exceptions import ValidationError
from odoo.tests import Form, tagged

from .common import DentalCase


@tagged("post_install", "-at_install")
class TestPlace(DentalCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        codes = cls.env["prm.procedure.type"]._ids_by_code(cls.practice)
        cls.kinds = {
            code: cls.env["prm.procedure.type"].browse(number) for code, number in codes.items()
        }

    def _plan(self, code, patient=None, **vals):
        return self.env["prm.procedure"].create(
            {
                "patient_id": (patient or self.maria).id,
                "type_id": self.kinds[code].id,
                "date": self.today,
                **vals,
            }
        )

    def test_what_each_scope_asks_for(self):
        for code, vals, words in (
            ("HYG", {}, None),
            ("HYG", {"tooth": "16"}, "not for a single tooth"),
            ("HYG", {"area": "10"}, "not for a jaw or a quadrant"),
            ("SRP", {"area": "10"}, None),
            ("SRP", {}, "Choose which one"),
            ("SRP", {"area": "01"}, "Choose which one"),
            ("SRP", {"tooth": "16"}, "not for a single tooth"),
            ("FULLD", {"area": "02"}, None),
            ("FULLD", {"area": "20"}, "upper or the lower"),
            ("CROWN", {"tooth": "16"}, None),
            ("CROWN", {}, "Write which one"),
            ("CROWN", {"tooth": "16", "surfaces": "MOD"}, "Leave out the surfaces"),
            ("CROWN", {"tooth": "16", "area": "10"}, "not for a jaw or a quadrant"),
            ("FILL2", {"tooth": "16", "surfaces": "MO"}, None),
            ("FILL2", {"tooth": "16"}, "needs the surfaces"),
            ("FILL2", {"surfaces": "MO"}, "Write which tooth"),
            ("XRAY", {}, None),
            ("XRAY", {"tooth": "16"}, None),
        ):
            with self.subTest(code=code, vals=vals):
                if words:
                    with self.assertRaisesRegex(ValidationError, words):
                        self._plan(code, **vals)
                else:
                    self._plan(code, **vals)

    def test_stored_in_the_usual_form(self):
        procedure = self._plan("FILL2", tooth="ur6", surfaces="D o")
        self.assertEqual((procedure.tooth, procedure.surfaces), ("16", "OD"))
        procedure.surfaces = "vm"
        self.assertEqual(procedure.surfaces, "MB")
        procedure.write({"tooth": "11", "surfaces": "VM"})
        self.assertEqual((procedure.tooth, procedure.surfaces), ("11", "MF"))
        self.assertEqual(procedure.display_name, "Filling, two surfaces 11 MF")
        other = self._plan("FILL2", tooth="26", surfaces="B")
        (procedure | other).write({"surfaces": "V"})
        self.assertEqual([procedure.surfaces, other.surfaces], ["F", "B"])

    def test_what_there_is_not_is_refused(self):
        for tooth, surfaces, words in (
            ("19", "MO", "There is no tooth"),
            ("11", "MO", "has no surface “O”"),
            ("16", "XY", "is no surface"),
        ):
            with self.subTest(tooth=tooth), self.assertRaisesRegex(ValidationError, words):
                self._plan("FILL2", tooth=tooth, surfaces=surfaces)
        procedure = self._plan("FILL2", tooth="16", surfaces="MO")
        with self.assertRaisesRegex(ValidationError, "has no surface “O”"):
            procedure.tooth = "11"
        with self.assertRaisesRegex(ValidationError, "needs the surfaces"):
            procedure.surfaces = False

    def test_a_list_is_taken_over_as_it_is(self):
        bulk = self.env["prm.procedure"].with_context(prm_bulk=True)
        rows = [
            {"tooth": "16", "surfaces": "DOM"}, {"tooth": "99", "surfaces": "MO"},
            {"tooth": "11", "surfaces": "MO"}, {}, {"surfaces": "MO"},
        ]  # fmt: skip
        made = bulk.create(
            [
                {
                    "patient_id": self.maria.id,
                    "type_id": self.fill.id,
                    "date": "2025-01-01",
                    "state": "completed",
                    **row,
                }
                for row in rows
            ]
        )
        self.assertEqual(
            [(row.tooth, row.surfaces) for row in made],
            [("16", "MOD"), ("99", "MO"), ("11", "MO"), (False, False), (False, "MO")],
        )

    # -- teeth that are gone

    def test_a_tooth_that_was_taken_out_gets_no_filling(self):
        extraction = self._done(self.maria, "2025-03-01", self.kinds["EXT"], tooth="36")
        for code, vals in (("FILL1", {"surfaces": "O"}), ("CROWN", {}), ("EXT", {}), ("ENDO", {})):
            with (
                self.subTest(code=code),
                self.assertRaisesRegex(ValidationError, "Tooth 36 was taken out on 03/01/2025"),
            ):
                self._plan(code, tooth="36", **vals)
        # An implant, a bridge, a picture and another patient's tooth are another thing.
        for code in ("IMPL", "IMPLC", "BRIDGE", "XRAY"):
            self._plan(code, tooth="36")
        self._plan("CROWN", self._patient(first_name="Ada"), tooth="36")
        self._plan("CROWN", tooth="37")
        # What was done before, and what others say they did.
        self._done(self.maria, "2025-02-01", self.kinds["FILL1"], tooth="36", surfaces="O")
        self._done(self.maria, "2025-04-01", self.kinds["CROWN"], "existing", tooth="36")
        extraction.state = "deleted"
        self._plan("CROWN", tooth="36")

    def test_planned_before_and_gone_when_it_is_done(self):
        crown = self._plan("CROWN", tooth="36")
        extraction = self._plan("EXT", tooth="36")
        extraction.action_complete()
        with self.assertRaisesRegex(ValidationError, "was taken out"):
            crown.action_complete()
        crown.state = "deleted"

    def test_a_tooth_noted_as_missing(self):
        finding = self.env["prm.tooth.finding"].create(
            {
                "patient_id": self.maria.id,
                "kind": "missing",
                "tooth": "45",
                "date": "2020-01-01",
            }
        )
        with self.assertRaisesRegex(ValidationError, "noted as missing since"):
            self._plan("CROWN", tooth="45")
        finding.action_resolve()
        self._plan("CROWN", tooth="45")

    # -- deciduous teeth

    def test_a_deciduous_tooth_at_that_age_is_a_question(self):
        born = date(self.today.year - 12, 1, 1)
        child = self._patient(first_name="Leo", birth_date=born)
        vals = {"surfaces": "O", "date": self.today}
        self.assertFalse(self._plan("FILL1", child, tooth="55", **vals).age_question)
        asked = self._plan("FILL1", child, tooth="54", **vals)
        self.assertTrue(asked.age_question)
        self.assertFalse(self._plan("FILL1", child, tooth="16", **vals).age_question)
        # It counts how old the patient was, and follows a corrected birth date.
        earlier = date(self.today.year - 4, 1, 1)
        old = self._done(child, earlier, self.kinds["FILL1"], tooth="54", surfaces="O")
        self.assertFalse(old.age_question)
        child.birth_date = date(self.today.year - 6, 1, 1)
        self.assertFalse(asked.age_question)

    def test_the_form_asks_and_saves(self):
        adult = self._patient(first_name="Ada", birth_date=date(1980, 1, 1))
        form = Form(self.env["prm.procedure"])
        form.patient_id, form.type_id = adult, self.fill
        with self.assertLogs("odoo.tests.form.onchange", "WARNING") as logs:
            form.tooth = "55"
        self.assertIn("usually been shed by the age of 12", logs.output[0])
        form.surfaces = "D O"
        self.assertEqual(form.surfaces, "OD")
        procedure = form.save()
        self.assertTrue(procedure.age_question)

    def test_many_at_once_cost_no_query_each(self):
        patients = [self._patient(first_name=f"P{number}") for number in range(40)]
        for patient in patients:
            self._done(patient, "2020-01-01", self.kinds["EXT"], tooth="48")

        def plan(some):
            self.env["prm.procedure"].create(
                [
                    {
                        "patient_id": patient.id,
                        "type_id": self.fill.id,
                        "tooth": "55",
                        "surfaces": "MO",
                    }
                    for patient in some
                ]
            )
            self.env.flush_all()
            self.env["prm.recall"].flush_model()

        counts = []
        for some in (patients[:2], patients[2:5], patients[5:]):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            plan(some)
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[2], counts[1] + 2)
