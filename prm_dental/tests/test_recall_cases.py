# ruff: noqa: E501 (a table)
"""The rules of recalls as a table: what happened, what was said, and what must come out.

Each row names the rule from which it was written:

CAL   calendar months, as PostgreSQL and ISO 8601 count them: no such day, then the last one
LAST  the last completed trigger counts, whatever is corrected afterwards
HAND  a date by hand holds until the next visit
OWN   a patient's own interval sticks over visits
OFF   for good, until a date, or while the family owes more than an amount
TURN  of kinds that take turns only the one done last is on
RIDE  what is due about the same time is done together, and is not asked for alone
AGE   ages of a kind, by full years; due on the birthday, never when too old
FIRST the first time without a procedure
BOOK  an appointment of the right kind answers the recall until the end of its day
"""

from datetime import date, datetime, time, timedelta

from odoo.exceptions import ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger
from psycopg2 import IntegrityError

from .recall_case import TODAY, RecallCase

NOON = datetime.combine(TODAY, time(10))

#: (rule, what it shows, steps, expected). Expected: kind -> None (no such recall), or
#: "last visit · due · state"; "-" for an empty date. Today is 1 June 2026.
# fmt: off
CASES = [
    ("CAL", "six months", ["done HYG 2026-01-10"], {"hygiene": "2026-01-10 · 2026-07-10 · upcoming"}),
    ("CAL", "31 August + 6 months", ["done HYG 2025-08-31"], {"hygiene": "2025-08-31 · 2026-02-28 · due"}),
    ("CAL", "into a leap year", ["done HYG 2023-08-31"], {"hygiene": "2023-08-31 · 2024-02-29 · due"}),
    ("CAL", "29 February + 3 months", ["done PERM 2024-02-29"], {"perio": "2024-02-29 · 2024-05-29 · due"}),
    ("CAL", "29 February + 2 years", ["done BWX 2024-02-29"], {"bitewings": "2024-02-29 · 2026-02-28 · due"}),
    ("CAL", "leap day to leap day", ["done BWX 2022-03-01", "interval bitewings 4 year"], {"bitewings": "2022-03-01 · 2026-03-01 · due"}),
    ("CAL", "30 November + 3 months", ["done PERM 2025-11-30"], {"perio": "2025-11-30 · 2026-02-28 · due"}),
    ("CAL", "weeks cross a change of clock", ["done FLUOR 2026-03-01"], {"fluoride": "2026-03-01 · 2026-08-30 · upcoming"}),
    ("CAL", "end of the year", ["done HYG 2025-12-31"], {"hygiene": "2025-12-31 · 2026-06-30 · upcoming"}),
    ("CAL", "days", ["done HYG 2026-02-28", "interval hygiene 1 day"], {"hygiene": "2026-02-28 · 2026-03-01 · due"}),
    ("CAL", "due today is due", ["done HYG 2025-12-01"], {"hygiene": "2025-12-01 · 2026-06-01 · due"}),
    ("CAL", "due tomorrow is not yet", ["done HYG 2025-12-02"], {"hygiene": "2025-12-02 · 2026-06-02 · upcoming"}),

    ("LAST", "nothing done, nothing due", [], {"hygiene": None, "perio": None, "bitewings": None}),
    ("LAST", "the latest of several", ["done HYG 2025-01-10", "done HYG 2026-01-05", "done HYG 2025-06-01"], {"hygiene": "2026-01-05 · 2026-07-05 · upcoming"}),
    ("LAST", "planned work starts nothing", ["done HYG 2026-01-05 planned"], {"hygiene": None}),
    ("LAST", "work done elsewhere starts nothing", ["done HYG 2026-01-05 existing"], {"hygiene": None}),
    ("LAST", "work entered by mistake starts nothing", ["done HYG 2026-01-05 deleted"], {"hygiene": None}),
    ("LAST", "a plan that is completed does", ["done HYG 2026-01-05 planned", "state 0 completed"], {"hygiene": "2026-01-05 · 2026-07-05 · upcoming"}),
    ("LAST", "deleted: back to the one before", ["done HYG 2025-01-05", "done HYG 2026-03-01", "state 1 deleted"], {"hygiene": "2025-01-05 · 2025-07-05 · due"}),
    ("LAST", "removed: back to the one before", ["done HYG 2025-01-05", "done HYG 2026-03-01", "remove 1"], {"hygiene": "2025-01-05 · 2025-07-05 · due"}),
    ("LAST", "the only one removed: no recall", ["done HYG 2026-03-01", "remove 0"], {"hygiene": None}),
    ("LAST", "a date put right", ["done HYG 2026-03-01", "redate 0 2025-03-01"], {"hygiene": "2025-03-01 · 2025-09-01 · due"}),
    ("LAST", "a kind put right", ["done HYG 2026-03-01", "recode 0 BWX"], {"hygiene": None, "bitewings": "2026-03-01 · 2028-03-01 · upcoming"}),
    ("LAST", "merged: the procedures go to the other record", ["done HYG 2026-01-05", "merge"], {"hygiene": None}),
    ("LAST", "merged: the other record's procedures come here", ["done HYG 2025-01-05", "merged_from HYG 2026-03-01"], {"hygiene": "2026-03-01 · 2026-09-01 · upcoming"}),
    ("LAST", "several kinds, each by its own", ["done HYG 2026-03-01", "done FLUOR 2026-01-04"], {"hygiene": "2026-03-01 · 2026-09-01 · upcoming", "fluoride": "2026-01-04 · 2026-07-05 · upcoming"}),

    ("HAND", "a later date", ["done HYG 2025-06-01", "hand hygiene 2026-09-09"], {"hygiene": "2025-06-01 · 2026-09-09 · upcoming"}),
    ("HAND", "an earlier date", ["done HYG 2026-05-01", "hand hygiene 2026-05-20"], {"hygiene": "2026-05-01 · 2026-05-20 · due"}),
    ("HAND", "the next visit uses it up", ["done HYG 2025-06-01", "hand hygiene 2026-09-09", "done HYG 2026-05-31"], {"hygiene": "2026-05-31 · 2026-11-30 · upcoming"}),
    ("HAND", "an older visit entered late doesn't", ["done HYG 2025-06-01", "hand hygiene 2026-09-09", "done HYG 2025-01-01"], {"hygiene": "2025-06-01 · 2026-09-09 · upcoming"}),
    ("HAND", "it comes back when that visit never was", ["done HYG 2025-06-01", "hand hygiene 2026-09-09", "done HYG 2026-05-31", "state 1 deleted"], {"hygiene": "2025-06-01 · 2026-09-09 · upcoming"}),
    ("HAND", "before any visit", ["hand hygiene 2026-05-20"], {"hygiene": "- · 2026-05-20 · due"}),
    ("HAND", "the first visit uses it up", ["hand hygiene 2026-05-20", "done HYG 2026-05-25"], {"hygiene": "2026-05-25 · 2026-11-25 · upcoming"}),
    ("HAND", "taken back", ["done HYG 2025-06-01", "hand hygiene 2026-09-09", "hand hygiene -"], {"hygiene": "2025-06-01 · 2025-12-01 · due"}),
    ("HAND", "goes before an own interval", ["done HYG 2026-01-05", "interval hygiene 3 month", "hand hygiene 2026-08-08"], {"hygiene": "2026-01-05 · 2026-08-08 · upcoming"}),
    ("HAND", "stands whatever the age", ["born 2000-01-01", "hand sealant 2026-07-01"], {"sealant": "- · 2026-07-01 · upcoming"}),

    ("OWN", "shorter", ["done HYG 2026-01-05", "interval hygiene 3 month"], {"hygiene": "2026-01-05 · 2026-04-05 · due"}),
    ("OWN", "longer", ["done HYG 2024-06-01", "interval hygiene 2 year"], {"hygiene": "2024-06-01 · 2026-06-01 · due"}),
    ("OWN", "sticks over the next visit", ["done HYG 2025-06-01", "interval hygiene 3 month", "done HYG 2026-05-01"], {"hygiene": "2026-05-01 · 2026-08-01 · upcoming"}),
    ("OWN", "sticks when the visit is deleted", ["done HYG 2025-06-01", "interval hygiene 3 month", "remove 0", "done HYG 2026-05-01"], {"hygiene": "2026-05-01 · 2026-08-01 · upcoming"}),
    ("OWN", "taken back", ["done HYG 2026-01-05", "interval hygiene 3 month", "interval hygiene 0 month"], {"hygiene": "2026-01-05 · 2026-07-05 · upcoming"}),
    ("OWN", "of one kind alone", ["done HYG 2026-01-05", "done FLUOR 2026-01-04", "interval hygiene 3 month"], {"fluoride": "2026-01-04 · 2026-07-05 · upcoming"}),

    ("OFF", "for good", ["done HYG 2025-06-01", "off hygiene"], {"hygiene": "2025-06-01 · 2025-12-01 · disabled"}),
    ("OFF", "outlives the facts", ["done HYG 2025-06-01", "off hygiene", "remove 0"], {"hygiene": "- · - · disabled"}),
    ("OFF", "until a day to come", ["done HYG 2025-06-01", "until hygiene 2026-06-02"], {"hygiene": "2025-06-01 · 2025-12-01 · disabled"}),
    ("OFF", "until today", ["done HYG 2025-06-01", "until hygiene 2026-06-01"], {"hygiene": "2025-06-01 · 2025-12-01 · due"}),
    ("OFF", "while more is open than", ["done HYG 2025-06-01", "above hygiene 100", "owes 101"], {"hygiene": "2025-06-01 · 2025-12-01 · disabled"}),
    ("OFF", "exactly that much is no more", ["done HYG 2025-06-01", "above hygiene 100", "owes 100"], {"hygiene": "2025-06-01 · 2025-12-01 · due"}),
    ("OFF", "paid: asked again", ["done HYG 2025-06-01", "above hygiene 100", "owes 500", "owes 0"], {"hygiene": "2025-06-01 · 2025-12-01 · due"}),
    ("OFF", "what the family owes counts", ["done HYG 2025-06-01", "above hygiene 100", "owes 60", "family_owes 60"], {"hygiene": "2025-06-01 · 2025-12-01 · disabled"}),
    ("OFF", "of one kind alone", ["done HYG 2025-06-01", "done FLUOR 2025-06-01", "off hygiene"], {"fluoride": "2025-06-01 · 2025-11-30 · due"}),

    ("TURN", "maintenance turns hygiene off", ["done HYG 2025-06-01", "done PERM 2026-01-05"], {"hygiene": "2025-06-01 · - · disabled", "perio": "2026-01-05 · 2026-04-05 · due"}),
    ("TURN", "hygiene turns it on again", ["done HYG 2025-06-01", "done PERM 2026-01-05", "done HYG 2026-05-01"], {"hygiene": "2026-05-01 · 2026-11-01 · upcoming", "perio": "2026-01-05 · - · disabled"}),
    ("TURN", "the deleted one turns nothing off", ["done HYG 2025-06-01", "done PERM 2026-01-05", "state 1 deleted"], {"hygiene": "2025-06-01 · 2025-12-01 · due", "perio": None}),
    ("TURN", "on the same day the upper one counts", ["done HYG 2026-01-05", "done PERM 2026-01-05"], {"hygiene": "2026-01-05 · - · disabled", "perio": "2026-01-05 · 2026-04-05 · due"}),
    ("TURN", "an older one entered late changes nothing", ["done PERM 2026-01-05", "done HYG 2025-01-05"], {"hygiene": "2025-01-05 · - · disabled", "perio": "2026-01-05 · 2026-04-05 · due"}),
    ("TURN", "a date by hand doesn't turn it on", ["done HYG 2025-06-01", "done PERM 2026-01-05", "hand hygiene 2026-05-05"], {"hygiene": "2025-06-01 · - · disabled", "perio": "2026-01-05 · 2026-04-05 · due"}),
    ("TURN", "other kinds stay", ["done PERM 2026-01-05", "done FLUOR 2026-01-04"], {"fluoride": "2026-01-04 · 2026-07-05 · upcoming"}),

    ("RIDE", "near each other", ["done HYG 2025-12-01", "done BWX 2024-06-20"], {"hygiene": "2025-12-01 · 2026-06-01 · due", "bitewings": "2024-06-20 · 2026-06-20 · rides"}),
    ("RIDE", "exactly at the limit", ["done HYG 2025-12-01", "done BWX 2024-07-31"], {"bitewings": "2024-07-31 · 2026-07-31 · rides"}),
    ("RIDE", "a day beyond it", ["done HYG 2025-12-01", "done BWX 2024-08-01"], {"bitewings": "2024-08-01 · 2026-08-01 · upcoming"}),
    ("RIDE", "both long overdue", ["done HYG 2024-01-01", "done BWX 2023-06-01"], {"bitewings": "2023-06-01 · 2025-06-01 · rides"}),
    ("RIDE", "long before the visit it goes alone", ["done HYG 2026-05-01", "done BWX 2024-05-01"], {"hygiene": "2026-05-01 · 2026-11-01 · upcoming", "bitewings": "2024-05-01 · 2026-05-01 · due"}),
    ("RIDE", "nothing to ride with", ["done BWX 2024-05-01"], {"bitewings": "2024-05-01 · 2026-05-01 · due"}),
    ("RIDE", "not with one that is off", ["done HYG 2025-12-01", "done BWX 2024-05-01", "off hygiene"], {"bitewings": "2024-05-01 · 2026-05-01 · due"}),
    ("RIDE", "with the one that stands in its place", ["done HYG 2025-06-01", "done PERM 2026-03-01", "done BWX 2024-05-01"], {"perio": "2026-03-01 · 2026-06-01 · due", "bitewings": "2024-05-01 · 2026-05-01 · rides"}),
    ("RIDE", "with maintenance alone", ["done PERM 2026-03-01", "done BWX 2024-05-01"], {"bitewings": "2024-05-01 · 2026-05-01 · rides"}),
    ("RIDE", "with the visit that is booked", ["done HYG 2026-03-01", "book 2026-06-20", "done BWX 2024-06-01"], {"hygiene": "2026-03-01 · 2026-09-01 · booked", "bitewings": "2024-06-01 · 2026-06-01 · rides"}),
    ("RIDE", "not before the other may be asked", ["done HYG 2025-12-01", "until hygiene 2026-12-01", "done BWX 2024-06-20"], {"bitewings": "2024-06-20 · 2026-06-20 · upcoming"}),

    ("AGE", "within", ["born 2016-03-03", "done SEAL 2025-05-01"], {"sealant": "2025-05-01 · 2026-05-01 · due"}),
    ("AGE", "on the last day of 15", ["born 2010-06-02", "done SEAL 2025-06-01"], {"sealant": "2025-06-01 · 2026-06-01 · due"}),
    ("AGE", "16 today", ["born 2010-06-01", "done SEAL 2025-05-01"], {"sealant": "2025-05-01 · 2026-05-01 · disabled"}),
    ("AGE", "too old when it is due", ["born 2010-04-01", "done SEAL 2025-05-01"], {"sealant": "2025-05-01 · - · disabled"}),
    ("AGE", "too young: on the birthday", ["born 2020-09-09", "done SEAL 2025-05-01"], {"sealant": "2025-05-01 · 2026-09-09 · upcoming"}),
    ("AGE", "no date of birth, any age", ["done SEAL 2025-05-01"], {"sealant": "2025-05-01 · 2026-05-01 · due"}),
    ("AGE", "born on 29 February", ["born 2008-02-29", "done EXAM 2025-01-01"], {"exam": "2025-01-01 · 2026-02-28 · due"}),
    ("AGE", "a date of birth put right", ["born 2020-09-09", "done SEAL 2025-05-01", "born 2016-09-09"], {"sealant": "2025-05-01 · 2026-05-01 · due"}),

    ("FIRST", "from becoming a patient on", ["joined 2026-03-01"], {"exam": "- · 2026-03-31 · due"}),
    ("FIRST", "not yet", ["joined 2026-05-20"], {"exam": "- · 2026-06-19 · upcoming"}),
    ("FIRST", "the examination ends it", ["joined 2026-03-01", "done EXAM 2026-03-10"], {"exam": "2026-03-10 · 2027-03-10 · upcoming"}),
    ("FIRST", "children wait for their age", ["born 2012-07-07", "joined 2026-03-01"], {"exam": "- · 2030-07-07 · upcoming"}),
    ("FIRST", "back when the examination never was", ["joined 2026-03-01", "done EXAM 2026-03-10", "remove 0"], {"exam": "- · 2026-03-31 · due"}),
    ("FIRST", "prospects are nobody's patients yet", ["joined 2026-03-01", "status prospect"], {"exam": None}),

    ("BOOK", "a visit of the kind", ["done HYG 2025-06-01", "book 2026-06-10"], {"hygiene": "2025-06-01 · 2025-12-01 · booked"}),
    ("BOOK", "cancelled: due again", ["done HYG 2025-06-01", "book 2026-06-10", "cancel"], {"hygiene": "2025-06-01 · 2025-12-01 · due"}),
    ("BOOK", "another kind of visit", ["done HYG 2025-06-01", "book_other 2026-06-10"], {"hygiene": "2025-06-01 · 2025-12-01 · due"}),
    ("BOOK", "off goes before booked", ["done HYG 2025-06-01", "book 2026-06-10", "off hygiene"], {"hygiene": "2025-06-01 · 2025-12-01 · disabled"}),
]
# fmt: on


