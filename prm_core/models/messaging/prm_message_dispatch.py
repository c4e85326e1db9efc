import logging
import re
import secrets
import time
from contextlib import contextmanager
from datetime import timedelta
from functools import cache

import psycopg2
from odoo import api, fields, models
from odoo.tools import SQL
from psycopg2 import errors

from ... import policy
from ...channels import Outcome, Outgoing
from ...channels.base import UnsupportedFeature
from ...outbox import MIN_BATCH, Request, next_batch
from ...unsubscribe import unsubscribe_headers
from .prm_message_outcome import Verdict

_logger = logging.getLogger(__name__)

#: Minutes after which a message that is still "going out" and names no dispatcher was left behind.
STALE_AFTER = 15
#: What is read of a claimed message: not the gate's facts, which are asked for anew.
_CLAIMED_FIELDS = (
    "patient_id", "company_id", "purpose_id", "template_id", "channel_id", "address", "lang",
    "subject", "body", "idempotency_key", "attempts", "expires_at", "typed", "reply_to_id",
)  # fmt: skip
#: An email's name as others may have written it; nothing else goes into a header.
_MESSAGE_ID = re.compile(r"<[^\s<>]{1,250}>")
#: How often a step is begun afresh when another process touched the same rows.
MAX_TRIES = 10


