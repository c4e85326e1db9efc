from datetime import date, timedelta

from odoo.tests import tagged

from .recall_case import TODAY, RecallCase


@tagged("post_install", "-at_install")
class TestPatientMerge(RecallCase):
    """Recalls, health facts, questions and wishes of somebody who was entered twice."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.kept = cls._patient(first_name="Maria", last_name="Rossi")
        cls.gone = cls._patient(first_name="Maria", last_name="Rossi")
        cls.facts = cls.env["prm.health.fact"]

    def _merge(self):
        self.gone._merge_into(self.kept)

    def test_recalls_count_from_the_visits_of_both(self):
        self._done(self.kept, date(2025, 1, 10))
        self._done(self.gone, date(2025, 8, 31))
        self._merge()
        recall = self._row(self.kept, "hygiene")
        self.assertEqual(len(recall), 1)
        self.assertEqual(recall.previous_date, date(2025, 8, 31))
        self.assertEqual(recall.due_date, date(2026, 2, 28))

    def test_a_recall_that_only_the_other_one_had(self):
        self._done(self.gone, date(2026, 2, 1), self.env["prm.procedure.type"].browse(
            self.codes["FLUOR"]))  # fmt: skip
        self._merge()
        self.assertEqual(self._row(self.kept, "fluoride").due_date, date(2026, 8, 2))

    def test_the_kind_done_last_by_either_has_its_turn(self):
        self._done(self.kept, date(2025, 11, 3))
        self._done(self.gone, date(2026, 3, 3), self.env["prm.procedure.type"].browse(
            self.codes["PERM"]))  # fmt: skip
        self._merge()
        self.assertEqual(self._row(self.kept, "perio").due_date, date(2026, 6, 3))
        self.assertFalse(self._row(self.kept, "hygiene").due_date)

    def test_what_was_decided_on_either_sticks(self):
        for patient in (self.kept, self.gone):
            self._done(patient, date(2026, 1, 15))
        self._said(self.gone, "hygiene", interval_number=3, interval_reason="Smokes")
        self._said(self.gone, "hygiene", disabled_until=date(2026, 9, 1), disabled_reason="Abroad")
        self._said(self.kept, "hygiene", disabled_until=date(2026, 7, 1), disabled_reason="Busy")
        self._merge()
        recall = self._row(self.kept, "hygiene")
        self.assertEqual(recall.interval_number, 3)
        self.assertEqual(recall.interval_reason, "Smokes")
        self.assertEqual(recall.due_date, date(2026, 4, 15))
        self.assertEqual(recall.disabled_until, date(2026, 7, 1), "who stays is right")

    def test_a_date_by_hand_holds_until_the_next_visit(self):
        self._done(self.kept, date(2025, 9, 1))
        self._done(self.gone, date(2026, 1, 15))
        self._said(self.gone, "hygiene", manual_due_date=date(2026, 12, 1), manual_reason="Asked")
        self._merge()
        recall = self._row(self.kept, "hygiene")
        self.assertEqual(recall.due_date, date(2026, 12, 1))
        self._done(self.kept, date(2026, 5, 20))
        self.assertEqual(recall.due_date, date(2026, 11, 20))

    def test_a_later_visit_has_used_up_a_date_by_hand(self):
        self._done(self.kept, date(2026, 1, 15))
        self._done(self.gone, date(2025, 9, 1))
        self._said(self.gone, "hygiene", manual_due_date=date(2026, 12, 1), manual_reason="Asked")
        self._merge()
        self.assertEqual(self._row(self.kept, "hygiene").due_date, date(2026, 7, 15))

    def test_a_booked_visit_of_the_other_one_counts(self):
        self._done(self.kept, date(2025, 6, 1))
        kind = self.hygiene.with_company(self.practice).appointment_type_id or self.visit
        self.hygiene.with_company(self.practice).appointment_type_id = kind
        visit = self._book(self.gone, kind=kind)
        self._merge()
        self.assertEqual(self._row(self.kept, "hygiene").appointment_id, visit)

    def test_warnings_are_not_lost(self):
        self.facts._record(self.gone, {"allergy": ["Penicillin"]}, on=TODAY - timedelta(days=900))
        self.facts._record(self.kept, {"allergy": ["Latex", "Penicillin"]})
        self.facts._record(self.gone, {"diabetes": "controlled"}, on=TODAY - timedelta(days=90))
        self._merge()
        known = self.facts._current(self.kept, ["allergy", "diabetes"])[self.kept.id]
        self.assertEqual(set(known["allergy"].splitlines()), {"Latex", "Penicillin"})
        self.assertEqual(known["diabetes"], "controlled")
        self.assertEqual(
            self.facts.search_count([("patient_id", "=", self.kept.id), ("ended_on", "=", False)]),
            2,
        )

    def test_a_warning_goes_before_a_newer_no(self):
        self.facts._record(self.gone, {"pregnancy": True}, on=TODAY - timedelta(days=60))
        self.facts._record(self.kept, {"pregnancy": False}, on=TODAY - timedelta(days=1))
        self._merge()
        self.assertIs(
            self.facts._current(self.kept, ["pregnancy"])[self.kept.id]["pregnancy"], True
        )

    def test_wishes_and_begun_questions_are_there_once(self):
        entries = self.env["prm.waitlist.entry"]
        for patient in (self.kept, self.gone):
            entries.create({"patient_id": patient.id, "type_id": self.visit.id})
            self.env["prm.history"]._begun(patient, "link", True)
        self._merge()
        self.assertEqual(
            entries.search_count([("patient_id", "=", self.kept.id), ("state", "=", "waiting")]), 1
        )
        self.assertEqual(
            self.env["prm.history"].search_count([("patient_id", "=", self.kept.id)]), 1
        )

    def test_the_aftercare_of_a_day_is_one(self):
        extraction = self.env["prm.procedure.type"].browse(self.codes["EXT"])
        for patient in (self.kept, self.gone):
            self._done(patient, TODAY, extraction)
        self._merge()
        rows = self.env["prm.aftercare"].search([("patient_id", "=", self.kept.id)])
        self.assertEqual(rows.mapped("date"), [TODAY])
        self.assertEqual(rows.procedure_ids, self.kept.procedure_ids)

    def test_medicines_are_reminded_of_once(self):
        for patient in (self.kept, self.gone):
            prescription = self.env["prm.prescription"].create(
                {
                    "patient_id": patient.id,
                    "remind": True,
                    "line_ids": [(0, 0, {"drug": "Amoxicillin 500 mg", "dose": "1 tablet",
                                         "exact_times": "14:30, 20:00", "days": 3})],
                }
            )  # fmt: skip
            prescription.with_context(prm_checked=True).action_start()
        moments = self.env["prm.intake"].search([("patient_id", "=", self.kept.id)]).mapped("at")
        self.assertTrue(moments)
        self._merge()
        rows = self.env["prm.intake"].search([("patient_id", "=", self.kept.id)])
        self.assertEqual(rows.mapped("at"), moments)

    def test_who_was_put_off_stays_put_off_once(self):
        snoozes = self.env["prm.unscheduled.snooze"]
        for patient in (self.kept, self.gone):
            snoozes._put_off(patient, "work", TODAY + timedelta(days=30))
        self._merge()
        self.assertEqual(snoozes.search_count([("patient_id", "=", self.kept.id)]), 1)
