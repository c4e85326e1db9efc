from datetime import timedelta

from markupsafe import Markup
from odoo import api, fields, models
from odoo.tools import SQL, ormcache
from odoo.tools.translate import LazyTranslate

from ... import no_show

_lt = LazyTranslate(__name__)

#: How far back it learns.
YEARS = timedelta(days=730)
#: So much of the latest visits is kept back to see how good the estimate is.
TESTED_SHARE = 0.25

#: The reasons, for people.
REASONS = {
    ("past", "came"): _lt("has always come"),
    ("past", "first"): _lt("first visit"),
    ("past", "missed_once"): _lt("has missed one visit"),
    ("past", "missed_more"): _lt("has missed several visits"),
    ("lead", "days"): _lt("booked a day or two before"),
    ("lead", "weeks"): _lt("booked up to two weeks before"),
    ("lead", "month"): _lt("booked weeks before"),
    ("lead", "months"): _lt("booked long before"),
    ("lead", "unknown"): _lt("nobody knows when it was booked"),
    ("confirmed", "yes"): _lt("confirmed"),
    ("confirmed", "no"): _lt("not confirmed"),
    ("hour", "early"): _lt("first thing in the morning"),
    ("hour", "morning"): _lt("in the morning"),
    ("hour", "afternoon"): _lt("in the afternoon"),
    ("hour", "evening"): _lt("in the evening"),
}


