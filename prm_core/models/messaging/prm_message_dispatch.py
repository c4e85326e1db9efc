import logging
from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from ... import policy
from ...channels import Outgoing
from ...outbox import Request
from ...unsubscribe import unsubscribe_headers

_logger = logging.getLogger(__name__)

BATCH_SIZE = 50
MAX_ATTEMPTS = 5
#: Minutes to wait after the first attempt that failed for a passing reason; doubled each time.
FIRST_RETRY = 5
#: Minutes after which a message that is still "going out" belongs to a process that died.
STALE_AFTER = 15


class PrmMessageDispatch(models.Model):
    """The dispatcher: claims what is due, hands it to the channel, records what became of it."""

    _inherit = "prm.message"

    @api.model
    def _wake_dispatcher(self):
        self.env.ref("prm_core.prm_message_dispatch_cron").sudo()._trigger()

    @api.model
    def _cron_dispatch(self):
        """Send what is due, batch by batch. Several workers may run this at the same time."""
        cron = self.env["ir.cron"]
        self._reconcile_interrupted()
        while batch := self._claim(BATCH_SIZE):
            # From here on a crash leaves the rows as "sending": nobody sends them again unasked.
            cron._commit_progress(0)
            batch._send_claimed()
            if not cron._commit_progress(len(batch), remaining=self._count_due()):
                break

    @api.model
    def _count_due(self):
        return self.search_count(
            [("state", "=", "queued"), ("scheduled_at", "<=", fields.Datetime.now())], limit=1
        )

    @api.model
    def _claim(self, limit):
        """Take due messages for this worker alone."""
        self.flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                UPDATE prm_message
                   SET state = 'sending', claimed_at = %(now)s, attempts = attempts + 1,
                       write_date = %(now)s
                 WHERE id IN (
                       SELECT id FROM prm_message
                        WHERE state = 'queued' AND scheduled_at <= %(now)s
                     ORDER BY scheduled_at, id
                        LIMIT %(limit)s
                          FOR UPDATE SKIP LOCKED)
             RETURNING id
                """,
                now=fields.Datetime.now(),
                limit=limit,
            )
        )
        self.invalidate_model(["state", "claimed_at", "attempts"])
        return self.browse(sorted(row[0] for row in rows))

    @api.model
    def _reconcile_interrupted(self):
        """Messages of a process that died."""
        limit = fields.Datetime.now() - timedelta(minutes=STALE_AFTER)
        stale = self.search([("state", "=", "sending"), ("claimed_at", "<", limit)])
        stale._leave_uncertain("interrupted")

    def _send_claimed(self):
        """Hand over claimed messages, channel by channel, and record the outcomes."""
        allowed = self._hold_back_forbidden()
        roads = allowed.grouped(lambda message: (message.company_id, message.channel_id))
        for (company, channel), messages in roads.items():
            messages._hand_over(company, channel)
        self._emit_sent()

    def _hand_over(self, company, channel):
        """Give messages of one practice and channel to its adapter; others don't notice."""
        outcomes = {}
        try:
            adapter = self.env["prm.gateway"]._adapter(company, channel.code)
            for outcome in adapter.send(self._prepare_outgoing()):
                outcomes[outcome.message_id] = outcome
            if adapter.gateway:
                adapter.gateway._note_outcomes(list(outcomes.values()))
        except Exception:
            # The adapter itself broke: what it did not report may or may not have gone.
            _logger.exception("Channel %s broke while sending.", channel.code)
        for message in self:
            message._apply_outcome(outcomes.get(message.id))

    def _hold_back_forbidden(self):
        """Ask the gate again: a no that came after queueing still counts, and so does the hour.

        :return: the messages that may go.
        """
        requests = [
            Request(
                message.patient_id, message.purpose_id.code, message.template_id, message=message
            )
            for message in self
        ]
        forbidden = self.browse()
        for message, facts in zip(self, self._gather_facts(requests), strict=True):
            decision = policy.decide(facts)
            if decision.outcome == policy.ALLOW:
                continue
            forbidden |= message
            vals = {"reason": decision.reason, "facts": policy.to_plain(facts)}
            if decision.allowed:
                # Its hour has passed meanwhile: it waits for the next one, and that is no attempt.
                vals.update(
                    state="queued", scheduled_at=decision.until, attempts=message.attempts - 1
                )
            else:
                vals["state"] = "suppressed"
            message.write(vals)
        return self - forbidden

    def _prepare_outgoing(self):
        """The messages in the form of the channel contract."""
        result = []
        headers = self._prepare_unsubscribe_headers()
        for message in self:
            company = message.company_id
            sender = company.email_formatted or company.partner_id.email_formatted
            result.append(
                Outgoing(
                    message_id=message.id,
                    key=message.idempotency_key,
                    address=message.address,
                    subject=message.subject or "",
                    body=message.body or "",
                    lang=message.lang or "en",
                    sender=sender or self.env["ir.mail_server"]._get_default_from_address(),
                    practice=company.name,
                    headers=headers.get(message.id, {}),
                )
            )
        return result

    def _prepare_unsubscribe_headers(self):
        """One-click headers (RFC 8058) for the emails that a patient can do without: ``{id: …}``.

        What belongs to a treatment under way has none: a button in a mail program is pressed
        easily, and the patient would miss the visit.
        """
        links = self.env["prm.link"]
        optional = self.filtered(
            lambda message: message.channel_id.code == "email" and message.purpose_id.pausable
        )
        issued = links._issue_many(
            [
                links._unsubscribe_wish(message.patient_id, message.purpose_id.code, "email")
                for message in optional
            ]
        )
        return {
            message.id: unsubscribe_headers(links._unsubscribe_url(url))
            for message, (_link, url) in zip(optional, issued, strict=True)
        }

    def _leave_uncertain(self, reason, detail=False):
        """Nobody knows whether these went: by the purpose's rule once more, or a person decides.

        A reminder that comes twice does less harm than one that never came. An adapter that tells
        the gateway the message's key can send again without any risk.
        """
        for message in self:
            vals = {"state": "unknown", "reason": reason, "detail": detail}
            safe = message._is_idempotent()
            if safe or (message.purpose_id.uncertain == "retry" and message.attempts < 2):
                vals.update(state="queued", scheduled_at=fields.Datetime.now())
            if message.attempts >= MAX_ATTEMPTS:
                vals["state"] = "unknown"
            message.write(vals)

    def _is_idempotent(self):
        """Whether the gateway sends a message once, however often it gets its key."""
        self.ensure_one()
        adapter = self.env["prm.gateway"]._adapter(self.company_id, self.channel_id.code)
        return adapter.idempotent

    def _apply_outcome(self, outcome):
        """Record what became of one message."""
        self.ensure_one()
        now = fields.Datetime.now()
        if outcome is None:
            self._leave_uncertain("interrupted")
        elif outcome.state == "unknown":
            self._leave_uncertain(outcome.reason, outcome.detail)
        elif outcome.state == "sent":
            self.write(
                {"state": "sent", "sent_at": now, "provider_ref": outcome.provider_ref,
                 "reason": False, "detail": False}
            )  # fmt: skip
        elif outcome.retry and self.attempts < MAX_ATTEMPTS:
            wait = timedelta(minutes=FIRST_RETRY * 2 ** (self.attempts - 1))
            self.write(
                {"state": "queued", "reason": outcome.reason, "detail": outcome.detail,
                 "scheduled_at": now + wait}
            )  # fmt: skip
        else:
            reason = "too_many_attempts" if outcome.retry else outcome.reason
            self.write({"state": outcome.state, "reason": reason, "detail": outcome.detail})

    def _emit_sent(self):
        """Timeline rows for what went out and for what could not."""
        events = self.env["prm.event"]
        for state, code in (("sent", "message_sent"), ("failed", "message_failed")):
            messages = self.filtered(lambda message, state=state: message.state == state)
            if messages:
                events.emit(
                    code,
                    [
                        {
                            "patient": message.patient_id,
                            "company_id": message.company_id.id,
                            "record": message,
                            "payload": {
                                "subject": message.subject,
                                "channel": message.channel_id.code,
                            },
                        }
                        for message in messages
                    ],
                )
