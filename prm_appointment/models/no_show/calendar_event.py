from datetime import datetime, timedelta
from typing import NamedTuple

from odoo import api, fields, models
from odoo.tools import SQL

from ... import no_show, visit_status
from ..calendar_event import GROUPS
from .prm_no_show_model import REASONS

#: Earlier than this nobody expects that a visit is confirmed.
CONFIRMED_BY = timedelta(days=2)
#: A reason that moves the odds less is not worth a word.
WORTH_SAYING = 0.15
EXPECTED = (visit_status.BOOKED, visit_status.CONFIRMED)


class History(NamedTuple):
    """What a patient did before a visit.

    :param missed: how many visits they missed; :param came: whether they have been here, by a
        visit or because another system knows them; :param missed_last: whether they missed the
        last one.
    :param booked_at: naive UTC, when the visit itself was booked.
    """

    missed: int
    came: bool
    missed_last: bool
    booked_at: datetime


class CalendarEvent(models.Model):
    """How likely a visit is to be missed, why, and what was never settled."""

    _inherit = "calendar.event"

    prm_risk = fields.Float(
        string="Risk of Missing", compute="_compute_prm_risk", groups=GROUPS, aggregator=None
    )
    prm_risk_level = fields.Selection(
        [("low", "Low"), ("raised", "Raised"), ("high", "High")],
        string="May be Missed",
        compute="_compute_prm_risk",
        groups=GROUPS,
    )
    prm_risk_why = fields.Char(
        string="Why it may be Missed", compute="_compute_prm_risk", groups=GROUPS
    )

    @api.depends("prm_status", "start", "prm_patient_id", "prm_confirmed_at")
    @api.depends_context("lang")
    def _compute_prm_risk(self):
        risks = self._prm_risks()
        for visit in self:
            model, risk = risks.get(visit.id, (None, None))
            visit.prm_risk = risk and risk.probability
            visit.prm_risk_level = risk and model.level(risk.probability)
            visit.prm_risk_why = risk and self._prm_say_risk(risk)

    def _prm_say_risk(self, risk):
        """The reasons that make it more likely, the strongest first."""
        lang = self.env.lang or "en_US"
        raising = [pair for pair, weight in risk.reasons if weight >= WORTH_SAYING]
        return ", ".join(REASONS[pair]._translate(lang) for pair in raising)

    def _prm_risks(self, history=None):
        """``{id: (no_show.Model, no_show.Risk)}`` of visits to come, in two queries.

        :param history: see `_prm_read_history`, where it is known.
        """
        now = fields.Datetime.now()
        coming = self.sudo().filtered(
            lambda visit: visit.id and visit.prm_status in EXPECTED and visit.start > now
        )
        if not coming:
            return {}
        history = history or coming._prm_read_history()
        estimates = self.env["prm.no.show.model"]._models(coming.prm_company_id)
        risks = {}
        for visit in coming:
            past = history[visit.id]
            near = visit.start - now <= CONFIRMED_BY
            confirmed = visit.prm_status == visit_status.CONFIRMED
            cell = no_show.cell_of(
                past.missed,
                past.came,
                max((visit.start - past.booked_at).days, 0),
                confirmed if near or confirmed else None,
                fields.Datetime.context_timestamp(
                    visit.with_context(tz=visit._prm_zone()), visit.start
                ).hour,
            )
            model = estimates[visit.prm_company_id.id]
            risks[visit.id] = model, model.risk(cell)
        return risks

    def _prm_read_history(self):
        """What patients did before each visit, in one query: ``{id: History}``."""
        self.flush_model()
        self.env["prm.patient"].flush_model(["first_visit_date"])
        rows = self.env.execute_query(
            SQL(
                """
                SELECT e.id, COUNT(*) FILTER (WHERE past.prm_status = 'no_show'),
                       COALESCE(BOOL_OR(past.prm_status <> 'no_show')
                                OR p.first_visit_date < e.start::date
                                OR EXISTS (SELECT FROM prm_patient_identifier known
                                            WHERE known.patient_id = p.id), FALSE),
                       COALESCE((ARRAY_AGG(past.prm_status ORDER BY past.start DESC))[1]
                                = 'no_show', FALSE),
                       e.create_date
                  FROM calendar_event e
                  JOIN prm_patient p ON p.id = e.prm_patient_id
             LEFT JOIN calendar_event past
                    ON past.prm_patient_id = e.prm_patient_id AND past.start < e.start
                   AND past.prm_status IN ('no_show', 'arrived', 'in_chair', 'completed')
                 WHERE e.id = ANY(%s)
              GROUP BY e.id, p.id
                """,
                self.ids,
            )
        )
        return {key: History(*values) for key, *values in rows}
