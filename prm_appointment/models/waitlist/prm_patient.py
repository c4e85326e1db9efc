from odoo import fields, models


class PrmPatient(models.Model):
    _inherit = "prm.patient"

    waitlist_ids = fields.One2many("prm.waitlist.entry", "patient_id")
    waitlist_count = fields.Integer(compute="_compute_waitlist_count")

    def _compute_waitlist_count(self):
        counts = dict(
            self.env["prm.waitlist.entry"]._read_group(
                [("patient_id", "in", self.ids), ("state", "=", "waiting")],
                ["patient_id"],
                ["__count"],
            )
        )
        for patient in self:
            patient.waitlist_count = counts.get(patient, 0)

    def action_open_waitlist(self):
        """What the patient waits for, or a new wish."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Waitlist"),
            "res_model": "prm.waitlist.entry",
            "views": [(False, "list"), (False, "form")],
            "domain": [("patient_id", "=", self.id)],
            "context": {"default_patient_id": self.id, "search_default_waiting": 1},
        }

    def _settle_for_merge(self, kept):
        """Nobody waits twice for one kind of visit: what who stays has wished goes on."""
        super()._settle_for_merge(kept)
        entries = self.env["prm.waitlist.entry"].sudo()
        entries = entries.search(
            [("patient_id", "in", (self.id, kept.id)), ("state", "=", "waiting")]
        )
        same = entries.filtered(lambda entry: entry.patient_id == kept).type_id
        entries.filtered(
            lambda entry: entry.patient_id == self and entry.type_id in same
        ).action_close()
