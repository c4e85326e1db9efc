from collections import defaultdict

from odoo import api, fields, models

from .. import slots
from ..exceptions import SlotTaken


class CalendarEvent(models.Model):
    """Booking: the one road that programs take."""

    _inherit = "calendar.event"

    @api.model
    @api.private
    def _prm_book(self, wishes):
        """Book visits, all or none.

        :param wishes: dicts with ``patient``, ``type``, ``provider``, ``start`` (UTC, naive), and
            optionally ``operatory`` (default: a free one of the type's chairs), ``stop`` (default:
            by the type's duration), ``source`` (default: desk), ``status`` and ``link``.
        :return: the events, in the same order.
        :raises SlotTaken: when a provider or chair is taken at one of the times, however that came.
        """
        chairs = self._prm_find_chairs(wishes)
        vals_list = []
        for index, wish in enumerate(wishes):
            operatory = wish.get("operatory")
            vals = {
                "prm_patient_id": wish["patient"].id,
                "prm_type_id": wish["type"].id,
                "prm_provider_id": wish["provider"].id,
                "prm_operatory_id": operatory.id if operatory else chairs.get(index, False),
                "prm_source": wish.get("source", "desk"),
                "prm_status": wish.get("status", "booked"),
                "prm_link_id": wish["link"].id if wish.get("link") else False,
                "start": wish["start"],
            }
            if wish.get("stop"):
                vals["stop"] = wish["stop"]
            vals_list.append(vals)
        return self.create(vals_list)

    @api.model
    def _prm_find_chairs(self, wishes):
        """A chair for each wish that needs one and names none: ``{index of the wish: id}``.

        :raises SlotTaken: when all are taken.
        """
        wanting = [
            (index, wish["start"], wish.get("stop") or wish["type"]._stop_of(wish["start"]))
            for index, wish in enumerate(wishes)
            if not wish.get("operatory") and wish["type"].sudo().operatory_ids
        ]
        if not wanting:
            return {}
        busy = self._prm_chairs_busy(
            min(start for _index, start, _stop in wanting),
            max(stop for _index, _start, stop in wanting),
        )
        chosen = {}
        for index, start, stop in wanting:
            for operatory in wishes[index]["type"].sudo().operatory_ids.filtered("active"):
                taken = busy[operatory.id]
                if slots.is_free(taken, start, stop):
                    taken.append((start, stop))
                    chosen[index] = operatory.id
                    break
            else:
                raise SlotTaken(self.env._("All chairs are taken at that time."))
        return chosen

    @api.model
    def _prm_chairs_busy(self, start, stop):
        """``{chair id: taken intervals}`` between two moments."""
        events = self.sudo().search_fetch(
            [
                ("prm_operatory_id", "!=", False),
                ("prm_status", "!=", "cancelled"),
                ("start", "<", fields.Datetime.to_string(stop)),
                ("stop", ">", fields.Datetime.to_string(start)),
            ],
            ["prm_operatory_id", "start", "stop"],
        )
        busy = defaultdict(list)
        for event in events:
            busy[event.prm_operatory_id.id].append((event.start, event.stop))
        return busy
