from datetime import date, datetime, timedelta
from unittest import TestCase

from hypothesis import given
from hypothesis import strategies as st

from .. import waitlist
from ..slot_wishes import Wish
from ..slots import Slot

NOW = datetime(2035, 2, 5, 6, 0)
START = datetime(2035, 2, 7, 9, 0)
STOP = START + timedelta(minutes=45)
SLOT = Slot(START, STOP, 1)


def want(key=1, **vals):
    return waitlist.Want(**{"key": key, "wish": Wish("Europe/Rome"), "since": NOW, **vals})


wants = st.builds(
    waitlist.Want,
    key=st.integers(1, 5),
    wish=st.builds(
        Wish,
        zone=st.just("Europe/Rome"),
        weekdays=st.frozensets(st.integers(0, 6), min_size=1),
        start_from=st.sampled_from((0, 9, 10, 12)),
    ),
    since=st.datetimes(datetime(2034, 1, 1), NOW),
    urgency=st.integers(0, 2),
    provider_ids=st.frozensets(st.integers(1, 2)),
    notice=st.timedeltas(timedelta(), timedelta(days=3)),
    instead_of=st.none() | st.datetimes(NOW, NOW + timedelta(days=9)),
    offered_today=st.integers(0, 3),
    offered_lately=st.integers(0, 9),
    answered=st.booleans(),
)


class TestWhoIsLeftOut(TestCase):
    def _reason(self, slot=SLOT, now=NOW, **vals):
        return waitlist.skip_reason(want(**vals), slot, now, daily_cap=2)

    def test_nothing_stands_against_it(self):
        self.assertIsNone(self._reason())

    def test_each_reason(self):
        rome = "Europe/Rome"
        hour = timedelta(hours=1)
        for reason, vals in (
            ("answered", {"answered": True}),
            ("no_room", {"slot": None}),
            ("other_provider", {"provider_ids": frozenset((2, 3))}),
            ("not_sooner", {"instead_of": START}),
            ("not_sooner", {"instead_of": START - hour}),
            ("other_dates", {"first_day": date(2035, 2, 8)}),
            ("other_dates", {"last_day": date(2035, 2, 6)}),
            ("other_hours", {"wish": Wish(rome, weekdays=frozenset((0, 1)))}),
            ("other_hours", {"wish": Wish.between(13, 18, zone=rome)}),
            ("short_notice", {"notice": timedelta(days=3)}),
            ("short_notice", {"now": START - timedelta(minutes=29)}),
            ("other_visit", {"visits": ((STOP - hour, STOP),)}),
            ("enough_today", {"offered_today": 2}),
        ):
            self.assertEqual(self._reason(**vals), reason, vals)

    def test_what_just_suits(self):
        for vals in (
            {"provider_ids": frozenset((1, 2))},
            {"instead_of": START + timedelta(minutes=1)},
            {"first_day": date(2035, 2, 7), "last_day": date(2035, 2, 7)},
            {"notice": START - NOW},
            {"now": START - timedelta(minutes=30)},
            {"visits": ((STOP, STOP + timedelta(hours=1)),)},
            {"offered_today": 1},
        ):
            self.assertIsNone(self._reason(**vals), vals)

    def test_the_day_is_the_practice_s(self):
        """Half past eleven in the evening in Rome is the day before in UTC no longer."""
        late = Slot(datetime(2035, 2, 7, 23, 30), datetime(2035, 2, 8, 0, 0), 1)
        self.assertEqual(self._reason(late, last_day=date(2035, 2, 7)), "other_dates")


