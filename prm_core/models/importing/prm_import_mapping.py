from odoo import api, fields, models

from ...importing.layouts import Layout


class PrmImportMapping(models.Model):
    """Which column of a practice's own list holds what, kept for the next time."""

    _name = "prm.import.mapping"
    _description = "Saved Columns of a List"
    _order = "name, id"

    name = fields.Char(required=True)
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    kind = fields.Selection(selection="_selection_kind", required=True, default="patients")
    layout = fields.Json(required=True, help="The layout as prm_core.importing.layouts keeps it.")

    _name_uniq = models.Constraint(
        "unique(company_id, name)", "There are saved columns with this name."
    )

    @api.model
    def _selection_kind(self):
        return self.env["prm.import"]._fields["kind"]._description_selection(self.env)

    @api.private
    def to_layout(self):
        """Return the ``Layout``."""
        self.ensure_one()
        return Layout.from_json({**self.layout, "code": f"mapping_{self.id}", "name": self.name})
