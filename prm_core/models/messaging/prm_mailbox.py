import logging

from odoo import api, fields, models
from odoo.tools import email_normalize, html2plaintext

from ...channels import ProviderEvent
from ...delivery_status import is_automatic, message_key, parse
from ...email_reply import new_text

_logger = logging.getLogger(__name__)


class PrmMailbox(models.Model):
    """A practice's address for answers: what comes in there lands in the patients' conversations.

    Odoo's mail gateway brings the emails, by the alias that belongs to the mailbox.
    """

    _name = "prm.mailbox"
    _description = "Mailbox for Answers"
    _inherit = ["mail.thread", "mail.alias.mixin"]
    _order = "company_id"
    _rec_name = "alias_email"

    company_id = fields.Many2one(
        "res.company", string="Practice", required=True, ondelete="cascade",
        default=lambda self: self.env.company,
    )  # fmt: skip

    _company_uniq = models.Constraint(
        "unique(company_id)", "This practice has a mailbox for answers already."
    )

    def _alias_get_creation_values(self):
        values = super()._alias_get_creation_values()
        values["alias_model_id"] = self.env["ir.model"]._get_id(self._name)
        if self.id:
            values["alias_force_thread_id"] = self.id
        return values

    @api.model
    def _reply_to(self, companies):
        """``{company id: address}`` for answers, of the practices that have one."""
        mailboxes = self.sudo().search([("company_id", "in", companies.ids)])
        return {
            mailbox.company_id.id: mailbox.alias_email
            for mailbox in mailboxes
            if mailbox.alias_email
        }

    def message_update(self, msg_dict, update_vals=None):
        """An email has come: it is kept as a report is, and taken in by the same job."""
        self.ensure_one()
        channel = self.env["prm.channel"].search([("code", "=", "email")], limit=1)
        stored = self.env["prm.message.event"]._store(
            self.company_id, channel, [self._read_email(msg_dict)]
        )
        for attachment in msg_dict.get("attachments") or ():
            self._keep_attachment(stored, attachment)
        return True

    def _read_email(self, msg_dict):
        """An email of Odoo's mail gateway as a `ProviderEvent`."""
        own = (self.company_id.email, self.alias_email)
        text = new_text(html2plaintext(msg_dict.get("body") or ""), own)
        return ProviderEvent(
            provider_event_id=msg_dict["message_id"],
            kind="inbound",
            provider_ref=msg_dict["message_id"],
            occurred_at=fields.Datetime.to_datetime(msg_dict.get("date")),
            address=email_normalize(msg_dict.get("email_from") or "") or "",
            subject=msg_dict.get("subject") or "",
            text=text,
            reason="auto_reply" if self.env.context.get("prm_automatic") else "",
            in_reply_to=message_key(msg_dict.get("in_reply_to"), msg_dict.get("references")),
        )

    def _keep_attachment(self, stored, attachment):
        """What the patient sent along; it moves to the message once that is made."""
        name, content = attachment[0], attachment[1]
        if stored and content:
            self.env["ir.attachment"].sudo().create(
                {
                    "name": name or self.env._("File"),
                    "raw": content.encode() if isinstance(content, str) else content,
                    "res_model": stored._name,
                    "res_id": stored.id,
                }
            )

    def message_post(self, **kwargs):
        """Nothing: the patient's conversation has it, where only staff of the practice read it."""
        return self.env["mail.message"]


class MailThread(models.AbstractModel):
    """What the mail gateway learns about emails that we sent."""

    _inherit = "mail.thread"

    @api.model
    def _message_route_process(self, message, message_dict, routes):
        knowing = self.with_context(prm_automatic=is_automatic(message))
        return super(MailThread, knowing)._message_route_process(message, message_dict, routes)

    @api.model
    def _routing_handle_bounce(self, email_message, message_dict):
        result = super()._routing_handle_bounce(email_message, message_dict)
        try:
            reports = parse(email_message)
        except Exception:
            # Others write these reports, and some write them badly: all other mail goes on.
            _logger.warning("A report about an email can't be read.", exc_info=True)
            return result
        self.env["prm.message.event"].sudo()._store_email_reports(reports)
        return result
