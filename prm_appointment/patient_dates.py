"""Dates and times as a patient reads them: their language, the practice's clock."""

import re
from datetime import datetime

import babel
import babel.dates
import pytz

#: The year in a date pattern, with the words and commas that belong to it.
_YEAR = re.compile(r"(\s*,?\s*('[^']*'\s*)?y+年?)")


class Writer:
    """Writes moments (naive, UTC) for one language and one time zone.

    :param str lang: a code of Odoo's, such as ``it_IT``; :param str zone: name of a time zone.
    """

    def __init__(self, lang, zone):
        self._zone = pytz.timezone(zone)
        self._locals, self._clocks = {}, {}
        try:
            self._locale = babel.Locale.parse(lang)
        except (ValueError, babel.UnknownLocaleError):
            self._locale = babel.Locale.parse("en_US")

    def _local(self, moment: datetime):
        # A page of free times asks for the day and the hour of each.
        if moment not in self._locals:
            self._locals[moment] = pytz.utc.localize(moment).astimezone(self._zone)
        return self._locals[moment]

    def date(self, moment):
        """The day on the practice's calendar."""
        return self._local(moment).date()

    def full_day(self, moment):
        """Weekday, day, month and year."""
        return self._capital(babel.dates.format_date(self.date(moment), "full", self._locale))

    def day(self, moment):
        """Weekday, day and month: enough for a visit within some weeks."""
        pattern = _YEAR.sub("", babel.dates.get_date_format("full", self._locale).pattern)
        return self._capital(babel.dates.format_date(self.date(moment), pattern, self._locale))

    def plain_date(self, day):
        """A date without a time, such as a birth date, with the month in letters."""
        return babel.dates.format_date(day, "long", self._locale)

    def weekday(self, number):
        """The name of a day of the week, of which Monday is 0."""
        names = babel.dates.get_day_names("wide", context="stand-alone", locale=self._locale)
        return self._capital(names[number])

    def clock(self, moment):
        """The time of day."""
        time = self._local(moment).time()
        if time not in self._clocks:
            text = babel.dates.format_time(time, "short", locale=self._locale)
            self._clocks[time] = text.replace("\u202f", "\u00a0")
        return self._clocks[time]

    @staticmethod
    def _capital(text):
        return text[:1].upper() + text[1:]
