from dateutil.relativedelta import relativedelta
from odoo import fields, models

#: How far back patients with an account find their instructions.
MONTHS_SHOWN = 12


class PrmPatient(models.Model):
    _inherit = "prm.patient"

    aftercare_ids = fields.One2many("prm.aftercare", "patient_id")

    def action_open_aftercare(self):
        """What the patient was told after treatments, newest first."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("prm_dental.prm_aftercare_action")
        action["domain"] = [("patient_id", "=", self.id)]
        action["context"] = {}
        return action

    def _prm_prepare_aftercare_list(self):
        """Plain values of the portal's list: instructions of the last months, newest first."""
        since = fields.Date.context_today(self) - relativedelta(months=MONTHS_SHOWN)
        rows = self.env["prm.aftercare"].sudo().search(
            [
                ("patient_id", "in", self.ids),
                ("has_instructions", "=", True),
                ("date", ">=", since),
            ]
        )  # fmt: skip
        rows = rows.with_context(lang=self.env.lang)
        return [
            {"name": row.patient_id._salutation(), "day": row.date, "parts": row._parts()}
            for row in rows
        ]
