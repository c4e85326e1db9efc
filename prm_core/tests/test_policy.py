import random
from datetime import date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

import hypothesis
from hypothesis import strategies as st
from odoo.tests import BaseCase

from ..contact_hours import Window, local_time
from ..outbox import FINAL_STATES, STATE_RANK, may_follow
from ..policy import (
    ALLOW,
    DEFER,
    SUPPRESS,
    Cap,
    Facts,
    Hold,
    Hours,
    cap_end,
    decide,
    explain,
    from_plain,
    ordered_channels,
    text_reason,
    to_plain,
)  # fmt: skip

STATES = st.sampled_from(["granted", "refused", "withdrawn"])
CODES = st.sampled_from(["email", "sms", "whatsapp"])
FACTS = st.builds(
    Facts,
    status=st.sampled_from(["prospect", "active", "inactive", "moved", "deceased"]),
    opt_in=st.booleans(),
    permissions=st.dictionaries(CODES | st.none(), STATES),
    addresses=st.dictionaries(CODES, st.just("someone@example.org")),
    order=st.lists(CODES, unique=True).map(tuple),
    channels=st.lists(CODES, unique=True).map(tuple),
    blocks=st.lists(st.sampled_from(["already_booked", "not_due"])).map(tuple),
)


class TestGate(BaseCase):
    """The gate's promises hold for every combination of facts."""

    @hypothesis.settings(max_examples=500, deadline=None)
    @hypothesis.given(FACTS)
    def test_never_against_the_patients_word(self, facts):
        decision = decide(facts)
        self.assertIn(decision.outcome, (ALLOW, SUPPRESS))
        if not decision.allowed:
            self.assertIsNone(decision.channel)
            self.assertNotEqual(decision.reason, "ok")
            return
        self.assertNotIn(facts.status, ("inactive", "moved", "deceased"))
        self.assertFalse(facts.blocks)
        self.assertIn(decision.channel, facts.channels)
        self.assertEqual(decision.address, facts.addresses[decision.channel])
        said = facts.permissions.get(decision.channel) or facts.permissions.get(None)
        self.assertNotIn(said, ("refused", "withdrawn"))
        if facts.opt_in:
            self.assertEqual(said, "granted")

    @hypothesis.settings(max_examples=300, deadline=None)
    @hypothesis.given(FACTS)
    def test_sends_whenever_it_may(self, facts):
        """It holds nothing back without a reason."""
        if facts.status in ("inactive", "moved", "deceased") or facts.blocks:
            return
        usable = [
            code
            for code in facts.channels
            if facts.addresses.get(code)
            and (facts.permissions.get(code) or facts.permissions.get(None))
            in (("granted",) if facts.opt_in else ("granted", None))
        ]
        decision = decide(facts)
        self.assertEqual(decision.allowed, bool(usable))
        if usable:
            best = next(code for code in ordered_channels(facts) if code in usable)
            self.assertEqual(decision.channel, best)
            self.assertEqual(best in facts.order, bool(set(usable) & set(facts.order)))

    def test_reasons(self):
        email = {"channels": ("email",)}
        cases = [
            ("deceased", Facts("deceased", **email)),
            ("already_booked", Facts("active", blocks=("already_booked",), **email)),
            ("no_email", Facts("active", **email)),
            ("no_address", Facts("active", channels=("email", "sms"))),
            ("no_template", Facts("active", addresses={"email": "a@example.org"})),
            ("refused", Facts("active", permissions={None: "withdrawn"}, **email)),
            ("no_permission", Facts("active", opt_in=True, **email)),
        ]
        for reason, facts in cases:
            self.assertEqual(decide(facts).reason, reason)

    def test_word_for_one_channel_counts_before_the_word_for_all(self):
        addresses = {"email": "a@example.org"}
        facts = Facts(
            "active", permissions={None: "refused", "email": "granted"},
            addresses=addresses, channels=("email",),
        )  # fmt: skip
        self.assertTrue(decide(facts).allowed)