class TestOrder(TestCase):
    def _order(self, *people, slot=SLOT):
        places = waitlist.rank([(each, slot) for each in people], START, STOP, NOW)
        return [place.want.key for place in places]

    def _days_ago(self, days):
        return NOW - timedelta(days=days)

    def test_pain_comes_first_whatever_else_counts(self):
        waits_long = want(1, since=self._days_ago(900), provider_ids=frozenset((1,)))
        soon = want(2, urgency=1, offered_lately=9)
        urgent = want(3, urgency=2, offered_lately=9)
        best_soon = want(4, urgency=1, since=self._days_ago(90), provider_ids=frozenset((1,)))
        self.assertEqual(self._order(waits_long, soon, urgent, best_soon), [3, 4, 2, 1])

    def test_waiting_fairness_and_fit(self):
        self.assertEqual(self._order(want(1), want(2, since=self._days_ago(10))), [2, 1])
        had_two = want(1, since=self._days_ago(10), offered_lately=2)
        self.assertEqual(self._order(had_two, want(2)), [2, 1])
        short = Slot(START, START + timedelta(minutes=15), 1)
        places = waitlist.rank([(want(1), short), (want(2), SLOT)], START, STOP, NOW)
        self.assertEqual([place.want.key for place in places], [2, 1])

    def test_of_equals_who_waits_longer(self):
        older = want(2, since=self._days_ago(0) - timedelta(hours=3))
        self.assertEqual(self._order(want(1), older, want(3)), [2, 1, 3])

    def test_each_place_says_why(self):
        person = want(1, urgency=1, since=self._days_ago(12), offered_lately=2,
                      provider_ids=frozenset((1,)))  # fmt: skip
        (place,) = waitlist.rank([(person, SLOT)], START, STOP, NOW)
        self.assertEqual(
            [(point.reason, point.points, point.number) for point in place.points],
            [("urgency", 210, 1), ("fills", 50, 100), ("provider", 30, 0), ("waiting", 24, 12),
             ("had_offers", -30, 2)],
        )  # fmt: skip
        self.assertEqual(place.score, 284)

    @given(st.lists(wants, max_size=5), st.permutations(range(5)))
    def test_the_order_does_not_depend_on_how_they_came(self, people, shuffled):
        unique = list({each.key: each for each in people}.values())
        mixed = [unique[n] for n in shuffled if n < len(unique)]
        self.assertEqual(self._order(*unique), self._order(*mixed))

    @given(wants, wants)
    def test_the_more_urgent_is_never_behind(self, one, other):
        places = waitlist.rank([(one, SLOT), (other, SLOT)], START, STOP, NOW)
        urgencies = [place.want.urgency for place in places]
        self.assertEqual(urgencies, sorted(urgencies, reverse=True))

    @given(wants)
    def test_nobody_is_asked_for_a_time_that_does_not_suit(self, person):
        if waitlist.skip_reason(person, SLOT, NOW, 2) is None:
            self.assertTrue(person.wish.suits(SLOT))
            self.assertLess(person.offered_today, 2)
            self.assertGreaterEqual(SLOT.start - NOW, person.notice)
            self.assertTrue(person.instead_of is None or SLOT.start < person.instead_of)
            self.assertTrue(not person.provider_ids or 1 in person.provider_ids)


class TestPace(TestCase):
    def test_the_nearer_the_faster(self):
        leads = [timedelta(minutes=n) for n in (30, 45, 60, 180, 240, 1439, 1440, 2879, 2880, 9999)]
        paces = [waitlist.pace(lead) for lead in leads]
        sizes, waits = [pace.size for pace in paces], [pace.wait for pace in paces]
        self.assertEqual(sizes, sorted(sizes, reverse=True))
        self.assertEqual(waits, sorted(waits))
        for lead, pace in zip(leads, paces, strict=True):
            self.assertLess(pace.wait, lead)

    def test_nobody_in_the_last_half_hour(self):
        self.assertIsNone(waitlist.pace(timedelta(minutes=29, seconds=59)))
        self.assertIsNone(waitlist.pace(timedelta(hours=-1)))


class TestFit(TestCase):
    def _slot(self, minutes, length=45):
        start = START + timedelta(minutes=minutes)
        return Slot(start, start + timedelta(minutes=length), 1)

    def test_the_start_of_what_came_free_first(self):
        found = [self._slot(n) for n in (-60, -15, 0, 15, 45)]
        self.assertEqual(waitlist.fit(found, START, STOP), found[2])

    def test_what_does_not_touch_it_is_nothing(self):
        self.assertIsNone(waitlist.fit([self._slot(-45), self._slot(45)], START, STOP))
        self.assertIsNone(waitlist.fit([], START, STOP))
