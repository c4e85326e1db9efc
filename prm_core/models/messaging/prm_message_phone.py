from odoo import models


class PrmMessagePhone(models.Model):
    """Calls tell the timeline themselves what came of them, see `prm.call`."""

    _inherit = "prm.message"

    def _emit_ends(self, states):
        """Nothing was sent yet when a call is put on the list."""
        called = self.filtered(
            lambda one: one.channel_id.code == "phone" and states[one.id] == "sent"
        )
        return super(PrmMessagePhone, self - called)._emit_ends(states)