class PrmMessageDispatch(models.Model):
    """The dispatcher: claims what is due, hands it to the channel, has the outcome recorded.

    Each run holds an advisory lock of its own for as long as its connection lives, and writes the
    lock's key on what it claims. When the process dies, PostgreSQL lets go of the lock, and any
    other run sees at once which messages were left behind. (This needs a connection that is kept
    for a session; a pooler that hands them out by transaction would not do.)
    """

    _inherit = "prm.message"

    @api.model
    def _wake_dispatcher(self):
        self.env.ref("prm_core.prm_message_dispatch_cron").sudo()._trigger()

    @api.model
    def _cron_dispatch(self):
        """Send what is due, batch by batch. Several workers may run this at the same time."""
        cron = self.env["ir.cron"]
        size = MIN_BATCH
        with self._claimant() as claimant:
            self._try_afresh(self._reconcile_interrupted)
            cron._commit_progress(0)
            while batch := self._try_afresh(lambda limit=size: self._claim(limit, claimant)):
                # From here on a crash leaves the rows as "sending", and the lock tells of it.
                cron._commit_progress(0)
                started = time.monotonic()
                batch._send_claimed()
                # A batch that is not full was the last, unless more has become due meanwhile.
                more = 1 if len(batch) == size else self._count_due()
                if not cron._commit_progress(len(batch), remaining=more):
                    break
                size = next_batch(size, time.monotonic() - started)
            else:
                cron._commit_progress(0, remaining=self._count_due())

    @contextmanager
    def _claimant(self):
        """Hold a lock for as long as this run lives; gives its key."""
        key = secrets.randbelow(2**63 - 1) + 1
        cr = self.env.cr
        cr.execute("SELECT pg_advisory_lock(%s)", [key])
        try:
            yield key
        finally:
            try:
                cr.execute("SELECT pg_advisory_unlock(%s)", [key], log_exceptions=False)
            except errors.InFailedSqlTransaction:
                cr.rollback()
                cr.execute("SELECT pg_advisory_unlock(%s)", [key])
            except (psycopg2.InterfaceError, psycopg2.OperationalError):
                _logger.debug("The connection is gone, and the lock with it.")

    @api.model
    def _try_afresh(self, step):
        """Do a step that begins a transaction; again, when another process was at the same rows.

        Transactions see one moment (REPEATABLE READ): what another one has changed since can't be
        changed, and PostgreSQL says so. A new transaction sees the change.
        """
        for tries_left in reversed(range(MAX_TRIES)):
            try:
                return step()
            except (errors.SerializationFailure, errors.DeadlockDetected):
                self.env.cr.rollback()
                if not tries_left:
                    raise
        return None

    @api.model
    def _count_due(self):
        now = fields.Datetime.now()
        domain = [("state", "=", "queued"), ("by_hand", "=", False), ("scheduled_at", "<=", now)]
        return self.search_count(domain, limit=1)

    @api.model
    def _claim(self, limit, claimant=None):
        """Take due messages for this worker alone.

        :param claimant: key of the advisory lock that the worker holds.
        """
        self.flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                UPDATE prm_message
                   SET state = 'sending', claimed_at = %(now)s, attempts = attempts + 1,
                       claimed_by = %(claimant)s, write_date = %(now)s
                 WHERE id IN (
                       SELECT id FROM prm_message
                        WHERE state = 'queued' AND NOT by_hand AND scheduled_at <= %(now)s
                     ORDER BY scheduled_at, id
                        LIMIT %(limit)s
                          FOR UPDATE SKIP LOCKED)
             RETURNING id
                """,
                now=fields.Datetime.now(),
                claimant=claimant,
                limit=limit,
            )
        )
        self.invalidate_model(["state", "claimed_at", "claimed_by", "attempts"], flush=False)
        return self.browse(sorted(row[0] for row in rows))

    @api.model
    def _reconcile_interrupted(self):
        """Messages of a process that died: what becomes of them, see `_judge_uncertain`."""
        self.flush_model()
        # A key of 64 bits appears in pg_locks as two halves, with objsubid 1.
        rows = self.env.execute_query(
            SQL(
                """
                SELECT id FROM prm_message
                 WHERE state = 'sending' AND NOT by_hand
                   AND CASE WHEN claimed_by IS NULL THEN claimed_at < %(limit)s
                       ELSE claimed_by NOT IN (
                            SELECT (classid::bigint << 32) | objid::bigint
                              FROM pg_locks
                             WHERE locktype = 'advisory' AND objsubid = 1 AND granted
                               AND database = (SELECT oid FROM pg_database
                                                WHERE datname = current_database()))
                       END
                   FOR UPDATE SKIP LOCKED
                """,
                limit=fields.Datetime.now() - timedelta(minutes=STALE_AFTER),
            )
        )
        left = self.browse(sorted(row[0] for row in rows))
        self._record(left._judge_interrupted())

    def _send_claimed(self):
        """Hand over claimed messages, channel by channel, and record the outcomes."""
        commit = self.env["ir.cron"]._commit_progress
        self.fetch(_CLAIMED_FIELDS)
        results, broken = self._each_by_itself(self._make_ready)
        ready = {key: result for key, result in results.items() if isinstance(result, Outgoing)}
        held_back = [results[key] for key in results.keys() - ready.keys()]
        self._record([*held_back, *broken._judge_broken()])
        # Read before the commit, after which all would be read anew.
        roads = list(self.browse(ready)._by_road())
        for (company, channel), messages in roads:
            messages._expect_reports(company, channel, ready)
        commit(0)
        for (company, channel), messages in roads:
            outcomes, idempotent = messages._hand_over(company, channel, ready)
            # What was read up to here is old by now: others may have touched these rows.
            commit(0)
            self._try_afresh(lambda m=messages, o=outcomes, i=idempotent: m._finish(o, i))
            commit(0)

    def _finish(self, outcomes, idempotent):
        """Record what one adapter reported, and try another channel for what it refused."""
        verdicts = self._judge(outcomes, idempotent)
        written = self._record(verdicts)
        refused = {verdict.message_id for verdict in verdicts if verdict.state == "failed"}
        if not refused.intersection(written.ids):
            return
        failed = written.filtered(lambda message: message.state == "failed")
        try:
            with self.env.cr.savepoint():
                for reason, messages in failed.grouped("reason").items():
                    # A mail server that refuses at the door may mean us and not the address: what
                    # it means, it says in its reports.
                    if reason != "bad_address":
                        messages._shun_addresses(reason)
                written._fall_over()
        except psycopg2.OperationalError:
            raise
        except Exception:
            _logger.exception("What follows from a refusal could not be done.")

    def _each_by_itself(self, step):
        """Do a step for all messages at once, or, when it breaks, for one after the other.

        :param step: from messages to a list with something for each.
        :return: ``{message id: its result}``, and the messages for which the step breaks.
        """
        try:
            with self.env.cr.savepoint():
                return dict(zip(self.ids, step(self), strict=True)), self.browse()
        except psycopg2.OperationalError:
            raise
        except Exception:
            if len(self) == 1:
                _logger.exception("Message %s can't be made ready.", self.id)
                return {}, self
        results, broken = {}, self.browse()
        for message in self:
            result, breaks = message._each_by_itself(step)
            results.update(result)
            broken |= breaks
        return results, broken

    @api.model
    def _make_ready(self, messages):
        """Ask the gate again, and bring what may go into the form of the channel contract.

        :return: list of `channels.Outgoing`, or `Verdict` for what may not go (yet), in order.
        """
        facts = dict(zip(messages.ids, self._gather_claimed_facts(messages), strict=True))
        results = {verdict.message_id: verdict for verdict in messages._judge_forbidden(facts)}
        allowed = messages.filtered(lambda message: message.id not in results)
        results.update(zip(allowed.ids, self._prepare_outgoing(allowed), strict=True))
        return [results[key] for key in messages.ids]

    @api.model
    def _gather_claimed_facts(self, messages):
        """The gate's facts, asked for again: a no that came after queueing still counts."""
        return self._gather_facts(
            [
                Request(
                    message.patient_id,
                    message.purpose_id.code,
                    message.template_id,
                    message=message,
                    asked_now=bool((message.request_data or {}).get("asked_now")),
                )
                for message in messages
            ]
        )

    def _judge_forbidden(self, facts):
        """Verdicts on what may not go, or not at this hour.

        :param facts: ``{message id: policy.Facts}``
        """
        verdicts = []
        for message in self:
            decision = policy.decide(facts[message.id])
            if decision.outcome == policy.ALLOW:
                if decision.address != message.address:
                    # Corrected since it was queued, or somebody else reads it now.
                    message.address = decision.address
                continue
            options = {"reason": decision.reason, "facts": policy.to_plain(facts[message.id])}
            if decision.allowed:
                # Its hour has passed meanwhile: it waits for the next one, and that is no attempt.
                options.update(scheduled_at=decision.until, attempts=message.attempts - 1)
            state = "queued" if decision.allowed else "suppressed"
            verdicts.append(Verdict(message.id, state, **options))
        return verdicts

    def _judge_broken(self):
        """Verdicts on messages that can't be made ready."""
        return [Verdict(message.id, "failed", "bad_content") for message in self]

    def _expect_reports(self, company, channel, ready):
        """Let the adapter note what is to be there before the first report comes.

        Where it breaks, the hand-over goes on: at worst a report is lost, and no message.

        :param channel: its code; :param ready: as in `_hand_over`.
        """
        try:
            with self.env.cr.savepoint():
                adapter = self.env["prm.gateway"]._adapter(company, channel)
                adapter.expect([ready[message.id] for message in self])
        except UnsupportedFeature:
            return
        except psycopg2.OperationalError:
            raise
        except Exception:
            _logger.exception("Channel %s can't prepare for its reports.", channel)

    def _hand_over(self, company, channel, ready):
        """Give messages of one practice and channel to its adapter; others don't notice.

        :param channel: its code.
        :param ready: ``{message id: channels.Outgoing}``
        :return: ``{message id: channels.Outcome}``, and whether the adapter is idempotent.
        """
        outcomes = {}
        try:
            adapter = self.env["prm.gateway"]._adapter(company, channel)
        except UnsupportedFeature as error:
            return {
                message.id: Outcome(message.id, "failed", "no_gateway", str(error))
                for message in self
            }, False
        try:
            with self.env.cr.savepoint():
                for outcome in adapter.send([ready[message.id] for message in self]):
                    outcomes[outcome.message_id] = outcome
                if adapter.gateway:
                    adapter.gateway._note_outcomes(list(outcomes.values()))
        except Exception:
            # The adapter itself broke: what it did not report may or may not have gone.
            _logger.exception("Channel %s broke while sending.", channel)
        return outcomes, adapter.idempotent

    @api.model
    def _prepare_outgoing(self, messages):
        """The messages in the form of the channel contract."""
        result = []
        headers = messages._prepare_unsubscribe_headers()
        threads = messages._prepare_thread_headers()
        options = messages._prepare_channel_options()
        reply_to = self.env["prm.mailbox"]._reply_to(messages.company_id)

        @cache
        def sender_of(company):
            own = company.email_formatted or company.partner_id.email_formatted
            return own or self.env["ir.mail_server"]._get_default_from_address()

        for message in messages:
            company = message.company_id
            result.append(
                Outgoing(
                    message_id=message.id,
                    key=message.idempotency_key,
                    address=message.address,
                    subject=message.subject or "",
                    body=message.body or "",
                    lang=message.lang or "en",
                    sender=sender_of(company),
                    reply_to=reply_to.get(company.id, ""),
                    practice=company.name,
                    headers={**threads.get(message.id, {}), **headers.get(message.id, {})},
                    options=options.get(message.id, {}),
                    typed=message.typed,
                )
            )
        return result

    def _prepare_thread_headers(self):
        """Headers by which mail programs put an answer below what it answers (RFC 5322, 3.6.4).

        :return: ``{message id: headers}`` for the emails that answer an email.
        """
        result = {}
        for message in self:
            asked = message.reply_to_id.sudo()
            if message.channel_id.code != "email" or asked.channel_id != message.channel_id:
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
        optional = self.filtered(
            lambda message: message.channel_id.code == "email" and message.purpose_id.pausable
        )
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
