from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools.misc import format_date

from ... import intake_times


class PrmPrescription(models.Model):
    """What a clinician prescribed, and whether the patient is reminded to take it.

    Health data: the front desk reads nothing of it. There is no database of drugs: what is known of
    the patient is shown beside what is prescribed, and the clinician judges.
    """

    _name = "prm.prescription"
    _description = "Prescription"
    _inherit = ["mail.thread"]
    _order = "date desc, id desc"
    _check_company_auto = True

    patient_id = fields.Many2one(
        "prm.patient", required=True, index=True, ondelete="restrict", check_company=True
    )
    company_id = fields.Many2one(related="patient_id.company_id", store=True, precompute=True)
    provider_id = fields.Many2one(
        "prm.provider",
        string="Prescribed By",
        ondelete="restrict",
        check_company=True,
        default=lambda self: self.env["prm.provider"].search(
            [("user_id", "=", self.env.uid), ("company_id", "=", self.env.company.id)], limit=1
        ),
    )
    date = fields.Date(required=True, default=fields.Date.context_today)
    state = fields.Selection(
        [
            ("draft", "Draft"),
            ("active", "Running"),
            ("finished", "Finished"),
            ("stopped", "Stopped"),
        ],
        string="Status",
        required=True,
        default="draft",
        readonly=True,
        copy=False,
        tracking=True,
    )
    remind = fields.Boolean(
        string="Remind the Patient",
        tracking=True,
        help="The patient has asked for it: a message at each time, without the medicine's name.",
    )
    note = fields.Text(string="For Clinicians")
    line_ids = fields.One2many(
        "prm.prescription.line", "prescription_id", string="Medicines", copy=True
    )
    date_to = fields.Date(string="Until", compute="_compute_date_to", store=True)
    summary = fields.Char(string="Medicine", compute="_compute_summary")
    alert_text = fields.Text(string="Mind", compute="_compute_alert_text")
    medication_text = fields.Text(string="Takes Already", compute="_compute_alert_text")

    _running_idx = models.Index("(patient_id) WHERE state = 'active'")

    @api.depends("line_ids.date_to")
    def _compute_date_to(self):
        for one in self:
            one.date_to = max(filter(None, one.line_ids.mapped("date_to")), default=False)

    @api.depends("line_ids.drug")
    def _compute_summary(self):
        for one in self:
            one.summary = ", ".join(filter(None, one.line_ids.mapped("drug")))

    @api.depends("patient_id", "date")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for one in self:
            parts = (one.patient_id.display_name, one.date and format_date(self.env, one.date))
            one.display_name = ", ".join(filter(None, parts))

    @api.depends("patient_id")
    @api.depends_context("uid", "lang")
    def _compute_alert_text(self):
        """What is known of the patient and matters for medicines, to be seen beside them."""
        patients = self.patient_id
        facts = self.env["prm.health.fact"]
        alerts = facts._alerts(patients)
        taken = facts._current(patients, ["medication"])
        for one in self:
            one.alert_text = "\n".join(alerts.get(one.patient_id.id, ())) or False
            one.medication_text = taken.get(one.patient_id.id, {}).get("medication", False)

    # ------------------------------------------------------------
    # SAVING
    # ------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        return super().create([{**vals, "state": "draft"} for vals in vals_list])

    def write(self, vals):
        self._check_write(vals)
        result = super().write(vals)
        if "remind" in vals:
            self.filtered(lambda one: one.state == "active")._plan_intakes()
        return result

    def _check_write(self, vals):
        """:raises UserError: when a person changes what the buttons do, or what is running."""
        if self.env.su:
            return
        if "state" in vals:
            raise UserError(self.env._("Use the buttons to start or stop a prescription."))
        fixed = {"patient_id", "provider_id", "date"} & vals.keys()
        if fixed and any(one.state != "draft" for one in self):
            raise UserError(
                self.env._("This prescription has been started: patient, day and prescriber stay.")
            )

    @api.ondelete(at_uninstall=False)
    def _unlink_if_draft(self):
        if any(one.state != "draft" for one in self):
            raise UserError(
                self.env._("What a patient went by is kept. Stop the prescription instead.")
            )

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_start(self):
        """The patient goes by it from now on."""
        self.check_access("write")
        today = fields.Date.context_today(self)
        for one in self:
            if one.state != "draft":
                raise UserError(self.env._("This prescription has been started already."))
            if not one.line_ids:
                raise ValidationError(self.env._("Add the medicines first."))
            if one.date_to < today:
                raise ValidationError(
                    self.env._("The last day lies in the past. Correct the days of the medicines.")
                )
        self._become("active", "prescription_started")

    def action_stop(self):
        """From now on nobody is reminded; what waits in the outbox is taken back at once."""
        self.check_access("write")
        if any(one.state != "active" for one in self):
            raise UserError(self.env._("Only a running prescription can be stopped."))
        self._become("stopped", "prescription_stopped")

    def _become(self, state, event):
        """Change the status, tell the timeline (no names of drugs), and plan the reminders anew."""
        ours = self.sudo()
        ours.write({"state": state})
        self.env["prm.event"].emit(
            event,
            [
                {"patient": one.patient_id, "company_id": one.company_id.id, "record": one}
                for one in ours
            ],
        )
        ours._plan_intakes()

    @api.model
    def _cron_finish(self):
        """What has run its course is finished; a day later, whatever the patient's zone is."""
        over = self.sudo().search(
            [("state", "=", "active"), ("date_to", "<", fields.Date.context_today(self))]
        )
        over.write({"state": "finished"})

    # ------------------------------------------------------------
    # REMINDERS
    # ------------------------------------------------------------

    def _plan_intakes(self):
        """Have the moments of these patients' reminders as their prescriptions say now."""
        self.env["prm.intake"].sudo()._plan(self.sudo().patient_id)

    def _moments(self, zone, since):
        """Moments (naive UTC) from ``since`` on at which something of these is taken; a set."""
        lines = self.line_ids.filtered(lambda line: not line.as_needed)
        return intake_times.moments([line._course() for line in lines], zone, since)
