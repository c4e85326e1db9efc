"""When medicines are to be taken. Plain data: no database, and no clock of its own.

A course names times of day and days; what comes out are moments. Times are those of the clock on
the patient's wall, so that eight in the morning stays eight in the morning on both sides of a clock
change. A time that the change skips counts as the time that the clock shows instead, and of one
that comes twice the first is meant: nothing is taken twice, and nothing is left out.
"""

import re
from dataclasses import dataclass
from datetime import date, timedelta

from odoo.addons.prm_core.contact_hours import moment_of

#: A reminder comes within this time or not at all: a dose that is told late may be taken twice.
HOLDS = timedelta(hours=1)
#: More than anybody is asked to do in a day: above it somebody has mistyped.
MAX_A_DAY = 12
_TIME = re.compile(r"^(\d{1,2})[:.h](\d{2})$")


class TimeError(ValueError):
    """A time of day that can't be read. :param what: the word that was typed."""

    def __init__(self, what):
        super().__init__(what)
        self.what = what


@dataclass(frozen=True)
class Course:
    """One drug of a prescription.

    :param first: the first day; :param days: how many days, 1 or more.
    :param times: minutes after midnight, in any order.
    """

    first: date
    days: int
    times: tuple

    @property
    def last(self):
        """The last day."""
        return self.first + timedelta(days=self.days - 1)


def parse_times(text):
    """Times of day as people type them: ``8:00, 14.30``.

    :return: sorted tuple of minutes after midnight, each once.
    :raises TimeError: for a word that is no time.
    """
    found = set()
    for word in re.split(r"[,;\s]+", (text or "").strip()):
        if not word:
            continue
        match = _TIME.match(word)
        if not match or int(match[1]) > 23 or int(match[2]) > 59:
            raise TimeError(word)
        found.add(int(match[1]) * 60 + int(match[2]))
    return tuple(sorted(found))


def write_times(times):
    """Minutes after midnight as a clock shows them: ``8:00, 14:30``."""
    return ", ".join(f"{minutes // 60}:{minutes % 60:02}" for minutes in sorted(times))


def moments(courses, zone, since):
    """All moments at which something is to be taken, several drugs at one time being one.

    :param courses: iterable of `Course`; :param zone: IANA name of the patient's zone.
    :param since: naive UTC; earlier moments are left out.
    :return: set of naive UTC
    """
    return {
        moment
        for course in courses
        for number in range(course.days)
        for minutes in course.times
        if (moment := moment_of(course.first + timedelta(days=number), minutes, zone)) >= since
    }


def is_due(course, moment, zone):
    """Whether a drug is to be taken at a moment (naive UTC) of `moments`."""
    return moment in moments([course], zone, moment)
