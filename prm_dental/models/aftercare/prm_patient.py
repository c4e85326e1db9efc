from dateutil.relativedelta import relativedelta
from odoo import fields, models

from ... import intake_times

#: How far back patients with an account find their instructions.
MONTHS_SHOWN = 12


class PrmPatient(models.Model):
    _inherit = "prm.patient"

    aftercare_ids = fields.One2many("prm.aftercare", "patient_id")

    prescription_ids = fields.One2many(
        "prm.prescription", "patient_id", groups="prm_core.group_prm_clinician"
    )
    exam_request_ids = fields.One2many(
        "prm.exam.request",
        "patient_id",
        string="Examinations Asked for",
        groups="prm_core.group_prm_receptionist,prm_core.group_prm_clinician",
    )

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

    def _prm_prepare_medicines(self, moment=None):
        """Plain values of what the patient takes now, or at one moment (naive UTC) of a plan."""
        self.ensure_one()
        today = fields.Date.context_today(self.with_context(tz=self._zone()))
        lines = self.env["prm.prescription.line"].sudo().with_context(lang=self.env.lang).search(
            [
                ("prescription_id.patient_id", "=", self.id),
                ("prescription_id.state", "=", "active"),
                ("date_to", ">=", today),
            ]
        )  # fmt: skip
        if moment:
            zone = self._zone()
            lines = lines.filtered(
                lambda line: (
                    not line.as_needed and intake_times.is_due(line._course(), moment, zone)
                )
            )
        return [line._prepare_for_patient() for line in lines]
