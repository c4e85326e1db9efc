from datetime import date, datetime, timedelta
from zoneinfo import available_timezones

import hypothesis
from hypothesis import strategies as st
from odoo.tests import BaseCase

from ..contact_hours import EVERY_DAY, Window, local_time, next_open, start_of_day

ZONES = sorted(zone for zone in available_timezones() if "/" in zone and "Etc" not in zone)
DAYTIME = Window(8 * 60, 20 * 60)
WINDOWS = st.builds(
    lambda start, length, days: Window(start, min(start + length, 1440), frozenset(days)),
    st.integers(0, 1425),
    st.integers(15, 1440),
    st.sets(st.integers(0, 6), min_size=1),
)
MOMENTS = st.datetimes(datetime(2025, 1, 1), datetime(2030, 1, 1)).map(
    lambda moment: moment.replace(second=0, microsecond=0)
)


class TestContactHours(BaseCase):
    @hypothesis.settings(max_examples=2000, deadline=None)
    @hypothesis.given(MOMENTS, st.sampled_from(ZONES), WINDOWS)
    def test_never_outside_the_window(self, moment, zone, window):
        opens = next_open(moment, zone, window)
        if opens is None:  # a window of minutes that a clock change skips, on its only weekday
            self.assertLess(window.stop - window.start, 120)
            return
        self.assertGreaterEqual(opens, moment)
        self.assertTrue(window.contains(local_time(opens, zone)))

    @hypothesis.settings(max_examples=300, deadline=None)
    @hypothesis.given(MOMENTS, st.sampled_from(ZONES), WINDOWS)
    def test_no_earlier_moment_would_have_done(self, moment, zone, window):
        opens = next_open(moment, zone, window)
        step, looked = timedelta(minutes=15), moment
        end = opens or moment
        while looked < end:
            self.assertFalse(window.contains(local_time(looked, zone)), (looked, opens))
            looked += step

    def test_both_clock_changes_of_many_zones(self):
        """Every quarter of an hour around the changes of 2026, in all zones that change."""
        checked = 0
        for zone in ZONES[::7]:
            for first in (date(2026, 3, 7), date(2026, 3, 28), date(2026, 10, 24),
                          date(2026, 10, 31), date(2026, 4, 4), date(2026, 10, 3)):  # fmt: skip
                moment = start_of_day(first, zone)
                for _step in range(0, 48 * 4, 5):
                    opens = next_open(moment, zone, DAYTIME)
                    self.assertTrue(DAYTIME.contains(local_time(opens, zone)), (zone, moment))
                    self.assertLess(opens - moment, timedelta(hours=14))
                    moment += timedelta(minutes=75)
                    checked += 1
        self.assertGreater(checked, 10_000)

    def test_the_hour_that_is_skipped(self):
        # On 29 March 2026 clocks in Rome go from 2 to 3.
        window = Window(2 * 60 + 15, 2 * 60 + 45)
        opens = next_open(datetime(2026, 3, 29, 0, 0), "Europe/Rome", window)
        self.assertEqual(local_time(opens, "Europe/Rome").date(), date(2026, 3, 30))

    def test_the_hour_that_comes_twice(self):
        # On 25 October 2026 clocks in Rome show the hour from 2 to 3 twice.
        window = Window(2 * 60 + 30, 3 * 60)
        second = datetime(2026, 10, 25, 1, 0)
        self.assertEqual(next_open(second, "Europe/Rome", window), datetime(2026, 10, 25, 1, 30))

    def test_a_sunday_is_skipped(self):
        window = Window(480, 1200, EVERY_DAY - {6})
        sunday = datetime(2026, 11, 29, 10)
        self.assertEqual(next_open(sunday, "UTC", window), datetime(2026, 11, 30, 8))

    def test_windows_that_do_not_meet(self):
        self.assertTrue((Window(60, 120) & Window(120, 180)).is_empty)
        self.assertIsNone(next_open(datetime(2026, 1, 1), "UTC", Window(120, 120)))
