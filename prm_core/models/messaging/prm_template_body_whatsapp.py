import re
from dataclasses import replace

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ... import templating


def _value(name):
    """The source of one value. A list, such as the visits of a family, becomes one line."""
    listed = isinstance(templating.examples().get(name), list)
    return "{{ " + name + ("|join(' · ')" if listed else "") + " }}"


class PrmTemplateBodyWhatsapp(models.Model):
    """A WhatsApp text's twin at Meta: outside of a conversation only approved templates may go.

    The text itself is sent while the patient's own last message is less than 24 hours old. Else the
    approved template goes, with the values of the named variables in its places {{1}}, {{2}} …
    """

    _inherit = "prm.template.body"

    approved_name = fields.Char(
        "Approved template",
        help="Its name at Meta, approved in the language of this text. Empty until Meta has "
        "approved it: then the text goes only within 24 hours of the patient's own last message.",
    )
    approved_values = fields.Char(
        "Values for it",
        help="Variables for its places {{1}}, {{2}} …, in this order, with commas between: "
        "patient.first_name, practice.name",
    )
    approved_draft = fields.Text(
        "To submit at Meta",
        compute="_compute_approved_draft",
        help="The text with the places {{1}}, {{2}} … of the values. Empty when the text holds "
        "something that Meta has no place for, such as {% if … %}.",
    )

    @api.depends("body", "approved_values", "channel_kind")
    def _compute_approved_draft(self):
        for body in self:
            body.approved_draft = body._draft_for_approval()

    def _draft_for_approval(self):
        """The text as Meta wants it for approval, or False when it can't be had like that."""
        self.ensure_one()
        names = self._approved_names()
        draft = self.body or ""
        for place, name in enumerate(names, 1):
            hole = r"\{\{\s*" + re.escape(name) + r"\s*(\|[^{}]*)?\}\}"
            draft = re.sub(hole, f"{{{{{place}}}}}", draft)
        left = re.sub(r"\{\{\d+\}\}", "", draft)
        if not names or "{" in left:
            return False
        return draft.strip()

    @api.constrains("approved_name", "approved_values", "channel_kind")
    def _check_approved(self):
        known = {variable.name for variable in templating.catalogue()}
        for body in self:
            if unknown := [name for name in body._approved_names() if name not in known]:
                raise ValidationError(
                    self.env._(
                        "There is no variable “%s”. Take one from the list of variables, and write "
                        "it without brackets.",
                        unknown[0],
                    )
                )

    def _approved_names(self):
        """Names of the variables for the approved template, in their order."""
        self.ensure_one()
        if self.channel_kind != "whatsapp":
            return []
        return [name.strip() for name in (self.approved_values or "").split(",") if name.strip()]

    def _has_approved(self):
        """Whether it can go without an open conversation."""
        return bool(self and self.channel_kind == "whatsapp" and self.approved_name)

    def _render_approved(self, values):
        """The approved template as it is sent, or None when there is none.

        WhatsApp takes no line breaks and no wide gaps in a value.

        :raises templating.TemplateError: when a value is missing.
        :return: dict with ``name`` and ``values``, a list of texts.
        """
        self.ensure_one()
        if not self._has_approved():
            return None
        texts = [templating.render(_value(name), values) for name in self._approved_names()]
        return {"name": self.approved_name.strip(), "values": [" ".join(t.split()) for t in texts]}

    def _as_text(self):
        return replace(
            super()._as_text(), approved=self._has_approved(), values=tuple(self._approved_names())
        )
