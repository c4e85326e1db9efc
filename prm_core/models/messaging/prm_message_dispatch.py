import logging
import secrets
import time
from contextlib import contextmanager
from datetime import timedelta

import psycopg2
from odoo import api, fields, models
from odoo.tools import SQL
from psycopg2 import errors

from ...channels import Outcome, Outgoing
from ...channels.base import UnsupportedFeature
from ...outbox import MIN_BATCH, next_batch
from .prm_message_outcome import Verdict

_logger = logging.getLogger(__name__)

#: Minutes after which a message that is still "going out" and names no dispatcher was left behind.
STALE_AFTER = 15
#: The scheduled actions that send: as many as Odoo's server has workers for, unless told otherwise.
DISPATCHERS = ("prm_core.prm_message_dispatch_cron", "prm_core.prm_message_dispatch_cron_2")
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
        """Have all dispatchers run: Odoo runs an action once at a time, so there are several."""
        for name in DISPATCHERS:
            if cron := self.env.ref(name, raise_if_not_found=False):
                cron.sudo()._trigger()

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
        # That another dispatcher was faster is nothing to write into the log.
        self.env.cr.execute(
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
            ),
            log_exceptions=False,
        )
        rows = self.env.cr.fetchall()
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
        results, broken = self._each_by_itself(self._make_ready)
        ready = {key: result for key, result in results.items() if isinstance(result, Outgoing)}
        held_back = [results[key] for key in results.keys() - ready.keys()]
        self._record([*held_back, *broken._judge_broken()])
        # Read before the commit, after which all would be read anew.
        roads = self.browse(ready)._by_road()
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

    def _judge_broken(self):
        """Verdicts on messages that can't be made ready."""
        return [Verdict(message.id, "failed", "bad_content") for message in self]

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
