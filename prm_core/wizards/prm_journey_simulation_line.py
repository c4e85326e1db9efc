from odoo import api, fields, models


class PrmJourneySimulationLine(models.TransientModel):
    """One step that one patient would have come to."""

    _name = "prm.journey.simulation.line"
    _description = "Journey Tried on the Past: Line"
    _order = "moment, id"
    _rec_name = "patient_id"

    simulation_id = fields.Many2one(
        "prm.journey.simulation", required=True, index=True, ondelete="cascade"
    )
    moment = fields.Datetime(string="When", required=True)
    patient_id = fields.Many2one("prm.patient", required=True, ondelete="cascade")
    step_id = fields.Many2one("prm.journey.step", required=True, ondelete="cascade")
    do_text = fields.Char(string="What", related="step_id.do_text")
    outcome = fields.Selection(
        [("taken", "Taken"), ("depends", "If its condition held"), ("skipped", "Left out")],
        required=True,
    )
    reason = fields.Char()
    reason_text = fields.Char(string="Why", compute="_compute_reason_text")

    @api.depends("reason", "outcome")
    @api.depends_context("lang")
    def _compute_reason_text(self):
        words = self.env["prm.enrolment.entry"]._reason_words()
        for line in self:
            line.reason_text = words.get(line.reason) or line.reason
            if line.outcome == "depends":
                line.reason_text = self.env._("If %s", line.step_id.only_if_text)
