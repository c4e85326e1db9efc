from datetime import date, timedelta

import hypothesis
from hypothesis import strategies as st
from odoo.tests import BaseCase

from ..preferences import (
    MIN_MINUTES,
    PAUSES,
    PRESETS,
    Offer,
    Topic,
    fits,
    form_of,
    judge,
    read,
    read_clock,
    write_clock,
)

TODAY = date(2026, 3, 31)
CHANNELS = ("email", "sms", "whatsapp")
STATES = ("granted", "refused", "withdrawn")
LANGUAGES = ("en_US", "it_IT", "de_DE")


def _allowed(words, opt_in, channel):
    """What the gate would say: a channel's own word, else the word for all, else the purpose."""
    word = words.get(channel) or words.get(None)
    return word == "granted" if word else not opt_in


@st.composite
def topics(draw, channels):
    found = []
    for code in ("care", "recall", "news"):
        words = draw(st.dictionaries(st.sampled_from((*CHANNELS, None)), st.sampled_from(STATES)))
        opt_in = code == "news"
        allowed = {channel: _allowed(words, opt_in, channel) for channel in channels}
        found.append((opt_in, Topic(code, code == "care", allowed, words)))
    return found


@st.composite
def offers(draw):
    channels = tuple(draw(st.lists(st.sampled_from(CHANNELS), unique=True)))
    hours = draw(
        st.sampled_from((*PRESETS.values(), (9 * 60, 24 * 60)))
        | st.tuples(st.integers(1, 700), st.integers(701, 1440))
    )
    open_hours = draw(st.sampled_from([(0, 1440), (8 * 60, 20 * 60)]))
    paused = draw(st.none() | st.dates(TODAY + timedelta(days=1), date(2030, 1, 1)))
    found = draw(topics(channels))
    order = tuple(draw(st.lists(st.sampled_from((*CHANNELS, "letter")), unique=True)))
    return {"opt_in": [opt_in for opt_in, _topic in found]}, Offer(
        channels, order, tuple(topic for _o, topic in found), LANGUAGES,
        draw(st.sampled_from((*LANGUAGES, "fr_FR"))), hours, open_hours, paused, TODAY,
    )  # fmt: skip


def params_of(form):
    """What a browser sends of a form."""
    params = {
        "first": form.first, "hours": form.hours, "start": form.start, "stop": form.stop,
        "lang": form.lang, "pause": form.pause, "until": form.until,
    }  # fmt: skip
    for (topic, channel), was in form.shown.items():
        params[f"was-{topic}-{channel}"] = "1" if was else "0"
        if (topic, channel) in form.ticked:
            params[f"yes-{topic}-{channel}"] = "1"
    return params


TEXTS = st.sampled_from(
    ["", "own", "any", "morning", "evening", "none", "date", "1", "6", "9", "9:30", "25:00",
     "00:00", "18:00", "2026-04-01", "2026-03-30", "2199-01-01", "email", "sms", "it_IT", "xx"]
) | st.text(max_size=12)  # fmt: skip


