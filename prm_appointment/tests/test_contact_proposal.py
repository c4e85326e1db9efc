from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .test_kiosk import KioskCase


@tagged("post_install", "-at_install")
class TestContactProposal(KioskCase):
    """New contacts from the kiosk: nothing is overwritten before the front desk says yes."""

    def _propose(self, **typed):
        page = self._press(self._find(), "I'm here")
        page = self._press(page, "No, I have new ones")
        return self._press(page, "Tell the front desk", **typed)

    def _waiting(self):
        return self.env["prm.contact.proposal"].search([("state", "=", "proposed")])

    def test_the_page_shows_no_more_than_needed(self):
        page = self._press(self._find(), "I'm here")
        text = self._text(page)
        self.assertIn("•••• 567", text)
        self.assertIn("m•••@e•••.com", text)
        self.assertNotIn("example", text)
        self.assertNotIn("1234", text)
        page = self._press(page, "No, I have new ones")
        self.assertEqual((page.forms[0].fields["mobile"], page.forms[0].fields["email"]), ("", ""))

    def test_propose_and_accept(self):
        page = self._propose(mobile="333 765 4321", email="New@Example.com ")
        self.assertEqual(self._heading(page), "Thank you for telling us")
        self.assertEqual(self.maria.mobile, "+393331234567")
        self.assertEqual(self.maria.email, "maria@example.com")
        waiting = self._waiting()
        self.assertEqual(
            {(one.field, one.old_value, one.new_value, one.kiosk_id) for one in waiting},
            {("mobile", "+393331234567", "+393337654321", self.kiosk),
             ("email", "maria@example.com", "new@example.com", self.kiosk)},
        )  # fmt: skip
        self.assertEqual(self._codes(self.maria).count("contact_proposed"), 2)
        told = str(self.maria.event_ids.mapped("payload"))
        self.assertNotIn("example.com", told)
        number = waiting.filtered(lambda one: one.field == "mobile")
        self.as_user(self.receptionist, number).action_accept()
        self.assertEqual(self.maria.mobile, "+393337654321")
        self.assertEqual(self.maria.email, "maria@example.com")
        self.assertEqual((number.state, number.decided_by_id), ("accepted", self.receptionist))
        self.assertTrue(number.decided_at)
        self.as_user(self.receptionist, self._waiting()).action_refuse()
        self.assertEqual(self.maria.email, "maria@example.com")
        self.assertEqual(self._codes(self.maria)[-2:], ["contact_accepted", "contact_refused"])
        with self.assertRaisesRegex(UserError, "Somebody was quicker"):
            self.as_user(self.receptionist, number).action_refuse()
        self.assertEqual(number.state, "accepted")

    def test_mistakes_lose_nothing(self):
        page = self._propose(mobile="12", email="new@example.com")
        self.assertEqual(len(page.xpath("//*[@role='alert']")), 1)
        self.assertEqual(page.forms[0].fields["mobile"], "12")
        self.assertEqual(page.forms[0].fields["email"], "new@example.com")
        self.assertFalse(self._waiting())
        page = self._press(page, "Tell the front desk", mobile="")
        self.assertEqual(self._heading(page), "Thank you for telling us")
        self.assertEqual(self._waiting().new_value, "new@example.com")

    def test_nothing_new(self):
        page = self._propose(mobile="+39 333 1234567", email="")
        self.assertEqual(self._heading(page), "Everything stays as it is")
        self.assertFalse(self._waiting())

    def test_yes_that_is_right(self):
        page = self._press(self._find(), "I'm here")
        self.assertEqual(self._heading(self._press(page, "Yes, that is right")), "Welcome")
        self.assertEqual(self._heading(self._press(page, "No, I have new ones")), "Welcome")
        self.assertFalse(self.env["prm.kiosk.turn"].search([]))

    def test_a_newer_one_takes_the_place_of_the_one_that_waits(self):
        first = self.maria._prm_propose_contacts({"email": "one@example.com"}, self.kiosk)
        second = self.maria._prm_propose_contacts({"email": "two@example.com"}, self.kiosk)
        self.assertEqual((first.state, second.state), ("replaced", "proposed"))
        self.assertEqual(self.maria.waiting_proposal_ids, second)

    def test_contacts_of_whom_somebody_else_speaks_for_are_not_asked(self):
        parent = self.env["res.partner"].create({"name": "Ida", "email": "ida@example.com"})
        self.maria.birth_date = "2025-07-03"
        self.env["prm.guardian"].create({"patient_id": self.maria.id, "partner_id": parent.id})
        page = self._press(self._find(born=(3, 7, 2025)), "I'm here")
        self.assertFalse(page.forms)
        self.assertNotIn("•", self._text(page))
        turn = self.env["prm.kiosk.turn"].search([("patient_id", "=", self.maria.id)])
        self._send({"do": "change", "at": turn._repeat()})
        self._send({"do": "propose", "email": "x@example.com", "at": "x"})
        self.assertFalse(self._waiting())

    def test_not_before_the_check_in(self):
        page = self._find()
        at = page.forms[0].fields["at"]
        self._send({"do": "propose", "email": "x@example.com", "at": at})
        self.assertFalse(self._waiting())

    def test_the_board_shows_it(self):
        self.maria._prm_propose_contacts({"email": "one@example.com"}, self.kiosk)
        events = self.as_user(self.receptionist, self.env["calendar.event"])
        (card,) = events.prm_board(self._at(0).date().isoformat())["cards"]
        self.assertIn("contact", [alert["code"] for alert in card["alerts"]])
        self.as_user(self.receptionist, self._waiting()).action_refuse()
        (card,) = events.prm_board(self._at(0).date().isoformat())["cards"]
        self.assertNotIn("contact", [alert["code"] for alert in card["alerts"]])

    def test_who_may_decide(self):
        proposal = self.maria._prm_propose_contacts({"email": "one@example.com"}, self.kiosk)
        clinician = self.as_user(self.clinician, proposal)
        self.assertEqual(clinician.new_value, "one@example.com")
        for action in ("action_accept", "action_refuse"):
            with self.assertRaises(AccessError):
                getattr(clinician, action)()
        for user in (self.receptionist, self.clinician, self.manager):
            with self.assertRaises(AccessError):
                self.as_user(user, proposal).state = "accepted"
            with self.assertRaises(AccessError):
                self.as_user(user, proposal).create(
                    {"patient_id": self.maria.id, "field": "email", "new_value": "x@example.com",
                     "source": "kiosk"}
                )  # fmt: skip
        for user in (self.outsider, self.portal, self.env.ref("base.public_user"), self.stranger):
            with self.assertRaises(AccessError):
                self.as_user(user, proposal).read(["new_value"])
            with self.assertRaises(AccessError):
                self.as_user(user, proposal).action_accept()
        self.assertEqual(self.maria.email, "maria@example.com")
        self.as_user(self.manager, proposal).action_accept()
        self.assertEqual(self.maria.email, "one@example.com")
