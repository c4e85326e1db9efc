"""The table of statuses, without a database."""

import unittest

from odoo.addons.prm_dental import procedure_status as status

#: What a clinician can do, written by hand: status -> those that can follow.
EXPECTED = {
    "planned": {"accepted", "scheduled", "in_progress", "completed", "declined", "deleted"},
    "accepted": {"planned", "scheduled", "in_progress", "completed", "declined", "deleted"},
    "scheduled": {"planned", "accepted", "in_progress", "completed", "declined", "deleted"},
    "in_progress": {"planned", "accepted", "scheduled", "completed", "declined", "deleted"},
    "completed": {"planned", "in_progress", "existing", "deleted"},
    "declined": {"planned", "accepted", "deleted"},
    "existing": {"completed", "deleted"},
    "deleted": {"planned", "completed", "existing"},
}


class TestProcedureStatus(unittest.TestCase):
    def test_every_pair(self):
        for source in status.STATUSES:
            for target in status.STATUSES:
                with self.subTest(source=source, target=target):
                    expected = target in EXPECTED[source] or target == source
                    self.assertEqual(status.allowed(source, target), expected)
                    self.assertTrue(status.allowed(source, target, manager=True))

    def test_what_is_offered_first_moves_on(self):
        for source in status.LADDER[:-1]:
            first = status.offered(source)[0]
            self.assertFalse(first.back)
            self.assertGreater(status.LADDER.index(first.target), status.LADDER.index(source))

    def test_without_its_visit(self):
        self.assertEqual(status.without_visit(True), "accepted")
        self.assertEqual(status.without_visit(False), "planned")
