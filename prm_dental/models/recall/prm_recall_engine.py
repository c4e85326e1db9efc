from odoo import api, fields, models
from odoo.tools import SQL

#: Appointments that stand. One that is completed counts until the end of its day, because the
#: procedure is often entered later than the patient leaves.
STANDING = ("booked", "confirmed", "arrived", "in_chair", "completed")

#: Key under which a transaction remembers whose recalls have to be computed again.
STALE = "prm_recall_stale"

#: Last day that Python can tell; a mistyped year must not make a whole list unreadable.
LAST_DAY = "9999-12-31"


class PrmRecallEngine(models.Model):
    """The recall engine: from procedures and appointments to who is due when.

    Set-based. One statement works out what every recall should say, compares it with what the table
    says, and writes the differences only: reading 200,000 rows is cheap, writing them is not.

    It runs when something that recalls depend on has changed, once for all patients concerned: at
    the end of the transaction, or before somebody reads recalls in the same transaction.
    """

    _inherit = "prm.recall"

    # === WHEN ===

    @api.model
    @api.private
    def _mark_stale(self, patients=None):
        """Remember that recalls have to be computed again.

        :param patients: `prm.patient` records; default: those of everybody.
        """
        if patients is not None and not patients:
            return
        data = self.env.cr.precommit.data
        if STALE not in data:
            # What is in the cache may be outdated from here on. Nothing can get into it again
            # before the recomputation, because reading flushes first.
            self.invalidate_model()
            data[STALE] = set()
            self.env.cr.precommit.add(self.sudo()._recompute_stale)
        if patients is None:
            data[STALE] = None
        elif data[STALE] is not None:
            data[STALE].update(patients.ids)

    @api.model
    def _recompute_stale(self):
        """Do what `_mark_stale` has put off."""
        data = self.env.cr.precommit.data
        if STALE not in data:
            return
        ids = data.pop(STALE)
        self._recompute(None if ids is None else self.env["prm.patient"].browse(sorted(ids)))

    def flush_model(self, fnames=None):
        """Reading recalls flushes them first, and flushing computes what is stale."""
        self._recompute_stale()
        return super().flush_model(fnames)

    def exists(self):
        """Records that are there once the engine has taken away what nothing speaks for."""
        self._recompute_stale()
        return super().exists()

    @api.model
    def _search(self, *args, **kwargs):
        # A query with no condition on a field of this table would not flush it.
        self._recompute_stale()
        return super()._search(*args, **kwargs)

    # === HOW ===

    @api.model
    @api.private
    def _recompute(self, patients=None):
        """Bring recalls in line with procedures and appointments.

        :param patients: `prm.patient` records whose recalls are computed; default: everybody's.
        :return: dict with the numbers of rows ``written`` and ``deleted``.
        """
        if patients is not None and not patients:
            return {"written": 0, "deleted": 0}
        self._flush_sources()
        triggers = self.env.execute_query(
            SQL("SELECT array_agg(DISTINCT procedure_type_id) FROM prm_recall_type_trigger_rel")
        )[0][0]
        rows = self._execute_hashed(self._get_recompute_query(triggers or [], patients))
        counts = {word: number for word, number, *_rest in rows if word != "booked"}
        if any(counts.values()):
            self.invalidate_model()
        self._emit_booked([row for row in rows if row[0] == "booked"])
        return counts

    @api.model
    def _execute_hashed(self, query):
        """Rows of a query that joins by hashing.

        PostgreSQL can't estimate the joins on either of two columns, and now and then sorts all
        recalls to merge them, which doubles the time.
        """
        self.env.cr.execute("SET LOCAL enable_mergejoin = off")
        rows = self.env.execute_query(query)
        self.env.cr.execute("SET LOCAL enable_mergejoin = on")
        return rows

    @api.model
    def _flush_sources(self):
        """Have in the database what the statement reads."""
        self.flush_model()
        for model, names in (
            ("prm.procedure", ["patient_id", "company_id", "type_id", "date", "state"]),
            ("prm.recall.type", None),
            (
                "calendar.event",
                ["prm_patient_id", "prm_type_id", "prm_status", "start", "active"],
            ),
            ("res.partner", ["tz"]),
            ("resource.calendar", ["tz"]),
        ):
            self.env[model].flush_model(names)

    @api.model
    def _get_recompute_query(self, triggers, patients):
        """The one statement. Its parts, in order: what the intervals are; the last trigger of each
        patient; the next appointment of the right kind; what each row should say beside what it
        says; the rows that differ (only these are kept); those written, and those deleted because
        nothing speaks for them any more.
        """
        chosen = patients is not None
        ids = list(patients.ids) if chosen else []
        return SQL(
            """
            WITH kind AS MATERIALIZED (
                SELECT id, company_id, active,
                       CASE interval_unit
                            WHEN 'day' THEN make_interval(days => interval_number)
                            WHEN 'week' THEN make_interval(weeks => interval_number)
                            WHEN 'month' THEN make_interval(months => interval_number)
                            WHEN 'year' THEN make_interval(years => interval_number)
                        END AS step
                  FROM prm_recall_type
            ), last AS MATERIALIZED (%(last)s
            ), booked AS MATERIALIZED (%(booked)s
            ), wanted AS (
                SELECT COALESCE(l.patient_id, r.patient_id) AS patient_id,
                       COALESCE(l.type_id, r.type_id) AS type_id,
                       COALESCE(l.company_id, r.company_id) AS company_id,
                       l.previous_date,
                       CASE WHEN NOT kind.active THEN NULL
                            WHEN r.manual_due_date IS NOT NULL AND (
                                 l.previous_date IS NULL
                                 OR l.previous_date <= r.manual_previous_date)
                            THEN r.manual_due_date
                            ELSE LEAST(l.previous_date + kind.step, %(last_day)s::date)::date
                        END AS due_date,
                       b.appointment_id, b.appointment_at,
                       r.id AS old_id, r.previous_date AS old_previous, r.due_date AS old_due,
                       r.appointment_id AS old_appointment, r.appointment_at AS old_at,
                       l.previous_date IS NULL AND r.manual_due_date IS NULL
                       AND r.disabled IS NOT TRUE AS gone
                  FROM last l
             FULL JOIN (SELECT r.id, r.patient_id, r.type_id, r.company_id, r.previous_date,
                               r.due_date, r.manual_due_date, r.manual_previous_date, r.disabled,
                               r.appointment_id, r.appointment_at
                          FROM prm_recall r WHERE %(of_recall)s) r
                       ON r.patient_id = l.patient_id AND r.type_id = l.type_id
                  JOIN kind ON kind.id = COALESCE(l.type_id, r.type_id)
             LEFT JOIN booked b ON b.patient_id = COALESCE(l.patient_id, r.patient_id)
                       AND b.type_id = COALESCE(l.type_id, r.type_id)
            ), difference AS MATERIALIZED (
                SELECT * FROM wanted
                 WHERE gone OR old_id IS NULL
                       OR old_previous IS DISTINCT FROM previous_date
                       OR old_due IS DISTINCT FROM due_date
                       OR old_appointment IS DISTINCT FROM appointment_id
                       OR old_at IS DISTINCT FROM appointment_at
            ), gone AS (
                DELETE FROM prm_recall r USING difference w
                 WHERE w.gone AND r.id = w.old_id
             RETURNING r.id
            ), written AS (
                INSERT INTO prm_recall AS r
                       (patient_id, type_id, company_id, previous_date, due_date, appointment_id,
                        appointment_at, disabled, create_uid, create_date, write_uid, write_date)
                SELECT patient_id, type_id, company_id, previous_date, due_date, appointment_id,
                       appointment_at, false, %(uid)s, %(now)s, %(uid)s, %(now)s
                  FROM difference
                 WHERE NOT gone
                ON CONFLICT (patient_id, type_id) DO UPDATE
                   SET previous_date = excluded.previous_date, due_date = excluded.due_date,
                       appointment_id = excluded.appointment_id,
                       appointment_at = excluded.appointment_at,
                       write_uid = excluded.write_uid, write_date = excluded.write_date
             RETURNING r.id, r.patient_id, r.type_id, r.appointment_id
            )
            SELECT 'deleted', count(*), NULL::int, NULL::int, NULL::int FROM gone
             UNION ALL
            SELECT 'written', count(*), NULL, NULL, NULL FROM written
             UNION ALL
            SELECT 'booked', n.id, n.patient_id, n.type_id, n.appointment_id
              FROM written n
              JOIN difference w ON w.patient_id = n.patient_id AND w.type_id = n.type_id
             WHERE n.appointment_id IS NOT NULL AND w.old_appointment IS NULL
            """,
            last=self._get_last_query(triggers, ids if chosen else None),
            booked=self._get_booked_query(ids if chosen else None),
            of_recall=SQL("r.patient_id = ANY(%s)", ids) if chosen else SQL("true"),
            last_day=LAST_DAY,
            uid=self.env.uid,
            now=fields.Datetime.now(),
        )

    @api.model
    def _get_last_query(self, triggers, ids):
        """The last completed trigger of each patient and type."""
        return SQL(
            """
                SELECT p.patient_id, t.recall_type_id AS type_id, p.company_id,
                       MAX(p.date) AS previous_date
                  FROM prm_procedure p
                  JOIN prm_recall_type_trigger_rel t ON t.procedure_type_id = p.type_id
                  JOIN kind ON kind.id = t.recall_type_id AND kind.active
                       AND (kind.company_id IS NULL OR kind.company_id = p.company_id)
                 WHERE p.state = 'completed' AND p.type_id = ANY(%s) AND %s
              GROUP BY p.patient_id, t.recall_type_id, p.company_id
            """,
            triggers,
            SQL("true") if ids is None else SQL("p.patient_id = ANY(%s)", ids),
        )

    @api.model
    def _get_booked_query(self, ids):
        """The next appointment, from today on, that answers a recall: of the kind to offer or of
        one that counts as well, and not the very visit from which the recall counts.
        """
        return SQL(
            """
                SELECT DISTINCT ON (e.prm_patient_id, k.recall_type_id)
                       e.prm_patient_id AS patient_id, k.recall_type_id AS type_id,
                       e.id AS appointment_id, e.start AS appointment_at
                  FROM calendar_event e
                  JOIN (SELECT t.id AS recall_type_id, offer.value::int AS appointment_type_id
                          FROM prm_recall_type t, jsonb_each_text(t.appointment_type_id) offer
                         UNION
                        SELECT recall_type_id, appointment_type_id
                          FROM prm_recall_type_appointment_type_rel) k
                       ON k.appointment_type_id = e.prm_type_id
                  JOIN res_company c ON c.id = e.prm_company_id
                  JOIN res_partner practice ON practice.id = c.partner_id
             LEFT JOIN resource_calendar hours ON hours.id = c.resource_calendar_id
            CROSS JOIN LATERAL (SELECT COALESCE(practice.tz, hours.tz, 'UTC') AS zone) z
             LEFT JOIN last l
                       ON l.patient_id = e.prm_patient_id AND l.type_id = k.recall_type_id
                 WHERE e.active AND e.prm_status = ANY(%(standing)s) AND %(of_event)s
                   AND e.start >= %(now)s::timestamp - interval '1 day'
                   AND (e.start AT TIME ZONE 'UTC' AT TIME ZONE z.zone)::date
                       >= (%(now)s::timestamp AT TIME ZONE 'UTC' AT TIME ZONE z.zone)::date
                   AND (l.previous_date IS NULL OR l.previous_date
                        < (e.start AT TIME ZONE 'UTC' AT TIME ZONE z.zone)::date)
              ORDER BY e.prm_patient_id, k.recall_type_id, e.start, e.id
            """,
            standing=list(STANDING),
            now=fields.Datetime.now(),
            of_event=(
                SQL("e.prm_patient_id IS NOT NULL")
                if ids is None
                else SQL("e.prm_patient_id = ANY(%s)", ids)
            ),
        )

    @api.model
    def _emit_booked(self, rows):
        """Tell the timeline of recalls that have become booked.

        :param rows: rows of the statement: word, recall, patient, type, appointment.
        """
        if not rows:
            return
        kinds = self.env["prm.recall.type"].sudo().browse({row[3] for row in rows})
        codes = {kind.id: kind.code for kind in kinds}
        events = self.env["calendar.event"].sudo()
        self.env["prm.event"].emit(
            "recall_booked",
            [
                {
                    "patient": row[2],
                    "record": events.browse(row[4]),
                    "payload": {"recall": codes[row[3]]},
                }
                for row in rows
            ],
        )
