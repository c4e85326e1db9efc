from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ... import treatment_plan

#: How a line stands, for people.
STANDINGS = [
    (treatment_plan.WAITING, "Waiting for an answer"),
    (treatment_plan.ACCEPTED, "Accepted"),
    (treatment_plan.DECLINED, "Declined"),
    (treatment_plan.DONE, "Completed"),
    (treatment_plan.GONE, "Entered by mistake"),
]


class PrmTreatmentPlanLine(models.Model):
    """One procedure of a plan: when, in which alternative, and how the patient saw it.

    The procedure is the fact; the line keeps what the estimate said of it.
    """

    _name = "prm.treatment.plan.line"
    _description = "Treatment of a Plan"
    _order = "plan_id, phase_sequence, sequence, id"
    _rec_name = "procedure_id"
    _inherit = ["prm.treatment.part"]

    _free_fields = frozenset({"urgency"})

    patient_id = fields.Many2one(related="plan_id.patient_id")
    procedure_id = fields.Many2one(
        "prm.procedure", required=True, ondelete="restrict", index=True,
        domain="[('patient_id', '=', patient_id), ('in_plan', '=', False),"
        " ('state', 'in', ('planned', 'accepted', 'scheduled', 'in_progress', 'declined'))]",
    )  # fmt: skip
    phase_id = fields.Many2one(
        "prm.treatment.phase", ondelete="set null", index="btree_not_null",
        domain="[('plan_id', '=', plan_id)]",
    )  # fmt: skip
    phase_sequence = fields.Integer(related="phase_id.sequence", store=True)
    alternative_id = fields.Many2one(
        "prm.treatment.alternative", ondelete="restrict", index="btree_not_null",
        domain="[('plan_id', '=', plan_id)]", help="Empty: done whichever way is chosen.",
    )  # fmt: skip
    live = fields.Boolean(compute="_compute_live", store=True)
    frozen = fields.Json(readonly=True, copy=False, help="What the proposed estimate says of it.")
    said_yes = fields.Boolean(string="Patient Says Yes", readonly=True, copy=False)
    said_no = fields.Boolean(string="Patient Says No", readonly=True, copy=False)
    state = fields.Selection(related="procedure_id.state", string="Status")
    urgency = fields.Selection(related="procedure_id.urgency", readonly=False)
    place = fields.Char(compute="_compute_place", string="Where")
    decline_reason_id = fields.Many2one(related="procedure_id.decline_reason_id")
    currency_id = fields.Many2one(related="company_id.currency_id")
    amount = fields.Monetary(
        compute="_compute_amount", help="As the estimate says, or the fee as long as there is none."
    )
    standing = fields.Selection(STANDINGS, compute="_compute_standing", string="How it Stands")
    changed = fields.Boolean(
        compute="_compute_changed", help="The procedure is no longer what the estimate says."
    )

    _one_live_plan = models.UniqueIndex(
        "(procedure_id) WHERE live", "This treatment stands in another plan already."
    )

    @api.depends("plan_id.state")
    def _compute_live(self):
        for line in self:
            line.live = line.plan_id.state not in ("completed", "withdrawn")

    @api.depends("procedure_id.tooth", "procedure_id.surfaces", "procedure_id.area")
    def _compute_place(self):
        areas = dict(self.env["prm.procedure"]._fields["area"]._description_selection(self.env))
        for line in self:
            procedure = line.procedure_id
            where = procedure.tooth or areas.get(procedure.area)
            line.place = " ".join(filter(None, (where, procedure.surfaces)))

    @api.depends("frozen", "procedure_id.fee")
    def _compute_amount(self):
        for line in self:
            line.amount = line.frozen["amount"] if line.frozen else line.procedure_id.fee

    @api.depends("procedure_id.state", "procedure_id.accepted_on")
    def _compute_standing(self):
        for line in self:
            line.standing = line._as_line().standing

    @api.depends(
        "frozen", "procedure_id.state", "procedure_id.fee", "procedure_id.type_id",
        "procedure_id.tooth", "procedure_id.surfaces", "procedure_id.area",
    )  # fmt: skip
    def _compute_changed(self):
        for line in self:
            line.changed = bool(line.frozen) and (
                line.frozen["facts"] != line._facts() or line.standing == treatment_plan.GONE
            )

    @api.constrains("procedure_id", "plan_id", "phase_id", "alternative_id")
    def _check_of_one_plan(self):
        for line in self:
            plan = line.plan_id
            if line.procedure_id.patient_id != plan.patient_id:
                raise ValidationError(
                    self.env._("This treatment is another patient's. Choose one of the same.")
                )
            if (line.phase_id.plan_id | line.alternative_id.plan_id) - plan:
                raise ValidationError(
                    self.env._("Choose a phase and an alternative of this plan, or make a new one.")
                )

    # ------------------------------------------------------------
    # VALUES
    # ------------------------------------------------------------

    def _facts(self):
        """What of the procedure an estimate depends on, as plain values."""
        self.ensure_one()
        procedure = self.procedure_id
        return {
            "type": procedure.type_id.id,
            "tooth": procedure.tooth or "",
            "surfaces": procedure.surfaces or "",
            "area": procedure.area or "",
            "fee": round(procedure.fee, 2),
        }

    def _as_line(self):
        """:rtype: treatment_plan.Line"""
        self.ensure_one()
        return treatment_plan.Line(
            id=self._origin.id or 0,
            alternative=self.alternative_id._origin.id or 0,
            amount=self.amount,
            state=self.procedure_id.state,
            said_yes=bool(self.procedure_id.accepted_on),
        )

    def _as_lines(self):
        return [line._as_line() for line in self]
