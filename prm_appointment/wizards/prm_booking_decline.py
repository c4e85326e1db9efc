from odoo import fields, models


class PrmBookingDecline(models.TransientModel):
    """Say no to visits that patients wished for, with a word why."""

    _name = "prm.booking.decline"
    _description = "Decline Online Booking"

    event_ids = fields.Many2many(
        "calendar.event",
        string="Visits",
        required=True,
        readonly=True,
        context={"active_test": False},
    )
    answer = fields.Text(
        string="What the patient reads",
        help="In the patient's language, or in one that they understand. It stands in the message.",
    )

    def action_decline(self):
        """Free the times and tell the patients."""
        self.ensure_one()
        self.event_ids._prm_decline((self.answer or "").strip())
        return {"type": "ir.actions.act_window_close"}
