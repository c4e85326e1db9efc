from datetime import date, timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import PrmCase


@tagged("post_install", "-at_install")
class TestPatientMerge(PrmCase):
    """One person who was entered twice becomes one patient, and nothing is lost."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.kept = cls._patient(
            first_name="Maria", last_name="Rossi", email="maria@example.org", status="prospect"
        )
        cls.gone = cls._patient(
            first_name="Maria", last_name="Rossi", mobile="+39 333 1112223",
            email="other@example.org", birth_date=date(1980, 2, 29), status="active",
        )  # fmt: skip

    def _merge(self, gone=None, kept=None):
        (gone or self.gone)._merge_into(kept or self.kept)

    def _say(self, patient, state, days_ago=0):
        """A word on marketing, some days ago."""
        return self.env["prm.consent"].create(
            {
                "patient_id": patient.id,
                "purpose_id": self.env.ref("prm_core.prm_purpose_marketing").id,
                "state": state,
                "source": "paper",
                "recorded_at": fields.Datetime.now() - timedelta(days=days_ago),
            }
        )

    def test_what_only_one_of_them_says_is_kept(self):
        self._merge()
        self.assertFalse(self.gone.exists())
        self.assertEqual(self.kept.birth_date, date(1980, 2, 29))
        self.assertEqual(self.kept.mobile, "+39 333 1112223")
        self.assertEqual(self.kept.email, "maria@example.org", "who stays is right")
        self.assertEqual(self.kept.status, "active")
        note = self.kept.message_ids[0].body
        self.assertIn("other@example.org", note, "what the other record said is not lost")

    def test_found_by_what_either_said(self):
        self.env["prm.patient.identifier"].create(
            {"patient_id": self.gone.id, "system": "old", "value": "4711"}
        )
        self._merge()
        found = self.env["prm.patient"].search([("display_name", "ilike", "4711")])
        self.assertEqual(found, self.kept)
        self.assertEqual(
            self.env["prm.patient"].search([("display_name", "ilike", "3331112223")]), self.kept
        )

    def test_every_table_follows(self):
        """Whatever points to a patient, of whatever add-on: nothing points to who is gone."""
        number = self.gone.id
        self.env["prm.event"].emit("imported", [{"patient": self.gone, "payload": {"row": 7}}])
        self.gone.message_post(body="A word from before")
        self._say(self.gone, "granted")
        self._merge()
        self.env.cr.execute(
            """
            SELECT c.conrelid::regclass::text, a.attname
              FROM pg_constraint c
              JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
             WHERE c.contype = 'f' AND c.confrelid = 'prm_patient'::regclass
            """
        )
        tables = self.env.cr.fetchall()
        self.assertGreater(len(tables), 10)
        for table, column in tables:
            self.env.cr.execute(f'SELECT 1 FROM "{table}" WHERE "{column}" = %s', [number])
            self.assertFalse(self.env.cr.fetchall(), f"{table}.{column}")
        events = [event.event_type_id.code for event in self.kept.event_ids]
        self.assertEqual(events.count("patient_created"), 2)
        self.assertIn("imported", events)
        self.assertIn("patient_merged", events)
        bodies = " ".join(self.kept.message_ids.mapped("body"))
        self.assertIn("A word from before", bodies)

    def test_the_newest_word_on_permission_holds(self):
        purpose = self._say(self.gone, "withdrawn", days_ago=2).purpose_id
        self._say(self.kept, "granted", days_ago=20)
        self._merge()
        current = self.env["prm.consent"]._current(self.kept, purpose)
        self.assertEqual(list(current.values()), ["withdrawn"])

    def test_contact_goes_along(self):
        contact = self.gone.partner_id
        self._merge()
        self.assertFalse(contact.exists())

    def test_contact_of_another_practice_stays(self):
        other = self.env["res.company"].create({"name": "Beta"})
        patient = self.env["prm.patient"].create(
            {"partner_id": self.gone.partner_id.id, "company_id": other.id}
        )
        self._merge()
        self.assertTrue(patient.partner_id.exists())

    def test_a_guardian_of_both_is_named_once(self):
        mother = self.env["res.partner"].create({"name": "Ada Rossi"})
        for child in (self.kept, self.gone):
            self.env["prm.guardian"].create({"patient_id": child.id, "partner_id": mother.id})
        self._merge()
        guardians = self.env["prm.guardian"].search([("patient_id", "=", self.kept.id)])
        self.assertEqual(guardians.partner_id, mother)
        self.assertEqual(len(guardians), 1)

    def test_who_speaks_for_a_child_still_does(self):
        child = self._patient(first_name="Luca", last_name="Rossi")
        for parent in (self.kept, self.gone):
            self.env["prm.guardian"].create(
                {"patient_id": child.id, "partner_id": parent.partner_id.id}
            )
        self._merge()
        guardians = self.env["prm.guardian"].search([("patient_id", "=", child.id)])
        self.assertEqual(guardians.partner_id, self.kept.partner_id)

    def test_practices_are_not_mixed(self):
        other = self.env["res.company"].create({"name": "Beta"})
        stranger = self._patient(first_name="Maria", last_name="Rossi", company_id=other.id)
        with self.assertRaisesRegex(UserError, "different practices"):
            self._merge(stranger)

    def test_two_accounts(self):
        for patient in (self.kept, self.gone):
            self.env["res.users"].create(
                {"name": "M", "login": patient.email, "partner_id": patient.partner_id.id}
            )
        with self.assertRaisesRegex(UserError, "account of their own"):
            self._merge()

    def test_contacts_of_two_patients_can_not_be_merged_behind_their_back(self):
        wizard = self.env["base.partner.merge.automatic.wizard"]
        with self.assertRaisesRegex(UserError, "Merge the patients"):
            wizard._merge((self.kept | self.gone).partner_id.ids, self.kept.partner_id)
        self.assertTrue(self.gone.exists())

    def test_the_wizard(self):
        both = self.kept | self.gone
        self.env["prm.event"].emit("imported", [{"patient": self.gone}])
        wizards = self.as_user(self.manager, self.env["prm.patient.merge"]).with_context(
            active_model="prm.patient", active_ids=both.ids
        )
        wizard = wizards.create({})
        self.assertEqual(wizard.stays, "second", "the one with more of a history")
        lines = {line.label: line for line in wizard.line_ids}
        self.assertEqual(lines["Email"].first, "maria@example.org")
        self.assertTrue(lines["Email"].differs)
        self.assertFalse(lines["Last Name"].differs)
        self.assertFalse(wizard.other_birth_date, "one of them says nothing")
        wizard.stays = "first"
        action = wizard.action_merge()
        self.assertEqual(action["res_id"], self.kept.id)
        with self.assertRaisesRegex(UserError, "Choose two patients"):
            wizards.with_context(active_ids=self.kept.ids).create({})

    def test_managers_only(self):
        for user in (self.receptionist, self.clinician):
            with self.assertRaises(AccessError):
                self.as_user(user, self.env["prm.patient.merge"]).create({})
