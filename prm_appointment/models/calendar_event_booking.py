from collections import defaultdict

from odoo import api, fields, models

from .. import slots
from ..exceptions import SlotTaken


class CalendarEvent(models.Model):
    """Booking and moving: the roads that programs take."""

    _inherit = "calendar.event"

    @api.model
    @api.private
    def _prm_book(self, wishes):
        """Book visits, all or none.

        :param wishes: dicts with ``patient``, ``type``, ``provider``, ``start`` (UTC, naive), and
            optionally ``operatory`` (default: a free one of the type's chairs), ``stop`` (default:
            by the type's duration), ``source`` (default: desk), ``status``, ``link``, and
            ``previous``: a visit that is cancelled by the patient in the same go, because this one
            takes its place.
        :return: the events, in the same order.
        :raises SlotTaken: when a provider or chair is taken at one of the times, however that came.
        """
        previous = self.union(*(wish["previous"] for wish in wishes if wish.get("previous")))
        standing = previous.filtered(lambda visit: visit.prm_status != "cancelled")
        standing.with_context(prm_rebooked=True)._prm_cancel("patient")
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
                "prm_previous_id": wish["previous"].id if wish.get("previous") else False,
                "start": wish["start"],
            }
            if wish.get("stop"):
                vals["stop"] = wish["stop"]
            vals_list.append(vals)
        return self.create(vals_list)

    def _prm_move(self, start, provider=None, operatory=None):
        """Give a visit another time, and another provider or chair if need be.

        :param datetime start: UTC, naive. The visit keeps its length; with another provider, a
            visit of the usual length takes as long as it does with them.
        :param provider: a `prm.provider`; default: the same.
        :param operatory: a `prm.operatory`; default: the same if it is free, else another one in
            which this kind of visit can be done.
        :raises SlotTaken: when the provider or every chair is taken.
        :raises UserError: when the visit can't be moved any more.
        """
        self.ensure_one()
        provider = provider or self.prm_provider_id
        stop = start + self._prm_length_with(provider)
        if not operatory:
            wish = {"type": self.prm_type_id, "provider": provider, "start": start, "stop": stop}
            chairs = self._prm_find_chairs([{**wish, "moved": self}])
            operatory = self.env["prm.operatory"].browse(chairs.get(0, ()))
        vals = {"start": start, "stop": stop}
        if provider != self.prm_provider_id:
            vals["prm_provider_id"] = provider.id
        if operatory != self.prm_operatory_id:
            vals["prm_operatory_id"] = operatory.id
        self._prm_check_move(vals, self.env.user.has_group("prm_core.group_prm_manager"))
        self.write(vals)

    def _prm_length_with(self, provider):
        """How long the visit takes with a provider."""
        length, kind = self.stop - self.start, self.prm_type_id.sudo()
        if kind and length == kind._length_with(self.prm_provider_id):
            return kind._length_with(provider)
        return length

    @api.model
    def _prm_find_chairs(self, wishes):
        """A chair for each wish that needs one and names none: ``{index of the wish: id}``.

        :raises SlotTaken: when all are taken.
        """
        wanting = []
        for index, wish in enumerate(wishes):
            if not wish.get("operatory") and (chairs := self._prm_chairs_for(wish)):
                wanting.append((index, chairs, *self._prm_stretch(wish)))
        if not wanting:
            return {}
        busy = self._prm_chairs_busy(
            min(start for _index, _chairs, start, _stop in wanting),
            max(stop for _index, _chairs, _start, stop in wanting),
            except_for=self.union(*(wish["moved"] for wish in wishes if wish.get("moved"))),
        )
        chosen = {}
        for index, chairs, start, stop in wanting:
            for operatory in chairs:
                taken = busy[operatory.id]
                if slots.is_free(taken, start, stop):
                    taken.append((start, stop))
                    chosen[index] = operatory.id
                    break
            else:
                raise SlotTaken(self.env._("All chairs are taken at that time."))
        return chosen

    @api.model
    def _prm_chairs_for(self, wish):
        """Chairs for a wish, the one that a moved visit has first."""
        chairs = wish["type"].sudo().operatory_ids
        if wish.get("moved"):
            chairs = wish["moved"].sudo().prm_operatory_id | chairs
        return chairs.filtered("active")

    @api.model
    def _prm_stretch(self, wish):
        """From when to when a wish takes its chair."""
        kind = wish["type"].sudo()
        stop = wish.get("stop") or wish["start"] + kind._length_with(wish["provider"])
        return kind._busy_with(wish["provider"], wish["start"], stop)

    @api.model
    def _prm_chairs_busy(self, start, stop, except_for=None):
        """``{chair id: taken intervals}`` between two moments, in whatever practice."""
        events = self.sudo().search_fetch(
            [
                ("prm_operatory_id", "!=", False),
                ("prm_status", "!=", "cancelled"),
                ("prm_busy_start", "<", fields.Datetime.to_string(stop)),
                ("prm_busy_stop", ">", fields.Datetime.to_string(start)),
                ("id", "not in", except_for.ids if except_for else []),
            ],
            ["prm_operatory_id", "prm_busy_start", "prm_busy_stop"],
        )
        busy = defaultdict(list)
        for event in events:
            busy[event.prm_operatory_id.id].append((event.prm_busy_start, event.prm_busy_stop))
        return busy
