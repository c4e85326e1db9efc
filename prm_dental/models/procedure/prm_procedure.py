from datetime import datetime, time

from odoo import api, fields, models
from odoo.exceptions import ValidationError

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
            ("completed", "Completed"),
            ("existing", "Done elsewhere"),
            ("deleted", "Entered by mistake"),
        ],
        required=True,
        default="planned",
    )
    tooth = fields.Char(help="FDI number: 11 to 48, deciduous 51 to 85.")
    surfaces = fields.Char(help="Letters of the surfaces, such as MOD.")
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

    @api.depends("type_id", "tooth", "date")
    def _compute_display_name(self):
        for procedure in self:
            parts = (procedure.type_id.name, procedure.tooth)
            procedure.display_name = " ".join(part for part in parts if part)

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
        procedures = super().create(vals_list)
        self.env["prm.recall"]._mark_stale(procedures.patient_id)
        procedures.filtered(lambda procedure: procedure.state == "completed")._emit_completed()
        return procedures

    def write(self, vals):
        if not RECALL_FIELDS.intersection(vals):
            return super().write(vals)
        patients = self.patient_id
        open_before = self.filtered(lambda procedure: procedure.state != "completed")
        result = super().write(vals)
        self.env["prm.recall"]._mark_stale(patients | self.patient_id)
        if vals.get("state") == "completed":
            open_before._emit_completed()
        return result

    def unlink(self):
        patients = self.patient_id
        result = super().unlink()
        self.env["prm.recall"]._mark_stale(patients)
        return result

    def _emit_completed(self):
        """Tell the timeline of work that is done."""
        self.env["prm.event"].emit(
            "procedure_completed",
            [
                {
                    "patient": procedure.patient_id,
                    "company_id": procedure.company_id.id,
                    "record": procedure,
                    # Only the day is known. Noon UTC is that day in nearly every practice.
                    "occurred_at": datetime.combine(procedure.date, time(12)),
                    "payload": {
                        "code": procedure.type_id.code,
                        "procedure": procedure.type_id.name,
                        **({"tooth": procedure.tooth} if procedure.tooth else {}),
                    },
                }
                for procedure in self
            ],
        )

    def action_complete(self):
        """The work is done today."""
        self.write({"state": "completed", "date": fields.Date.context_today(self)})
