from odoo.exceptions import UserError


class SlotTaken(UserError):
    """Somebody else has just booked this time: offer others."""
