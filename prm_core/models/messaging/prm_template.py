from odoo import api, fields, models
from odoo.exceptions import UserError

from ... import templating


class PrmTemplate(models.Model):
    """A text for one situation: one body per channel and language."""

    _name = "prm.template"
    _description = "Message Template"
    _order = "name, id"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(help="By which add-ons find it.", copy=False)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", string="Practice", help="Empty: every practice.")
    purpose_id = fields.Many2one("prm.purpose", required=True, ondelete="restrict")
    body_ids = fields.One2many("prm.template.body", "template_id", string="Texts", copy=True)
    languages = fields.Char(compute="_compute_languages")
    preview_patient_id = fields.Many2one(
        "prm.patient", string="Preview for", store=False, compute="_compute_preview_patient",
        readonly=False,
    )  # fmt: skip
    preview_subject = fields.Char(compute="_compute_preview")
    preview_body = fields.Html(compute="_compute_preview", sanitize=False)
    catalogue = fields.Html(compute="_compute_catalogue", sanitize=False)

    _code_company_uniq = models.UniqueIndex("(code, company_id) WHERE code IS NOT NULL")

    @api.depends("body_ids.lang")
    def _compute_languages(self):
        for template in self:
            template.languages = ", ".join(sorted(set(template.body_ids.mapped("lang"))))

    def _compute_preview_patient(self):
        self.preview_patient_id = False

    @api.depends("preview_patient_id", "body_ids.body", "body_ids.subject", "body_ids.lang")
    def _compute_preview(self):
        """What the patient would get, with example values for what only a real message knows."""
        for template in self:
            patient = template.preview_patient_id
            body = template._pick_body(patient.lang or self.env.lang, ("email",))
            template.preview_subject = template.preview_body = False
            if not body:
                continue
            values = templating.examples()
            if patient:
                values |= self.env["prm.message"]._patient_variables(patient)
            try:
                rendered = body._render(values)
            except templating.TemplateError as error:
                template.preview_body = body._explain(error)
                continue
            template.preview_subject = rendered["subject"]
            template.preview_body = self.env["ir.qweb"]._render(
                "prm_core.template_preview", {"text": rendered["body"]}
            )

    def _compute_catalogue(self):
        html = self.env["ir.qweb"]._render(
            "prm_core.template_catalogue", {"variables": templating.catalogue()}
        )
        self.catalogue = html

    def _pick_body(self, lang, channel_kinds):
        """The text for a language and the first channel kind that has one.

        Falls back from the patient's language to the practice's and to English.

        :param lang: a code such as ``it_IT``.
        """
        self.ensure_one()
        practice = (self.company_id or self.env.company).partner_id.lang
        for kind in channel_kinds:
            bodies = self.body_ids.filtered(lambda body, kind=kind: body.channel_kind == kind)
            for code in (lang, practice, "en"):
                short = (code or "")[:2]
                match = bodies.filtered(lambda body, short=short: body.lang == short)
                if match:
                    return match[0]
        return self.env["prm.template.body"]

    def _channel_kinds(self):
        """Channel kinds for which there is a text."""
        self.ensure_one()
        return set(self.body_ids.mapped("channel_kind"))

    @api.model
    def _by_code(self, code, company):
        """The practice's own template of a code, else the common one.

        :raises UserError: when there is none.
        """
        found = self.sudo().search(
            [("code", "=", code), ("company_id", "in", (company.id, False))], order="company_id"
        )
        if not found:
            raise UserError(
                self.env._("The message template “%s” is gone. Make one with this code.", code)
            )
        return found[0]
