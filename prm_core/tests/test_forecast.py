from datetime import datetime, timedelta
from unittest import TestCase

from odoo.tests import tagged

from ..forecast import DEPENDS, SKIPPED, TAKEN, play
from ..ladder import Climber, Rung

NOW = datetime(2026, 6, 1, 8)
VISIT = NOW + timedelta(days=10)


def climber(**values):
    return Climber(**{"position": 0, "anchor": VISIT, "zone": "UTC", "previous": NOW, **values})


def told(prospects):
    return [(one.index, (one.moment - NOW).days, one.outcome, one.reason) for one in prospects]


@tagged("post_install", "-at_install")
class TestPlay(TestCase):
    LADDER = [Rung(7, "days", before=True), Rung(2, "days", before=True), Rung(1, "days")]

    def test_each_step_in_its_time(self):
        found = play(self.LADDER, climber(), NOW, VISIT + timedelta(days=30))
        self.assertEqual(told(found), [(0, 3, TAKEN, ""), (1, 8, TAKEN, ""), (2, 11, TAKEN, "")])

    def test_no_further_than_asked(self):
        found = play(self.LADDER, climber(), NOW, NOW + timedelta(days=8))
        self.assertEqual(told(found), [(0, 3, TAKEN, ""), (1, 8, TAKEN, "")])

    def test_what_has_passed_is_left_out(self):
        since = NOW + timedelta(days=5)
        found = play(self.LADDER, climber(since=since), since, VISIT + timedelta(days=30))
        self.assertEqual(told(found)[0], (0, 5, SKIPPED, "past"))

    def test_conditions(self):
        answers = {0: False, 1: None}
        found = play(self.LADDER, climber(), NOW, VISIT + timedelta(days=30), answers)
        self.assertEqual(
            told(found),
            [(0, 3, SKIPPED, "condition"), (1, 8, DEPENDS, ""), (2, 11, TAKEN, "")],
        )

    def test_what_follows_a_step_counts_from_it(self):
        rungs = [Rung(0, "days"), Rung(3, "days", from_previous=True)]
        found = play(rungs, climber(), NOW, VISIT + timedelta(days=30), {0: False})
        self.assertEqual(told(found), [(0, 10, SKIPPED, "condition"), (1, 13, TAKEN, "")])
