import hypothesis
from hypothesis import strategies as st
from odoo.tests import BaseCase

from ..outbox import FINAL_STATES, STATE_RANK, may_follow
from ..policy import ALLOW, SUPPRESS, Facts, decide

STATES = st.sampled_from(["granted", "refused", "withdrawn"])
CODES = st.sampled_from(["email", "sms", "whatsapp"])
FACTS = st.builds(
    Facts,
    status=st.sampled_from(["prospect", "active", "inactive", "moved", "deceased"]),
    opt_in=st.booleans(),
    permissions=st.dictionaries(CODES | st.none(), STATES),
    addresses=st.dictionaries(CODES, st.just("someone@example.org")),
    preferred=CODES | st.none(),
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
        if facts.preferred in usable:
            self.assertEqual(decision.channel, facts.preferred)

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


class TestStates(BaseCase):
    def test_never_backwards(self):
        for old in STATE_RANK:
            for new in STATE_RANK:
                if may_follow(old, new):
                    self.assertGreater(STATE_RANK[new], STATE_RANK[old])
        for final in FINAL_STATES:
            for new in (*STATE_RANK, *FINAL_STATES):
                self.assertFalse(may_follow(final, new))

    def test_a_read_message_did_not_fail(self):
        self.assertFalse(may_follow("read", "failed"))
        self.assertTrue(may_follow("sent", "failed"))
