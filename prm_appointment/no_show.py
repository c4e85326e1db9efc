"""How likely a visit is to be missed: a sum of a few reasons that can be told. Pure functions.

A logistic regression over levels of four factors. It learns from the practice's own visits; the
less there is to learn from, the closer it keeps to what is known in general.
"""

from dataclasses import dataclass, field
from math import exp, log, log1p

#: What is known in general, as log-odds against the average visit. That missed visits before and a
#: long time since booking count is the literature's (Carreras-García et al. 2020, a review of 50
#: studies, doi:10.3390/e22060675). The numbers are ours: how much each counts differs by practice,
#: so they are mild, and the practice's own visits soon outweigh them.
PRIOR = {
    ("past", "came"): -0.3,
    ("past", "first"): 0.2,
    ("past", "missed_once"): 0.9,
    ("past", "missed_more"): 1.6,
    ("lead", "days"): -0.4,
    ("lead", "weeks"): 0.0,
    ("lead", "month"): 0.2,
    ("lead", "months"): 0.4,
    ("lead", "unknown"): 0.0,
    ("confirmed", "yes"): -0.6,
    ("confirmed", "no"): 0.4,
    ("hour", "early"): 0.1,
    ("hour", "morning"): 0.0,
    ("hour", "afternoon"): 0.0,
    ("hour", "evening"): 0.1,
}
FACTORS = ("past", "lead", "confirmed", "hour")
#: Of how many visits something is usually missed, where the practice knows nothing yet.
PRIOR_RATE = 0.06
#: How firmly the weights keep to what is known in general: as after so many visits of their own.
STRENGTH = 5.0
#: And how firmly the average keeps to `PRIOR_RATE`: it is known sooner than what moves it.
BASE_STRENGTH = 1.0
#: From so many visits and so many missed ones on it is worth saying how good the estimate is.
MIN_VISITS, MIN_MISSED = 200, 20

LOW, RAISED, HIGH = "low", "raised", "high"


def cell_of(missed, came, lead_days, confirmed, hour):
    """The levels of a visit's factors, in the order of `FACTORS`; None for one that is to come.

    :param missed: how many earlier visits the patient missed; :param came: whether they have been
        here before; :param lead_days: from booking to visit, None when nobody knows.
    :param confirmed: whether it is confirmed; None when it is too early to tell.
    :param hour: hour of the day on the practice's clock.
    """
    past = ("came" if came else "first", "missed_once", "missed_more")[min(missed, 2)]
    lead = "unknown"
    if lead_days is not None:
        lead = next(
            name for most, name in ((2, "days"), (14, "weeks"), (42, "month"), (1e9, "months"))
            if lead_days <= most
        )  # fmt: skip
    early = "early" if hour < 9 else "morning"
    part = early if hour < 12 else "afternoon" if hour < 17 else "evening"
    return past, lead, confirmed if confirmed is None else "yes" if confirmed else "no", part


@dataclass(frozen=True)
class Risk:
    """How likely one visit is to be missed, and why.

    :param reasons: ((factor, level), by how much it moves the log-odds), the strongest first.
    """

    probability: float
    reasons: tuple


@dataclass(frozen=True)
class Model:
    """An estimate. ``base`` is the log-odds of the average visit, ``weights`` those of levels.

    :param means: ``{factor: average weight}``: what a reason counts is said against the average.
    """

    base: float
    weights: dict = field(default_factory=lambda: dict(PRIOR))
    means: dict = field(default_factory=dict)

    def risk(self, cell):
        """
        :param cell: levels, see `cell_of`; of what is not known yet the average is taken.
        :rtype: Risk
        """
        parts = []
        for factor, level in zip(FACTORS, cell, strict=True):
            if level is not None:
                pair = (factor, level)
                parts.append((pair, self.weights.get(pair, 0) - self.means.get(factor, 0)))
        parts.sort(key=lambda part: -abs(part[1]))
        return Risk(_expit(self.base + sum(weight for _pair, weight in parts)), tuple(parts))

    @property
    def average(self):
        """Probability of the average visit."""
        return _expit(self.base)

    def level(self, probability):
        """``low``, ``raised`` (twice the average) or ``high`` (three times)."""
        if probability >= max(3 * self.average, 0.2):
            return HIGH
        return RAISED if probability >= max(2 * self.average, 0.1) else LOW


def prior_model():
    """The estimate of a practice that knows nothing of its own yet."""
    return Model(_logit(PRIOR_RATE))


def fit(cells, rounds=50):
    """Learn from visits that are over: Newton's method on the penalised likelihood, which has one
    maximum. There are few levels, so it is small.

    :param cells: ``{levels: (visits, missed)}``; of what is over every level is known.
    :rtype: Model
    """
    total = sum(visits for visits, _missed in cells.values())
    if not total:
        return prior_model()
    names = list(PRIOR)
    place = {pair: 1 + number for number, pair in enumerate(names)}
    rows = [(_places(cell, place), *counts) for cell, counts in cells.items()]
    pull = _Pull([_logit(PRIOR_RATE), *PRIOR.values()])
    beta, height = list(pull.towards), _height(rows, pull.towards, pull)
    for _round in range(rounds):
        step = _newton_step(rows, beta, pull)
        # A whole step may jump over the maximum, and further each time.
        for scale in (1, 0.5, 0.25, 0.1, 0.01):
            tried = [value + scale * change for value, change in zip(beta, step, strict=True)]
            reached = _height(rows, tried, pull)
            if reached >= height:
                beta, height = tried, reached
                break
        if max(map(abs, step)) < 1e-6:
            break
    return _centred(cells, dict(zip(names, beta[1:], strict=True)), beta[0], total)


