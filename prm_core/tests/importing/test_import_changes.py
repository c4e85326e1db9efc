"""Lists that come again: what is taken over, and what staff and patients said since stays."""

from .common import ImportCase


class TestChanges(ImportCase):
    row = "1,Verdi,Ada,0,1980-01-01,(202) 555-0101,ada@example.org,1,1"

    def test_differences_are_taken_over_and_shown(self):
        self.rows(self.row)
        run = self.rows("1,Verdi,Ada,2,1980-01-01,(202) 555-0102,ada@example.org,1,1")
        patient = self.patient("1")
        self.assertEqual((patient.mobile, patient.status), ("+12025550102", "inactive"))
        self.assertEqual(run.updated_count, 1)
        self.assertIn("+12025550101 → +12025550102", run.line_ids.message)
        self.assertEqual(patient.event_ids[0].event_type_id.code, "imported")

    def test_what_the_list_leaves_empty_stays(self):
        self.rows(self.row)
        run = self.rows("1,Verdi,Ada,0,,,,0,")
        patient = self.patient("1")
        self.assertEqual(run.unchanged_count, 1)
        self.assertEqual(patient.mobile, "+12025550101")
        self.assertEqual(str(patient.birth_date), "1980-01-01")

    def test_nobody_comes_back_from_the_dead(self):
        self.rows(self.row)
        self.patient("1").status = "deceased"
        run = self.rows(self.row)
        self.assertEqual((run.unchanged_count, self.patient("1").status), (1, "deceased"))

    def test_note_grows_only_by_what_is_new(self):
        self.rows("1,Verdi,Ada,0,,call mom,,,")
        patient = self.patient("1")
        patient.import_note += "\nAsked on Monday"
        self.rows("1,Verdi,Ada,0,,call mom,jane@,,")
        self.assertEqual(
            patient.import_note, "WirelessPhone: call mom\nAsked on Monday\nEmail: jane@"
        )

    def test_permissions(self):
        self.rows(self.row)
        patient = self.patient("1")
        sms = self.env.ref("prm_core.prm_channel_sms")
        care = self.env.ref("prm_core.prm_purpose_care")
        marketing = self.env.ref("prm_core.prm_purpose_marketing")
        consents = self.env["prm.consent"]
        self.assertEqual(
            consents._current(patient, care), {(patient.id, care.id, sms.id): "granted"}
        )
        self.assertFalse(consents._current(patient, marketing), "no agreement to advertising")
        # The patient changes their mind at the desk; the old list comes again.
        consents.create(
            {
                "patient_id": patient.id,
                "purpose_id": care.id,
                "channel_id": sms.id,
                "state": "withdrawn",
                "source": "desk",
            }
        )
        run = self.rows(self.row)
        self.assertEqual(run.unchanged_count, 1)
        self.assertEqual(
            consents._current(patient, care), {(patient.id, care.id, sms.id): "withdrawn"}
        )
        # A list that says something else than the last one is news.
        run = self.rows("1,Verdi,Ada,0,1980-01-01,(202) 555-0101,ada@example.org,2,1")
        self.assertEqual(run.updated_count, 1)
        self.assertEqual(
            consents._current(patient, marketing), {(patient.id, marketing.id, sms.id): "refused"}
        )

    def test_contacts_of_staff_are_found_as_the_same_person(self):
        known = self._patient(
            first_name="Ada", last_name="VERDI", birth_date="1980-01-01", email="ADA@example.org "
        )
        run = self.rows(self.row)
        self.assertEqual((run.new_count, run.duplicate_count), (0, 1))
        self.assertEqual(run.line_ids.reason, "matches_patient")
        self.assertEqual(run.duplicate_ids.patient_id, known)
        again = self.rows(self.row)
        self.assertEqual(again.duplicate_count, 1)
        self.assertFalse(again.duplicate_ids, "offered once")
