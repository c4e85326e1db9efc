from datetime import timedelta
from unittest.mock import patch

from freezegun import freeze_time
from odoo import fields
from odoo.tests import tagged

from .common import MONDAY, AppointmentCase

LANGUAGES = ("en", "it", "es", "de", "zh")


@tagged("post_install", "-at_install")
class TestReadyJourneys(AppointmentCase):
    """The journeys that ship, as a practice would let them run."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["prm.journey"].search([]).filtered(lambda one: one.state != "draft").state = "ended"
        cls.reminder = cls.env.ref("prm_appointment.prm_journey_reminder")
        cls.missed = cls.env.ref("prm_appointment.prm_journey_no_show")
        cls.env["prm.gateway"].create(
            {"name": "SMS", "company_id": cls.practice.id, "provider": "odoo_sms"}
        )
        cls.maria.mobile = "+393331234567"

    def setUp(self):
        super().setUp()
        self.go_to(MONDAY - timedelta(days=30))
        (self.reminder | self.missed).action_go_live()

    def go_to(self, moment):
        clock = freeze_time(moment)
        clock.start()
        self.addCleanup(clock.stop)

    def run_engine(self, moment=None):
        if moment:
            self.go_to(moment)
        with patch.object(type(self.env["ir.cron"]), "_commit_progress", lambda *a, **k: 60):
            self.env["prm.journey"]._cron_listen()
            self.env["prm.enrolment"]._cron_advance()
        self.env.flush_all()
        self.env.invalidate_all()

    def messages(self, patient=None):
        domain = [("patient_id", "=", (patient or self.maria).id), ("direction", "=", "out")]
        return self.env["prm.message"].search(domain, order="id")

    def sent(self, patient=None):
        """(day before the visit, channel) of what went or waits to go."""
        going = self.messages(patient).filtered(lambda one: one.state != "suppressed")
        return [(one.create_date.date(), one.channel_id.code) for one in going]

    def _hours(self, start, stop, step=6):
        """Let hours pass; what is queued goes at once."""
        while start <= stop:
            self.run_engine(start)
            self.messages().filtered(lambda one: one.state == "queued").state = "sent"
            start += timedelta(hours=step)

    def test_they_ship_as_drafts_that_could_go_live(self):
        ready = self.env["prm.journey"].search([("code", "!=", False), ("company_id", "=", False)])
        self.assertLessEqual(
            {"welcome", "birthday", "appointment_reminder"}, set(ready.mapped("code"))
        )
        for journey in ready - self.reminder - self.missed:
            self.assertEqual(journey.state, "draft", journey.name)
            journey._check_ladder()

    def test_texts_in_five_languages(self):
        template = self.env.ref("prm_appointment.prm_template_appointment_reminder")
        found = {(body.channel_kind, body.lang) for body in template.body_ids}
        kinds = ("email", "sms", "whatsapp")
        self.assertEqual(found, {(kind, lang) for kind in kinds for lang in LANGUAGES})
        findings = {finding.code for finding in template._lint()} - {"not_approved", "sms_long"}
        self.assertFalse(findings)

    def test_booked_long_ahead(self):
        visit = self._book(self._at(9, days=2))
        self._hours(fields.Datetime.now(), visit.start)
        day = visit.start.date()
        self.assertEqual(
            self.sent(),
            [(day - timedelta(days=7), "email"), (day - timedelta(days=2), "sms"),
             (day - timedelta(days=1), "email")],
        )  # fmt: skip
        email = self.messages()[0]
        self.assertIn("Maria: Mercoledì 7 febbraio, 10:00", email.body)
        self.assertEqual((email.res_model, email.res_id), ("calendar.event", visit.id))

    def test_confirmed_needs_no_sms(self):
        visit = self._book(self._at(9, days=2))
        self._hours(fields.Datetime.now(), visit.start - timedelta(days=6))
        visit.prm_status = "confirmed"
        self._hours(visit.start - timedelta(days=5), visit.start)
        self.assertEqual([channel for _day, channel in self.sent()], ["email", "email"])

    def test_booked_some_days_ahead(self):
        self.go_to(MONDAY - timedelta(days=2))
        visit = self._book(self._at(9, days=2))
        self._hours(fields.Datetime.now(), visit.start)
        self.assertEqual(self.sent(), [(visit.start.date() - timedelta(days=1), "email")])

    def test_booked_on_the_day_itself(self):
        self.go_to(self._at(8))
        self._book(self._at(15))
        self.run_engine()
        self.assertEqual(self.sent(), [(MONDAY.date(), "email")])

    def test_no_message_for_a_visit_that_moved(self):
        self.go_to(MONDAY)
        visit = self._book(self._at(9, days=2))
        self.run_engine(self._at(12, days=1))
        [reminder] = self.messages()
        self.assertEqual(reminder.state, "queued")
        visit.write({"start": self._at(9, days=4), "stop": self._at(10, days=4)})
        self.run_engine()
        self.assertEqual((reminder.state, reminder.reason), ("suppressed", "date_moved"))
        self._hours(fields.Datetime.now(), visit.start)
        self.assertEqual(self.sent(), [(visit.start.date() - timedelta(days=1), "email")])

    def test_nor_for_one_that_was_cancelled(self):
        visit = self._book(self._at(9))
        self.run_engine()
        visit.prm_status = "cancelled"
        self._hours(fields.Datetime.now(), visit.start)
        self.assertFalse(self.messages())

    def test_a_visit_that_moves_near_is_told_of_at_once(self):
        visit = self._book(self._at(9, days=2))
        self._hours(fields.Datetime.now(), visit.start - timedelta(days=6))
        self.assertEqual(len(self.sent()), 1)
        self.go_to(MONDAY - timedelta(days=4) + timedelta(hours=10))
        visit.write({"start": self._at(9, days=-3), "stop": self._at(10, days=-3)})
        self.run_engine()
        self.assertEqual(
            self.sent()[1:], [(MONDAY.date() - timedelta(days=4), "email")], self.messages()
        )
        self.assertIn("Venerdì 2 febbraio", self.messages()[-1].body)

    def test_a_visit_that_is_set_back_to_booked_is_reminded_of(self):
        visit = self._book(self._at(9, days=2))
        self._hours(fields.Datetime.now(), visit.start - timedelta(days=6))
        self.go_to(visit.start - timedelta(days=5))
        visit.prm_status = "cancelled"
        self.run_engine()
        people = self.env["prm.enrolment"].search([("journey_id", "=", self.reminder.id)])
        self.assertEqual((people.state, people.reason), ("exited", "appointment_cancelled"))
        self.run_engine(visit.start - timedelta(days=4))
        visit.prm_status = "booked"
        self._hours(fields.Datetime.now(), visit.start)
        day = visit.start.date()
        self.assertEqual(
            self.sent(),
            [(day - timedelta(days=7), "email"), (day - timedelta(days=4), "email"),
             (day - timedelta(days=2), "sms"), (day - timedelta(days=1), "email")],
        )  # fmt: skip

    def test_set_back_and_cancelled_again_in_one_go(self):
        visit = self._book(self._at(9))
        visit.prm_status = "cancelled"
        self.run_engine()
        visit.prm_status = "booked"
        visit.prm_status = "cancelled"
        self._hours(fields.Datetime.now(), visit.start)
        self.assertFalse(self.sent())

    def _family(self):
        """Two visits of a family on Monday, for which one reminder waits: visits, Leo."""
        family = self.env["prm.household"].create({"name": "Verdi", "company_id": self.practice.id})
        leo = self._patient(
            first_name="Leo", email=self.maria.email, household_id=family.id, lang="it_IT"
        )
        self.maria.household_id = family
        self.go_to(MONDAY - timedelta(days=3))
        return self._book(self._at(9)), self._book(self._at(10), leo), leo

    def _going(self, leo):
        messages = self.messages() | self.messages(leo)
        return messages.filtered(lambda one: one.state in ("queued", "sent"))

    def test_of_a_family_those_who_stay_are_told_anew(self):
        for speaks in (True, False):
            with self.subTest(cancelled_one_speaks_for_both=speaks):
                *visits, leo = self._family()
                self.run_engine(MONDAY - timedelta(hours=12))
                both = self._going(leo)
                self.assertEqual(both.state, "queued")
                off = [
                    visit for visit in visits if (visit.prm_patient_id == both.patient_id) == speaks
                ]
                [stays] = [visit for visit in visits if visit not in off]
                off[0].prm_status = "cancelled"
                self.run_engine()
                reason = "journey_left" if speaks else "family_changed"
                self.assertEqual((both.state, both.reason), ("suppressed", reason))
                message = self._going(leo)
                self.assertEqual(message.patient_id, stays.prm_patient_id)
                self.assertIn(stays.prm_patient_id.first_name, message.body)
                self.assertNotIn(f"{off[0].prm_patient_id.first_name}:", message.body)
                entry = self.env["prm.enrolment.entry"].search([("message_id", "=", message.id)])
                self.assertEqual(entry.enrolment_id.res_id, stays.id)
                # Nobody is told twice.
                self.run_engine()
                self.assertEqual(self._going(leo), message)
                stays.prm_status = "cancelled"
                self.run_engine()

    def test_a_visit_of_the_family_joins_the_message_that_waits(self):
        *visits, leo = self._family()
        visits[1].prm_status = "cancelled"
        self.run_engine(MONDAY - timedelta(hours=12))
        waiting = self._going(leo)
        first = waiting.link_id
        self.assertEqual((first.action, first.res_id), ("visit", visits[0].id))
        second = self._book(self._at(10), leo)
        self.run_engine()
        self.assertEqual(self._going(leo), waiting)
        self.assertIn("Leo: Lunedì 5 febbraio, 11:00", waiting.body)
        self.assertNotEqual(waiting.link_id, first)
        token = waiting.body.partition("/prm/l/")[2].split()[0]
        link = self.env["prm.link"]._find(token)
        self.assertEqual(link, waiting.link_id)
        self.assertEqual(link._visits(), visits[0] | second)

    def test_a_family_is_reminded_once_and_confirms_once(self):
        first, second, leo = self._family()
        self._hours(fields.Datetime.now(), MONDAY - timedelta(hours=10))
        messages = self.messages() | self.messages(leo)
        going = self._going(leo)
        self.assertEqual(len(going), 1)
        self.assertIn("Maria: Lunedì 5 febbraio, 10:00", going.body)
        self.assertIn("Leo: Lunedì 5 febbraio, 11:00", going.body)
        self.assertEqual((messages - going).merged_into_id, going)
        self.assertEqual(going._visits_asked_about(), first | second)

    def test_after_a_missed_visit(self):
        self.go_to(MONDAY - timedelta(days=1))
        visit = self._book(self._at(9))
        self.go_to(self._at(12))
        visit.prm_status = "no_show"
        self._hours(fields.Datetime.now(), MONDAY + timedelta(days=6))
        people = self.env["prm.enrolment"].search([("journey_id", "=", self.missed.id)])
        self.assertEqual(people.state, "done")
        self.assertEqual(people.entry_ids.mapped("outcome"), ["taken", "taken"])
        task = self.maria.activity_ids
        self.assertEqual(task.summary, "Ask how the patient is, and offer a new visit")
        self.assertEqual(task.user_id, self.receptionist)

    def test_the_task_closes_when_the_patient_books(self):
        self.go_to(MONDAY - timedelta(days=1))
        visit = self._book(self._at(9))
        self.go_to(self._at(12))
        visit.prm_status = "no_show"
        self.run_engine()
        self._book(self._at(9, days=3))
        self._hours(fields.Datetime.now(), MONDAY + timedelta(days=9))
        people = self.env["prm.enrolment"].search([("journey_id", "=", self.missed.id)])
        self.assertEqual((people.state, people.reason), ("goal", "appointment_booked"))
        self.assertFalse(self.maria.activity_ids)
