from odoo import api, fields, models
from odoo.tools import SQL


class PrmRecallVisit(models.Model):
    """The visit that a recall asks for: what is done together, how long it takes, and how often
    the patient was asked.
    """

    _inherit = "prm.recall"

    ride_from = fields.Date(
        readonly=True, copy=False, help="From this day on it is done together with another visit."
    )
    ride_type_id = fields.Many2one(
        "prm.recall.type", string="Done With", readonly=True, copy=False, ondelete="set null"
    )
    rider_text = fields.Char(string="Done Together", compute="_compute_visit")
    visit_minutes = fields.Integer(string="Minutes of the Visit", compute="_compute_visit")
    contact_count = fields.Integer(
        string="Times Asked",
        compute="_compute_contact_count",
        help="Messages that went and calls that were made since the last visit.",
    )

    _ride_idx = models.Index("(patient_id, ride_type_id) WHERE ride_type_id IS NOT NULL")

    @api.depends("patient_id", "type_id", "ride_from")
    @api.depends_context("lang")
    def _compute_visit(self):
        riders = self._riders()
        for recall in self:
            along = riders[recall.id]
            recall.rider_text = ", ".join(rider.type_id.name for rider in along)
            kind = recall.type_id.with_company(recall.company_id).appointment_type_id.sudo()
            extra = recall._extra_minutes(along)
            recall.visit_minutes = kind.duration + extra if kind else 0

    @api.model
    def _extra_minutes(self, riders):
        return sum(rider.type_id.extra_minutes for rider in riders)

    def _riders(self):
        """What is done together with each of these visits, in one query.

        :return: ``{recall id: prm.recall}``
        """
        found = self.search(
            [("patient_id", "in", self.patient_id.ids), ("state", "=", "rides")], order="type_id"
        )
        by_host = {}
        for rider in found:
            key = (rider.patient_id.id, rider.ride_type_id.id)
            by_host[key] = by_host.get(key, self.browse()) | rider
        return {
            recall.id: by_host.get((recall.patient_id.id, recall.type_id.id), self.browse())
            for recall in self
        }

    @api.depends("previous_date")
    def _compute_contact_count(self):
        counts = self._contact_counts()
        for recall in self:
            recall.contact_count = counts.get(recall.id, 0)

    def _contact_counts(self):
        """How often each patient was asked since the last visit of this kind, in one query.

        What counts is a message about the recall that went, and a call noted on the worklist.

        :return: ``{recall id: number}``; nothing for who was never asked.
        """
        if not self.ids:
            return {}
        self.flush_model(["previous_date"])
        self.env["prm.message"].flush_model(["res_model", "res_id", "sent_at"])
        self.env["prm.event"].flush_model()
        called = self.env["prm.event.type"]._id_of("recall_called")
        rows = self.env.execute_query(
            SQL(
                """
                SELECT r.id, sum(asked.times)::int
                  FROM prm_recall r
            CROSS JOIN LATERAL (
                       SELECT count(*) AS times FROM prm_message m
                        WHERE m.res_model = 'prm.recall' AND m.res_id = r.id
                          AND m.sent_at > COALESCE(r.previous_date, '-infinity'::date)
                        UNION ALL
                       SELECT count(*) FROM prm_event e
                        WHERE e.patient_id = r.patient_id AND e.event_type_id = %(called)s
                          AND e.res_model = 'prm.recall' AND e.res_id = r.id
                          AND e.occurred_at > COALESCE(r.previous_date, '-infinity'::date)) asked
                 WHERE r.id = ANY(%(ids)s)
              GROUP BY r.id
                """,
                called=called,
                ids=list(self.ids),
            )
        )
        return {recall_id: times for recall_id, times in rows if times}
