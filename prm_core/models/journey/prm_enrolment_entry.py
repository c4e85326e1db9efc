from odoo import api, fields, models


class PrmEnrolmentEntry(models.Model):
    """What became of one step for one patient: written with its effect, once and for good."""

    _name = "prm.enrolment.entry"
    _description = "Step Taken"
    _order = "id desc"
    _rec_name = "step_id"
    # Written by the thousand, by the engine alone, and never changed: `happened_at` says it all.
    _log_access = False

    enrolment_id = fields.Many2one("prm.enrolment", required=True, ondelete="cascade")
    journey_id = fields.Many2one(related="step_id.journey_id")
    step_id = fields.Many2one("prm.journey.step", required=True, ondelete="restrict", index=True)
    do_text = fields.Char(string="What", related="step_id.do_text")
    patient_id = fields.Many2one("prm.patient", required=True, ondelete="cascade")
    company_id = fields.Many2one("res.company", string="Practice", required=True)
    round = fields.Integer(required=True, default=0, aggregator=None)
    happened_at = fields.Datetime(string="When", required=True)
    outcome = fields.Selection([("taken", "Taken"), ("skipped", "Left Out")], required=True)
    reason = fields.Char(help="Code of why it was left out.")
    message_id = fields.Many2one("prm.message", ondelete="set null", index="btree_not_null")
    activity_id = fields.Many2one("mail.activity", ondelete="set null", index="btree_not_null")
    message_state = fields.Selection(related="message_id.state")
    reason_text = fields.Char(string="Why", compute="_compute_reason_text")

    _once = models.Constraint(
        "unique(enrolment_id, step_id, round)", "This step has been taken already."
    )

    @api.depends("reason", "message_id.reason")
    @api.depends_context("lang")
    def _compute_reason_text(self):
        words = self._reason_words()
        for entry in self:
            entry.reason_text = words.get(entry.reason) or entry.message_id.reason_text or False

    @api.model
    def _reason_words(self):
        """Why a step is left out: ``{code: sentence}``"""
        return {
            "past": self.env._("Its time had passed when the patient came."),
            "overtaken": self.env._("A step nearer to the date went instead."),
            "condition": self.env._("Its condition did not hold."),
            "no_user": self.env._("Nobody is in the group that the task is for."),
            "started_already": self.env._("The patient is on that journey already."),
            "journey_closed": self.env._("That journey is not live."),
        }
