"""The questions on a patient's health: who is asked what, and what an answer means. Plain Python.

An answer is a plain value that can be kept as JSON: True or False, a number (0 for no), words
("" for no), the code of a choice, a list of such codes. None: not answered yet.
"""

from dataclasses import dataclass

from . import mdas

#: Letters that an answer in words may have.
MAX_WORDS = 1000

#: What is wrong with an answer.
UNANSWERED, SAY_WHICH, SAY_HOW_MANY, TOO_LONG, OUT_OF_RANGE = (
    "unanswered", "say_which", "say_how_many", "too_long", "out_of_range",
)  # fmt: skip


@dataclass(frozen=True)
class Question:
    """One question of a form.

    :param kind: ``flag`` (yes or no), ``number`` (no, or how many), ``words`` (no, or which),
        ``choice`` (one of ``choices``), ``many`` (any of them, or none), ``scale`` (1 to 5).
    :param fact: code of the health fact that the answer is; of a ``scale``, its situation stands
        in ``code`` and the sum is the fact.
    :param maximum: largest number that makes sense.
    :param gender: ``female`` or ``male`` when the other one is not asked; everybody else is.
    :param min_age: years; :param max_age: years, included. Who has no birth date is asked.
    """

    code: str
    kind: str
    fact: str = ""
    choices: tuple = ()
    maximum: int = 0
    gender: str = ""
    min_age: int = 0
    max_age: int = 0

    def is_for(self, gender, age):
        """Whether somebody is asked this."""
        if self.gender and gender in ("female", "male") and gender != self.gender:
            return False
        if age is None:
            return True
        return age >= self.min_age and (not self.max_age or age <= self.max_age)


def read_answer(question, typed):
    """What somebody typed or ticked, as an answer.

    :param typed: ``{name: text}`` of a form: the question's code, and ``<code>_more`` for how many
        or which; of ``many``, ``<code>_<choice>`` for each that is ticked.
    :return: (answer, None) or (None, what is wrong).
    """
    chosen = typed.get(question.code) or ""
    more = (typed.get(f"{question.code}_more") or "").strip()
    return _READERS[question.kind](question, chosen, more, typed)


def _read_flag(_question, chosen, _more, _typed):
    return {"yes": (True, None), "no": (False, None)}.get(chosen, (None, UNANSWERED))


def _read_number(question, chosen, more, _typed):
    if chosen == "no":
        return 0, None
    if chosen != "yes":
        return None, UNANSWERED
    if not (more.isascii() and more.isdigit()):
        return None, SAY_HOW_MANY
    number = int(more[:6])
    if number < 1 or (question.maximum and number > question.maximum):
        return None, OUT_OF_RANGE
    return number, None


def _read_words(_question, chosen, more, _typed):
    if chosen == "no":
        return "", None
    if chosen != "yes":
        return None, UNANSWERED
    if not more:
        return None, SAY_WHICH
    lines = [line.strip() for line in more.splitlines() if line.strip()]
    text = "\n".join(lines)
    return (None, TOO_LONG) if len(text) > MAX_WORDS else (text, None)


def _read_choice(question, chosen, _more, _typed):
    return (chosen, None) if chosen in question.choices else (None, UNANSWERED)


def _read_many(question, _chosen, _more, typed):
    return [code for code in question.choices if typed.get(f"{question.code}_{code}")], None


def _read_scale(_question, chosen, _more, _typed):
    return (int(chosen), None) if chosen in ("1", "2", "3", "4", "5") else (None, UNANSWERED)


_READERS = {
    "flag": _read_flag,
    "number": _read_number,
    "words": _read_words,
    "choice": _read_choice,
    "many": _read_many,
    "scale": _read_scale,
}


def missing(questions, answers):
    """Questions that have no answer yet, in their order."""
    return [one for one in questions if answers.get(one.code) is None]


def facts(questions, answers):
    """What the answers say of the patient's health.

    :return: ``{code of a fact: value}``; what was not answered says nothing.
    """
    said, scales = {}, {}
    for question in questions:
        answer = answers.get(question.code)
        if answer is None:
            continue
        if question.kind == "scale":
            scales.setdefault(question.fact, {})[question.code] = answer
        elif question.kind == "many":
            said.update({code: code in answer for code in question.choices})
        elif question.fact:
            said[question.fact] = answer
    for fact, items in scales.items():
        score = mdas.total(items)
        if score is not None:
            said[fact] = score
    return said


def same(known, said):
    """Whether an answer says what is known already; the order of words doesn't matter."""
    if isinstance(known, str) and isinstance(said, str):
        return _words(known) == _words(said)
    return known == said and isinstance(known, bool) == isinstance(said, bool)


def _words(text):
    return sorted(line.strip().casefold() for line in text.splitlines() if line.strip())
