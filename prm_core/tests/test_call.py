from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, tagged

from .gateways import OdooSmsDouble
from .test_message import MessageCase

NUMBER = "+393331234567"


@tagged("post_install", "-at_install")
class TestCall(MessageCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["prm.gateway"].create(
            {"name": "Phone calls", "provider": "phone", "company_id": cls.practice.id}
        )
        cls.env["prm.template.body"].create(
            {"template_id": cls.template.id, "channel_kind": "phone", "lang": "it",
             "body": "Buongiorno {{ patient.first_name }}."}
        )  # fmt: skip
        cls.rosa = cls._patient(first_name="Rosa", mobile=NUMBER, lang="it_IT")

    def _call(self, patient=None):
        message = self.queue(patient or self.rosa)
        self.dispatch()
        call = self.env["prm.call"].search([("message_id", "=", message.id)])
        return self.as_user(self.receptionist, call), message

    def _events(self, patient=None):
        codes = (patient or self.rosa).event_ids.event_type_id.mapped("code")
        return [code for code in codes if code.startswith(("call_", "message_"))]

    def test_a_call_when_it_is_due(self):
        message = self.queue(self.rosa)
        message.scheduled_at = fields.Datetime.now() + timedelta(hours=1)
        self.dispatch()
        self.assertFalse(self.env["prm.call"].search([("message_id", "=", message.id)]))
        message.scheduled_at = fields.Datetime.now()
        self.dispatch()
        call = self.env["prm.call"].search([("message_id", "=", message.id)])
        self.assertEqual((call.script, call.phone), ("Buongiorno Rosa.", NUMBER))
        self.assertEqual((call.state, message.state), ("to_do", "sent"))
        self.assertEqual(self._events(), ["call_planned"])

    def test_outcomes_move_the_message(self):
        for index, (outcome, state) in enumerate((("reached", "read"), ("booked", "acted"))):
            patient = self._patient(first_name="A", mobile=f"+39333123450{index}", lang="it_IT")
            call, message = self._call(patient)
            getattr(call, f"action_{outcome}")()
            self.assertEqual((call.state, call.outcome), ("done", outcome))
            self.assertEqual((message.state, call.user_id), (state, self.receptionist))
            self.assertIn(f"call_{outcome}", self._events(patient))
            with self.assertRaisesRegex(UserError, "ended this call already"):
                call.action_reached()

    def test_declined_with_a_reason(self):
        call, message = self._call()
        with self.assertRaisesRegex(UserError, "Choose the reason"):
            call.action_declined()
        call.decline_reason = "cost"
        call.action_declined()
        self.assertEqual(message.state, "acted")
        event = self.rosa.event_ids.filtered(lambda e: e.event_type_id.code == "call_declined")
        self.assertIn("Cost", event.detail)

    def test_voicemail_three_times(self):
        call, message = self._call()
        self.rosa.email = "rosa@example.com"
        for attempt in (1, 2):
            call.action_voicemail()
            self.assertEqual((call.state, call.attempts, message.state), ("to_do", attempt, "sent"))
            self.assertGreater(call.due_at, fields.Datetime.now() + timedelta(hours=23))
        call.action_voicemail()
        self.assertEqual((call.state, message.state), ("done", "failed"))
        self.assertEqual(message.reason, "not_reached")
        instead = self.env["prm.message"].search([("fallback_of_id", "=", message.id)])
        self.assertEqual((instead.channel_id.code, instead.state), ("email", "queued"))

    def test_wrong_number(self):
        call, message = self._call()
        call.action_wrong_number()
        self.assertEqual((message.state, message.reason), ("failed", "bad_number"))
        self.assertEqual(self.queue(self.rosa).reason, "wrong_person")

    def test_the_gate_is_asked_when_the_call_is_opened(self):
        call, message = self._call()
        self.assertEqual((call.verdict, call.verdict_text), ("allow", ""))
        self.rosa.status = "deceased"
        call.invalidate_recordset()
        self.assertEqual(call.verdict, "suppress")
        self.assertEqual(call.verdict_text, "The patient has died.")
        with self.assertRaisesRegex(UserError, "has died"):
            call.action_reached()
        call.action_call_off()
        self.assertEqual((message.state, message.reason), ("suppressed", "deceased"))
        self.assertEqual(call.outcome, "called_off")

    def test_later_when_the_gate_says_so(self):
        call, message = self._call()
        self.rosa.contact_paused_until = fields.Date.today() + timedelta(days=2)
        call.invalidate_recordset()
        self.assertEqual(call.verdict, "defer")
        with self.assertRaises(UserError):
            call.action_booked()
        call.action_postpone()
        self.assertGreater(call.due_at, fields.Datetime.now() + timedelta(hours=24))
        self.assertEqual((call.state, message.state), ("to_do", "sent"))

    def test_the_next_call_opens(self):
        first, _message = self._call()
        second, _message = self._call(
            self._patient(first_name="B", mobile="+393331234599", lang="it_IT")
        )
        action = first.action_reached()
        self.assertEqual((action["res_id"], action["views"][0][1]), (second.id, "form"))
        action = second.action_reached()
        self.assertFalse(action.get("res_id"))
        self.assertEqual(action["views"][0][1], "list")

    def test_the_conversation_tells_of_calls(self):
        call, _message = self._call()
        call.note = "Prefers mornings"
        call.action_voicemail()
        call.sudo().due_at = fields.Datetime.now()
        call.action_reached()
        patient = self.as_user(self.receptionist, self.rosa)
        calls = patient._conversation_page(kinds=["call"])["entries"]
        titles = [entry["title"] for entry in reversed(calls)]
        self.assertEqual(
            titles, ["Call put on the list", "Called, nobody picked up", "Reached by phone"]
        )
        self.assertIn("Prefers mornings", calls[0]["text"])
        self.assertEqual((calls[0]["res_model"], calls[0]["res_id"]), ("prm.call", call.id))
        self.assertFalse(patient._conversation_page(kinds=["message"])["entries"])
        labels = [kind["kind"] for kind in patient.conversation_page()["kinds"]]
        self.assertEqual(len(labels), len(set(labels)))
        self.assertNotIn("call_event", labels)

    def test_a_call_that_was_not_made_stays_a_message(self):
        message = self.queue(self.rosa)
        message.action_cancel()
        patient = self.as_user(self.receptionist, self.rosa)
        [entry] = patient._conversation_page(kinds=["message"])["entries"]
        self.assertEqual(entry["state"], "suppressed")

    def test_sent_again_it_comes_back_on_the_list(self):
        call, message = self._call()
        call.action_wrong_number()
        self.env["prm.address.block"].search([("address", "=", NUMBER)]).active = False
        self.as_user(self.receptionist, message).action_send_again()
        self.dispatch()
        self.assertEqual((call.state, call.attempts), ("to_do", 0))
        planned = self.rosa.event_ids.filtered(lambda e: e.event_type_id.code == "call_planned")
        self.assertEqual(len(planned), 2)

    def test_who_may(self):
        call, _message = self._call()
        with self.assertRaises(AccessError):
            self.as_user(self.stranger, call).action_reached()
        with self.assertRaises(UserError):
            self.as_user(self.clinician, call).action_reached()
        with self.assertRaises(AccessError):
            call.write({"state": "done"})
        call.note = "Call after six"

    def test_a_list_asks_the_gate_once(self):
        calls = self.env["prm.call"]
        for index in range(12):
            patient = self._patient(first_name="C", mobile=f"+39333123460{index:02}", lang="it_IT")
            calls |= self._call(patient)[0]

        def queries(some):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            some.mapped("verdict")
            return self.env.cr.sql_log_count - before

        queries(calls[:2])
        self.assertLessEqual(queries(calls), queries(calls[:2]) + 1)


@tagged("post_install", "-at_install")
class TestOdooSmsReports(MessageCase, HttpCase):
    def setUp(self):
        super().setUp()
        self.provider = OdooSmsDouble()

    def _send(self, commit=None):
        """A message that went out; ``commit`` stands in for the dispatcher's commits."""
        self.env["prm.gateway"].create(
            {"name": "SMS", "provider": "odoo_sms", "company_id": self.practice.id}
        )
        self.env["prm.template.body"].create(
            {"template_id": self.template.id, "channel_kind": "sms", "lang": "it", "body": "Ciao"}
        )
        rosa = self._patient(first_name="Rosa", mobile=NUMBER, lang="it_IT")
        message = self.queue(rosa)
        with self.provider.online(), self.smtp():
            if commit:
                self.patch(type(self.env["ir.cron"]), "_commit_progress", commit)
            self.env["prm.message"]._cron_dispatch()
        self.env.flush_all()
        return message

    def _report(self, message, status):
        answer = self.url_open(
            "/sms/status",
            json={"params": {"message_statuses": [
                {"sms_status": status, "uuids": [message.idempotency_key]}
            ]}},
        )  # fmt: skip
        self.assertEqual(answer.json().get("result"), "OK")
        self.env["prm.message.event"]._apply_due()
        self.env.invalidate_all()

    def test_reports_move_the_message_once_and_never_back(self):
        message = self._send()
        self.assertEqual((message.state, message.provider_ref), ("sent", message.idempotency_key))
        for status in ("delivered", "sent", "delivered", "not_delivered"):
            self._report(message, status)
            self.assertEqual(message.state, "delivered")
        events = self.env["prm.message.event"].search([("key", "=", message.idempotency_key)])
        self.assertEqual(sorted(events.mapped("kind")), ["delivered", "failed", "sent"])

    def test_a_report_before_the_answer_is_not_lost(self):
        """Others see what was committed: by then the route for reports must know the message."""
        known = []

        def commit(*_arguments, **_options):
            sending = self.env["prm.message"].search([("state", "=", "sending")])
            known.append(sending.mapped("idempotency_key"))
            return 60

        def report():
            [sending] = self.env["prm.message"].search([("state", "=", "sending")])
            self.assertIn(sending.idempotency_key, known[-1])
            self.env.flush_all()
            self._report(sending, "delivered")

        self.provider.meanwhile = report
        message = self._send(commit)
        self.assertEqual(message.state, "delivered")
        self.assertTrue(message.sent_at)
        events = message.patient_id.event_ids.mapped("event_type_id.code")
        self.assertEqual(events.count("message_sent"), 1)

    def test_a_number_that_does_not_exist_is_used_no_more(self):
        message = self._send()
        self._report(message, "invalid_destination")
        self.assertEqual((message.state, message.reason), ("failed", "bad_number"))
        self.assertEqual(self.queue(message.patient_id).reason, "bounced")
        block = self.env["prm.address.block"].search([("address", "=", NUMBER)])
        self.assertEqual(block.reason, "bounced")

    def test_a_new_word_changes_nothing(self):
        message = self._send()
        self._report(message, "new_in_2030")
        self.assertEqual(message.state, "sent")
