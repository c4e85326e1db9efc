"""What a ladder would come to for one patient. Plain data: no database, and no clock of its own.

The engine looks at a patient when a step is due, takes it and looks on. Here that is played ahead,
or over a time that has passed, by the same arithmetic.
"""

import heapq
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from . import ladder

TAKEN, DEPENDS, SKIPPED = "taken", "depends", "skipped"


@dataclass(frozen=True)
class Prospect:
    """What becomes of one step.

    :param index: of the rung; :param moment: naive UTC at which that is settled.
    :param outcome: `TAKEN`; `DEPENDS` on a condition that nobody can answer for that moment;
        `SKIPPED`. :param reason: code of why it is skipped: ``past``, ``overtaken``, ``condition``.
    """

    index: int
    moment: datetime
    outcome: str
    reason: str = ""


def play(rungs, climber, now, until, answers=None):
    """The steps that come for one patient, in their order.

    A step that depends on a condition counts as one by which the patient hears nothing: what comes
    after it is shown rather than left out.

    :param rungs: list of `ladder.Rung`; :type climber: ladder.Climber
    :param now: naive UTC from which it is played; :param until: naive UTC up to which.
    :param answers: index of a rung -> whether its conditions hold; None: not known. Rungs without
        conditions are not in it.
    :rtype: list[Prospect]
    """
    answers = answers or {}
    found = []
    while True:
        outlook = ladder.look_ahead(rungs, climber, now)
        found += [Prospect(index, now, SKIPPED, reason) for index, reason in outlook.skipped]
        if outlook.index is None or outlook.due > until:
            return found
        if outlook.due > now:
            # As the engine does, look again when it is due: what is late by then may be past.
            now = outlook.due
            climber = replace(climber, position=outlook.index)
            continue
        holds = answers.get(outlook.index, True)
        if holds is False:
            found.append(Prospect(outlook.index, now, SKIPPED, "condition"))
        else:
            found.append(Prospect(outlook.index, now, DEPENDS if holds is None else TAKEN))
        heard = holds is True and not rungs[outlook.index].silent
        climber = replace(
            climber,
            position=outlook.index + 1,
            previous=now,
            contact=now if heard else climber.contact,
        )


def start_days(waiting, cap, taken, first, last):
    """On which day a soft start lets each of those in who wait.

    Every day as many as the cap allows start, those first whose step has waited longest.

    :param waiting: list of (key, day from which it waits, place in the order: the lowest is first).
    :param cap: starts a day, 1 or more; :param taken: how many have started on the first day.
    :param first, last: dates, both included.
    :return: ``{key: date}`` of those who start by then.
    """
    coming = sorted(waiting, key=lambda row: row[1], reverse=True)
    queue, days = [], {}
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        while coming and coming[-1][1] <= day:
            key, _since, place = coming.pop()
            heapq.heappush(queue, (place, key))
        for _start in range(min(max(cap - taken, 0), len(queue))):
            days[heapq.heappop(queue)[1]] = day
        taken = 0
    return days
