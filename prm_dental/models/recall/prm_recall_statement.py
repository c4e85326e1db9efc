from odoo import api, fields, models
from odoo.tools import SQL

#: Appointments that stand. One that is completed counts until the end of its day, because the
#: procedure is often entered later than the patient leaves.
STANDING = ("booked", "confirmed", "arrived", "in_chair", "completed")

#: Last day that Python can tell; a mistyped year must not make a whole list unreadable.
LAST_DAY = "9999-12-31"

#: What rides with another visit from the beginning on.
ALWAYS = "1900-01-01"

#: Columns that the engine writes, beside who and when.
COLUMNS = (
    "previous_date", "due_date", "appointment_id", "appointment_at", "applies_until",
    "replaced_by_id", "ride_from", "ride_type_id", "held",
)  # fmt: skip


def _step(number, unit):
    """An interval of SQL from two columns."""
    return SQL(
        """CASE %(unit)s
                WHEN 'day' THEN make_interval(days => %(number)s)
                WHEN 'week' THEN make_interval(weeks => %(number)s)
                WHEN 'month' THEN make_interval(months => %(number)s)
                WHEN 'year' THEN make_interval(years => %(number)s)
            END""",
        number=SQL(number),
        unit=SQL(unit),
    )


class PrmRecallStatement(models.Model):
    """The one statement of the recall engine, put together from its parts.

    Rules that no kind of recall uses (`prm.recall.type._rules_in_use`) are left out.
    """

    _inherit = "prm.recall"

    @api.model
    def _get_recompute_query(self, triggers, patients):
        """The whole. In order: what the kinds say; the last trigger of each patient; the next
        appointment of the right kind; what each row should say beside what it says (by facts and
        staff, then by what stands instead of it, then by what it is done together with); the rows
        that differ (only these are kept); those written, and those deleted because nothing speaks
        for them any more.
        """
        ids = list(patients.ids) if patients is not None else None
        rules = self.env["prm.recall.type"]._rules_in_use()
        columns = SQL(", ").join(SQL.identifier(name) for name in COLUMNS)
        return SQL(
            """
            WITH kind AS MATERIALIZED (
                SELECT id, company_id, active, sequence, NULLIF(switch_group, '') AS switch_group,
                       rides_with_id, ride_days, min_age, NULLIF(max_age, 0) AS max_age,
                       first_from, first_days, %(step)s AS step
                  FROM prm_recall_type
            ), last AS MATERIALIZED (%(last)s
            ), booked AS MATERIALIZED (%(booked)s
            ), source AS (%(source)s
            ), dated AS (%(dated)s
            ), switched AS (%(switched)s
            ), wanted AS (%(ridden)s
            ), difference AS MATERIALIZED (
                SELECT * FROM (
                    SELECT *, previous_date IS NULL AND due_date IS NULL AND NOT decided AS gone
                      FROM wanted) w
                 WHERE CASE WHEN gone THEN old_id IS NOT NULL
                            ELSE old_id IS NULL OR %(differs)s END
            ), gone AS (
                DELETE FROM prm_recall r USING difference w
                 WHERE w.gone AND r.id = w.old_id
             RETURNING r.id
            ), written AS (
                INSERT INTO prm_recall AS r
                       (patient_id, type_id, company_id, %(columns)s, disabled, interval_unit,
                        create_uid, create_date, write_uid, write_date)
                SELECT patient_id, type_id, company_id, %(columns)s, false, 'month',
                       %(uid)s, %(now)s, %(uid)s, %(now)s
                  FROM difference
                 WHERE NOT gone
                ON CONFLICT (patient_id, type_id) DO UPDATE
                   SET %(updates)s, write_uid = excluded.write_uid,
                       write_date = excluded.write_date
             RETURNING r.id, r.patient_id, r.type_id, r.appointment_id
            )
            SELECT 'deleted', count(*), NULL::int, NULL::int, NULL::int FROM gone
             UNION ALL
            SELECT 'written', count(*), NULL, NULL, NULL FROM written
             UNION ALL
            SELECT 'booked', n.id, n.patient_id, n.type_id, n.appointment_id
              FROM written n
              JOIN difference w ON w.patient_id = n.patient_id AND w.type_id = n.type_id
             WHERE n.appointment_id IS NOT NULL AND w.old_appointment_id IS NULL
            """,
            step=_step("interval_number", "interval_unit"),
            last=self._get_last_query(triggers, ids),
            booked=self._get_booked_query(ids),
            source=self._get_source_query(rules, ids),
            dated=self._get_dated_query(rules, ids),
            switched=self._get_switched_query(rules),
            ridden=self._get_ridden_query(rules),
            columns=columns,
            differs=SQL(" OR ").join(
                SQL("old_%s IS DISTINCT FROM %s", SQL(name), SQL(name)) for name in COLUMNS
            ),
            updates=SQL(", ").join(
                SQL("%s = excluded.%s", SQL(name), SQL(name)) for name in COLUMNS
            ),
            uid=self.env.uid,
            now=fields.Datetime.now(),
        )

    @api.model
    def _get_source_query(self, rules, ids):
        """What starts recalls: last triggers, and where a kind wants it the first time without
        one, for active patients.
        """
        query = SQL(
            "SELECT patient_id, type_id, company_id, previous_date, NULL::date AS first_due"
            " FROM last"
        )
        if not rules & {"created", "first_visit"}:
            return query
        return SQL(
            """%(last)s
             UNION ALL
                SELECT p.id, k.id, p.company_id, NULL, begin.day + k.first_days
                  FROM prm_patient p
                  JOIN kind k ON k.active AND k.first_from IS NOT NULL
                       AND (k.company_id IS NULL OR k.company_id = p.company_id)
                  JOIN res_company c ON c.id = p.company_id
                  JOIN res_partner practice ON practice.id = c.partner_id
             LEFT JOIN resource_calendar hours ON hours.id = c.resource_calendar_id
            CROSS JOIN LATERAL (
                       SELECT CASE k.first_from
                              WHEN 'created' THEN (
                                   p.create_date AT TIME ZONE 'UTC'
                                   AT TIME ZONE COALESCE(practice.tz, hours.tz, 'UTC'))::date
                              ELSE COALESCE(p.first_visit_date, (
                                   SELECT MIN(v.date) FROM prm_procedure v
                                    WHERE v.patient_id = p.id AND v.state = 'completed'))
                              END AS day) begin
                 WHERE p.active AND p.status = 'active' AND begin.day IS NOT NULL AND %(chosen)s
                   AND NOT EXISTS (SELECT FROM last l
                                    WHERE l.patient_id = p.id AND l.type_id = k.id)
            """,
            last=query,
            chosen=SQL("true") if ids is None else SQL("p.id = ANY(%s)", ids),
        )

    @api.model
    def _get_dated_query(self, rules, ids):
        """Each row beside the old one, with its date by facts, staff and age."""
        old = SQL(", ").join(SQL("r.%s AS old_%s", SQL(name), SQL(name)) for name in COLUMNS)
        return SQL(
            """
                SELECT f.*, %(due)s AS due_date, %(until)s AS applies_until
                  FROM (
                SELECT COALESCE(s.patient_id, r.patient_id) AS patient_id,
                       COALESCE(s.type_id, r.type_id) AS type_id,
                       COALESCE(s.company_id, r.company_id) AS company_id,
                       s.previous_date, manual.holds AS by_hand,
                       CASE WHEN NOT kind.active THEN NULL
                            WHEN manual.holds THEN r.manual_due_date
                            WHEN s.previous_date IS NOT NULL
                            THEN LEAST(s.previous_date + CASE WHEN r.interval_number > 0
                                 THEN %(own_step)s ELSE kind.step END, %(last_day)s::date)::date
                            ELSE s.first_due
                        END AS counted,
                       kind.active, kind.sequence, kind.switch_group, kind.rides_with_id,
                       kind.ride_days, kind.min_age, kind.max_age,
                       r.disabled, r.disabled_until, %(held)s AS held,
                       COALESCE(r.manual_due_date IS NOT NULL OR r.disabled
                                OR r.disabled_until IS NOT NULL OR r.interval_number > 0
                                OR r.disabled_above > 0, false) AS decided,
                       b.appointment_id, b.appointment_at, b.appointment_day,
                       r.id AS old_id, %(old)s
                  FROM source s
             FULL JOIN (SELECT id, patient_id, type_id, company_id, manual_due_date,
                               manual_previous_date, interval_number, interval_unit, disabled,
                               disabled_until, disabled_above, %(columns)s
                          FROM prm_recall r WHERE %(of_recall)s) r
                       ON r.patient_id = s.patient_id AND r.type_id = s.type_id
                  JOIN kind ON kind.id = COALESCE(s.type_id, r.type_id)
            CROSS JOIN LATERAL (SELECT r.manual_due_date IS NOT NULL AND (
                              s.previous_date IS NULL
                              OR COALESCE(s.previous_date <= r.manual_previous_date, false)
                       ) AS holds) manual
             LEFT JOIN booked b ON b.patient_id = COALESCE(s.patient_id, r.patient_id)
                       AND b.type_id = COALESCE(s.type_id, r.type_id)
                  ) f %(born)s
            """,
            own_step=_step("r.interval_number", "r.interval_unit"),
            held=self._get_held_expression(),
            old=old,
            columns=SQL(", ").join(SQL.identifier(name) for name in COLUMNS),
            last_day=LAST_DAY,
            of_recall=SQL("true") if ids is None else SQL("r.patient_id = ANY(%s)", ids),
            **self._get_age_parts(rules),
        )

    @api.model
    def _get_age_parts(self, rules):
        """Due date and last day by the ages of a kind; a date by hand stands whatever the age, and
        who has no date of birth is of any age.
        """
        if "ages" not in rules:
            return {"due": SQL("f.counted"), "until": SQL("NULL::date"), "born": SQL()}
        return {
            "due": SQL(
                """CASE WHEN f.counted IS NULL OR f.by_hand THEN f.counted
                        WHEN age.until < GREATEST(f.counted, age.since) THEN NULL
                        ELSE GREATEST(f.counted, age.since) END"""
            ),
            "until": SQL(
                """CASE WHEN f.counted IS NOT NULL AND NOT f.by_hand
                             AND age.until >= GREATEST(f.counted, age.since)
                        THEN age.until END"""
            ),
            "born": SQL(
                """
             LEFT JOIN prm_patient born ON born.id = f.patient_id
                       AND (f.min_age > 0 OR f.max_age IS NOT NULL)
            CROSS JOIN LATERAL (SELECT
                       (born.birth_date + make_interval(years => f.min_age))::date AS since,
                       (born.birth_date + make_interval(years => f.max_age + 1))::date - 1 AS until
                       ) age"""
            ),
        }

    @api.model
    def _get_held_expression(self):
        """Whether the family owes more than staff has said; NULL for nearly everybody.

        `prm.patient.open_balance` is written by whoever knows of money.
        """
        return SQL(
            """CASE WHEN r.disabled_above > 0 THEN NULLIF((
                    SELECT SUM(m.open_balance) FROM prm_patient p
                      JOIN prm_patient m ON m.id = p.id OR m.household_id = p.household_id
                     WHERE p.id = r.patient_id) > r.disabled_above, false) END"""
        )

    @api.model
    def _get_switched_query(self, rules):
        """Of kinds that take turns only the one done last keeps its date."""
        if "switch" not in rules:
            return SQL("SELECT *, NULL::int AS replaced_by_id FROM dated")
        return SQL(
            """
                SELECT t.patient_id, t.type_id, t.company_id, t.previous_date, t.decided,
                       t.rides_with_id, t.ride_days, t.disabled, t.disabled_until, t.held,
                       t.appointment_id, t.appointment_at, t.appointment_day, t.old_id, %(old)s,
                       CASE WHEN t.off THEN NULL ELSE t.due_date END AS due_date,
                       CASE WHEN t.off THEN NULL ELSE t.applies_until END AS applies_until,
                       CASE WHEN t.off THEN t.winner END AS replaced_by_id
                  FROM (SELECT d.*, w.winner, COALESCE(w.winner <> d.type_id, false) AS off
                          FROM dated d
                     LEFT JOIN (
                        SELECT DISTINCT ON (patient_id, switch_group)
                               patient_id, switch_group, type_id AS winner
                          FROM dated
                         WHERE switch_group IS NOT NULL AND active
                      ORDER BY patient_id, switch_group, previous_date DESC NULLS LAST,
                               due_date IS NULL, sequence, type_id) w
                            ON w.patient_id = d.patient_id AND w.switch_group = d.switch_group) t
            """,
            old=SQL(", ").join(SQL("t.old_%s", SQL(name)) for name in COLUMNS),
        )

    @api.model
    def _get_ridden_query(self, rules):
        """What is done together with another visit, and from which day on.

        A visit is to be expected on the day for which it is booked, else when it is due, at the
        earliest today. Two are done together while these days lie within the kind's limit of each
        other. As time goes by they only come nearer, so one day says it: from then on.
        """
        if "ride" not in rules:
            return SQL("SELECT *, NULL::date AS ride_from, NULL::int AS ride_type_id FROM switched")
        return SQL(
            """
                SELECT s.*, host.ride_from, host.type_id AS ride_type_id
                  FROM switched s
             LEFT JOIN LATERAL (
                SELECT h.type_id,
                       CASE WHEN abs(day.host - day.mine) <= s.ride_days THEN %(always)s::date
                            ELSE GREATEST(day.host, day.mine) - s.ride_days END AS ride_from
                  FROM (SELECT k.id FROM kind k
                          JOIN kind with_kind ON with_kind.id = s.rides_with_id
                         WHERE k.active AND (k.id = with_kind.id
                               OR k.switch_group = with_kind.switch_group)) partner
                  JOIN switched h ON h.patient_id = s.patient_id AND h.type_id = partner.id
            CROSS JOIN LATERAL (SELECT
                       COALESCE(h.appointment_day, GREATEST(h.due_date, h.disabled_until))
                       AS host,
                       GREATEST(s.due_date, s.disabled_until) AS mine) day
                 WHERE s.due_date IS NOT NULL AND h.due_date IS NOT NULL
                   AND h.disabled IS NOT TRUE AND h.held IS NOT TRUE
              ORDER BY h.type_id
                 LIMIT 1) host ON s.rides_with_id IS NOT NULL
            """,
            always=ALWAYS,
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
                       e.id AS appointment_id, e.start AS appointment_at,
                       (e.start AT TIME ZONE 'UTC' AT TIME ZONE z.zone)::date AS appointment_day
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
