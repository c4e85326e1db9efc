import smtplib
from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.tests import tagged

from ..channels.email import EmailChannel
from ..channels.twilio import TwilioChannel
from .test_message import MessageCase

NOBODY = 2**62 + 12345  # key of a lock that nobody holds


@tagged("post_install", "-at_install")
class TestQueue(MessageCase):
    def _people(self, count):
        return [
            self._patient(first_name=f"P{index}", email=f"p{index}@example.com")
            for index in range(count)
        ]

    def _statements(self, count):
        """How many statements it takes to queue a batch."""
        patients = self._people(count)
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        # One by one, as callers may hold them: nothing shares a prefetch.
        messages = self.queue(
            *(self.env["prm.patient"].browse(patient.id) for patient in patients),
            link_action="unsubscribe", link_payload={"purpose": "recall", "channel": "email"},
        )  # fmt: skip
        self.env.flush_all()
        used = self.env.cr.sql_log_count - before
        self.assertEqual(set(messages.mapped("state")), {"queued"})
        self.assertEqual(messages.link_id.message_id, messages)
        self.assertEqual(len(messages.link_id), count)
        return used

    def test_a_batch_takes_as_many_statements_whatever_its_size(self):
        self._statements(2)
        few, many = self._statements(5), self._statements(80)
        self.assertLessEqual(many, few)

    def test_keeps_what_it_takes_to_send_again(self):
        message = self.queue(
            self.maria,
            variables={
                "recall.name": "Hygiene", "recall.due_date": fields.Date.to_date("2026-01-02"),
            },
            link_payload={"type_id": 3},
        )  # fmt: skip
        self.assertEqual(
            message.request_data,
            {
                "variables": {"recall.name": "Hygiene", "recall.due_date": "2026-01-02"},
                "link_action": "",
                "link_payload": {"type_id": 3},
            },
        )
        self.assertFalse(self.queue(self.maria).request_data)

    def test_nothing_to_queue(self):
        self.assertFalse(self.env["prm.message"]._queue([]))


@tagged("post_install", "-at_install")
class TestDispatch(MessageCase):
    def _two(self):
        other = self._patient(first_name="Zoe", email="zoe@example.com")
        return self.queue(self.maria, other)

    def test_one_text_that_breaks_stops_nobody_else(self):
        messages = self._two()
        original = type(messages)._prepare_outgoing

        def prepare(model, batch):
            if messages[0] in batch:
                raise ValueError("broken")
            return original(model, batch)

        with patch.object(type(messages), "_prepare_outgoing", prepare):
            session = self.dispatch()
        self.assertEqual(messages.mapped("state"), ["failed", "sent"])
        self.assertEqual(messages[0].reason, "bad_content")
        self.assertEqual(len(session.taken), 1)

    def test_a_gate_that_breaks_for_one_stops_nobody_else(self):
        messages = self._two()
        original = type(messages)._gather_facts

        def gather(model, requests):
            if self.maria in [request.patient for request in requests]:
                model.env.cr.execute("SELECT 1")
                raise KeyError("broken")
            return original(model, requests)

        with patch.object(type(messages), "_gather_facts", gather):
            self.dispatch()
        self.assertEqual(messages.mapped("state"), ["failed", "sent"])

    def test_an_adapter_that_breaks_leaves_its_own_uncertain(self):
        messages = self._two()

        def send(adapter, batch):
            yield from ()
            raise RuntimeError("broken")

        with patch.object(EmailChannel, "send", send):
            self.dispatch()
        self.assertEqual(set(messages.mapped("state")), {"unknown"})
        self.assertEqual(set(messages.mapped("reason")), {"interrupted"})

    def test_only_what_is_tried_again_says_so(self):
        message = self.queue(self.maria)
        self.dispatch(maria=smtplib.SMTPSenderRefused(451, b"later", "x"))
        self.assertEqual((message.state, message.reason), ("queued", "server_busy"))
        self.assertIn("tried again", message.reason_text)
        message.state = "failed"
        self.assertNotIn("tried again", message.reason_text)

    def test_zero_bytes_in_the_servers_words(self):
        messages = self._two()
        refused = smtplib.SMTPSenderRefused(550, b"no\0way", "x")
        refused.smtp_error = "no\0way"
        self.dispatch(maria=refused)
        self.assertEqual(messages.mapped("state"), ["failed", "sent"])
        self.assertEqual(messages[0].detail, "noway")

    def test_a_report_that_was_faster_stays(self):
        message = self.queue(self.maria)
        claimed = self.env["prm.message"]._claim(10)
        message.state = "delivered"
        self.env.flush_all()
        self.assertFalse(claimed._record(claimed._judge({}, False)))
        self.assertEqual(message.state, "delivered")

    def test_all_dispatchers_wake(self):
        """Odoo runs a scheduled action once at a time: two workers need two of them."""
        crons = self.env["ir.cron"].search([("code", "=", "model._cron_dispatch()")])
        self.assertEqual(len(crons), 2)
        self.env["ir.cron.trigger"].search([]).unlink()
        self.queue(self.maria)
        self.assertEqual(self.env["ir.cron.trigger"].search([]).cron_id, crons)

    def test_few_statements_for_many_messages(self):
        people = [
            self._patient(first_name=f"P{index}", email=f"p{index}@example.com")
            for index in range(50)
        ]
        self.queue(*people)
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        session = self.dispatch()
        self.assertEqual(len(session.taken), 50)
        self.assertLess(self.env.cr.sql_log_count - before, 50)

    def test_few_statements_from_the_wish_to_the_server(self):
        people = [
            self._patient(first_name=f"P{index}", email=f"p{index}@example.com")
            for index in range(200)
        ]
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        self.queue(*people)
        session = self.dispatch()
        self.env.flush_all()
        used = self.env.cr.sql_log_count - before
        self.assertEqual(len(session.taken), 200)
        # Three for each would be the most; what batches of 50 need is far less.
        self.assertLessEqual(used, 200)