NOW = datetime(2026, 11, 25, 12, 0)
MOMENTS = st.integers(-20 * 24 * 60, 20 * 24 * 60).map(lambda m: NOW + timedelta(minutes=m))
WINDOWS = st.builds(
    lambda start, stop, days: Window(start * 30, stop * 30, frozenset(days)),
    st.integers(0, 30), st.integers(10, 48), st.sets(st.integers(0, 6), min_size=3),
)  # fmt: skip
TIMED = st.builds(
    Facts,
    status=st.sampled_from(["active", "prospect", "deceased"]),
    opt_in=st.booleans(),
    opt_in_channels=st.frozensets(CODES),
    permissions=st.dictionaries(CODES | st.none(), STATES),
    addresses=st.dictionaries(CODES, st.just("x")),
    blocked=st.dictionaries(CODES, st.sampled_from(["bounced", "stop", "wrong_person"])),
    order=st.lists(CODES, unique=True).map(tuple),
    channels=st.lists(CODES, unique=True).map(tuple),
    exposed=st.frozensets(CODES, max_size=1),
    holds=st.lists(st.builds(Hold, st.just("complaint_open"), st.none() | MOMENTS), max_size=2).map(
        tuple
    ),
    now=st.just(NOW),
    zone=st.sampled_from(["UTC", "Europe/Rome", "America/Denver", "Asia/Shanghai"]),
    hours=st.lists(st.builds(Hours, WINDOWS, st.just("rule"), CODES | st.none()), max_size=3).map(
        tuple
    ),
    paused_until=st.none() | MOMENTS.map(datetime.date),
    caps=st.lists(
        st.builds(Cap, st.integers(1, 3), st.integers(1, 7), CODES | st.none(), st.just("rule")),
        max_size=2,
    ).map(tuple),
    contacts=st.lists(st.tuples(MOMENTS, CODES), max_size=6).map(tuple),
)


class TestMoment(BaseCase):
    """Hours, limits, pauses and blocked addresses, for every combination."""

    @hypothesis.settings(max_examples=1500, deadline=None)
    @hypothesis.given(TIMED)
    def test_what_goes_keeps_every_rule(self, facts):
        decision = decide(facts)
        if not decision.allowed:
            return
        channel = decision.channel
        self.assertNotIn(channel, facts.blocked)
        self.assertNotIn(channel, facts.exposed)
        said = facts.permissions.get(channel) or facts.permissions.get(None)
        self.assertNotIn(said, ("refused", "withdrawn"))
        if facts.opt_in or channel in facts.opt_in_channels:
            self.assertEqual(said, "granted")
        moment = decision.until or facts.now
        self.assertGreaterEqual(moment, facts.now)
        self.assertLessEqual(moment, facts.now + timedelta(days=7))
        local = local_time(moment, facts.zone)
        for hours in facts.hours:
            if hours.channel in (None, channel):
                self.assertTrue(hours.window.contains(local))
        if facts.paused_until:
            self.assertGreaterEqual(local.date(), facts.paused_until)
        for hold in facts.holds:
            self.assertLessEqual(hold.until, moment)
        for cap in facts.caps:
            ends = cap_end(cap, facts, channel)
            self.assertTrue(ends is None or ends <= moment)

    @hypothesis.settings(max_examples=800, deadline=None)
    @hypothesis.given(TIMED)
    def test_the_explanation_tells_the_same_story(self, facts):
        decision, checks = decide(facts), explain(facts)
        failed = [check.reason for check in checks if not check.passed]
        if decision.outcome == ALLOW:
            passed = [check.subject for check in checks if check.passed and check.subject]
            self.assertEqual(passed, [decision.channel])
            self.assertFalse([check for check in checks if check.until])
        else:
            self.assertTrue(failed)
            if decision.reason not in ("no_email", "no_address"):
                self.assertIn(decision.reason, failed)

    @hypothesis.settings(max_examples=300, deadline=None)
    @hypothesis.given(TIMED)
    def test_facts_survive_being_stored(self, facts):
        again, first = decide(from_plain(to_plain(facts))), decide(facts)
        self.assertEqual(
            (again.outcome, again.reason, again.channel, again.until),
            (first.outcome, first.reason, first.channel, first.until),
        )
        self.assertNotIn("x", to_plain(facts).get("has_address", []))

    def _facts(self, **options):
        return Facts(
            "active", addresses={"email": "x", "sms": "y"}, channels=("email", "sms"), now=NOW,
            **options,
        )  # fmt: skip

    def test_outside_the_hours_it_waits(self):
        facts = self._facts(hours=(Hours(Window(480, 600)),))
        decision = decide(facts)
        self.assertEqual((decision.outcome, decision.reason), (DEFER, "quiet_hours"))
        self.assertEqual(decision.until, datetime(2026, 11, 26, 8))

    def test_a_pause_beyond_a_week_holds_back(self):
        self.assertEqual(decide(self._facts(paused_until=date(2026, 12, 24))).reason, "paused")
        self.assertEqual(decide(self._facts(paused_until=date(2026, 11, 27))).outcome, DEFER)

    def test_a_limit_frees_itself_after_its_days(self):
        facts = self._facts(
            caps=(Cap(1, 1),), contacts=((NOW - timedelta(hours=5), "sms"),)
        )  # fmt: skip
        self.assertEqual(decide(facts).until, NOW + timedelta(hours=19))

    def test_a_bounced_address_leaves_the_other_channel(self):
        decision = decide(self._facts(blocked={"email": "bounced"}))
        self.assertEqual(decision.channel, "sms")

    def test_wishes_that_meet_no_rule(self):
        hours = (Hours(Window(480, 1260)), Hours(Window(1300, 1380)))
        self.assertEqual(decide(self._facts(hours=hours)).reason, "no_hours")

    def test_hours_of_another_channel_do_not_matter(self):
        hours = (Hours(Window(0, 60), "", "sms"),)
        self.assertEqual(decide(self._facts(hours=hours)).outcome, ALLOW)


