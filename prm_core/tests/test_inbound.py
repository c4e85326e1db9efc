from email import message_from_string

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ..delivery_status import parse
from .gateways import TwilioDouble, twilio, whatsapp
from .test_webhook import WebhookCase


@tagged("post_install", "-at_install")
class TestInbound(WebhookCase):
    def receive(self, text, sid="IN1", number=None, **extra):
        """A patient writes an SMS."""
        self.call_twilio(
            MessageSid=sid, SmsStatus="received", From=number or self.number, Body=text, **extra
        )
        return self.env["prm.message"].search([("provider_ref", "=", sid)])

    def codes(self, patient=None):
        return (patient or self.maria).event_ids.mapped("event_type_id.code")

    def activities(self, patient=None):
        kind = self.env.ref("prm_core.mail_activity_reply")
        return (patient or self.maria).activity_ids.filtered(
            lambda one: one.activity_type_id == kind
        )

    def test_a_question_is_for_a_person(self):
        asked = self.sent()
        message = self.receive("Can I come at 5 instead?")
        self.assertEqual(message.patient_id, self.maria)
        self.assertEqual((message.direction, message.state), ("in", "received"))
        self.assertEqual(message.body, "Can I come at 5 instead?")
        self.assertEqual(message.reply_to_id, asked)
        self.assertEqual(asked.state, "read")
        self.assertTrue(message.needs_answer)
        self.assertIn("message_received", self.codes())
        self.assertEqual(len(self.activities()), 1)
        self.assertEqual(self.activities().user_id, self.receptionist)

    def test_the_activity_says_nothing_of_what_was_written(self):
        self.receive("My tooth is bleeding")
        activity = self.activities()
        self.assertNotIn("tooth", f"{activity.summary} {activity.note}")

    def test_several_messages_make_one_activity(self):
        self.receive("Hello?", "IN1")
        self.receive("Are you there?", "IN2")
        self.assertEqual(len(self.activities()), 1)

    def test_done_here_or_there_is_done(self):
        first = self.receive("Hello?", "IN1")
        self.as_user(self.receptionist, first).action_done()
        self.assertFalse(first.needs_answer)
        self.assertFalse(self.activities())
        second = self.receive("Still there?", "IN2")
        self.activities().action_done()
        self.assertFalse(second.needs_answer)

    def test_the_same_message_five_times_is_one(self):
        for _turn in range(5):
            self.receive("Hello?")
        self.assertEqual(self.env["prm.message"].search_count([("provider_ref", "=", "IN1")]), 1)
        self.assertEqual(self.codes().count("message_received"), 1)

    def test_a_shared_number_is_never_guessed_at(self):
        child = self._patient(first_name="Leo", last_name="Verdi", mobile=self.number)
        message = self.receive("Can I come at 5 instead?")
        self.assertFalse(message.patient_id)
        self.assertEqual(message.candidate_ids, self.maria | child)
        self.assertTrue(message.needs_answer)
        wizard = self.as_user(self.receptionist, self.env["prm.message.assign"]).create(
            {"message_id": message.id, "patient_id": child.id}
        )
        wizard.action_assign()
        self.assertEqual(message.patient_id, child)
        self.assertFalse(message.candidate_ids)
        self.assertIn("message_received", self.codes(child))
        self.assertEqual(len(self.activities(child)), 1)
        with self.assertRaises(UserError):
            wizard.action_assign()

    def test_an_unknown_number_and_its_patient(self):
        message = self.receive("It's Maria, new phone", number="+12025550177")
        self.assertFalse(message.patient_id)
        self.assertTrue(message.needs_answer)
        self.as_user(self.receptionist, self.env["prm.message.assign"]).create(
            {"message_id": message.id, "patient_id": self.maria.id, "keep_address": True}
        ).action_assign()
        self.assertEqual(self.maria.mobile, "+12025550177")

    def test_numbers_are_the_same_however_they_are_written(self):
        self.practice.country_id = self.env.ref("base.us")
        for written in ("(202) 555-0143", "202.555.0143", "+1 202 5550143", "011 1 202 5550143"):
            self.maria.mobile = written
            found = self.env["prm.message"]._find_writers(
                self.practice, self.channel["sms"], self.number
            )
            self.assertEqual(found, self.maria, written)

    def test_a_number_that_ends_alike_is_another(self):
        self.maria.mobile = "+39 02 2025550143"
        self.assertFalse(self.receive("Hello?").patient_id)

    def test_a_patient_of_another_practice_is_not_asked_about(self):
        self._patient(
            first_name="Ugo", last_name="Rossi", mobile=self.number,
            company_id=self.other_practice.id,
        )  # fmt: skip
        self.assertEqual(self.receive("Hello?").patient_id, self.maria)

    # -- STOP and START

    def test_stop_holds_back_what_waits_and_what_comes(self):
        template = self.text_for("sms")
        waiting = self.queue(self.maria, template=template, purpose="care")
        self.assertEqual((waiting.state, waiting.channel_id.code), ("queued", "sms"))
        message = self.receive("Stop, grazie!")
        self.assertEqual(message.meaning, "stop")
        self.assertFalse(message.needs_answer)
        self.assertEqual((waiting.state, waiting.reason), ("suppressed", "stop"))
        later = self.queue(self.maria, template=template, purpose="care")
        self.assertEqual(later.state, "suppressed")
        self.assertIn("opted_out", self.codes())

    def test_a_stop_that_may_mean_the_visit_is_looked_at(self):
        self.assertFalse(self.receive("CANCEL", "IN1").needs_answer, "no visit was written about")
        self.sent(res_model="prm.patient", res_id=self.maria.id)
        message = self.receive("CANCEL", "IN2")
        self.assertEqual((message.meaning, message.needs_answer), ("stop", True))
        self.assertFalse(self.receive("STOP", "IN3").needs_answer)

    def test_stop_is_in_the_ledger_and_start_undoes_just_that(self):
        sms, ledger = self.channel["sms"], self.env["prm.consent"]
        news = self.env.ref("prm_core.prm_purpose_news")
        marketing = self.env.ref("prm_core.prm_purpose_marketing")
        recall = self.env.ref("prm_core.prm_purpose_recall")
        common = {"patient_id": self.maria.id, "channel_id": sms.id}
        ledger.create({**common, "purpose_id": news.id, "state": "refused"})
        ledger.create({**common, "purpose_id": marketing.id, "state": "granted"})

        def state(purpose):
            return ledger._current(self.maria, purpose).get((self.maria.id, purpose.id, sms.id))

        self.receive("ABMELDEN", "IN1")
        self.assertEqual(
            [state(one) for one in (news, marketing, recall)], ["refused", "withdrawn", "withdrawn"]
        )
        self.receive("STOP", "IN2")
        self.receive("START", "IN3")
        self.assertEqual(
            [state(one) for one in (news, marketing, recall)], ["refused", "granted", "granted"]
        )
        self.assertFalse(self.env["prm.address.block"].search([("address", "=", self.number)]))
        rows = ledger.search([("patient_id", "=", self.maria.id), ("source", "=", "reply")])
        self.assertTrue(all(row.wording and row.lang == "it_IT" for row in rows))

    def test_start_gives_no_permission_that_was_not_there(self):
        marketing = self.env.ref("prm_core.prm_purpose_marketing")
        self.receive("START")
        self.assertFalse(self.env["prm.consent"]._current(self.maria, marketing))

    def test_stop_from_a_shared_number_counts_for_the_number(self):
        self._patient(first_name="Leo", last_name="Verdi", mobile=self.number)
        self.receive("STOP")
        block = self.env["prm.address.block"].search([("address", "=", self.number)])
        self.assertEqual(block.reason, "stop")

    def test_start_does_not_lift_another_block(self):
        blocks = self.env["prm.address.block"]
        blocks._block(self.practice, "sms", self.number, "wrong_person")
        self.receive("START")
        self.assertTrue(blocks.search([("address", "=", self.number)]))

    def test_nobody_else_may_do_what_the_front_desk_does(self):
        message = self.receive("Hello?")
        with self.assertRaises(UserError):
            self.as_user(self.clinician, message).action_done()
        with self.assertRaises(AccessError):
            self.as_user(self.stranger, message).action_done()


