from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.addons.prm_core.channels import Outcome, get_channel
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import DentalCase


@tagged("post_install", "-at_install")
class TestRecallPreview(DentalCase):
    def _preview(self, recalls, user=None):
        recalls = self.as_user(user or self.receptionist, recalls)
        wizard = self.env["prm.recall.send"].browse(recalls.action_send()["res_id"])
        return self.as_user(user or self.receptionist, wizard)

    def _reason(self, recall):
        return self._preview(recall).line_ids.reason

    def test_what_will_happen(self):
        self.practice.phone = "+39 02 5500 0000"
        patient, recall = self._due_patient(lang="it_IT")
        line = self._preview(recall).line_ids
        self.assertTrue(line.allowed)
        self.assertEqual(line.reason, "ok")
        self.assertEqual(line.explanation, "Will be sent.")
        self.assertEqual((line.address, line.lang), ("luca@example.com", "it"))
        self.assertIn("Luca", line.subject)
        self.assertIn("+39 02 5500 0000", line.body)
        self.assertFalse(patient.message_log_ids, "a preview writes nothing")

    def test_why_not(self):
        patient, recall = self._due_patient(email=False)
        self.assertEqual(self._reason(recall), "no_email")

        patient, recall = self._due_patient(email="nobody")
        self.assertEqual(self._reason(recall), "no_email")

        for status in ("deceased", "moved", "inactive"):
            patient, recall = self._due_patient(status=status)
            self.assertEqual(self._reason(recall), status)

        patient, recall = self._due_patient()
        self._book(patient)
        self.assertEqual(self._reason(recall), "already_booked")

        patient, recall = self._due_patient()
        self._done(patient, self.today)
        self.assertEqual(self._reason(recall), "recall_not_due")

        patient, recall = self._due_patient()
        recall.disabled = True
        self.assertEqual(self._reason(recall), "recall_disabled")

        patient, recall = self._due_patient()
        self.env["prm.consent"].create(
            {
                "patient_id": patient.id,
                "purpose_id": self.env.ref("prm_core.prm_purpose_recall").id,
                "state": "refused",
            }
        )
        self.assertEqual(self._reason(recall), "refused")

        patient, recall = self._due_patient()
        self.env.ref("prm_core.prm_purpose_recall").opt_in = True
        self.assertEqual(self._reason(recall), "no_permission")

    def test_the_person_goes_before_the_moment(self):
        patient, recall = self._due_patient()
        self._book(patient)
        patient.status = "deceased"
        self.assertEqual(self._reason(recall), "deceased")

    def test_not_set_up(self):
        _patient, recall = self._due_patient()
        self.hygiene.with_company(self.practice).appointment_type_id = False
        self.assertEqual(self._reason(recall), "recall_not_set_up")
        self.hygiene.with_company(self.practice).appointment_type_id = self.visit
        self.hygiene.template_id = False
        self.assertEqual(self._reason(recall), "recall_not_set_up")

    def test_a_broken_template_is_told_before_sending(self):
        _patient, recall = self._due_patient()
        body = self.hygiene.template_id._pick_body("en_US", ("email",))
        self.env.cr.execute(
            "UPDATE prm_template_body SET body = '{{ recall.nothing }}' WHERE id = %s", body.ids
        )
        body.invalidate_recordset()
        line = self._preview(recall).line_ids
        self.assertEqual((line.allowed, line.reason), (False, "bad_template"))
        self.assertIn("nothing", line.explanation)

    def test_the_practices_own_text_goes_before_the_common_one(self):
        _patient, recall = self._due_patient()
        self.env["prm.template"].create(
            {
                "name": "Ours",
                "code": "recall_hygiene",
                "company_id": self.practice.id,
                "purpose_id": self.env.ref("prm_core.prm_purpose_recall").id,
                "body_ids": [
                    (0, 0, {"lang": "en", "subject": "Ours", "body": "{{ recall.due_date }}"})
                ],
            }
        )
        self.assertEqual(self._preview(recall).line_ids.subject, "Ours")

    def test_counts_and_order(self):
        recalls = self._due_patient()[1]
        recalls |= self._due_patient(first_name="Ida", email=False)[1]
        recalls |= self._due_patient(first_name="Eva")[1]
        wizard = self._preview(recalls)
        self.assertEqual((wizard.total, wizard.allowed_count, wizard.held_back_count), (3, 2, 1))
        wizard.line_ids.invalidate_recordset()
        self.assertEqual(wizard.line_ids.mapped("allowed"), [True, True, False])

    def test_reasons_in_the_users_language(self):
        patient, recall = self._due_patient()
        self._book(patient)
        self.receptionist.lang = "it_IT"
        recalls = self.as_user(self.receptionist, recall).with_context(lang="it_IT")
        wizard = self.env["prm.recall.send"].browse(recalls.action_send()["res_id"])
        self.assertEqual(wizard.line_ids.explanation, "La visita è già prenotata.")

    def test_no_query_for_each_patient(self):
        recalls = self.env["prm.recall"]
        for number in range(40):
            lang = ("it_IT", "en_US", "de_DE", "zh_CN")[number % 4]
            recalls |= self._due_patient(last_name=f"N{number}", lang=lang)[1]
        self._preview(recalls[:4])

        def cost(some):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            wizard = self._preview(some)
            self.assertEqual(wizard.allowed_count, len(some))
            return self.env.cr.sql_log_count - before

        few = cost(recalls[:4])
        self.assertLessEqual(cost(recalls), few + 2)

    def test_only_the_front_desk_sends(self):
        _patient, recall = self._due_patient()
        for user in (self.clinician, self.plain_user, self.outsider, self.portal, self.stranger):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self._preview(recall, user)

    def test_nobody_chosen(self):
        with self.assertRaises(UserError):
            self.env["prm.recall"].action_send()


