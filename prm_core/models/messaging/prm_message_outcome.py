import json
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from ...bulk import read_rows, table
from ...channels.base import UnsupportedFeature
from ...outbox import Request

MAX_ATTEMPTS = 5
#: Minutes to wait after the first attempt that failed for a passing reason; doubled each time.
FIRST_RETRY = 5
#: However long the other side wants to be left alone, for a day nobody asks why nothing goes.
MAX_RETRY = timedelta(hours=24)
#: Reasons that lie in the text or in the patient's will: another channel is no answer to them.
NO_FALL_OVER = frozenset(
    ("bad_content", "empty_text", "marketing_stopped", "opted_out", "too_many_attempts")
)
#: Reasons of a failure after which the address is not to be tried again: why it is blocked.
BLOCKING = {"bad_address": "bounced", "bad_number": "bounced", "opted_out": "stop"}

_COLUMNS = (
    "state", "reason", "detail", "provider_ref", "sent_at", "scheduled_at", "attempts", "facts",
)  # fmt: skip


@dataclass(slots=True)
class Verdict:
    """What is to be written about one message that was going out.

    ``reason`` and ``detail`` are replaced in any case; None elsewhere leaves the column as it is.

    :param message_id: database id; :param sent_at, scheduled_at: naive UTC.
    """

    message_id: int
    state: str
    reason: str | None = None
    detail: str | None = None
    provider_ref: str | None = None
    sent_at: datetime | None = None
    scheduled_at: datetime | None = None
    attempts: int | None = None
    facts: object = None


def _clean(text):
    """What others wrote, as PostgreSQL takes it: no zero bytes; nothing instead of no letters."""
    return (text or "").replace("\0", "") or None