@tagged("post_install", "-at_install")
class TestToldToTheProvider(WebhookCase):
    """What patients say to Twilio or in WhatsApp, and not to us."""

    def state(self, code, channel):
        purpose, channel = self.env.ref(f"prm_core.prm_purpose_{code}"), self.channel[channel]
        current = self.env["prm.consent"]._current(self.maria, purpose)
        return current.get((self.maria.id, purpose.id, channel.id))

    def block(self):
        return self.env["prm.address.block"].search([("address", "=", self.number)]).reason

    def send_sms(self, *answer):
        """A message that Twilio answers so."""
        self.maria.channel_order = "sms,email"
        message = self.queue(self.maria, template=self.text_for("email", "sms"), purpose="care")
        provider = TwilioDouble()
        provider.script[self.number] = answer
        self.generic.active = False
        with provider.online(), self.smtp():
            self.env["prm.message"]._cron_dispatch()
        self.assertEqual(message.state, "failed")
        return message

    def test_twilio_refuses_at_once_because_of_a_stop(self):
        message = self.send_sms(*twilio.error(400, 21610, "Attempt to send to unsubscribed"))
        self.assertEqual(message.reason, "opted_out")
        self.assertEqual((self.block(), self.state("care", "sms")), ("stop", "withdrawn"))
        self.assertIn("opted_out", self.maria.event_ids.mapped("event_type_id.code"))
        self.assertFalse(self.env["prm.message"].search([("fallback_of_id", "=", message.id)]))
        self.call_twilio(MessageSid="IN1", SmsStatus="received", From=self.number, Body="START")
        self.assertEqual((self.block(), self.state("care", "sms")), (False, "granted"))

    def test_a_number_that_twilio_refuses_is_used_no_more(self):
        message = self.send_sms(*twilio.error(400, 21211, "Invalid 'To' Phone Number"))
        self.assertEqual(self.block(), "bounced")
        instead = self.env["prm.message"].search([("fallback_of_id", "=", message.id)])
        self.assertEqual(instead.channel_id.code, "email")

    def test_other_refusals_say_nothing_about_the_number(self):
        self.send_sms(*twilio.error(400, 21612, "Message cannot be sent with this combination"))
        self.assertFalse(self.block())

    def test_blocked_is_no_stop(self):
        message = self.sent()
        self.call_twilio(MessageSid="SM1", MessageStatus="undelivered", ErrorCode="30004")
        self.assertEqual((message.reason, self.block()), ("phone_blocked", False))

    def test_a_kind_of_message_that_the_patient_stopped_in_whatsapp(self):
        recall = self.env.ref("prm_core.prm_purpose_recall")
        message = self.sent(channel="whatsapp", ref="wamid.1", purpose_id=recall.id)
        row = {"id": "wamid.1", "status": "failed", "errors": [{"code": 131050, "title": "x"}]}
        self.whatsapp._receive(*whatsapp.webhook(statuses=[row]))
        self.apply()
        self.assertEqual((message.state, message.reason), ("failed", "marketing_stopped"))
        self.assertEqual(self.state("recall", "whatsapp"), "withdrawn")
        self.assertFalse(self.state("care", "whatsapp"))
        self.assertFalse(self.block(), "a reminder of a visit may still go")

    def test_a_trouble_of_the_account_stands_on_the_gateway(self):
        raw, headers = whatsapp.webhook(errors=[{"code": 131031, "title": "Account locked"}])
        for _again in range(2):
            self.assertEqual(self.whatsapp._receive(raw, headers)[2], 200)
        self.assertEqual(self.whatsapp.last_error, "gateway_suspended")
        kept = self.events.search([("gateway_id", "=", self.whatsapp.id)])
        self.assertEqual((kept.kind, kept.detail), ("unknown", "131031 Account locked"))

    def choose(self, *choices):
        """Maria's choices in WhatsApp, as (what, seconds), in the order in which they arrive."""
        rows = [
            {"wa_id": self.number[1:], "category": "marketing_messages", "value": value,
             "timestamp": 1731705721 + seconds}
            for value, seconds in choices
        ]  # fmt: skip
        for _turn in range(3):
            self.whatsapp._receive(*whatsapp.webhook(user_preferences=rows))
            self.apply()

    def test_no_more_advertising_by_whatsapp_and_again(self):
        marketing = self.env.ref("prm_core.prm_purpose_marketing")
        granted = {"patient_id": self.maria.id, "purpose_id": marketing.id, "state": "granted"}
        self.env["prm.consent"].create(granted)
        self.choose(("stop", 0))
        self.assertEqual(self.state("marketing", "whatsapp"), "withdrawn")
        self.assertFalse(self.state("news", "whatsapp"), "nothing was allowed there")
        told = self.maria.event_ids.mapped("event_type_id.code")
        self.assertEqual(told.count("opted_out"), 1)
        self.choose(("resume", 10))
        self.assertEqual(self.state("marketing", "whatsapp"), "granted")
        self.assertFalse(self.state("news", "whatsapp"))

    def test_the_last_choice_holds_whatever_comes_first(self):
        marketing = self.env.ref("prm_core.prm_purpose_marketing")
        granted = {
            "patient_id": self.maria.id,
            "purpose_id": marketing.id,
            "state": "granted",
            "recorded_at": "2024-01-01 00:00:00",
        }
        self.env["prm.consent"].create(granted)
        self.choose(("resume", 10), ("stop", 0))
        self.assertFalse(self.state("marketing", "whatsapp"))
        self.choose(("stop", 20))
        self.assertEqual(self.state("marketing", "whatsapp"), "withdrawn")


