"""Email through Odoo's mail servers, with one connection for a batch."""

import logging
import smtplib
from email.utils import formataddr, make_msgid

from .. import mail_layout
from ..importing import normalise
from .base import Channel, Outcome

_logger = logging.getLogger(__name__)

#: The server's answer is kept for staff, cut to what a person reads.
MAX_DETAIL = 300


def _detail(error):
    text = str(getattr(error, "smtp_error", "") or error)
    return text[:MAX_DETAIL]


def _failure(error):
    """Reason code, and whether to try again: 4xx answers are for later, 5xx are for good."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        codes = [answer[0] for answer in error.recipients.values()]
        return ("mailbox_busy", True) if all(c < 500 for c in codes) else ("bad_address", False)
    code = getattr(error, "smtp_code", 0)
    if 400 <= code < 500:
        return "server_busy", True
    if code >= 500:
        return "server_refused", False
    return "no_connection", True


class EmailChannel(Channel):
    """SMTP by `ir.mail_server`."""

    code = "email"
    provider = "smtp"
    label = "Odoo's mail servers"

    @classmethod
    def validate_address(cls, address):
        return normalise.email(address or "")

    def _build(self, outgoing):
        """The message as the standard library's object."""
        headers = {
            "Auto-Submitted": "auto-generated",
            "X-Auto-Response-Suppress": "OOF, AutoReply",
            **outgoing.headers,
        }
        domain = outgoing.sender.rpartition("@")[2].strip("> ") or None
        return self.env["ir.mail_server"]._build_email__(
            email_from=outgoing.sender,
            email_to=[outgoing.address],
            subject=outgoing.subject,
            body=mail_layout.to_html(outgoing.body, outgoing.lang, outgoing.practice),
            body_alternative=outgoing.body,
            subtype="html",
            reply_to=outgoing.reply_to or outgoing.sender,
            # The same key gives the same Message-ID: a mailbox shows a doubled message once.
            message_id=make_msgid(outgoing.key, domain=domain) if not outgoing.key
            else f"<{outgoing.key}@{domain or 'localhost'}>",
            headers=headers,
        )  # fmt: skip

    def send(self, batch):
        """See `Channel.send`. A connection that breaks is opened again once for the rest."""
        session = None
        for outgoing in batch:
            try:
                message = self._build(outgoing)
            except Exception as error:  # a text that no mail can be made of: only this one fails
                _logger.warning("Message %s can't be built: %s", outgoing.message_id, type(error))
                yield Outcome(outgoing.message_id, "failed", "bad_content", type(error).__name__)
                continue
            try:
                if session is None:
                    session = self._connect(outgoing.sender)
            except Exception as error:
                yield Outcome(
                    outgoing.message_id, "failed", "no_connection", _detail(error), retry=True
                )
                continue
            try:
                self._hand_over(message, session)
            except (smtplib.SMTPServerDisconnected, TimeoutError, ConnectionError) as error:
                session = None
                yield Outcome(outgoing.message_id, "unknown", "connection_lost", _detail(error))
            except Exception as error:
                self._reset(session)
                reason, retry = _failure(error)
                yield Outcome(outgoing.message_id, "failed", reason, _detail(error), retry=retry)
            else:
                yield Outcome(outgoing.message_id, "sent", provider_ref=message["Message-Id"])
        self._close(session)

    def _connect(self, sender):
        return self.env["ir.mail_server"]._connect__(smtp_from=sender)

    def _hand_over(self, message, session):
        """Like `send_email` of the mail server, but keeps the server's own error classes."""
        servers = self.env["ir.mail_server"]
        smtp_from, recipients, message = servers._prepare_email_message__(message, session)
        if not servers._disable_send():
            session.send_message(message, smtp_from, recipients)

    def _reset(self, session):
        try:
            session.rset()
        except (smtplib.SMTPException, OSError, AttributeError):
            _logger.debug("The SMTP session could not be reset.")

    def _close(self, session):
        if session is None:
            return
        try:
            session.quit()
        except (smtplib.SMTPException, OSError):
            _logger.debug("The SMTP session was closed by the server.")


def format_sender(name, address):
    """``"Dental practice" <hello@aurora.example>``"""
    return formataddr((name, address))
