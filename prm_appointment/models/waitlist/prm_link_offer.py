from odoo import models

from ...exceptions import SlotTaken


class PrmLink(models.Model):
    """The link's action ``offer``: somebody on the waitlist takes a time that came free, or not.

    What is asked for stands in ``do``: ``accept``, ``decline``, or ``leave`` for no more offers.
    """

    _inherit = "prm.link"

    def _page_offer(self, params):
        self.ensure_one()
        return "prm_appointment.page_offer", self._prepare_offer_values()

    def _post_offer(self, params):
        """Do what the person asks for; what holds no longer changes nothing.

        :raises SlotTaken: when somebody else was quicker by a moment.
        """
        self.ensure_one()
        offer, step = self._offer(), params.get("do")
        if step == "leave" and offer.entry_id.state == "waiting":
            offer._decline()
            offer.entry_id._end("left")
            self._acted(record=offer)
        elif step == "decline" and offer.state == "offered":
            offer._decline()
            self._acted(record=offer)
        elif step == "accept" and offer and offer._stands():
            visit = offer._accept()
            self._acted(record=visit)
            visit._prm_confirm_in_writing()
        elif step == "accept" and offer.state == "offered":
            raise SlotTaken(self.env._("This time is taken."))
        return "prm_appointment.page_offer", self._prepare_offer_values()

    def _offer(self):
        """What the link is about; empty when it is gone."""
        record = self._record() if self.res_model == "prm.waitlist.offer" else None
        if record and record.patient_id == self.patient_id:
            return record
        return self.env["prm.waitlist.offer"]

    def _calendar_visit(self, params):
        if self.action == "offer":
            return self._taken_visit()
        return super()._calendar_visit(params)

    def _taken_visit(self):
        """The visit that came of the offer; empty when none did."""
        offer = self._offer()
        taken = offer.filtered(lambda one: one.state == "accepted")
        return taken.opening_id.visit_id.with_context(active_test=False)

    def _prepare_offer_values(self):
        """Values of the page."""
        offer = self._offer()
        values = {
            **self._prepare_common_values(),
            "situation": self._offer_situation(offer),
            "preparation": False,
            "instead": False,
            "waits": offer.entry_id.state == "waiting",
        }
        values["heading"] = self._offer_heading(values["situation"])
        if visit := self._taken_visit():
            values.update(
                self._prepare_card_values(visit, visit.prm_type_id, visit.prm_provider_id),
                preparation=visit.prm_type_id.preparation,
            )
        elif offer:
            values.update(self._prepare_card_values(offer, offer.type_id, offer.provider_id))
        former = offer._given_up() if values["situation"] == "open" else None
        if former:
            dates = self._patient_dates()
            when = f"{dates.day(former.start)}, {dates.clock(former.start)}"
            values["instead"] = self.env._("It would take the place of your visit on %s.", when)
        return values

    def _offer_situation(self, offer):
        """``open``, ``accepted``, ``declined``, ``left``, ``taken`` or ``gone``."""
        if not offer:
            return "gone"
        if offer.state in ("accepted", "declined"):
            left = offer.state == "declined" and offer.entry_id.state == "left"
            return "left" if left else offer.state
        if offer.entry_id.state == "left":
            return "left"
        return "open" if offer._stands() else "taken"

    def _offer_heading(self, situation):
        name = self._first_name()
        texts = {
            "open": self.env._("Good news, %(name)s: a time has come free.", name=name),
            "accepted": self.env._("Thank you, %(name)s. The visit is yours.", name=name),
            "declined": self.env._("Thank you for telling us, %(name)s.", name=name),
            "left": self.env._("You are no longer on our waitlist, %(name)s.", name=name),
            "taken": self.env._("We are sorry, %(name)s: this time has been taken.", name=name),
            "gone": self.env._("This offer is over, %(name)s.", name=name),
        }
        return texts[situation]