class PrmNoShowModel(models.Model):
    """What a practice has learnt about visits that are missed, and how far it can be trusted.

    It is for extra reminders and for a look at the day. Nothing is refused, moved or double-booked
    because of it.
    """

    _name = "prm.no.show.model"
    _description = "Estimate of Missed Visits"
    _rec_name = "company_id"

    company_id = fields.Many2one(
        "res.company", string="Practice", required=True, readonly=True, ondelete="cascade"
    )
    learned_at = fields.Datetime(string="Learnt at", readonly=True)
    visit_count = fields.Integer(string="Visits", readonly=True)
    missed_count = fields.Integer(string="Missed", readonly=True)
    share = fields.Float(string="Missed, of all", compute="_compute_share")
    base = fields.Float(readonly=True, digits=(16, 6))
    weights = fields.Json(readonly=True, help="[factor, level, log-odds]")
    means = fields.Json(readonly=True)
    tested_count = fields.Integer(string="Tested on", readonly=True)
    auc = fields.Float(string="Told apart (AUC)", readonly=True, digits=(3, 2))
    groups = fields.Json(readonly=True, help="[estimated, came true, visits]")
    quality = fields.Html(compute="_compute_quality", sanitize=False)
    what_counts = fields.Html(compute="_compute_what_counts", sanitize=False)

    _company_uniq = models.Constraint("unique(company_id)", "The practice has its estimate.")

    @api.depends("visit_count", "missed_count")
    def _compute_share(self):
        for one in self:
            one.share = one.missed_count / one.visit_count if one.visit_count else 0

    # ------------------------------------------------------------
    # LEARNING
    # ------------------------------------------------------------

    @api.model
    def _cron_learn(self):
        """Learn anew from each practice's visits."""
        cron = self.env["ir.cron"]
        practices = self.env["prm.appointment.type"].search([("active", "in", (True, False))])
        for company in practices.company_id:
            self._of(company)._learn()
            cron._commit_progress(1)

    @api.model
    def _of(self, company):
        """The estimate of a practice; made at the first time."""
        found = self.search([("company_id", "=", company.id)], limit=1)
        return found or self.create({"company_id": company.id})

    @api.model
    @api.private
    def _models(self, companies):
        """``{company id: no_show.Model}``"""
        return {company.id: self.sudo()._model_of(company.id) for company in companies}

    @api.model
    @api.private
    @ormcache("company_id")
    def _model_of(self, company_id):
        """The estimate of a practice. It changes once a week, and every board asks for it."""
        return self.search([("company_id", "=", company_id)], limit=1)._to_model()

    def write(self, vals):
        result = super().write(vals)
        self.env.registry.clear_cache()
        return result

    def _to_model(self):
        if not self.weights:
            return no_show.prior_model()
        weights = {(factor, level): weight for factor, level, weight in self.weights}
        return no_show.Model(self.base, weights, self.means or {})

    def _learn(self):
        """Learn from the visits of two years. What was learnt from the older ones is tested on the
        latest ones, which it has not seen; what is used has seen all."""
        self.ensure_one()
        older, latest = self._read_cells()
        together = _add(older, latest)
        model = no_show.fit(together)
        visits, missed = _count(together)
        vals = {
            "learned_at": fields.Datetime.now(),
            "visit_count": visits,
            "missed_count": missed,
            "base": model.base,
            "weights": [[*pair, weight] for pair, weight in model.weights.items()],
            "means": model.means,
            "auc": 0,
            "groups": False,
            "tested_count": 0,
        }
        if visits >= no_show.MIN_VISITS and missed >= no_show.MIN_MISSED:
            scores = no_show.scored(no_show.fit(older), latest)
            vals.update(
                auc=no_show.auc(scores) or 0,
                groups=no_show.calibration(scores),
                tested_count=_count(latest)[0],
            )
        self.write(vals)

    def _read_cells(self):
        """What became of visits, counted by the levels of their factors, in one query.

        :return: (cells of the older visits, cells of the latest ones), see `no_show.fit`.
        """
        self.env["calendar.event"].flush_model()
        now = fields.Datetime.now()
        rows = self.env.execute_query(
            SQL(
                """
                WITH visit AS (
                    SELECT e.start, e.prm_status = 'no_show' AS missed,
                           COALESCE(e.prm_confirmed_at < e.start, FALSE) AS confirmed,
                           CASE WHEN e.create_date <= e.start
                                THEN LEAST(EXTRACT(day FROM e.start - e.create_date), 60)::int
                           END AS lead_days,
                           EXTRACT(hour FROM e.start AT TIME ZONE 'UTC' AT TIME ZONE %(zone)s)::int
                               AS hour,
                           LEAST(COUNT(*) FILTER (WHERE e.prm_status = 'no_show') OVER earlier, 2)
                               AS missed_before,
                           COUNT(*) FILTER (WHERE e.prm_status <> 'no_show') OVER earlier > 0
                               OR p.first_visit_date < e.start::date
                               OR EXISTS (SELECT FROM prm_patient_identifier known
                                           WHERE known.patient_id = p.id) AS came,
                           PERCENT_RANK() OVER (ORDER BY e.start) > %(older)s AS latest
                      FROM calendar_event e
                      JOIN prm_patient p ON p.id = e.prm_patient_id
                     WHERE e.prm_company_id = %(company)s AND e.start < %(now)s
                       AND e.prm_status IN ('arrived', 'in_chair', 'completed', 'no_show')
                    WINDOW earlier AS (PARTITION BY e.prm_patient_id ORDER BY e.start, e.id
                                       ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
                )
                SELECT latest, missed_before, COALESCE(came, FALSE), lead_days, confirmed, hour,
                       COUNT(*), COUNT(*) FILTER (WHERE missed)
                  FROM visit
                 WHERE start > %(since)s
              GROUP BY 1, 2, 3, 4, 5, 6
                """,
                zone=self.company_id._prm_zone(),
                company=self.company_id.id,
                now=now,
                since=now - YEARS,
                older=1 - TESTED_SHARE,
            )
        )
        cells = {}, {}
        for latest, missed, came, lead, confirmed, hour, visits, lost in rows:
            cell = no_show.cell_of(missed, came, lead, confirmed, hour)
            before = cells[latest].get(cell, (0, 0))
            cells[latest][cell] = before[0] + visits, before[1] + lost
        return cells

    # ------------------------------------------------------------
    # FOR THE MANAGER
    # ------------------------------------------------------------

    @api.model
    def action_open_estimate(self):
        """The estimate of the practice that is chosen."""
        estimate = self.sudo()._of(self.env.company)
        if not estimate.learned_at:
            estimate._learn()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Missed Visits"),
            "res_model": self._name,
            "res_id": estimate.id,
            "views": [(False, "form")],
        }

    def action_learn(self):
        """Learn from what is known now."""
        self.check_access("read")
        self.sudo()._learn()

    @api.depends("auc", "groups", "tested_count")
    @api.depends_context("lang")
    def _compute_quality(self):
        for one in self:
            one.quality = one._tested_html() if one.groups else one._too_little_html()

    def _too_little_html(self):
        return Markup("<p>{}</p>").format(
            self.env._(
                "There is too little to say how good the estimate is: it takes %(visits)s visits,"
                " %(missed)s of them missed. Until then it keeps to what is known in general.",
                visits=no_show.MIN_VISITS,
                missed=no_show.MIN_MISSED,
            )
        )

    def _tested_html(self):
        told = self.env._(
            "Tested on the latest %(count)s visits, which it had not seen: of a visit that was"
            " missed and one that was kept, it gave the missed one the higher risk in %(right)s of"
            " 100 cases. 50 would be a coin, 100 a fortune-teller.",
            count=self.tested_count,
            right=round(100 * self.auc),
        )
        cell = Markup("<td class='text-end'>{}</td>")
        rows = Markup().join(
            Markup("<tr>{}{}{}</tr>").format(
                cell.format(_percent(estimated)), cell.format(_percent(true)), cell.format(visits)
            )
            for estimated, true, visits in self.groups
        )
        head = Markup().join(
            Markup("<th class='text-end'>{}</th>").format(text)
            for text in (self.env._("Estimated"), self.env._("Missed"), self.env._("Visits"))
        )
        return Markup(
            "<p>{}</p><table class='table table-sm w-auto'><thead><tr>{}</tr></thead>"
            "<tbody>{}</tbody></table>"
        ).format(told, head, rows)

    @api.depends("weights", "means")
    @api.depends_context("lang")
    def _compute_what_counts(self):
        lang = self.env.lang or "en_US"
        for one in self:
            model = one._to_model()
            average = model.average
            rows = Markup()
            for pair, text in REASONS.items():
                odds = model.weights.get(pair, 0) - model.means.get(pair[0], 0)
                alone = no_show.Model(model.base + odds).average
                rows += Markup("<tr><td>{}</td><td class='text-end'>{}</td></tr>").format(
                    text._translate(lang), _percent(alone)
                )
            one.what_counts = Markup(
                "<p>{}</p><table class='table table-sm w-auto'><tbody>{}</tbody></table>"
            ).format(
                self.env._(
                    "On average %(share)s of visits are missed. If all else is average:",
                    share=_percent(average),
                ),
                rows,
            )


def _percent(share):
    return f"{100 * share:.0f} %" if share >= 0.1 or not share else f"{100 * share:.1f} %"


def _add(one, other):
    result = dict(one)
    for cell, (visits, missed) in other.items():
        before = result.get(cell, (0, 0))
        result[cell] = before[0] + visits, before[1] + missed
    return result


def _count(cells):
    return tuple(sum(counts[n] for counts in cells.values()) for n in (0, 1))