@tagged("post_install", "-at_install")
class TestRecallSend(DentalCase):
    def _wizard(self, recalls):
        recalls = self.as_user(self.receptionist, recalls)
        wizard = self.env["prm.recall.send"].browse(recalls.action_send()["res_id"])
        return self.as_user(self.receptionist, wizard)

    def test_sending(self):
        patient, recall = self._due_patient(lang="it_IT")
        quiet = self._due_patient(first_name="Ida", email=False)[1]
        answer = self._wizard(recall | quiet).action_send()
        self.assertIn("1 recall is on its way", answer["params"]["message"])
        message = recall.last_message_id
        self.assertEqual((message.state, message.patient_id), ("queued", patient))
        self.assertEqual((message.res_model, message.res_id), ("prm.recall", recall.id))
        self.assertEqual(message.lang, "it")
        self.assertIn("/prm/l/", message.body)
        self.assertEqual(message.link_id.action, "book_appointment")
        self.assertEqual(message.link_id.payload, {"type_id": self.visit.id})
        self.assertFalse(quiet.last_message_id)
        told = self.env["prm.event"].search(
            [("patient_id", "=", patient.id), ("event_type_id.code", "=", "recall_sent")]
        )
        self.assertEqual(told.payload, {"recall": "hygiene"})

    def test_a_double_click_sends_once(self):
        patient, recall = self._due_patient()
        wizard = self._wizard(recall)
        wizard.action_send()
        with self.assertRaisesRegex(UserError, "already on their way"):
            wizard.action_send()
        self.assertEqual(len(patient.message_log_ids), 1)

    def test_two_people_at_the_same_time_send_once(self):
        patient, recall = self._due_patient()
        first, second = self._wizard(recall), self._wizard(recall)
        first.action_send()
        answer = second.action_send()
        self.assertIn("0 recalls", answer["params"]["message"])
        self.assertEqual(len(patient.message_log_ids), 1)
        self.assertEqual(self._wizard(recall).line_ids.reason, "already_on_its_way")

    def test_what_changed_since_the_preview_counts(self):
        patient, recall = self._due_patient()
        wizard = self._wizard(recall)
        self._book(patient)
        wizard.action_send()
        self.assertFalse(patient.message_log_ids)

    def test_left_in_peace_for_two_weeks(self):
        patient, recall = self._due_patient()
        self._wizard(recall).action_send()
        message = recall.last_message_id
        message.sudo().write(
            {"state": "sent", "sent_at": fields.Datetime.now() - timedelta(days=3)}
        )
        self.assertEqual(recall.last_contact_at, message.sent_at)
        wizard = self._wizard(recall)
        self.assertEqual(wizard.line_ids.reason, "recently_contacted")
        self.assertEqual(wizard.recent_count, 1)
        wizard.action_include_recent()
        self.assertTrue(wizard.line_ids.allowed)
        wizard.action_send()
        self.assertEqual(len(patient.message_log_ids), 2)
        self.assertEqual(recall.last_contact_at, message.sent_at, "kept until the next has gone")

    def test_after_two_weeks_again(self):
        _patient, recall = self._due_patient()
        self._wizard(recall).action_send()
        recall.last_message_id.sudo().write(
            {"state": "sent", "sent_at": fields.Datetime.now() - timedelta(days=15)}
        )
        self.assertTrue(self._wizard(recall).line_ids.allowed)

    def test_called_back_can_be_sent_again(self):
        _patient, recall = self._due_patient()
        self._wizard(recall).action_send()
        self.as_user(self.receptionist, recall.last_message_id).action_cancel()
        self.assertTrue(self._wizard(recall).line_ids.allowed)

    def test_nobody_can_be_written_to(self):
        _patient, recall = self._due_patient(email=False)
        with self.assertRaisesRegex(UserError, "None of these"):
            self._wizard(recall).action_send()

    def test_sending_many_costs_little(self):
        recalls = self.env["prm.recall"]
        for number in range(44):
            recalls |= self._due_patient(last_name=f"N{number}")[1]
        self._wizard(recalls[:2]).action_send()

        def cost(some):
            wizard = self._wizard(some)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            wizard.action_send()
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        few = cost(recalls[2:6])
        self.assertLessEqual(cost(recalls[6:]), few + 3)

    def test_from_the_list_to_the_chair(self):
        """Sent, opened, booked by link, cancelled, booked again, treated."""
        patient, recall = self._due_patient(lang="it_IT")
        self._wizard(recall).action_send()
        message = recall.last_message_id.sudo()

        def deliver(_channel, batch):
            for outgoing in batch:
                yield Outcome(outgoing.message_id, "sent", provider_ref="<1@test>")

        with (
            patch.object(get_channel("email"), "send", deliver),
            patch.object(type(self.env["ir.cron"]), "_commit_progress", lambda *a, **k: 60),
        ):
            message._claim(10)._send_claimed()
        self.assertEqual(message.state, "sent")
        self.assertEqual(recall.last_contact_at, message.sent_at)

        link = message.link_id.with_company(self.practice)
        event = self._book(patient, source="recall", link=link)
        link._acted(record=event)
        link._after_booking(event)
        self.assertEqual(recall.appointment_id, event)
        self.assertEqual(recall.state, "booked")
        self.assertEqual(message.state, "acted")
        self.assertNotIn(recall, recall.search([("state", "=", "due")]))

        event.prm_status = "cancelled"
        self.assertEqual(recall.state, "due")
        self._book(patient, days=0)
        self._done(patient, self.today)
        self.assertEqual((recall.state, recall.previous_date), ("upcoming", self.today))
