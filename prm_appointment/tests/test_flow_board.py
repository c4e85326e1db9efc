import contextlib
import json
from datetime import date, timedelta
from unittest.mock import patch

from freezegun import freeze_time
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ..models.calendar_event_board import BOARD_CHANGED, BOARD_CHANNEL
from .common import AppointmentCase

#: Queries of a board: the visits, patients with their contacts, what they are known by, their
#: history, new contacts that wait, and providers, chairs and kinds with the rules of access.
BUDGET = 20
#: Alerts of add-ons that build on this one.
THEIRS = ("history", "anxious")


def _own(alerts):
    """Codes of the alerts that this add-on gives, whatever else is installed."""
    return [alert["code"] for alert in alerts if alert["code"] not in THEIRS]


class BoardCase(AppointmentCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.visit = cls._book(cls._at(8))
        cls.day = cls._at(0).date()
        cls.env.flush_all()

    def _board(self, user=None, day=None):
        events = self.as_user(user or self.receptionist, self.env["calendar.event"])
        return events.prm_board((day or self.day).isoformat())

    def _card(self, visit=None, user=None):
        cards = {card["id"]: card for card in self._board(user)["cards"]}
        return cards[(visit or self.visit).id]

    def _codes_of(self, visit):
        return _own(self._card(visit)["alerts"])


@tagged("post_install", "-at_install")
class TestBoardValues(BoardCase):
    def test_a_card_says_what_the_desk_needs(self):
        self.maria.birth_date = date(1990, 3, 1)
        self.visit.prm_note = "Brings her mother"
        card = self._card()
        self.assertEqual(card["patient"], "Maria Verdi")
        self.assertEqual(card["kind"], "Dental hygiene")
        self.assertEqual((card["provider"], card["chair"]), ("Giulia Bianchi", "Chair 1"))
        self.assertEqual(card["minutes"], 45)
        self.assertEqual(card["note"], "Brings her mother")
        self.assertEqual(card["age"], self.maria.age)
        # The practice's clock, not the user's: 8 o'clock UTC is 9 in Rome in winter.
        self.assertIn("9:00", card["time"])
        json.dumps(card)

    def test_a_day_is_the_practices_day(self):
        night = self._book(self._at(23, 30))  # half past midnight in Rome
        other = self.day + timedelta(days=1)
        ids = [card["id"] for card in self._board()["cards"]]
        self.assertEqual(ids, self.visit.ids)
        self.assertEqual([card["id"] for card in self._board(day=other)["cards"]], night.ids)

    def test_sorted_by_time_and_cancelled_ones_are_there(self):
        late, early = self._book(self._at(10)), self._book(self._at(7), self.luca)
        late._prm_cancel("patient", "ill")
        board = self._board()
        self.assertEqual(
            [(card["id"], card["status"]) for card in board["cards"]],
            [(early.id, "booked"), (self.visit.id, "booked"), (late.id, "cancelled")],
        )

    def test_today_is_the_practices_today(self):
        events = self.as_user(self.receptionist, self.env["calendar.event"])
        with freeze_time(self._at(23, 30, days=-1)):
            board = events.prm_board()
        self.assertEqual(board["day"], self.day.isoformat())
        self.assertEqual([card["id"] for card in board["cards"]], self.visit.ids)

    def test_steps_put_arriving_first(self):
        with freeze_time(self._at(7, 50)):
            self.assertEqual(
                [step["status"] for step in self._card()["steps"]],
                ["arrived", "confirmed", "in_chair", "cancelled"],
            )
            self.visit._prm_set_status("confirmed")
            self.visit._prm_set_status("arrived")
            steps = self._card()["steps"]
            back = [step["status"] for step in steps if step["back"]]
            self.assertEqual(steps[0]["label"], "To the chair")
            self.assertEqual(back, ["confirmed"])

    def test_who_waits_for_an_answer_is_approved_first(self):
        self.visit.prm_to_approve = True
        card = self._card()
        self.assertEqual(card["steps"][0]["status"], "approve")
        self.assertEqual(card["alerts"][0]["code"], "to_approve")

    def test_alerts(self):
        self.assertEqual(self._codes_of(self.visit), ["unconfirmed", "first_visit"])
        self.visit.prm_status = "confirmed"
        self.maria.first_visit_date = date(2020, 1, 1)
        self.assertEqual(self._codes_of(self.visit), [])
        self.maria.birth_date = date(1990, 2, 5)
        self.assertEqual(self._codes_of(self.visit), ["birthday"])

    def test_what_happened_last_time(self):
        with freeze_time(self._at(12)):
            self.visit._prm_set_status("no_show")
            second = self._book(self._at(13, days=7))
        self.visit.flush_recordset()
        board = self._board(day=self.day + timedelta(days=7))
        codes = _own(board["cards"][0]["alerts"])
        self.assertEqual(codes, ["unconfirmed", "risk", "first_visit"])
        with freeze_time(self._at(15, days=7)):
            second.sudo().prm_status = "completed"
            self._book(self._at(13, days=14))
        board = self._board(day=self.day + timedelta(days=14))
        codes = _own(board["cards"][0]["alerts"])
        # They came last time; that they once did not still counts for the estimate.
        self.assertEqual(codes, ["unconfirmed", "risk"])

    def test_what_is_open_needs_the_accounting(self):
        visits = type(self.env["calendar.event"])
        person = self.maria.partner_id
        with patch.object(visits, "_prm_board_balances", lambda self: {person.id: 40.0}):
            (balance,) = [a for a in self._card()["alerts"] if a["code"] == "balance"]
        self.assertIn("40", balance["label"])
        self.assertNotIn("balance", self._codes_of(self.visit))

    def test_the_same_queries_for_ten_and_for_sixty(self):
        for number in range(1, 60):
            patient = self._patient(first_name=f"P{number}", last_name="Test")
            self.env["calendar.event"].create(
                {
                    "prm_patient_id": patient.id,
                    "prm_type_id": self.hygiene.id,
                    "prm_provider_id": self.giulia.id,
                    "start": self._at(-1, days=number // 10 and 1) + timedelta(minutes=5 * number),
                    "duration": 5 / 60,
                }
            )
            if number == 9:
                few = self._count()
        self.assertEqual(len(self._board(day=self.day)["cards"]), 10)
        many = self._count(self.day + timedelta(days=1))
        self.assertLessEqual(many, few)
        self.assertLessEqual(few, BUDGET)

    def _count(self, day=None):
        self.env.flush_all()
        self._board(day=day)  # who may see what is asked once
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        self._board(day=day)
        return self.env.cr.sql_log_count - before


@tagged("post_install", "-at_install")
class TestBoardMoves(BoardCase):
    def _move(self, user, status, seen=None, sure=False, visit=None):
        visit = self.as_user(user, visit or self.visit)
        return visit.prm_board_move(status, seen or visit.prm_status, sure)

    def test_a_day_goes_by(self):
        for number, user in enumerate((self.receptionist, self.clinician, self.manager)):
            visit = self._book(self._at(12 + number))
            with freeze_time(self._at(12 + number)):
                for status in ("arrived", "in_chair", "completed"):
                    moved = self._move(user, status, visit=visit)
                    self.assertEqual(moved, {"moved": True})
                    self.assertEqual(visit.prm_status, status)
                self.assertIn("ask", self._move(user, "in_chair", visit=visit))
                self.assertEqual(visit.prm_status, "completed")
                self._move(user, "in_chair", sure=True, visit=visit)
                self.assertEqual(visit.prm_status, "in_chair")

    def test_who_was_slower_is_told(self):
        with freeze_time(self._at(8)):
            self._move(self.receptionist, "arrived")
            self._move(self.receptionist, "in_chair")
            answer = self._move(self.clinician, "completed", seen="arrived")
            self.assertIn("Somebody was quicker", answer["changed"])
            self.assertEqual(self.visit.prm_status, "in_chair")
            self.assertEqual(self._move(self.clinician, "in_chair", seen="booked"), {"moved": True})

    def test_what_is_refused_says_why(self):
        with freeze_time(self._at(8, days=-1)), self.assertRaises(UserError) as refusal:
            self._move(self.receptionist, "arrived")
        self.assertIn("on the day of the visit", str(refusal.exception))
        self.assertEqual(self.visit.prm_status, "booked")

    def test_cancelling_asks_by_whom_and_why(self):
        answer = self._move(self.receptionist, "cancelled")
        self.assertEqual(answer["action"]["res_model"], "prm.appointment.cancel")
        self.assertEqual(self.visit.prm_status, "booked")

    def test_who_only_sees_patients_moves_nothing(self):
        viewer = self._user("t_viewer", "prm_core.group_prm_user")
        board = self._board(viewer)
        self.assertFalse(board["can_act"])
        self.assertEqual([card["steps"] for card in board["cards"]], [[]])
        with self.assertRaises(AccessError), freeze_time(self._at(8)):
            self._move(viewer, "arrived", seen="booked")

    def test_nobody_else_sees_or_moves(self):
        for user in (self.outsider, self.portal, self.env.ref("base.public_user")):
            with self.subTest(user=user.login), freeze_time(self._at(8)):
                with self.assertRaises(AccessError):
                    self._board(user)
                with self.assertRaises(AccessError):
                    self._move(user, "arrived", seen="booked")

    def test_another_practice_sees_and_moves_nothing(self):
        self.assertEqual(self._board(self.stranger)["cards"], [])
        with self.assertRaises(AccessError), freeze_time(self._at(8)):
            self._move(self.stranger, "arrived", seen="booked")
        events = self.env["calendar.event"].with_user(self.stranger)
        events = events.with_context(allowed_company_ids=self.practice.ids)
        with self.assertRaises(AccessError):
            events.prm_board(self.day.isoformat())

    def test_a_meeting_has_no_place(self):
        meeting = self.as_user(self.receptionist, self.env["calendar.event"]).create(
            {"name": "Team", "start": self._at(10), "stop": self._at(11)}
        )
        with self.assertRaises(UserError):
            meeting.prm_board_move("arrived", False)


@tagged("post_install", "-at_install")
class TestBoardBus(BoardCase):
    def _told(self, change):
        """What goes over the bus for a change: (channel, message)."""
        self.env.cr.precommit.run()
        self.env.cr.cache.clear()  # as the end of a transaction does
        before = self.env["bus.bus"].sudo().search([], order="id desc", limit=1).id
        change()
        self.env.flush_all()
        self.env.cr.precommit.run()
        rows = self.env["bus.bus"].sudo().search([("id", ">", before)])
        found = [(json.loads(row.channel), json.loads(row.message)) for row in rows]
        return [(to, what) for to, what in found if what["type"] == BOARD_CHANGED]

    def test_once_in_a_transaction_and_nothing_about_anybody(self):
        def change():
            self._book(self._at(10), self.luca)
            with freeze_time(self._at(8)):
                self.visit._prm_set_status("confirmed")
                self.visit._prm_set_status("arrived")
            self.visit.prm_note = "Afraid"

        (told,) = self._told(change)
        channel = [self.env.cr.dbname, "res.company", self.practice.id, BOARD_CHANNEL]
        day = {"company": self.practice.id, "day": self.day.isoformat()}
        self.assertEqual(told, (channel, {"type": BOARD_CHANGED, "payload": day}))

    def test_told_anew_after_a_savepoint_took_it_back(self):
        def change():
            with contextlib.suppress(ZeroDivisionError), self.env.cr.savepoint():
                self.visit.prm_note = "x"
                self.env.cr.flush()
                raise ZeroDivisionError
            self.visit.prm_note = "y"

        self.assertEqual(len(self._told(change)), 1)

    def test_every_kind_of_change_is_told(self):
        for change in (
            {"prm_provider_id": self.marco.id},
            {"prm_operatory_id": self.chair_2.id},
            {"prm_status": "confirmed"},
            {"start": self._at(9), "stop": self._at(10)},
            {"prm_note": "x"},
        ):
            with self.subTest(change=change):
                self.assertEqual(len(self._told(lambda change=change: self.visit.write(change))), 1)

    def test_a_move_to_another_day_is_told_to_both(self):
        told = self._told(lambda: self.visit._prm_move(self._at(9, days=1)))
        days = {message["payload"]["day"] for _channel, message in told}
        self.assertEqual(days, {"2035-02-05", "2035-02-06"})

    def test_meetings_are_nobodys_business(self):
        def change():
            self.env["calendar.event"].create(
                {"name": "Team", "start": self._at(10), "stop": self._at(11)}
            ).name = "Other"

        self.assertEqual(self._told(change), [])

    def test_who_hears_of_it(self):
        own = (self.practice, BOARD_CHANNEL)
        viewer = self._user("t_viewer", "prm_core.group_prm_user")
        public = self.env.ref("base.public_user")
        for user, hears in (
            (self.receptionist, True),
            (self.clinician, True),
            (viewer, True),
            (self.outsider, False),
            (self.portal, False),
            (self.stranger, False),
            (public, False),
        ):
            with self.subTest(user=user.login):
                self.assertEqual(own in self._channels(user), hears)
        self.assertIn((self.other_practice, BOARD_CHANNEL), self._channels(self.stranger))

    def test_nobody_gets_in_by_asking(self):
        """Whatever text a client names, it is not the channel of a record."""
        record = f"('{self.env.cr.dbname}', 'res.company', {self.practice.id}, '{BOARD_CHANNEL}')"
        channels = self._channels(self.portal, [BOARD_CHANNEL, record])
        self.assertNotIn(BOARD_CHANNEL, [part for channel in channels for part in channel[1:]])

    def _channels(self, user, asked=()):
        request = type("Request", (), {"session": type("Session", (), {"uid": user.id})})
        with patch("odoo.addons.bus.models.ir_websocket.wsrequest", request):
            websocket = self.as_user(user, self.env["ir.websocket"])
            channels = websocket._build_bus_channel_list(list(asked))
        return [channel for channel in channels if isinstance(channel, tuple)]