class _Pull:
    """What the parameters keep to, and how firmly: the base is the first of them."""

    def __init__(self, towards):
        self.towards = towards
        self.strengths = [BASE_STRENGTH, *[STRENGTH] * (len(towards) - 1)]

    def cost(self, beta):
        return sum(
            strength * (value - target) ** 2 / 2
            for strength, value, target in zip(self.strengths, beta, self.towards, strict=True)
        )


def _places(cell, place):
    """The parameters that count for a cell; 0 is the base."""
    return [0, *(place[pair] for pair in zip(FACTORS, cell, strict=True))]


def _height(rows, beta, pull):
    """The penalised log-likelihood."""
    result = -pull.cost(beta)
    for places, visits, missed in rows:
        odds = sum(beta[n] for n in places)
        # log(1 + e^odds), without running over for large odds
        both = max(odds, 0) + log1p(exp(-abs(odds)))
        result += missed * odds - visits * both
    return result


def _newton_step(rows, beta, pull):
    size = len(beta)
    gradient = [
        strength * (target - value)
        for strength, value, target in zip(pull.strengths, beta, pull.towards, strict=True)
    ]
    curvature = [[0.0] * size for _ in range(size)]
    for n, strength in enumerate(pull.strengths):
        curvature[n][n] = strength
    for places, visits, missed in rows:
        chance = _expit(sum(beta[n] for n in places))
        error, weight = missed - visits * chance, visits * chance * (1 - chance)
        for n in places:
            gradient[n] += error
            for m in places:
                curvature[n][m] += weight
    return _solve(curvature, gradient)


def _centred(cells, weights, base, total):
    """The same estimate, told against the practice's average visit."""
    means = dict.fromkeys(FACTORS, 0.0)
    for cell, (visits, _missed) in cells.items():
        for pair in zip(FACTORS, cell, strict=True):
            means[pair[0]] += visits * weights[pair] / total
    return Model(base + sum(means.values()), weights, means)


def _expit(value):
    return 1 / (1 + exp(-max(min(value, 35), -35)))


def _logit(chance):
    return log(chance / (1 - chance))


def _solve(matrix, vector):
    """Solve a small system of equations (Gauss, with pivots)."""
    size = len(vector)
    rows = [[*row, value] for row, value in zip(matrix, vector, strict=True)]
    for column in range(size):
        pivot = max(range(column, size), key=lambda n: abs(rows[n][column]))
        rows[column], rows[pivot] = rows[pivot], rows[column]
        for n in range(column + 1, size):
            factor = rows[n][column] / rows[column][column]
            for m in range(column, size + 1):
                rows[n][m] -= factor * rows[column][m]
    result = [0.0] * size
    for n in reversed(range(size)):
        known = sum(rows[n][m] * result[m] for m in range(n + 1, size))
        result[n] = (rows[n][size] - known) / rows[n][n]
    return result


# ------------------------------------------------------------
# HOW GOOD IT IS
# ------------------------------------------------------------


def scored(model, cells):
    """[(probability, visits, missed)] of cells, the least likely first."""
    return sorted(
        (model.risk(cell).probability, visits, missed) for cell, (visits, missed) in cells.items()
    )


def auc(scores):
    """How often, of a missed and a kept visit, the missed one has the higher risk (ties half).

    :param scores: see `scored`.
    :return: from 0 to 1; 0.5 is a coin; None when there are not both.
    """
    groups = {}
    for chance, visits, missed in scores:
        kept, lost = groups.get(chance, (0, 0))
        groups[chance] = kept + visits - missed, lost + missed
    below = right = total_kept = total_lost = 0
    for chance in sorted(groups):
        kept, lost = groups[chance]
        right += lost * (below + kept / 2)
        below += kept
        total_kept, total_lost = total_kept + kept, total_lost + lost
    return right / (total_kept * total_lost) if total_kept and total_lost else None


def calibration(scores, count=5):
    """What was estimated beside what came true, in groups of about as many visits.

    :param scores: see `scored`.
    :return: list of (average probability, share that was missed, visits), the least likely first.
    """
    total = sum(visits for _chance, visits, _missed in scores)
    groups, current = [], [0.0, 0, 0]
    done = 0
    for chance, visits, missed in scores:
        current[0] += chance * visits
        current[1] += missed
        current[2] += visits
        done += visits
        if done >= total * (len(groups) + 1) / count:
            groups.append(current)
            current = [0.0, 0, 0]
    if current[2]:
        groups.append(current)
    return [(chances / visits, missed / visits, visits) for chances, missed, visits in groups]