class TestStates(BaseCase):
    def test_never_backwards(self):
        for old in STATE_RANK:
            for new in STATE_RANK:
                if may_follow(old, new):
                    self.assertGreater(STATE_RANK[new], STATE_RANK[old])
        for final in FINAL_STATES:
            for new in (*STATE_RANK, *FINAL_STATES):
                self.assertFalse(may_follow(final, new))

    def test_that_it_arrived_weighs_more_than_that_it_failed(self):
        for first, second in (("failed", "delivered"), ("delivered", "failed")):
            state = "sent"
            for new in (first, second):
                state = new if may_follow(state, new) else state
            self.assertEqual(state, "delivered")

    def test_a_read_message_did_not_fail(self):
        self.assertFalse(may_follow("read", "failed"))
        self.assertTrue(may_follow("sent", "failed"))


class TestTenThousand(BaseCase):
    """Any zone of the world, any day, and the days around both clock changes."""

    SAMPLES = 10_000

    @staticmethod
    @cache
    def _changes(zone, year):
        """The days of a year on which a zone's clock is changed."""
        tz, days = ZoneInfo(zone), []
        first = datetime(year, 1, 1, 12)
        offset = first.replace(tzinfo=tz).utcoffset()
        for number in range(1, 365):
            day = first + timedelta(days=number)
            if (now := day.replace(tzinfo=tz).utcoffset()) != offset:
                days.append(day)
                offset = now
        return days

    def test_nothing_goes_at_the_wrong_hour_or_without_a_live_yes(self):
        chooser = random.Random(1582)
        zones = sorted(available_timezones())
        around_changes = outcomes = 0
        for _sample in range(self.SAMPLES):
            zone, year = chooser.choice(zones), chooser.choice((2025, 2026))
            day = datetime(year, 1, 1) + timedelta(days=chooser.randrange(365))
            if (changes := self._changes(zone, year)) and chooser.random() < 0.5:
                day = chooser.choice(changes) + timedelta(days=chooser.choice((-1, 0, 0, 1)))
                around_changes += 1
            now = day + timedelta(seconds=chooser.randrange(86400))
            start = chooser.choice((0, 120, 150, 480, 540))
            window = Window(
                start,
                chooser.choice((start + 60, 1080, 1260, 1440)),
                chooser.choice((frozenset(range(7)), frozenset(range(6)))),
            )
            permission = chooser.choice((None, "granted", "refused", "withdrawn"))
            facts = Facts(
                status="active", opt_in=chooser.random() < 0.5,
                permissions={None: permission} if permission else {},
                addresses={"sms": "+1"}, channels=("sms",), now=now, zone=zone,
                hours=(Hours(window),),
            )  # fmt: skip
            decision = decide(facts)
            if not decision.allowed:
                continue
            outcomes += 1
            moment = decision.until or now
            self.assertGreaterEqual(moment, now)
            self.assertTrue(window.contains(local_time(moment, zone)), (zone, moment, window))
            if facts.opt_in:
                self.assertEqual(permission, "granted")
            self.assertNotIn(permission, ("refused", "withdrawn"))
        self.assertGreater(around_changes, self.SAMPLES // 10)
        self.assertGreater(outcomes, self.SAMPLES // 4)


class TestTextLimit(BaseCase):
    def test_brief_or_allowed(self):
        limited = {"text_limits": {"sms": 160}, "status": "active"}
        self.assertIsNone(text_reason(Facts(**limited), "sms", "x" * 160))
        self.assertEqual(text_reason(Facts(**limited), "sms", "x" * 161), "text_over_limit")
        self.assertIsNone(text_reason(Facts(**limited), "email", "x" * 161))
        allowed = Facts(**limited, permissions={"sms": "granted"})
        self.assertIsNone(text_reason(allowed, "sms", "x" * 161))