@tagged("post_install", "-at_install")
class TestEmails(WebhookCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        domain = cls.env["mail.alias.domain"].create(
            {"name": "aurora.example", "bounce_alias": "bounce", "catchall_alias": "catchall"}
        )
        cls.practice.alias_domain_id = domain
        cls.mailbox = cls.env["prm.mailbox"].create(
            {"company_id": cls.practice.id, "alias_name": "answers", "alias_domain_id": domain.id}
        )

    def email(self, body, headers="", sender="Maria <maria@example.com>", message_id="m1"):
        """The mail server hands an email over, as it came."""
        self.env["mail.thread"].message_process(
            False,
            f"From: {sender}\nTo: answers@aurora.example\nSubject: Re: Your visit\n"
            f"Message-ID: <{message_id}@example.com>\nDate: Tue, 24 Nov 2026 09:12:00 +0100\n"
            f"Content-Type: text/plain; charset=utf-8\n{headers}\n{body}",
        )
        self.apply()
        return self.env["prm.message"].search(
            [("provider_ref", "=", f"<{message_id}@example.com>")]
        )

    def test_an_answer(self):
        asked = self.sent(channel="email", ref="<x>", idempotency_key="b" * 32)
        message = self.email(
            "Posso venire alle 5?\n\nIl giorno mar 24 nov 2026 Aurora <hello@aurora.example> ha "
            "scritto:\n> Gentile Maria\n",
            f"In-Reply-To: <{'b' * 32}@aurora.example>\n",
        )
        self.assertEqual(message.patient_id, self.maria)
        self.assertEqual(message.body, "Posso venire alle 5?")
        self.assertEqual(message.subject, "Re: Your visit")
        self.assertEqual((message.reply_to_id, message.quotes), (asked, True))
        self.assertEqual(message.sent_at, fields.Datetime.to_datetime("2026-11-24 08:12:00"))
        self.assertFalse(self.mailbox.message_ids)

    def test_the_same_email_twice_is_one(self):
        self.email("Hello")
        self.assertEqual(len(self.email("Hello")), 1)

    def test_what_is_sent_along_is_kept(self):
        body = (
            "--b\nContent-Type: text/plain\n\nSee the photo\n--b\nContent-Type: image/png; "
            'name="tooth.png"\nContent-Disposition: attachment; filename="tooth.png"\n'
            "Content-Transfer-Encoding: base64\n\niVBORw0KGgo=\n--b--\n"
        )
        self.env["mail.thread"].message_process(
            False,
            "From: maria@example.com\nTo: answers@aurora.example\nSubject: Photo\n"
            'Message-ID: <m2@example.com>\nContent-Type: multipart/mixed; boundary="b"\n\n' + body,
        )
        self.apply()
        message = self.env["prm.message"].search([("provider_ref", "=", "<m2@example.com>")])
        kept = self.env["ir.attachment"].search(
            [("res_model", "=", "prm.message"), ("res_id", "=", message.id)]
        )
        self.assertEqual(kept.mapped("name"), ["tooth.png"])

    def test_a_machine_asks_for_nothing(self):
        message = self.email("I am away until Monday.", "Auto-Submitted: auto-replied\n")
        self.assertEqual(message.patient_id, self.maria)
        self.assertFalse(message.needs_answer)
        self.assertFalse(self.maria.activity_ids)

    def test_one_word_by_email_ends_nothing(self):
        """“Annulla” below a reminder may mean the visit: a person reads it."""
        message = self.email("Annulla")
        self.assertTrue(message.needs_answer)
        self.assertFalse(message.meaning)
        self.assertFalse(self.env["prm.address.block"].search([("address", "=", self.maria.email)]))

    def test_a_quotation_from_elsewhere_proves_nothing(self):
        """Whoever knows the key of Maria's message is not Maria."""
        self.sent(channel="email", ref="<x>", idempotency_key="b" * 32)
        message = self.email(
            "Move it", f"In-Reply-To: <{'b' * 32}@aurora.example>\n", sender="eve@example.org"
        )
        self.assertFalse(message.patient_id)

    def test_answers_are_asked_for_at_the_mailbox(self):
        message = self.queue(self.maria)
        outgoing = self.env["prm.message"]._prepare_outgoing(message)[0]
        self.assertEqual(outgoing.reply_to, "answers@aurora.example")

    def bounce(self, *args, **options):
        self.env["mail.thread"].message_process(False, self.bounced(*args, **options))
        self.apply()

    def bounced(self, status, action="failed", diagnostic="550 no such user"):
        """A mail server's report on an email to Maria."""
        return (
            "From: MAILER-DAEMON@mx.example.com\nTo: bounce@aurora.example\nSubject: Undelivered\n"
            f"Message-ID: <dsn-{status}@mx.example.com>\nDate: Tue, 24 Nov 2026 09:12:00 +0000\n"
            'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n'
            "--b\nContent-Type: text/plain\n\nIt could not be delivered.\n"
            "--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.com\n\n"
            f"Final-Recipient: rfc822; maria@example.com\nAction: {action}\nStatus: {status}\n"
            f"Diagnostic-Code: smtp; {diagnostic}\n\n"
            f"--b\nContent-Type: message/rfc822\n\nMessage-ID: <{'b' * 32}@aurora.example>\n"
            "From: hello@aurora.example\nTo: maria@example.com\nSubject: x\n\nx\n--b--\n"
        )

    def test_a_bounce(self):
        message = self.sent(channel="email", ref="<x>", idempotency_key="b" * 32)
        self.bounce("5.1.1")
        self.assertEqual((message.state, message.reason), ("failed", "bad_address"))
        self.assertIn("no such user", message.detail)
        block = self.env["prm.address.block"].search([("address", "=", "maria@example.com")])
        self.assertEqual(block.reason, "bounced")
        later = self.queue(self.maria)
        self.assertEqual((later.state, later.reason), ("suppressed", "bounced"))

    def test_a_full_mailbox_is_no_wrong_address(self):
        message = self.sent(channel="email", ref="<x>", idempotency_key="b" * 32)
        self.bounce("5.2.2")
        self.assertEqual((message.state, message.reason), ("failed", "mailbox_full"))
        self.assertFalse(self.env["prm.address.block"].search([("address", "=", self.maria.email)]))

    def test_a_delay_is_no_end(self):
        message = self.sent(channel="email", ref="<x>", idempotency_key="b" * 32)
        self.bounce("4.4.1", action="delayed")
        self.assertEqual(message.state, "sent")

    def test_a_bounce_that_passes_says_nothing_for_good(self):
        """The mail server gave up after days (class 4), whatever it could not check."""
        message = self.sent(channel="email", ref="<x>", idempotency_key="b" * 32)
        self.bounce("4.1.1", diagnostic="450 4.1.1 address verification in progress")
        self.assertEqual((message.state, message.reason), ("failed", "gave_up"))
        self.assertFalse(self.env["prm.address.block"].search([("address", "=", self.maria.email)]))

    def test_what_a_status_says(self):
        for status, reason in (
            ("5.1.1", "bad_address"), ("5.1.10", "bad_address"), ("5.2.1", "bad_address"),
            ("5.2.2", "mailbox_full"), ("4.2.2", "mailbox_full"), ("4.2.1", "gave_up"),
            ("4.1.10", "gave_up"), ("4.4.7", "gave_up"), ("5.7.1", "server_refused"),
            ("none", "server_refused"),
        ):  # fmt: skip
            [event] = parse(message_from_string(self.bounced(status, diagnostic="no")))
            self.assertEqual((event.kind, event.reason), ("failed", reason), status)

    def test_marked_as_spam(self):
        """A mail provider's feedback loop (RFC 5965): nothing more goes to that reader."""
        for kind in ("abuse", "Fraud", "opt-out"):
            message = self.complaint(f"Feedback-Type: {kind}")
            self.assertEqual(message.state, "delivered")
            block = self.env["prm.address.block"].search([("address", "=", "maria@example.com")])
            self.assertEqual(block.reason, "complained", kind)
            block.unlink()
            message.unlink()

    def test_reports_that_are_no_complaint(self):
        """A failing signature or a scanner's find is not the reader's word (RFC 6591, RFC 6430)."""
        for kind in ("auth-failure", "not-spam", "virus", "other", "new-in-2030", None):
            message = self.complaint(f"Feedback-Type: {kind}" if kind else "User-Agent: x")
            self.assertEqual(message.state, "delivered")
            blocks = self.env["prm.address.block"].search([("address", "=", "maria@example.com")])
            self.assertFalse(blocks, kind)
            message.unlink()

    def complaint(self, fields):
        """A report of a feedback loop about an email to Maria; the email."""
        message = self.sent(channel="email", ref="<x>", idempotency_key="b" * 32, state="delivered")
        self.env["mail.thread"].message_process(
            False,
            "From: fbl@mx.example.com\nTo: bounce@aurora.example\nSubject: complaint\n"
            f"Message-ID: <{message.id}@mx.example.com>\n"
            'Content-Type: multipart/report; report-type=feedback-report; boundary="b"\n\n'
            "--b\nContent-Type: text/plain\n\nA complaint.\n"
            f"--b\nContent-Type: message/feedback-report\n\n{fields}\n\n"
            f"--b\nContent-Type: message/rfc822\n\nMessage-ID: <{'b' * 32}@aurora.example>\n\n"
            "x\n--b--\n",
        )
        self.apply()
        return message
