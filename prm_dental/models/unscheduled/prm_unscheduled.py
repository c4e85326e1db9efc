from odoo import fields, models
from odoo.tools import SQL

from .prm_procedure import NOT_COMING, WAITING

#: How far the furthest of a patient's open work has come.
STAGES = [
    ("proposed", "Proposed"),
    ("accepted", "Accepted"),
    ("interrupted", "Interrupted"),
]
#: Events that say that somebody called the patient.
CALLS = (
    "recall_called", "treatment_called", "lapsed_called", "call_reached", "call_voicemail",
    "call_booked", "call_declined",
)  # fmt: skip


class PrmUnscheduled(models.Model):
    """Unscheduled treatment: one row for each patient whose open work has no visit to come.

    A question to the database and no table, so that it can't be out of date. What a list doesn't
    ask for, such as the last contact, PostgreSQL doesn't work out.
    """

    _name = "prm.unscheduled"
    _description = "Unscheduled Treatment"
    _auto = False
    _order = "urgency desc, value desc, id"
    _rec_name = "patient_id"
    _depends = {
        "prm.procedure": [
            "patient_id", "company_id", "state", "date", "accepted_on", "fee", "urgency",
            "provider_id", "appointment_id",
        ],
        "prm.patient": ["active", "status", "company_id"],
        "calendar.event": ["start", "active", "prm_status"],
        "prm.unscheduled.snooze": ["patient_id", "until", "active", "since", "reason"],
        "prm.message": ["patient_id", "direction", "sent_at"],
        "prm.event": ["patient_id", "event_type_id", "occurred_at"],
    }  # fmt: skip

    patient_id = fields.Many2one("prm.patient", readonly=True)
    company_id = fields.Many2one("res.company", string="Practice", readonly=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    stage = fields.Selection(STAGES, readonly=True)
    urgency = fields.Selection(
        [("0", "When it suits"), ("1", "Soon"), ("2", "Urgent")],
        readonly=True,
        help="Of the most urgent work.",
    )
    value = fields.Monetary(readonly=True, aggregator="sum", help="Fees of all that waits.")
    work_count = fields.Integer(string="Procedures", readonly=True)
    since = fields.Date(
        readonly=True, help="The day on which the oldest of it was planned or accepted."
    )
    quiet_from = fields.Date(
        string="Quiet Since",
        readonly=True,
        help="When the patient was last here, or something was last planned or accepted.",
    )
    age_days = fields.Integer(string="Days Open", readonly=True, aggregator="avg")
    provider_id = fields.Many2one(
        "prm.provider", string="Planned by", readonly=True, help="One of those who planned it."
    )
    last_contact_at = fields.Datetime(
        string="Last Contact", readonly=True, help="The last message that went, or the last call."
    )
    snoozed_until = fields.Date(string="Ask Again on", readonly=True)
    snooze_reason = fields.Char(string="Put off because", readonly=True)

    @property
    def _table_query(self):
        kinds = self.env["prm.event.type"]
        return SQL(
            """
            SELECT w.patient_id AS id, w.patient_id, w.company_id, w.stage, w.urgency, w.value,
                   w.work_count, w.since, w.provider_id,
                   %(today)s::date - w.since AS age_days,
                   GREATEST(
                       w.newest,
                       (SELECT max(v.start)::date FROM calendar_event v
                         WHERE v.prm_patient_id = w.patient_id AND v.active
                           AND v.start <= %(now)s AND NOT v.prm_status = ANY(%(not_coming)s))
                   ) AS quiet_from,
                   CASE WHEN w.newest <= s.since THEN s.until END AS snoozed_until,
                   CASE WHEN w.newest <= s.since THEN s.reason END AS snooze_reason,
                   GREATEST(
                       (SELECT max(m.sent_at) FROM prm_message m
                         WHERE m.patient_id = w.patient_id AND m.direction = 'out'),
                       (SELECT max(e.occurred_at) FROM prm_event e
                         WHERE e.patient_id = w.patient_id
                           AND e.event_type_id = ANY(%(calls)s))) AS last_contact_at
              FROM (%(work)s) w
         LEFT JOIN prm_unscheduled_snooze s
                ON s.patient_id = w.patient_id AND s.about = 'work' AND s.active
            """,
            today=fields.Date.context_today(self),
            now=fields.Datetime.now(),
            not_coming=list(NOT_COMING),
            calls=[kinds._id_of(code) for code in CALLS],
            work=self._work_query(),
        )

    def _work_query(self):
        """Open work without a visit to come, patient by patient."""
        return SQL(
            """
            SELECT o.patient_id, p.company_id,
                   (ARRAY['proposed', 'accepted', 'interrupted'])[max(
                       CASE o.state WHEN 'in_progress' THEN 3 WHEN 'accepted' THEN 2 ELSE 1 END
                   )] AS stage,
                   max(o.urgency) AS urgency,
                   COALESCE(sum(o.fee), 0) AS value,
                   count(*)::int AS work_count,
                   min(COALESCE(o.accepted_on, o.date)) AS since,
                   max(GREATEST(o.accepted_on, o.date)) AS newest,
                   max(o.provider_id) AS provider_id
              FROM prm_procedure o
              JOIN prm_patient p ON p.id = o.patient_id AND p.active AND p.status = 'active'
         LEFT JOIN calendar_event v ON v.id = o.appointment_id AND v.active
                   AND v.start > %(now)s AND NOT v.prm_status = ANY(%(not_coming)s)
             WHERE o.state IN %(waiting)s AND v.id IS NULL
          GROUP BY o.patient_id, p.company_id
            """,
            now=fields.Datetime.now(),
            not_coming=list(NOT_COMING),
            waiting=WAITING,
        )
