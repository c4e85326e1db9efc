from odoo import api, fields, models
from odoo.tools import SQL

from .prm_procedure import NOT_COMING, SOURCES, WAITING

#: How far the furthest of a patient's open work has come.
STAGES = [
    ("proposed", "Proposed"),
    ("accepted", "Accepted"),
    ("interrupted", "Interrupted"),
]

#: What is kept of each patient.
COLUMNS = (
    "patient_id", "company_id", "stage", "urgency", "value", "work_count", "since", "newest",
    "provider_id", "changes_at",
)  # fmt: skip


class PrmOpenWork(models.Model):
    """What of a patient's open work waits for a visit, put together for the list.

    One row for each active patient with open work. What it says holds until `changes_at`: then a
    visit begins at which some of the work was to be done, and what is not done by then waits again.
    `prm.unscheduled` works such rows out anew while it reads, so nothing has to run on the minute.
    Whatever else depends on the day, and when somebody wrote or called, it looks up itself: the
    dispatcher of messages must never meet the front desk in one row.

    Whoever changes facts writes the row of the patient, even when it says the same: two who change
    facts of one patient at once can't see each other's, so PostgreSQL has to stop one of them, and
    Odoo does it again.
    """

    _name = "prm.open.work"
    _inherit = ["prm.derived"]
    _description = "Open Work of a Patient"
    _rec_name = "patient_id"
    _log_access = False

    patient_id = fields.Many2one("prm.patient", required=True, readonly=True, ondelete="cascade")
    company_id = fields.Many2one("res.company", string="Practice", required=True, readonly=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    stage = fields.Selection(STAGES, readonly=True)
    urgency = fields.Char(readonly=True)
    value = fields.Monetary(readonly=True)
    work_count = fields.Integer(string="Procedures", required=True, readonly=True)
    since = fields.Date(readonly=True)
    newest = fields.Date(string="Last Planned", readonly=True)
    provider_id = fields.Many2one("prm.provider", string="Planned by", readonly=True)
    changes_at = fields.Datetime(string="Valid Until", readonly=True)

    _patient_uniq = models.Constraint("unique(patient_id)")
    _changes_idx = models.Index("(changes_at) WHERE changes_at IS NOT NULL")

    def init(self):
        """Fill it where there were procedures before there was this table."""
        super().init()
        self.pool.post_init(self._recompute)

    @api.autovacuum
    def _tidy_up(self):
        """Once a day: rows that have changed by themselves are kept again."""
        self._recompute()

    @api.model
    def _mark_stale(self, patients=None):
        super()._mark_stale(patients)
        if patients is None or patients:
            self.env["prm.unscheduled"].invalidate_model(flush=False)

    @api.model
    def _recompute(self, patients=None):
        """Bring rows in line with procedures, patients and visits, in one statement."""
        if patients is not None and not patients:
            return {"written": 0, "deleted": 0}
        for model, names in SOURCES.items():
            self.env[model].flush_model(names)
        ids = None if patients is None else list(patients.ids)
        [(written, deleted)] = self.env.execute_query(self._get_recompute_query(ids))
        self.invalidate_model(flush=False)
        return {"written": written, "deleted": deleted}

    @api.model
    def _get_recompute_query(self, ids):
        """Delete rows of who has no open work, and write the others.

        :param ids: of patients, whose rows are written in any case; None: those that differ.
        """
        comma = SQL(", ")
        chosen, of_work, written = SQL("true"), SQL("true"), self._get_differs_condition()
        if ids is not None:
            chosen, of_work = SQL("r.patient_id = ANY(%s)", ids), SQL("o.patient_id = ANY(%s)", ids)
            written = SQL("true")
        return SQL(
            """
            WITH wanted AS MATERIALIZED (%(work)s
            ), gone AS (
                DELETE FROM prm_open_work r
                 WHERE %(chosen)s
                   AND NOT EXISTS (SELECT FROM wanted w WHERE w.patient_id = r.patient_id)
             RETURNING r.id
            ), written AS (
                INSERT INTO prm_open_work (%(columns)s)
                SELECT %(wanted)s FROM wanted w WHERE %(written)s ORDER BY w.patient_id
                ON CONFLICT (patient_id) DO UPDATE SET %(updates)s
             RETURNING id
            )
            SELECT (SELECT count(*) FROM written), (SELECT count(*) FROM gone)
            """,
            work=self._get_work_query(of_work),
            chosen=chosen,
            columns=comma.join(SQL.identifier(name) for name in COLUMNS),
            wanted=comma.join(SQL.identifier("w", name) for name in COLUMNS),
            written=written,
            updates=comma.join(
                SQL("%s = excluded.%s", SQL.identifier(name), SQL.identifier(name))
                for name in COLUMNS
            ),
        )

    @api.model
    def _get_differs_condition(self):
        """What is wanted (``w``) is not what is kept."""
        kept, wanted = (
            SQL(", ").join(SQL.identifier(alias, name) for name in COLUMNS) for alias in ("r", "w")
        )
        return SQL(
            """NOT EXISTS (SELECT FROM prm_open_work r WHERE r.patient_id = w.patient_id
                              AND (%s) IS NOT DISTINCT FROM (%s))""",
            kept,
            wanted,
        )

    @api.model
    def _get_work_query(self, condition):
        """What each row must say at this moment, from the facts.

        :param SQL condition: of procedures (``o``) that are looked at; all or none of a patient's.
        """
        return SQL(
            """
            SELECT o.patient_id, p.company_id,
                   (ARRAY['proposed', 'accepted', 'interrupted'])[max(
                       CASE o.state WHEN 'in_progress' THEN 3 WHEN 'accepted' THEN 2 ELSE 1 END
                   ) %(waits)s] AS stage,
                   max(o.urgency) %(waits)s AS urgency,
                   COALESCE(sum(o.fee) %(waits)s, 0) AS value,
                   (count(*) %(waits)s)::int AS work_count,
                   min(COALESCE(o.accepted_on, o.date)) %(waits)s AS since,
                   max(GREATEST(o.accepted_on, o.date)) %(waits)s AS newest,
                   max(o.provider_id) %(waits)s AS provider_id,
                   min(v.start) AS changes_at
              FROM prm_procedure o
              JOIN prm_patient p ON p.id = o.patient_id AND p.active AND p.status = 'active'
         LEFT JOIN calendar_event v ON v.id = o.appointment_id AND v.active
                   AND v.start > %(now)s AND NOT v.prm_status = ANY(%(not_coming)s)
             WHERE o.state IN %(waiting)s AND %(condition)s
          GROUP BY o.patient_id, p.company_id
            """,
            waits=SQL("FILTER (WHERE v.id IS NULL)"),
            now=fields.Datetime.now(),
            not_coming=list(NOT_COMING),
            waiting=WAITING,
            condition=condition,
        )