@tagged("post_install", "-at_install")
class TestInterrupted(MessageCase):
    """What becomes of messages whose dispatcher died."""

    def _left_behind(self, claimant=NOBODY):
        message = self.queue(self.maria)
        self.env["prm.message"]._claim(10, claimant)
        self.assertEqual((message.state, message.claimed_by), ("sending", claimant))
        return message

    def _reconcile(self):
        self.env["prm.message"]._reconcile_interrupted()

    def test_noticed_at_once(self):
        message = self._left_behind()
        self._reconcile()
        self.assertEqual((message.state, message.reason), ("unknown", "interrupted"))
        self.assertFalse(message.claimed_by)

    def test_who_lives_is_left_alone(self):
        messages = self.env["prm.message"]
        with messages._claimant() as key:
            message = self._left_behind(key)
            message.claimed_at = fields.Datetime.now() - timedelta(hours=1)
            self._reconcile()
            self.assertEqual(message.state, "sending")
        self._reconcile()
        self.assertEqual(message.state, "unknown")

    def test_by_the_purposes_rule_once_more(self):
        message = self._left_behind()
        message.purpose_id.uncertain = "retry"
        self._reconcile()
        self.assertEqual((message.state, message.attempts), ("queued", 1))
        self.env["prm.message"]._claim(10, NOBODY)
        self._reconcile()
        self.assertEqual((message.state, message.attempts), ("unknown", 2))

    def test_with_the_same_key_where_that_can_not_double_it(self):
        message = self._left_behind()
        key = message.idempotency_key
        with patch.object(EmailChannel, "idempotent", True):
            self._reconcile()
        self.assertEqual((message.state, message.idempotency_key), ("queued", key))
        self.dispatch()
        self.assertEqual(message.state, "sent")

    def test_what_kills_every_dispatcher_is_given_up(self):
        message = self._left_behind()
        with patch.object(EmailChannel, "idempotent", True):
            for _death in range(4):
                self._reconcile()
                self.assertEqual(message.state, "queued")
                self.env["prm.message"]._claim(10, NOBODY)
            self._reconcile()
        self.assertEqual(message.state, "unknown")

    def test_the_lock_is_let_go(self):
        # Of this database alone: others of the cluster have dispatchers of their own.
        held = """
            SELECT count(*)
              FROM pg_locks l
              JOIN pg_database d ON d.oid = l.database AND d.datname = current_database()
             WHERE l.locktype = 'advisory' AND l.objsubid = 1
        """
        self.env.cr.execute(held)
        before = self.env.cr.fetchone()
        self.queue(self.maria)
        self.dispatch()
        self.env.cr.execute(held)
        self.assertEqual(self.env.cr.fetchone(), before)


@tagged("post_install", "-at_install")
class TestFallOver(MessageCase):
    """A message that can't go by its channel goes by the next one, once."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["prm.gateway"].create(
            {"name": "Text", "company_id": cls.practice.id, "provider": "twilio",
             "account": "AC1", "sender": "+15005550006"}
        )  # fmt: skip
        cls.template.body_ids = [
            (0, 0, {"channel_kind": "sms", "lang": "it", "body": "Ciao {{ patient.first_name }}"})
        ]
        cls.maria.mobile = "+39 333 1234567"

    def _refused(self, mobile_answers=()):
        """A message to an address that does not exist, after the dispatcher is done."""
        message = self.queue(self.maria, variables={"patient.first_name": "Mimi"})
        self.assertEqual(message.channel_id.code, "email")
        refused = smtplib.SMTPRecipientsRefused({"maria@example.com": (550, b"no such user")})
        with patch.object(TwilioChannel, "send", lambda adapter, batch: iter(mobile_answers)):
            self.dispatch(maria=refused)
        return message, self.env["prm.message"].search([("fallback_of_id", "=", message.id)])

    def test_by_the_next_channel(self):
        message, instead = self._refused()
        self.assertEqual((message.state, message.reason), ("failed", "bad_address"))
        self.assertEqual(len(instead), 1)
        self.assertEqual((instead.channel_id.code, instead.body), ("sms", "Ciao Mimi"))
        self.assertNotEqual(instead.idempotency_key, message.idempotency_key)

    def test_not_without_permission(self):
        self.env["prm.consent"].create(
            {
                "patient_id": self.maria.id,
                "purpose_id": self.env.ref("prm_core.prm_purpose_recall").id,
                "channel_id": self.env.ref("prm_core.prm_channel_sms").id,
                "state": "withdrawn",
            }
        )
        message, instead = self._refused()
        self.assertEqual(message.state, "failed")
        self.assertFalse(instead)

    def test_never_a_second_time(self):
        message, instead = self._refused()
        self.assertFalse(message._fall_over())
        instead.write({"state": "failed", "reason": "bad_number"})
        self.assertFalse(instead._fall_over())

    def test_a_text_that_breaks_does_not_undo_the_outcome(self):
        with patch.object(type(self.env["prm.message"]), "_fall_over", side_effect=KeyError("x")):
            message, instead = self._refused()
        self.assertEqual(message.state, "failed")
        self.assertFalse(instead)
