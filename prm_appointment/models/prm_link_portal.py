from odoo import api, fields, models


class PrmLink(models.Model):
    """The page of a visit for people who have logged in.

    It is the page behind a link, so it is made by the same code: of a link that is nowhere stored,
    and that opens one visit.
    """

    _inherit = "prm.link"

    @api.model
    def _for_portal(self, visit):
        """The unstored link to a visit that the user may open."""
        return self.sudo().new(
            {
                "action": "visit",
                "patient_id": visit.prm_patient_id.id,
                "company_id": visit.prm_company_id.id,
                "res_model": visit._name,
                "res_id": visit.id,
                "expires_at": fields.Datetime.now(),
            }
        )

    def _acted(self, record=None, event="link_acted", payload=None):
        if self.id:
            return super()._acted(record, event, payload)
        # What happened to the visit is told by the visit; there is no link to tell of.
        return None
