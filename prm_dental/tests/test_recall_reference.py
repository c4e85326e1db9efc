from datetime import date, timedelta

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from odoo.tests import tagged

from .recall_case import KINDS, TODAY, RecallCase
from .recall_reference import Reference, add

DAYS = st.one_of(
    st.dates(date(2022, 1, 1), TODAY),
    st.sampled_from(
        [date(2024, 2, 29), date(2025, 8, 31), date(2025, 11, 30), date(2025, 12, 1), TODAY]
    ),
)
AHEAD = st.dates(date(2025, 6, 1), date(2027, 6, 1))
CODES = st.sampled_from(["HYG", "HYG", "PERM", "BWX", "SEAL", "EXAM", "FLUOR", "FILL2"])
STATES = st.sampled_from(["completed", "completed", "completed", "planned", "existing", "deleted"])
NUMBERS = st.integers(0, 7)
NAMES = st.sampled_from([kind.code for kind in KINDS])
INTERVALS = st.one_of(
    st.none(), st.tuples(st.integers(1, 12), st.sampled_from(["day", "week", "month", "year"]))
)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("enter"), CODES, DAYS, STATES),
        st.tuples(st.just("enter"), CODES, DAYS, STATES),
        st.tuples(st.just("correct"), NUMBERS, DAYS),
        st.tuples(st.just("recode"), NUMBERS, CODES),
        st.tuples(st.just("state"), NUMBERS, STATES),
        st.tuples(st.just("remove"), NUMBERS),
        st.tuples(st.just("leave"), NUMBERS),
        st.tuples(st.just("merge"), CODES, DAYS),
        st.tuples(st.just("by_hand"), NAMES, AHEAD),
        st.tuples(st.just("interval"), NAMES, INTERVALS),
        st.tuples(st.just("off"), NAMES, st.booleans()),
        st.tuples(st.just("until"), NAMES, st.one_of(st.none(), AHEAD)),
        st.tuples(st.just("born"), st.dates(date(2005, 1, 1), date(2022, 1, 1))),
        st.tuples(st.just("read")),
    ),
    min_size=1,
    max_size=14,
)


