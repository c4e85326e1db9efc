from odoo import api, models


class PrmEvent(models.Model):
    _inherit = "prm.event"

    @api.model
    @api.private
    def emit(self, code, entries):
        """What live journeys care about is put before them, in the same transaction."""
        events = super().emit(code, entries)
        types, followed = self.env["prm.journey"]._heard()
        if not types and not followed:
            return events
        heard = events.filtered(
            lambda event: event.event_type_id.id in types or event.res_model in followed
        )
        if heard:
            self.env["prm.journey.signal"]._raise(heard)
        return events
