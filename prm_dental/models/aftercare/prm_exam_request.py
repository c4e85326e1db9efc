from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

#: What happens on the timeline with each status.
_EVENTS = {"received": "exam_received", "cancelled": "exam_cancelled", "asked": "exam_requested"}


class PrmExamRequest(models.Model):
    """An examination that the patient was asked to have, such as a picture at a radiology centre.

    Reminders and a task come from a journey, until the result is here.
    """

    _name = "prm.exam.request"
    _description = "Examination Asked for"
    _inherit = ["mail.thread"]
    _order = "date desc, id desc"
    _check_company_auto = True

    patient_id = fields.Many2one(
        "prm.patient", required=True, index=True, ondelete="restrict", check_company=True
    )
    company_id = fields.Many2one(related="patient_id.company_id", store=True, precompute=True)
    type_id = fields.Many2one(
        "prm.procedure.type",
        string="From the Catalogue",
        ondelete="restrict",
        domain="[('company_id', 'in', (company_id, False)), ('category', '=', 'diagnostic')]",
        check_company=True,
    )
    name = fields.Char(
        string="Examination",
        compute="_compute_name",
        store=True,
        readonly=False,
        precompute=True,
    )
    place = fields.Char(string="Where", help="Such as the radiology centre.")
    provider_id = fields.Many2one(
        "prm.provider", string="Asked for By", ondelete="restrict", check_company=True
    )
    date = fields.Date(string="Asked on", required=True, default=fields.Date.context_today)
    wanted_until = fields.Date()
    state = fields.Selection(
        [("asked", "Waited for"), ("received", "Received"), ("cancelled", "Not Needed Any More")],
        string="Status",
        required=True,
        default="asked",
        readonly=True,
        copy=False,
        tracking=True,
    )
    received_on = fields.Date(readonly=True, copy=False)
    result_note = fields.Text(
        string="Result", groups="prm_core.group_prm_clinician", copy=False,
        help="Read by clinicians only.",
    )  # fmt: skip
    note = fields.Text(string="For the Team", help="No findings: the front desk reads it.")
    is_overdue = fields.Boolean(
        string="Overdue", compute="_compute_is_overdue", search="_search_is_overdue"
    )

    _waited_idx = models.Index("(company_id, wanted_until) WHERE state = 'asked'")

    @api.depends("type_id")
    def _compute_name(self):
        for one in self:
            one.name = one.name or one.type_id.name

    @api.depends("patient_id", "name")
    def _compute_display_name(self):
        for one in self:
            parts = (one.name, one.patient_id.display_name)
            one.display_name = ", ".join(part for part in parts if part)

    @api.depends("state", "wanted_until")
    def _compute_is_overdue(self):
        today = fields.Date.context_today(self)
        for one in self:
            one.is_overdue = bool(
                one.state == "asked" and one.wanted_until and one.wanted_until < today
            )

    def _search_is_overdue(self, operator, value):
        if operator != "in":
            return NotImplemented
        today = fields.Date.context_today(self)
        overdue = [("state", "=", "asked"), ("wanted_until", "<", today)]
        if set(value) == {True}:
            return overdue
        rest = ["|", "|", ("state", "!=", "asked"), ("wanted_until", "=", False),
                ("wanted_until", ">=", today)]  # fmt: skip
        return rest if set(value) == {False} else []

    @api.constrains("name", "date", "wanted_until")
    def _check_whole(self):
        for one in self:
            if not (one.name or "").strip():
                raise ValidationError(
                    self.env._("Choose the examination from the catalogue, or write its name.")
                )
            if one.wanted_until and one.wanted_until < one.date:
                raise ValidationError(
                    self.env._("It can't be wanted before the day on which it was asked for.")
                )

    # ------------------------------------------------------------
    # SAVING
    # ------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            if not vals.get("name"):
                vals.pop("name", None)  # the catalogue's
        exams = super().create([{**vals, "state": "asked"} for vals in vals_list])
        exams._tell("exam_requested")
        return exams

    def write(self, vals):
        if "state" in vals and not self.env.su:
            raise UserError(self.env._("Use the buttons to say what became of the examination."))
        if "patient_id" in vals and any(one.patient_id.id != vals["patient_id"] for one in self):
            raise UserError(
                self.env._("It was asked of this patient. Cancel it, and ask the other one anew.")
            )
        return super().write(vals)

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_received(self):
        """The result is here."""
        self._become("received", received_on=fields.Date.context_today(self))

    def action_cancel(self):
        """It is not needed any more."""
        self._become("cancelled")

    def action_reopen(self):
        """It was pressed by mistake, or the result can't be used: it is waited for again."""
        self._become("asked", received_on=False)

    def _become(self, state, **vals):
        self.check_access("write")
        changing = self.sudo().filtered(lambda one: one.state != state)
        changing.write({"state": state, **vals})
        changing._tell(_EVENTS[state])

    def _tell(self, code):
        if self:
            self.env["prm.event"].emit(
                code,
                [
                    {
                        "patient": one.patient_id,
                        "company_id": one.company_id.id,
                        "record": one,
                        "payload": {"exam": one.name},
                    }
                    for one in self
                ],
            )
