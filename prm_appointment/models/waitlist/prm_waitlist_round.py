import logging

from odoo import api, fields, models

from ... import waitlist

_logger = logging.getLogger(__name__)

#: Freed times that one run looks after before it lets others work.
BATCH = 50


class PrmWaitlistOpening(models.Model):
    """How freed times are offered: in rounds, the first on the list first."""

    _inherit = "prm.waitlist.opening"

    @api.model
    def _cron_offer(self):
        """Offer what is due. Several workers may run this at the same time."""
        cron, afresh = self.env["ir.cron"], self.env["prm.message"]._try_afresh
        afresh(self._close_what_is_past)
        cron._commit_progress(0)
        for opening in self._due():
            afresh(opening._take_round)
            cron._commit_progress(1)
        self.search([("state", "=", "open"), ("next_round_at", "!=", False)])._wake()

    @api.model
    def _due(self):
        return self.search(
            [("state", "=", "open"), ("next_round_at", "<=", fields.Datetime.now())],
            order="start, id",
            limit=BATCH,
        )

    @api.model
    def _close_what_is_past(self):
        """Times that nobody took, and people who need not wait any more."""
        self.env["prm.waitlist.entry"]._end_what_is_over()
        self.search(
            [("state", "in", ("open", "asks")), ("start", "<=", fields.Datetime.now())]
        )._close("over")

    def _take_round(self):
        """A round, if no other worker is at it; one that fails keeps no other time from its own."""
        if self.try_lock_for_update().state != "open":
            return
        try:
            with self.env.cr.savepoint():
                self._round()
        except Exception:
            _logger.exception("Freed time %s could not be offered.", self.id)
            self.env.invalidate_all()
            self.next_round_at = fields.Datetime.add(fields.Datetime.now(), minutes=15)

    def _round(self):
        """Ask the next ones, and say when the ones after them are asked."""
        self.ensure_one()
        opening, now = self.sudo(), fields.Datetime.now()
        speed = waitlist.pace(opening.start - now)
        if speed is None:
            # Who was asked may still say yes until it begins.
            opening.next_round_at = False
            return
        if not opening._is_free():
            opening._close("filled")
            return
        candidates = opening._consider()
        asked = 0
        while candidates and asked < speed.size:
            # Some of them the gate holds back: others move up.
            batch = candidates[: speed.size - asked]
            asked += len(batch._ask())
            candidates -= batch
        opening.next_round_at = now + speed.wait

    def _consider(self):
        """Put everybody who waits in order, or note why they are left out.

        :return: offers of those who could come, the first to be asked first.
        """
        self.ensure_one()
        now = fields.Datetime.now()
        _auto, daily_cap = self.env["prm.booking.page"]._waitlist_of(self.company_id)
        entries = self.env["prm.waitlist.entry"].search(
            [("company_id", "=", self.company_id.id), ("state", "=", "waiting")]
        )
        slots_by_kind = self._fitting(entries.type_id)
        known = {offer.entry_id: offer for offer in self.offer_ids}
        suited, lines = [], []
        for entry, want in entries._wants(self).items():
            slot = self._slot_for(entry, slots_by_kind)
            reason = waitlist.skip_reason(want, slot, now, daily_cap)
            if reason is None:
                suited.append((want, slot))
            elif reason != "answered":
                lines.append((entry, {"state": "skipped", "reason": reason, "score": 0,
                                      "points": False, **_slot_vals(slot)}))  # fmt: skip
        places = waitlist.rank(suited, self.start, self.stop, now)
        by_id = {entry.id: entry for entry in entries}
        for place in places:
            vals = {
                "state": "candidate",
                "reason": False,
                "score": place.score,
                "points": [[each.reason, each.points, each.number] for each in place.points],
                **_slot_vals(place.slot),
            }
            lines.append((by_id[place.want.key], vals))
        self._write_lines(known, lines)
        found = {offer.entry_id.id: offer for offer in self.offer_ids}
        order = [found[place.want.key].id for place in places]
        return self.env["prm.waitlist.offer"].browse(order)

    def _slot_for(self, entry, slots_by_kind):
        """The time for one person: who gives up a visit right beside it has more room."""
        visit = entry.event_id
        near = visit and visit.prm_provider_id == self.provider_id and (
            visit.start < self.stop + (visit.stop - visit.start) and visit.stop > self.start
        )  # fmt: skip
        if near and visit.start > self.start:
            return self._fitting(entry.type_id, moved=visit)[entry.type_id]
        return slots_by_kind[entry.type_id]

    def _write_lines(self, known, lines):
        """Make or renew the lines; who was asked keeps theirs."""
        fresh = []
        for entry, vals in lines:
            offer = known.get(entry)
            if offer is None:
                fresh.append({"opening_id": self.id, "entry_id": entry.id, **vals})
            elif offer._convert_to_write({name: offer[name] for name in vals}) != vals:
                offer.write(vals)
        self.env["prm.waitlist.offer"].create(fresh)
        # Who waits no longer is no candidate.
        shown = {entry.id for entry, _vals in lines}
        stale = self.offer_ids.filtered(
            lambda offer: offer.state in ("candidate", "skipped") and offer.entry_id.id not in shown
        )
        stale.unlink()


def _slot_vals(slot):
    if slot is None:
        return {"start": False, "stop": False, "provider_id": False}
    return {"start": slot.start, "stop": slot.stop, "provider_id": slot.provider_id}
