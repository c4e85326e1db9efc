from odoo import fields, models


class PrmConsent(models.Model):
    """By which link the patient said it."""

    _inherit = "prm.consent"

    link_id = fields.Many2one("prm.link", ondelete="restrict", index="btree_not_null")
