from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools.translate import LazyTranslate

from ... import recall_risk

_lt = LazyTranslate(__name__)

#: What a proposal rests on, by guidance.
SOURCES = {
    "examination": _lt("NICE guideline CG19 allows %(low)s to %(high)s months"),
    "periodontal": _lt("the SDCEP's guidance allows %(low)s to %(high)s months"),
}


class PrmRecallRisk(models.Model):
    """The interval that a patient's recorded risks speak for: proposed, never set by itself.

    A clinician accepts it, and it becomes the patient's own interval with its reasons.
    """

    _inherit = "prm.recall"

    risk_months = fields.Integer(
        string="Proposed Months", compute="_compute_risk", groups="prm_core.group_prm_clinician"
    )
    risk_reason = fields.Char(
        string="Because Of", compute="_compute_risk", groups="prm_core.group_prm_clinician"
    )
    interval_risk = fields.Char(
        string="Risks that Were Known",
        readonly=True,
        copy=False,
        groups="prm_core.group_prm_clinician",
        help="On which the accepted interval rests. The front desk doesn't see it.",
    )
    risk_differs = fields.Boolean(compute="_compute_risk", groups="prm_core.group_prm_clinician")

    @api.depends("patient_id", "type_id.risk_guidance", "interval_number", "interval_unit")
    @api.depends_context("lang")
    def _compute_risk(self):
        proposals = self._risk_proposals()
        for recall in self:
            proposal = proposals.get(recall.id)
            recall.risk_months = proposal.months if proposal else 0
            recall.risk_reason = recall._risk_words(proposal) if proposal else ""
            recall.risk_differs = bool(proposal) and proposal.months != recall._months_now()

    def _risk_proposals(self):
        """``{recall id: recall_risk.Proposal}`` where a kind wants one and something is known."""
        asked = self.filtered("type_id.risk_guidance")
        if not asked:
            return {}
        facts = self.env["prm.health.fact"]._current(asked.patient_id, recall_risk.CODES)
        found = {}
        for recall in asked:
            patient = recall.patient_id
            age = patient.age if patient.birth_date else None
            known = facts.get(patient.id, {})
            proposal = recall_risk.propose(known, age, recall.type_id.risk_guidance)
            if proposal.months:
                found[recall.id] = proposal
        return found

    def _months_now(self):
        """The interval that holds, in months where it is counted in months or years."""
        self.ensure_one()
        holder = self if self.interval_number else self.type_id
        factor = {"month": 1, "year": 12}.get(holder.interval_unit)
        return holder.interval_number * factor if factor else None

    def _risk_words(self, proposal):
        """Reasons of a proposal in the user's language."""
        self.ensure_one()
        codes = list(dict.fromkeys(code for _level, code in proposal.reasons))
        facts = self.env["prm.health.fact"].sudo().search(
            [("patient_id", "=", self.patient_id.id), ("ended_on", "=", False),
             ("type_id.code", "in", codes)]
        )  # fmt: skip
        words = {fact.type_id.code: fact._sentence() for fact in facts}
        source = SOURCES[self.type_id.risk_guidance]._translate(self.env.lang or "en_US")
        bounds = source % {"low": proposal.shortest, "high": proposal.longest}
        reasons = ", ".join(words[code] for code in codes if code in words)
        return f"{reasons or self.env._('No risk is recorded')}; {bounds}"

    def action_accept_risk(self):
        """Make the proposal the patient's own interval, with its reasons."""
        if not self.env.user.has_group("prm_core.group_prm_clinician"):
            raise AccessError(self.env._("Only clinicians accept an interval by risk."))
        proposals = self._risk_proposals()
        for recall in self:
            proposal = proposals.get(recall.id)
            if not proposal:
                raise UserError(
                    self.env._("Nothing is recorded from which an interval could be proposed.")
                )
            recall.with_context(prm_recall_source="risk").write(
                {
                    "interval_number": proposal.months,
                    "interval_unit": "month",
                    "interval_reason": self.env._("By risk"),
                    "interval_risk": recall._risk_words(proposal),
                }
            )
        return True