class PrmMessageOutcome(models.Model):
    """What became of messages: judged one by one, written batch by batch."""

    _inherit = "prm.message"

    @api.model
    def _record(self, verdicts):
        """Write verdicts with one statement, and the timeline's rows with another.

        Messages that are no longer going out stay as they are: a report of the provider was faster.

        :param verdicts: list of `Verdict`.
        :return: the messages that were written.
        """
        if not verdicts:
            return self.browse()
        self.flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                UPDATE prm_message m
                   SET state = v.state, reason = v.reason, detail = v.detail,
                       provider_ref = COALESCE(v.provider_ref, m.provider_ref),
                       sent_at = COALESCE(v.sent_at, m.sent_at),
                       scheduled_at = COALESCE(v.scheduled_at, m.scheduled_at),
                       attempts = COALESCE(v.attempts, m.attempts),
                       facts = COALESCE(v.facts, m.facts),
                       claimed_by = NULL, write_date = now() AT TIME ZONE 'UTC'
                  FROM %s AS v
                 WHERE m.id = v.id AND m.state = 'sending'
             RETURNING m.id, m.state, m.patient_id, m.company_id, m.subject, m.channel_id
                """,
                table(self._to_columns(verdicts)),
            )
        )
        self.invalidate_model([*_COLUMNS, "claimed_by", "write_date"], flush=False)
        codes = self.env["prm.channel"]._codes_by_id()
        rows = sorted((*row, codes.get(channel_id)) for *row, channel_id in rows)
        written = self.browse([row[0] for row in rows])
        written.modified(_COLUMNS)
        self._emit_ends(rows)
        return written

    @api.model
    def _to_columns(self, verdicts):
        """Verdicts as `bulk.table` takes them; no empty texts."""
        facts = [json.dumps(one.facts) if one.facts else None for one in verdicts]
        return {
            "id": ("int", [one.message_id for one in verdicts]),
            "state": ("varchar", [one.state for one in verdicts]),
            "reason": ("varchar", [_clean(one.reason) for one in verdicts]),
            "detail": ("varchar", [_clean(one.detail) for one in verdicts]),
            "provider_ref": ("varchar", [_clean(one.provider_ref) for one in verdicts]),
            "sent_at": ("timestamp", [one.sent_at for one in verdicts]),
            "scheduled_at": ("timestamp", [one.scheduled_at for one in verdicts]),
            "attempts": ("int", [one.attempts for one in verdicts]),
            "facts": ("jsonb", facts),
        }

    def _judge(self, outcomes, idempotent):
        """Verdicts on messages that one adapter was given.

        :param outcomes: ``{message id: channels.Outcome}``; who is missing may have gone or not.
        :param idempotent: whether the adapter sends a message once, however often it gets its key.
        """
        now = fields.Datetime.now()
        return [message._judge_one(outcomes.get(message.id), idempotent, now) for message in self]

    def _judge_one(self, outcome, idempotent, now):
        if outcome is None:
            return self._judge_uncertain(idempotent, "interrupted")
        if outcome.state == "unknown":
            return self._judge_uncertain(idempotent, outcome.reason, outcome.detail)
        if outcome.state == "sent":
            return Verdict(self.id, "sent", provider_ref=outcome.provider_ref, sent_at=now)
        if outcome.retry and self.attempts < MAX_ATTEMPTS:
            wait = timedelta(minutes=FIRST_RETRY * 2 ** (self.attempts - 1))
            if outcome.retry_after is not None:
                wait = min(timedelta(seconds=outcome.retry_after), MAX_RETRY)
            return Verdict(
                self.id, "queued", outcome.reason, outcome.detail, scheduled_at=now + wait
            )
        reason = "too_many_attempts" if outcome.retry else outcome.reason
        return Verdict(self.id, outcome.state, reason, outcome.detail)

    def _judge_uncertain(self, idempotent, reason, detail=None):
        """Nobody knows whether it went: by the purpose's rule once more, or a person decides.

        A reminder that comes twice does less harm than one that never came. An adapter that tells
        the gateway the message's key can send again without any risk.
        """
        self.ensure_one()
        again = idempotent or (self.purpose_id.uncertain == "retry" and self.attempts < 2)
        if again and self.attempts < MAX_ATTEMPTS:
            # Behind the others: a message that kills whoever sends it would hold them all up.
            now = fields.Datetime.now()
            return Verdict(self.id, "queued", reason, detail, scheduled_at=now)
        return Verdict(self.id, "unknown", reason, detail)

    def _judge_interrupted(self):
        """Verdicts on messages whose dispatcher died."""
        verdicts = []
        for (company, channel), messages in self._by_road():
            try:
                idempotent = self.env["prm.gateway"]._adapter(company, channel).idempotent
            except UnsupportedFeature:
                idempotent = False
            verdicts += messages._judge({}, idempotent)
        return verdicts

    def _by_road(self):
        """List of ``((practice, channel's code), messages)``, one for each pair."""
        codes = self.env["prm.channel"]._codes_by_id()
        roads = defaultdict(list)
        for number, road in read_rows(self, ("company_id", "channel_id")).items():
            roads[road].append(number)
        return [
            (
                (self.env["res.company"].browse(company_id), codes.get(channel_id)),
                self.browse(numbers),
            )
            for (company_id, channel_id), numbers in roads.items()
        ]

    @api.model
    def _emit_ends(self, rows):
        """Timeline rows for what went out and for what could not.

        :param rows: (message id, its state, patient id, practice id, subject, channel's code)
        """
        for state, code in (("sent", "message_sent"), ("failed", "message_failed")):
            entries = [
                {
                    "patient": patient_id,
                    "company_id": company_id,
                    "record": self.browse(message_id),
                    "payload": {"subject": subject or False, "channel": channel},
                }
                for message_id, now, patient_id, company_id, subject, channel in rows
                if now == state
            ]
            if entries:
                self.env["prm.event"].emit(code, entries)

    def _shun_addresses(self, reason):
        """What a failure says about the address, and about what its owner wants, holds from now on.

        :param reason: why these messages failed.
        """
        if blocked := BLOCKING.get(reason):
            rows = [
                (message.company_id, message.channel_id, message.address, blocked)
                for message in self
                if message.address
            ]
            self.env["prm.address.block"]._block_many(rows)
        # Few ever say so, and each has a ledger of their own.
        ledger = self.env["prm.consent"].sudo()
        for message in self if reason in ("opted_out", "marketing_stopped") else ():
            patient, channel = message.patient_id, message.channel_id
            if reason == "opted_out":
                said = ledger._stop(patient, channel)
            else:
                said = ledger._record_reply(
                    patient, channel, message.purpose_id, "withdrawn", "provider"
                )
            if said:
                message._emit("opted_out")

    def _fall_over(self):
        """Send what failed for good by the next channel that the gate allows, once.

        :return: the messages that go instead.
        """
        failed = self.filtered(
            lambda message: (
                message.state == "failed"
                and message.reason not in NO_FALL_OVER
                and message.template_id
                and not message.fallback_of_id
            )
        )
        failed -= self.search([("fallback_of_id", "in", failed.ids)]).fallback_of_id
        requests = [message._prepare_fallback() for message in failed]
        allowed = [
            request
            for request, decision in zip(requests, self._decide(requests), strict=True)
            if decision.allowed
        ]
        return self._queue(allowed)

    def _prepare_fallback(self):
        """The request that asks for the same by another channel."""
        self.ensure_one()
        data = self.request_data or {}
        record = None
        if self.res_model and self.res_model in self.env:
            record = self.env[self.res_model].browse(self.res_id).exists() or None
        return Request(
            patient=self.patient_id,
            purpose=self.purpose_id.code,
            template=self.template_id,
            record=record,
            variables=data.get("variables") or {},
            link_action=data.get("link_action") or "",
            link_payload=data.get("link_payload") or {},
            channels=tuple(data.get("channels") or ()),
            exclude_channels=(self.channel_id.code,),
            fallback_of=self,
        )
