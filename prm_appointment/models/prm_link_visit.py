from datetime import timedelta

from odoo import models
from odoo.addons.prm_core import templating

from .prm_link import _parse_id

#: Letters of what a patient may write of why they cancel.
NOTE_LENGTH = 500

templating.register_variables(
    templating.Variable(
        "link.visit",
        "Address of the page on which the patient confirms, moves or cancels the visit",
        "https://aurora.example/prm/l/v8KqLw3ZrYd5NfHa2JmCe7XuPsTq4Vb6",
    )
)


class PrmLink(models.Model):
    """The link's action ``visit``: the patient confirms, moves or cancels a visit.

    The link is about one visit. When the message that carries it speaks for a family, it opens the
    family's visits of that message too: who reads it is told of them anyway.

    What is asked for stands in ``do``: ``move``, ``again`` (a cancelled visit at another time) and
    ``cancel`` show a page; the same, and ``confirm``, are done when they are posted.
    """

    _inherit = "prm.link"

    # ------------------------------------------------------------
    # PAGES
    # ------------------------------------------------------------

    def _page_visit(self, params):
        self.ensure_one()
        visit = self._visit_asked_for(params)
        step = params.get("do")
        if step in ("move", "again") and self._may_change(visit, step):
            return self._choosing(visit, step)._page_new_time(params)
        if step == "cancel" and self._may_change(visit, step):
            return "prm_appointment.page_cancel", self._prepare_cancel_values(visit)
        return self._page_overview()

    def _post_visit(self, params):
        """Do what the person asks for; what holds no longer, as after a second press, does nothing.

        :raises SlotTaken: see `_post_book_appointment`.
        """
        self.ensure_one()
        visit, step = self._visit_asked_for(params), params.get("do")
        if step == "confirm":
            visits = visit if params.get("visit") else self._visits()
            return self._confirm(visits.filtered(lambda one: one.prm_status == "booked"))
        if not self._may_change(visit, step):
            return self._page_overview()
        if step == "cancel":
            return self._cancel(visit, params)
        if step in ("move", "again"):
            return self._choosing(visit, step)._post_new_time(params)
        return self._page_overview()

    def _page_overview(self, done=None):
        """The visits, with what can be done about each.

        :param done: what was done just now.
        """
        return "prm_appointment.page_visits", self._prepare_overview_values(done)

    def _page_new_time(self, params, notice=None):
        """Free times, or the question whether to take one of them."""
        if params.get("taken"):
            return self._page_choose(params, notice="taken")
        if not params.get("start"):
            return self._page_choose(params, notice=notice)
        slot = self._offered_slot(params)
        if slot:
            return "prm_appointment.page_confirm", self._prepare_new_time_values(slot)
        return self._page_choose(params, notice=self._why_not_offered(params))

    # ------------------------------------------------------------
    # WHICH VISITS
    # ------------------------------------------------------------

    def _visits(self):
        """The visits that the link opens, by time."""
        own = self.env["calendar.event"].with_context(active_test=False).browse()
        if self.res_model == "calendar.event":
            own = own.browse(self.res_id).exists()
        own = own.filtered(lambda visit: visit.prm_patient_id == self.patient_id)
        if self.message_id:
            own |= self.message_id._visits_asked_about()
        return own.sorted("start")

    def _calendar_visit(self, params):
        if self.action == "visit":
            return self._visit_asked_for(params) or self._visits()[:1]
        return super()._calendar_visit(params)

    def _visit_asked_for(self, params):
        """The visit that an address or a form names, if the link opens it; else none."""
        wanted = _parse_id(params.get("visit"))
        return self._visits().filtered(lambda visit: visit.id == wanted)

    def _may_change(self, visit, step):
        """Whether a visit can be moved, cancelled or booked again here."""
        if not visit:
            return False
        kind = visit.prm_type_id
        bookable = kind.active and kind.online and visit.prm_patient_id.status != "deceased"
        if step == "again":
            return visit.prm_status == "cancelled" and bookable and not self._successor(visit)
        if step == "move" and not bookable:
            return False
        return visit._prm_may_change_online()

    def _successor(self, visit):
        """The visit that was booked in the place of a cancelled one."""
        return visit.search([("prm_previous_id", "=", visit.id)], limit=1)

    # ------------------------------------------------------------
    # CHOOSING A TIME
    # ------------------------------------------------------------

    def _choosing(self, visit, step):
        """The link while a new time is looked for."""
        return self.with_context(prm_visit=(visit.id, step))

    def _chosen(self):
        """(visit, step) while a new time is looked for."""
        visit_id, step = self.env.context.get("prm_visit", (None, None))
        events = self.env["calendar.event"].with_context(active_test=False)
        return events.browse(visit_id or ()), step

    def _appointment_type(self):
        if self.action == "visit":
            return self._chosen()[0].prm_type_id
        return super()._appointment_type()

    def _page_state(self):
        visit, step = self._chosen()
        return {**super()._page_state(), **({"do": step, "visit": visit.id} if visit else {})}

    def _find_times(self, start, stop, providers=None):
        visit, step = self._chosen()
        if not visit:
            return super()._find_times(start, stop, providers)
        moved = visit if step == "move" else None
        found = visit.prm_type_id._free_slots(start, stop, providers, moved=moved)
        usual = visit.prm_provider_id.id
        if moved:
            same = (visit.start, usual)
            found = [slot for slot in found if (slot.start, slot.provider_id) != same]
        # At each time the one whom the patient knows.
        return sorted(found, key=lambda slot: (slot.start, slot.provider_id != usual))

    def _first_time(self, start, stop):
        visit, step = self._chosen()
        if step != "move":
            return super()._first_time(start, stop)
        search = visit.prm_type_id._search_slots(start, stop, moved=visit)
        return search.first_start(start, stop, (visit.start, visit.prm_provider_id.id))

    # ------------------------------------------------------------
    # DOING IT
    # ------------------------------------------------------------

    def _confirm(self, visits):
        if visits:
            visits._prm_set_status("confirmed")
            self._acted(record=visits[:1])
        return self._page_overview("confirmed")

    def _cancel(self, visit, params):
        reasons = self.env["prm.cancel.reason"]._for_patients()
        reason = reasons.filtered(lambda one: one.code == params.get("reason"))
        note = (params.get("note") or "").strip()[:NOTE_LENGTH]
        visit._prm_cancel("patient", reason, note)
        self._acted(record=visit)
        return self._page_overview("cancelled")

    def _post_new_time(self, params):
        slot = self._offered_slot(params)
        if not slot:
            return self._page_choose(params, notice=self._why_not_offered(params))
        visit, step = self._chosen()
        provider = self.env["prm.provider"].browse(slot.provider_id)
        operatory = self.env["prm.operatory"].browse(slot.operatory_id or ())
        if step == "move":
            visit._prm_move(slot.start, provider, operatory)
            visit.filtered("prm_type_id.needs_approval").prm_to_approve = True
        else:
            visit = self._book_again(visit, slot, provider, operatory)
        # A visit far away has to be open to changes until it is over.
        self.expires_at = max(self.expires_at, visit.stop + timedelta(days=1))
        self._acted(record=visit)
        visit._prm_confirm_in_writing()
        plain = self.with_context(prm_visit=(None, None))
        return plain._page_overview("moved" if step == "move" else "booked")

    def _book_again(self, visit, slot, provider, operatory):
        """Book a visit in the place of a cancelled one; the link is about it from now on."""
        wish = {
            "patient": visit.prm_patient_id, "type": visit.prm_type_id, "provider": provider,
            "operatory": operatory, "start": slot.start, "source": "online", "previous": visit,
        }  # fmt: skip
        booked = visit._prm_book([wish])
        if visit.id == self.res_id:
            self.res_id = booked.id
        return booked
