from datetime import date, timedelta

from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from .common import DentalCase


@tagged("post_install", "-at_install")
class TestSteps(DentalCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.reason = cls.env.ref("prm_dental.prm_decline_reason_afraid")
        cls.procedure = cls._done(cls.maria, cls.today, cls.fill, "planned")

    def _history(self, procedure=None):
        changes = (procedure or self.procedure).status_ids.sorted("id")
        return [(change.from_state, change.to_state) for change in changes]

    def _told(self, patient=None):
        events = self.env["prm.event"].search(
            [
                ("patient_id", "=", (patient or self.maria).id),
                ("event_type_id.code", "=like", "procedure_%"),
            ],
            order="id",
        )
        return [event.event_type_id.code.removeprefix("procedure_") for event in events]

    def test_a_way_from_plan_to_done(self):
        self.procedure.action_accept()
        self.assertEqual(self.procedure.accepted_on, self.today)
        visit = self._book(self.maria)
        self.procedure.appointment_id = visit
        self.assertEqual(self.procedure.state, "scheduled")
        self.assertEqual(visit.prm_procedure_ids, self.procedure)
        self.procedure.action_start()
        self.procedure.action_complete()
        self.assertEqual(
            self._history(),
            [
                (False, "planned"),
                ("planned", "accepted"),
                ("accepted", "scheduled"),
                ("scheduled", "in_progress"),
                ("in_progress", "completed"),
            ],
        )
        self.assertEqual(self._told(), ["planned", "accepted", "completed"])
        self.assertEqual(self.procedure.appointment_id, visit)

    def test_when_the_visit_falls_through(self):
        other = self._done(self.maria, self.today, self.fill, "accepted", tooth="26")
        visit = self._book(self.maria)
        (self.procedure | other).write({"appointment_id": visit.id})
        self.assertEqual(set((self.procedure | other).mapped("state")), {"scheduled"})
        visit._prm_cancel("patient", "ill")
        self.assertEqual((self.procedure.state, other.state), ("planned", "accepted"))
        self.assertFalse((self.procedure | other).appointment_id)
        # That it waits again is no news.
        self.assertEqual(self._told(), ["planned", "accepted"])

    def test_when_the_visit_is_missed_or_archived(self):
        falls = (
            lambda visit: visit.write({"prm_status": "no_show"}),
            lambda visit: visit.write({"active": False}),
        )
        for number, fall in enumerate(falls):
            visit = self._book(self.maria, days=3 + number)
            self.procedure.appointment_id = visit
            fall(visit)
            self.assertEqual(self.procedure.state, "planned")

    def test_what_is_done_keeps_its_visit(self):
        visit = self._book(self.maria)
        self.procedure.appointment_id = visit
        self.procedure.action_complete()
        visit.sudo().write({"prm_status": "cancelled"})
        self.assertEqual(self.procedure.state, "completed")

    def test_the_desk_cancels_though_it_writes_no_treatment(self):
        visit = self._book(self.maria)
        self.procedure.appointment_id = visit
        self.as_user(self.receptionist, visit)._prm_cancel("patient", "ill")
        self.assertEqual(self.procedure.state, "planned")
        self.assertEqual(self.procedure.status_ids[0].user_id, self.receptionist)

    def test_goes_along_when_another_visit_takes_the_place(self):
        visit = self._book(self.maria)
        self.procedure.appointment_id = visit
        history = len(self.procedure.status_ids)
        wish = {
            "patient": self.maria,
            "type": visit.prm_type_id,
            "provider": visit.prm_provider_id,
            "start": visit.start + timedelta(days=1),
            "previous": visit,
        }
        other = self.env["calendar.event"]._prm_book([wish])
        self.assertEqual(visit.prm_status, "cancelled")
        self.assertEqual(self.procedure.appointment_id, other)
        self.assertEqual(self.procedure.state, "scheduled")
        self.assertEqual(len(self.procedure.status_ids), history, "nothing happened to it")

    def test_a_new_one_with_a_visit_is_scheduled(self):
        visit = self._book(self.maria)
        procedure = self._done(
            self.maria, self.today, self.fill, "planned", appointment_id=visit.id
        )
        self.assertEqual(procedure.state, "scheduled")
        self.assertEqual(self._history(procedure), [(False, "scheduled")])

    def test_what_is_not_whole_is_refused(self):
        with self.assertRaisesRegex(ValidationError, "Choose the visit"):
            self.procedure.state = "scheduled"
        with self.assertRaisesRegex(ValidationError, "Choose the reason"):
            self.procedure.state = "declined"
        with self.assertRaisesRegex(ValidationError, "another patient's"):
            self.procedure.appointment_id = self._book(self._patient(first_name="Ada"))

    def test_declined_with_reason_and_taken_up_again(self):
        self.procedure.action_accept()
        self.procedure.write({"state": "declined", "decline_reason_id": self.reason.id})
        self.assertFalse(self.procedure.accepted_on)
        self.assertEqual(self.procedure.status_ids[0].reason_id, self.reason)
        self.procedure.action_accept()
        self.assertFalse(self.procedure.decline_reason_id)
        self.assertEqual(self._told(), ["planned", "accepted", "declined", "accepted"])
        event = self.env["prm.event"].search([("event_type_id.code", "=", "procedure_declined")])
        self.assertEqual(event.payload["reason"], "afraid")

    def test_people_pass_the_table_and_a_manager_corrects(self):
        self.procedure.action_complete()
        mine = self.as_user(self.clinician, self.procedure)
        with self.assertRaisesRegex(UserError, "is “Completed”: it can't become “Accepted”"):
            mine.write({"state": "accepted"})
        self.assertEqual(mine.state, "completed")
        self.as_user(self.manager, self.procedure).write({"state": "accepted"})
        self.assertEqual(mine.state, "accepted")

    def test_the_history_can_not_be_changed(self):
        change = self.procedure.status_ids
        for user in (self.clinician, self.manager):
            with self.assertRaises(UserError):
                self.as_user(user, change).write({"to_state": "completed"})
            with self.assertRaises(UserError):
                self.as_user(user, change).unlink()
        with self.assertRaisesRegex(UserError, "is a record"):
            change.sudo().write({"to_state": "completed"})
        with self.assertRaisesRegex(UserError, "is a record"):
            change.sudo().unlink()
        self.assertEqual(change.to_label, "Planned")

    def test_lists_bring_no_news_but_what_is_done(self):
        patient = self._patient(first_name="Ada")
        bulk = self.env["prm.procedure"].with_context(prm_bulk=True)
        made = bulk.create(
            [
                {"patient_id": patient.id, "type_id": self.fill.id, "date": "2025-01-01", **row}
                for row in ({"state": "planned"}, {"state": "completed"}, {"state": "declined"})
            ]
        )
        self.assertEqual(self._told(patient), ["completed"])
        self.assertFalse(made.status_ids)
        made[0].write({"state": "completed"})
        self.assertEqual(self._history(made[0]), [("planned", "completed")])

    def test_many_at_once_cost_no_query_each(self):
        patients = [self._patient(first_name=f"P{number}") for number in range(30)]
        procedures = self.env["prm.procedure"].create(
            [
                {
                    "patient_id": patient.id,
                    "type_id": self.fill.id,
                    "tooth": "16",
                    "surfaces": "MO",
                }
                for patient in patients
            ]
        )
        counts = []
        for part in (procedures[:2], procedures[2:5], procedures[5:]):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            part.write({"state": "accepted"})
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[2], counts[1] + 2)

    def test_the_fee_comes_from_the_practices_catalogue(self):
        self.fill.with_company(self.practice).fee = 120
        self.fill.with_company(self.other_practice).fee = 90
        here = self._done(self.maria, self.today, self.fill)
        there = self._done(
            self._patient(first_name="Ola", company_id=self.other_practice.id),
            self.today,
            self.fill,
        )
        self.assertEqual((here.fee, there.fee), (120, 90))
        self.assertEqual(self._done(self.maria, self.today, self.fill, fee=0).fee, 0)
        elsewhere = self._done(self.maria, date(2020, 1, 1), self.fill, "existing")
        self.assertEqual(elsewhere.fee, 0)
