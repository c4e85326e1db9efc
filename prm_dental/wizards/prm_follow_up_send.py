from odoo import api, fields, models
from odoo.addons.prm_core.models.messaging.reasons import reason_text
from odoo.exceptions import UserError
from odoo.tools.misc import format_datetime

from ..models.unscheduled.prm_patient_outreach import VARIABLES

#: More at once is a campaign.
MAX_PATIENTS = 500


class PrmFollowUpSend(models.TransientModel):
    """What writing to patients would do, one by one, before anything happens."""

    _name = "prm.follow.up.send"
    _description = "Write to Patients"

    kind = fields.Selection(
        [("work", "Open treatment"), ("lapsed", "Long away")], required=True, readonly=True
    )
    state = fields.Selection(
        [("preview", "Preview"), ("done", "Done")], default="preview", required=True
    )
    template_id = fields.Many2one(
        "prm.template",
        string="Text",
        domain="[('id', 'in', allowed_template_ids)]",
        ondelete="cascade",
        help="Empty: the one that fits each patient's stage.",
    )
    shown_template_id = fields.Many2one("prm.template", readonly=True, ondelete="cascade")
    allowed_template_ids = fields.Many2many("prm.template", compute="_compute_allowed_templates")
    include_recent = fields.Boolean(string="Also those written to a few days ago")
    line_ids = fields.One2many("prm.follow.up.send.line", "wizard_id", string="Patients")
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

    @api.depends("line_ids")
    def _compute_allowed_templates(self):
        """Texts that say nothing that only a recall or a visit knows."""
        messages = self.env["prm.message"]
        for wizard in self:
            patient = wizard.line_ids.patient_id[:1]
            known = set(messages._patient_variables(patient)) if patient else set()
            templates = self.env["prm.template"].search(
                [
                    ("company_id", "in", (patient.company_id.id, False)),
                    ("body_ids", "!=", False),
                    ("purpose_id.code", "!=", False),
                ]
            )
            wizard.allowed_template_ids = templates.filtered(
                lambda template, known=known: template._variables() <= known | VARIABLES
            )

    @api.model
    def _prepare(self, patients, kind):
        """A wizard with one line for each patient.

        :param kind: ``work`` or ``lapsed``
        """
        patients.check_access("read")
        self.env["prm.message"]._check_receptionist()
        if len(patients) > MAX_PATIENTS:
            raise UserError(self.env._("Choose at most %s patients at once, please.", MAX_PATIENTS))
        if not patients:
            raise UserError(self.env._("Choose the patients in the list first."))
        wizard = self.create({"kind": kind})
        wizard._fill_lines(patients)
        return wizard

    def _fill_lines(self, patients):
        plans = patients._plan_follow_up(self.kind, self.template_id, self.include_recent)
        self.line_ids.unlink()
        self.line_ids = [fields.Command.create(self._prepare_line_vals(plan)) for plan in plans]
        self.shown_template_id = self.template_id

    @api.model
    def _prepare_line_vals(self, plan):
        return {
            "patient_id": plan.patient.id,
            "template_id": plan.template.id,
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

    def _get_action(self):
        """The window that shows this wizard."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Write to patients"),
            "res_model": self._name,
            "res_id": self.id,
            "views": [(False, "form")],
            "target": "new",
            "context": {"dialog_size": "extra-large"},
        }

    def action_look(self):
        """Show what the chosen text says."""
        self.ensure_one()
        self._fill_lines(self.line_ids.patient_id)
        return self._get_action()

    def action_include_recent(self):
        """Judge again, without the days of quiet after a message; and back."""
        self.ensure_one()
        self.include_recent = not self.include_recent
        return self.action_look()

    def action_send(self):
        """Queue what the preview announced, judged once more at this moment."""
        self.ensure_one()
        self.lock_for_update()
        if self.state == "done":
            raise UserError(self.env._("These messages are already on their way."))
        self.state = "done"
        patients = self.line_ids.filtered("allowed").patient_id
        if not patients:
            raise UserError(
                self.env._("None of these patients can be written to; see the reasons in the list.")
            )
        messages = patients._send_follow_up(self.kind, self.shown_template_id, self.include_recent)
        sent = len(messages.filtered(lambda message: message.state == "queued"))
        text = self.env._("%s messages are on their way.", sent)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._("1 message is on its way.") if sent == 1 else text,
                "next": {"type": "ir.actions.act_window_close"},
            },
        }
