import logging
import secrets
from urllib.parse import urlsplit, urlunsplit

from odoo import api, fields, models
from odoo.tools.urls import urljoin

from ...channels.base import UnsupportedFeature

_logger = logging.getLogger(__name__)


class PrmGateway(models.Model):
    """What a provider sends to the practice, and where to."""

    _inherit = "prm.gateway"

    webhook_token = fields.Char(
        default=lambda self: secrets.token_urlsafe(18), required=True, readonly=True, copy=False,
        groups="prm_core.group_prm_manager",
    )  # fmt: skip
    webhook_url = fields.Char(
        "Address to enter there", compute="_compute_webhook_url",
        groups="prm_core.group_prm_manager",
        help="Where the provider sends its reports and what patients answer.",
    )  # fmt: skip
    verify_token = fields.Char(
        "Verify token to enter there", compute="_compute_verify_token",
        groups="prm_core.group_prm_manager",
    )  # fmt: skip

    report_days = fields.Integer(
        "Keep reports for", compute="_compute_report_days", inverse="_inverse_report_days",
        aggregator=None,
        help="Days after which numbers and texts are taken out of providers' reports; what became "
        "of the messages stays. It holds for all channels of the practice.",
    )  # fmt: skip

    _webhook_token_uniq = models.UniqueIndex("(webhook_token)")

    @api.depends("company_id.prm_report_days")
    def _compute_report_days(self):
        for gateway in self:
            gateway.report_days = gateway.company_id.sudo().prm_report_days

    def _inverse_report_days(self):
        """Who may set up a practice's gateways may decide this, though not edit companies."""
        for gateway in self:
            gateway.company_id.sudo().prm_report_days = gateway.report_days

    @api.depends("webhook_token", "callback_url")
    def _compute_webhook_url(self):
        for gateway in self:
            own = urljoin(gateway.get_base_url(), f"/prm/w/{gateway.webhook_token}")
            gateway.webhook_url = gateway.callback_url or own

    @api.depends("provider", "webhook_secret")
    def _compute_verify_token(self):
        for gateway in self:
            adapter = gateway._make_adapter() if gateway.provider else None
            verify = getattr(adapter, "verify_token", None)
            gateway.verify_token = verify() if verify else False

    @api.model
    def _find_by_token(self, token):
        """The gateway behind an address; archived ones still take late reports."""
        found = self.with_context(active_test=False).search([("webhook_token", "=", token)])
        return found.with_company(found.company_id)

    def _answer_challenge(self, params):
        """What to answer when a provider checks the address, None to refuse."""
        answer = getattr(self._make_adapter(), "answer_challenge", None)
        return answer(params) if answer else None

    def _receive(self, raw, headers, query=""):
        """Keep what a provider sends, once it is certain that it comes from there.

        What it means is worked out later: the provider waits for the answer, and sends again what
        was not taken within seconds.

        :param raw: the body as bytes; :param query: of the address that was called.
        :return: (text, type, HTTP status) of the answer.
        """
        self.ensure_one()
        adapter = self._make_adapter()
        url = urlunsplit(urlsplit(self.webhook_url)._replace(query=query))
        try:
            genuine = adapter.verify_webhook(raw, headers, url)
        except UnsupportedFeature:
            return "", "text/plain", 404
        if not genuine:
            _logger.info("A call to the webhook of gateway %s has no valid signature.", self.id)
            return "", "text/plain", 403
        try:
            events = adapter.parse_webhook(raw, headers, url)
        except (ValueError, RecursionError):
            _logger.warning("Gateway %s: a signed call can't be read.", self.id)
            return "", "text/plain", 400
        self.env["prm.message.event"]._store(self.company_id, self.channel_id, events, self)
        self._note_reports(events)
        text, mimetype = adapter.webhook_answer
        return text, mimetype, 200
