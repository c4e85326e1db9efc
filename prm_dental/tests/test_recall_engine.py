from datetime import date, timedelta

from odoo.exceptions import ValidationError
from odoo.tests import freeze_time, tagged

from .common import DentalCase

#: Last visit, interval, due: calendar months as PostgreSQL and every calendar count them. A month
#: that has no such day gives its last day.
DATES = [
    ("2025-03-12", 6, "month", "2025-09-12"),
    ("2025-08-31", 6, "month", "2026-02-28"),
    ("2023-08-31", 6, "month", "2024-02-29"),  # leap year
    ("2025-08-29", 6, "month", "2026-02-28"),
    ("2023-08-29", 6, "month", "2024-02-29"),
    ("2025-08-30", 6, "month", "2026-02-28"),
    ("2025-08-28", 6, "month", "2026-02-28"),
    ("2025-09-01", 6, "month", "2026-03-01"),
    ("2025-03-31", 6, "month", "2025-09-30"),
    ("2025-10-31", 6, "month", "2026-04-30"),
    ("2025-12-31", 6, "month", "2026-06-30"),
    ("2025-02-28", 6, "month", "2025-08-28"),  # not the 31st
    ("2024-02-29", 6, "month", "2024-08-29"),
    ("2024-02-29", 12, "month", "2025-02-28"),
    ("2024-02-29", 1, "year", "2025-02-28"),
    ("2024-02-29", 4, "year", "2028-02-29"),
    ("2024-02-28", 1, "year", "2025-02-28"),
    ("2025-01-31", 1, "month", "2025-02-28"),
    ("2024-01-31", 1, "month", "2024-02-29"),
    ("2025-01-31", 3, "month", "2025-04-30"),
    ("2025-01-01", 3, "month", "2025-04-01"),
    ("2025-11-30", 3, "month", "2026-02-28"),
    ("2025-12-15", 24, "month", "2027-12-15"),
    ("2024-12-31", 2, "month", "2025-02-28"),
    ("2025-12-31", 1, "day", "2026-01-01"),
    ("2024-02-28", 1, "day", "2024-02-29"),
    ("2025-02-28", 1, "day", "2025-03-01"),
    ("2025-03-01", 90, "day", "2025-05-30"),
    ("2025-01-01", 1, "week", "2025-01-08"),
    ("2024-02-26", 1, "week", "2024-03-04"),
    ("2025-03-30", 26, "week", "2025-09-28"),  # over a change of the clock
    ("1900-02-28", 1, "day", "1900-03-01"),  # no leap year
    ("2000-02-28", 1, "day", "2000-02-29"),
]


@tagged("post_install", "-at_install")
class TestRecallDates(DentalCase):
    def test_due_dates(self):
        for last, number, unit, due in DATES:
            with self.subTest(last=last, number=number, unit=unit):
                patient = self._patient(first_name="Date", last_name=last)
                self._done(patient, last)
                self.hygiene.write({"interval_number": number, "interval_unit": unit})
                recall = self._recall(patient)
                self.assertEqual(str(recall.previous_date), last)
                self.assertEqual(str(recall.due_date), due)

    def test_a_mistyped_year_does_not_break_the_list(self):
        self.env["prm.procedure"].with_context(prm_bulk=True).create(
            {
                "patient_id": self.maria.id,
                "type_id": self.hyg.id,
                "date": "9999-11-01",
                "state": "completed",
            }
        )
        self.assertEqual(self._recall(self.maria).due_date, date(9999, 12, 31))


