"""Which recall interval a patient's recorded risks speak for, within published bounds.

Plain Python. It proposes; a clinician decides. Sources:

NICE CG19
    National Institute for Health and Care Excellence, clinical guideline 19, *Dental checks:
    intervals between oral health reviews* (2004, confirmed 2018 and 2020): not below 3 months for
    anybody; not above 12 months under 18; not above 24 months from 18 on, and that long only for
    those who have kept their mouth healthy over time. Its checklist of what speaks for a shorter
    or longer interval is appendix G of the full guideline. The guideline gives no score: how much
    each fact shortens the interval is this program's own rule of thumb, kept coarse on purpose.
SDCEP
    Scottish Dental Clinical Effectiveness Programme, *Prevention and Treatment of Periodontal
    Diseases in Primary Care* (2024): supportive periodontal care every 3 to at most 12 months, by
    risk.
Classification 2018
    Tonetti, Greenwell, Kornman, *Staging and grading of periodontitis*, J Periodontol 2018: ten
    cigarettes a day and more, or poorly controlled diabetes (HbA1c 7 % and more), mean grade C;
    fewer cigarettes, or controlled diabetes, grade B.
"""

from dataclasses import dataclass

EXAMINATION = "examination"
PERIODONTAL = "periodontal"

#: (guidance, under 18) -> months: shortest, longest.
BOUNDS = {
    (EXAMINATION, True): (3, 12),  # NICE CG19
    (EXAMINATION, False): (3, 24),  # NICE CG19
    (PERIODONTAL, True): (3, 12),  # SDCEP
    (PERIODONTAL, False): (3, 12),  # SDCEP
}

OF_AGE = 18
#: Cigarettes a day from which smoking means grade C (classification 2018).
HEAVY_SMOKER = 10
#: Percent of sites that bleed up to which gums count as healthy (classification 2018).
HEALTHY_BLEEDING = 10

#: What an interval is made of: the longest one that each level of risk allows.
HIGH, MODERATE, SOME = "high", "moderate", "some"
LONGEST = {HIGH: 3, MODERATE: 6, SOME: 12}


@dataclass(frozen=True)
class Proposal:
    """An interval with what speaks for it.

    :param months: the proposal; None when nothing is recorded that it could rest on.
    :param shortest: and :param longest: months that the guidance allows.
    :param reasons: ``(level, code of the fact)``, the heaviest first.
    """

    months: int | None
    shortest: int
    longest: int
    reasons: tuple = ()


def _is(value):
    return lambda given: given == value


def _from(number):
    return lambda given: given >= number


def _between(low, high):
    return lambda given: low <= given < high


_YES, _NO = _is(True), _is(False)

#: (code of the fact, whether it counts, level). More than one moderate risk makes it high.
RULES = (
    ("periodontal_stage", _is("IV"), HIGH),
    ("periodontal_stage", _is("III"), HIGH),
    ("periodontal_stage", _is("II"), MODERATE),
    ("periodontal_stage", _is("I"), SOME),
    ("periodontal_grade", _is("C"), HIGH),
    ("periodontal_grade", _is("B"), MODERATE),
    ("caries_risk", _is("high"), HIGH),
    ("caries_risk", _is("moderate"), MODERATE),
    ("new_caries", _from(3), HIGH),
    ("new_caries", _between(1, 3), MODERATE),
    ("head_neck_radiation", _YES, HIGH),
    ("mucosal_lesion", _YES, HIGH),
    ("smoking", _from(HEAVY_SMOKER), MODERATE),
    ("smoking", _between(1, HEAVY_SMOKER), SOME),
    ("smokeless_tobacco", _YES, MODERATE),
    ("alcohol", _is("high"), SOME),
    ("diabetes", _is("poor"), MODERATE),
    ("diabetes", _is("controlled"), SOME),
    ("immunosuppression", _YES, MODERATE),
    ("xerostomia", _YES, MODERATE),
    ("oral_hygiene", _is("poor"), MODERATE),
    ("oral_hygiene", _is("fair"), SOME),
    ("bleeding_on_probing", _from(30), MODERATE),
    ("bleeding_on_probing", _between(HEALTHY_BLEEDING, 30), SOME),
    ("sugar", _is("high"), SOME),
    ("fluoride", _NO, SOME),
    ("care_help", _YES, MODERATE),
    ("caries_family", _YES, SOME),
    ("tooth_wear", _YES, SOME),
)

#: Facts that are read.
CODES = tuple(dict.fromkeys(code for code, _counts, _level in RULES))

#: What has to be known before the longest interval is proposed: teeth, gums and tobacco.
NEEDED_FOR_LONGEST = ("caries_risk", "periodontal_stage", "smoking")


def bounds(guidance, age):
    """Shortest and longest interval in months that the guidance allows.

    :param guidance: `EXAMINATION` or `PERIODONTAL`.
    :param age: full years; None: taken as grown up.
    """
    return BOUNDS[guidance, age is not None and age < OF_AGE]


def weigh(facts):
    """Which risks the facts show: ``((level, code), …)``, the heaviest first."""
    found = [
        (level, code)
        for code, counts, level in RULES
        if facts.get(code) is not None and counts(facts[code])
    ]
    order = (HIGH, MODERATE, SOME)
    return tuple(sorted(found, key=lambda reason: order.index(reason[0])))


def propose(facts, age, guidance=EXAMINATION):
    """The interval that the recorded facts speak for.

    A high risk, or two moderate ones, bring the shortest interval; one moderate risk 6 months; a
    smaller one 12. With no risk it is the longest one that the guidance allows, if teeth, gums and
    tobacco are known to be fine; else 12 months, for what nobody has asked is no good news.

    :param dict facts: ``{code: value}`` as `prm.health.fact._current` gives it.
    :param age: full years, or None.
    :rtype: Proposal
    """
    shortest, longest = bounds(guidance, age)
    known = {code: value for code, value in facts.items() if code in CODES}
    if not known:
        return Proposal(None, shortest, longest)
    reasons = weigh(known)
    levels = [level for level, _code in reasons]
    if HIGH in levels or levels.count(MODERATE) > 1:
        months = LONGEST[HIGH]
    elif levels:
        months = LONGEST[levels[0]]
    elif all(code in known for code in NEEDED_FOR_LONGEST):
        months = longest
    else:
        months = LONGEST[SOME]
    return Proposal(max(shortest, min(months, longest)), shortest, longest, reasons)
