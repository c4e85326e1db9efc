from datetime import timedelta

from odoo.addons.prm_core.contact_hours import local_time
from odoo.exceptions import AccessError
from odoo.tests import TransactionCase, tagged


@tagged("post_install", "-at_install")
class TestPractice(TransactionCase):
    """The installed demo practice."""

    def test_size(self):
        self.assertEqual(self.env["prm.patient"].search_count([]), 600)
        self.assertEqual(self.env["prm.provider"].search_count([]), 3)
        self.assertEqual(self.env["prm.operatory"].search_count([]), 2)
        self.assertGreater(self.env["prm.procedure"].search_count([]), 1500)

    def test_the_recall_list_has_work(self):
        due = self.env["prm.recall"]._due_list(self.env.cr.now().date(), "hygiene")
        self.assertGreater(len(due), 80)

    def test_staff_may_log_in_and_see_their_screens(self):
        for login in ("receptionist", "hygienist", "manager"):
            user = self.env["res.users"].search([("login", "=", login)])
            self.assertEqual(self.env["prm.patient"].with_user(user).search_count([]), 600)
        hygienist = self.env["res.users"].search([("login", "=", "hygienist")])
        mine = (
            self.env["calendar.event"]
            .with_user(hygienist)
            .search_count([("user_id", "=", hygienist.id), ("prm_status", "!=", False)])
        )
        self.assertGreater(mine, 100)

    def test_the_portal_patient_sees_no_staff_screen(self):
        patient = self.env["res.users"].search([("login", "=", "patient")])
        self.assertTrue(patient.share)
        with self.assertRaises(AccessError):
            self.env["prm.patient"].with_user(patient).search([])

    def test_the_front_desk_is_set_up(self):
        page = self.env["prm.booking.page"].search([])
        self.assertTrue(page.online)
        self.assertTrue(self.env["prm.kiosk"].search([]).url)
        kinds = self.env["prm.appointment.type"].search([("online", "=", True)])
        kinds = kinds.filtered("provider_ids")
        self.assertEqual(kinds.mapped("name"), ["Hygiene visit", "Check-up"])
        self.assertTrue(all(page._free_days(kind)[0] for kind in kinds))
        waiting = self.env["prm.waitlist.entry"].search([])
        self.assertEqual(len(waiting), 6)
        self.assertTrue(all(entry.event_id.prm_patient_id == entry.patient_id for entry in waiting))

    def test_the_board_of_today_is_that_of_the_practice(self):
        """Even in the evening in America, when it is tomorrow in UTC."""
        zone = self.env.ref("base.main_company")._prm_zone()
        self.assertEqual(zone, "America/Denver")
        today = local_time(self.env.cr.now(), zone).date()
        visits = self.env["calendar.event"].search([("prm_status", "in", ("booked", "confirmed"))])
        days = [local_time(visit.start, zone).date() for visit in visits]
        self.assertGreaterEqual(min(days), today - timedelta(days=1))
        self.assertLess(min(days) - today, timedelta(days=3))

    def test_nobody_was_written_to(self):
        self.assertFalse(self.env["mail.mail"].search([]))
        self.assertFalse(self.env["prm.message"].search([("state", "in", ("queued", "sending"))]))

    def test_journeys_are_under_way(self):
        """Three ready journeys show people at several steps, at the goal, gone and held back."""
        recall = self.env.ref("prm_dental.prm_journey_recall")
        reminder = self.env.ref("prm_appointment.prm_journey_reminder")
        live = recall | reminder | self.env.ref("prm_core.prm_journey_welcome")
        self.assertEqual(set(live.mapped("state")), {"live"})
        people = self.env["prm.enrolment"].search([("journey_id", "in", live.ids)])
        self.assertGreaterEqual(
            set(people.mapped("state")), {"active", "held", "goal", "exited", "stopped", "done"}
        )
        under_way = people.filtered(lambda one: one.state == "active")
        for journey in recall | reminder:
            mine = under_way.filtered(lambda one, j=journey: one.journey_id == j)
            self.assertGreater(len(set(mine.mapped("position"))), 1, journey.name)
        self.assertTrue(all(one.next_at for one in under_way))
        figures = recall.get_funnel()["rows"]
        self.assertTrue(any(row["held"] for row in figures))
        self.assertTrue(any(row["acted"]["count"] for row in figures))
        self.assertTrue(self.env["mail.activity"].search([("automated", "=", True)]))
        forecast = self.env["prm.journey.forecast"].create({})
        forecast.action_show()
        self.assertGreater(len(forecast.line_ids), 20)
        self.assertGreater(len(set(forecast.line_ids.mapped("outcome"))), 2)

    def test_the_past_can_be_played(self):
        reminder = self.env.ref("prm_appointment.prm_journey_reminder")
        played = self.env["prm.journey.simulation"].create({"journey_id": reminder.id})
        played.action_play()
        self.assertGreater(played.figures["goal"], 100)
        self.assertTrue(played.figures["left"])

    def test_nothing_is_overdue_at_once(self):
        """The engine finds little to do when the practice is opened."""
        due = [("state", "=", "active"), ("next_at", "<=", self.env.cr.now())]
        self.assertLess(self.env["prm.enrolment"].search_count(due), 10)
