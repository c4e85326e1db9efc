from urllib.parse import urlsplit

from odoo import _, api, fields, models
from odoo.exceptions import ValidationError

from ...channels import generic_http, get_channel, get_provider, registered_providers, sms_text
from .reasons import reason_text

#: Channels that take a person's time for each message.
BY_PEOPLE = ("phone", "letter")
_MANAGER = "prm_core.group_prm_manager"
#: Reasons that lie in the gateway and not in one message.
_TROUBLES = frozenset(
    (
        "bad_answer", "bad_sms_account", "country_closed", "gateway_error", "gateway_login",
        "gateway_limited", "gateway_sender", "gateway_setup", "gateway_suspended", "gateway_trial",
        "no_connection", "no_credit",
    )
)  # fmt: skip


class PrmGateway(models.Model):
    """A practice's access to a channel: which provider, with which account and sender.

    Email needs none: it goes by Odoo's mail servers.
    """

    _name = "prm.gateway"
    _description = "Gateway of a Channel"
    _order = "sequence, id"
    _check_company_auto = True

    name = fields.Char(required=True)
    active = fields.Boolean(default=True)
    sequence = fields.Integer(default=10, help="Of several for one channel the first one is used.")
    company_id = fields.Many2one(
        "res.company", string="Practice", required=True, default=lambda self: self.env.company
    )
    provider = fields.Selection(selection="_select_provider", required=True)
    channel_id = fields.Many2one(
        "prm.channel", compute="_compute_channel_id", store=True, ondelete="restrict"
    )
    sender = fields.Char(help="Number or name that the patient sees, as the provider knows it.")
    url = fields.Char("Provider's address", help="Empty: the provider's usual address.")
    callback_url = fields.Char(
        "Other address",
        help="Where the provider reaches this server, when that is not its own address. It must be "
        "the very address that the provider calls.",
    )
    account = fields.Char(help="Account SID at Twilio, phone number ID at WhatsApp.")
    secret = fields.Char(groups=_MANAGER, copy=False)
    webhook_secret = fields.Char(
        groups=_MANAGER, copy=False, help="With it reports are told from forgeries."
    )
    plain_letters = fields.Boolean(
        default=True,
        help="One á or “ leaves room for 70 letters in an SMS and not 160: with this they are "
        "written in plain letters.",
    )
    letter_window = fields.Selection(
        [("left", "At the left"), ("right", "At the right")],
        string="Envelope's window", required=True, default="left",
    )  # fmt: skip
    price = fields.Monetary("Price of one SMS")
    currency_id = fields.Many2one(
        "res.currency", required=True, default=lambda self: self.env.company.currency_id
    )
    last_error = fields.Char(readonly=True, copy=False, help="A reason code.")
    last_error_text = fields.Char("Last trouble", compute="_compute_last_error_text")

    http_method = fields.Selection([("POST", "POST"), ("PUT", "PUT")], default="POST")
    http_headers = fields.Text(
        "Headers", groups=_MANAGER, help="One on a line, like: Authorization: Bearer {secret}"
    )
    body_format = fields.Selection([("json", "JSON"), ("form", "Form")], default="json")
    body_template = fields.Text(
        "Body", groups=_MANAGER, default='{"to": "{to}", "text": "{text}", "from": "{sender}"}'
    )
    ref_path = fields.Char("ID in the answer", default="id", help="Like: messages.0.id")
    status_path = fields.Char("Status in the answer", help="Empty: each 2xx answer is a success.")
    success_values = fields.Char("Status of success", help="With commas between.")
    idempotency_header = fields.Char(
        "Header for the key",
        help="Only when the provider promises to send a message once for each key.",
    )
    signature_header = fields.Char(
        "Header of the signature", help="HMAC-SHA256 of the body, in hexadecimal."
    )
    event_id_path = fields.Char("Report's ID")
    event_ref_path = fields.Char("Message's ID", default="id")
    event_key_path = fields.Char("Our key")
    event_status_path = fields.Char("Status", default="status")
    event_from_path = fields.Char("Number of the writer", default="from")
    event_text_path = fields.Char("Text of the writer", default="text")

    @api.model
    def _select_provider(self):
        return [
            (provider, adapter.label or provider)
            for provider, adapter in registered_providers().items()
            if adapter.code != "email"
        ]

    @api.depends("provider")
    def _compute_channel_id(self):
        channels = {channel.code: channel for channel in self.env["prm.channel"].search([])}
        for gateway in self:
            code = get_provider(gateway.provider).code if gateway.provider else None
            gateway.channel_id = channels.get(code, False)

    @api.depends("last_error")
    @api.depends_context("lang")
    def _compute_last_error_text(self):
        for gateway in self:
            gateway.last_error_text = reason_text(self.env, gateway.last_error)

    @api.constrains("url", "callback_url")
    def _check_urls(self):
        """Secrets and patients' numbers go only over encrypted ways, or stay on the machine."""
        for gateway in self:
            for url in filter(None, (gateway.url, gateway.callback_url)):
                parts = urlsplit(url)
                local = parts.hostname in ("127.0.0.1", "localhost")
                if not parts.hostname or not (
                    parts.scheme == "https" or (local and parts.scheme == "http")
                ):
                    raise ValidationError(_("“%s” must start with https://.", url))

    @api.constrains("provider", "url", "account", "sender")
    def _check_complete(self):
        """A gateway that can't work is told so here, not by the first patient's message."""
        for gateway in self:
            if gateway.provider == "generic_http" and not gateway.url:
                raise ValidationError(_("Please enter the provider's address."))
            if gateway.provider in ("twilio", "whatsapp_cloud") and not gateway.account:
                raise ValidationError(_("Please enter the account."))
            if gateway.provider == "twilio" and not gateway.sender:
                raise ValidationError(_("Please enter the sender."))

    @api.constrains("http_headers")
    def _check_headers(self):
        for gateway in self:
            try:
                generic_http.parse_headers(
                    gateway.http_headers or "", dict.fromkeys(("key", "account", "secret"), "")
                )
            except ValueError:
                raise ValidationError(_("Headers are written as “Name: value”.")) from None

    @api.model
    def _usable_channels(self, company):
        """Codes of the channels by which a practice can write, email first.

        Calls and letters cost people's time: they come last, so that what goes by itself does so
        unless the patient likes them better or the template has a text for nothing else.
        """
        domain = [("company_id", "=", company.id), ("active", "=", True)]
        codes = dict.fromkeys(
            gateway.channel_id.code for gateway in self.sudo().search_fetch(domain, ["channel_id"])
        )
        by_people = [code for code in BY_PEOPLE if code in codes]
        return ("email", *(code for code in codes if code not in BY_PEOPLE), *by_people)

    @api.model
    def _adapter(self, company, channel_code):
        """The adapter by which a practice's messages go out on a channel.

        Without a gateway the adapter refuses each message with the reason ``no_gateway``.

        :raises UnsupportedFeature: when no adapter is installed for the channel.
        """
        if channel_code == "email":
            return get_channel("email")(self.env)
        gateway = self.sudo().search(
            [
                ("company_id", "=", company.id),
                ("channel_id.code", "=", channel_code),
                ("active", "=", True),
            ],
            limit=1,
        )
        return gateway._make_adapter() if gateway else get_channel(channel_code)(self.env)

    def _make_adapter(self):
        """The adapter of this gateway; it may read the secrets whoever the user is."""
        self.ensure_one()
        return get_provider(self.provider)(self.env, self.sudo())

    def _note_outcomes(self, outcomes):
        """Keep the last trouble that lies in the gateway, for its form; a success clears it.

        :param outcomes: list of `Outcome` of one batch. Their details stay with the messages:
            they may name a patient's number.
        """
        self.ensure_one()
        for outcome in reversed(outcomes):
            if outcome.state == "sent" or outcome.reason in _TROUBLES:
                error = False if outcome.state == "sent" else outcome.reason
                if self.last_error != error:
                    self.last_error = error
                return

    def _note_reports(self, reports):
        """Keep what a provider reports about the account itself, and not about a message.

        :param reports: list of `ProviderEvent` of one call.
        """
        self.ensure_one()
        for report in reports:
            about_message = report.provider_ref or report.key
            if report.reason in _TROUBLES and not about_message:
                self.last_error = report.reason

    def _cost(self, text):
        """Price of a text in the gateway's currency, 0.0 for channels without parts."""
        self.ensure_one()
        if self.channel_id.code != "sms":
            return 0.0
        return sms_text.cost(self._sms_letters(text), self.price)

    def _sms_letters(self, text):
        """A text in the letters in which the gateway sends it."""
        self.ensure_one()
        return sms_text.transliterate(text) if self.plain_letters else text
