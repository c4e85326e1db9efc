import random
from math import log
from unittest import TestCase

from hypothesis import given, settings
from hypothesis import strategies as st

from .. import no_show


def _cells(*confirmed):
    return st.tuples(
        st.sampled_from(("came", "first", "missed_once", "missed_more")),
        st.sampled_from(("days", "weeks", "month", "months", "unknown")),
        st.sampled_from(confirmed),
        st.sampled_from(("early", "morning", "afternoon", "evening")),
    )


cells = _cells(None, "yes", "no")
counts = st.tuples(st.integers(1, 400), st.floats(0, 1)).map(
    lambda pair: (pair[0], round(pair[0] * pair[1]))
)
histories = st.dictionaries(_cells("yes", "no"), counts, min_size=1, max_size=12)
USUAL = ("came", "weeks", "yes", "morning")


class TestLevels(TestCase):
    def test_each_border(self):
        for given_values, expected in (
            ((0, True, 0, True, 8), ("came", "days", "yes", "early")),
            ((0, False, 2, False, 9), ("first", "days", "no", "morning")),
            ((1, True, 3, None, 11), ("missed_once", "weeks", None, "morning")),
            ((1, False, 14, None, 12), ("missed_once", "weeks", None, "afternoon")),
            ((2, True, 15, None, 16), ("missed_more", "month", None, "afternoon")),
            ((7, True, 42, None, 17), ("missed_more", "month", None, "evening")),
            ((0, True, 43, None, 23), ("came", "months", None, "evening")),
            ((0, True, None, None, 10), ("came", "unknown", None, "morning")),
        ):
            self.assertEqual(no_show.cell_of(*given_values), expected, given_values)


class TestEstimate(TestCase):
    def _simulate(self, size, weights, base, seed=7):
        """Visits of which the truth is known."""
        dice = random.Random(seed)
        levels = {}
        for factor, level in no_show.PRIOR:
            levels.setdefault(factor, []).append(level)
        result = {}
        for _visit in range(size):
            cell = tuple(dice.choice(levels[factor]) for factor in no_show.FACTORS)
            odds = base + sum(
                weights.get(pair, 0) for pair in zip(no_show.FACTORS, cell, strict=True)
            )
            missed = dice.random() < 1 / (1 + 2.718281828**-odds)
            before = result.get(cell, (0, 0))
            result[cell] = before[0] + 1, before[1] + missed
        return result

    def test_without_visits_it_says_what_is_known_in_general(self):
        model = no_show.fit({})
        self.assertAlmostEqual(model.average, no_show.PRIOR_RATE)
        usual = model.risk(USUAL).probability
        self.assertGreater(model.risk(("missed_more", *USUAL[1:])).probability, 3 * usual)

    def test_it_learns_what_is_true_here_even_against_what_is_known(self):
        """In this practice who missed before comes, and the evening is what is missed."""
        truth = {("past", "missed_more"): -1.0, ("hour", "evening"): 1.5}
        model = no_show.fit(self._simulate(20_000, truth, base=-2.5))
        usual = model.risk(USUAL).probability
        self.assertLess(model.risk(("missed_more", *USUAL[1:])).probability, usual)
        evening = model.risk((*USUAL[:3], "evening"))
        self.assertEqual(evening.reasons[0][0], ("hour", "evening"))
        self.assertAlmostEqual(
            log(evening.probability / (1 - evening.probability)) - log(usual / (1 - usual)),
            1.5, delta=0.25,
        )  # fmt: skip

    def test_it_is_honest_on_visits_that_it_has_not_seen(self):
        truth = {("past", "missed_once"): 1.2, ("past", "missed_more"): 2.0,
                 ("confirmed", "no"): 0.8, ("lead", "months"): 0.6}  # fmt: skip
        model = no_show.fit(self._simulate(8_000, truth, base=-3.0))
        scores = no_show.scored(model, self._simulate(8_000, truth, base=-3.0, seed=8))
        self.assertGreater(no_show.auc(scores), 0.65)
        groups = no_show.calibration(scores)
        self.assertEqual(len(groups), 5)
        for estimated, true, visits in groups:
            self.assertGreater(visits, 1000)
            self.assertAlmostEqual(estimated, true, delta=0.03)

    def test_the_more_visits_the_less_counts_what_was_known(self):
        once = {("first", *USUAL[1:]): (4, 2)}
        often = {("first", *USUAL[1:]): (4000, 2000)}
        few, many = (no_show.fit(each).risk(next(iter(each))).probability for each in (once, often))
        self.assertLess(few, many)
        self.assertAlmostEqual(many, 0.5, delta=0.01)

    @settings(deadline=None)
    @given(histories, cells)
    def test_always_a_probability_and_the_total_is_right(self, history, cell):
        """What is estimated over all visits is what was missed, but for the pull on the average:
        that is worth its strength for each unit of the log-odds, of which there are few."""
        model = no_show.fit(history)
        self.assertTrue(0 < model.risk(cell).probability < 1)
        missed = sum(lost for _visits, lost in history.values())
        estimated = sum(
            visits * model.risk(each).probability for each, (visits, _lost) in history.items()
        )
        self.assertAlmostEqual(estimated, missed, delta=8 * no_show.BASE_STRENGTH)

    @settings(deadline=None)
    @given(histories, cells)
    def test_the_reasons_add_up(self, history, cell):
        model = no_show.fit(history)
        risk = model.risk(cell)
        odds = model.base + sum(weight for _pair, weight in risk.reasons)
        self.assertAlmostEqual(1 / (1 + 2.718281828459045**-odds), risk.probability, places=6)
        self.assertEqual(len(risk.reasons), sum(level is not None for level in cell))

    def test_levels_of_risk(self):
        model = no_show.prior_model()
        self.assertEqual(
            [model.level(chance) for chance in (0.02, 0.11, 0.121, 0.19, 0.2, 0.6)],
            ["low", "low", "raised", "raised", "high", "high"],
        )


class TestQuality(TestCase):
    def test_auc_by_counting_pairs(self):
        scores = [(0.1, 3, 0), (0.2, 2, 1), (0.2, 1, 0), (0.5, 2, 2)]
        kept = [0.1] * 3 + [0.2] * 2
        lost = [0.2] + [0.5] * 2
        pairs = [(a > b) + (a == b) / 2 for a in lost for b in kept]
        self.assertAlmostEqual(no_show.auc(scores), sum(pairs) / len(pairs))

    @given(st.lists(st.tuples(st.sampled_from((0.1, 0.2, 0.3)), st.booleans()), max_size=12))
    def test_auc_against_all_pairs(self, visits):
        scores = sorted((chance, 1, int(missed)) for chance, missed in visits)
        lost = [chance for chance, missed in visits if missed]
        kept = [chance for chance, missed in visits if not missed]
        pairs = [(a > b) + (a == b) / 2 for a in lost for b in kept]
        expected = sum(pairs) / len(pairs) if pairs else None
        found = no_show.auc(scores)
        if expected is None:
            self.assertIsNone(found)
        else:
            self.assertAlmostEqual(found, expected)

    @given(histories)
    def test_calibration_loses_no_visit(self, history):
        scores = no_show.scored(no_show.prior_model(), history)
        groups = no_show.calibration(scores)
        self.assertEqual(sum(group[2] for group in groups), sum(row[1] for row in scores))
        self.assertAlmostEqual(
            sum(true * visits for _estimated, true, visits in groups),
            sum(row[2] for row in scores),
        )
        self.assertLessEqual(len(groups), 6)
