import calendar
from datetime import date, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from odoo.tests import tagged

from .common import DentalCase


def add_months(day, months):
    """A day some months later; the last day of the month when there is no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    month += 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


class Reference:
    """The rules in plain Python: a history of steps, and what must come out of it.

    previous = the last completed trigger; due = previous + interval, unless a date set by hand
    holds, which it does as long as no trigger is later than the last one known when it was set.
    """

    def __init__(self, months):
        self.months = months
        self.procedures = {}
        self.manual = None
        self.known = None

    def previous(self):
        days = [
            day
            for code, day, state in self.procedures.values()
            if code in ("HYG", "PERM") and state == "completed"
        ]
        return max(days, default=None)

    def set_manual(self, day):
        self.manual, self.known = day, self.previous()

    def expected(self):
        """None when there must be no recall, else (previous, due)."""
        previous = self.previous()
        if previous is None:
            return (None, self.manual) if self.manual else None
        if self.manual and self.known and previous <= self.known:
            return previous, self.manual
        return previous, add_months(previous, self.months)


DAYS = st.dates(date(2019, 1, 1), date(2026, 11, 1))
CODES = st.sampled_from(["HYG", "PERM", "EXAM", "FILL2"])
STATES = st.sampled_from(["completed", "completed", "completed", "planned", "existing", "deleted"])
NUMBERS = st.integers(0, 7)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("enter"), CODES, DAYS, STATES),
        st.tuples(st.just("correct"), NUMBERS, DAYS),
        st.tuples(st.just("recode"), NUMBERS, CODES),
        st.tuples(st.just("state"), NUMBERS, STATES),
        st.tuples(st.just("remove"), NUMBERS),
        st.tuples(st.just("manual"), DAYS),
        st.tuples(st.just("read")),
    ),
    min_size=1,
    max_size=14,
)


@tagged("post_install", "-at_install")
class TestRecallReference(DentalCase):
    """The engine against the plain rules, over random histories with corrections."""

    @settings(
        max_examples=60,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(steps=STEPS, months=st.sampled_from([1, 3, 6, 12, 24]))
    def test_random_histories(self, steps, months):
        with self.env.cr.savepoint() as savepoint:
            self.hygiene.write({"interval_number": months, "interval_unit": "month"})
            patient = self._patient(first_name="Random")
            reference = Reference(months)
            for step in steps:
                self._apply(patient, reference, *step)
            self._compare(patient, reference)
            # The whole table gives the same as the patient alone.
            self.env["prm.recall"]._recompute()
            self._compare(patient, reference)
            savepoint.rollback()
            self.env.invalidate_all(flush=False)
            self.env.cr.precommit.clear()

    def _apply(self, patient, reference, what, *values):
        procedures = reference.procedures
        if what == "enter":
            code, day, state = values
            kind = self.env["prm.procedure.type"].browse(self._types()[code])
            made = self._done(patient, day, kind=kind, state=state)
            procedures[made.id] = [code, day, state]
        elif what == "manual":
            recall = self._recall(patient)
            if recall:
                recall.manual_due_date = values[0]
                reference.set_manual(values[0])
        elif what == "read":
            self._compare(patient, reference)
        elif procedures:
            self._change(reference, what, *values)

    def _change(self, reference, what, number, value=None):
        procedures = reference.procedures
        key = sorted(procedures)[number % len(procedures)]
        record = self.env["prm.procedure"].browse(key)
        if what == "correct":
            record.date = value
            procedures[key][1] = value
        elif what == "recode":
            record.type_id = self._types()[value]
            procedures[key][0] = value
        elif what == "state":
            record.state = value
            procedures[key][2] = value
        elif what == "remove":
            record.unlink()
            del procedures[key]
        # A recall that has gone takes its date with it.
        if reference.manual is None and reference.previous() is None:
            reference.known = None

    def _types(self):
        return self.env["prm.procedure.type"]._ids_by_code(self.practice)

    def _compare(self, patient, reference):
        recall = self._recall(patient)
        expected = reference.expected()
        found = (recall.previous_date or None, recall.due_date or None) if recall else None
        self.assertEqual(found, expected)

    def test_the_references_own_calendar(self):
        self.assertEqual(add_months(date(2025, 8, 31), 6), date(2026, 2, 28))
        self.assertEqual(add_months(date(2023, 8, 31), 6), date(2024, 2, 29))
        self.assertEqual(add_months(date(2025, 12, 1), 1) - timedelta(days=1), date(2025, 12, 31))
