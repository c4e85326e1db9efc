import base64
import io

import qrcode
from odoo import api, fields, models

#: Days for which a code on the desk's screen works.
DAYS = 1


class PrmHistoryShow(models.TransientModel):
    """A code on the screen that opens a patient's health questions on a phone or a tablet."""

    _name = "prm.history.show"
    _description = "Show the Health Questions"

    patient_id = fields.Many2one("prm.patient", required=True, readonly=True, ondelete="cascade")
    url = fields.Char(string="Address", readonly=True)
    qr_code = fields.Binary(string="To scan", compute="_compute_qr_code")

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            patient = self.env["prm.patient"].browse(vals["patient_id"])
            patient.check_access("write")
            vals["url"] = self.env["prm.link"].sudo()._issue("history", patient, days=DAYS)[1]
        return super().create(vals_list)

    @api.depends("url")
    def _compute_qr_code(self):
        for shown in self:
            picture = io.BytesIO()
            qrcode.make(shown.url or "", box_size=6).save(picture, format="PNG")
            shown.qr_code = base64.b64encode(picture.getvalue())
