from datetime import timedelta

from odoo.addons.prm_core.outbox import Request
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .recall_case import TODAY, RecallCase


@tagged("post_install", "-at_install")
class TestRecallWorklist(RecallCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        hours = cls.env["resource.calendar"].create(
            {"name": "Hours", "tz": "Europe/Rome", "company_id": cls.practice.id}
        )
        cls.provider.write({"resource_calendar_id": hours.id, "tz": "Europe/Rome"})

    def setUp(self):
        super().setUp()
        self.recalls = self.as_user(self.receptionist, self.env["prm.recall"])

    def _family(self, name, *ages_overdue):
        household = self.env["prm.household"].create({"name": name, "company_id": self.practice.id})
        members = self.env["prm.patient"]
        for number, days in enumerate(ages_overdue):
            patient = self._patient(
                first_name=f"{name} {number}", last_name=name, household_id=household.id,
                mobile="+39 333 000 0001",
            )  # fmt: skip
            self._done(patient, TODAY - timedelta(days=days))
            members |= patient
        return members

    def _due(self, name="Luca", days=365, **vals):
        patient = self._patient(first_name=name, last_name="Neri", **vals)
        self._done(patient, TODAY - timedelta(days=days))
        return patient, self.as_user(self.receptionist, self._row(patient, "hygiene"))

    def _names(self, **kwargs):
        page = self.recalls.prm_worklist(**kwargs)
        return [[row["patient"] for row in family["rows"]] for family in page["families"]]

    # === WHO ===

    def test_families_stand_together_by_the_one_due_for_longest(self):
        self._due("Alone", days=500)
        self._family("Rossi", 300, 900)
        self._family("Bianchi", 400, 10)
        self.assertEqual(
            self._names(),
            [["Rossi 1 Rossi", "Rossi 0 Rossi"], ["Alone Neri"], ["Bianchi 0 Bianchi"]],
        )

    def test_pages_show_everybody_once(self):
        for number in range(45):
            if number % 3:
                self._due(f"Single {number}", days=300 + number)
            else:
                self._family(f"Family {number}", 300 + number, 310 + number)
        seen, offset = [], 0
        while True:
            page = self.recalls.prm_worklist(offset=offset)
            seen += [family["key"] for family in page["families"]]
            self.assertLessEqual(len(page["families"]), 20)
            if not page["more"]:
                break
            offset += page["page"]
        self.assertEqual(len(seen), 45)
        self.assertEqual(len(set(seen)), 45)
        self.assertEqual(page["total"], 60)

    def test_who_is_not_to_be_called_is_not_there(self):
        for number, vals in enumerate(
            (
                {"disabled": True}, {"disabled_until": TODAY + timedelta(days=1)},
                {"call_again_on": TODAY + timedelta(days=1)},
                {"manual_due_date": TODAY + timedelta(days=9)},
            )
        ):  # fmt: skip
            self._due(f"Quiet {number}")[1].sudo().write(vals)
        self._due("Moved", status="moved")
        booked, _recall = self._due("Booked")
        self._book(booked)
        rider, _recall = self._due("Rider")
        self._done(
            rider, "2024-01-01", kind=self.env["prm.procedure.type"].browse(self.codes["BWX"])
        )
        self.assertEqual(self._names(), [["Rider Neri"]])
        [[row]] = [family["rows"] for family in self.recalls.prm_worklist()["families"]]
        self.assertEqual((row["riders"], row["minutes"]), ("Bitewings", 55))

    def test_search_and_kind(self):
        self._due("Luca")
        self._family("Rossi", 300, 900)
        self.assertEqual(self._names(words="rossi"), [["Rossi 1 Rossi", "Rossi 0 Rossi"]])
        self.assertEqual(self._names(words="rossi", offset=20), [])
        self.assertEqual(self._names(type_id=self.kinds["fluoride"].id), [])
        self.assertEqual(len(self._names(type_id=self.hygiene.id)), 2)

    # === WHAT STANDS ON A ROW ===

    def test_a_row_has_what_the_call_needs(self):
        child, recall = self._due("Bo", days=300, birth_date="2016-01-01", lang="it_IT")
        mother = self.env["res.partner"].create({"name": "Ada Neri", "phone": "+39 333 777 7777"})
        self.env["prm.guardian"].create({"patient_id": child.id, "partner_id": mother.id})
        child.write({"contact_from": 9.5, "contact_to": 17, "open_balance": 80})
        self.env["prm.health.fact"]._record(
            child, {"mobility": "wheelchair", "infection_risk": True}
        )
        recall.prm_worklist_outcome("no_answer")
        recall.sudo().call_again_on = False
        for text in ("First words", "Please not before March.\n" + "And then " * 60):
            self.env["prm.message"].create(
                {"patient_id": child.id, "company_id": child.company_id.id, "direction": "in",
                 "channel_id": self.env.ref("prm_core.prm_channel_sms").id, "state": "received",
                 "body": text}
            )  # fmt: skip
        [family] = self.recalls.prm_worklist()["families"]
        [row] = family["rows"]
        self.assertEqual((row["speaker"], row["phone"]), ("Ada Neri", "+39 333 777 7777"))
        self.assertEqual((row["age"], row["hours"]), (10, "09:30 – 17:00"))
        self.assertEqual(row["alerts"], ["Getting about: In a wheelchair"], "nothing more")
        self.assertEqual((row["asked"], row["last_outcome"]), (1, "No answer"))
        self.assertIn("Please not before March. And then", row["written"])
        self.assertLess(len(row["written"]), 200)
        self.assertIn("80", row["open"])
        self.assertEqual(row["due"], "Feb 5, 2026")
        self.assertEqual(row["minutes"], 45)

    def _plan_calls(self):
        """The practice plans calls."""
        self.env["prm.gateway"].create(
            {"name": "Calls", "company_id": self.practice.id, "provider": "phone"}
        )

    def _verdict(self):
        [family] = self.recalls.prm_worklist()["families"]
        return family["rows"][0]["call"], family["rows"][0]["call_advice"]

    def test_the_gate_says_whether_we_may_call(self):
        patient, _recall = self._due("No", mobile="+39 333 000 0001")
        self.assertEqual(self._verdict(), ("allow", ""))
        self._plan_calls()
        self.assertEqual(self._verdict(), ("allow", ""))
        self.env["prm.gateway"].search([("name", "=", "Calls")]).active = False
        self.env["prm.consent"].create(
            {"patient_id": patient.id, "state": "refused",
             "purpose_id": self.env.ref("prm_core.prm_purpose_recall").id}
        )  # fmt: skip
        said_no = ("suppress", "The patient has said no to messages of this kind.")
        self.assertEqual(self._verdict(), said_no)
        self.env["prm.gateway"].with_context(active_test=False).search(
            [("name", "=", "Calls")]
        ).active = True
        self.assertEqual(self._verdict(), said_no)

    def test_a_page_costs_the_same_for_three_and_for_twenty(self):
        counts = []
        for number in range(20):
            self._due(f"N{number}", mobile="+39 333 000 0001")
            if number in (2, 3, 19):
                self.env.flush_all()
                self.env["prm.recall"].flush_model()
                self.env.invalidate_all()
                before = self.env.cr.sql_log_count
                page = self.recalls.prm_worklist()
                counts.append(self.env.cr.sql_log_count - before)
                self.assertEqual(len(page["families"]), number + 1)
        self.assertLessEqual(counts[2], counts[1] + 1)
        self.assertLessEqual(counts[2], 60)

    # === WHAT COMES OF A CALL ===

    def test_book(self):
        patient, recall = self._due("Luca")
        self._done(
            patient, "2024-01-01", kind=self.env["prm.procedure.type"].browse(self.codes["BWX"])
        )
        slots = recall.prm_worklist_slots()
        self.assertEqual(len(slots), 6)
        self.assertEqual(len({slot["day"] for slot in slots}), 3, "two a day")
        answer = recall.prm_worklist_book(slots[0]["start"], slots[0]["provider_id"])
        event = self.env["calendar.event"].browse(answer["event_id"])
        self.assertEqual(event.stop - event.start, timedelta(minutes=55))
        self.assertEqual((event.prm_source, event.prm_type_id), ("recall", self.visit))
        self.assertEqual(recall.state, "booked")
        self.assertEqual(self._names(), [])
        again = recall.prm_worklist_book(slots[1]["start"], slots[1]["provider_id"])
        self.assertIn("booked already", again["taken"])

    def test_a_time_that_is_gone_is_told_and_nothing_happens(self):
        _patient, recall = self._due("Luca")
        _other, other_recall = self._due("Ugo")
        slot = recall.prm_worklist_slots()[0]
        other_recall.prm_worklist_book(slot["start"], slot["provider_id"])
        answer = recall.prm_worklist_book(slot["start"], slot["provider_id"])
        self.assertIn("just been taken", answer["taken"])
        self.assertEqual(recall.state, "due")
        self.assertEqual(recall.contact_count, 0)

    def test_a_time_that_is_none_is_refused(self):
        _patient, recall = self._due("Luca")
        for start in ("soon", "", False, "2026-13-40T10:00:00"):
            with self.assertRaisesRegex(UserError, "one of the times"):
                recall.prm_worklist_book(start, self.provider.id)
        self.assertEqual(recall.contact_count, 0)

    def test_outcomes(self):
        for outcome, named, check in (
            ("no_answer", {}, lambda one: one.call_again_on == TODAY + timedelta(days=1)),
            ("call_back", {"on": "2026-06-09"}, lambda one: str(one.call_again_on) == "2026-06-09"),
            ("declined", {"reason": "cost"}, lambda one: str(one.disabled_until) == "2026-11-30"),
            ("declined", {"reason": "elsewhere"}, lambda one: one.disabled),
        ):
            with self.subTest(outcome=outcome, **named):
                _patient, recall = self._due(f"Patient {outcome} {named}")
                recall.prm_worklist_outcome(outcome, **named)
                self.assertTrue(check(recall))
                self.assertEqual(recall.contact_count, 1)
        self.assertEqual(self._names(), [])
        decision = self.env["prm.recall.decision"].search([], limit=1)
        self.assertEqual((decision.source, decision.reason), ("patient", "Goes elsewhere"))

    def test_a_wrong_number_is_called_by_nobody(self):
        self._plan_calls()
        patient, recall = self._due("Luca", mobile="+39 333 000 0001")
        recall.prm_worklist_outcome("wrong_number")
        self.assertEqual(self._verdict()[0], "suppress")
        events = self.env["prm.event"].search([("patient_id", "=", patient.id)])
        self.assertIn("Wrong number", events.mapped("detail")[0])

    def test_a_call_that_was_planned_is_done_with_it(self):
        _patient, recall = self._due("Luca", mobile="+39 333 000 0001", email=False)
        self._plan_calls()
        request = Request(
            recall.patient_id.sudo(), "recall", subject="Call", text="Please call", record=recall,
            channels=("phone",),
        )  # fmt: skip
        message = self.env["prm.message"]._queue([request])
        self.assertEqual((message.state, message.channel_id.code), ("queued", "phone"))
        call = self.env["prm.call"]._plan(message)
        recall.prm_worklist_outcome("declined", reason="fear")
        self.assertEqual((call.state, call.outcome, call.decline_reason),
                         ("done", "declined", "fear"))  # fmt: skip

    def test_what_is_missing_is_said(self):
        _patient, recall = self._due("Luca")
        for outcome, named, words in (
            ("call_back", {}, "a day to come"),
            ("call_back", {"on": "2026-06-01"}, "a day to come"),
            ("call_back", {"on": "soon"}, "a day to come"),
            ("declined", {}, "the reason"),
            ("declined", {"reason": "moon"}, "the reason"),
            ("booked", {}, "what came of"),
            ("moon", {}, "what came of"),
            ("wrong_number", {}, "no number"),
        ):
            with self.subTest(outcome=outcome), self.assertRaisesRegex(UserError, words):
                recall.prm_worklist_outcome(outcome, **named)
        self.assertEqual(recall.contact_count, 0)

    # === ACCESS ===

    def test_who_may(self):
        _patient, recall = self._due("Luca")
        slot = recall.prm_worklist_slots()[0]
        page = self.as_user(self.clinician, self.env["prm.recall"]).prm_worklist()
        self.assertFalse(page["can_act"])
        with self.assertRaises(AccessError):
            self.as_user(self.clinician, recall).prm_worklist_outcome("no_answer")
        page = self.as_user(self.stranger, self.env["prm.recall"]).prm_worklist()
        self.assertFalse(page["families"])
        for user in (self.stranger, self.plain_user, self.outsider, self.portal):
            with self.subTest(user=user.login):
                theirs = self.as_user(user, recall)
                with self.assertRaises(AccessError):
                    theirs.prm_worklist_book(slot["start"], slot["provider_id"])
                with self.assertRaises(AccessError):
                    theirs.prm_worklist_slots()
        for user in (self.plain_user, self.outsider):
            with self.assertRaises(AccessError):
                self.as_user(user, self.env["prm.recall"]).prm_worklist()
