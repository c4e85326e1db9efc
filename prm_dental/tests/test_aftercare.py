from datetime import timedelta

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import tagged

from .care_case import CareCase

JOURNEY = "prm_dental.prm_journey_aftercare"
CALL = "prm_dental.prm_journey_call_next_day"
HOW = "prm_dental.prm_journey_how_are_you"


@tagged("post_install", "-at_install")
class TestAftercare(CareCase):
    """Instructions on the day of the treatment."""

    LIVE = (JOURNEY,)

    def test_the_shipped_words(self):
        """Every kind of procedure is explained, in few words; what is cut gets a call."""
        kinds = self.env["prm.procedure.type"].search([("company_id", "=", False)])
        for kind in kinds:
            with self.subTest(kind.code):
                self.assertTrue(kind.explanation)
                self.assertLessEqual(len(kind.explanation.split()), 60)
                if kind.category in ("surgical", "restorative", "endodontic", "orthodontic"):
                    self.assertIn("Call us", kind.aftercare)
                self.assertEqual(kind.call_next_day, kind.category == "surgical")

    def test_ready_journeys_can_go_live(self):
        for name in (JOURNEY, CALL, HOW):
            self.env.ref(name)._check_ladder()

    def test_one_message_for_all_that_was_done(self):
        """Three procedures, two of them with the same text: one message, each text once."""
        fill1 = self.env.ref("prm_dental.prm_procedure_type_fill1")
        self.fill.with_context(lang="it_IT").aftercare = "Non mastichi."
        fill1.with_context(lang="it_IT").aftercare = "Non mastichi."
        self.extraction.with_context(lang="it_IT").aftercare = "Morda la garza."
        self._done(self.luca, self.today, self.extraction)
        self._done(self.luca, self.today, self.fill, tooth="26")
        self.run_engine(minutes=10)
        self._done(self.luca, self.today, fill1, tooth="17")
        self.run_engine(minutes=25)
        self.assertTrue(self.people(self.luca, JOURNEY))
        self.run_engine(minutes=6)
        [message] = self.messages(self.luca)
        self.assertEqual(message.lang, "it")
        self.assertEqual(message.body.count("Non mastichi."), 1)
        self.assertEqual(message.body.count("Morda la garza."), 1)
        self.assertIn("/prm/l/", message.body)
        self.assertEqual(len(self.luca.aftercare_ids), 1)

    def test_who_gets_sms_reads_no_treatment_there(self):
        body = self.env.ref("prm_dental.prm_template_body_aftercare_sms_en")
        self.assertNotIn("aftercare.procedures", body.body)
        with self.assertRaises(ValidationError):
            body.body = "{{ aftercare.procedures }} {{ link.aftercare }}"

    def test_late_in_the_evening_it_waits_for_the_morning(self):
        self.run_engine(hours=9)  # nine in the evening in Rome
        self._done(self.luca, self.today, self.extraction)
        self.run_engine(minutes=31)
        self.assertFalse(self.messages(self.luca))
        self.run_engine(hours=10)
        self.assertTrue(self.waiting(self.luca))

    def test_a_mistake_before_it_left_is_taken_back(self):
        procedure = self._done(self.luca, self.today, self.extraction)
        self.run_engine(minutes=31)
        [message] = self.waiting(self.luca)
        procedure.state = "planned"
        self.run_engine()
        self.assertEqual((message.state, message.reason), ("suppressed", "journey_left"))
        self.assertFalse(self.luca.aftercare_ids.has_instructions)
        procedure.state = "completed"
        self.run_engine()
        self.run_engine(minutes=31)
        self.assertEqual(len(self.waiting(self.luca)), 1)

    def test_one_of_two_was_a_mistake(self):
        """While it waits the message is written anew; once it has left nobody gets a second one."""
        self._done(self.luca, self.today, self.fill, tooth="26")
        wrong = self._done(self.luca, self.today, self.extraction)
        self.run_engine(minutes=31)
        [first] = self.waiting(self.luca)
        self.assertIn("Estrazione", first.body)
        wrong.state = "deleted"
        self.run_engine()
        self.assertEqual(first.state, "suppressed")
        self.run_engine(minutes=31)
        [second] = self.waiting(self.luca)
        self.assertNotEqual(first, second)
        self.assertNotIn("Estrazione", second.body)
        second.state = "sent"
        again = self._done(self.luca, self.today, self.fill, tooth="27")
        again.state = "deleted"
        self.run_engine(hours=1)
        self.assertEqual(len(self.messages(self.luca)), 2)

    def test_another_day_is_another_message(self):
        self._done(self.luca, self.today, self.extraction)
        self.run_engine(minutes=31)
        moved = self.luca.procedure_ids
        self.run_engine(days=1)
        self._done(self.luca, self.today + timedelta(days=1), self.extraction, tooth="36")
        self.run_engine(minutes=31)
        self.assertEqual(len(self.messages(self.luca)), 2)
        self.assertEqual(len(self.luca.aftercare_ids), 2)
        moved.date = self.today + timedelta(days=1)
        self.assertEqual(sum(row.has_instructions for row in self.luca.aftercare_ids), 1)

    def test_the_past_and_lists_send_nothing(self):
        self._done(self.luca, self.today - timedelta(days=4), self.extraction)
        self.env["prm.procedure"].with_context(prm_bulk=True).create(
            {"patient_id": self.luca.id, "date": self.today, "state": "completed",
             "type_id": self.extraction.id, "tooth": "36"}
        )  # fmt: skip
        self._done(self.luca, self.today, self.hyg)
        self._done(self.luca, self.today, self.extraction, state="planned", tooth="47")
        self.run_engine(hours=2)
        self.assertFalse(self.luca.aftercare_ids)
        self.assertFalse(self.messages(self.luca))
        self._done(self.luca, self.today - timedelta(days=3), self.extraction, tooth="37")
        self.run_engine(hours=2)
        self.assertEqual(len(self.messages(self.luca)), 1)

    def test_a_guardian_reads_it_in_their_language(self):
        child = self._patient(first_name="Leo", last_name="Neri", birth_date="2020-03-01")
        mother = self.env["res.partner"].create(
            {"name": "Laura Neri", "email": "laura@example.com", "lang": "it_IT"}
        )
        self.env["prm.guardian"].create(
            {"patient_id": child.id, "partner_id": mother.id, "relation": "mother"}
        )
        self._done(child, self.today, self.fill, tooth="46")
        self.run_engine(minutes=31)
        [message] = self.messages(child)
        self.assertEqual((message.recipient_id, message.lang), (mother, "it"))

    def test_pages_and_rights(self):
        self._done(self.luca, self.today, self.extraction)
        row = self.luca.aftercare_ids
        self.assertIn("Extraction (tooth 16)", self.as_user(self.receptionist, row).done_text)
        self.assertTrue(self.as_user(self.clinician, row).instructions)
        for user in (self.receptionist, self.clinician, self.manager):
            with self.assertRaises(AccessError):
                self.as_user(user, row).write({"has_instructions": False})
        with self.assertRaises(AccessError):
            self.as_user(self.plain_user, row).read(["date"])
        with self.assertRaises(AccessError):
            self.as_user(self.stranger, row).read(["date"])
        [entry] = self.luca._prm_prepare_aftercare_list()
        self.assertEqual(len(entry["parts"]), 1)

    def test_the_page_behind_the_link(self):
        self._done(self.luca, self.today, self.extraction)
        row = self.luca.aftercare_ids
        link, _url = self.env["prm.link"]._issue("aftercare", self.luca, record=row)
        template, values = link._page({})
        self.assertEqual(template, "prm_dental.page_aftercare")
        self.assertFalse(values["done"])
        self.assertEqual(len(values["parts"]), 1)
        self.assertFalse(link.acted_at, "opening a page changes nothing")
        _template, values = link._post({})
        self.assertTrue(values["done"])
        self.assertTrue(link.acted_at)
        self.luca.procedure_ids.state = "deleted"
        self.assertFalse(link._page({})[1]["parts"])

    def test_many_patients_cost_no_query_each(self):
        """Completing work of 30 patients asks no more often than of 3, apart from the rows."""
        patients = [self._patient(first_name=f"P{n}", email=f"p{n}@example.com") for n in range(33)]
        procedures = [
            self._done(one, self.today, self.extraction, state="planned") for one in patients
        ]
        few = self.env["prm.procedure"].union(*procedures[:3])
        many = self.env["prm.procedure"].union(*procedures[3:])
        counts = []
        for group in (few, many):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            group.write({"state": "completed"})
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0] + 10)

    def test_of_two_records_of_one_person_one_day(self):
        twin = self._patient(first_name="Luca", last_name="Neri", email="twin@example.com")
        self._done(self.luca, self.today, self.fill, tooth="26")
        self._done(twin, self.today, self.extraction)
        self.run_engine()
        twin._merge_into(self.luca)
        self.assertEqual(len(self.luca.aftercare_ids), 1)
        self.assertEqual(len(self.luca.aftercare_ids._parts()), 2)
        self.run_engine(minutes=31)
        self.assertEqual(len(self.waiting(self.luca)), 1)

    def test_print(self):
        self._done(self.luca, self.today, self.extraction)
        html, _kind = self.env["ir.actions.report"]._render_qweb_html(
            "prm_dental.report_aftercare", self.luca.aftercare_ids.ids
        )
        part = self.luca.aftercare_ids.with_context(lang="it_IT")._parts()[0]
        page = html.decode()
        self.assertIn(part["names"], page, "in the patient's language")
        self.assertIn(part["text"].splitlines()[0], page.replace("&#39;", "'"))


