from odoo import fields, models


class PrmProcedureType(models.Model):
    """A kind of procedure and the product under which it is invoiced."""

    _inherit = "prm.procedure.type"

    product_id = fields.Many2one(
        "product.product",
        string="Product",
        company_dependent=True,
        domain="[('sale_ok', '=', True)]",
        help="Invoices name it, with its account and taxes. Its price is the fee where the "
        "catalogue says none.",
    )

    def _usual_fee(self):
        fee = super()._usual_fee()
        product = self.product_id
        if fee or not product:
            return fee
        return product.currency_id._convert(
            product.lst_price, self.env.company.currency_id, self.env.company, fields.Date.today()
        )
