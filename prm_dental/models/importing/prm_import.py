from odoo import fields, models


class PrmImport(models.Model):
    _inherit = "prm.import"

    kind = fields.Selection(
        selection_add=[("procedures", "Procedures")], ondelete={"procedures": "cascade"}
    )