@tagged("post_install", "-at_install")
class TestRecallEngine(DentalCase):
    def test_the_last_completed_trigger_counts(self):
        self._done(self.maria, "2025-01-10")
        self._done(self.maria, "2025-05-10", kind=self.perm)
        self._done(self.maria, "2025-06-01", kind=self.fill)
        self._done(self.maria, "2025-07-01", state="planned")
        self._done(self.maria, "2025-08-01", state="existing")
        self._done(self.maria, "2025-09-01", state="deleted")
        self.assertEqual(self._recall(self.maria).previous_date, date(2025, 5, 10))

    def test_read_after_write_in_one_transaction(self):
        procedure = self._done(self.maria, "2025-01-10")
        recall = self._recall(self.maria)
        self.assertEqual(recall.due_date, date(2025, 7, 10))
        procedure.date = "2025-02-10"
        self.assertEqual(recall.due_date, date(2025, 8, 10))
        self.assertEqual(self.maria.recall_ids, recall)
        procedure.type_id = self.perm
        self.assertEqual(self.maria.recall_ids, recall)
        procedure.write({"type_id": self.fill.id, "tooth": "16", "surfaces": "MO"})
        self.assertFalse(self.maria.recall_ids)
        self.assertFalse(recall.exists())

    def test_a_corrected_procedure_moves_the_date_back(self):
        self._done(self.maria, "2025-01-10")
        wrong = self._done(self.maria, "2026-01-10")
        self.assertEqual(self._recall(self.maria).due_date, date(2026, 7, 10))
        wrong.state = "deleted"
        self.assertEqual(self._recall(self.maria).due_date, date(2025, 7, 10))
        wrong.unlink()
        self.assertEqual(self._recall(self.maria).due_date, date(2025, 7, 10))

    def test_a_procedure_moved_to_another_patient(self):
        other = self._patient(first_name="Ugo")
        procedure = self._done(self.maria, "2025-01-10")
        procedure.patient_id = other
        self.assertFalse(self._recall(self.maria))
        self.assertEqual(self._recall(other).due_date, date(2025, 7, 10))

    def test_differences_only(self):
        patient, recall = self._due_patient()
        self.env.flush_all()
        result = self.env["prm.recall"]._recompute()
        self.assertEqual(result, {"written": 0, "deleted": 0})
        self.env.cr.execute("SELECT xmin, ctid FROM prm_recall WHERE id = %s", [recall.id])
        before = self.env.cr.fetchone()
        self.env["prm.recall"]._recompute(patient)
        self.env.cr.execute("SELECT xmin, ctid FROM prm_recall WHERE id = %s", [recall.id])
        self.assertEqual(self.env.cr.fetchone(), before)

    def test_only_these_patients(self):
        patient, recall = self._due_patient()
        _other, other_recall = self._due_patient(first_name="Ida")
        self.env.flush_all()
        self.env.cr.execute("UPDATE prm_procedure SET date = '2025-02-02'")
        self.env["prm.recall"]._recompute(patient)
        self.assertEqual(recall.previous_date, date(2025, 2, 2))
        self.assertEqual(other_recall.previous_date, self.today - timedelta(days=365))

    def test_changing_the_type_recomputes_everybody(self):
        _patient, recall = self._due_patient()
        self.hygiene.interval_number = 3
        before = recall.due_date
        self.hygiene.interval_number = 12
        self.assertGreater(recall.due_date, before)
        self.hygiene.trigger_type_ids = self.perm
        self.assertFalse(recall.exists())
        self.hygiene.trigger_type_ids = self.perm | self.hyg
        self.assertTrue(self._recall(_patient))

    def test_the_catalogue_is_the_other_end_of_the_triggers(self):
        self._done(self.maria, "2025-01-10", kind=self.fill)
        self.assertFalse(self._recall(self.maria))
        self.fill.recall_type_ids = self.hygiene
        self.assertTrue(self._recall(self.maria))

    def test_several_types(self):
        check = self.env["prm.recall.type"].create(
            {
                "name": "Check",
                "code": "check",
                "interval_number": 1,
                "interval_unit": "year",
                "trigger_type_ids": [(6, 0, (self.fill | self.hyg).ids)],
            }
        )
        self._done(self.maria, "2025-01-10")
        self._done(self.maria, "2025-02-10", kind=self.fill)
        self.assertEqual(self._recall(self.maria).due_date, date(2025, 7, 10))
        self.assertEqual(self._recall(self.maria, check).due_date, date(2026, 2, 10))

    def test_a_practices_own_type_is_for_its_patients(self):
        own = self.env["prm.recall.type"].create(
            {
                "name": "Own",
                "code": "own",
                "company_id": self.other_practice.id,
                "trigger_type_ids": [(6, 0, self.hyg.ids)],
            }
        )
        stranger = self._patient(first_name="Ola", company_id=self.other_practice.id)
        self._done(self.maria, "2025-01-10")
        self._done(stranger, "2025-01-10")
        self.assertFalse(self._recall(self.maria, own))
        found = self.env["prm.recall"].search([("patient_id", "=", stranger.id)])
        self.assertEqual(found.type_id, own | self.hygiene)
        self.assertEqual(found.company_id, self.other_practice)

    def test_an_archived_type_recalls_nobody(self):
        _patient, recall = self._due_patient()
        kept = self._due_patient(first_name="Ida")[1]
        kept.manual_due_date = self.today
        self.hygiene.active = False
        self.assertFalse(recall.exists())
        self.assertEqual(kept.state, "disabled")
        self.hygiene.active = True
        self.assertEqual(kept.state, "due")
        self.assertTrue(self._recall(_patient))

    def test_a_type_needs_triggers_and_a_sane_interval(self):
        with self.assertRaisesRegex(ValidationError, "counted from"):
            self.hygiene.trigger_type_ids = False

    def test_deleting_at_commit_is_right_as_well(self):
        """What nobody reads in the transaction is computed before it ends."""
        self._done(self.maria, "2025-01-10")
        self.env.cr.flush()
        self.env.cr.execute("SELECT due_date FROM prm_recall WHERE patient_id = %s", self.maria.ids)
        self.assertEqual(self.env.cr.fetchall(), [(date(2025, 7, 10),)])


