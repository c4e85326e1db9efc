from odoo import models

from .calendar_event_board import BOARD_CHANNEL


class IrWebsocket(models.AbstractModel):
    _inherit = "ir.websocket"

    def _build_bus_channel_list(self, channels):
        """Who sees patients hears of changes on the flow boards of their own practices.

        The channels hang on records, which no client can ask for: it names channels by text only.
        """
        channels = super()._build_bus_channel_list(channels)
        if self.env.user.has_group("prm_core.group_prm_user"):
            channels.extend((company, BOARD_CHANNEL) for company in self.env.user.company_ids)
        return channels
