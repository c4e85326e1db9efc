from odoo import fields, models


class PrmLink(models.Model):
    """The words of the pages on which patients manage a visit (see `prm_link_words.py`)."""

    _inherit = "prm.link"

    def _prepare_overview_values(self, done=None):
        visits = self._visits()
        return {
            **self._prepare_common_values(),
            "heading": self._overview_heading(visits, done),
            "visits": [self._prepare_managed_visit(visit) for visit in visits],
            "done": done,
            "several": len(visits.filtered(self._may_confirm)) > 1,
        }

    def _overview_heading(self, visits, done):
        name = self._first_name()
        if done == "confirmed":
            return self.env._("Thank you, %(name)s. We look forward to seeing you.", name=name)
        if done == "moved":
            return self.env._("Thank you, %(name)s. Your visit is moved.", name=name)
        if done == "booked":
            return self.env._("Thank you, %(name)s. Your visit is booked.", name=name)
        if done == "cancelled":
            return self.env._(
                "Your visit is cancelled, %(name)s. Thank you for telling us.", name=name
            )
        if len(visits) > 1:
            return self.env._("Hello %(name)s, these are your visits:", name=name)
        if visits and visits._prm_is_over():
            return self.env._("Hello %(name)s, this was your visit:", name=name)
        return self.env._("Hello %(name)s, this is your visit:", name=name)

    def _prepare_managed_visit(self, visit):
        """Values of one visit on the overview: what it is, and what can be done about it."""
        over = visit._prm_is_over()
        standing = visit.prm_status in ("booked", "confirmed")
        about = {"visit": visit.id}
        patient = visit.prm_patient_id
        return {
            **self._prepare_card_values(visit, visit.prm_type_id, visit.prm_provider_id),
            "id": visit.id,
            "who": patient._salutation() if patient != self.patient_id else "",
            "cancelled": visit.prm_status == "cancelled",
            "confirmed": standing and visit.prm_status == "confirmed" and not over,
            "waiting": standing and visit.prm_to_approve,
            "preparation": not over and standing and visit.prm_type_id.preparation,
            "may_confirm": self._may_confirm(visit),
            "move": self._may_change(visit, "move") and self._address(do="move", **about),
            "cancel": self._may_change(visit, "cancel") and self._address(do="cancel", **about),
            "again": self._may_change(visit, "again") and self._address(do="again", **about),
            "too_late": standing and not over and not visit._prm_may_change_online(),
            "calendar": standing and not over and not visit.prm_to_approve
            and f"calendar.ics?visit={visit.id}",
        }  # fmt: skip

    def _may_confirm(self, visit):
        return (
            visit.prm_status == "booked"
            and not visit.prm_to_approve
            and visit.start > fields.Datetime.now()
        )

    def _prepare_new_time_values(self, slot):
        """Values of the question whether to take a time instead of the visit's own."""
        visit, step = self._chosen()
        name = self._first_name()
        values = self._prepare_confirm_values(slot)
        if step == "again":
            return values
        dates = self._patient_dates()
        was = f"{dates.full_day(visit.start)}, {dates.clock(visit.start)}"
        return {
            **values,
            "heading": self.env._("Shall we move your visit, %(name)s?", name=name),
            "instead": self.env._("Instead of %(time)s:", time=was),
            "submit_text": self.env._("Move my visit"),
        }

    def _prepare_choose_values(self):
        values = super()._prepare_choose_values()
        if self.action == "visit":
            name = self._first_name()
            values["heading"] = self.env._("%(name)s, when would suit you better?", name=name)
        return values

    def _prepare_cancel_values(self, visit):
        return {
            **self._prepare_common_values(),
            **self._prepare_card_values(visit, visit.prm_type_id, visit.prm_provider_id),
            "heading": self.env._(
                "Would you like to cancel this visit, %(name)s?", name=self._first_name()
            ),
            "visit": visit.id,
            "address": self._address,
            "move": self._may_change(visit, "move")
            and self._address(do="move", visit=visit.id),
            "reasons": [(reason.code, reason.name) for reason in visit.env[
                "prm.cancel.reason"]._for_patients()],
        }  # fmt: skip