@tagged("post_install", "-at_install")
class TestRecallCases(RecallCase):
    def test_there_are_enough_cases_of_every_rule(self):
        self.assertGreaterEqual(len(CASES), 60)
        for rule in ("CAL", "LAST", "HAND", "OWN", "OFF", "TURN", "RIDE", "AGE", "FIRST", "BOOK"):
            self.assertGreaterEqual(sum(case[0] == rule for case in CASES), 4, rule)

    def test_cases(self):
        for number, (rule, title, steps, expected) in enumerate(CASES):
            with self.subTest(rule=rule, case=title):
                patient = self._patient(first_name=f"Case {number}", email="case@example.com")
                self.other = self._patient(first_name=f"Other {number}")
                self.done = []
                for step in steps:
                    what, *words = step.split()
                    getattr(self, f"_step_{what}")(patient, *words)
                self._compare(patient, expected)
                # Everybody's together say the same.
                self.env["prm.recall"]._recompute()
                self._compare(patient, expected)

    def _compare(self, patient, expected):
        found = {}
        for code, wanted in expected.items():
            recall = self._row(patient, code)
            found[code] = wanted and recall and " · ".join(
                (str(recall.previous_date or "-"), str(recall.due_date or "-"), recall.state)
            )  # fmt: skip
            if wanted is None:
                found[code] = recall.due_date if recall else None
        self.assertEqual(found, expected)

    # === STEPS ===

    def _step_done(self, patient, code, day, state="completed"):
        kind = self.env["prm.procedure.type"].browse(self.codes[code])
        self.done.append(self._done(patient, day, kind=kind, state=state))

    def _step_state(self, _patient, number, state):
        self.done[int(number)].state = state

    def _step_remove(self, _patient, number):
        self.done.pop(int(number)).unlink()

    def _step_redate(self, _patient, number, day):
        self.done[int(number)].date = day

    def _step_recode(self, _patient, number, code):
        self.done[int(number)].type_id = self.codes[code]

    def _step_merge(self, patient):
        """The patient turns out to be somebody who has a record already."""
        patient.procedure_ids.patient_id = self.other
        patient.active = False

    def _step_merged_from(self, patient, code, day):
        self._step_done(self.other, code, day)
        self._step_merge_into(patient)

    def _step_merge_into(self, patient):
        self.other.procedure_ids.patient_id = patient
        self.other.active = False

    def _step_hand(self, patient, kind, day):
        self._said(patient, kind, manual_due_date=False if day == "-" else day)

    def _step_interval(self, patient, kind, number, unit):
        self._said(patient, kind, interval_number=int(number), interval_unit=unit)

    def _step_off(self, patient, kind):
        self._said(patient, kind, disabled=True)

    def _step_until(self, patient, kind, day):
        self._said(patient, kind, disabled_until=day)

    def _step_above(self, patient, kind, amount):
        self._said(patient, kind, disabled_above=float(amount))

    def _step_owes(self, patient, amount):
        patient.open_balance = float(amount)

    def _step_family_owes(self, patient, amount):
        family = self.env["prm.household"].create(
            {"name": "Family", "company_id": self.practice.id}
        )
        (patient | self.other).household_id = family
        self.other.open_balance = float(amount)

    def _step_born(self, patient, day):
        patient.birth_date = day

    def _step_joined(self, patient, day):
        self._joined(patient, date.fromisoformat(day))

    def _step_status(self, patient, status):
        patient.status = status

    def _step_book(self, patient, day, kind=None):
        self.visit_event = self._book(
            patient,
            days=(date.fromisoformat(day) - TODAY).days,
            kind=kind or self.visit,
            provider=self.env["prm.provider"].create(
                {"name": f"P {patient.id}", "role": "hygienist", "company_id": self.practice.id}
            ),
        )

    def _step_book_other(self, patient, day):
        self._step_book(patient, day, kind=self.other_visit)

    def _step_cancel(self, _patient):
        self.visit_event.prm_status = "cancelled"


