from odoo import api, fields, models


class PrmVisitFinder(models.TransientModel):
    """Find a time for planned work: long enough for it, and booked it is scheduled."""

    _inherit = "prm.visit.finder"

    procedure_ids = fields.Many2many(
        "prm.procedure",
        "prm_visit_finder_procedure_rel",
        string="To Be Done",
        domain="[('patient_id', '=', patient_id),"
        " ('state', 'in', ('planned', 'accepted', 'in_progress'))]",
    )
    extra_minutes = fields.Integer(
        compute="_compute_extra_minutes", store=True, readonly=False, precompute=True
    )

    @api.depends("procedure_ids", "type_id")
    def _compute_extra_minutes(self):
        for finder in self:
            finder.extra_minutes = finder.procedure_ids._minutes_beyond(finder.type_id)

    def _after_booking(self, visits):
        result = super()._after_booking(visits)
        self.procedure_ids._schedule(visits[:1])
        return result
