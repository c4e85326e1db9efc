from odoo import api, fields, models
from odoo.addons.prm_core.models.messaging.reasons import reason_text
from odoo.exceptions import UserError
from odoo.tools.misc import format_datetime


class PrmRecallSend(models.TransientModel):
    """What sending recalls would do, patient by patient, before anything happens."""

    _name = "prm.recall.send"
    _description = "Send Recalls"

    state = fields.Selection(
        [("preview", "Preview"), ("done", "Done")], default="preview", required=True
    )
    include_recent = fields.Boolean(string="Also those written to a few days ago")
    line_ids = fields.One2many("prm.recall.send.line", "wizard_id", string="Patients")
    total = fields.Integer(string="Chosen", compute="_compute_counts")
    allowed_count = fields.Integer(string="Will Be Sent", compute="_compute_counts")
    held_back_count = fields.Integer(string="Not Sent", compute="_compute_counts")
    recent_count = fields.Integer(compute="_compute_counts")

    @api.depends("line_ids.allowed", "line_ids.reason")
    def _compute_counts(self):
        for wizard in self:
            lines = wizard.line_ids
            wizard.total = len(lines)
            wizard.allowed_count = len(lines.filtered("allowed"))
            wizard.held_back_count = wizard.total - wizard.allowed_count
            wizard.recent_count = len(
                lines.filtered(lambda line: line.reason == "recently_contacted")
            )

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
        decision = plan.decision
        return {
            "recall_id": plan.recall.id,
            "allowed": plan.allowed,
            "reason": plan.reason,
            "explanation": plan.detail or self._explain(plan),
            "address": plan.allowed and decision.address,
            "lang": plan.lang,
            "subject": plan.subject,
            "body": plan.body,
        }

    @api.model
    def _explain(self, plan):
        """What will happen, with the moment when it is not at once."""
        if not plan.allowed or not plan.decision.until:
            return reason_text(self.env, plan.reason)
        moment = format_datetime(self.env, plan.decision.until, dt_format="short")
        why = reason_text(self.env, plan.decision.reason)
        return self.env._("Goes out on %(moment)s. %(why)s", moment=moment, why=why)

    def _get_action(self):
        """The window that shows this wizard."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Send recall"),
            "res_model": self._name,
            "res_id": self.id,
            "views": [(False, "form")],
            "target": "new",
            "context": {"dialog_size": "extra-large"},
        }

    def action_include_recent(self):
        """Judge again, without the days of quiet after a message; and back."""
        self.ensure_one()
        self.include_recent = not self.include_recent
        self._fill_lines(self.line_ids.recall_id)
        return self._get_action()

    def action_send(self):
        """Queue what the preview announced, judged once more at this moment."""
        self.ensure_one()
        self.lock_for_update()
        if self.state == "done":
            raise UserError(self.env._("These recalls are already on their way."))
        self.state = "done"
        recalls = self.line_ids.filtered("allowed").recall_id
        if not recalls:
            raise UserError(
                self.env._("None of these patients can be written to; see the reasons in the list.")
            )
        sent = len(
            recalls._send(self.include_recent).filtered(lambda message: message.state == "queued")
        )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self._get_sent_text(sent),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    def _get_sent_text(self, sent):
        if sent == 1:
            return self.env._("1 recall is on its way.")
        return self.env._("%s recalls are on their way.", sent)
