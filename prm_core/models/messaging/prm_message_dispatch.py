import logging
from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from ... import policy
from ...channels import Outgoing, get_channel
from ...outbox import Request

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
        """Messages of a process that died: nobody knows whether they went, so a person decides."""
        limit = fields.Datetime.now() - timedelta(minutes=STALE_AFTER)
        stale = self.search([("state", "=", "sending"), ("claimed_at", "<", limit)])
        stale.write({"state": "unknown", "reason": "interrupted"})

    def _send_claimed(self):
        """Hand over claimed messages, channel by channel, and record the outcomes."""
        allowed = self._hold_back_forbidden()
        for channel, messages in allowed.grouped("channel_id").items():
            adapter = get_channel(channel.code)(self.env)
            outcomes = {}
            try:
                for outcome in adapter.send(messages._prepare_outgoing()):
                    outcomes[outcome.message_id] = outcome
            except Exception:
                # The adapter itself broke: what it did not report may or may not have gone.
                _logger.exception("Channel %s broke while sending.", channel.code)
            for message in messages:
                message._apply_outcome(outcomes.get(message.id))
        self._emit_sent()

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
                )
            )
        return result

    def _apply_outcome(self, outcome):
        """Record what became of one message."""
        self.ensure_one()
        now = fields.Datetime.now()
        if outcome is None:
            self.write({"state": "unknown", "reason": "interrupted"})
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
