from odoo.tests import BaseCase

from ..outbox import MAX_BATCH, MIN_BATCH, next_batch


class TestNextBatch(BaseCase):
    """How many messages a dispatcher takes at a time."""

    def test_grows_while_quick_and_no_further(self):
        sizes = [MIN_BATCH]
        while sizes[-1] < MAX_BATCH:
            sizes.append(next_batch(sizes[-1], 0.1))
        self.assertEqual(sizes, [50, 100, 200, 400, 500])
        self.assertEqual(next_batch(MAX_BATCH, 0.1), MAX_BATCH)

    def test_shrinks_when_slow_and_no_further(self):
        self.assertEqual(next_batch(400, 1.5), 200)
        self.assertEqual(next_batch(MIN_BATCH, 60), MIN_BATCH)

    def test_stays_where_it_fits(self):
        self.assertEqual(next_batch(200, 0.7), 200)
