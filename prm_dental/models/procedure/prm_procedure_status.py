from odoo import api, fields, models
from odoo.exceptions import UserError


class PrmProcedureStatus(models.Model):
    """One change of a procedure's status: append-only. Procedures write it, nobody else."""

    _name = "prm.procedure.status"
    _description = "Status of a Procedure over Time"
    _order = "changed_at desc, id desc"
    _rec_name = "to_state"

    procedure_id = fields.Many2one(
        "prm.procedure", required=True, readonly=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    from_state = fields.Char(readonly=True, help="Empty where the procedure was entered.")
    to_state = fields.Char(required=True, readonly=True)
    changed_at = fields.Datetime(required=True, readonly=True)
    user_id = fields.Many2one("res.users", string="By", required=True, readonly=True)
    reason_id = fields.Many2one("prm.decline.reason", readonly=True, ondelete="restrict")
    from_label = fields.Char(string="From", compute="_compute_labels")
    to_label = fields.Char(string="To", compute="_compute_labels")

    @api.depends("from_state", "to_state")
    @api.depends_context("lang")
    def _compute_labels(self):
        field = self.env["prm.procedure"]._fields["state"]
        labels = dict(field._description_selection(self.env))
        for change in self:
            change.from_label = labels.get(change.from_state)
            change.to_label = labels.get(change.to_state)

    def write(self, vals):
        raise UserError(self.env._("What became of a procedure is a record: it can't be changed."))

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("What became of a procedure is a record: it can't be deleted."))
