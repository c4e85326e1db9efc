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

    _code_company_uniq = models.UniqueIndex("(code, company_id) WHERE code IS NOT NULL")

    @api.depends("body_ids.lang")
    def _compute_languages(self):
        for template in self:
            template.languages = ", ".join(sorted(set(template.body_ids.mapped("lang"))))

    def _pick_body(self, lang, channel_kinds):
        """The text for a language and the first channel kind that has one.

        Falls back from the patient's language to the practice's, to English, and in the end to any
        text there is: one that the patient may not read well says more than none.

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
        return self.body_ids.filtered(lambda body: body.channel_kind in channel_kinds)[:1]

    def _health_channels(self):
        """Channel kinds whose text, in any language, tells something about health."""
        self.ensure_one()
        return {
            body.channel_kind
            for body in self.body_ids
            if any(
                templating.is_health(name)
                for name in body._variables() | set(body._approved_names())
            )
        }

    def _allowed_health_channels(self):
        """Codes of the channels by which its purpose lets health details go; a set."""
        self.ensure_one()
        return set(self.purpose_id.sudo().health_channel_ids.mapped("code"))

    @api.constrains("purpose_id")
    def _check_texts(self):
        """What one purpose allows in a text, another one may not."""
        self.body_ids._check_text()

    def _variables(self):
        """Dotted names of the values that its texts use."""
        self.ensure_one()
        return set().union(*(body._variables() for body in self.body_ids))

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
