from odoo import fields, models
from odoo.tools import SQL

from .prm_open_work import COLUMNS, STAGES
from .prm_procedure import NOT_COMING, SOURCES

#: Events that say that somebody called the patient.
CALLS = (
    "recall_called", "treatment_called", "lapsed_called", "call_reached", "call_voicemail",
    "call_booked", "call_declined",
)  # fmt: skip


class PrmUnscheduled(models.Model):
    """Unscheduled treatment: one row for each patient whose open work has no visit to come.

    A question to the database: the figures are kept (`prm.open.work`), and what depends on the day
    is put to them while reading. What a list doesn't ask for, such as the last contact, PostgreSQL
    doesn't work out.
    """

    _name = "prm.unscheduled"
    _description = "Unscheduled Treatment"
    _auto = False
    _order = "urgency desc, value desc, id"
    _rec_name = "patient_id"
    _depends = {
        "prm.open.work": ["patient_id", "company_id"],
        **SOURCES,
        "calendar.event": [*SOURCES["calendar.event"], "prm_patient_id"],
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
              FROM (%(rows)s) w
         LEFT JOIN prm_unscheduled_snooze s
                ON s.patient_id = w.patient_id AND s.about = 'work' AND s.active
            """,
            today=fields.Date.context_today(self),
            now=fields.Datetime.now(),
            not_coming=list(NOT_COMING),
            calls=[kinds._id_of(code) for code in CALLS],
            rows=self._get_rows_query(),
        )

    def _get_rows_query(self):
        """Rows as they are kept, and anew those whose time has come."""
        kept = self.env["prm.open.work"]
        names = [name for name in COLUMNS if name != "changes_at"]
        return SQL(
            """
            SELECT %(columns)s FROM prm_open_work
             WHERE work_count > 0 AND (changes_at IS NULL OR changes_at > %(now)s)
         UNION ALL
            SELECT %(columns)s FROM (%(work)s) anew WHERE work_count > 0
            """,
            columns=SQL(", ").join(SQL.identifier(name) for name in names),
            now=fields.Datetime.now(),
            work=kept._get_work_query(
                SQL(
                    "o.patient_id IN (SELECT patient_id FROM prm_open_work WHERE changes_at <= %s)",
                    fields.Datetime.now(),
                )
            ),
        )
