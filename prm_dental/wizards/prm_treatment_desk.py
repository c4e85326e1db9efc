from odoo import api, fields, models
from odoo.exceptions import UserError

from .. import treatment_plan


class PrmTreatmentDesk(models.TransientModel):
    """What a patient says to a plan at the desk or on the phone, written down by staff."""

    _name = "prm.treatment.desk"
    _description = "Answer at the Desk"

    plan_id = fields.Many2one("prm.treatment.plan", required=True, readonly=True,
                              ondelete="cascade")  # fmt: skip
    patient_id = fields.Many2one(related="plan_id.patient_id")
    revision = fields.Integer(readonly=True)
    seen = fields.Integer(readonly=True, help="How many answers there were when it was opened.")
    person_id = fields.Many2one(
        "res.partner", string="Who Answers", required=True,
        domain="[('id', 'in', person_ids)]",
    )  # fmt: skip
    person_ids = fields.Many2many("res.partner", compute="_compute_person_ids", compute_sudo=True)
    has_alternatives = fields.Boolean(compute="_compute_has_alternatives")
    alternative_id = fields.Many2one(
        "prm.treatment.alternative", string="Chosen Way", domain="[('plan_id', '=', plan_id)]"
    )
    line_ids = fields.One2many("prm.treatment.desk.line", "wizard_id", string="Treatments")
    currency_id = fields.Many2one(related="plan_id.currency_id")
    amount = fields.Monetary(string="Yes to", compute="_compute_amount")

    @api.depends("patient_id")
    def _compute_person_ids(self):
        for wizard in self:
            guardians = wizard.patient_id.guardian_ids.partner_id
            wizard.person_ids = wizard.patient_id.partner_id | guardians

    @api.depends("plan_id")
    def _compute_has_alternatives(self):
        for wizard in self:
            wizard.has_alternatives = bool(wizard.plan_id.alternative_ids)

    @api.depends("line_ids.yes", "alternative_id")
    def _compute_amount(self):
        for wizard in self:
            wizard.amount = sum(
                line.amount for line in wizard.line_ids if line.yes and line._is_offered()
            )

    @api.model
    def _open(self, plan):
        """A wizard for a plan, with what was said last.

        :raises UserError: when the plan can't be answered now.
        """
        if hurdle := plan._hurdle(plan.revision):
            raise UserError(self._say_hurdle(hurdle))
        lines = [line for line in plan.line_ids if line._as_line().answerable]
        return self.create(
            {
                "plan_id": plan.id,
                "revision": plan.revision,
                "seen": len(plan.answer_ids),
                "person_id": plan.patient_id.partner_id.id,
                "alternative_id": plan.alternative_id.id,
                "line_ids": [
                    fields.Command.create(
                        {
                            "line_id": line.id,
                            "yes": line.said_yes,
                            "reason_id": line.decline_reason_id.id if line.said_no else False,
                        }
                    )
                    for line in lines
                ],
            }
        )

    def _say_hurdle(self, hurdle):
        """Why nothing can be written down now, for staff."""
        _ = self.env._
        return {
            treatment_plan.NOT_PROPOSED: _("Propose the plan first: then it can be answered."),
            treatment_plan.SUPERSEDED: _("This plan was changed. Look at it again."),
            treatment_plan.WITHDRAWN: _("This plan was withdrawn. Make a new one."),
            treatment_plan.EXPIRED: _(
                "The estimate is no longer valid. A clinician can revise it and propose it again."
            ),
            treatment_plan.CHANGED: _(
                "A treatment has changed since the plan was proposed. A clinician can revise it and"
                " propose it again."
            ),
            treatment_plan.BEGUN: _(
                "The work has begun. Change the treatments themselves, under Procedures."
            ),
            treatment_plan.ANSWERED_MEANWHILE: _(
                "Somebody answered this plan in the meantime. Look at the answer first."
            ),
        }[hurdle]

    def action_save(self):
        """Take the answer."""
        self.ensure_one()
        self.plan_id._check_may_answer()
        if self.has_alternatives and not self.alternative_id:
            raise UserError(self.env._("Choose one of the alternatives."))
        offered = self.line_ids.filtered(lambda line: line._is_offered())
        yes = offered.filtered("yes")
        choice = treatment_plan.Choice(
            self.alternative_id.id or 0,
            frozenset(yes.line_id.ids),
            frozenset((offered - yes).line_id.ids),
        )
        reasons = {line.line_id.id: line.reason_id for line in offered - yes if line.reason_id}
        hurdle = self.plan_id._answer(
            choice, self.revision, self.seen, "desk", self.person_id, reasons
        )
        if hurdle:
            raise UserError(self._say_hurdle(hurdle))
        return {"type": "ir.actions.act_window_close"}
