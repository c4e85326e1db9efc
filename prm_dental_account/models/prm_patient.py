from odoo import api, fields, models
from odoo.addons.prm_dental import procedure_status
from odoo.tools import SQL


class PrmPatient(models.Model):
    """Who pays for a patient, and what is open."""

    _inherit = "prm.patient"

    to_invoice_count = fields.Integer(
        compute="_compute_to_invoice_count", groups="account.group_account_invoice"
    )

    def _compute_to_invoice_count(self):
        completed = self.env["prm.procedure"].search(
            [
                ("patient_id", "in", self.ids),
                ("state", "=", procedure_status.COMPLETED),
                ("fee", ">", 0),
                "|", ("invoice_line_id", "=", False),
                ("invoice_line_id.parent_state", "=", "cancel"),
            ]
        )  # fmt: skip
        found = completed.grouped("patient_id")
        for patient in self:
            patient.to_invoice_count = len(found.get(patient, ()))

    def _payer(self):
        """The contact that an invoice goes to: of a minor the first who speaks for them."""
        self.ensure_one()
        if self.birth_date and self.age < 18:
            guardian = self.env["prm.guardian"].sudo()
            guardian = guardian.search([("patient_id", "=", self.id)], limit=1)
            if guardian:
                return guardian.partner_id
        return self.partner_id

    def action_invoice_procedures(self):
        """Everything of the patient that is completed and not invoiced, on a draft invoice."""
        self.ensure_one()
        procedures = self.env["prm.procedure"].search(
            [("patient_id", "=", self.id), ("state", "=", procedure_status.COMPLETED)]
        )
        return procedures.action_invoice()

    @api.model
    def _update_balances(self, partners=None):
        """Write what patients owe by the books: what is open on receivable accounts, advance
        payments taken off.

        :param partners: contacts whose books have changed; default: of all patients.
        """
        self.env["account.move.line"].flush_model()
        self.env["prm.patient"].flush_model(["open_balance", "partner_id", "company_id"])
        chosen = SQL("p.partner_id = ANY(%s)", list(partners.ids)) if partners else SQL("TRUE")
        rows = self.env.execute_query(
            SQL(
                """
                SELECT p.id, COALESCE(owed.amount, 0)
                  FROM prm_patient p
             LEFT JOIN LATERAL (
                       SELECT SUM(l.amount_residual) AS amount
                         FROM account_move_line l
                         JOIN account_account a ON a.id = l.account_id
                        WHERE l.partner_id = p.partner_id AND l.company_id = p.company_id
                          AND l.parent_state = 'posted' AND l.reconciled IS NOT TRUE
                          AND a.account_type = 'asset_receivable'
                       ) owed ON TRUE
                 WHERE %s AND COALESCE(p.open_balance, 0) != COALESCE(owed.amount, 0)
                """,
                chosen,
            )
        )
        patients = self.sudo()
        for number, amount in rows:
            patients.browse(number).open_balance = amount
