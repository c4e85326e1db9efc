from dataclasses import replace
from datetime import date, datetime, timedelta

import hypothesis
import pytz
from hypothesis import strategies as st
from odoo.tests import BaseCase

from ..slot_wishes import PARTS, Wish
from ..slots import Diary, Slot, expand_shifts, merge
from ..slots_together import AT_ONCE, EITHER, IN_A_ROW, MAX_PARTIES, Party, find_together
from ..time_blocks import Block, expand, held_from
from .slot_cases import FIRST_DAYS, HOURS, MOMENTS, ZONES, all_groups, diaries, fits, intervals

HALF_HOUR = timedelta(minutes=30)
DAY = datetime(2026, 5, 4, 8)

CHAIRS = st.dictionaries(st.integers(1, 3), intervals(days=1, most=2), max_size=2)
PARTIES = st.lists(
    st.builds(
        Party,
        diaries=st.lists(diaries(days=1, most=3), min_size=1, max_size=2).map(tuple),
        duration=st.none(),
        chairs=st.none() | CHAIRS,
    ),
    min_size=2,
    max_size=2,
)


def _numbered(parties, ids):
    """The same providers in several parties are what makes it hard."""
    ids = iter(ids)
    return [
        replace(
            party,
            diaries=tuple(replace(diary, provider_id=next(ids)) for diary in party.diaries),
            chairs=party.chairs or None,
        )
        for party in parties
    ]


class TestTogether(BaseCase):
    """Two patients or more: exactly the groups that fit, against trying out every one."""

    @hypothesis.settings(max_examples=150, deadline=None)
    @hypothesis.given(
        parties=PARTIES,
        ids=st.lists(st.integers(1, 3), min_size=4, max_size=4),
        gap=st.sampled_from([0, 15, 60]).map(lambda n: timedelta(minutes=n)),
        mode=st.sampled_from([IN_A_ROW, AT_ONCE, EITHER]),
    )
    def test_exactly_the_groups_that_fit(self, parties, ids, gap, mode):
        parties = _numbered(parties, ids)
        found = find_together(parties, gap, mode, step=HALF_HOUR)
        expected = sorted(
            tuple((start, diary.provider_id) for start, diary, _chairs in group)
            for group in all_groups(parties, HALF_HOUR)
            if fits(group, gap, mode != AT_ONCE, mode != IN_A_ROW)
        )
        got = sorted(tuple((slot.start, slot.provider_id) for slot in group) for group in found)
        self.assertEqual(got, expected)
        firsts = [min(slot.start for slot in group) for group in found]
        self.assertEqual(firsts, sorted(firsts))
        for group in found:
            for party, slot in zip(parties, group, strict=True):
                self.assertEqual(slot.operatory_id is None, party.chairs is None)

    def _party(self, *providers, minutes=30, chairs=None, hours=2):
        working = ((DAY, DAY + timedelta(hours=hours)),)
        return Party(
            tuple(Diary(provider, working) for provider in providers),
            timedelta(minutes=minutes),
            chairs,
        )

    def test_one_chair_is_not_taken_twice(self):
        chairs = {1: (), 2: ()}
        parties = [self._party(7, chairs=chairs), self._party(8, chairs=chairs)]
        first, *_rest = find_together(parties, timedelta(), AT_ONCE)
        self.assertEqual([slot.operatory_id for slot in first], [1, 2])
        parties = [self._party(7, chairs={1: ()}), self._party(8, chairs={1: ()})]
        self.assertEqual(find_together(parties, timedelta(), AT_ONCE), [])
        self.assertTrue(find_together(parties, timedelta(), IN_A_ROW))

    def test_a_chair_that_only_one_can_use_is_left_to_them(self):
        parties = [self._party(7, chairs={1: (), 2: ()}), self._party(8, chairs={1: ()})]
        first, *_rest = find_together(parties, timedelta(), AT_ONCE)
        self.assertEqual([slot.operatory_id for slot in first], [2, 1])

    def test_with_the_same_provider_one_after_the_other(self):
        parties = [self._party(7), self._party(7, minutes=60)]
        self.assertEqual(find_together(parties, timedelta(), AT_ONCE), [])
        first, *_rest = find_together(parties, timedelta(), EITHER)
        self.assertEqual([slot.start for slot in first], [DAY, DAY + HALF_HOUR])

    def test_three_and_a_limit(self):
        parties = [self._party(n, hours=4) for n in (1, 2, 3)]
        found = find_together(parties, timedelta(), IN_A_ROW, limit=5)
        self.assertEqual(len(found), 5)
        starts = sorted(slot.start for slot in found[0])
        self.assertEqual(starts, [DAY, DAY + HALF_HOUR, DAY + 2 * HALF_HOUR])
        with self.assertRaises(ValueError):
            find_together([self._party(1)] * (MAX_PARTIES + 1), timedelta())

    def test_what_is_wished(self):
        afternoon = Wish(zone="UTC", start_from=9)
        parties = [self._party(1), self._party(2)]
        found = find_together(parties, timedelta(), suits=afternoon.suits)
        self.assertTrue(found)
        self.assertTrue(all(slot.start.hour >= 9 for group in found for slot in group))


