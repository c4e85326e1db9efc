from datetime import datetime, timedelta

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from .care_case import CareCase

JOURNEY = "prm_dental.prm_journey_medication"


@tagged("post_install", "-at_install")
class TestPrescription(CareCase):
    """Medicines, and reminders at their times. It is Monday noon in Rome."""

    LIVE = (JOURNEY,)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.luca.partner_id.tz = "Europe/Rome"
        cls.morning = cls.env.ref("prm_dental.prm_intake_time_morning")
        cls.evening = cls.env.ref("prm_dental.prm_intake_time_evening")
        cls.night = cls.env.ref("prm_dental.prm_intake_time_night")

    def _prescribe(self, patient=None, start=True, remind=True, **line):
        """A prescription of one medicine, morning and evening for three days, by a clinician."""
        mine = self.as_user(self.clinician, self.env["prm.prescription"])
        one = mine.create(
            {
                "patient_id": (patient or self.luca).id,
                "remind": remind,
                "line_ids": [
                    (0, 0, {
                        "drug": "Amoxicillin", "strength": "500 mg", "dose": "1 tablet", "days": 3,
                        "time_ids": [(6, 0, (self.morning | self.evening).ids)], **line,
                    })
                ],
            }
        )  # fmt: skip
        if start:
            one.action_start()
        return one

    def _times(self, patient=None):
        rows = self.env["prm.intake"].search([("patient_id", "=", (patient or self.luca).id)])
        return rows.mapped("at")

    # ------------------------------------------------------------
    # WHAT IS WRITTEN
    # ------------------------------------------------------------

    def test_clear_sentences(self):
        with self.assertRaisesRegex(ValidationError, "no time of day"):
            self._prescribe(start=False, exact_times="8 o'clock")
        with self.assertRaisesRegex(ValidationError, "choose when it is taken"):
            self._prescribe(start=False, time_ids=False)
        with self.assertRaisesRegex(ValidationError, "As needed"):
            self._prescribe(start=False, as_needed=True)
        with self.assertRaisesRegex(ValidationError, "past"):
            self._prescribe(date_from=self.today - timedelta(days=9))
        empty = self.as_user(self.clinician, self.env["prm.prescription"]).create(
            {"patient_id": self.luca.id}
        )
        with self.assertRaisesRegex(ValidationError, "Add the medicines"):
            empty.action_start()

    def test_what_runs_is_not_changed(self):
        one = self._prescribe()
        with self.assertRaisesRegex(UserError, "can't be changed"):
            one.line_ids.dose = "2 tablets"
        with self.assertRaisesRegex(UserError, "can't be changed"):
            one.line_ids.unlink()
        with self.assertRaises(UserError):
            one.write({"state": "draft"})
        with self.assertRaises(UserError):
            one.write({"line_ids": [(0, 0, {"drug": "X", "dose": "1", "exact_times": "8:00"})]})
        with self.assertRaises(UserError):
            one.unlink()
        copy = one.copy()
        self.assertEqual((copy.state, copy.line_ids.drug), ("draft", "Amoxicillin"))

    def test_what_to_mind_stands_beside_the_drugs(self):
        self.env["prm.health.fact"]._record(
            self.luca, {"allergy": "Penicillin", "anticoagulants": True, "medication": "Warfarin"},
            source="clinician",
        )  # fmt: skip
        one = self._prescribe(start=False)
        self.assertIn("Penicillin", one.alert_text)
        self.assertEqual(one.medication_text, "Warfarin")
        one.action_start()
        self.assertEqual(one.state, "active", "a question, and no refusal")

    def test_the_desk_reads_no_medicine(self):
        one = self._prescribe()
        for record in (one, one.line_ids, self.env["prm.intake"].search([], limit=1)):
            for user in (self.receptionist, self.plain_user, self.stranger):
                with (
                    self.subTest(model=record._name, user=user.login),
                    self.assertRaises(AccessError),
                ):
                    self.as_user(user, record).read(["display_name"])
        with self.assertRaises(AccessError):
            self.as_user(self.receptionist, self.luca).read(["prescription_ids"])
        events = self.env["prm.event"].search([("patient_id", "=", self.luca.id)])
        self.assertIn("prescription_started", events.event_type_id.mapped("code"))
        self.assertNotIn("Amoxicillin", str(events.mapped("payload")))

    def test_it_ends_by_itself(self):
        one = self._prescribe()
        self.run_engine(days=3)
        self.env["prm.prescription"]._cron_finish()
        self.assertEqual(one.state, "finished")

    # ------------------------------------------------------------
    # REMINDERS
    # ------------------------------------------------------------

    def test_ready_journey_can_go_live(self):
        self.assertEqual(self.env.ref(JOURNEY).state, "live")

    def test_morning_and_evening_for_three_days(self):
        self._prescribe()
        # From noon on: this evening, and two days more.
        self.run_engine()
        self.assertFalse(self.messages(self.luca))
        sent = []
        for _quarter in range(4 * 24 * 3):
            self.run_engine(minutes=15)
            sent.append(len(self.messages(self.luca)))
        self.assertEqual(sent[-1], 5)
        [*messages] = self.messages(self.luca)
        self.assertEqual({message.state for message in messages}, {"queued"})
        self.assertEqual(
            [message.create_date.strftime("%d %H:%M") for message in messages],
            ["01 17:00", "02 06:00", "02 17:00", "03 06:00", "03 17:00"],
        )
        self.assertEqual(messages[0].lang, "it")

    def test_no_word_on_health(self):
        self._prescribe()
        self.run_engine(hours=7)
        [message] = self.messages(self.luca)
        self.assertNotIn("Amoxicillin", f"{message.subject} {message.body}")
        self.assertIn("/prm/l/", message.body)
        for body in self.env.ref("prm_dental.prm_template_medication").body_ids:
            self.assertNotIn("drug", body.body)

    def test_several_drugs_at_one_time_are_one_message(self):
        self._prescribe()
        self._prescribe(time_ids=[(6, 0, (self.evening | self.night).ids)], days=1)
        self.run_engine(hours=7)
        self.assertEqual(len(self.messages(self.luca)), 1)
        # Ten in the evening lies outside the hours of the purpose: the patient asked for it.
        self.run_engine(hours=3, minutes=1)
        self.assertEqual([one.state for one in self.messages(self.luca)], ["queued"] * 2)

    def test_stopped_is_stopped_at_once(self):
        one = self._prescribe()
        self.run_engine(hours=7)
        [message] = self.waiting(self.luca)
        one.action_stop()
        self.assertEqual((message.state, message.reason), ("suppressed", "journey_left"))
        self.run_engine(days=3)
        self.assertEqual(self.messages(self.luca), message)
        self.assertFalse([at for at in self._times() if at > datetime(2026, 6, 1, 17)])

    def test_what_another_prescription_needs_stays(self):
        one = self._prescribe()
        self._prescribe(time_ids=[(6, 0, self.evening.ids)])
        self.run_engine()
        one.action_stop()
        self.run_engine(hours=7)
        self.assertEqual(len(self.waiting(self.luca)), 1)
        self.run_engine(hours=13)
        self.assertEqual(len(self.waiting(self.luca)), 1)

    def test_only_with_the_patients_yes(self):
        one = self._prescribe(remind=False)
        self.assertFalse(self._times())
        one.remind = True
        self.assertEqual(len(self._times()), 5)
        one.remind = False
        self.assertFalse(self._times())

    def test_as_needed_reminds_of_nothing(self):
        self._prescribe(as_needed=True, time_ids=False)
        self.assertFalse(self._times())

    def test_started_at_noon_says_nothing_of_the_morning(self):
        self._prescribe()
        self.run_engine(minutes=5)
        self.assertFalse(self.messages(self.luca))

    def test_what_is_late_does_not_go(self):
        """The engine, or the sender, stood still: eight o'clock is not told at noon."""
        self._prescribe()
        self.run_engine()
        self.run_engine(hours=9)  # nine in the evening, for seven
        self.assertEqual([one.reason for one in self.messages(self.luca)], ["intake_past"])
        self.run_engine(hours=11, minutes=10)  # ten past eight
        [message] = self.waiting(self.luca)
        self.assertEqual(message.expires_at, datetime(2026, 6, 2, 7, 0))
        facts = self.env["prm.message"]._gather_claimed_facts(message)
        self.assertFalse(message._judge_forbidden({message.id: facts[0]}))
        self.run_engine(hours=1)
        [verdict] = message._judge_forbidden({message.id: facts[0]})
        self.assertEqual((verdict.state, verdict.reason), ("suppressed", "intake_past"))

    def test_the_clock_of_the_patient(self):
        self.luca.partner_id.tz = "America/New_York"
        self._prescribe(time_ids=[(6, 0, self.morning.ids)], days=1)
        # Noon in Rome is six in the morning there.
        self.assertEqual(self._times(), [datetime(2026, 6, 1, 12, 0)])
        self.run_engine()
        self.run_engine(hours=2)
        self.assertEqual(len(self.waiting(self.luca)), 1)

    def test_who_wants_no_messages_gets_none(self):
        self.env["prm.consent"].create(
            {
                "patient_id": self.luca.id,
                "purpose_id": self.env.ref("prm_core.prm_purpose_care").id,
                "state": "withdrawn",
            }
        )
        self._prescribe()
        self.run_engine(hours=7)
        self.assertEqual(self.messages(self.luca).reason, "refused")

    def test_the_page_behind_the_link(self):
        one = self._prescribe(food="with", note="Take it to the end.")
        row = self.env["prm.intake"].search([("patient_id", "=", self.luca.id)], limit=1)
        link, _url = self.env["prm.link"]._issue("prescription", self.luca, record=row)
        template, values = link._page({})
        self.assertEqual(template, "prm_dental.page_prescription")
        self.assertEqual([each["name"] for each in values["now"]], ["Amoxicillin 500 mg"])
        self.assertEqual(values["medicines"][0]["note"], "Take it to the end.")
        self.assertFalse(link.acted_at)
        self.assertTrue(link._post({})[1]["done"])
        one.action_stop()
        values = link._page({})[1]
        self.assertFalse(values["medicines"] or values["now"])

    def test_of_two_records_of_one_person_one_reminder(self):
        twin = self._patient(first_name="Luca", last_name="Neri", email="twin@example.com")
        self._prescribe()
        self._prescribe(patient=twin, time_ids=[(6, 0, (self.evening | self.night).ids)])
        self.run_engine()
        twin._merge_into(self.luca)
        self.assertEqual(len(self._times()), 8)
        self.run_engine(hours=7)
        self.assertEqual(len(self.waiting(self.luca)), 1)
        self.run_engine(hours=3)
        self.assertEqual(len(self.waiting(self.luca)), 2)

    def test_many_intakes_are_made_together(self):
        counts = []
        for days in (2, 60):
            one = self._prescribe(start=False, days=days)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            one.action_start()
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0] + 5)
        self.assertEqual(len(self._times()), 119)
