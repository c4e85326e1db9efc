from odoo import fields, models


class PrmTreatmentPlan(models.Model):
    """What of a plan is completed, on an invoice."""

    _inherit = "prm.treatment.plan"

    to_invoice_count = fields.Integer(
        compute="_compute_to_invoice_count", groups="account.group_account_invoice"
    )

    def _compute_to_invoice_count(self):
        for plan in self:
            plan.to_invoice_count = len(plan.line_ids.procedure_id._to_invoice())

    def action_invoice(self):
        """Write a draft invoice of what is completed and not invoiced yet, and open it."""
        return self.line_ids.procedure_id.action_invoice()
