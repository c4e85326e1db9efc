from datetime import date, timedelta

import psycopg2
from odoo.exceptions import ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import DentalCase


@tagged("post_install", "-at_install")
class TestProcedure(DentalCase):
    def _events(self, patient):
        return self.env["prm.event"].search(
            [("patient_id", "=", patient.id), ("event_type_id.code", "=", "procedure_completed")]
        )

    def test_completed_work_is_on_the_timeline(self):
        procedure = self._done(self.maria, "2026-03-12", self.fill)
        event = self._events(self.maria)
        payload = {"code": "FILL2", "procedure": "Filling, two surfaces", "tooth": "16"}
        self.assertEqual(event.payload, payload)
        self.assertEqual(event.detail, "Filling, two surfaces · 16")
        self.assertEqual(event.occurred_at.date(), date(2026, 3, 12))
        self.assertEqual((event.res_model, event.res_id), ("prm.procedure", procedure.id))

    def test_planned_work_is_told_when_it_is_done_and_only_once(self):
        procedure = self._done(self.maria, "2026-03-12", state="planned")
        self.assertFalse(self._events(self.maria))
        procedure.action_complete()
        self.assertEqual(procedure.date, self.today)
        self.assertEqual(len(self._events(self.maria)), 1)
        procedure.state = "completed"
        self.assertEqual(len(self._events(self.maria)), 1)

    def test_nothing_can_be_completed_tomorrow(self):
        tomorrow = self.today + timedelta(days=1)
        with self.assertRaisesRegex(ValidationError, "day to come"):
            self._done(self.maria, tomorrow)
        self._done(self.maria, tomorrow, state="planned")
        bulk = self.env["prm.procedure"].with_context(prm_bulk=True)
        bulk.create(
            {
                "patient_id": self.maria.id,
                "type_id": self.hyg.id,
                "date": tomorrow,
                "state": "completed",
            }
        )

    @mute_logger("odoo.sql_db")
    def test_an_imported_procedure_comes_once(self):
        self._done(self.maria, "2026-03-12", system="opendental", external_id="5")
        self._done(self.maria, "2026-03-12", system="gestionale", external_id="5")
        with self.assertRaises(psycopg2.IntegrityError), self.env.cr.savepoint():
            self._done(self.maria, "2026-03-12", system="opendental", external_id="5")

    def test_the_company_is_the_patients(self):
        patient = self._patient(first_name="Ola", company_id=self.other_practice.id)
        self.assertEqual(self._done(patient, "2026-01-01").company_id, self.other_practice)

    def test_many_at_once_cost_no_query_each(self):
        patients = [self._patient(first_name=f"P{number}") for number in range(60)]

        def create(some):
            self.env["prm.procedure"].create(
                [
                    {
                        "patient_id": patient.id,
                        "type_id": self.hyg.id,
                        "date": "2025-01-01",
                        "state": "completed",
                    }
                    for patient in some
                ]
            )
            self.env.flush_all()
            self.env["prm.recall"].flush_model()

        create(patients[:5])
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        create(patients[5:10])
        few = self.env.cr.sql_log_count - before
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        create(patients[10:60])
        self.assertLessEqual(self.env.cr.sql_log_count - before, few + 2)


@tagged("post_install", "-at_install")
class TestCatalogue(DentalCase):
    def test_missing_codes_become_the_practices_own(self):
        kinds = self.env["prm.procedure.type"]
        codes = kinds._ensure_codes(self.practice, {"HYG", "D1110", " D1110 ", ""})
        self.assertEqual(codes["HYG"], self.hyg.id)
        own = kinds.browse(codes["D1110"])
        self.assertEqual((own.company_id, own.name), (self.practice, "D1110"))
        self.assertEqual(kinds._ensure_codes(self.practice, {"D1110"})["D1110"], own.id)
        self.assertNotIn("D1110", kinds._ids_by_code(self.other_practice))
        # The other practice may mean something else by it.
        self.assertNotEqual(kinds._ensure_codes(self.other_practice, {"D1110"})["D1110"], own.id)

    def test_a_code_means_one_thing_in_a_practice(self):
        kinds = self.env["prm.procedure.type"]
        with self.assertRaisesRegex(ValidationError, "HYG"):
            kinds.create({"code": "HYG", "name": "Other", "company_id": self.practice.id})
        kinds.create({"code": "OWN", "name": "Own", "company_id": self.practice.id})
        with self.assertRaisesRegex(ValidationError, "OWN"):
            kinds.create({"code": "OWN", "name": "Common"})

    @mute_logger("odoo.sql_db")
    def test_the_database_refuses_a_code_twice(self):
        with self.assertRaises(psycopg2.IntegrityError), self.env.cr.savepoint():
            self.env["prm.procedure.type"].create({"code": "HYG", "name": "Again"})

    def test_found_by_code_and_by_name(self):
        kinds = self.env["prm.procedure.type"]
        self.assertIn(self.hyg.id, [found[0] for found in kinds.name_search("hyg")])
        self.assertIn(self.hyg.id, [found[0] for found in kinds.name_search("hygiene vis")])
        self.assertEqual(self.hyg.display_name, "HYG · Hygiene visit")

    def test_names_are_translated(self):
        self.assertEqual(self.hyg.with_context(lang="it_IT").name, "Visita di igiene")
        self.assertEqual(self.fill.with_context(lang="de_DE").name, "Füllung, zwei Flächen")