@tagged("post_install", "-at_install")
class TestRecallRules(RecallCase):
    """What the table doesn't say: words, history, minutes, counts."""

    def _day(self, **ago):
        return TODAY - timedelta(**ago)

    def test_decisions_are_kept_with_who_why_and_when(self):
        patient, recall = self._due_patient()
        mine = self.as_user(self.receptionist, recall)
        mine.write({"manual_due_date": "2026-09-09", "manual_reason": "On a long journey"})
        mine.write({"interval_number": 3, "interval_reason": "Wants it so"})
        mine.write({"disabled_until": "2026-07-01", "disabled_reason": "Abroad"})
        mine.action_enable()
        kept = [
            (one.what, one.value, one.reason, one.user_id, one.source)
            for one in recall.decision_ids.sorted("id")
        ]
        self.assertEqual(
            kept,
            [
                ("due_date", "Sep 9, 2026", "On a long journey", self.receptionist, "staff"),
                ("interval", "3 months", "Wants it so", self.receptionist, "staff"),
                ("disabled_until", "Jul 1, 2026", "Abroad", self.receptionist, "staff"),
                ("disabled_until", False, False, self.receptionist, "staff"),
            ],
        )
        self.assertTrue(all(one.decided_at for one in recall.decision_ids))
        patient.procedure_ids.unlink()
        self.assertEqual(len(self.env["prm.recall.decision"].search([])), 4, "they outlive it")

    def test_nothing_decided_is_nothing_kept(self):
        _patient, recall = self._due_patient()
        recall.write({"manual_due_date": False, "interval_number": 0})
        self.assertFalse(recall.decision_ids)

    def test_why_in_words(self):
        patient = self._patient(first_name="Why")
        self._done(patient, "2025-06-01")
        recall = self._row(patient, "hygiene")
        self.assertEqual(recall.reason, "Hygiene visit on Jun 1, 2025 + 6 months")
        recall.write({"interval_number": 3, "interval_reason": "Wants it so"})
        self.assertEqual(recall.reason, "Hygiene visit on Jun 1, 2025 + 3 months (Wants it so)")
        recall.write({"disabled_until": "2026-07-01", "disabled_reason": "Abroad"})
        self.assertEqual(recall.reason, "Not before Jul 1, 2026 · Abroad")
        recall.action_enable()
        self._done(patient, "2026-05-01", kind=self.perm)
        self.assertEqual(recall.reason, "Replaced by Perio")
        self._joined(patient, self._day(days=60))
        self.assertEqual(self._row(patient, "exam").reason, "First time")

    def test_a_visit_grows_by_what_is_done_together(self):
        patient = self._patient(first_name="Long", email="long@example.com")
        self._done(patient, "2025-12-01")
        recall = self._row(patient, "hygiene")
        self.assertEqual((recall.visit_minutes, recall.rider_text), (45, ""))
        bwx = self.env["prm.procedure.type"].browse(self.codes["BWX"])
        self._done(patient, "2024-06-20", kind=bwx)
        recall.invalidate_recordset()
        self.assertEqual((recall.visit_minutes, recall.rider_text), (55, "Bitewings"))
        rider = self._row(patient, "bitewings")
        self.assertIn("recall_rides", rider._get_send_blocks())
        self.assertEqual(
            recall._link_payloads(recall._get_setups())[recall.id],
            {"type_id": self.visit.id, "extra_minutes": 10},
        )

    def test_the_other_kind_of_visit_of_those_that_take_turns_is_as_long_as_it_is(self):
        patient = self._patient(first_name="Gum")
        self._done(patient, "2026-03-01", kind=self.perm)
        self.assertEqual(self._row(patient, "perio").visit_minutes, 60)

    def test_one_of_those_that_take_turns_is_on(self):
        patient = self._patient(first_name="Turns")
        for code, day in (("HYG", "2025-01-01"), ("PERM", "2025-05-01"), ("HYG", "2025-09-01"),
                          ("PERM", "2026-01-01")):  # fmt: skip
            self._done(patient, day, kind=self.env["prm.procedure.type"].browse(self.codes[code]))
            rows = self._row(patient, "hygiene") | self._row(patient, "perio")
            self.assertEqual(len(rows.filtered("due_date")), 1)

    def test_an_archived_partner_stands_in_nobodys_way(self):
        patient = self._patient(first_name="Arch")
        self._done(patient, "2025-06-01")
        self._done(patient, "2026-01-01", kind=self.perm)
        self.kinds["perio"].active = False
        recall = self._row(patient, "hygiene")
        self.assertEqual((recall.due_date, recall.state), (date(2025, 12, 1), "due"))

    def test_from_the_first_visit_on(self):
        self.kinds["fluoride"].write({"first_from": "first_visit", "first_days": 14})
        patient = self._patient(first_name="First")
        self.assertFalse(self._row(patient, "fluoride"))
        self._done(patient, "2026-05-01", kind=self.fill)
        self.assertEqual(self._row(patient, "fluoride").due_date, date(2026, 5, 15))
        patient.first_visit_date = "2026-04-01"
        self.assertEqual(self._row(patient, "fluoride").due_date, date(2026, 4, 15))

    def test_times_asked_since_the_last_visit(self):
        patient, recall = self._due_patient()
        self.assertEqual(recall.contact_count, 0)
        for days in (20, 400):
            self.env["prm.event"].emit(
                "recall_called",
                [{"patient": patient, "record": recall,
                  "occurred_at": NOON - timedelta(days=days)}],
            )  # fmt: skip
        message = recall._send()
        message.sent_at = NOON
        recall.invalidate_recordset()
        self.assertEqual(recall.contact_count, 2, "the call before the visit doesn't count")

    def test_types_that_make_no_sense_are_refused(self):
        with self.assertRaisesRegex(ValidationError, "together"):
            self.hygiene.rides_with_id = self.hygiene
        with self.assertRaisesRegex(ValidationError, "together"):
            self.hygiene.rides_with_id = self.kinds["perio"]
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"):
            self.hygiene.write({"min_age": 20, "max_age": 10})
            self.env.flush_all()

    def test_a_familys_debt_costs_no_query_each(self):
        patients = self.env["prm.patient"]
        for number in range(12):
            patient, recall = self._due_patient(last_name=f"N{number}")
            recall.disabled_above = 50
            patients |= patient
        patients.open_balance = 80
        self.env.flush_all()
        self.env["prm.recall"].flush_model()
        with self.assertQueryCount(1):
            self.assertEqual(set(patients._family_balances().values()), {80})
        self.assertEqual({recall.state for recall in patients.recall_ids.filtered(
            lambda one: one.type_id == self.hygiene)}, {"disabled"})  # fmt: skip
