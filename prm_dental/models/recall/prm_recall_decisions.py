from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import format_date, formatLang

from .prm_recall_type import INTERVALS

#: What staff may decide on a recall; everything else follows from the facts.
STAFF_FIELDS = {
    "manual_due_date", "interval_number", "interval_unit", "disabled", "disabled_until",
    "disabled_above",
}  # fmt: skip

#: What was decided -> the field with the reason.
REASONS = {
    "due_date": "manual_reason",
    "interval": "interval_reason",
    "disabled": "disabled_reason",
    "disabled_until": "disabled_reason",
    "disabled_above": "disabled_reason",
}


class PrmRecallDecisions(models.Model):
    """What people decide on one recall: another date, another interval, not to ask.

    They stick until somebody decides otherwise (a date by hand: until the next visit), and each is
    kept with who, why and when.
    """

    _inherit = "prm.recall"

    manual_due_date = fields.Date(
        string="Due Date by Hand", help="Goes before the computed date until the next visit."
    )
    manual_previous_date = fields.Date(readonly=True, copy=False)
    manual_reason = fields.Char(string="Why this Date")
    interval_number = fields.Integer(
        string="Own Interval", help="Of this patient, until it is changed; 0: that of the kind."
    )
    interval_unit = fields.Selection(
        [("day", "Days"), ("week", "Weeks"), ("month", "Months"), ("year", "Years")],
        string="Unit",
        default="month",
    )
    interval_reason = fields.Char(string="Why this Interval")
    interval_source = fields.Selection(
        [("staff", "By hand"), ("risk", "Proposal by risk")], readonly=True, copy=False
    )
    disabled = fields.Boolean(string="Don't Recall")
    disabled_until = fields.Date(string="Not Before", help="Nobody asks the patient before.")
    disabled_above = fields.Monetary(
        string="Not While More Is Open Than",
        help="Nobody asks while the family owes more than this; 0: whatever they owe.",
    )
    disabled_reason = fields.Char(string="Why Not")
    currency_id = fields.Many2one(related="company_id.currency_id")
    held = fields.Boolean(string="Held by the Balance", readonly=True, copy=False)
    decision_ids = fields.Many2many(
        "prm.recall.decision", compute="_compute_decision_ids", string="Decided Before"
    )

    _interval_range = models.Constraint(
        "CHECK(COALESCE(interval_number, 0) BETWEEN 0 AND 520)",
        "The interval must be between 1 and 520.",
    )

    def _compute_decision_ids(self):
        found = self.env["prm.recall.decision"].search(
            [("patient_id", "in", self.patient_id.ids), ("type_id", "in", self.type_id.ids)]
        )
        for recall in self:
            recall.decision_ids = found.filtered(
                lambda one, recall=recall: (
                    one.patient_id == recall.patient_id and one.type_id == recall.type_id
                )
            )

    # === CRUD ===

    @api.model_create_multi
    def create(self, vals_list):
        recalls = super().create(vals_list)
        recalls._check_has_date()
        recalls.filtered("manual_due_date")._remember_last_visit()
        self._mark_stale(recalls.patient_id)
        blank = dict.fromkeys(REASONS, "")
        recalls._keep_decisions({recall.id: blank for recall in recalls})
        return recalls

    def write(self, vals):
        if not STAFF_FIELDS.intersection(vals):
            return super().write(vals)
        before = {recall.id: recall._decided() for recall in self}
        if "interval_number" in vals:
            source = self.env.context.get("prm_recall_source")
            by_risk = source == "risk" and vals["interval_number"]
            vals = {
                "interval_source": "risk" if by_risk else "staff",
                "interval_risk": False,
            } | vals
        if "interval_risk" in vals:
            # What a clinician sees alone goes with the interval, whoever changes that.
            risk = vals.pop("interval_risk")
            super(PrmRecallDecisions, self.sudo()).write({"interval_risk": risk})
        result = super().write(vals)
        self._check_has_date()
        if "manual_due_date" in vals:
            self._remember_last_visit()
        self._mark_stale(self.patient_id)
        self._keep_decisions(before)
        return result

    def _remember_last_visit(self):
        """A date set by hand holds against the visits that are known at this moment."""
        self._recompute(self.patient_id)
        for recall in self:
            recall.manual_previous_date = recall.previous_date

    def _check_has_date(self):
        """Without a visit to count from, a recall needs a word from staff; else the engine, which
        only keeps rows that mean something, would take it away.
        """
        bare = self.filtered(lambda recall: not recall._is_decided())
        if not bare:
            return
        self._recompute(bare.patient_id)
        if bare.exists() != bare:
            raise ValidationError(
                self.env._(
                    "This patient has had no visit to count from yet. Give a due date by hand, "
                    "or choose “Don't recall”."
                )
            )

    def _is_decided(self):
        """Whether the row is there because of somebody's word."""
        self.ensure_one()
        return bool(
            self.manual_due_date or self.disabled or self.interval_number or self.disabled_until
            or self.disabled_above
        )  # fmt: skip

    # === HISTORY ===

    def _decided(self):
        """What is decided at this moment, in words: ``{what: value}``; empty where nothing is."""
        self.ensure_one()
        return {
            "due_date": self._words_of_day(self.manual_due_date),
            "interval": self._own_interval_text(),
            "disabled": self.env._("Yes") if self.disabled else "",
            "disabled_until": self._words_of_day(self.disabled_until),
            "disabled_above": (
                formatLang(self.env, self.disabled_above, currency_obj=self.currency_id)
                if self.disabled_above
                else ""
            ),
        }

    def _words_of_day(self, day):
        return format_date(self.env, day, date_format="medium") if day else ""

    def _own_interval_text(self):
        """The patient's own interval as words, or nothing."""
        self.ensure_one()
        if not self.interval_number:
            return ""
        one, many = INTERVALS[self.interval_unit or "month"]
        lang = self.env.lang or "en_US"
        number = self.interval_number
        return one._translate(lang) if number == 1 else many._translate(lang) % number

    def _keep_decisions(self, before):
        """Write down what has changed, by whom and why.

        :param before: ``{recall id: what `_decided` said}``
        """
        vals_list = []
        for recall in self.exists():
            for what, value in recall._decided().items():
                if value != before[recall.id][what]:
                    vals_list.append(
                        {
                            "patient_id": recall.patient_id.id,
                            "type_id": recall.type_id.id,
                            "what": what,
                            "value": value or False,
                            "reason": recall[REASONS[what]] if value else False,
                            "clinical_reason": what == "interval" and recall.sudo().interval_risk,
                            "source": self.env.context.get("prm_recall_source") or "staff",
                            "user_id": self.env.uid,
                        }
                    )
        if vals_list:
            self.env["prm.recall.decision"].sudo().create(vals_list)

    # === ACTIONS ===

    def action_disable(self):
        """Don't recall these patients for this any more."""
        self.write({"disabled": True})

    def action_enable(self):
        """Recall these patients again."""
        self.write(
            {
                "disabled": False,
                "disabled_until": False,
                "disabled_above": False,
                "disabled_reason": False,
            }
        )
