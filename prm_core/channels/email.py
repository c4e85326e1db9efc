"""Email through Odoo's mail servers, with one connection for a batch."""

import logging
import smtplib
from email.utils import formataddr, formatdate, make_msgid

from .. import mail_layout
from ..importing import normalise
from .base import Channel, Outcome
from .mail_frame import Mail, MailFrame, is_plain_address

_logger = logging.getLogger(__name__)

#: The server's answer is kept for staff, cut to what a person reads.
MAX_DETAIL = 300
#: What Odoo does to make a mail. Where another add-on does it in its own way, each mail is made so.
_MAKERS = (
    "_build_email__", "_prepare_email_message__", "_alter_message__", "_prepare_smtp_to_list",
)  # fmt: skip
#: Keys of the context by which Odoo leaves out recipients.
_FILTERS = frozenset(("send_validated_to", "send_smtp_skip_to"))


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


#: Says that no person wrote it (RFC 3834), so that no machine answers.
_AUTOMATIC = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "OOF, AutoReply"}


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
        return self.env["ir.mail_server"]._build_email__(
            email_from=outgoing.sender,
            email_to=[outgoing.address],
            subject=outgoing.subject,
            body=mail_layout.to_html(outgoing.body, outgoing.lang, outgoing.practice),
            body_alternative=outgoing.body,
            subtype="html",
            reply_to=outgoing.reply_to or outgoing.sender,
            message_id=self._message_id(outgoing),
            headers={**({} if outgoing.typed else _AUTOMATIC), **outgoing.headers},
        )

    @staticmethod
    def _message_id(outgoing):
        """The same key gives the same id: a mailbox shows a doubled message once."""
        domain = outgoing.sender.rpartition("@")[2].strip("> ") or None
        if not outgoing.key:
            return make_msgid(domain=domain)
        return f"<{outgoing.key}@{domain or 'localhost'}>"

    def _make(self, outgoing, session, frames):
        """A message ready for `_hand_over`: from the frame of others like it, or built by itself.

        :param frames: ``{what they have in common: MailFrame, or None when there is none}``; None
            itself when there are no others.
        """
        if frames is None or not outgoing.body or not is_plain_address(outgoing.address):
            return self._build(outgoing)
        key = (outgoing.sender, outgoing.reply_to, outgoing.typed, *outgoing.headers)
        if key not in frames:
            frames[key] = self._make_frame(outgoing, session)
        if not frames[key]:
            return self._build(outgoing)
        return frames[key].fill(
            {
                "Message-Id": self._message_id(outgoing),
                "Subject": outgoing.subject,
                "To": outgoing.address,
                "Date": formatdate(),
                **outgoing.headers,
            },
            outgoing.body,
            mail_layout.to_html(outgoing.body, outgoing.lang, outgoing.practice),
        )

    def _make_frame(self, outgoing, session):
        """What a mail has in common with others from the same sender by the same server.

        :return: a `MailFrame`, or None when an add-on may treat each mail differently.
        """
        servers = self.env["ir.mail_server"]
        base = "odoo.addons.base."
        if _FILTERS & set(self.env.context) or not all(
            getattr(type(servers), name).__module__.startswith(base) for name in _MAKERS
        ):
            return None
        sender, recipients, message = servers._prepare_email_message__(
            self._build(outgoing), session
        )
        if recipients != [outgoing.address] or message["To"] != outgoing.address:
            return None
        differing = ("Message-Id", "Subject", "To", "Date", *outgoing.headers)
        return MailFrame(message, sender, differing)

    def send(self, batch):
        """See `Channel.send`. A connection that breaks is opened again once for the rest."""
        session, frames = None, None
        for outgoing in batch:
            try:
                if session is None:
                    session = self._connect(outgoing.sender)
                    # One alone is as well built by itself, unless it has a header that would be
                    # spoiled: Python cuts and encodes a long unsubscribe address.
                    frames = {} if len(batch) > 1 or outgoing.headers else None
            except Exception as error:
                yield Outcome(
                    outgoing.message_id, "failed", "no_connection", _detail(error), retry=True
                )
                continue
            try:
                message = self._make(outgoing, session, frames)
            except Exception as error:  # a text that no mail can be made of: only this one fails
                _logger.warning("Message %s can't be built: %s", outgoing.message_id, type(error))
                yield Outcome(outgoing.message_id, "failed", "bad_content", type(error).__name__)
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
        if isinstance(message, Mail):
            if not servers._disable_send():
                session.sendmail(message.sender, message.recipients, message.data)
            return
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
