import logging
from datetime import timedelta

import psycopg2
from odoo import api, fields, models
from odoo.tools import SQL

from ...bulk import insert
from ...outbox import STATE_RANK, may_follow
from ...redaction import mask_report
from ...well_formed import well_formed

_logger = logging.getLogger(__name__)

BATCH_SIZE = 200
#: A report may be faster than the note of what it is about: it is looked at again, ever later.
MAX_ATTEMPTS = 12
FIRST_RETRY = 1
#: Reports from which numbers and texts are taken in one go.
CLEARED_AT_ONCE = 5000

_STATES = [
    ("new", "To be looked at"),
    ("applied", "Taken up"),
    ("stale", "Nothing new"),
    ("unmatched", "About nothing we know"),
    ("failed", "Could not be read"),
]


#: Reports on what a person chose in the messenger.
PREFERENCES = ("marketing_stop", "marketing_resume")
#: What a report holds of a person, as a condition of SQL.
_PRIVATE = "num_nonnulls(raw, address, text, subject, detail) > 0"


class PrmMessageEvent(models.Model):
    """What a provider reported, as it came: one row for each report, however often it was sent.

    Stored at once, and applied by a job of its own, so that a provider never waits and nothing that
    came is lost.
    """

    _name = "prm.message.event"
    _description = "Provider's Report"
    _order = "id desc"
    _rec_name = "kind"

    company_id = fields.Many2one("res.company", required=True, index=True, ondelete="cascade")
    channel_id = fields.Many2one("prm.channel", required=True, ondelete="restrict")
    gateway_id = fields.Many2one("prm.gateway", ondelete="set null", index="btree_not_null")
    provider_event_id = fields.Char(required=True)
    kind = fields.Selection(
        [
            ("sent", "Sent"),
            ("delivered", "Delivered"),
            ("read", "Read"),
            ("failed", "Failed"),
            ("complained", "Marked as spam"),
            ("inbound", "Message from a person"),
            ("marketing_stop", "No more advertising"),
            ("marketing_resume", "Advertising again"),
            ("unknown", "Something else"),
        ],
        required=True,
    )
    provider_ref = fields.Char()
    key = fields.Char()
    occurred_at = fields.Datetime(help="When it happened, by the provider's clock.")
    received_at = fields.Datetime(required=True, default=fields.Datetime.now)
    address = fields.Char(groups="prm_core.group_prm_manager")
    text = fields.Text(groups="prm_core.group_prm_manager")
    subject = fields.Char(groups="prm_core.group_prm_manager")
    reason = fields.Char()
    detail = fields.Char()
    in_reply_to = fields.Char()
    media = fields.Char(help="What came besides words.")
    raw = fields.Json(groups="base.group_system", help="The report as it came.")
    raw_shown = fields.Text(
        "Report", compute="_compute_raw_shown", help="As it came, without numbers and texts."
    )
    state = fields.Selection(_STATES, required=True, default="new")
    attempts = fields.Integer(required=True, default=0)
    due_at = fields.Datetime(required=True, default=fields.Datetime.now)
    message_id = fields.Many2one("prm.message", index="btree_not_null", ondelete="cascade")

    _event_uniq = models.UniqueIndex(
        "(channel_id, COALESCE(gateway_id, 0), company_id, provider_event_id)"
    )
    _due_idx = models.Index("(due_at, id) WHERE state = 'new'")
    _private_idx = models.Index(f"(received_at) WHERE {_PRIVATE}")

    def _compute_raw_shown(self):
        for event in self.sudo():
            event.raw_shown = mask_report(event.raw)

    @api.depends("kind")
    def _compute_display_name(self):
        labels = dict(self._fields["kind"]._description_selection(self.env))
        for event in self:
            event.display_name = labels.get(event.kind)

    @api.model
    def _store(self, company, channel, reports, gateway=None):
        """Keep reports that have not come before, and see to it that they are applied.

        :param reports: list of `channels.ProviderEvent`.
        :return: the new rows; a report that is here already makes none.
        """
        vals_list = [
            {
                "company_id": company.id,
                "channel_id": channel.id,
                "gateway_id": gateway.id if gateway else False,
                **self._prepare_report(report),
            }
            for report in reports
        ]
        stored = insert(self.sudo(), vals_list, skip_existing=True)
        if stored:
            self.env.ref("prm_core.prm_message_event_cron").sudo()._trigger()
        return stored

    @api.model
    def _prepare_report(self, report):
        """A report's values; what PostgreSQL can't hold is taken out."""
        texts = (
            "provider_event_id", "provider_ref", "key", "address", "text", "reason", "detail",
            "in_reply_to", "subject", "media",
        )  # fmt: skip
        return {
            **{name: well_formed(getattr(report, name)) or False for name in texts},
            "kind": report.kind,
            "occurred_at": report.occurred_at or False,
            "raw": well_formed(report.raw) or False,
        }

    @api.model
    def _store_email_reports(self, reports):
        """Keep reports of mail servers; the message that each is about says whose it is."""
        keys = [report.key for report in reports if report.key]
        messages = self.env["prm.message"].sudo().search([("idempotency_key", "in", keys)])
        by_key = messages.grouped("idempotency_key")
        for report in reports:
            if message := by_key.get(report.key):
                self._store(message.company_id, message.channel_id, [report])

    # -- applying

    @api.model
    def _cron_apply(self):
        """Apply what came, batch by batch. Several workers may run this at the same time."""
        cron = self.env["ir.cron"]
        messages = self.env["prm.message"]
        while done := messages._try_afresh(self._apply_due):
            if not cron._commit_progress(done, remaining=self._count_due()):
                break

    @api.model
    def _count_due(self):
        domain = [("state", "=", "new"), ("due_at", "<=", fields.Datetime.now())]
        return self.search_count(domain, limit=1)

    @api.model
    def _apply_due(self):
        """One batch: the number of reports that were looked at."""
        self.flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT id FROM prm_message_event
                 WHERE state = 'new' AND due_at <= %s
              ORDER BY due_at, id LIMIT %s
                   FOR UPDATE SKIP LOCKED
                """,
                fields.Datetime.now(),
                BATCH_SIZE,
            )
        )
        events = self.sudo().browse(row[0] for row in rows)
        inbound = events.filtered(lambda event: event.kind == "inbound")
        choices = events.filtered(lambda event: event.kind in PREFERENCES)
        (events - inbound - choices)._each(lambda batch: batch._apply_reports())
        for event in inbound:
            event._each(lambda one: one.env["prm.message"]._take_in(one))
        for event in choices:
            event._each(lambda one: one._apply_preference())
        return len(events)

    def _each(self, step):
        """Do a step for all at once; when it breaks, one by one, and those that break wait."""
        try:
            with self.env.cr.savepoint():
                step(self)
                self.env.flush_all()
            return
        except psycopg2.OperationalError:
            raise
        except Exception:
            self.env.invalidate_all()
            if len(self) == 1:
                _logger.exception("Report %s can't be applied.", self.id)
                self._wait("failed")
                return
        for event in self:
            event._each(step)

    def _wait(self, end):
        """Look again later, and after many times no more: then ``end`` is what it comes to."""
        now = fields.Datetime.now()
        for event in self:
            attempts = event.attempts + 1
            wait = timedelta(minutes=FIRST_RETRY * 2**event.attempts)
            over = attempts >= MAX_ATTEMPTS
            event.write(
                {"attempts": attempts, "due_at": now + wait, "state": end if over else "new"}
            )

    def _apply_reports(self):
        """Move messages on by what was reported about them: never back, whatever the order."""
        by_message, lost = self._find_messages()
        lost._wait("unmatched")
        messages = self.env["prm.message"].sudo().browse(sorted(by_message))
        messages._wait_for_rows()
        moves = {}
        for message in messages:
            events = by_message[message.id]
            events.message_id = message
            top = max(events, key=lambda event: (STATE_RANK.get(event.kind, -1), -event.id))
            moved = may_follow(message.state, top.kind)
            if moved:
                key = (top.kind, top.reason, top.detail)
                moves[key] = moves.get(key, messages.browse()) | message
            events.state = "stale"
            if moved:
                top.state = "applied"
        for (kind, reason, detail), moving in moves.items():
            moving._take_report(kind, reason, detail)
        self._shun_addresses()

    def _find_messages(self):
        """``{message id: its reports}``, and the reports about no message that is known."""
        messages = self.env["prm.message"].sudo()
        messages.flush_model(["provider_ref", "idempotency_key", "company_id", "channel_id"])
        refs = list({event.provider_ref for event in self if event.provider_ref})
        keys = list({event.key for event in self if event.key})
        found = messages.search(
            [
                ("company_id", "in", self.company_id.ids),
                ("direction", "=", "out"),
                "|", ("provider_ref", "in", refs), ("idempotency_key", "in", keys),
            ]
        )  # fmt: skip
        by_ref, by_key = {}, {}
        for message in found:
            road = (message.company_id, message.channel_id)
            if message.provider_ref:
                by_ref[(*road, message.provider_ref)] = message
            if message.idempotency_key:
                by_key[(*road, message.idempotency_key)] = message
        by_message, lost = {}, self.browse()
        for event in self:
            road = (event.company_id, event.channel_id)
            message = by_key.get((*road, event.key)) or by_ref.get((*road, event.provider_ref))
            if message:
                by_message[message.id] = by_message.get(message.id, self.browse()) | event
            else:
                lost |= event
        return by_message, lost

    # -- afterwards

    @api.autovacuum
    def _gc_private(self):
        """Take numbers and texts out of old reports; that they came, and what they said of a
        message, stays. Texts of patients are in their conversation.

        :return: how many were cleared, and whether there are more.
        """
        self.flush_model()
        self.env["res.company"].flush_model(["prm_report_days"])
        rows = self.env.execute_query(
            SQL(
                """
                UPDATE prm_message_event
                   SET raw = NULL, address = NULL, text = NULL, subject = NULL, detail = NULL
                 WHERE id IN (
                       SELECT e.id
                         FROM prm_message_event e
                         JOIN res_company c ON c.id = e.company_id
                        WHERE %(private)s AND e.state <> 'new'
                          AND e.received_at < %(now)s - c.prm_report_days * interval '1 day'
                     ORDER BY e.received_at
                        LIMIT %(limit)s
                          FOR UPDATE OF e SKIP LOCKED)
             RETURNING id
                """,
                private=SQL(_PRIVATE),  # pylint: disable=sql-injection
                now=fields.Datetime.now(),
                limit=CLEARED_AT_ONCE,
            )
        )
        self.invalidate_model(["raw", "address", "text", "subject", "detail"], flush=False)
        # Files of emails that never became a message; those that did took theirs along.
        self.env["ir.attachment"].sudo().search(
            [("res_model", "=", self._name), ("res_id", "in", [row[0] for row in rows])]
        ).unlink()
        return len(rows), len(rows) == CLEARED_AT_ONCE

    def _apply_preference(self):
        """What a person chose in the messenger about advertising goes into the ledger."""
        self.ensure_one()
        ledger, messages = self.env["prm.consent"].sudo(), self.env["prm.message"]
        road = [(name, "=", self[name].id) for name in ("company_id", "channel_id")]
        newer = self.occurred_at and self.search_count(
            [*road, ("address", "=", self.address), ("kind", "in", PREFERENCES),
             ("occurred_at", ">", self.occurred_at)],
            limit=1,
        )  # fmt: skip
        patients = messages._find_writers(self.company_id, self.channel_id, self.address)
        self.state = "stale" if newer else "applied" if patients else "unmatched"
        stops = self.kind == "marketing_stop"
        for patient in patients if not newer else ():
            if stops:
                rows = ledger._stop_marketing(patient, self.channel_id)
            else:
                rows = ledger._restart(patient, self.channel_id, "provider")
            if rows:
                messages._emit_choice(
                    patient, self.channel_id, "opted_out" if stops else "opted_in"
                )

    def _shun_addresses(self):
        """Write no more to addresses that don't exist or whose owner does not want it."""
        rows = [
            (event.company_id, event.channel_id, event.message_id.address, "complained")
            for event in self
            if event.kind == "complained" and event.message_id.address
        ]
        if rows:
            self.env["prm.address.block"]._block_many(rows)
        failed = self.filtered(lambda event: event.kind == "failed" and event.message_id)
        for reason, events in failed.grouped("reason").items():
            events.message_id._shun_addresses(reason)
