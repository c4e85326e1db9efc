"""What the front desk of the demo practice has set up: online booking, a kiosk, a waitlist."""

from datetime import timedelta

from odoo import fields

#: Who waits for an earlier visit: urgency, hours of the day in which they can come.
WISHES = (
    ("2", 0, 24),
    ("1", 0, 12),
    ("1", 12, 24),
    ("0", 0, 24),
    ("1", 0, 24),
    ("0", 8, 10.5),
)


class FrontDeskLoader:
    """Sets up what patients meet beside messages.

    :param env: superuser's environment; :param practice: `res.company`; :param kinds: kinds of
        visit by their key; :param random: a seeded `random.Random`.
    """

    def __init__(self, env, practice, kinds, random):
        self.env, self.practice, self.kinds, self.random = env, practice, kinds, random

    def load(self):
        self._open_online_booking()
        self.env["prm.kiosk"].create(
            {
                "name": "Waiting room",
                "company_id": self.practice.id,
                "waiting_text": "Please take a seat by the window.",
            }
        )
        self._fill_waitlist()

    def _open_online_booking(self):
        # What is to be done and how long it takes says the dentist, not the patient.
        self.kinds["treatment"].online = False
        pages = self.env["prm.booking.page"]
        page = pages.search([("company_id", "=", self.practice.id)]) or pages.create(
            {"company_id": self.practice.id}
        )
        page.write({"online": True, "greeting": "How good that you are coming."})

    def _fill_waitlist(self):
        """Some who have a visit in some weeks would come earlier."""
        now = fields.Datetime.now()
        visits = self.env["calendar.event"].search(
            [
                ("prm_status", "in", ("booked", "confirmed")),
                ("prm_company_id", "=", self.practice.id),
                ("start", ">", now + timedelta(days=7)),
            ],
            order="start, id",
        )
        chosen = self.random.sample(list(visits), len(WISHES))
        self.env["prm.waitlist.entry"].create(
            [
                {
                    "patient_id": visit.prm_patient_id.id,
                    "event_id": visit.id,
                    "type_id": visit.prm_type_id.id,
                    "urgency": urgency,
                    "hour_from": hour_from,
                    "hour_to": hour_to,
                    "since": now - timedelta(days=2 * number, hours=3),
                }
                for number, (visit, (urgency, hour_from, hour_to)) in enumerate(
                    zip(chosen, WISHES, strict=True), start=1
                )
            ]
        )
