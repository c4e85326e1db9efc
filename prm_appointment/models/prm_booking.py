from datetime import timedelta

from odoo import api, fields, models
from odoo.addons.prm_core import outbox
from odoo.tools import SQL

#: Nothing of this goes to anybody before the contact is verified.
_SILENT = {
    "prm_unverified": True,
    "tracking_disable": True,
    "mail_create_nolog": True,
    "mail_create_nosubscribe": True,
    "mail_notrack": True,
}
#: Hours after which a booking that was never verified is forgotten with all that was typed.
KEPT_HOURS = 24
#: Days after which what was typed is forgotten, when it has long become a patient and a visit.
KEPT_DAYS = 90


class PrmBooking(models.Model):
    """What somebody typed on the booking page, from the request for a code to the visit.

    Until the code is right the person is an archived patient that nobody meets, because the outbox
    writes to patients only. What becomes of it then, `_settle` says.
    """

    _name = "prm.booking"
    _description = "Online Booking"
    _order = "id desc"
    _rec_name = "patient_id"

    company_id = fields.Many2one("res.company", string="Practice", required=True, index=True)
    patient_id = fields.Many2one("prm.patient", index=True, ondelete="cascade")
    event_id = fields.Many2one(
        "calendar.event", string="Visit", index="btree_not_null", ondelete="set null"
    )
    whom = fields.Selection([("me", "For themselves"), ("child", "For their child")], required=True)
    first_name = fields.Char(required=True)
    last_name = fields.Char(required=True)
    birth_date = fields.Date(required=True)
    guardian_first = fields.Char(string="Parent's First Name")
    guardian_last = fields.Char(string="Parent's Last Name")
    email = fields.Char()
    mobile = fields.Char()
    note = fields.Text()
    lang = fields.Char(string="Language")
    privacy_at = fields.Datetime(string="Privacy Notice Accepted")
    nonce = fields.Char(copy=False, help="Of the page that asked for the code.")
    verified_at = fields.Datetime(string="Verified")
    verified_contact = fields.Char()
    found = fields.Selection(
        [
            ("matched", "A patient already"),
            ("new", "New"),
            ("unclear", "Perhaps a patient: to be looked at"),
        ],
        string="Who it is",
    )
    code_ids = fields.One2many("prm.booking.code", "booking_id")

    _nonce_uniq = models.UniqueIndex("(nonce) WHERE nonce IS NOT NULL")

    # ------------------------------------------------------------
    # BEFORE THE CODE
    # ------------------------------------------------------------

    @api.model
    def _start(self, company, person, lang, nonce=None):
        """Note what was typed, with somebody to whom a code can go.

        :param person: `booking_form.Person`; :param lang: code of a language, such as ``it_IT``.
        :param nonce: of the page from which it comes.
        """
        now = fields.Datetime.now()
        patient = self.env["prm.patient"].with_context(**_SILENT).create(
            {
                "first_name": person.first_name,
                "last_name": person.last_name,
                "birth_date": person.birth_date,
                "email": person.email or False,
                "mobile": person.mobile or False,
                "lang": lang,
                "status": "prospect",
                "active": False,
                "company_id": company.id,
            }
        )  # fmt: skip
        patient.partner_id.active = False
        values = person.as_dict()
        privacy = values.pop("privacy")
        return self.create(
            {
                **{name: value or False for name, value in values.items()},
                "company_id": company.id,
                "patient_id": patient.id,
                "lang": lang,
                "nonce": nonce,
                "privacy_at": now if privacy else False,
            }
        )

    def _channels(self):
        """Codes of the channels by which a code can go, the one that is taken first in front."""
        self.ensure_one()
        usable = self.env["prm.gateway"]._usable_channels(self.company_id)
        addresses = {"email": self.email, "sms": self.mobile}
        return [code for code, address in addresses.items() if address and code in usable]

    def _send_code(self, visitor, channel=None):
        """Queue a fresh code.

        :param visitor: whom the request comes from, see `throttle.visitor_of`.
        :param channel: ``email`` or ``sms``; default: the first that can be used.
        :return: ``sent``, ``wait`` (too many codes) or ``blocked`` (nothing can go to the address).
        """
        self.ensure_one()
        channels = self._channels()
        if channel not in channels:
            channel = channels[0] if channels else "email"
        address = (self.email if channel == "email" else self.mobile) or ""
        codes = self.env["prm.booking.code"]
        if not codes._may_send(address, visitor):
            return "wait"
        code, digits = codes._make(self, channel, address, visitor)
        request = outbox.Request(
            self.patient_id,
            "care",
            self.env["prm.template"]._by_code("booking_code", self.company_id),
            variables={"booking.code": digits},
            channels=(channel,),
            asked_now=True,
        )
        message = self.env["prm.message"]._queue([request])
        code.message_id = message
        if message.state != "queued":
            code._forget()
            return "blocked"
        message.expires_at = code.valid_until
        return "sent"

    def _verify(self, digits):
        """Compare a typed code with the newest that was sent.

        :return: ``right``, ``wrong``, ``over`` (too old, or tried too often).
        """
        self.ensure_one()
        code = self.code_ids.sorted("id")[-1:]
        if not code:
            return "over"
        verdict = code._check(digits)
        if verdict == "right":
            self.write(
                {"verified_at": fields.Datetime.now(), "verified_contact": code.address}
            )  # fmt: skip
            self.code_ids._forget()
        return verdict

    def _is_verified(self):
        """Whether the contact was verified a moment ago."""
        self.ensure_one()
        hour_ago = fields.Datetime.now() - timedelta(hours=1)
        return bool(self.verified_at and self.verified_at > hour_ago)

    # ------------------------------------------------------------
    # THE VISIT
    # ------------------------------------------------------------

    def _book(self, kind, slot, to_approve):
        """Settle who it is and book, both or neither. A second press changes nothing.

        :param kind: `prm.appointment.type`; :param slot: `slots.Slot`.
        :param to_approve: whether the front desk has to say yes, whatever the kind of visit says.
        :return: address of the page of the visit, which is `event_id` now.
        :raises SlotTaken: when somebody else was quicker.
        """
        self.ensure_one()
        self._wait_for_row()
        if self.event_id:
            link, url = self._issue_link(self.event_id.prm_type_id)
            self.event_id.prm_link_id = link
            return url
        with self.env.cr.savepoint():
            self._settle()
            patient = self.patient_id
            link, url = self._issue_link(kind)
            events = self.env["calendar.event"].with_context(prm_to_approve=to_approve)
            event = events._prm_book(
                [
                    {
                        "patient": patient,
                        "type": kind,
                        "provider": self.env["prm.provider"].browse(slot.provider_id),
                        "operatory": self.env["prm.operatory"].browse(slot.operatory_id or ()),
                        "start": slot.start,
                        "source": "online",
                        "link": link,
                    }
                ]
            ).with_context(prm_to_approve=None)
            if self.note:
                event.prm_note = self.note
            self.event_id = event
            event._prm_confirm_in_writing()
        return url

    def _wait_for_row(self):
        """Let two presses at once pass one by one; the second sees the work of the first."""
        query = SQL("SELECT id FROM prm_booking WHERE id = %s FOR UPDATE", self.id)
        self.env.execute_query(query)
        self.invalidate_recordset()

    def _issue_link(self, kind):
        """A link to the page of the visit."""
        return self.env["prm.link"]._issue(
            "book_appointment", self.patient_id, payload={"type_id": kind.id}
        )

    # ------------------------------------------------------------
    # CRON
    # ------------------------------------------------------------

    @api.model
    def _cron_forget(self):
        """Forget who never typed their code, and the digits of all codes that are over."""
        now = fields.Datetime.now()
        codes = self.env["prm.booking.code"]
        codes.search([("message_id", "!=", False), ("valid_until", "<", now)], limit=1000)._forget()
        stale = self.search(
            [
                ("verified_at", "=", False),
                ("event_id", "=", False),
                ("create_date", "<", now - timedelta(hours=KEPT_HOURS)),
            ],
            limit=500,
        )
        unsettled = self.search(
            [
                ("verified_at", "!=", False),
                ("event_id", "=", False),
                ("found", "=", False),
                ("create_date", "<", now - timedelta(hours=KEPT_HOURS)),
            ],
            limit=500,
        )
        (stale | unsettled)._discard()
        settled = [("create_date", "<", now - timedelta(days=KEPT_DAYS)), ("found", "!=", False)]
        self.search(settled, limit=1000).unlink()
        codes.search(
            [("booking_id", "=", False), ("create_date", "<", now - timedelta(days=2))]
        ).unlink()

    def _discard(self):
        """Delete bookings with the patients that were made for them."""
        patients = self.patient_id.filtered(lambda patient: not patient.active)
        self.unlink()
        patients._prm_discard()


class PrmPatient(models.Model):
    _inherit = "prm.patient"

    came_by = fields.Selection(
        [("online", "Online booking")],
        string="Came by",
        readonly=True,
        help="How the practice and the patient met, where the program knows it.",
    )

    def _prm_discard(self):
        """Delete people who were never patients, with their contacts and messages."""
        contacts = self.partner_id
        self.unlink()
        contacts.exists().unlink()
