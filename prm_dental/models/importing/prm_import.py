from odoo import fields, models
from odoo.exceptions import AccessError


class PrmImport(models.Model):
    _inherit = "prm.import"

    kind = fields.Selection(
        selection_add=[
            ("procedures", "Procedures"),
            ("procedure_types", "Procedure catalogue"),
            ("recalls", "Recalls with due dates"),
            ("histories", "Health histories"),
        ],
        ondelete={
            "procedures": "cascade",
            "procedure_types": "cascade",
            "recalls": "cascade",
            "histories": "cascade",
        },
    )

    def _check_may_import(self):
        """The catalogue, with its fees, is the manager's; health is for who may write it down."""
        result = super()._check_may_import()
        if self.kind == "procedure_types" and not self.env["prm.procedure.type"].has_access(
            "write"
        ):
            raise AccessError(
                self.env._("Only a manager can import a procedure catalogue. Ask one to do it.")
            )
        if self.kind == "recalls":
            self.env["prm.recall"].check_access("create")
        if self.kind == "histories" and not self.env["prm.health.fact"].has_access("create"):
            raise AccessError(
                self.env._("Only clinicians and managers import health histories. Ask one to.")
            )
        return result