class TestWishes(BaseCase):
    def _slot(self, start, minutes=45, provider_id=1):
        return Slot(start, start + timedelta(minutes=minutes), provider_id)

    @hypothesis.given(start=MOMENTS, zone=ZONES)
    def test_every_time_is_in_one_part_of_the_day(self, start, zone):
        slot = self._slot(start)
        parts = [part for part in PARTS if Wish.part_of_day(part, zone=zone).suits(slot)]
        self.assertEqual(len(parts), 1 if self._within_a_day(slot, zone) else 0)

    def _within_a_day(self, slot, zone):
        local = [
            pytz.utc.localize(moment).astimezone(pytz.timezone(zone))
            for moment in (slot.start, slot.stop)
        ]
        midnight = local[1].replace(tzinfo=None) == datetime.combine(
            local[0].date() + timedelta(days=1), datetime.min.time()
        )
        return local[0].date() == local[1].date() or midnight

    def test_hours_on_the_practices_clock(self):
        rome = Wish.between(14, 16, zone="Europe/Rome")
        self.assertTrue(rome.suits(self._slot(datetime(2026, 7, 1, 12), 120)))
        self.assertFalse(rome.suits(self._slot(datetime(2026, 7, 1, 12, 15), 120)))
        self.assertFalse(rome.suits(self._slot(datetime(2026, 7, 1, 11, 45))))
        # In winter the same hour is another one in UTC.
        self.assertFalse(rome.suits(self._slot(datetime(2026, 12, 1, 12))))
        self.assertTrue(rome.suits(self._slot(datetime(2026, 12, 1, 13))))

    def test_days_of_the_week(self):
        weekend = Wish(zone="Asia/Kathmandu", weekdays=frozenset({5, 6}))
        self.assertTrue(weekend.suits(self._slot(datetime(2026, 7, 3, 20))))
        self.assertFalse(weekend.suits(self._slot(datetime(2026, 7, 3, 10))))

    def test_the_same_provider_first(self):
        slots = [self._slot(DAY + n * HALF_HOUR, provider_id=n % 3) for n in range(6)]
        chosen = Wish(zone="UTC", provider_id=2).choose(slots)
        self.assertEqual([slot.provider_id for slot in chosen], [2, 2, 0, 1, 0, 1])
        self.assertEqual(sorted(chosen, key=lambda slot: slot.start), slots)


BLOCKS = st.lists(
    st.builds(
        lambda types, hours, days, first, length, release: Block(
            frozenset(types), min(hours), max(hours), None, frozenset(days) or frozenset({0}),
            first, first + timedelta(days=length) if first else None, release,
        ),
        st.sets(st.integers(1, 3), min_size=1), st.tuples(HOURS, HOURS),
        st.sets(st.integers(0, 6)), st.none() | FIRST_DAYS, st.integers(0, 5),
        st.none() | st.integers(0, 4),
    ),
    max_size=4,
)  # fmt: skip


class TestTimeBlocks(BaseCase):
    @hypothesis.settings(max_examples=200, deadline=None)
    @hypothesis.given(blocks=BLOCKS, zone=ZONES, today=FIRST_DAYS, ahead=st.integers(0, 3))
    def test_kept_for_others_until_it_is_released(self, blocks, zone, today, ahead):
        """Each quarter of an hour by itself, by the rule in words."""
        first, last = today + timedelta(days=ahead), today + timedelta(days=ahead + 4)
        held = held_from(1, blocks, zone, first, last, today)
        self.assertEqual(held, merge(held))
        spans = [(block, span) for block in blocks for span in expand(block, zone, first, last)]
        for moment in {span[0] for _block, span in spans} | {span[1] for _block, span in spans}:
            day = pytz.utc.localize(moment).astimezone(pytz.timezone(zone)).date()
            covering = [block for block, (start, stop) in spans if start <= moment < stop]
            kept = any(
                1 not in block.type_ids
                and (block.release_days is None or (day - today).days > block.release_days)
                for block in covering
            ) and not any(1 in block.type_ids for block in covering)
            self.assertEqual(any(start <= moment < stop for start, stop in held), kept)

    def test_given_free(self):
        block = Block(frozenset({9}), 8, 10, release_days=2)
        monday = date(2026, 5, 4)
        held = held_from(1, [block], "Europe/Rome", monday, monday + timedelta(days=6), monday)
        self.assertEqual([start.day for start, _stop in held], [7, 8, 9, 10])
        self.assertEqual({start.hour for start, _stop in held}, {6})
        self.assertEqual(held_from(9, [block], "UTC", monday, monday, monday), [])

    def test_dates_and_weekdays(self):
        monday = date(2026, 5, 4)
        block = Block(
            frozenset(), 8, 9, weekdays=frozenset({1, 3}), first_day=date(2026, 5, 6),
            last_day=date(2026, 5, 12),
        )  # fmt: skip
        days = [start.day for start, _ in expand(block, "UTC", monday, monday + timedelta(days=20))]
        self.assertEqual(days, [7, 12])

    def test_a_day_with_a_clock_change(self):
        block = Block(frozenset(), 1, 4)
        day = date(2026, 3, 29)
        ((start, stop),) = expand(block, "Europe/Rome", day, day)
        self.assertEqual(stop - start, timedelta(hours=2))
        self.assertEqual(expand_shifts([], "UTC", day, day), [])
