import smtplib
from contextlib import contextmanager
from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ..channels import base
from ..channels.email import EmailChannel
from ..outbox import Request
from .common import PrmCase


class _Session:
    """An SMTP session that answers as told, address by address."""

    def __init__(self, answers):
        self.answers = answers
        self.taken = []

    def send_message(self, message, smtp_from, recipients):
        answer = self.answers.get(recipients[0])
        if answer:
            raise answer
        self.taken.append(message)

    def rset(self):
        pass

    def quit(self):
        pass


class MessageCase(PrmCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.template = cls.env["prm.template"].create(
            {
                "name": "Hello",
                "purpose_id": cls.env.ref("prm_core.prm_purpose_recall").id,
                "body_ids": [
                    (0, 0, {"lang": "it", "subject": "Ciao {{ patient.first_name }}",
                            "body": "Un saluto da {{ practice.name }}"}),
                    (0, 0, {"lang": "en", "subject": "Hello", "body": "From {{ practice.name }}"}),
                ],
            }
        )  # fmt: skip

    def request(self, patient, **options):
        options.setdefault("purpose", "recall")
        options.setdefault("template", self.template)
        return Request(patient, **options)

    def queue(self, *patients, **options):
        requests = [self.request(patient, **options) for patient in patients]
        return self.env["prm.message"]._queue(requests)

    @contextmanager
    def smtp(self, **answers):
        """Hand over to a session that answers per address; nothing is committed meanwhile."""
        session = _Session({f"{name}@example.com": answer for name, answer in answers.items()})
        servers = type(self.env["ir.mail_server"])
        with (
            patch.object(servers, "_disable_send", lambda self: False),
            patch.object(EmailChannel, "_connect", lambda self, sender: session),
            patch.object(
                servers,
                "_prepare_email_message__",
                lambda self, message, session: (message["From"], [message["To"]], message),
            ),
            patch.object(type(self.env["ir.cron"]), "_commit_progress", lambda *a, **k: 60),
        ):
            yield session

    def dispatch(self, **answers):
        with self.smtp(**answers) as session:
            self.env["prm.message"]._cron_dispatch()
        return session


@tagged("post_install", "-at_install")
class TestOutbox(MessageCase):
    def test_queue_renders_in_the_patients_language(self):
        message = self.queue(self.maria)
        self.assertEqual(message.state, "queued")
        self.assertEqual(message.subject, "Ciao Maria")
        self.assertEqual(message.body, "Un saluto da Practice Aurora")
        self.assertEqual((message.lang, message.address), ("it", "maria@example.com"))

    def test_held_back_is_recorded_with_its_reason(self):
        dead = self._patient(first_name="Elio", email="elio@example.com", status="deceased")
        mute = self._patient(first_name="Iris")
        booked = self._patient(first_name="Otto", email="otto@example.com")
        messages = self.queue(dead, mute) | self.queue(booked, blocks=("already_booked",))
        self.assertEqual(messages.mapped("state"), ["suppressed"] * 3)
        self.assertEqual(messages.mapped("reason"), ["deceased", "no_email", "already_booked"])
        self.assertEqual(messages[0].reason_text, "The patient has died.")

    def test_sent_to_the_server_and_into_the_timeline(self):
        message = self.queue(self.maria)
        session = self.dispatch()
        self.assertEqual(message.state, "sent")
        self.assertTrue(message.sent_at)
        mail = session.taken[0]
        self.assertEqual(mail["To"], "maria@example.com")
        self.assertEqual(mail["Auto-Submitted"], "auto-generated")
        self.assertIn(message.idempotency_key, mail["Message-Id"])
        self.assertIn("Un saluto", mail.get_body(("plain",)).get_content())
        self.assertIn("Un saluto", mail.get_body(("html",)).get_content())
        self.assertIn("message_sent", self.maria.event_ids.event_type_id.mapped("code"))

    def test_one_bad_address_stops_nobody_else(self):
        bad = self._patient(first_name="Bea", email="bad@example.com")
        last = self._patient(first_name="Zoe", email="zoe@example.com")
        messages = self.queue(self.maria, bad, last)
        refused = smtplib.SMTPRecipientsRefused({"bad@example.com": (550, b"no such user")})
        self.dispatch(bad=refused)
        self.assertEqual(messages.mapped("state"), ["sent", "failed", "sent"])
        self.assertEqual(messages[1].reason, "bad_address")

    def test_busy_server_is_tried_again_later_and_at_last_given_up(self):
        message = self.queue(self.maria)
        busy = smtplib.SMTPSenderRefused(451, b"try later", "x")
        for attempt in range(1, 6):
            message.scheduled_at = fields.Datetime.now() - timedelta(minutes=1)
            self.dispatch(maria=busy)
            self.assertEqual(message.attempts, attempt)
        self.assertEqual((message.state, message.reason), ("failed", "too_many_attempts"))

    def test_a_later_attempt_waits(self):
        message = self.queue(self.maria)
        self.dispatch(maria=smtplib.SMTPSenderRefused(451, b"try later", "x"))
        self.assertEqual(message.state, "queued")
        self.assertGreater(message.scheduled_at, fields.Datetime.now())
        self.assertFalse(self.dispatch().taken)

    def test_broken_connection_is_uncertain_and_never_sent_twice(self):
        message = self.queue(self.maria)
        self.dispatch(maria=smtplib.SMTPServerDisconnected("gone"))
        self.assertEqual((message.state, message.reason), ("unknown", "connection_lost"))
        self.assertFalse(self.dispatch().taken)

    def test_a_process_that_died_leaves_uncertain_messages(self):
        message = self.queue(self.maria)
        claimed = self.env["prm.message"]._claim(10)
        self.assertIn(message, claimed)
        self.assertEqual(message.state, "sending")
        self.assertFalse(self.dispatch().taken, "what another worker holds is not touched")
        message.claimed_at = fields.Datetime.now() - timedelta(hours=1)
        self.dispatch()
        self.assertEqual((message.state, message.reason), ("unknown", "interrupted"))

    def test_no_after_queueing_still_counts(self):
        message = self.queue(self.maria)
        self.env["prm.consent"].create(
            {
                "patient_id": self.maria.id,
                "purpose_id": self.env.ref("prm_core.prm_purpose_recall").id,
                "state": "withdrawn",
            }
        )
        self.assertFalse(self.dispatch().taken)
        self.assertEqual((message.state, message.reason), ("suppressed", "refused"))

    def test_newest_permission_counts(self):
        marketing = self.env.ref("prm_core.prm_purpose_marketing")
        options = {"purpose": "marketing"}
        self.assertEqual(self.queue(self.maria, **options).reason, "no_permission")
        for state, expected in (("granted", "queued"), ("withdrawn", "suppressed")):
            self.env["prm.consent"].create(
                {"patient_id": self.maria.id, "purpose_id": marketing.id, "state": state}
            )
            self.assertEqual(self.queue(self.maria, **options).state, expected)

    def test_permission_is_append_only(self):
        consent = self.env["prm.consent"].create(
            {
                "patient_id": self.maria.id,
                "purpose_id": self.env.ref("prm_core.prm_purpose_news").id,
                "state": "granted",
            }
        )
        with self.assertRaises(UserError):
            consent.state = "refused"
        with self.assertRaises(UserError):
            consent.unlink()

    def test_acting_never_moves_back(self):
        message = self.queue(self.maria)
        self.dispatch()
        message._mark_acted()
        self.assertEqual(message.state, "acted")
        self.assertFalse(message._advance("read"))
        self.assertEqual(message.state, "acted")

    def test_staff_call_back_and_send_again(self):
        message = self.queue(self.maria)
        mine = self.as_user(self.receptionist, message)
        mine.action_cancel()
        self.assertEqual(message.state, "suppressed")
        with self.assertRaises(UserError):
            mine.action_send_again()
        with self.assertRaises(UserError):
            self.as_user(self.clinician, message).action_cancel()
        with self.assertRaises(AccessError):
            self.as_user(self.stranger, message).action_cancel()
        with self.assertRaises(AccessError):
            mine.write({"state": "sent"})

    def test_many_decisions_few_questions(self):
        patients = [
            self._patient(first_name=f"P{index}", email=f"p{index}@example.com")
            for index in range(40)
        ]
        requests = [self.request(patient) for patient in patients]
        self.env.flush_all()
        self.env.invalidate_all()
        self.env["prm.channel"]._ids_by_code()  # remembered since the server began
        with self.assertQueryCount(12):
            decisions = self.env["prm.message"]._decide(requests)
        self.assertTrue(all(decision.allowed for decision in decisions))


@tagged("post_install", "-at_install")
class TestNoOtherRoad(MessageCase):
    """Nothing leaves but by the outbox: the chatter of a patient is for colleagues."""

    def _mails(self):
        return self.env["mail.mail"].search([])

    def test_the_chatter_does_not_write_to_patients(self):
        before = self._mails()
        patient = self.as_user(self.receptionist, self.maria)
        with self.assertRaisesRegex(UserError, "for colleagues"):
            patient.message_post(
                body="Your results", partner_ids=self.maria.partner_id.ids,
                message_type="comment", subtype_xmlid="mail.mt_comment",
            )  # fmt: skip
        with self.assertRaisesRegex(UserError, "for colleagues"):
            patient.message_post(
                body="Hi", message_type="comment", subtype_xmlid="mail.mt_comment",
                outgoing_email_to="maria@example.com",
            )  # fmt: skip
        self.assertEqual(self._mails(), before)

    def test_odoos_own_sms_is_closed(self):
        with self.assertRaisesRegex(UserError, "for colleagues"):
            self.as_user(self.receptionist, self.maria)._message_sms("Your results")
        composer = self.env["sms.composer"].with_context(
            active_model="prm.patient", active_ids=self.maria.ids
        )
        with self.assertRaisesRegex(UserError, "for colleagues"):
            composer.create({"composition_mode": "mass", "body": "Hi"}).action_send_sms()
        self.assertFalse(self.env["sms.sms"].search([]))

    def test_a_patient_who_follows_gets_nothing(self):
        before = self._mails()
        self.maria.message_subscribe(self.maria.partner_id.ids)
        self.as_user(self.receptionist, self.maria).message_post(
            body="Called, no answer", message_type="comment", subtype_xmlid="mail.mt_comment"
        )
        self.assertEqual(self._mails(), before)

    def test_colleagues_are_told(self):
        note = self.as_user(self.receptionist, self.maria).message_post(
            body="Please look", partner_ids=self.clinician.partner_id.ids,
            message_type="comment", subtype_xmlid="mail.mt_note",
        )  # fmt: skip
        self.assertEqual(note.sudo().notified_partner_ids, self.clinician.partner_id)


class TestEmailChannel(MessageCase):
    def test_addresses(self):
        self.assertEqual(EmailChannel.validate_address(" Anna@Example.ORG "), "anna@example.org")
        for bad in ("", None, "anna", "anna@", "a@b@c.org", "two@example.org, more@example.org"):
            self.assertIsNone(EmailChannel.validate_address(bad), bad)

    def test_what_it_can_not_do_raises(self):
        channel = EmailChannel(self.env)
        with self.assertRaises(base.UnsupportedFeature):
            channel.verify_webhook(b"", {})
        with self.assertRaises(base.UnsupportedFeature):
            base.get_channel("pigeon")
