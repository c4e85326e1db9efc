from odoo import api, fields, models

from ...importing.reasons import REASONS, ROW_PROBLEMS, WARNINGS


class PrmImportLine(models.Model):
    """What becomes, or became, of one row of a list.

    Written in bulk by the engine; deleted when the run is old, while its figures stay.
    """

    _name = "prm.import.line"
    _description = "Row of an Imported List"
    _order = "row, id"
    _log_access = False

    import_id = fields.Many2one("prm.import", required=True, ondelete="cascade")
    row = fields.Integer(aggregator=False)
    name = fields.Char()
    outcome = fields.Selection(
        [
            ("new", "New"),
            ("updated", "Updated"),
            ("unchanged", "Unchanged"),
            ("duplicate", "Duplicate"),
            ("rejected", "Rejected"),
        ],
        required=True,
    )
    reason = fields.Char()
    of = fields.Char(string="Number of the other row")
    value = fields.Char()
    changes = fields.Text()
    warnings = fields.Char(help="Codes of values that were left out, separated by commas.")
    household = fields.Char()
    res_id = fields.Integer()
    loaded = fields.Boolean()
    message = fields.Char(compute="_compute_message", string="What this means")

    _import_row_idx = models.UniqueIndex("(import_id, row)")
    _household_idx = models.Index("(import_id, household) WHERE household IS NOT NULL")
    _outcome_idx = models.Index("(import_id, outcome, row)")

    @api.depends("outcome", "reason", "of", "value", "changes", "warnings")
    @api.depends_context("lang")
    def _compute_message(self):
        for line in self:
            parts = []
            if line.reason in REASONS:
                parts.append(line._sentence(REASONS[line.reason]))
            parts += (line.changes or "").splitlines()
            for warning in filter(None, (line.warnings or "").split(",")):
                code, _colon, heading = warning.partition(":")
                parts.append(f"{heading}: {line._sentence(WARNINGS[code])}")
            line.message = " · ".join(parts)

    def _sentence(self, template):
        value = self.value or ""
        code, colon, detail = value.partition(": ")
        if code in ROW_PROBLEMS:
            text = self.env._(ROW_PROBLEMS[code])
            value = f"{text}{colon}{detail}"
        return self.env._(template, value=f"“{value}”" if value else "", of=self.of or "")

    def _patient(self):
        return self.env["prm.patient"].browse(filter(None, self.mapped("res_id")))

    def action_open_record(self):
        """Open what this row created or changed."""
        self.ensure_one()
        if not self.res_id:
            return False
        return {
            "type": "ir.actions.act_window",
            "res_model": self.import_id._kind()._res_model(),
            "res_id": self.res_id,
            "views": [(False, "form")],
        }
