from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ... import template_lint, templating


class PrmTemplateBody(models.Model):
    """The words of a template for one channel and one language, in Jinja2."""

    _name = "prm.template.body"
    _description = "Text of a Message Template"
    _order = "template_id, channel_kind, lang"
    _rec_name = "lang"

    template_id = fields.Many2one("prm.template", required=True, index=True, ondelete="cascade")
    channel_kind = fields.Selection(
        [
            ("email", "Email"),
            ("sms", "SMS"),
            ("whatsapp", "WhatsApp"),
            ("letter", "Letter"),
            ("phone", "Phone script"),
            ("portal", "Portal"),
        ],
        string="Channel",
        required=True,
        default="email",
    )
    lang = fields.Selection(
        [
            ("en", "English"),
            ("it", "Italian"),
            ("es", "Spanish"),
            ("de", "German"),
            ("zh", "Chinese"),
        ],
        string="Language",
        required=True,
        default="en",
    )
    subject = fields.Char()
    body = fields.Text(string="Text", required=True)

    _template_channel_lang_uniq = models.Constraint(
        "unique(template_id, channel_kind, lang)",
        "There is already a text for this channel and language.",
    )

    @api.constrains("subject", "body", "channel_kind", "template_id")
    def _check_text(self):
        """A template that can't be rendered is never saved."""
        for body in self:
            if body.channel_kind == "email" and not (body.subject or "").strip():
                raise ValidationError(self.env._("An email needs a subject."))
            for source in (body.subject, body.body):
                try:
                    templating.check(source or "")
                except templating.TemplateError as error:
                    raise ValidationError(body._explain(error)) from error
            allowed = body.template_id._allowed_health_channels()
            if names := template_lint.health_variables(body._as_text(), allowed):
                raise ValidationError(body._explain_health(names))

    def _as_text(self):
        """The body as plain data, for the checks."""
        self.ensure_one()
        return template_lint.Text(self.channel_kind, self.lang, self.body or "", self.subject or "")

    def _variables(self):
        """Dotted names of the values that subject and text use."""
        self.ensure_one()
        return templating.variables_of(self.subject or "") | templating.variables_of(self.body)

    def _link_actions(self):
        """Actions of the links that the text holds; a set."""
        try:
            used = self._variables()
        except templating.TemplateError:
            return set()  # such a text is held back when it is rendered, with better words
        return {name.partition(".")[2] for name in used if name.startswith("link.")}

    def _explain_health(self, names):
        """Why a text about health is not saved for this channel."""
        channels = dict(self._fields["channel_kind"]._description_selection(self.env))
        return self.env._(
            "“%(names)s” tells something about the patient's health, and the purpose “%(purpose)s” "
            "keeps that from this channel (%(channel)s), where others may see it. Leave it out "
            "here.",
            names=", ".join(names),
            purpose=self.template_id.purpose_id.name,
            channel=channels[self.channel_kind],
        )

    def _explain(self, error):
        """A template's fault as a sentence that says what to do."""
        self.ensure_one()
        languages = dict(self._fields["lang"]._description_selection(self.env))
        where = self.env._(
            "%(language)s text, line %(line)s",
            language=languages.get(self.lang, self.lang),
            line=error.line or 1,
        )
        if error.code == "unknown_variable":
            return self.env._(
                "%(where)s: there is no variable “%(what)s”. Take one from the list of variables.",
                where=where,
                what=error.what,
            )
        if error.code == "syntax":
            return self.env._(
                "%(where)s: the brackets don't close properly (%(what)s).",
                where=where,
                what=error.what,
            )
        if error.code == "too_long":
            return self.env._("%(where)s: the text becomes too long.", where=where)
        return self.env._(
            "%(where)s: “%(what)s” can't be used in a template.", where=where, what=error.what
        )

    def _render(self, values):
        """Subject and body with the values filled in.

        :raises templating.TemplateError: when a value is missing.
        :return: dict with ``subject``, ``body`` and ``lang``.
        """
        self.ensure_one()
        return {
            "subject": " ".join(templating.render(self.subject or "", values).split()),
            "body": templating.render(self.body, values).strip(),
            "lang": self.lang,
        }
