from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

#: Test mails of one person in an hour: enough to write a template, too few to fill a mailbox.
MOST_PER_HOUR = 20


class PrmTemplateTest(models.Model):
    """That somebody had a template sent to themselves; counted, so that it stays within reason."""

    _name = "prm.template.test"
    _description = "Test of a Template"
    _order = "id desc"
    _rec_name = "create_date"

    company_id = fields.Many2one("res.company", required=True, index=True, ondelete="cascade")
    user_id = fields.Many2one("res.users", required=True, index=True, ondelete="cascade")

    @api.model
    def _count_one(self, company):
        """Note that the user has a test sent.

        :raises UserError: when it would be too many in an hour.
        """
        tests = self.sudo()
        since = fields.Datetime.now() - timedelta(hours=1)
        recent = tests.search(
            [("user_id", "=", self.env.uid), ("create_date", ">", since)], limit=MOST_PER_HOUR
        )
        if len(recent) >= MOST_PER_HOUR:
            wait = recent[-1].create_date - since
            raise UserError(
                self.env._(
                    "You have had %(count)s tests sent within an hour, which is the most there may "
                    "be. The next one can go in %(minutes)s min; the preview shows the same text.",
                    count=MOST_PER_HOUR,
                    minutes=int(wait.total_seconds() // 60) + 1,
                )
            )
        tests.create({"company_id": company.id, "user_id": self.env.uid})

    @api.autovacuum
    def _gc_old(self):
        """Nobody asks about tests of yesterday."""
        limit = fields.Datetime.now() - timedelta(days=1)
        self.env.cr.execute("DELETE FROM prm_template_test WHERE create_date < %s", [limit])
