from odoo import api, fields, models
from odoo.tools import SQL

from .prm_follow_up import LAPSED_MONTHS
from .prm_procedure import NOT_COMING
from .prm_unscheduled import CALLS


class PrmLapsed(models.Model):
    """Patients who have lapsed: not here for as many months as the practice says, nothing booked.

    A question to the database and no table. It reads when patients were last here along an index,
    from the fewest months that any practice says, and stops when the page is full.
    """

    _name = "prm.lapsed"
    _description = "Lapsed Patient"
    _auto = False
    _order = "last_seen_on desc, id"
    _rec_name = "patient_id"
    _depends = {
        "prm.patient": ["active", "status", "company_id", "last_seen_on"],
        "prm.follow.up": ["company_id", "lapsed_months"],
        "calendar.event": ["prm_patient_id", "start", "active", "prm_status"],
        "prm.unscheduled.snooze": ["patient_id", "about", "until", "active"],
        "prm.recall": ["patient_id", "disabled_reason"],
        "prm.enrolment": ["patient_id", "state"],
        "prm.procedure": ["patient_id", "state", "fee"],
    }

    patient_id = fields.Many2one("prm.patient", readonly=True)
    company_id = fields.Many2one("res.company", string="Practice", readonly=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    last_seen_on = fields.Date(string="Last Here", readonly=True)
    lapsed_on = fields.Date(string="Lapsed on", readonly=True)
    last_contact_at = fields.Datetime(string="Last Contact", readonly=True)
    visit_count = fields.Integer(
        string="Done Here", readonly=True, help="So many procedures were completed."
    )
    value = fields.Monetary(
        string="Worth", readonly=True, aggregator="sum", help="Fees of what was completed here."
    )
    reason = fields.Char(readonly=True, help="Why the patient is not recalled, where known.")
    on_journey = fields.Boolean(readonly=True, help="A journey writes to this patient already.")
    in_peace = fields.Boolean(
        string="Left in Peace", readonly=True, help="Nobody asks, for now or for good."
    )
    phone = fields.Char(compute="_compute_phone")
    speaker = fields.Char(string="Ask for", compute="_compute_phone")

    @property
    def _table_query(self):
        kinds = self.env["prm.event.type"]
        return SQL(
            """
            SELECT p.id, p.id AS patient_id, p.company_id, p.last_seen_on,
                   (p.last_seen_on + make_interval(months => COALESCE(f.lapsed_months, %(months)s))
                   )::date AS lapsed_on,
                   GREATEST(
                       (SELECT max(m.sent_at) FROM prm_message m
                         WHERE m.patient_id = p.id AND m.direction = 'out'),
                       (SELECT max(e.occurred_at) FROM prm_event e
                         WHERE e.patient_id = p.id
                           AND e.event_type_id = ANY(%(calls)s))) AS last_contact_at,
                   (SELECT count(*)::int FROM prm_procedure o
                     WHERE o.patient_id = p.id AND o.state = 'completed') AS visit_count,
                   (SELECT COALESCE(sum(o.fee), 0) FROM prm_procedure o
                     WHERE o.patient_id = p.id AND o.state = 'completed') AS value,
                   (SELECT r.disabled_reason FROM prm_recall r
                     WHERE r.patient_id = p.id AND r.disabled_reason <> ''
                  ORDER BY r.id DESC LIMIT 1) AS reason,
                   EXISTS (SELECT FROM prm_enrolment n
                            WHERE n.patient_id = p.id
                              AND n.state IN ('active', 'held', 'paused')) AS on_journey,
                   s.id IS NOT NULL AS in_peace
              FROM prm_patient p
         LEFT JOIN prm_follow_up f ON f.company_id = p.company_id
         LEFT JOIN prm_unscheduled_snooze s
                ON s.patient_id = p.id AND s.about = 'lapsed' AND s.active
               AND (s.until IS NULL OR s.until > %(today)s)
             WHERE p.active AND p.status = 'active'
               AND p.last_seen_on <= (
                   SELECT %(today)s::date
                          - make_interval(months => LEAST(min(lapsed_months), %(months)s))
                     FROM prm_follow_up)
               AND p.last_seen_on <= (
                   %(today)s::date - make_interval(months => COALESCE(f.lapsed_months, %(months)s)))
               AND NOT EXISTS (
                   SELECT FROM calendar_event v
                    WHERE v.prm_patient_id = p.id AND v.active AND v.start > %(now)s
                      AND NOT v.prm_status = ANY(%(not_coming)s))
            """,
            months=LAPSED_MONTHS,
            today=fields.Date.context_today(self),
            now=fields.Datetime.now(),
            calls=[kinds._id_of(code) for code in CALLS],
            not_coming=list(NOT_COMING),
        )

    @api.model
    def _search(self, *args, **kwargs):
        # When patients were last here is worked out together with their recalls.
        self.env["prm.recall"]._recompute_stale()
        return super()._search(*args, **kwargs)

    @api.depends("patient_id")
    def _compute_phone(self):
        spoken_to = self.patient_id._spoken_to()
        for row in self:
            row.speaker, row.phone = spoken_to.get(row.patient_id.id, ("", ""))

    # === WHAT CAN BE DONE ===

    def action_message(self):
        """Show what each of these patients would be written, before anything goes."""
        return self.env["prm.follow.up.send"]._prepare(self.patient_id, "lapsed")._get_action()

    def action_call(self):
        """What a call needs, and what came of it."""
        return self.env["prm.unscheduled.answer"]._prepare(self.patient_id, "lapsed", called=True)

    def action_book(self):
        """Find a time for the patient, who comes back."""
        return self.patient_id.action_book_waiting()

    def action_leave_in_peace(self):
        """Nobody asks these patients any more, until somebody takes that back."""
        self.env["prm.unscheduled.answer"]._check_desk(self.patient_id)
        self.env["prm.unscheduled.snooze"]._put_off(self.patient_id, "lapsed")

    def action_ask_again(self):
        """Take back that they are left in peace."""
        self.env["prm.unscheduled.answer"]._check_desk(self.patient_id)
        self.env["prm.unscheduled.snooze"]._end(self.patient_id, "lapsed")

    def action_open_patient(self):
        """The patient's file."""
        self.ensure_one()
        return self.patient_id.get_formview_action()
