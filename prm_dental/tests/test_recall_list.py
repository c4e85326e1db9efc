from datetime import timedelta

from odoo.fields import Domain
from odoo.tests import freeze_time, tagged
from odoo.tools.safe_eval import safe_eval

from .common import DentalCase


@tagged("post_install", "-at_install")
class TestRecallList(DentalCase):
    def _listed(self, *domain):
        """What the due list shows to the receptionist."""
        action = self.env.ref("prm_dental.prm_recall_action")
        domain = Domain(safe_eval(action.domain)) & Domain(list(domain))
        return self.as_user(self.receptionist, self.env["prm.recall"]).search(domain).sudo()

    def test_each_state_is_found_by_its_name(self):
        due = self._due_patient()[1]
        booked_patient, booked = self._due_patient(first_name="Ida")
        self._book(booked_patient)
        later_patient = self._patient(first_name="Eva")
        self._done(later_patient, self.today - timedelta(days=5))
        later = self._recall(later_patient)
        disabled = self._due_patient(first_name="Ugo")[1]
        disabled.disabled = True
        everything = due | booked | later | disabled
        expected = {"due": due, "booked": booked, "upcoming": later, "disabled": disabled}
        for state, recall in expected.items():
            with self.subTest(state=state):
                self.assertEqual(recall.state, state)
                self.assertEqual(self._listed(("state", "=", state)) & everything, recall)
                self.assertEqual(
                    self._listed(("state", "!=", state)) & everything, everything - recall
                )
        self.assertEqual(
            self._listed(("state", "in", ("due", "booked"))) & everything, due | booked
        )

    def test_the_list_is_right_tomorrow_without_any_work(self):
        patient = self._patient(first_name="Eva")
        self._done(patient, "2026-01-10")
        recall = self._recall(patient)
        with freeze_time("2026-07-09 10:00:00"):
            self.assertNotIn(recall, self._listed(("state", "=", "due")))
            self.assertIn(recall, self._listed(("state", "=", "upcoming")))
        with freeze_time("2026-07-10 10:00:00"):
            self.assertIn(recall, self._listed(("state", "=", "due")))
        with freeze_time("2026-07-15 10:00:00"):
            recall.invalidate_recordset()
            self.assertEqual((recall.state, recall.days_overdue), ("due", 5))

    def test_only_active_patients_are_listed_but_all_rows_are_kept(self):
        patient, recall = self._due_patient()
        for status in ("prospect", "inactive", "moved", "deceased"):
            patient.status = status
            self.assertNotIn(recall, self._listed())
        patient.status = "active"
        self.assertIn(recall, self._listed())
        patient.active = False
        self.assertNotIn(recall, self._listed())
        self.assertTrue(recall.exists())

    def test_every_filter_of_the_search_view_works(self):
        _patient, recall = self._due_patient()
        _patient2, no_email = self._due_patient(first_name="Ida", email=False)
        view = self.env["prm.recall"].get_view(
            self.env.ref("prm_dental.prm_recall_view_search").id, "search"
        )
        from lxml import etree

        found = {}
        for node in etree.fromstring(view["arch"]).iter("filter"):
            if node.get("domain"):
                found[node.get("name")] = self._listed(*safe_eval(node.get("domain")))
        self.assertIn(recall, found["due"])
        self.assertIn(recall, found["long_overdue"])
        self.assertNotIn(recall, found["soon"])
        self.assertNotIn(recall, found["booked"])
        self.assertIn(recall, found["not_contacted"])
        self.assertIn(no_email, found["no_email"])
        self.assertNotIn(recall, found["no_email"])

    def test_the_reason_is_one_query_for_a_page(self):
        recalls = self.env["prm.recall"]
        for number in range(30):
            recalls |= self._due_patient(last_name=f"N{number}")[1]
        self._done(recalls[0].patient_id, self.today - timedelta(days=300), kind=self.perm)
        self.env.flush_all()
        recalls.flush_model()
        self.assertTrue(recalls[0].reason.startswith("Gum maintenance visit on "))
        self.env.invalidate_all()
        recalls.mapped("reason")
        recalls.invalidate_recordset()
        with self.assertQueryCount(4):  # recalls, patients, the visits, their names
            reasons = recalls.mapped("reason")
        self.assertTrue(all(reason.endswith("+ 6 months") for reason in reasons))

    def test_the_page_costs_the_same_for_three_and_for_thirty(self):
        for number in range(30):
            self._due_patient(last_name=f"N{number}")
        names = ("reason", "state", "days_overdue", "mobile", "email", "last_message_state",
                 "last_contact_at", "appointment_at", "due_date")  # fmt: skip
        spec = {name: {} for name in names}
        spec |= {"patient_id": {"fields": {"display_name": {}}}}
        recalls = self.as_user(self.receptionist, self.env["prm.recall"])
        domain = [("state", "=", "due"), ("patient_id.status", "=", "active")]
        counts = []
        for limit in (3, 3, 30):
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            page = recalls.web_search_read(domain, spec, limit=limit)
            counts.append(self.env.cr.sql_log_count - before)
            self.assertEqual(len(page["records"]), limit)
        self.assertLessEqual(counts[2], counts[1] + 1)

    def test_the_list_for_other_programs(self):
        first = self._patient(
            first_name="Ida",
            identifier_ids=[(0, 0, {"system": "opendental", "value": "1002"})],
        )
        second = self._patient(
            first_name="Eva",
            identifier_ids=[(0, 0, {"system": "opendental", "value": "1001"})],
        )
        gone = self._patient(
            first_name="Ugo",
            status="inactive",
            identifier_ids=[(0, 0, {"system": "opendental", "value": "1003"})],
        )
        for patient in (first, second, gone):
            self._done(patient, "2025-08-31")
        self._done(first, "2024-01-01")
        day = self.env["prm.recall"].search([("patient_id", "=", first.id)]).due_date
        wanted = [("1001", "2026-02-28"), ("1002", "2026-02-28")]
        rows = self.env["prm.recall"]._due_list(day)
        self.assertEqual([(row["patient"], str(row["due"])) for row in rows], wanted)
        self.assertEqual(str(rows[0]["last"]), "2025-08-31")
        self.assertFalse(self.env["prm.recall"]._due_list(day - timedelta(days=1)))

    def test_the_patients_counts_and_doors(self):
        patient, recall = self._due_patient()
        mine = self.as_user(self.receptionist, patient)
        self.assertEqual((mine.recall_count, mine.procedure_count), (1, 1))
        action = mine.action_open_recalls()
        self.assertEqual(self.env["prm.recall"].search(action["domain"]), recall)
        action = mine.action_open_procedures()
        self.assertEqual(self.env["prm.procedure"].search(action["domain"]), patient.procedure_ids)
        self.assertEqual(self.as_user(self.receptionist, self.hygiene).due_count, 1)
