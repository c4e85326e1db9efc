from odoo import fields, models


class PrmTreatmentPhase(models.Model):
    """A stage of a plan, such as the relief of pain, in the order in which the work is done."""

    _name = "prm.treatment.phase"
    _description = "Phase of a Treatment Plan"
    _order = "sequence, id"
    _inherit = ["prm.treatment.part"]

    name = fields.Char(required=True, help="The patient reads it.")
