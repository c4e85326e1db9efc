from odoo import api, fields, models
from odoo.addons.prm_core.models.messaging.reasons import reason_text
from odoo.exceptions import UserError
from odoo.tools.misc import format_datetime


class PrmSendPreview(models.AbstractModel):
    """What writing to many patients would do, one by one, before anything happens.

    Wizards build on it: they say who is written to (`_fill_lines_again`, `_send_allowed`), under
    which name, and keep a line for each in ``line_ids``.
    """

    _name = "prm.send.preview"
    _description = "Preview of Messages"

    state = fields.Selection(
        [("preview", "Preview"), ("done", "Done")], default="preview", required=True
    )
    include_recent = fields.Boolean(string="Also those written to a few days ago")
    allowed_count = fields.Integer(string="Will Be Sent", compute="_compute_counts")
    held_back_count = fields.Integer(string="Not Sent", compute="_compute_counts")
    recent_count = fields.Integer(compute="_compute_counts")

    @api.depends("line_ids.allowed", "line_ids.reason")
    def _compute_counts(self):
        for wizard in self:
            lines = wizard.line_ids
            wizard.allowed_count = len(lines.filtered("allowed"))
            wizard.held_back_count = len(lines) - wizard.allowed_count
            wizard.recent_count = len(
                lines.filtered(lambda line: line.reason == "recently_contacted")
            )

    @api.model
    def _prepare_line_vals(self, plan):
        """Values of one line.

        :param plan: what would happen, with ``allowed``, ``reason``, ``decision``, ``detail``,
            ``subject`` and ``body``.
        """
        return {
            "allowed": plan.allowed,
            "reason": plan.reason,
            "explanation": plan.detail or self._explain(plan),
            "address": plan.allowed and plan.decision.address,
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

    def _get_title(self):
        """The head of the window."""
        raise NotImplementedError

    def _fill_lines_again(self):
        """Judge those of the lines once more."""
        raise NotImplementedError

    def _send_allowed(self):
        """Queue what the lines allow.

        :return: the messages, empty when no line allows any.
        """
        raise NotImplementedError

    def _get_action(self):
        """The window that shows this wizard."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self._get_title(),
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
        self._fill_lines_again()
        return self._get_action()

    def action_send(self):
        """Queue what the preview announced, judged once more at this moment."""
        self.ensure_one()
        self.lock_for_update()
        if self.state == "done":
            raise UserError(self._get_done_text())
        self.state = "done"
        if not self.line_ids.filtered("allowed"):
            raise UserError(
                self.env._("None of these patients can be written to; see the reasons in the list.")
            )
        messages = self._send_allowed()
        sent = len(messages.filtered(lambda message: message.state == "queued"))
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self._get_sent_text(sent),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    def _get_done_text(self):
        return self.env._("These messages are already on their way.")

    def _get_sent_text(self, sent):
        if sent == 1:
            return self.env._("1 message is on its way.")
        return self.env._("%s messages are on their way.", sent)
