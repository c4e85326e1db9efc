from odoo import api, fields, models


class PrmTreatmentPart(models.AbstractModel):
    """What belongs to a plan and is shown to the patient with it: fixed once it is proposed."""

    _name = "prm.treatment.part"
    _description = "Part of a Treatment Plan"

    plan_id = fields.Many2one("prm.treatment.plan", required=True, ondelete="cascade", index=True)
    company_id = fields.Many2one(related="plan_id.company_id", store=True, precompute=True)
    sequence = fields.Integer(default=10)

    #: Fields that may change at any time, as the patient doesn't read them.
    _free_fields = frozenset()

    @api.model_create_multi
    def create(self, vals_list):
        parts = super().create(vals_list)
        parts.plan_id._check_open_to_change()
        return parts

    def write(self, vals):
        if not self._free_fields.issuperset(vals):
            self.plan_id._check_open_to_change()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_while_open(self):
        self.plan_id._check_open_to_change()
