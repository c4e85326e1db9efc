from odoo import api, fields, models
from odoo.tools import SQL


class PrmJourneySignal(models.Model):
    """An event that journeys have not looked at yet.

    Written in the transaction of the event, so that none is missed whatever dies afterwards, and
    deleted in the transaction that takes it up.
    """

    _name = "prm.journey.signal"
    _description = "Event for Journeys"
    _log_access = False

    event_id = fields.Many2one("prm.event", required=True, ondelete="cascade", index=True)

    @api.model
    def _raise(self, events):
        self.env.execute_query(
            SQL(
                """
                INSERT INTO prm_journey_signal (event_id) SELECT unnest(%s::int[]) RETURNING id
                """,
                events.ids,
            )
        )
        self.env.ref("prm_core.prm_journey_listen_cron").sudo()._trigger()

    @api.model
    def _take(self, limit):
        """The oldest events that nobody has looked at, in their order; they are this caller's.

        :return: `prm.event`
        """
        rows = self.env.execute_query(
            SQL(
                """
                DELETE FROM prm_journey_signal
                 WHERE id IN (SELECT id FROM prm_journey_signal ORDER BY id LIMIT %s
                                 FOR UPDATE SKIP LOCKED)
             RETURNING id, event_id
                """,
                limit,
            )
        )
        return self.env["prm.event"].sudo().browse(event for _id, event in sorted(rows))