class TestPreferences(BaseCase):
    """Promises that hold for every form that anybody may send."""

    @hypothesis.settings(max_examples=300, deadline=None)
    @hypothesis.given(offers())
    def test_what_is_sent_as_it_was_shown_changes_nothing(self, drawn):
        _facts, offer = drawn
        changes, errors = judge(offer, read(offer, params_of(form_of(offer))))
        self.assertFalse(changes)
        self.assertFalse(errors)
        self.assertFalse(judge(offer, read(offer, {}))[0])

    @hypothesis.settings(max_examples=400, deadline=None)
    @hypothesis.given(offers(), st.data())
    def test_the_ledger_says_afterwards_what_was_ticked(self, drawn, data):
        facts, offer = drawn
        form = form_of(offer)
        boxes = sorted(form.shown)
        ticked = data.draw(st.sets(st.sampled_from(boxes))) if boxes else set()
        params = params_of(form)
        for topic, channel in boxes:
            params.pop(f"yes-{topic}-{channel}", None)
        params |= {f"yes-{topic}-{channel}": "on" for topic, channel in ticked}
        changes, errors = judge(offer, read(offer, params))
        self.assertLessEqual(set(errors), {"care"})
        for opt_in, topic in zip(facts["opt_in"], offer.topics, strict=True):
            words = dict(topic.words)
            for code, channel, wish in changes.permissions:
                if code == topic.code:
                    words[channel] = "granted" if wish else "withdrawn"
            if errors:
                self.assertEqual(words, topic.words)
                continue
            for channel in topic.switches:
                self.assertEqual(_allowed(words, opt_in, channel), (topic.code, channel) in ticked)
            if topic.code in changes.topics and not any(
                (topic.code, channel) in ticked for channel in topic.allowed
            ):
                # No box left: none of these messages by any channel, also not by one to come.
                self.assertFalse(any(_allowed(words, opt_in, channel) for channel in CHANNELS))
            if topic.fixed and any(topic.allowed.values()):
                self.assertTrue(any(_allowed(words, opt_in, c) for c in topic.allowed))
            for channel in CHANNELS:
                if channel not in topic.allowed:
                    # Nothing is granted for a way that the person was not asked about.
                    self.assertLessEqual(
                        _allowed(words, opt_in, channel),
                        _allowed(topic.words, opt_in, channel),
                    )

    @hypothesis.settings(max_examples=400, deadline=None)
    @hypothesis.given(
        offers(),
        st.dictionaries(
            st.sampled_from(["first", "hours", "start", "stop", "lang", "pause", "until",
                             "yes-news-email", "was-news-email", "yes-x-y"]), TEXTS
        ),
    )  # fmt: skip
    def test_whatever_is_sent_what_is_taken_makes_sense(self, drawn, params):
        _facts, offer = drawn
        changes, errors = judge(offer, read(offer, params))
        self.assertFalse(changes and errors)
        values = changes.values
        if "order" in values:
            self.assertEqual(values["order"][0], params["first"].strip())
            self.assertEqual(set(values["order"]), {*offer.channels, *offer.order})
        if "hours" in values:
            start, stop = values["hours"]
            self.assertTrue((start, stop) == (0, 0) or 0 <= start < stop <= 1440)
            self.assertTrue(fits((start, stop), offer.open_hours))
        if "lang" in values:
            self.assertIn(values["lang"], LANGUAGES)
        if values.get("paused_until"):
            self.assertGreater(values["paused_until"], TODAY)

    def test_a_page_from_last_week_undoes_nothing(self):
        """The page showed a yes that has become a no since; only other boxes were touched."""
        opened = Offer(
            ("email",), (), (Topic("recall", False, {"email": True}),
                             Topic("news", False, {"email": False})),
            LANGUAGES, "en_US", (0, 0), (0, 1440), None, TODAY,
        )  # fmt: skip
        params = params_of(form_of(opened)) | {"yes-news-email": "1"}
        now = Offer(
            ("email",), (), (Topic("recall", False, {"email": False}, {None: "refused"}),
                             Topic("news", False, {"email": False})),
            LANGUAGES, "en_US", (0, 0), (0, 1440), None, TODAY,
        )  # fmt: skip
        changes, errors = judge(now, read(now, params))
        self.assertFalse(errors)
        self.assertEqual(changes.permissions, (("news", "email", True),))

    def _offer(self, **options):
        values = {
            "channels": ("email", "sms"), "order": (), "topics": (), "languages": LANGUAGES,
            "lang": "en_US", "hours": (0, 0), "open_hours": (480, 1200), "paused_until": None,
            "today": TODAY,
        }  # fmt: skip
        return Offer(**{**values, **options})

    def _judge(self, offer, **params):
        return judge(offer, read(offer, params))

    def test_pauses(self):
        offer = self._offer()
        ends = {"1": date(2026, 4, 30), "3": date(2026, 6, 30), "6": date(2026, 9, 30)}
        for months in PAUSES:
            changes, _errors = self._judge(offer, pause=months)
            self.assertEqual(changes.values, {"paused_until": ends[months]})
        # Only the day is filled in, the button beside it left alone.
        changes, _errors = self._judge(offer, pause="none", until="2026-05-01")
        self.assertEqual(changes.values, {"paused_until": date(2026, 5, 1)})
        paused = self._offer(paused_until=date(2026, 5, 1))
        changes, _errors = self._judge(paused, pause="none", until="2026-05-01")
        self.assertEqual(changes.values, {"paused_until": None})
        for until, code in (
            ("", "until_unread"), ("31/12/2026", "until_unread"), ("2026-03-31", "until_past"),
            ("2029-03-31", "until_far"),
        ):  # fmt: skip
            self.assertEqual(self._judge(offer, pause="date", until=until)[1], {"pause": code})

    def test_hours(self):
        offer = self._offer()
        self.assertEqual(
            self._judge(offer, hours="own", start="9", stop="18.30")[0].values,
            {"hours": (540, 1110)},
        )
        self.assertEqual(
            self._judge(offer, hours="any", start="9:00", stop="00:00")[0].values,
            {"hours": (540, 1440)},
        )
        for start, stop, code in (
            ("", "18:00", "hours_unread"), ("9:75", "18:00", "hours_unread"),
            ("noon", "18:00", "hours_unread"), ("18:00", "9:00", "hours_order"),
            ("21:00", "23:00", "hours_outside"), ("9:00", "9:30", "hours_outside"),
        ):  # fmt: skip
            errors = self._judge(offer, hours="own", start=start, stop=stop)[1]
            self.assertEqual(errors, {"hours": code})

    @hypothesis.given(st.integers(0, 1439))
    def test_a_clock_is_read_as_it_is_written(self, minutes):
        self.assertEqual(read_clock(write_clock(minutes)), minutes)

    def test_a_wish_leaves_an_hour(self):
        self.assertEqual(MIN_MINUTES, 60)
        self.assertTrue(fits((420, 540), (480, 1200)))
        self.assertFalse(fits((420, 539), (480, 1200)))

    def test_care_keeps_a_way(self):
        care = Topic("care", True, {"email": True, "sms": True})
        offer = self._offer(topics=(care,))
        shown = {"was-care-email": "1", "was-care-sms": "1"}
        self.assertEqual(self._judge(offer, **shown)[1], {"care": "last_way"})
        changes, errors = self._judge(offer, **shown, **{"yes-care-sms": "1"})
        self.assertFalse(errors)
        self.assertEqual(changes.permissions, (("care", "email", False),))
        # One way only: nothing to choose, unless it is off.
        self.assertEqual(Topic("care", True, {"email": True}).switches, ())
        self.assertEqual(Topic("care", True, {"email": False}).switches, ("email",))
