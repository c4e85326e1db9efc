"""Fields that point to short lists which last."""

from odoo import fields


class Lookup(fields.Many2one):
    """A many2one to one of a few rows that nobody has the right to delete, without a foreign key.

    PostgreSQL asks for the same row again with each that points to it; for 10,000 messages that
    takes longer than to write them. Only for models without the right to delete.
    """

    def update_db_foreign_key(self, model, column):
        """None: see above."""
