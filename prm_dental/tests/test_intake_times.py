from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st
from odoo.tests import TransactionCase, tagged

from .. import intake_times
from ..intake_times import Course, TimeError, moments, parse_times, write_times

ZONES = ("Europe/Rome", "America/New_York", "Australia/Lord_Howe", "Asia/Shanghai", "UTC",
         "America/St_Johns", "Pacific/Apia")  # fmt: skip
LONG_AGO = datetime(2000, 1, 1)

courses = st.builds(
    Course,
    st.dates(date(2020, 1, 1), date(2035, 12, 31)),
    st.integers(1, 14),
    st.sets(st.integers(0, 1439), min_size=1, max_size=6).map(tuple),
)


def wall(moment, zone):
    """What the clock on the wall shows at a moment (naive UTC)."""
    local = moment.replace(tzinfo=ZoneInfo("UTC")).astimezone(ZoneInfo(zone))
    return local.replace(tzinfo=None)


@tagged("post_install", "-at_install")
class TestIntakeTimes(TransactionCase):
    def test_times_as_people_type_them(self):
        self.assertEqual(parse_times("14.30, 8:00"), (480, 870))
        self.assertEqual(parse_times("8h05;8:05 20:00"), (485, 1200))
        self.assertEqual(parse_times(""), ())
        self.assertEqual(parse_times(None), ())
        for word in ("8", "24:00", "8:60", "noon", "8:5", "-1:00"):
            with self.subTest(word), self.assertRaises(TimeError):
                parse_times(word)

    @given(st.sets(st.integers(0, 1439), max_size=8))
    def test_written_times_are_read_again(self, times):
        self.assertEqual(parse_times(write_times(times)), tuple(sorted(times)))

    def test_when_the_clock_goes_forward(self):
        """29 March 2026 in Rome: 2:00 becomes 3:00. Eight stays eight; 2:30 comes once."""
        found = sorted(moments([Course(date(2026, 3, 28), 3, (480,))], "Europe/Rome", LONG_AGO))
        self.assertEqual([moment.hour for moment in found], [7, 6, 6])
        found = moments([Course(date(2026, 3, 29), 1, (150,))], "Europe/Rome", LONG_AGO)
        self.assertEqual(found, {datetime(2026, 3, 29, 1, 30)})

    def test_when_the_clock_goes_back(self):
        """25 October 2026 in Rome: 3:00 becomes 2:00. 2:30 comes twice and is meant once."""
        found = moments([Course(date(2026, 10, 25), 1, (150, 480))], "Europe/Rome", LONG_AGO)
        self.assertEqual(found, {datetime(2026, 10, 25, 0, 30), datetime(2026, 10, 25, 7, 0)})

    def test_two_drugs_at_one_time_are_one_moment(self):
        one = Course(date(2026, 6, 1), 2, (480, 1140))
        other = Course(date(2026, 6, 1), 3, (480,))
        found = moments([one, other], "Europe/Rome", LONG_AGO)
        self.assertEqual(len(found), 5)
        evening = datetime(2026, 6, 1, 17)
        self.assertTrue(intake_times.is_due(one, evening, "Europe/Rome"))
        self.assertFalse(intake_times.is_due(other, evening, "Europe/Rome"))

    @settings(max_examples=150, deadline=None)
    @given(courses, st.sampled_from(ZONES))
    def test_the_clock_on_the_wall(self, course, zone):
        """Each time of each day once, as the wall shows it, but for hours that a change skips."""
        found = moments([course], zone, LONG_AGO)
        self.assertLessEqual(len(found), course.days * len(course.times))
        shown = {wall(moment, zone) for moment in found}
        for number in range(course.days):
            for minutes in course.times:
                day = datetime.combine(course.first, datetime.min.time()) + timedelta(days=number)
                meant = day + timedelta(minutes=minutes)
                near = min(abs(meant - moment) for moment in shown)
                # Apia left out a whole day in 2011, before these dates; else at most an hour.
                self.assertLessEqual(near, timedelta(hours=1))
        exact = sum(1 for moment in shown if moment.hour * 60 + moment.minute in course.times)
        self.assertGreaterEqual(exact, len(found) - len(course.times))

    @settings(max_examples=100, deadline=None)
    @given(courses, st.sampled_from(ZONES), st.integers(-3, 20))
    def test_what_has_passed_is_left_out(self, course, zone, days):
        since = datetime.combine(course.first, datetime.min.time()) + timedelta(days=days)
        everything = moments([course], zone, LONG_AGO)
        self.assertEqual(
            moments([course], zone, since), {one for one in everything if one >= since}
        )
        for moment in everything:
            self.assertTrue(intake_times.is_due(course, moment, zone))