@tagged("post_install", "-at_install")
class TestNextDay(CareCase):
    """A call, or a message, on the day after."""

    LIVE = (CALL, HOW)

    def test_somebody_calls_on_the_next_day(self):
        self._done(self.luca, self.today, self.extraction)
        self.run_engine(hours=10)
        self.assertFalse(self.luca.activity_ids)
        self.run_engine(hours=12)
        [task] = self.luca.activity_ids
        self.assertIn("Extraction (tooth 16)", task.summary)
        self.assertEqual(task.activity_type_id, self.env.ref("mail.mail_activity_data_call"))
        template = self.env.ref("prm_dental.prm_template_how_are_you")
        self.assertEqual(self.messages(self.luca).template_id, template)

    def test_after_a_friday_on_monday(self):
        self.run_engine(days=4)
        friday = self.today + timedelta(days=4)
        self._done(self.luca, friday, self.extraction)
        self.run_engine(days=1)
        self.run_engine(days=1)
        self.assertFalse(self.luca.activity_ids)
        self.assertTrue(self.messages(self.luca), "the message goes on Saturday")
        self.run_engine(days=1)
        self.assertEqual(len(self.luca.activity_ids), 1)

    def test_a_filling_needs_no_call(self):
        self._done(self.luca, self.today, self.fill, tooth="26")
        self.run_engine(days=2)
        self.assertFalse(self.luca.activity_ids)
        self.assertFalse(self.messages(self.luca))

    def test_what_comes_later_on_the_day_does_not_call_twice(self):
        self._done(self.luca, self.today, self.extraction)
        self.run_engine(days=1)
        self._done(self.luca, self.today, self.fill, tooth="26")
        self.run_engine(days=1)
        self.assertEqual(len(self.luca.activity_ids), 1)

    def test_the_task_goes_when_the_patient_came_or_it_was_a_mistake(self):
        other = self._patient(first_name="Bea", email="bea@example.com")
        procedure = self._done(self.luca, self.today, self.extraction)
        self._done(other, self.today, self.extraction)
        self.run_engine(days=1)
        self.assertTrue(self.luca.activity_ids)
        self.assertTrue(other.activity_ids)
        procedure.state = "planned"
        self.env["prm.event"].emit("appointment_arrived", [{"patient": other}])
        self.run_engine()
        self.assertFalse(self.luca.activity_ids)
        self.assertFalse(other.activity_ids)
