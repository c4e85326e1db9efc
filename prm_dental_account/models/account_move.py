from odoo import models


class AccountMove(models.Model):
    """What patients owe changes with what is posted and taken back."""

    _inherit = "account.move"

    def _post(self, soft=True):
        posted = super()._post(soft)
        posted._tell_balances()
        return posted

    def button_draft(self):
        result = super().button_draft()
        self._tell_balances()
        return result

    def button_cancel(self):
        result = super().button_cancel()
        self._tell_balances()
        return result

    def _tell_balances(self):
        partners = self.line_ids.filtered(
            lambda line: line.account_id.account_type == "asset_receivable"
        ).partner_id
        if partners:
            self.env["prm.patient"]._update_balances(partners)
