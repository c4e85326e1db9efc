from datetime import timedelta

from odoo import Command, fields
from odoo.addons.prm_dental.tests.common import DentalCase
from odoo.exceptions import UserError
from odoo.tests import tagged


@tagged("post_install", "-at_install")
class TestInvoicing(DentalCase):
    """From completed treatments to an invoice, and what patients owe."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        charts = cls.env["account.chart.template"].with_company(cls.practice)
        charts.try_loading("generic_coa", company=cls.practice, install_demo=False)
        cls.accountant = cls._user(
            "t_accountant", "prm_core.group_prm_receptionist,account.group_account_invoice"
        )
        cls.crown = cls.env["prm.procedure.type"].search([("code", "=", "CROWN")])
        cls.product = cls.env["product.product"].create(
            {"name": "Crown", "type": "service", "list_price": 640, "taxes_id": [Command.clear()]}
        )
        cls.crown.with_company(cls.practice).product_id = cls.product

    def _crown(self, patient=None, **vals):
        vals.setdefault("tooth", "16")
        return self._done(patient or self.maria, self.today, self.crown, **vals)

    def _invoice(self, procedures, user=None):
        action = self.as_user(user or self.accountant, procedures).action_invoice()
        return self.env["account.move"].browse(action["res_id"])

    def test_the_price_of_the_product_is_the_fee(self):
        self.assertEqual(self._crown().fee, 640)
        self.crown.with_company(self.practice).fee = 700
        self.assertEqual(self._crown(tooth="17").fee, 700, "the catalogue goes before")
        self.assertFalse(self.crown.with_company(self.other_practice).product_id)

    def test_invoice_of_completed_work(self):
        crowns = self._crown() | self._crown(tooth="26", fee=600) | self._crown(
            tooth="36", state="planned"
        )  # fmt: skip
        invoice = self._invoice(crowns)
        self.assertEqual(invoice.state, "draft")
        self.assertEqual(invoice.partner_id, self.maria.partner_id)
        self.assertEqual(invoice.company_id, self.practice)
        self.assertEqual(invoice.amount_untaxed, 1240)
        self.assertEqual(invoice.invoice_line_ids.product_id, self.product)
        self.assertIn("16", invoice.invoice_line_ids[0].name)
        self.assertEqual(crowns[:2].invoice_id, invoice)
        self.assertFalse(crowns[2].invoice_id)

    def test_nothing_is_invoiced_twice(self):
        crown = self._crown()
        invoice = self._invoice(crown)
        with self.assertRaisesRegex(UserError, "nothing to invoice"):
            self._invoice(crown)
        invoice.button_cancel()
        self.assertNotEqual(self._invoice(crown), invoice)

    def test_one_for_each_patient(self):
        ugo = self._patient(first_name="Ugo")
        crowns = self._crown() | self._crown(ugo)
        action = self.as_user(self.accountant, crowns).action_invoice()
        invoices = self.env["account.move"].search(action["domain"])
        self.assertEqual(invoices.partner_id, (self.maria | ugo).partner_id)

    def test_a_childs_goes_to_who_speaks_for_the_child(self):
        born = fields.Date.today() - timedelta(days=9 * 365)
        child = self._patient(first_name="Leo", birth_date=born)
        mother = self.env["res.partner"].create({"name": "Ada"})
        self.env["prm.guardian"].create({"patient_id": child.id, "partner_id": mother.id})
        invoice = self._invoice(self._crown(child))
        self.assertEqual(invoice.partner_id, mother)
        self.assertEqual(invoice.ref, "Leo")

    def test_from_the_patient(self):
        self._crown()
        maria = self.as_user(self.accountant, self.maria)
        self.assertEqual(maria.to_invoice_count, 1)
        maria.action_invoice_procedures()
        maria.invalidate_recordset()
        self.assertEqual(maria.to_invoice_count, 0)

    def test_from_a_plan(self):
        self._crown(tooth="26")
        done = self._crown(state="planned")
        plan = self.env["prm.treatment.plan"]._of_open_treatments(self.maria)
        self.assertEqual(self.as_user(self.accountant, plan).to_invoice_count, 0)
        done.action_complete()
        plan.invalidate_recordset()
        plan = self.as_user(self.accountant, plan)
        self.assertEqual(plan.to_invoice_count, 1)
        invoice = self.env["account.move"].browse(plan.action_invoice()["res_id"])
        self.assertEqual(done.invoice_id, invoice)
        self.assertEqual(len(invoice.invoice_line_ids), 1, "the other one is in no plan")

    def test_what_is_owed(self):
        invoice = self._invoice(self._crown())
        self.assertEqual(self.maria.open_balance, 0, "a draft is no debt")
        invoice.action_post()
        self.assertEqual(self.maria.open_balance, 640)
        self._pay(invoice, 240)
        self.assertEqual(self.maria.open_balance, 400)
        self._pay(invoice, 400)
        self.assertEqual(self.maria.open_balance, 0)

    def _pay(self, invoice, amount):
        wizard = self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=invoice.ids
        )
        wizard.create({"amount": amount}).action_create_payments()

    def test_a_refund_and_a_draft_again(self):
        invoice = self._invoice(self._crown())
        invoice.action_post()
        refund = invoice._reverse_moves()
        refund.action_post()
        self.assertEqual(self.maria.open_balance, 0)
        refund.line_ids.remove_move_reconcile()
        self.assertEqual(self.maria.open_balance, 0, "what speaks for the patient counts too")
        refund.button_draft()
        self.assertEqual(self.maria.open_balance, 640)
        invoice.button_draft()
        self.assertEqual(self.maria.open_balance, 0)

    def test_a_recall_waits_while_the_family_owes(self):
        _patient, recall = self._due_patient()
        recall.disabled_above = 100
        self.assertEqual(recall.state, "due")
        self._invoice(self._crown(recall.patient_id)).action_post()
        self.assertEqual(recall.state, "disabled")

    def test_the_books_as_they_are_at_installation(self):
        self._invoice(self._crown()).action_post()
        self.maria.open_balance = 0
        self.env["prm.patient"]._update_balances()
        self.assertEqual(self.maria.open_balance, 640)

    def test_another_practices_books_are_not_read(self):
        same = self.env["prm.patient"].create(
            {"partner_id": self.maria.partner_id.id, "company_id": self.other_practice.id}
        )
        self._invoice(self._crown()).action_post()
        self.assertEqual((self.maria.open_balance, same.open_balance), (640, 0))

    def test_many_balances_in_one_question(self):
        people = self.maria | self._patient(first_name="Ugo") | self._patient(first_name="Ida")
        moves = self.env["account.move"]
        for patient in people:
            moves |= self._invoice(self._crown(patient))
        self.env.flush_all()
        with self.assertQueryCount(1):
            self.env["prm.patient"]._update_balances(people.partner_id)
        moves.action_post()
        self.assertEqual(people.mapped("open_balance"), [640] * 3)

    def test_who_may(self):
        """The front desk without invoicing sees no invoice; clinicians don't either."""
        self._invoice(self._crown())
        for user in (self.receptionist, self.clinician):
            seen = self.as_user(user, self.env["prm.procedure"]).fields_get()
            self.assertNotIn("invoice_id", seen)