@tagged("post_install", "-at_install")
class TestManualDate(DentalCase):
    def test_it_holds_until_the_next_visit(self):
        patient, recall = self._due_patient()
        wish = self.today + timedelta(days=40)
        recall.write({"manual_due_date": wish, "manual_reason": "On a long journey"})
        self.assertEqual(recall.due_date, wish)
        self.assertEqual(recall.state, "upcoming")
        self.assertEqual(recall.reason, "On a long journey")
        self._done(patient, self.today - timedelta(days=500))
        self.assertEqual(recall.due_date, wish, "an older visit changes nothing")
        self.env["prm.recall"]._recompute()
        self.assertEqual(recall.due_date, wish, "it sticks")
        visit = self._done(patient, self.today)
        self.assertEqual(recall.previous_date, self.today)
        self.assertGreater(recall.due_date, self.today + timedelta(days=150))
        visit.state = "deleted"
        self.assertEqual(recall.due_date, wish, "the visit never was")

    def test_set_right_after_the_visit(self):
        patient, recall = self._due_patient()
        self._done(patient, self.today)
        recall.manual_due_date = self.today + timedelta(days=90)
        self.assertEqual(recall.due_date, self.today + timedelta(days=90))

    def test_taken_back(self):
        _patient, recall = self._due_patient()
        computed = recall.due_date
        recall.manual_due_date = self.today
        recall.manual_due_date = False
        self.assertEqual(recall.due_date, computed)

    def test_first_recall_by_hand(self):
        recall = self.env["prm.recall"].create(
            {
                "patient_id": self.maria.id,
                "type_id": self.hygiene.id,
                "manual_due_date": self.today,
            }
        )
        self.assertEqual(recall.due_date, self.today)
        self.env["prm.recall"]._recompute()
        self.assertTrue(recall.exists())
        with self.assertRaises(ValidationError):
            recall.manual_due_date = False
        self._done(self.maria, self.today)
        self.assertEqual(recall.previous_date, self.today)
        self.assertGreater(recall.due_date, self.today)

    def test_a_recall_needs_something_to_count_from(self):
        with self.assertRaisesRegex(ValidationError, "no visit to count from"):
            self.env["prm.recall"].create({"patient_id": self.maria.id, "type_id": self.hygiene.id})

    def test_not_recalled(self):
        patient, recall = self._due_patient()
        recall.write({"disabled": True, "disabled_reason": "Goes to her sister's practice"})
        self.assertEqual(recall.state, "disabled")
        self.assertEqual(recall.reason, "Goes to her sister's practice")
        patient.procedure_ids.unlink()
        self.assertTrue(recall.exists(), "the decision outlives the facts")
        self._done(patient, "2025-01-01")
        recall.action_enable()
        self.assertEqual(recall.state, "due")


