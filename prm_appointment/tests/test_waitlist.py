from datetime import timedelta

from freezegun import freeze_time
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger
from psycopg2 import IntegrityError

from ..exceptions import SlotTaken
from .common import AppointmentCase


class WaitlistCase(AppointmentCase):
    """Tuesday noon in Rome; Giulia's visit on Thursday at 10 is what comes free."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.clock = freeze_time(cls._at(11, days=1))
        cls.clock.start()
        cls.addClassCleanup(cls.clock.stop)
        cls.entries = cls.env["prm.waitlist.entry"]
        cls.openings = cls.env["prm.waitlist.opening"]
        cls.thursday = cls._at(9, days=3)
        cls.visit = cls._book(cls.thursday)

    @classmethod
    def _wait(cls, patient=None, **vals):
        patient = patient or cls.luca
        return cls.entries.create({"patient_id": patient.id, "type_id": cls.hygiene.id, **vals})

    @classmethod
    def _people(cls, count, **vals):
        """So many people who wait, the first for longest."""
        entries = cls.entries
        for number in range(count):
            patient = cls._patient(
                first_name=f"P{number}", last_name="Rossi", email=f"p{number}@example.com"
            )
            since = cls._at(0, days=1) - timedelta(hours=100 - number)
            entries |= cls._wait(patient, since=since, **vals)
        return entries

    def _free_up(self, visit=None):
        """The patient cancels; what came free is returned."""
        visit = visit or self.visit
        visit._prm_cancel("patient", "no_time")
        return self.openings.search([("event_id", "=", visit.id)])

    def _round(self, opening=None):
        """What is due is offered."""
        self.env["prm.waitlist.opening"].sudo()._cron_offer()
        self.env.invalidate_all()

    def _states(self, opening):
        return {offer.entry_id: offer.state for offer in opening.offer_ids}

    def _offer(self, opening, entry):
        return opening.offer_ids.filtered(lambda offer: offer.entry_id == entry)


@tagged("post_install", "-at_install")
class TestWaitlist(WaitlistCase):
    """From a time that comes free to the visit that fills it."""

    def setUp(self):
        super().setUp()
        self.patch(type(self.env["ir.cron"]), "_commit_progress", lambda *_args, **_kw: True)

    # -- what comes free

    def test_what_a_patient_cancels_is_offered_at_once(self):
        opening = self._free_up()
        self.assertEqual((opening.start, opening.stop), (self.visit.start, self.visit.stop))
        self.assertEqual((opening.state, opening.why), ("open", "cancelled"))
        self.assertEqual(opening.provider_id, self.giulia)

    def test_what_the_practice_cancels_waits_for_the_front_desk(self):
        self.visit._prm_cancel("practice", "practice_other")
        opening = self.openings.search([("event_id", "=", self.visit.id)])
        self.assertEqual(opening.state, "asks")
        self._wait()
        self._round()
        self.assertFalse(opening.offer_ids)
        self.as_user(self.receptionist, opening).action_offer()
        self.assertEqual(opening.state, "open")
        self.assertEqual(opening.offer_ids.mapped("state"), ["offered"])

    def test_a_change_at_the_desk_can_be_taken_back_before_anybody_is_asked(self):
        self._wait()
        visit = self.as_user(self.receptionist, self.visit)
        visit._prm_move(self._at(13, days=3))
        opening = self.openings.search([("event_id", "=", self.visit.id)])
        self._round()
        self.assertFalse(opening.offer_ids)
        visit._prm_move(self.thursday)
        with freeze_time(self._at(11, 5, days=1)):
            self._round()
        self.assertEqual(opening.state, "filled")
        self.assertFalse(opening.offer_ids)

    def test_of_a_visit_that_moves_a_little_the_rest_comes_free(self):
        self.visit._prm_move(self.thursday + timedelta(minutes=30))
        opening = self.openings.search([("event_id", "=", self.visit.id)])
        self.assertEqual(
            (opening.start, opening.stop),
            (self.thursday, self.thursday + timedelta(minutes=30)),
        )
        self.assertEqual(opening.why, "moved")

    def test_nothing_comes_free_too_late_or_by_coming(self):
        self.visit._prm_set_status("confirmed")
        with freeze_time(self.thursday - timedelta(minutes=29)):
            self._free_up()
        with freeze_time(self._at(8, days=4)):
            other = self._book(self._at(10, days=4), self.luca)
            other._prm_set_status("arrived")
        self.assertFalse(self.openings.search([]))

    def test_a_practice_may_want_to_decide_itself(self):
        self.env["prm.booking.page"].create(
            {"company_id": self.practice.id, "waitlist_auto": False}
        )
        self.assertEqual(self._free_up().state, "asks")

    # -- who is asked

    def test_in_rounds_the_first_first(self):
        people = self._people(8)
        opening = self._free_up()
        self._round()
        asked = opening.offer_ids.filtered(lambda offer: offer.state == "offered")
        self.assertEqual(asked.entry_id, people[:3])
        self.assertEqual(asked.message_id.mapped("state"), ["queued"] * 3)
        self.assertEqual(opening.next_round_at, self._at(12, days=1))
        self._round()
        self.assertEqual(len(opening.offer_ids.filtered("offered_at")), 3)
        with freeze_time(self._at(12, 1, days=1)):
            self._round()
        self.assertEqual(opening.offer_ids.filtered("offered_at").entry_id, people[:6])
        self.assertEqual(self._codes(people[0].patient_id)[-1], "waitlist_offered")

    def test_why_here_and_why_not(self):
        urgent = self._wait(urgency="2", since=self._at(0) - timedelta(days=4))
        left_out = self._wait(self._patient(first_name="Ada", email="ada@example.com"), mon=True,
                              thu=False)  # fmt: skip
        silent = self._wait(self._patient(first_name="Nemo"))
        opening = self._free_up()
        self._round()
        self.assertEqual(
            {offer.entry_id: (offer.state, offer.why) for offer in opening.offer_ids},
            {
                urgent: ("offered", "urgent +420 · fills 100% of the time +50 · waits for 5 days"
                         " +10"),
                left_out: ("skipped", "Has no time on that day or hour."),
                silent: ("skipped", "There is no email address."),
            },
        )  # fmt: skip

    def test_who_can_not_be_reached_leaves_their_place_to_others(self):
        people = self._people(5)
        people[0].patient_id.email = False
        opening = self._free_up()
        self._round()
        asked = opening.offer_ids.filtered(lambda offer: offer.state == "offered")
        self.assertEqual(asked.entry_id, people[1:4])

    def test_at_night_nobody_is_asked_and_in_the_morning_they_are(self):
        self._people(1)
        self.env.ref("prm_core.prm_purpose_care").write({"hour_from": 8, "hour_to": 20})
        with freeze_time(self._at(22, days=1)):
            opening = self._free_up()
            self._round()
            self.assertEqual(opening.offer_ids.mapped("state"), ["skipped"])
            self.assertEqual(opening.offer_ids.reason, "quiet_hours")
        with freeze_time(self._at(8, days=2)):
            self._round()
        self.assertEqual(opening.offer_ids.mapped("state"), ["offered"])

    def test_so_many_a_day_at_most(self):
        (entry,) = self._people(1)
        openings = self.openings
        for hour in (9, 10, 13):
            openings |= self._free_up(self._book(self._at(hour, days=4)))
        self._round()
        states = openings.mapped(lambda one: (one.offer_ids.state, one.offer_ids.reason))
        self.assertEqual(
            states, [("offered", False), ("offered", False), ("skipped", "enough_today")]
        )
        with freeze_time(self._at(11, days=2)):
            self._round()
        self.assertEqual(openings[2].offer_ids.state, "offered")
        self.assertEqual(entry.offer_count, 3)

    def test_nobody_in_the_last_half_hour(self):
        self._people(1)
        with freeze_time(self.thursday - timedelta(minutes=32)):
            opening = self._free_up()
        with freeze_time(self.thursday - timedelta(minutes=28)):
            self._round()
        self.assertFalse(opening.offer_ids.filtered("offered_at"))
        with freeze_time(self.thursday + timedelta(minutes=1)):
            self._round()
        self.assertEqual(opening.state, "over")

    def test_somebody_new_is_looked_at_soon(self):
        opening = self._free_up()
        self._round()
        self.assertFalse(opening.offer_ids)
        entry = self._wait()
        with freeze_time(self._at(11, 4, days=1)):
            self._round()
        self.assertEqual(self._states(opening), {entry: "offered"})

    def test_a_time_that_was_booked_meanwhile_is_offered_to_nobody(self):
        self._people(1)
        opening = self._free_up()
        self._book(self.thursday, self.maria)
        self._round()
        self.assertEqual((opening.state, len(opening.offer_ids)), ("filled", 0))

    def test_one_that_fails_keeps_no_other_from_its_round(self):
        self._people(2)
        first = self._free_up(self._book(self._at(9, days=2)))
        second = self._free_up()
        fitting = type(self.openings)._fitting

        def fails(opening, *args, **kwargs):
            if opening == first:
                raise ValueError("broken")
            return fitting(opening, *args, **kwargs)

        self.patch(type(self.openings), "_fitting", fails)
        with mute_logger("odoo.addons.prm_appointment.models.waitlist.prm_waitlist_round"):
            self._round()
        self.assertFalse(first.offer_ids)
        self.assertEqual(len(second.offer_ids), 2)
        self.assertGreater(first.next_round_at, self._at(11, days=1))

    def test_many_wait_and_the_questions_stay_few(self):
        self._people(4, thu=False)
        opening = self._free_up()
        self._round()
        counts = []
        for extra in (0, 20):
            for number in range(extra):
                patient = self._patient(first_name=f"Q{number}", last_name="Bo")
                self._wait(patient, thu=False)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            opening._consider()
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0] + 4, counts)
        self.assertLess(counts[1], 40)

    # -- what they answer

    def test_who_says_yes_has_it_and_the_others_are_told(self):
        people = self._people(3)
        opening = self._free_up()
        self._round()
        first, second = (self._offer(opening, people[n]) for n in (0, 1))
        visit = first._accept()
        self.assertEqual((visit.start, visit.prm_source), (self.thursday, "waitlist"))
        self.assertEqual(visit.prm_patient_id, people[0].patient_id)
        self.assertEqual((opening.state, opening.visit_id), ("taken", visit))
        self.assertEqual(people.mapped("state"), ["booked", "waiting", "waiting"])
        self.assertEqual(second.state, "lost")
        self.assertEqual(second.message_id.state, "suppressed")
        self.assertEqual(second.message_id.reason, "offer_over")
        with self.assertRaises(SlotTaken):
            second._accept()
        codes = self._codes(people[0].patient_id)
        self.assertIn("waitlist_taken", codes)
        self.assertIn("appointment_booked", codes)

    def test_a_visit_is_moved_and_its_old_time_is_offered_on(self):
        own = self._book(self._at(13, days=8), self.luca)
        entry = self._wait(event_id=own.id)
        self.assertEqual(entry.type_id, self.hygiene)
        (other,) = self._people(1, date_from=self._at(0, days=7).date())
        opening = self._free_up()
        self._round()
        self.assertEqual(self._offer(opening, other).reason, "other_dates")
        self._offer(opening, entry)._accept()
        self.assertEqual(own.start, self.thursday)
        self.assertEqual(entry.state, "booked")
        freed = self.openings.search([("event_id", "=", own.id)])
        self.assertEqual((freed.start, freed.why), (self._at(13, days=8), "moved"))
        self._round()
        self.assertEqual(self._states(freed), {other: "offered"})

    def test_what_a_shorter_visit_leaves_is_offered_on(self):
        brief = self._kind("Look")
        brief.write({"duration": 30, "provider_ids": self.giulia.ids})
        entry = self._wait(type_id=brief.id)
        (other,) = self._people(1)
        opening = self._free_up()
        self._round()
        visit = self._offer(opening, entry)._accept()
        rest = self.openings.search([("start", "=", visit.stop)])
        self.assertEqual((rest.stop, rest.state, rest.why), (opening.stop, "open", "cancelled"))
        self.assertEqual((rest.event_id, rest.provider_id), (self.visit, self.giulia))
        self._round()
        # What follows is free as well, so the whole visit of the other one has room.
        self.assertEqual(self._states(rest), {other: "offered"})

    def test_a_later_time_is_no_offer(self):
        own = self._book(self._at(13, days=2), self.luca)
        entry = self._wait(event_id=own.id)
        opening = self._free_up()
        self._round()
        self.assertEqual(self._offer(opening, entry).reason, "not_sooner")

    def test_a_no_is_for_this_time_only(self):
        (entry,) = self._people(1)
        opening = self._free_up()
        self._round()
        opening.offer_ids._decline()
        self.assertEqual((entry.state, opening.offer_ids.state), ("waiting", "declined"))
        with freeze_time(self._at(16, days=1)):
            self._round()
        self.assertEqual(opening.offer_ids.state, "declined")
        self.assertEqual(self._codes(entry.patient_id)[-1], "waitlist_declined")

    def test_whoever_leaves_is_asked_no_more(self):
        (entry,) = self._people(1)
        opening = self._free_up()
        self._round()
        entry._end("left")
        self.assertEqual(opening.offer_ids.state, "lost")
        other = self._free_up(self._book(self._at(10, days=4)))
        self._round()
        self.assertFalse(other.offer_ids)

    # -- how waiting ends

    def test_who_books_otherwise_waits_no_longer(self):
        entry = self._wait()
        self._book(self._at(13, days=2), self.luca)
        self.assertEqual(entry.state, "booked")

    def test_when_the_visit_is_over_or_off_nobody_waits_for_an_earlier_one(self):
        own = self._book(self._at(13, days=8), self.luca)
        entry = self._wait(event_id=own.id)
        own._prm_cancel("patient")
        self.assertEqual(entry.state, "closed")

    def test_the_last_day_passes(self):
        entry = self._wait(date_to=self._at(0, days=3).date())
        with freeze_time(self._at(11, days=3)):
            self._round()
            self.assertEqual(entry.state, "waiting")
        with freeze_time(self._at(11, days=5)):
            self._round()
        self.assertEqual(entry.state, "closed")

    # -- people at the desk

    def test_by_hand(self):
        people = self._people(2, thu=False)
        opening = self.as_user(self.receptionist, self._free_up())
        opening.action_look()
        self.assertEqual(opening.offer_ids.mapped("state"), ["skipped", "skipped"])
        self._offer(opening, people[1]).action_ask()
        self.assertEqual(self._offer(opening, people[1]).state, "offered")
        self.assertTrue(self._offer(opening, people[1]).by_hand)
        action = self._offer(opening, people[0]).action_book()
        visit = self.env["calendar.event"].browse(action["res_id"])
        self.assertEqual((visit.start, visit.prm_source), (self.thursday, "waitlist"))
        self.assertEqual(self._offer(opening, people[1]).state, "lost")
        with self.assertRaises(UserError):
            self._offer(opening, people[1]).action_ask()

    def test_who_can_not_be_written_to_is_called(self):
        entry = self._wait(self._patient(first_name="Nemo"))
        opening = self.as_user(self.receptionist, self._free_up())
        opening.action_look()
        with self.assertRaisesRegex(UserError, "Call them instead"):
            self._offer(opening, entry).action_ask()

    def test_a_time_of_their_own(self):
        """Not only what came free: any time can be offered."""
        entry = self._wait()
        opening = self.as_user(self.receptionist, self.openings).create(
            {"provider_id": self.giulia.id, "start": self._at(14, days=2),
             "stop": self._at(15, days=2), "company_id": self.practice.id}
        )  # fmt: skip
        opening.action_offer()
        self.assertEqual(self._offer(opening, entry).start, self._at(14, days=2))
        self.assertEqual(self._states(opening), {entry: "offered"})

    def test_bad_input(self):
        own = self._book(self._at(13, days=8), self.luca)
        for vals in (
            {"event_id": self.visit.id},
            {"event_id": own.id, "type_id": self._kind("Other").id},
            {"type_id": self.env["prm.appointment.type"].create(
                {"name": "Theirs", "company_id": self.other_practice.id}).id},
        ):  # fmt: skip
            with self.assertRaises(ValidationError), self.cr.savepoint():
                self._wait(**vals)
        self._wait()
        for vals in (
            {},
            {"patient_id": self.maria.id, "hour_from": 9, "hour_to": 9},
            {"patient_id": self.maria.id, "notice_hours": -1},
            {"patient_id": self.maria.id, **dict.fromkeys(
                ("mon", "tue", "wed", "thu", "fri", "sat", "sun"), False)},
        ):  # fmt: skip
            with (
                self.assertRaises(IntegrityError),
                mute_logger("odoo.sql_db"),
                self.cr.savepoint(),
            ):
                self._wait(**vals)
                self.env.flush_all()
        theirs = self.giulia.copy({"company_id": self.other_practice.id})
        with self.assertRaises(UserError):
            self.openings.create(
                {"company_id": self.practice.id, "provider_id": theirs.id,
                 "start": self._at(9, days=4), "stop": self._at(10, days=4)}
            )  # fmt: skip

    def _kind(self, name):
        return self.env["prm.appointment.type"].create(
            {"name": name, "company_id": self.practice.id}
        )

    def test_who_may_what(self):
        entry = self._wait()
        opening = self._free_up()
        self._round()
        viewer = self._user("t_viewer", "prm_core.group_prm_user")
        for record in (entry, opening, opening.offer_ids):
            self.assertTrue(self.as_user(viewer, record).display_name)
            with self.assertRaises(AccessError):
                self.as_user(viewer, record).write({"state": "taken"})
            for user in (self.outsider, self.portal, self.stranger):
                with self.assertRaises(AccessError):
                    self.as_user(user, record).read(["company_id"])
        for action in ("action_offer", "action_look", "action_call_off"):
            with self.assertRaises(AccessError):
                getattr(self.as_user(viewer, opening), action)()
        for action in ("action_ask", "action_book"):
            with self.assertRaises(AccessError):
                getattr(self.as_user(viewer, opening.offer_ids), action)()
        with self.assertRaises(AccessError):
            self.as_user(viewer, entry).action_close()
        for user in (self.receptionist, self.clinician):
            own = self.as_user(user, self.entries).create(
                {"patient_id": self.maria.id, "type_id": self.hygiene.id}
            )
            own.action_close()
            self.assertEqual(own.state, "closed")
