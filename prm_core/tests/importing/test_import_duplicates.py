"""Duplicates are decided by people, once."""

from odoo.exceptions import AccessError, UserError

from .common import ImportCase


class TestDuplicates(ImportCase):
    first = "1,Verdi,Ada,0,1980-01-01,(202) 555-0101,,,"
    twin = "2,VERDI,Ada,0,1980-01-01,(202) 555-0101,ada@example.org,2,"
    same_number = "1,Bruno,Leo,0,1970-01-01,(202) 555-0109,,,"

    def _candidate(self, *rows):
        run = self.rows(*rows)
        self.assertEqual(run.duplicate_count, 1)
        self.assertEqual(run.open_duplicate_count, 1)
        return run.duplicate_ids

    def test_same_person(self):
        candidate = self._candidate(self.first, self.twin)
        patient = self.patient("1")
        self.assertEqual(candidate.patient_id, patient)
        candidate.action_same()
        self.assertEqual(patient.email, "ada@example.org")
        self.assertEqual(patient.mobile, "+12025550101")
        self.assertEqual(patient.last_name, "Verdi", "what is there stays")
        self.assertEqual(self.patient("2"), patient)
        again = self.rows(self.first, self.twin)
        self.assertEqual((again.unchanged_count, again.duplicate_count), (1, 1))
        self.assertFalse(again.duplicate_ids)

    def test_different_person(self):
        candidate = self._candidate(self.first, self.twin)
        candidate.action_different()
        self.assertNotEqual(self.patient("2"), self.patient("1"))
        self.assertEqual(self.patient("2").email, "ada@example.org")
        self.assertEqual(candidate.decided_by_id, self.receptionist)
        again = self.rows(self.first, self.twin)
        self.assertEqual(again.duplicate_count, 1)
        self.assertFalse(again.duplicate_ids)

    def test_different_person_with_a_number_that_is_taken(self):
        candidate = self._candidate(self.first, self.same_number)
        candidate.action_different()
        leo = self.env["prm.patient"].search([("last_name", "=", "Bruno")])
        self.assertEqual(len(leo), 1)
        self.assertFalse(leo.identifier_ids)
        self.assertIn("1", leo.import_note)
        self.assertEqual(self.patient("1").first_name, "Ada")

    def test_left_out(self):
        candidate = self._candidate(self.first, self.twin)
        candidate.action_leave()
        self.assertEqual(candidate.state, "left")
        with self.assertRaises(UserError):
            candidate.action_same()

    def test_roles(self):
        candidate = self._candidate(self.first, self.twin)
        with self.assertRaises(AccessError):
            candidate.with_user(self.clinician).action_same()
        with self.assertRaises(AccessError):
            candidate.with_user(self.receptionist).write({"state": "same"})
