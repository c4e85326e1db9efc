import secrets
from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL, consteq, hmac

VALID_MINUTES = 10
MAX_TRIES = 5
#: Codes that one address or number gets, and that one visitor can ask for: (hours, codes).
ADDRESS_LIMITS = ((1, 3), (24, 6))
VISITOR_LIMITS = ((1, 12), (24, 40))
_LOCK = 7_360_004


class PrmBookingCode(models.Model):
    """A code that proves that somebody reads the address they typed. Stored as a keyed hash.

    Rows outlive the booking for a day, without a name: they are what the limits count.
    """

    _name = "prm.booking.code"
    _description = "Code of an Online Booking"
    _order = "id desc"
    _rec_name = "id"

    booking_id = fields.Many2one("prm.booking", index="btree_not_null", ondelete="set null")
    company_id = fields.Many2one("res.company", required=True, ondelete="cascade")
    message_id = fields.Many2one("prm.message", index="btree_not_null", ondelete="set null")
    channel = fields.Char(required=True)
    address = fields.Char(help="Until the code is over; then only its hash is kept.")
    address_hash = fields.Char(required=True)
    visitor_hash = fields.Char(required=True)
    code_hash = fields.Char(groups="base.group_system")
    tries = fields.Integer(required=True, default=0)
    valid_until = fields.Datetime(required=True)

    _address_idx = models.Index("(address_hash, create_date)")
    _visitor_idx = models.Index("(visitor_hash, create_date)")

    @api.model
    def _digest(self, scope, text):
        return hmac(self.env(su=True), f"prm-booking-{scope}", text)

    @api.model
    def _may_send(self, address, visitor):
        """Whether one more code may go to an address, and one more for a visitor."""
        counted = (
            ("address_hash", self._digest("address", address.lower()), ADDRESS_LIMITS),
            ("visitor_hash", self._digest("visitor", visitor), VISITOR_LIMITS),
        )
        now = fields.Datetime.now()
        for name, digest, limits in counted:
            # Two requests at once are counted one after the other.
            self.env.execute_query(
                SQL("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", _LOCK, digest)
            )
            for hours, most in limits:
                since = now - timedelta(hours=hours)
                if self.search_count([(name, "=", digest), ("create_date", ">", since)]) >= most:
                    return False
        return True

    @api.model
    def _make(self, booking, channel, address, visitor):
        """A fresh code for a booking; older ones stop working.

        :return: (the record, the six digits)
        """
        digits = f"{secrets.randbelow(1_000_000):06}"
        booking.code_ids._forget()
        code = self.create(
            {
                "booking_id": booking.id,
                "company_id": booking.company_id.id,
                "channel": channel,
                "address": address,
                "address_hash": self._digest("address", address.lower()),
                "visitor_hash": self._digest("visitor", visitor),
                "valid_until": fields.Datetime.now() + timedelta(minutes=VALID_MINUTES),
            }
        )
        code.code_hash = self._digest("code", f"{code.id}:{digits}")
        return code, digits

    def _check(self, typed):
        """Count a try and compare.

        :return: ``right``, ``wrong`` or ``over``.
        """
        self.ensure_one()
        query = SQL("SELECT id FROM prm_booking_code WHERE id = %s FOR UPDATE", self.id)
        self.env.execute_query(query)
        over = self.tries >= MAX_TRIES or self.valid_until < fields.Datetime.now()
        if over or not self.code_hash:
            return "over"
        self.tries += 1
        digits = "".join(char for char in typed[:40] if char.isdecimal())
        digits = "".join(str(int(char)) for char in digits)
        if consteq(self.code_hash, self._digest("code", f"{self.id}:{digits}")):
            return "right"
        return "over" if self.tries >= MAX_TRIES else "wrong"

    def _forget(self):
        """These codes are over: no digits are left, neither here nor in what was sent."""
        waiting = self.message_id.filtered(lambda message: message.state == "queued")
        waiting.write({"state": "suppressed", "reason": "called_back"})
        self.message_id.write({"body": False, "request_data": False})
        self.write({"code_hash": False, "address": False, "message_id": False})
