from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import DentalCase


@tagged("post_install", "-at_install")
class TestUnscheduled(DentalCase):
    @classmethod
    def setUpClass(cls):
        cls._stop_clock()
        super().setUpClass()
        hours = cls.env["resource.calendar"].create(
            {"name": "Hours", "tz": "Europe/Rome", "company_id": cls.practice.id}
        )
        cls.provider.write({"resource_calendar_id": hours.id, "tz": "Europe/Rome"})
        cls.dentist = cls.env["prm.provider"].create(
            {"name": "Dr Conti", "role": "dentist", "company_id": cls.practice.id}
        )
        cls.fill.duration = 40
        cls.crown = cls.env.ref("prm_dental.prm_procedure_type_crown")
        cls.anna = cls._patient(
            first_name="Anna", last_name="Neri", email="anna@example.com", lang="it_IT",
            mobile="+39 333 123 4567",
        )  # fmt: skip

    def setUp(self):
        super().setUp()
        self.rows = self.as_user(self.receptionist, self.env["prm.unscheduled"])

    def _plan(self, patient=None, state="planned", kind=None, days=0, **vals):
        date = self.today - timedelta(days=days)
        return self._done(patient or self.anna, date, kind or self.fill, state, **vals)

    def _row(self, patient=None):
        self.env.flush_all()
        self.env.invalidate_all()
        return self.rows.search([("patient_id", "=", (patient or self.anna).id)])

    # === WHO ===

    def test_one_row_for_a_patient_with_all_that_waits(self):
        self._plan(fee=120, urgency="1", days=40, provider_id=self.dentist.id)
        self._plan(kind=self.crown, fee=900, state="accepted", accepted_on="2026-05-20")
        row = self._row()
        self.assertEqual(len(row), 1)
        self.assertEqual(
            (row.stage, row.urgency, row.value, row.work_count, row.age_days, row.provider_id),
            ("accepted", "1", 1020, 2, 40, self.dentist),
        )
        self.assertEqual((row.phone, row.speaker), ("+39 333 123 4567", ""))
        self.assertIn(self.fill.name, row.work)
        self.assertIn("16", row.work)
        self._plan(state="in_progress")
        self.assertEqual(self._row().stage, "interrupted")

    def test_who_is_not_on_it(self):
        for state in ("completed", "existing", "deleted"):
            self._plan(state=state)
        reason = self.env.ref("prm_dental.prm_decline_reason_afraid")
        self._plan(state="declined", decline_reason_id=reason.id)
        self.assertFalse(self._row())
        self._plan()
        self.assertTrue(self._row())
        self.anna.status = "moved"
        self.assertFalse(self._row())

    def test_a_visit_takes_it_off_and_its_end_brings_it_back(self):
        work = self._plan(state="accepted")
        begun = self._plan(state="in_progress")
        visit = self._book(self.anna)
        work._schedule(visit)
        self.assertEqual((work.state, self._row().work_count), ("scheduled", 1))
        begun._schedule(visit)
        self.assertEqual((begun.state, begun.appointment_id), ("in_progress", visit))
        self.assertFalse(self._row())
        visit._prm_cancel("patient")
        self.assertEqual(self._row().work_count, 2)

    def test_work_in_progress_comes_back_when_its_visit_has_passed(self):
        begun = self._plan(state="in_progress")
        begun._schedule(self._book(self.anna, days=1))
        self.assertFalse(self._row())
        self.env.flush_all()
        begun.sudo().appointment_id.with_context(prm_bulk=True).write(
            {"start": "2026-05-30 09:00:00", "stop": "2026-05-30 09:45:00"}
        )
        self.assertEqual(self._row().stage, "interrupted")

    def test_a_visit_for_something_else_is_shown_and_takes_nothing_off(self):
        self._plan()
        visit = self._book(self.anna, kind=self.other_visit)
        self.assertEqual(self._row().next_visit_at, visit.start)
        self.assertFalse(self._row().last_visit_at)

    def test_sorting_and_filters(self):
        bo = self._patient(first_name="Bo", last_name="Blu")
        cy = self._patient(first_name="Cy", last_name="Blu")
        self._plan(fee=50, urgency="2", days=5)
        self._plan(bo, fee=700, urgency="0", days=400)
        self._plan(cy, fee=300, urgency="0", state="accepted", accepted_on="2026-05-02")
        self.env.flush_all()

        def names(domain=(), order=None):
            return self.rows.search(list(domain), order=order).patient_id.mapped("first_name")

        self.assertEqual(names(), ["Anna", "Bo", "Cy"])
        self.assertEqual(names(order="value desc"), ["Bo", "Cy", "Anna"])
        self.assertEqual(names(order="age_days desc"), ["Bo", "Cy", "Anna"])
        self.assertEqual(names([("stage", "=", "accepted")]), ["Cy"])
        self.assertEqual(names([("value", ">=", 100), ("age_days", "<=", 91)]), ["Cy"])
        self.assertEqual(names([("patient_id", "ilike", "blu")]), ["Bo", "Cy"])
        self.assertEqual(names([("urgency", "=", "2")]), ["Anna"])

    def test_last_contact_is_a_message_or_a_call(self):
        self._plan()
        self.assertFalse(self._row().last_contact_at)
        message = self.env["prm.message"].create(
            {
                "patient_id": self.anna.id, "company_id": self.practice.id, "state": "sent",
                "purpose_id": self.env.ref("prm_core.prm_purpose_care").id,
                "sent_at": "2026-05-03 10:00:00",
            }
        )  # fmt: skip
        self.assertEqual(self._row().last_contact_at, message.sent_at)
        answer = self._answer("action_call", outcome="no_answer")
        answer.action_note()
        self.assertEqual(self._row().last_contact_at, fields.Datetime.now())

    def test_a_page_costs_the_same_whatever_its_length(self):
        # As the web client asks. Without it Odoo reads the user's zone once for each environment,
        # and how long an environment lives is the garbage collector's affair.
        rows = self.rows.with_context(tz="Europe/Rome")

        def queries(count):
            patients = [
                self._patient(first_name=f"P{count}-{n}", mobile="+39 333 0000001")
                for n in range(count)
            ]
            for patient in patients:
                self._plan(patient)
                self._plan(patient, kind=self.crown)
            self.env.flush_all()
            self.env.invalidate_all()
            spec = {
                name: {} for name in ("work", "stage", "urgency", "value", "age_days", "phone",
                "last_contact_at", "last_visit_at", "next_visit_at", "barriers", "snoozed_until")
            }  # fmt: skip
            spec["patient_id"] = {"fields": {"display_name": {}}}
            spec["provider_id"] = {"fields": {"display_name": {}}}
            before = self.env.cr.sql_log_count
            page = rows.web_search_read([], spec, limit=80)
            self.assertGreaterEqual(len(page["records"]), count)
            return self.env.cr.sql_log_count - before

        queries(1)
        few = queries(2)
        self.assertLessEqual(queries(30), few)
        self.assertLessEqual(few, 24)

    # === ONE CLICK: BOOK ===

    def _finder(self, action):
        return self.as_user(
            self.receptionist, self.env["prm.visit.finder"].browse(action["res_id"])
        )

    def test_book_is_long_enough_and_schedules_the_work(self):
        self.visit.duration = 45
        work = self._plan(state="accepted") | self._plan(state="accepted", tooth="26")
        later = self._plan(tooth="36")
        finder = self._finder(self._row().action_book())
        self.assertEqual((finder.patient_id, finder.procedure_ids), (self.anna, work | later))
        finder.procedure_ids -= later
        finder.type_id = self.visit
        self.assertEqual(finder.extra_minutes, 35)
        finder.action_look()
        finder.line_ids[0].action_book()
        visit = self.anna.appointment_ids
        self.assertEqual((visit.stop - visit.start).seconds, 80 * 60)
        self.assertEqual(set(work.mapped("state")), {"scheduled"})
        self.assertEqual((work.appointment_id, later.state), (visit, "planned"))
        self.assertEqual(self._row().work_count, 1)

    def test_book_with_who_planned_it(self):
        self.visit.provider_ids |= self.dentist
        self._plan(provider_id=self.dentist.id)
        finder = self._finder(self._row().action_book())
        self.assertEqual((finder.with_whom, finder.provider_id), ("one", self.dentist))

    # === ONE CLICK: MESSAGE ===

    def _sender(self, rows):
        action = rows.action_message()
        return self.as_user(
            self.receptionist, self.env["prm.follow.up.send"].browse(action["res_id"])
        )

    def test_message_says_beforehand_what_would_happen_and_does_it(self):
        bo = self._patient(first_name="Bo", last_name="Blu")
        self._plan(state="accepted")
        self._plan(bo)
        self.env["prm.health.fact"]._record(self.anna, {"barrier_fear": True})
        self.env.flush_all()
        sender = self._sender(self.rows.search([]))
        lines = {line.patient_id: line for line in sender.line_ids}
        self.assertTrue(lines[self.anna].allowed)
        self.assertFalse(lines[bo].allowed)
        self.assertTrue(lines[bo].explanation)
        self.assertIn("Gentile", lines[self.anna].body)
        self.assertIn("segnale", lines[self.anna].body)
        self.assertEqual(lines[self.anna].template_id.code, "treatment_accepted")
        self.assertEqual(lines[bo].template_id.code, "treatment_proposed")
        sender.action_send()
        message = self.env["prm.message"].search([("patient_id", "=", self.anna.id)])
        self.assertEqual((message.state, message.purpose_id.code), ("queued", "care"))
        self.assertEqual(message.res_model, "prm.procedure")
        self.assertNotIn("/prm/l/", message.body, "the practice offers no visit to book")
        with self.assertRaises(UserError):
            sender.action_send()
        again = self._sender(self._row())
        self.assertEqual(again.line_ids.reason, "already_on_its_way")

    def test_the_link_books_a_visit_for_the_work(self):
        self.visit.online = True
        self.env["prm.follow.up"].create(
            {"company_id": self.practice.id, "visit_type_id": self.visit.id}
        )
        work = self._plan(state="accepted") | self._plan(state="accepted", tooth="26")
        self._sender(self._row()).action_send()
        message = self.env["prm.message"].search([("patient_id", "=", self.anna.id)])
        self.assertIn("/prm/l/", message.body)
        link = message.link_id
        self.assertEqual(link.payload["extra_minutes"], 35)
        link._after_booking(self._book(self.anna))
        self.assertEqual(set(work.mapped("state")), {"scheduled"})
        self.assertFalse(self._row())

    def test_no_health_detail_by_sms(self):
        for stage in ("proposed", "accepted", "interrupted"):
            template = self.env["prm.template"]._by_code(f"treatment_{stage}", self.practice)
            langs = {(body.channel_kind, body.lang) for body in template.body_ids}
            for lang in ("en", "it", "es", "de", "zh"):
                for channel in ("email", "sms", "phone"):
                    self.assertIn((channel, lang), langs)
            for body in template.body_ids.filtered(lambda body: body.channel_kind == "sms"):
                self.assertNotIn("treatment.", body.body)
                self.assertNotIn("barrier.", body.body)

    # === ONE CLICK: CALL, LATER, NO ===

    def _answer(self, action, **vals):
        found = getattr(self._row(), action)()
        answer = self.as_user(
            self.receptionist, self.env["prm.unscheduled.answer"].browse(found["res_id"])
        )
        answer.write(vals)
        return answer

    def test_a_call_has_its_script_and_notes_what_came_of_it(self):
        self._plan(state="accepted")
        answer = self._answer("action_call")
        self.assertEqual((answer.phone, answer.verdict), ("+39 333 123 4567", "allow"))
        self.assertIn("Buongiorno", answer.script)
        with self.assertRaises(UserError):
            answer.action_note()
        answer.outcome = "no_answer"
        answer.action_note()
        self.assertEqual(self._codes(self.anna)[-1], "treatment_called")
        self.assertEqual(self._row().snoozed_until, self.today + timedelta(days=1))

    def test_not_now_is_kept_with_who_and_why_until_new_work_comes(self):
        self._plan(days=3)
        answer = self._answer("action_answer", until=self.today + timedelta(days=30), note="June")
        answer.action_note()
        row = self._row()
        self.assertEqual((row.snoozed_until, row.snooze_reason), (answer.until, "June"))
        snooze = self.env["prm.unscheduled.snooze"].search([("patient_id", "=", self.anna.id)])
        self.assertEqual(snooze.user_id, self.receptionist)
        self._answer("action_answer", until=self.today + timedelta(days=5)).action_note()
        self.assertEqual(self._row().snoozed_until, self.today + timedelta(days=5))
        self.assertEqual(
            len(snooze.with_context(active_test=False).search([("patient_id", "=", self.anna.id)])),
            2,
        )
        self.assertNotIn("treatment_called", self._codes(self.anna))
        self._plan(days=-1, tooth="26")
        self.assertFalse(self._row().snoozed_until)

    def test_later_wants_a_day_to_come(self):
        self._plan()
        with self.assertRaisesRegex(UserError, "day to come"):
            self._answer("action_answer", until=self.today).action_note()

    def test_no_is_a_decline_with_its_reason(self):
        work = self._plan(state="accepted")
        other = self._plan(tooth="26")
        answer = self._answer("action_answer", said="declined")
        with self.assertRaisesRegex(UserError, "reason"):
            answer.action_note()
        answer.write(
            {
                "reason_id": self.env.ref("prm_dental.prm_decline_reason_too_expensive").id,
                "procedure_ids": [(3, other.id)],
            }
        )
        answer.action_note()
        self.assertEqual((work.state, other.state), ("declined", "planned"))
        self.assertEqual(work.status_ids[0].user_id, self.receptionist)
        self.assertEqual(self._row().work_count, 1)

    def test_a_wrong_number_is_not_called_again(self):
        self._plan()
        self._answer("action_call", outcome="wrong_number").action_note()
        block = self.env["prm.address.block"].search([("company_id", "=", self.practice.id)])
        self.assertEqual(block.reason, "wrong_person")

    # === WHO SEES IT ===

    def test_by_person(self):
        self._plan()
        self.env.flush_all()
        for user in (self.receptionist, self.clinician, self.manager):
            rows = self.as_user(user, self.env["prm.unscheduled"]).search([])
            self.assertEqual(rows.patient_id, self.anna)
            self.assertTrue(rows.work)
        for user in (self.outsider, self.portal, self.plain_user):
            with self.assertRaises(AccessError):
                self.env["prm.unscheduled"].with_user(user).search([])
        self.assertFalse(self.as_user(self.stranger, self.env["prm.unscheduled"]).search([]))
        theirs = self.as_user(self.stranger, self._row())
        for action in ("action_book", "action_message", "action_call", "action_answer"):
            with self.assertRaises(AccessError):
                getattr(theirs, action)()

    def test_a_clinician_notes_no_calls_for_the_desk(self):
        self._plan()
        row = self.as_user(self.clinician, self._row())
        for action in ("action_message", "action_call"):
            with self.assertRaises(UserError):
                getattr(row, action)()