@tagged("post_install", "-at_install")
class TestRecallReference(RecallCase):
    """The engine against the plain rules, over random histories with corrections."""

    @settings(
        max_examples=120,
        deadline=None,
        derandomize=True,
        database=None,
        phases=(Phase.explicit, Phase.generate),
        suppress_health_check=list(HealthCheck),
    )
    @given(steps=STEPS, joined=st.dates(date(2026, 1, 1), TODAY))
    def test_random_histories(self, steps, joined):
        with self.env.cr.savepoint() as savepoint:
            patient = self._patient(first_name="Random")
            self.other = self._patient(first_name="Other")
            self._joined(patient, joined)
            reference = Reference(KINDS, TODAY, joined=joined)
            for what, *values in steps:
                getattr(self, f"_step_{what}")(patient, reference, *values)
            self._compare(patient, reference)
            # The whole table gives the same as the patient alone.
            self.env["prm.recall"]._recompute()
            self._compare(patient, reference)
            savepoint.rollback()
            self.env.invalidate_all(flush=False)
            self.env.cr.precommit.clear()

    # === STEPS ===

    def _step_read(self, patient, reference):
        self._compare(patient, reference)

    def _step_enter(self, patient, reference, code, day, state):
        kind = self.env["prm.procedure.type"].browse(self.codes[code])
        made = self._done(patient, day, kind=kind, state=state)
        reference.procedures[made.id] = [code, day, state]

    def _pick(self, reference, number):
        """A procedure of the history, with what the reference knows of it."""
        if not reference.procedures:
            return self.env["prm.procedure"], [None, None, None]
        key = sorted(reference.procedures)[number % len(reference.procedures)]
        return self.env["prm.procedure"].browse(key), reference.procedures[key]

    def _step_correct(self, _patient, reference, number, day):
        record, known = self._pick(reference, number)
        record.date = known[1] = day

    def _step_recode(self, _patient, reference, number, code):
        record, known = self._pick(reference, number)
        kind = self.env["prm.procedure.type"].browse(self.codes[code])
        record.write(self._kind_vals(kind))
        known[0] = code

    def _step_state(self, _patient, reference, number, state):
        record, known = self._pick(reference, number)
        record.state = known[2] = state

    def _step_remove(self, _patient, reference, number):
        record, _known = self._pick(reference, number)
        reference.procedures.pop(record.id, None)
        record.unlink()

    def _step_leave(self, _patient, reference, number):
        """It was somebody else's."""
        record, _known = self._pick(reference, number)
        reference.procedures.pop(record.id, None)
        record.patient_id = self.other

    def _step_merge(self, patient, reference, code, day):
        """The other record was the same person: all that it has comes here."""
        kind = self.env["prm.procedure.type"].browse(self.codes[code])
        self._done(self.other, day, kind=kind)
        theirs = self.other.procedure_ids
        self.other._merge_into(patient)
        self.other = self._patient(first_name="Other")
        by_id = {number: name for name, number in self.codes.items()}
        for one in theirs:
            reference.procedures[one.id] = [by_id[one.type_id.id], one.date, one.state]

    def _step_by_hand(self, patient, reference, code, day):
        self._said(patient, code, manual_due_date=day)
        reference.set_date(code, day)

    def _take_back(self, patient, reference, code, name, **vals):
        """Take a word back, if it was given and something else speaks for the recall."""
        word = reference.word(code)
        kept = getattr(word, name)
        if not kept:
            return
        setattr(word, name, False if kept is True else None)
        if word.anything() or code in reference.rows():
            self._row(patient, code).write(vals)
        else:
            setattr(word, name, kept)

    def _step_interval(self, patient, reference, code, interval):
        if interval:
            self._said(patient, code, interval_number=interval[0], interval_unit=interval[1])
            reference.word(code).interval = interval
        else:
            self._take_back(patient, reference, code, "interval", interval_number=0)

    def _step_off(self, patient, reference, code, off):
        if off:
            self._said(patient, code, disabled=True)
            reference.word(code).disabled = True
        else:
            self._take_back(patient, reference, code, "disabled", disabled=False)

    def _step_until(self, patient, reference, code, day):
        if day:
            self._said(patient, code, disabled_until=day)
            reference.word(code).until = day
        else:
            self._take_back(patient, reference, code, "until", disabled_until=False)

    def _step_born(self, patient, reference, day):
        patient.birth_date = reference.born = day

    # === COMPARING ===

    def _compare(self, patient, reference):
        names = {kind.id: code for code, kind in self.kinds.items()}
        found = {}
        for recall in self.env["prm.recall"].search([("patient_id", "=", patient.id)]):
            rides = recall.state == "rides"
            found[names[recall.type_id.id]] = (
                recall.previous_date or None,
                recall.due_date or None,
                names.get(recall.replaced_by_id.id),
                names[recall.ride_type_id.id] if rides else None,
                recall.applies_until or None,
                recall.state,
            )
        expected = {
            code: (
                row.previous,
                row.due,
                row.replaced_by,
                row.rides_with if row.state == "rides" else None,
                row.last_day,
                row.state,
            )
            for code, row in reference.rows().items()
        }
        self.assertEqual(found, expected)
        for state in ("due", "upcoming", "rides", "disabled"):
            listed = self.env["prm.recall"].search(
                [("patient_id", "=", patient.id), ("state", "=", state)]
            )
            wanted = {code for code, row in expected.items() if row[-1] == state}
            self.assertEqual({names[one.type_id.id] for one in listed}, wanted, state)

    def test_the_references_own_calendar(self):
        self.assertEqual(add(date(2025, 8, 31), 6, "month"), date(2026, 2, 28))
        self.assertEqual(add(date(2023, 8, 31), 6, "month"), date(2024, 2, 29))
        self.assertEqual(add(date(2024, 2, 29), 1, "year"), date(2025, 2, 28))
        self.assertEqual(add(date(2024, 2, 26), 1, "week"), date(2024, 3, 4))
        self.assertEqual(add(date(2025, 12, 1), 1, "month") - timedelta(days=1), date(2025, 12, 31))
