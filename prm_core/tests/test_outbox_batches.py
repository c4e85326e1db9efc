from odoo.tests import BaseCase

from ..outbox import MAX_BATCH, MIN_BATCH, next_batch


class TestNextBatch(BaseCase):
    """How many messages a dispatcher takes at a time."""

    def test_takes_what_fits_into_a_second(self):
        self.assertEqual(next_batch(50, 0.1), 500)
        self.assertEqual(next_batch(400, 2), 200)
        self.assertEqual(next_batch(200, 1), 200)

    def test_stays_within_bounds(self):
        self.assertEqual(next_batch(MAX_BATCH, 0.1), MAX_BATCH)
        self.assertEqual(next_batch(MIN_BATCH, 0), MAX_BATCH)
        self.assertEqual(next_batch(MIN_BATCH, 60), MIN_BATCH)
