from odoo import api, fields, models
from odoo.exceptions import UserError

from ..models.unscheduled.prm_patient_outreach import VARIABLES

#: More at once is a campaign.
MAX_PATIENTS = 500


class PrmFollowUpSend(models.TransientModel):
    """What writing to patients would do, one by one, before anything happens."""

    _name = "prm.follow.up.send"
    _inherit = "prm.send.preview"
    _description = "Write to Patients"

    kind = fields.Selection(
        [("work", "Open treatment"), ("lapsed", "Long away")], required=True, readonly=True
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
    line_ids = fields.One2many("prm.follow.up.send.line", "wizard_id", string="Patients")

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
            **super()._prepare_line_vals(plan),
            "patient_id": plan.patient.id,
            "template_id": plan.template.id,
        }

    def action_look(self):
        """Show what the chosen text says."""
        self.ensure_one()
        self._fill_lines_again()
        return self._get_action()

    def _get_title(self):
        return self.env._("Write to patients")

    def _fill_lines_again(self):
        self._fill_lines(self.line_ids.patient_id)

    def _send_allowed(self):
        patients = self.line_ids.filtered("allowed").patient_id
        return patients._send_follow_up(self.kind, self.shown_template_id, self.include_recent)
