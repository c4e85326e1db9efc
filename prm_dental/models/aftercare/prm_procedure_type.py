from odoo import fields, models


class PrmProcedureType(models.Model):
    _inherit = "prm.procedure.type"

    call_next_day = fields.Boolean(
        string="Call the Next Day",
        help="Somebody asks the patient on the next working day how they are, once the journey for"
        " it is live.",
    )
