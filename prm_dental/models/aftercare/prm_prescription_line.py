from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ... import intake_times

#: Longer than any course that a dentist prescribes; above it somebody has mistyped.
MAX_DAYS = 180


class PrmPrescriptionLine(models.Model):
    """One drug of a prescription: how much, when, how long. Fixed once the prescription runs."""

    _name = "prm.prescription.line"
    _description = "Prescribed Medicine"
    _order = "prescription_id, id"
    _rec_name = "drug"
    _check_company_auto = True

    prescription_id = fields.Many2one(
        "prm.prescription", required=True, index=True, ondelete="cascade"
    )
    patient_id = fields.Many2one(related="prescription_id.patient_id")
    company_id = fields.Many2one(related="prescription_id.company_id", store=True, precompute=True)
    drug = fields.Char(string="Medicine", required=True)
    strength = fields.Char(help="Such as 500 mg.")
    form = fields.Char(help="Such as tablets, drops, mouthwash.")
    dose = fields.Char(string="How Much", required=True, help="Each time: such as 1 tablet.")
    time_ids = fields.Many2many(
        "prm.intake.time",
        string="When",
        domain="[('company_id', 'in', (company_id, False))]",
        check_company=True,
    )
    exact_times = fields.Char(string="At", help="Exact times, such as 8:00, 14:30.")
    as_needed = fields.Boolean(help="Taken when it hurts: nobody is reminded.")
    date_from = fields.Date(string="From", required=True, default=fields.Date.context_today)
    days = fields.Integer(required=True, default=5, aggregator=None)
    date_to = fields.Date(string="Until", compute="_compute_date_to", store=True, precompute=True)
    food = fields.Selection(
        [("before", "Before eating"), ("with", "With food"), ("after", "After eating")],
        string="Meals",
    )
    note = fields.Char(string="For the Patient", help="What else the patient should mind.")
    when_text = fields.Char(compute="_compute_when_text")

    _days_positive = models.Constraint(
        f"CHECK(days BETWEEN 1 AND {MAX_DAYS})",
        f"A medicine is taken for 1 to {MAX_DAYS} days.",
    )

    @api.depends("date_from", "days")
    def _compute_date_to(self):
        for line in self:
            ends = line.date_from and line.days > 0
            line.date_to = ends and line.date_from + timedelta(days=line.days - 1)

    @api.depends("time_ids", "exact_times", "as_needed")
    @api.depends_context("lang")
    def _compute_when_text(self):
        for line in self:
            line.when_text = line._describe_when()

    def _describe_when(self):
        """When it is taken, for people: “Morning (8:00), Evening (19:00), 14:30”."""
        self.ensure_one()
        if self.as_needed:
            return self.env._("when needed")
        try:
            exact = intake_times.write_times(intake_times.parse_times(self.exact_times))
        except intake_times.TimeError:
            exact = self.exact_times
        return ", ".join(
            [*self.time_ids.sorted("hour").mapped("display_name"), *filter(None, [exact])]
        )

    @api.constrains("time_ids", "exact_times", "as_needed")
    def _check_times(self):
        for line in self:
            try:
                times = line._times()
            except intake_times.TimeError as error:
                raise ValidationError(
                    self.env._(
                        "“%(word)s” is no time of day. Write times like 8:00, 14:30.",
                        word=error.what,
                    )
                ) from error
            if bool(times) == line.as_needed:
                raise ValidationError(
                    self.env._(
                        "“%s”: choose when it is taken, or tick “As needed” and leave the times"
                        " out.",
                        line.drug,
                    )
                )
            if len(times) > intake_times.MAX_A_DAY:
                raise ValidationError(
                    self.env._(
                        "“%(drug)s” would be taken %(count)s times a day. Take some times out.",
                        drug=line.drug,
                        count=len(times),
                    )
                )

    def _times(self):
        """Minutes after midnight, each once.

        :raises TimeError: for exact times that can't be read.
        """
        self.ensure_one()
        usual = {row._minutes() for row in self.with_context(active_test=False).time_ids}
        return tuple(sorted(usual.union(intake_times.parse_times(self.exact_times))))

    def _course(self):
        """What the arithmetic of `intake_times` wants to know of it."""
        self.ensure_one()
        return intake_times.Course(self.date_from, self.days, self._times())

    def _prepare_for_patient(self):
        """Plain values of the patient's page."""
        self.ensure_one()
        foods = dict(self._fields["food"]._description_selection(self.env))
        name = " ".join(filter(None, (self.drug, self.strength, self.form)))
        return {
            "name": name,
            "dose": self.dose,
            "when": self._describe_when(),
            "until": self.date_to,
            "food": foods.get(self.food, ""),
            "note": self.note or "",
        }

    # ------------------------------------------------------------
    # SAVING
    # ------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines._check_draft()
        return lines

    def write(self, vals):
        self._check_draft()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_if_draft(self):
        self._check_draft()

    def _check_draft(self):
        """:raises UserError: when the patient goes by it already."""
        if any(line.prescription_id.state != "draft" for line in self):
            raise UserError(
                self.env._(
                    "The patient goes by this prescription: it can't be changed. Stop it, and make"
                    " a new one (the gear, Duplicate)."
                )
            )