@tagged("post_install", "-at_install")
class TestRecallBooking(DentalCase):
    @classmethod
    def setUpClass(cls):
        cls._stop_clock()
        super().setUpClass()

    def test_booking_at_the_desk_marks_the_recall(self):
        patient, recall = self._due_patient()
        event = self._book(patient)
        self.assertEqual(recall.appointment_id, event)
        self.assertEqual(recall.appointment_at, event.start)
        self.assertEqual(recall.state, "booked")
        told = self.env["prm.event"].search(
            [("patient_id", "=", patient.id), ("event_type_id.code", "=", "recall_booked")]
        )
        self.assertEqual((told.res_id, told.payload), (event.id, {"recall": "hygiene"}))

    def test_another_kind_of_visit_does_not(self):
        patient, recall = self._due_patient()
        event = self._book(patient, kind=self.other_visit)
        self.assertFalse(recall.appointment_id)
        self.hygiene.other_appointment_type_ids = self.other_visit
        self.assertEqual(recall.appointment_id, event)

    def test_cancelled_is_due_again(self):
        patient, recall = self._due_patient()
        event = self._book(patient)
        self.assertEqual(recall.state, "booked")
        event.prm_status = "cancelled"
        self.assertFalse(recall.appointment_id)
        self.assertEqual(recall.state, "due")

    def test_missed_is_due_again(self):
        patient, recall = self._due_patient()
        self._book(patient).prm_status = "no_show"
        self.assertEqual(recall.state, "due")

    def test_moved(self):
        patient, recall = self._due_patient()
        event = self._book(patient)
        event.write(
            {"start": event.start + timedelta(days=2), "stop": event.stop + timedelta(days=2)}
        )
        self.assertEqual(recall.appointment_at, event.start)

    def test_the_next_of_several_counts(self):
        patient, recall = self._due_patient()
        later, sooner = self._book(patient, days=30), self._book(patient, days=10)
        self.assertEqual(recall.appointment_id, sooner)
        sooner.prm_status = "cancelled"
        self.assertEqual(recall.appointment_id, later)

    def test_a_visit_nobody_recorded_is_due_again_by_itself(self):
        patient, recall = self._due_patient()
        event = self._book(patient, days=1)
        self.assertEqual(recall.state, "booked")
        with freeze_time(event.start.replace(hour=22)):
            recall.invalidate_recordset()
            self.assertEqual(recall.state, "booked", "until the end of the day")
        with freeze_time(event.start + timedelta(days=1, hours=6)):
            recall.invalidate_recordset()
            self.assertEqual(recall.state, "due")
            self.assertIn(recall, recall.search([("state", "=", "due")]))
            self.assertNotIn(recall, recall.search([("state", "=", "booked")]))

    def test_the_visit_moves_the_recall_on(self):
        patient, recall = self._due_patient()
        event = self._book(patient, days=0)
        self.assertEqual(recall.state, "booked")
        event.prm_status = "completed"
        self.assertEqual(recall.state, "booked", "the procedure is entered later that day")
        self._done(patient, self.today)
        self.assertFalse(recall.appointment_id)
        self.assertEqual(recall.previous_date, self.today)
        self.assertEqual(recall.state, "upcoming")

    def test_many_bookings_cost_no_query_each(self):
        pairs = [self._due_patient(last_name=f"N{number}") for number in range(24)]

        def book(some, first_day):
            wishes = [
                {
                    "patient": patient,
                    "type": self.visit,
                    "provider": self.provider,
                    "start": self.env.cr.now().replace(hour=9, minute=0, second=0, microsecond=0)
                    + timedelta(days=first_day + number),
                }
                for number, (patient, _recall) in enumerate(some)
            ]
            self.env["calendar.event"]._prm_book(wishes)
            self.env.flush_all()
            before = self.env.cr.sql_log_count
            self.env["prm.recall"].flush_model()
            return self.env.cr.sql_log_count - before

        few = book(pairs[:4], 5)
        many = book(pairs[4:], 50)
        self.assertLessEqual(many, few + 2)
        self.assertEqual({recall.state for _patient, recall in pairs}, {"booked"})
