from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from .test_online_booking import OnlineBookingCase


@tagged("post_install", "-at_install")
class TestDesk(OnlineBookingCase):
    """What the front desk and the manager do about online bookings."""

    def _messages_of(self, visit, code):
        template = self.env.ref(f"prm_appointment.prm_template_{code}")
        return self.env["prm.message"].search(
            [("patient_id", "=", visit.prm_patient_id.id), ("template_id", "=", template.id)]
        )

    def _wish(self, **typed):
        self.page.needs_approval = True
        page = self._book_online(**typed)
        self.assertIn("will soon let you know", self._text(page))
        self.assertFalse(page.xpath("//a[contains(@href, '.ics')]"))
        return self._visits()[-1:]

    def test_it_waits_and_keeps_its_time(self):
        visit = self._wish()
        self.assertTrue(visit.prm_to_approve)
        self.assertEqual(self._codes(visit.prm_patient_id)[-1], "appointment_requested")
        free = self._get(f"?type={self.hygiene.id}&provider=any")
        taken = visit.start.strftime("%Y%m%dT%H%MZ")
        self.assertFalse([one for one in free.xpath("//a/@href") if taken in one])

    def test_the_kind_of_visit_alone_asks_for_it(self):
        self.hygiene.needs_approval = True
        self._book_online()
        self.assertTrue(self._visits().prm_to_approve)
        self.assertFalse(self._messages_of(self._visits(), "booking_approved"))

    def test_what_needs_no_approval_is_confirmed_in_writing(self):
        self.hygiene.preparation = "Please bring your X-rays."
        self._book_online()
        visit = self._visits()
        message = self._messages_of(visit, "booking_approved")
        self.assertEqual((message.state, message.address), ("queued", "mia@example.com"))
        self.assertIn("Giulia Bianchi", message.body)
        self.assertIn("Please bring your X-rays.", message.body)
        link = message.link_id
        self.assertEqual((link.action, link.res_id), ("visit", visit.id))
        # Nobody waits until the morning for what they have just done.
        self.assertTrue(message.request_data["asked_now"])

    def test_approve(self):
        visit = self._wish()
        self.as_user(self.receptionist, visit).action_prm_approve()
        self.assertFalse(visit.prm_to_approve)
        message = self._messages_of(visit, "booking_approved")
        self.assertEqual((message.state, message.address), ("queued", "mia@example.com"))
        self.assertIn("Giulia Bianchi", message.body)
        self.as_user(self.receptionist, visit).action_prm_approve()
        self.assertEqual(len(self._messages_of(visit, "booking_approved")), 1)

    def test_decline(self):
        visit = self._wish()
        action = self.as_user(self.receptionist, visit).action_prm_decline()
        wizard = self.as_user(self.receptionist, self.env[action["res_model"]]).with_context(
            **action["context"]
        )
        wizard = wizard.create({"answer": "We are at a {{ training }} that day."})
        wizard.action_decline()
        self.assertEqual((visit.prm_status, visit.prm_cancelled_by), ("cancelled", "practice"))
        message = self._messages_of(visit, "booking_declined")
        self.assertEqual(message.state, "queued")
        self.assertIn("We are at a {{ training }} that day.", message.body)
        self.assertIn("/prm/l/", message.body)
        with self.assertRaises(UserError):
            wizard.action_decline()

    def test_who_may_answer(self):
        visit = self._wish()
        viewer = self._user("t_viewer", "prm_core.group_prm_user")
        for user in (viewer, self.outsider, self.portal, self.stranger):
            with self.assertRaises(AccessError, msg=user.login):
                self.as_user(user, visit)._prm_decline()
            with self.assertRaises(AccessError, msg=user.login):
                self.as_user(user, visit).action_prm_approve()
        self.assertTrue(visit.prm_to_approve)
        self.as_user(self.clinician, visit)._prm_decline()

    def test_the_list(self):
        visit = self._wish()
        action = self.env.ref("prm_appointment.prm_waiting_visit_action")
        events = self.as_user(self.receptionist, self.env["calendar.event"])
        self.assertEqual(events.search([("prm_to_approve", "=", True)]), visit)
        self.assertIn("prm_to_approve", action.domain)
        self.assertFalse(
            self.as_user(self.stranger, self.env["calendar.event"]).search(
                [("prm_to_approve", "=", True)]
            )
        )

    # -- settings

    def test_only_the_manager_sets_the_page(self):
        for user in (self.receptionist, self.clinician):
            page = self.as_user(user, self.page)
            self.assertTrue(page.url)
            with self.assertRaises(AccessError):
                page.online = False
            bookings = self.as_user(user, self.env["prm.booking"])
            bookings.search([])
            with self.assertRaises(AccessError):
                bookings.create({"first_name": "x", "last_name": "x", "whom": "me",
                                 "birth_date": "1990-01-01"})  # fmt: skip
            with self.assertRaises(AccessError):
                self.as_user(user, self.env["prm.booking.code"]).search([])
        self.as_user(self.manager, self.page).greeting = "Welcome"
        for user in (self.outsider, self.portal, self.env.ref("base.public_user")):
            for model in ("prm.booking.page", "prm.booking", "prm.booking.code"):
                with self.assertRaises(AccessError):
                    self.as_user(user, self.env[model]).search([])
        with self.assertRaises(AccessError):
            self.as_user(self.stranger, self.page).read(["slug"])

    def test_the_settings_open_by_one_click(self):
        pages = self.as_user(self.stranger, self.env["prm.booking.page"])
        action = pages.with_company(self.other_practice).action_open_page()
        made = self.env["prm.booking.page"].browse(action["res_id"])
        self.assertEqual((made.company_id, made.slug), (self.other_practice, "practice-borealis"))
        self.assertFalse(made.online)
        again = pages.with_company(self.other_practice).action_open_page()
        self.assertEqual(again["res_id"], made.id)

    def test_addresses(self):
        for slug in ("Aurora", "a b", "-a", "a--b", "à", "a/b", "x" * 61):
            with self.assertRaises(ValidationError, msg=slug):
                self.page.slug = slug
        self.page.slug = "studio-1"
        twin = self.env["res.company"].create({"name": "Studio 1"})
        self.assertEqual(self.page._free_slug(twin), "studio-1-2")
        for url in ("javascript:alert(1)", "aurora.example/privacy", "https://"):
            with self.assertRaises(ValidationError, msg=url):
                self.page.privacy_url = url

    # -- in a frame

    def test_frames(self):
        for query, origins in (("", "https://www.aurora.example"), ("?embed=1", False)):
            self.page.origins = origins
            headers = self.url_open(self.path + query).headers
            self.assertEqual(headers["X-Frame-Options"], "DENY")
            self.assertIn("frame-ancestors 'none'", headers["Content-Security-Policy"])
        self.page.origins = "https://www.aurora.example/\nhttp://localhost:8080"
        response = self.url_open(self.path + "?embed=1&lang=en")
        self.assertEqual(response.status_code, 200)
        self.assertNotIn("X-Frame-Options", response.headers)
        self.assertIn(
            "frame-ancestors 'self' https://www.aurora.example http://localhost:8080",
            response.headers["Content-Security-Policy"],
        )
        self.assertNotIn("p-head", response.text)
        for address in self._get("?embed=1").xpath("//main//a/@href"):
            self.assertTrue(address.startswith("tel:") or "embed=1" in address, address)
        self.assertIn("/prm/book/aurora-test?embed=1", self.page.snippet)

    def test_origins(self):
        for line in ("*", "aurora.example", "https://*.aurora.example", "https://a.example/path",
                     "javascript:x", "https://a.example; script-src *", "https://a b",
                     "https://user@a.example", "https://a.example:99999"):  # fmt: skip
            with self.assertRaises(ValidationError, msg=line):
                self.page.origins = line
