from odoo import models
from odoo.exceptions import UserError


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    """Odoo's merge of contacts, kept from breaking patients.

    It would delete the patient whose contact goes, with everything that happened to them.
    """

    _inherit = "base.partner.merge.automatic.wizard"

    def _merge(self, partner_ids, dst_partner=None, extra_checks=True):
        patients = self.env["prm.patient"].sudo().with_context(active_test=False)
        found = patients.search([("partner_id", "in", list(partner_ids))])
        if len(found) > len(found.company_id):
            names = ", ".join(sorted(set(found.mapped("name"))))
            raise UserError(
                self.env._(
                    "Several of these contacts are patients of one practice: %s. Merge the patients"
                    " first, in the list of patients: then nothing of them is lost.",
                    names,
                )
            )
        return super()._merge(partner_ids, dst_partner, extra_checks)
