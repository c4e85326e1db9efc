from odoo import fields, models
from odoo.exceptions import AccessError


class PrmImport(models.Model):
    _inherit = "prm.import"

    kind = fields.Selection(
        selection_add=[
            ("procedures", "Procedures"),
            ("procedure_types", "Procedure catalogue"),
        ],
        ondelete={"procedures": "cascade", "procedure_types": "cascade"},
    )

    def _check_may_import(self):
        """The catalogue, with its fees, is the manager's."""
        result = super()._check_may_import()
        if self.kind == "procedure_types" and not self.env["prm.procedure.type"].has_access(
            "write"
        ):
            raise AccessError(
                self.env._("Only a manager can import a procedure catalogue. Ask one to do it.")
            )
        return result
