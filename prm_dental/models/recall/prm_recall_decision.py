from odoo import fields, models
from odoo.exceptions import UserError


class PrmRecallDecision(models.Model):
    """Who decided what about a patient's recall, why and when. Written by `prm.recall`, and kept
    even if the recall itself goes.
    """

    _name = "prm.recall.decision"
    _description = "Decision on a Recall"
    _order = "id desc"
    _rec_name = "what"

    patient_id = fields.Many2one("prm.patient", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(
        related="patient_id.company_id", string="Practice", store=True, precompute=True
    )
    type_id = fields.Many2one("prm.recall.type", string="Recall", required=True, ondelete="cascade")
    what = fields.Selection(
        [
            ("due_date", "Due date"),
            ("interval", "Interval"),
            ("disabled", "Don't recall"),
            ("disabled_until", "Not before"),
            ("disabled_above", "Not while more is open than"),
        ],
        string="Decided On",
        required=True,
    )
    value = fields.Char(help="Empty: taken back.")
    reason = fields.Char(string="Why")
    clinical_reason = fields.Char(
        string="Risks", groups="prm_core.group_prm_clinician", help="The front desk doesn't see it."
    )
    source = fields.Selection(
        [
            ("staff", "By hand"),
            ("risk", "Proposal by risk"),
            ("patient", "The patient said so"),
            ("import", "Imported list"),
        ],
        required=True,
        default="staff",
    )
    user_id = fields.Many2one(
        "res.users", string="By", required=True, default=lambda self: self.env.user
    )
    decided_at = fields.Datetime(string="When", required=True, default=fields.Datetime.now)

    _patient_type_idx = models.Index("(patient_id, type_id, id DESC)")

    def write(self, vals):
        raise UserError(self.env._("What was decided can't be changed; decide anew."))
