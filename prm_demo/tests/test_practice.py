from odoo.exceptions import AccessError
from odoo.tests import TransactionCase, tagged


@tagged("post_install", "-at_install")
class TestPractice(TransactionCase):
    """The installed demo practice."""

    def test_size(self):
        self.assertEqual(self.env["prm.patient"].search_count([]), 600)
        self.assertEqual(self.env["prm.provider"].search_count([]), 3)
        self.assertEqual(self.env["prm.operatory"].search_count([]), 2)
        self.assertGreater(self.env["prm.procedure"].search_count([]), 1500)

    def test_the_recall_list_has_work(self):
        due = self.env["prm.recall"]._due_list(self.env.cr.now().date(), "hygiene")
        self.assertGreater(len(due), 80)

    def test_staff_may_log_in_and_see_their_screens(self):
        for login in ("receptionist", "hygienist", "manager"):
            user = self.env["res.users"].search([("login", "=", login)])
            self.assertEqual(self.env["prm.patient"].with_user(user).search_count([]), 600)
        hygienist = self.env["res.users"].search([("login", "=", "hygienist")])
        mine = (
            self.env["calendar.event"]
            .with_user(hygienist)
            .search_count([("user_id", "=", hygienist.id), ("prm_status", "!=", False)])
        )
        self.assertGreater(mine, 100)

    def test_the_portal_patient_sees_no_staff_screen(self):
        patient = self.env["res.users"].search([("login", "=", "patient")])
        self.assertTrue(patient.share)
        with self.assertRaises(AccessError):
            self.env["prm.patient"].with_user(patient).search([])

    def test_nobody_was_written_to(self):
        self.assertFalse(self.env["mail.mail"].search([]))
        self.assertFalse(self.env["prm.message"].search([("state", "in", ("queued", "sending"))]))
