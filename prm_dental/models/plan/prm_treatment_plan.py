from odoo import api, fields, models
from odoo.addons.prm_core.contact_hours import local_time
from odoo.exceptions import UserError

from ... import procedure_status, treatment_plan

#: States in which a plan is being worked with.
LIVE = ("draft", "proposed", "answered")
#: What of a plan the patient doesn't read, and may change at any time.
_FREE_FIELDS = frozenset({"name", "private_note", "provider_id"})


class PrmTreatmentPlan(models.Model):
    """What a practice proposes to a patient, what the patient said to it, and how far it has come.

    A plan is written as a draft. Proposing it makes a revision: what the patient reads is kept with
    its lines and does not change any more, so that an answer is one to what was shown. To change it
    a clinician takes it back to a draft and proposes the next revision.
    """

    _name = "prm.treatment.plan"
    _description = "Treatment Plan"
    _order = "create_date desc, id desc"
    _check_company_auto = True

    name = fields.Char(
        required=True,
        default=lambda self: self.env._("Treatment plan"),
        help="For the practice; patients know the plan by its day.",
    )
    patient_id = fields.Many2one(
        "prm.patient", required=True, ondelete="restrict", index=True, check_company=True
    )
    company_id = fields.Many2one(related="patient_id.company_id", store=True, precompute=True)
    provider_id = fields.Many2one("prm.provider", check_company=True, ondelete="restrict")
    state = fields.Selection(
        [
            ("draft", "Draft"),
            ("proposed", "Proposed"),
            ("answered", "Answered"),
            ("completed", "Completed"),
            ("withdrawn", "Withdrawn"),
        ],
        string="Status", required=True, default="draft", readonly=True, copy=False,
    )  # fmt: skip
    outcome = fields.Selection(
        [
            (treatment_plan.IN_WHOLE, "Accepted"),
            (treatment_plan.IN_PART, "Accepted in part"),
            (treatment_plan.NOT_AT_ALL, "Declined"),
        ],
        string="Answer", readonly=True, copy=False,
    )  # fmt: skip
    revision = fields.Integer(readonly=True, copy=False, help="Counts how often it was proposed.")
    content_hash = fields.Char(readonly=True, copy=False, help="Of what was proposed: SHA-256.")
    proposed_on = fields.Date(readonly=True, copy=False)
    valid_until = fields.Date(copy=False, help="Empty: as long as the practice's plans are valid.")
    patient_note = fields.Text(
        string="To the Patient", help="In plain words; stands above the treatments."
    )
    private_note = fields.Text(
        string="Clinical Note", groups="prm_core.group_prm_clinician",
        help="For clinicians. The patient and the front desk don't see it.",
    )  # fmt: skip
    phase_ids = fields.One2many("prm.treatment.phase", "plan_id", string="Phases")
    alternative_ids = fields.One2many("prm.treatment.alternative", "plan_id", string="Alternatives")
    alternative_id = fields.Many2one(
        "prm.treatment.alternative", string="Chosen", readonly=True, copy=False,
        ondelete="set null",
    )  # fmt: skip
    line_ids = fields.One2many("prm.treatment.plan.line", "plan_id", string="Treatments")
    answer_ids = fields.One2many("prm.treatment.answer", "plan_id", string="Answers")
    currency_id = fields.Many2one(related="company_id.currency_id")
    amount_proposed = fields.Monetary(
        string="Proposed", compute="_compute_totals",
        help="Of the chosen alternative; as long as none is chosen, of the dearest.",
    )  # fmt: skip
    amount_accepted = fields.Monetary(string="Accepted", compute="_compute_totals")
    amount_declined = fields.Monetary(string="Declined", compute="_compute_totals")
    amount_completed = fields.Monetary(string="Completed", compute="_compute_totals")
    amount_open = fields.Monetary(
        string="Still to Do", compute="_compute_totals", help="Accepted, and not completed yet."
    )
    accepted_count = fields.Integer(string="Treatments Accepted", compute="_compute_totals")
    completed_count = fields.Integer(string="Treatments Completed", compute="_compute_totals")
    progress = fields.Float(
        compute="_compute_totals",
        help="Percent of the accepted treatments that are completed.",
    )  # fmt: skip
    progress_money = fields.Float(
        string="Progress in Money", compute="_compute_totals",
        help="Percent of the accepted amount that is completed.",
    )  # fmt: skip
    expired = fields.Boolean(compute="_compute_expired", search="_search_expired")
    changed = fields.Boolean(
        compute="_compute_changed", help="A treatment is no longer what was proposed."
    )

    _patient_idx = models.Index("(patient_id, state)")

    # ------------------------------------------------------------
    # COMPUTED
    # ------------------------------------------------------------

    @api.depends("line_ids.amount", "line_ids.standing", "line_ids.alternative_id",
                 "alternative_id")  # fmt: skip
    def _compute_totals(self):
        for plan in self:
            chosen = plan.alternative_id._origin.id or 0
            found = treatment_plan.totals(plan.line_ids._as_lines(), chosen)
            plan.amount_proposed = found.proposed
            plan.amount_accepted = found.accepted
            plan.amount_declined = found.declined
            plan.amount_completed = found.completed
            plan.amount_open = found.open
            plan.accepted_count = found.accepted_count
            plan.completed_count = found.completed_count
            plan.progress = found.progress
            plan.progress_money = found.progress_money

    @api.depends("state", "valid_until")
    def _compute_expired(self):
        for plan in self:
            late = plan.valid_until and plan.valid_until < plan._today()
            plan.expired = bool(late and plan.state == "proposed")

    def _search_expired(self, operator, value):
        if operator != "in":
            return NotImplemented
        late = [
            ("state", "=", "proposed"),
            ("valid_until", "<", fields.Date.context_today(self)),
        ]
        return late if True in value else ["!", "&", *late]

    @api.depends("line_ids.changed", "state")
    def _compute_changed(self):
        for plan in self:
            plan.changed = plan.state == "proposed" and any(plan.line_ids.mapped("changed"))

    @api.depends("name", "patient_id")
    def _compute_display_name(self):
        for plan in self:
            plan.display_name = f"{plan.patient_id.display_name or ''} · {plan.name or ''}"

    # ------------------------------------------------------------
    # SAVING
    # ------------------------------------------------------------

    def write(self, vals):
        if not _FREE_FIELDS.issuperset(vals):
            self._check_open_to_change(vals)
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_what_nobody_saw(self):
        if any(plan.revision for plan in self):
            raise UserError(
                self.env._("This plan was shown to the patient: it can be withdrawn, not deleted.")
            )

    def _check_open_to_change(self, vals=()):
        """:raises UserError: for a person who changes what was proposed."""
        # Lines decide for themselves: how urgent they are may change.
        lines_only = bool(vals) and set(vals) - _FREE_FIELDS <= {"line_ids"}
        if self.env.su or lines_only:
            return
        if any(plan.state != "draft" for plan in self):
            raise UserError(
                self.env._(
                    "This plan was proposed: the patient answers what was shown. Press “Revise” to"
                    " change it, and propose it again."
                )
            )

    def _today(self):
        """The day at the practice."""
        zone = self.company_id._prm_zone() if self.company_id else "UTC"
        return local_time(fields.Datetime.now(), zone).date()

    def _lock(self):
        """Have the plan to oneself until the transaction ends, however long that takes."""
        self.ensure_one()
        self.flush_recordset()
        # When somebody else was first, Odoo begins anew and sees what they did: no error.
        self.env.cr.execute(
            "SELECT id FROM prm_treatment_plan WHERE id = %s FOR UPDATE",
            [self.id],
            log_exceptions=False,
        )
        self.invalidate_recordset(flush=False)

    # ------------------------------------------------------------
    # HOW FAR IT HAS COME
    # ------------------------------------------------------------

    def _settle(self):
        """Note which answered plans are completed now, and which are not any more."""
        plans = self.sudo()
        plans.filtered(lambda plan: plan.state == "completed" and not plan._is_completed()).write(
            {"state": "answered"}
        )
        done = plans.filtered(lambda plan: plan.state == "answered" and plan._is_completed())
        done.write({"state": "completed"})
        done._emit("plan_completed")

    def _is_completed(self):
        self.ensure_one()
        return treatment_plan.is_completed(self.line_ids._as_lines(), self.alternative_id.id or 0)

    def _emit(self, code, payload=None):
        """Put an event about each of these plans on the timeline.

        :param payload: its plain values, the same for all; never words on health.
        """
        self.env["prm.event"].emit(
            code,
            [
                {
                    "patient": plan.patient_id,
                    "company_id": plan.company_id.id,
                    "record": plan,
                    "payload": {"revision": plan.revision, **(payload or {})},
                }
                for plan in self
            ],
        )

    # ------------------------------------------------------------
    # MAKING ONE
    # ------------------------------------------------------------

    @api.model
    def _of_open_treatments(self, patient):
        """A draft of everything that is open and stands in no other plan.

        :raises UserError: when there is nothing.
        """
        procedures = self.env["prm.procedure"].search(
            [
                ("patient_id", "=", patient.id),
                ("state", "in", procedure_status.OPEN),
                ("in_plan", "=", False),
            ],
            order="urgency desc, date, id",
        )
        if not procedures:
            raise UserError(
                self.env._(
                    "There is no open treatment without a plan. Add treatments on the chart or"
                    " under Procedures first."
                )
            )
        return self.create(
            {
                "patient_id": patient.id,
                "provider_id": procedures.provider_id.id
                if len(procedures.provider_id) == 1
                else False,
                "line_ids": [
                    fields.Command.create({"procedure_id": procedure.id, "sequence": 10 * number})
                    for number, procedure in enumerate(procedures, start=1)
                ],
            }
        )
