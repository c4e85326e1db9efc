from odoo import models


class PrmTreatmentPlan(models.Model):
    """What the buttons of a plan's form open."""

    _inherit = "prm.treatment.plan"

    def action_open_desk(self):
        """Write down what the patient says at the desk or on the phone."""
        self.ensure_one()
        self._check_may_answer()
        wizard = self.env["prm.treatment.desk"]._open(self)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Answer of %s", self.patient_id.display_name),
            "res_model": wizard._name,
            "res_id": wizard.id,
            "views": [(False, "form")],
            "target": "new",
        }
