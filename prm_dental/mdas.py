"""The Modified Dental Anxiety Scale: five situations, each from 1 (calm) to 5 (extremely anxious).

G. M. Humphris, T. Morrison, S. J. Lindsay: The Modified Dental Anxiety Scale: validation and United
Kingdom norms. Community Dental Health 12 (1995), 143-150: sum from 5 to 25; 19 and above is
high dental anxiety, which may be a phobia. R. Freeman, T. Clarke, G. Humphris: 11 to 18 moderate,
as printed on the scale's own page at the University of St Andrews.

The situations are the scale's; the words in which patients are asked are our own.
"""

#: The situations, in the order of the scale.
ITEMS = ("tomorrow", "waiting_room", "drill", "scaling", "injection")
LOWEST, HIGHEST = 1, 5
#: Sums from which anxiety is moderate, and high.
MODERATE, HIGH = 11, 19


def total(answers):
    """The sum of five answers.

    :param answers: ``{situation: 1 to 5}``.
    :return: 5 to 25, or None while an answer is missing.
    :raises ValueError: for an answer outside of 1 to 5.
    """
    given = [answers.get(item) for item in ITEMS]
    if None in given:
        return None
    if any(not LOWEST <= number <= HIGHEST for number in given):
        raise ValueError(f"Answers go from {LOWEST} to {HIGHEST}: {given}")
    return sum(given)


def level(score):
    """``low``, ``moderate`` or ``high`` for a sum.

    :raises ValueError: for a sum that the scale doesn't have.
    """
    if not LOWEST * len(ITEMS) <= score <= HIGHEST * len(ITEMS):
        raise ValueError(f"The scale has sums from 5 to 25, not {score}.")
    if score >= HIGH:
        return "high"
    return "moderate" if score >= MODERATE else "low"
