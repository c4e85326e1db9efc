from datetime import datetime, timezone

import hypothesis
import icalendar
from hypothesis import strategies as st
from odoo.tests import BaseCase

from ..calendar_file import Visit, write

TEXTS = st.text(
    st.characters(exclude_categories=("Cs", "Cc")) | st.sampled_from(["\n", ",", ";", "\\", "牙"]),
    max_size=200,
)
NOW = datetime(2026, 11, 24, 9, 30)


def _visit(**vals):
    return Visit(**{"uid": "visit-1@x", "sequence": 0, "start": NOW, "stop": NOW.replace(hour=10),
                    "changed_at": NOW, "summary": "Hygiene", **vals})  # fmt: skip


class TestCalendarFile(BaseCase):
    @hypothesis.settings(max_examples=200, deadline=None)
    @hypothesis.given(TEXTS, TEXTS)
    def test_read_back_by_a_library(self, summary, location):
        content = write(_visit(summary=summary, location=location))
        self.assertLessEqual(max(map(len, content.split(b"\r\n"))), 75)
        (event,) = icalendar.Calendar.from_ical(content).walk("VEVENT")
        self.assertEqual(str(event["SUMMARY"]), summary)
        self.assertEqual(str(event.get("LOCATION", "")), location)
        self.assertEqual(event["DTSTART"].dt, NOW.replace(tzinfo=timezone.utc))

    def test_changed_and_cancelled(self):
        calendar = icalendar.Calendar.from_ical(write(_visit(sequence=3, cancelled=True)))
        (event,) = calendar.walk("VEVENT")
        self.assertEqual(calendar["METHOD"], "CANCEL")
        self.assertEqual((event["STATUS"], event["SEQUENCE"]), ("CANCELLED", 3))
