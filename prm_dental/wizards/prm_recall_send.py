from odoo import api, fields, models


class PrmRecallSend(models.TransientModel):
    """What sending recalls would do, patient by patient, before anything happens."""

    _name = "prm.recall.send"
    _inherit = "prm.send.preview"
    _description = "Send Recalls"

    line_ids = fields.One2many("prm.recall.send.line", "wizard_id", string="Patients")
    total = fields.Integer(string="Chosen", compute="_compute_total")

    @api.depends("line_ids")
    def _compute_total(self):
        for wizard in self:
            wizard.total = len(wizard.line_ids)

    @api.model
    def _prepare(self, recalls):
        """A wizard with one line for each recall.

        :param recalls: `prm.recall` records.
        """
        recalls.check_access("read")
        # What the list showed may be minutes old.
        self.env["prm.recall"]._recompute(recalls.patient_id)
        wizard = self.create({})
        wizard._fill_lines(recalls.exists())
        return wizard

    def _fill_lines(self, recalls):
        self.line_ids = [
            fields.Command.clear(),
            *(
                fields.Command.create(self._prepare_line_vals(plan))
                for plan in recalls._plan_send(self.include_recent)
            ),
        ]

    @api.model
    def _prepare_line_vals(self, plan):
        return {
            **super()._prepare_line_vals(plan),
            "recall_id": plan.recall.id,
            "lang": plan.lang,
        }

    def _get_title(self):
        return self.env._("Send recall")

    def _fill_lines_again(self):
        self._fill_lines(self.line_ids.recall_id)

    def _send_allowed(self):
        return self.line_ids.filtered("allowed").recall_id._send(self.include_recent)

    def _get_done_text(self):
        return self.env._("These recalls are already on their way.")

    def _get_sent_text(self, sent):
        if sent == 1:
            return self.env._("1 recall is on its way.")
        return self.env._("%s recalls are on their way.", sent)
