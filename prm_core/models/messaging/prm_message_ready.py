import re
from functools import cache

from odoo import api, models

from ... import policy
from ...bulk import read_rows
from ...channels import Outgoing
from ...outbox import Request
from ...unsubscribe import unsubscribe_headers
from .prm_message_outcome import Verdict

#: What is read of a claimed message: not the gate's facts, which are asked for anew.
_CLAIMED_FIELDS = (
    "patient_id", "company_id", "purpose_id", "template_id", "channel_id", "address", "lang",
    "subject", "body", "idempotency_key", "attempts", "expires_at", "typed", "reply_to_id",
    "res_model", "request_data",
)  # fmt: skip
#: What of it the channels get.
_HANDED_OVER = ("idempotency_key", "address", "subject", "body", "lang", "typed")
#: An email's name as others may have written it; nothing else goes into a header.
_MESSAGE_ID = re.compile(r"<[^\s<>]{1,250}>")


class PrmMessageReady(models.Model):
    """From claimed messages to what the channels take: the gate is asked again, and then all that
    a hand-over needs is put together, so that afterwards nothing has to be read.
    """

    _inherit = "prm.message"

    @api.model
    def _make_ready(self, messages):
        """Ask the gate again, and bring what may go into the form of the channel contract.

        :return: list of `channels.Outgoing`, or `Verdict` for what may not go (yet), in order.
        """
        messages.fetch(_CLAIMED_FIELDS)
        facts = dict(zip(messages.ids, self._gather_claimed_facts(messages), strict=True))
        results = {verdict.message_id: verdict for verdict in messages._judge_forbidden(facts)}
        allowed = self.browse([number for number in messages.ids if number not in results])
        results.update(zip(allowed.ids, self._prepare_outgoing(allowed), strict=True))
        return [results[key] for key in messages.ids]

    @api.model
    def _gather_claimed_facts(self, messages):
        """The gate's facts, asked for again: a no that came after queueing still counts."""
        names = ("patient_id", "purpose_id", "template_id", "request_data")
        rows = read_rows(messages, names).values()
        patients = self.env["prm.patient"].browse([row.patient_id for row in rows])
        purpose = cache(lambda number: self.env["prm.purpose"].browse(number).code)
        template = cache(lambda number: self.env["prm.template"].browse(number or ()))
        return self._gather_facts(
            [
                Request(
                    patient, purpose(row.purpose_id), template(row.template_id), message=message,
                    asked_now=bool((row.request_data or {}).get("asked_now")),
                )
                for message, patient, row in zip(messages, patients, rows, strict=True)
            ]
        )  # fmt: skip

    def _judge_forbidden(self, facts):
        """Verdicts on what may not go, or not at this hour.

        :param facts: ``{message id: policy.Facts}``
        """
        verdicts = []
        for number, row in read_rows(self, ("address", "attempts")).items():
            decision = policy.decide(facts[number])
            if decision.outcome == policy.ALLOW:
                if decision.address != row.address:
                    # Corrected since it was queued, or somebody else reads it now.
                    self.browse(number).address = decision.address
                continue
            options = {"reason": decision.reason, "facts": policy.to_plain(facts[number])}
            if decision.allowed:
                # Its hour has passed meanwhile: it waits for the next one, and that is no attempt.
                options.update(scheduled_at=decision.until, attempts=row.attempts - 1)
            state = "queued" if decision.allowed else "suppressed"
            verdicts.append(Verdict(number, state, **options))
        return verdicts

    @api.model
    def _prepare_outgoing(self, messages):
        """The messages in the form of the channel contract, in their order."""
        ready = {}
        for (company, channel), of_road in messages._by_road():
            ready.update(of_road._prepare_outgoing_by(company, channel))
        return [ready[number] for number in messages.ids]

    def _prepare_outgoing_by(self, company, channel):
        """The same for messages of one practice and channel: ``{id: Outgoing}``.

        :param channel: its code.
        """
        own = company.email_formatted or company.partner_id.email_formatted
        sender = own or self.env["ir.mail_server"]._get_default_from_address()
        reply_to = self.env["prm.mailbox"]._reply_to(company).get(company.id, "")
        headers = self._prepare_headers(channel)
        options = self._prepare_channel_options(channel)
        return {
            number: Outgoing(
                message_id=number,
                key=row.idempotency_key,
                address=row.address,
                subject=row.subject or "",
                body=row.body or "",
                lang=row.lang or "en",
                sender=sender,
                reply_to=reply_to,
                practice=company.name,
                headers=headers.get(number, {}),
                options=options.get(number, {}),
                typed=bool(row.typed),
            )
            for number, row in read_rows(self, _HANDED_OVER).items()
        }

    def _prepare_headers(self, channel):
        """Headers of emails beside those that all have: ``{id: headers}``."""
        if channel != "email":
            return {}
        threads, exits = self._prepare_thread_headers(), self._prepare_unsubscribe_headers()
        return {
            number: {**threads.get(number, {}), **exits.get(number, {})}
            for number in threads.keys() | exits.keys()
        }

    def _prepare_channel_options(self, channel):
        """Hook: what only one channel knows of a message, see `Outgoing.options`: ``{id: …}``."""
        return {}

    def _prepare_thread_headers(self):
        """Headers by which mail programs put an answer below what it answers (RFC 5322, 3.6.4).

        :return: ``{message id: headers}`` for the emails that answer an email.
        """
        result = {}
        for message in self.filtered("reply_to_id"):
            asked = message.reply_to_id.sudo()
            if asked.channel_id != message.channel_id:
                continue
            ours = asked.reply_to_id.provider_ref if asked.quotes else ""
            ids = [name for name in (ours, asked.provider_ref) if _MESSAGE_ID.fullmatch(name or "")]
            if asked.provider_ref in ids:
                result[message.id] = {"In-Reply-To": ids[-1], "References": " ".join(ids)}
        return result

    def _prepare_unsubscribe_headers(self):
        """One-click headers (RFC 8058) for the emails that a patient can do without: ``{id: …}``.

        What belongs to a treatment under way has none: a button in a mail program is pressed
        easily, and the patient would miss the visit.
        """
        links = self.env["prm.link"]
        optional = self.filtered(lambda message: message.purpose_id.pausable)
        issued = links._issue_many(
            [
                links._unsubscribe_wish(
                    message.patient_id, message.purpose_id.code, "email", message
                )
                for message in optional
            ]
        )
        return {
            message.id: unsubscribe_headers(links._unsubscribe_url(url))
            for message, (_link, url) in zip(optional, issued, strict=True)
        }
