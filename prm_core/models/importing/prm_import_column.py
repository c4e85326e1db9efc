from odoo import api, fields, models
from odoo.exceptions import ValidationError


class PrmImportColumn(models.Model):
    """A column of a list, and what it holds."""

    _name = "prm.import.column"
    _description = "Column of an Imported List"
    _order = "position, id"

    import_id = fields.Many2one("prm.import", required=True, index=True, ondelete="cascade")
    position = fields.Integer()
    heading = fields.Char(readonly=True)
    sample = fields.Char(string="Examples", readonly=True)
    target = fields.Selection(selection="_selection_target", string="Is imported as")

    @api.model
    def _selection_target(self):
        """All targets of all kinds; a kind's own ones say so in front."""
        found = {}
        for kind, label in self.env["prm.import"]._fields["kind"]._description_selection(self.env):
            for target in self.env[f"prm.import.kind.{kind}"]._targets():
                text = self.env._(target.label)
                found.setdefault(target.name, text if kind == "patients" else f"{label}: {text}")
        return list(found.items())

    @api.model_create_multi
    def create(self, vals_list):
        columns = super().create(vals_list)
        columns.import_id._check_open_for_settings()
        return columns

    def write(self, vals):
        self.import_id._check_open_for_settings()
        return super().write(vals)

    def unlink(self):
        self.import_id._check_open_for_settings()
        return super().unlink()

    @api.constrains("target")
    def _check_target_once(self):
        for run in self.import_id:
            taken = set()
            for column in run.column_ids:
                if column.target in taken and column.target != "note":
                    labels = dict(self._selection_target())
                    raise ValidationError(
                        self.env._(
                            "Two columns are imported as “%(target)s”. Choose one of them.",
                            target=labels[column.target],
                        )
                    )
                if column.target:
                    taken.add(column.target)
