from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ...teeth import AREAS

#: Fields on which recalls depend.
RECALL_FIELDS = {"patient_id", "company_id", "type_id", "date", "state"}


class PrmProcedure(models.Model):
    """Something done, planned or found done on one patient's teeth.

    A fact like any other: it can be corrected. Whatever follows from it (recalls) is computed again
    from what stands here. A procedure entered by mistake is marked as deleted, not removed.
    """

    _name = "prm.procedure"
    _description = "Procedure"
    _order = "date desc, id desc"
    _rec_name = "type_id"
    _check_company_auto = True

    patient_id = fields.Many2one(
        "prm.patient", required=True, ondelete="restrict", check_company=True
    )
    company_id = fields.Many2one(related="patient_id.company_id", store=True, precompute=True)
    type_id = fields.Many2one(
        "prm.procedure.type",
        string="Procedure",
        required=True,
        ondelete="restrict",
        domain="[('company_id', 'in', (company_id, False))]",
        check_company=True,
    )
    date = fields.Date(required=True, default=fields.Date.context_today)
    state = fields.Selection(
        [
            ("planned", "Planned"),
            ("accepted", "Accepted"),
            ("scheduled", "Scheduled"),
            ("in_progress", "In progress"),
            ("completed", "Completed"),
            ("declined", "Declined"),
            ("existing", "Done elsewhere"),
            ("deleted", "Entered by mistake"),
        ],
        string="Status",
        required=True,
        default="planned",
    )
    urgency = fields.Selection(
        [("0", "When it suits"), ("1", "Soon"), ("2", "Urgent")],
        default="0",
        required=True,
        help="How long it can wait, as the clinician sees it.",
    )
    tooth = fields.Char(help="FDI number: 11 to 48, deciduous 51 to 85.")
    surfaces = fields.Char(help="Letters of the surfaces, such as MOD.")
    area = fields.Selection(
        list(AREAS.items()), string="Jaw or Quadrant", help="Codes of ISO 3950."
    )
    provider_id = fields.Many2one("prm.provider", check_company=True, ondelete="restrict")
    provider_code = fields.Char(help="The provider's code in the system it was imported from.")
    fee = fields.Monetary()
    currency_id = fields.Many2one(related="company_id.currency_id")
    system = fields.Char(string="Imported From", readonly=True, copy=False)
    external_id = fields.Char(string="Number There", readonly=True, copy=False)

    # The recall engine reads this index and no row of the table.
    _recall_idx = models.Index(
        "(type_id, patient_id, date) INCLUDE (company_id) WHERE state = 'completed'"
    )
    _patient_idx = models.Index("(patient_id, date DESC, id DESC)")
    _external_uniq = models.UniqueIndex(
        "(company_id, system, external_id) WHERE external_id IS NOT NULL",
        "This procedure was imported before.",
    )

    @api.depends("type_id", "tooth", "surfaces", "area")
    def _compute_display_name(self):
        areas = dict(self._fields["area"]._description_selection(self.env))
        for procedure in self:
            place = procedure.tooth or areas.get(procedure.area)
            parts = (procedure.type_id.name, place, procedure.surfaces)
            procedure.display_name = " ".join(part for part in parts if part)

    @api.onchange("type_id")
    def _onchange_type(self):
        kind = self.type_id.with_company(self.company_id or self.env.company)
        self.fee = kind._usual_fee() if kind else 0

    @api.constrains("date", "state")
    def _check_date(self):
        """Nobody has completed tomorrow's work: it would push a recall away unnoticed."""
        if self.env.context.get("prm_bulk"):
            # A list from another system is taken over as it is.
            return
        today = fields.Date.context_today(self)
        for procedure in self:
            if procedure.state == "completed" and procedure.date > today:
                raise ValidationError(
                    self.env._(
                        "%(procedure)s can't be completed on a day to come (%(date)s). "
                        "Plan it, or correct the date.",
                        procedure=procedure.display_name,
                        date=procedure.date,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.context.get("prm_bulk"):
            self._fill_fees(vals_list)
        procedures = super().create(vals_list)
        self.env["prm.recall"]._mark_stale(procedures.patient_id)
        return procedures

    def _fill_fees(self, vals_list):
        """What the practice usually asks, where nobody says what this one costs."""
        new = [vals for vals in vals_list if "fee" not in vals and vals.get("state") != "existing"]
        kinds = self.env["prm.procedure.type"].sudo()
        kinds = kinds.browse([vals.get("type_id") for vals in new])
        patients = self.env["prm.patient"].sudo()
        patients = patients.browse([vals.get("patient_id") for vals in new])
        for vals, kind, patient in zip(new, kinds, patients, strict=True):
            vals["fee"] = kind.with_company(patient.company_id)._usual_fee()

    def write(self, vals):
        if not RECALL_FIELDS.intersection(vals):
            return super().write(vals)
        patients = self.patient_id
        result = super().write(vals)
        self.env["prm.recall"]._mark_stale(patients | self.patient_id)
        return result

    def unlink(self):
        patients = self.patient_id
        result = super().unlink()
        self.env["prm.recall"]._mark_stale(patients)
        return result
