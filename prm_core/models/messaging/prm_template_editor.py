from dataclasses import replace

from odoo import api, fields, models
from odoo.exceptions import UserError

from ... import template_lint, templating
from ...channels import Outgoing, get_channel


class PrmTemplateEditor(models.Model):
    """What helps the people who write templates: preview, test send, what is worth mending."""

    _inherit = "prm.template"

    def _selection_channel(self):
        return (
            self.env["prm.template.body"]._fields["channel_kind"]._description_selection(self.env)
        )

    def _selection_lang(self):
        return self.env["prm.template.body"]._fields["lang"]._description_selection(self.env)

    preview_patient_id = fields.Many2one(
        "prm.patient", string="Preview for", store=False, compute="_compute_preview_patient",
        readonly=False,
    )  # fmt: skip
    preview_channel = fields.Selection(
        "_selection_channel", string="Channel", store=False, compute="_compute_preview_channel",
        readonly=False,
    )  # fmt: skip
    preview_lang = fields.Selection(
        "_selection_lang", string="Language", store=False, compute="_compute_preview_lang",
        readonly=False, help="Empty: the patient's own.",
    )  # fmt: skip
    preview_subject = fields.Char(compute="_compute_preview")
    preview_body = fields.Html(compute="_compute_preview", sanitize=False)
    preview_length = fields.Char(string="Length", compute="_compute_preview")
    catalogue = fields.Html(compute="_compute_catalogue", sanitize=False)
    lint_html = fields.Html(compute="_compute_lint", sanitize=False)
    lint_count = fields.Integer(string="To Mend", compute="_compute_lint")

    # ------------------------------------------------------------
    # PREVIEW
    # ------------------------------------------------------------

    # The three choices are not stored. A button hands them over in the context, because it works on
    # the record as it is in the database.

    def _compute_preview_patient(self):
        self.preview_patient_id = self.env.context.get("preview_patient_id", False)

    def _compute_preview_channel(self):
        """At first the email, if there is one."""
        for template in self:
            kinds = template.body_ids.mapped("channel_kind")
            first = "email" if "email" in kinds else (kinds or [False])[0]
            template.preview_channel = self.env.context.get("preview_channel") or first

    def _compute_preview_lang(self):
        self.preview_lang = self.env.context.get("preview_lang", False)

    @api.depends(
        "preview_patient_id", "preview_channel", "preview_lang",
        "body_ids.body", "body_ids.subject", "body_ids.lang", "body_ids.channel_kind",
    )  # fmt: skip
    def _compute_preview(self):
        """What the patient would get, with example values for what only a real message knows."""
        for template in self:
            template.preview_subject = template.preview_length = False
            template.preview_body = False
            body = template._preview_text()
            if not body:
                continue
            try:
                rendered = body._render(template._preview_values())
            except templating.TemplateError as error:
                template.preview_body = body._explain(error)
                continue
            template.preview_subject = rendered["subject"]
            template.preview_body = self.env["ir.qweb"]._render(
                "prm_core.template_preview", {"text": rendered["body"]}
            )
            if body.channel_kind == "sms":
                template.preview_length = self._explain_length(rendered["body"])

    def _preview_text(self):
        """The body that is looked at: of the chosen language only, else as for the patient."""
        self.ensure_one()
        kind = self.preview_channel or "email"
        if self.preview_lang:
            return self.body_ids.filtered(
                lambda body: (body.channel_kind, body.lang) == (kind, self.preview_lang)
            )[:1]
        return self._pick_body(self.preview_patient_id.lang or self.env.lang, (kind,))

    def _preview_values(self):
        self.ensure_one()
        values = self._example_values()
        if self.preview_patient_id:
            values |= self.env["prm.message"]._patient_variables(self.preview_patient_id)
        return values

    def _example_values(self):
        """Example values, and what the law of the practice's country wants in a text."""
        country = (self.company_id or self.env.company).country_id
        limits = self.env["prm.policy.rule"]._sms_limits(country.id)
        return templating.examples() | {"practice.says_stop": bool(limits)}

    def _explain_length(self, text):
        count, segments, unicode = template_lint.sms_length(text)
        if segments == 1:
            limit = 70 if unicode else 160
            return self.env._(
                "%(count)s of %(limit)s characters, one SMS", count=count, limit=limit
            )
        return self.env._(
            "%(count)s characters, sent and paid as %(segments)s SMS",
            count=count,
            segments=segments,
        )

    def _compute_catalogue(self):
        html = self.env["ir.qweb"]._render(
            "prm_core.template_catalogue", {"variables": templating.catalogue()}
        )
        self.catalogue = html

    # ------------------------------------------------------------
    # WHAT IS WORTH MENDING
    # ------------------------------------------------------------

    @api.depends(
        "purpose_id", "company_id",
        "body_ids.body", "body_ids.subject", "body_ids.lang", "body_ids.channel_kind",
        "body_ids.approved_name", "body_ids.approved_values", "purpose_id.health_channel_ids",
    )  # fmt: skip
    def _compute_lint(self):
        for template in self:
            sentences = template._lint_sentences(template._lint())
            template.lint_count = len(sentences)
            template.lint_html = False
            if sentences:
                template.lint_html = self.env["ir.qweb"]._render(
                    "prm_core.template_lint", {"sentences": sentences}
                )

    def _lint(self):
        """See `template_lint.lint`; what only concerns WhatsApp, for practices that have it."""
        self.ensure_one()
        company = self.company_id or self.env.company
        practice = company.partner_id.lang or "en"
        texts = [body._as_text() for body in self.body_ids]
        if "whatsapp" not in self.env["prm.gateway"]._usable_channels(company):
            texts = [replace(text, approved=True) for text in texts]
        return template_lint.lint(
            texts,
            self.purpose_id.code,
            practice[:2],
            [code for code, _name in self._selection_lang()],
            self._example_values(),
            self.purpose_id.opt_in,
            self._allowed_health_channels(),
            self._sms_limit(company),
        )

    def _sms_limit(self, company):
        """Most characters of an SMS of this purpose that nobody has expressly allowed; 0: any."""
        limits = self.env["prm.policy.rule"]._sms_limits(company.country_id.id)
        found = [limits[key] for key in (self.purpose_id.id, False) if key in limits]
        return min(found, default=0)

    def _lint_sentences(self, findings):
        """One sentence for each finding that says what to do; the same need is said once."""
        channels, languages = dict(self._selection_channel()), dict(self._selection_lang())
        sentences, gathered = [], {"no_link": {}, "no_stop": {}, "not_approved": {}}
        for finding in findings:
            channel, lang = channels[finding.channel], languages.get(finding.lang, "")
            if finding.code == "missing_language":
                names = ", ".join(languages[code] for code in finding.detail)
                text = self.env._(
                    "%(channel)s: no text in %(names)s.", channel=channel, names=names
                )
            elif finding.code == "own_language":
                text = self.env._("Email: no text in your practice's own language, %s.", lang)
            elif finding.code == "sms_long":
                segments, count = finding.detail
                text = self.env._(
                    "SMS, %(lang)s: about %(count)s characters, sent and paid as %(segments)s SMS.",
                    lang=lang, count=count, segments=segments,
                )  # fmt: skip
            elif finding.code == "sms_over_limit":
                limit, count = finding.detail
                text = self.env._(
                    "SMS, %(lang)s: about %(count)s characters. Beyond %(limit)s it goes only to "
                    "patients who have said yes to text messages.",
                    lang=lang, count=count, limit=limit,
                )  # fmt: skip
            elif finding.code == "sms_unasked":
                text = self.env._(
                    "SMS, %(lang)s: the law wants more in it for patients who have not said yes to "
                    "text messages: %(missing)s.",
                    lang=lang, missing=self._missing_words(finding.detail),
                )  # fmt: skip
            elif finding.code == "health":
                text = self.env._(
                    "%(channel)s, %(lang)s: it tells something about health (%(names)s).",
                    channel=channel, lang=lang, names=", ".join(finding.detail),
                )  # fmt: skip
            else:
                gathered[finding.code].setdefault(channel, []).append(lang)
                continue
            sentences.append(text)
        return sentences + self._lint_gathered(gathered)

    def _missing_words(self, missing):
        """What an SMS lacks by `template_lint`, in words."""
        words = {
            "name": self.env._("the practice's name, {{ practice.name }}"),
            "contact": self.env._("a phone number or a link, such as {{ practice.phone }}"),
            "stop": self.env._("how to end them, such as “Reply STOP to end”"),
        }
        return "; ".join(words[part] for part in missing)

    def _lint_gathered(self, gathered):
        """Sentences that name all the languages they are about.

        :param gathered: ``{code of the finding: {channel: [languages]}}``
        """
        sentences = []
        for channel, langs in gathered["not_approved"].items():
            text = self.env._(
                "%(channel)s (%(names)s): no approved template. It goes only within 24 hours of "
                "the patient's own last message.",
                channel=channel,
                names=", ".join(langs),
            )
            sentences.append(text)
        for channel, langs in gathered["no_stop"].items():
            text = self.env._(
                "%(channel)s (%(names)s): no way to stop. Say that a reply with STOP ends these "
                "messages, or add the link to the preferences, {{ link.preferences }}.",
                channel=channel,
                names=", ".join(langs),
            )
            sentences.append(text)
        for channel, langs in gathered["no_link"].items():
            text = self.env._(
                "%(channel)s (%(names)s): no link. For this purpose, give patients a link on which "
                "they can answer or choose.",
                channel=channel,
                names=", ".join(langs),
            )
            sentences.append(text)
        return sentences

    # ------------------------------------------------------------
    # TEST SEND
    # ------------------------------------------------------------

    def action_send_test(self):
        """Email the preview to the user's own address, and to nobody else.

        It is no message to a patient, so it doesn't pass the outbox; the address can't be chosen.
        """
        self.ensure_one()
        self.check_access("read")
        user = self.env.user
        if not user.has_group("prm_core.group_prm_receptionist"):
            raise UserError(self.env._("Ask the front desk: templates are theirs to try."))
        channel = get_channel("email")
        address = channel.validate_address(user.email)
        if not address:
            raise UserError(
                self.env._("You have no valid email address. Enter one in your preferences first.")
            )
        test = self._prepare_test(address)
        self.env["prm.template.test"]._count_one(self.company_id or self.env.company)
        [outcome] = channel(self.sudo().env).send([test])
        if outcome.state != "sent":
            raise UserError(
                self.env._(
                    "The mail server did not take the test: %s", outcome.detail or outcome.reason
                )
            )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._("The test is on its way to %s.", address),
            },
        }

    def _prepare_test(self, address):
        """The preview as a mail that nobody takes for a real one."""
        body = self._preview_text()
        if not body:
            raise UserError(self.env._("There is no text for this channel and language."))
        try:
            rendered = body._render(self._preview_values())
        except templating.TemplateError as error:
            raise UserError(body._explain(error)) from error
        company = self.company_id or self.env.company
        sender = (
            company.email_formatted
            or company.partner_id.email_formatted
            or self.env["ir.mail_server"].sudo()._get_default_from_address()
        )
        if not sender:
            raise UserError(
                self.env._("Your practice has no email address to write from. Enter one first.")
            )
        note = self.env._("[Test] No patient has received this message.")
        return Outgoing(
            message_id=0,
            key="",
            address=address,
            subject=f"[Test] {rendered['subject'] or self.name}",
            body=f"{note}\n\n{rendered['body']}",
            lang=rendered["lang"],
            sender=sender,
            practice=company.name,
        )
