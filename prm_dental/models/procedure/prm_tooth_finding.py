from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ... import teeth

#: Conditions, in codes of our own.
KINDS = [
    ("caries", "Caries"),
    ("fracture", "Fracture"),
    ("wear", "Wear"),
    ("watch", "To watch"),
    ("mobile", "Loose"),
    ("apical", "Inflamed at the root"),
    ("root_remnant", "Root remnant"),
    ("impacted", "Impacted"),
    ("unerupted", "Not erupted yet"),
    ("missing", "Missing"),
    ("filling", "Existing filling"),
    ("crown", "Existing crown"),
    ("bridge", "Existing bridge"),
    ("root_canal", "Existing root canal"),
    ("implant", "Existing implant"),
]


class PrmToothFinding(models.Model):
    """A condition that a clinician found on a tooth on a day.

    Findings are a part of the clinical record: what has passed is marked as resolved, so that the
    mouth of any day can be seen again. Only the note can be completed afterwards.
    """

    _name = "prm.tooth.finding"
    _description = "Finding on a Tooth"
    _order = "date desc, id desc"
    _rec_name = "kind"
    _check_company_auto = True

    patient_id = fields.Many2one(
        "prm.patient", required=True, ondelete="restrict", check_company=True
    )
    company_id = fields.Many2one(related="patient_id.company_id", store=True, precompute=True)
    tooth = fields.Char(required=True, help="FDI number: 11 to 48, deciduous 51 to 85.")
    surfaces = fields.Char(help="Letters of the surfaces, such as MOD.")
    kind = fields.Selection(KINDS, string="Finding", required=True)
    date = fields.Date(string="Found on", required=True, default=fields.Date.context_today)
    resolved_date = fields.Date(string="Resolved on", copy=False)
    provider_id = fields.Many2one("prm.provider", check_company=True, ondelete="restrict")
    note = fields.Text()

    _patient_idx = models.Index("(patient_id, date DESC, id DESC)")
    _resolved_after = models.Constraint(
        "CHECK(resolved_date >= date)", "A finding can't be resolved before it was found."
    )

    @api.depends("kind", "tooth", "surfaces")
    def _compute_display_name(self):
        labels = dict(self._fields["kind"]._description_selection(self.env))
        for finding in self:
            parts = (labels.get(finding.kind), finding.tooth, finding.surfaces)
            finding.display_name = " ".join(part for part in parts if part)

    @api.constrains("date", "resolved_date")
    def _check_date(self):
        today = fields.Date.context_today(self)
        for finding in self:
            if max(finding.date, finding.resolved_date or finding.date) > today:
                raise ValidationError(
                    self.env._("Nothing is found or resolved on a day to come. Correct the date.")
                )

    @api.model_create_multi
    def create(self, vals_list):
        return super().create([self._with_place(vals) for vals in vals_list])

    def _with_place(self, vals):
        """:raises ValidationError: for a tooth or surface that there is not."""
        try:
            tooth, surfaces = teeth.normalise(vals.get("tooth"), vals.get("surfaces"))
        except teeth.ToothError as error:
            raise ValidationError(self.env._(error.template, **error.params)) from error
        return {**vals, "tooth": tooth, "surfaces": surfaces or False}

    def write(self, vals):
        if not self.env.su and vals.keys() - {"resolved_date", "note", "provider_id"}:
            raise UserError(
                self.env._(
                    "A finding is a record of the day. Mark it as resolved, and enter what is"
                    " right as a new one."
                )
            )
        return super().write(vals)

    def action_resolve(self):
        """It is no longer so, from today on."""
        self.filtered(lambda finding: not finding.resolved_date).write(
            {"resolved_date": fields.Date.context_today(self)}
        )
