from collections import defaultdict

from odoo import Command, fields, models
from odoo.addons.prm_dental import procedure_status
from odoo.exceptions import UserError
from odoo.tools import format_date

#: Invoices in these states don't count: the work may be invoiced anew.
VOID = ("cancel",)


class PrmProcedure(models.Model):
    """From completed work to an invoice, and back."""

    _inherit = "prm.procedure"

    invoice_line_id = fields.Many2one(
        "account.move.line",
        string="Invoice Line",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        groups="account.group_account_readonly,account.group_account_invoice",
    )
    invoice_id = fields.Many2one(
        related="invoice_line_id.move_id",
        string="Invoice",
        groups="account.group_account_readonly,account.group_account_invoice",
    )

    def _to_invoice(self):
        """Those that are completed, cost something and stand on no invoice that counts."""
        return self.filtered(
            lambda procedure: (
                procedure.state == procedure_status.COMPLETED
                and procedure.fee > 0
                and (
                    not procedure.invoice_line_id or procedure.invoice_line_id.parent_state in VOID
                )
            )
        )

    def action_invoice(self):
        """Write a draft invoice for each patient of the completed work chosen, and open it."""
        procedures = self._to_invoice()
        if not procedures:
            raise UserError(
                self.env._(
                    "There is nothing to invoice: it has to be completed, to cost something, and"
                    " not to be on an invoice yet."
                )
            )
        # Two desks at once: the second sees what the first has invoiced.
        procedures.sudo().lock_for_update()
        procedures.invalidate_recordset(["invoice_line_id"])
        invoices = procedures._to_invoice()._prepare_and_create_invoices()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account.action_move_out_invoice_type"
        )
        if len(invoices) == 1:
            return {**action, "views": [(False, "form")], "res_id": invoices.id}
        return {**action, "domain": [("id", "in", invoices.ids)]}

    def _prepare_and_create_invoices(self):
        groups = defaultdict(self.browse)
        for procedure in self.sorted(lambda one: (one.date, one.id)):
            groups[procedure.patient_id, procedure.company_id] |= procedure
        invoices = self.env["account.move"]
        for (patient, company), procedures in groups.items():
            invoice = invoices.with_company(company).create(
                {
                    "move_type": "out_invoice",
                    "company_id": company.id,
                    "currency_id": company.currency_id.id,
                    "partner_id": patient._payer().id,
                    "ref": patient.name,
                    "invoice_line_ids": [
                        Command.create(procedure._invoice_line_values()) for procedure in procedures
                    ],
                }
            )
            lines = invoice.invoice_line_ids.sorted("sequence")
            for procedure, line in zip(procedures, lines, strict=True):
                procedure.sudo().invoice_line_id = line
            invoices |= invoice
        return invoices

    def _invoice_line_values(self):
        """The line: what was done, where and when, for its fee; account and taxes come from the
        product.
        """
        self.ensure_one()
        procedure = self.with_context(lang=self.patient_id._payer().lang)
        day = format_date(procedure.env, self.date)
        product = self.type_id.with_company(self.company_id).product_id
        return {
            "product_id": product.id,
            "name": f"{procedure.display_name} ({day})",
            "quantity": 1,
            "price_unit": self.fee,
            "sequence": 10,
        }

    def action_open_invoice(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "account.move",
            "res_id": self.invoice_id.id,
            "views": [(False, "form")],
        }
