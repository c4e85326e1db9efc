from datetime import datetime, timedelta
from urllib.parse import urlencode

from odoo import fields, models
from odoo.addons.prm_core import templating
from odoo.addons.prm_core.contact_hours import local_time, start_of_day

from ..slots import Slot

#: Days on one page of free times.
WINDOW_DAYS = 14

#: A moment in the address of a page: UTC, to the minute.
MOMENT = "%Y%m%dT%H%MZ"

templating.register_variables(
    templating.Variable(
        "link.book_appointment",
        "Address of the page on which the patient books",
        "https://aurora.example/prm/l/x7GqLw8ZrYd3NfHa5JmCe9KuPsTq2Vb4",
    )
)


class PrmLink(models.Model):
    """The link's action ``book_appointment``: the patient picks a free time and books it.

    The payload names the kind of visit, and may say that it takes longer than usual:
    ``{"type_id": …, "extra_minutes": …}``. A visit that stands is shown instead of
    a second one being booked.
    """

    _inherit = "prm.link"

    # ------------------------------------------------------------
    # PAGES
    # ------------------------------------------------------------

    def _page_book_appointment(self, params):
        """Free times; with ``start`` and ``provider`` the question whether to book this one."""
        self.ensure_one()
        if page := self._booking_settled():
            return page
        if params.get("taken"):
            return self._page_choose(params, notice="taken")
        if params.get("start"):
            slot = self._offered_slot(params)
            if slot:
                return "prm_appointment.page_confirm", self._prepare_confirm_values(slot)
            return self._page_choose(params, notice=self._why_not_offered(params))
        return self._page_choose(params)

    def _post_book_appointment(self, params):
        """Book the chosen time.

        :raises SlotTaken: when somebody else was quicker by a moment; the controller shows the
            free times anew, from a fresh view of the database.
        """
        self.ensure_one()
        if page := self._booking_settled():
            return page
        slot = self._offered_slot(params)
        if not slot:
            return self._page_choose(params, notice=self._why_not_offered(params))
        event = self._book(slot)
        return "prm_appointment.page_booked", self._prepare_visit_values(event, fresh=True)

    def _booking_settled(self):
        """The page when there is nothing to choose: booked already, or not to be booked here."""
        event = self._booked_event()
        if event:
            return "prm_appointment.page_booked", self._prepare_visit_values(event)
        if not self._may_book_online():
            return "prm_appointment.page_call_us", self._prepare_common_values()
        return None

    def _page_choose(self, params, notice=None):
        """The free times, day by day."""
        kind = self._appointment_type()
        earliest, horizon = self._bookable_span(kind)
        zone = self.company_id._prm_zone()
        start = min(max(_parse_day(params.get("from"), zone) or earliest, earliest), horizon)
        stop = min(_days_later(start, zone), horizon)
        found = self._find_times(start, stop)
        if not found and stop < horizon:
            # Nothing soon: rather the first free days there are than an empty page.
            first = self._first_time(stop, horizon)
            if first:
                stop = min(_days_later(first, zone), horizon)
                found = self._find_times(first, stop)
        providers = self._offered_providers(found)
        chosen = _parse_id(params.get("provider"))
        if chosen not in providers.ids or params.get("start"):
            chosen = None
        shown = [slot for slot in found if chosen in (None, slot.provider_id)]
        later = found and stop < horizon
        values = {
            **self._prepare_choose_values(),
            "notice": notice,
            "days": self._group_by_day(shown),
            "providers": providers if len(providers) > 1 else providers.browse(),
            "chosen": chosen,
            "later": local_time(stop, zone).strftime("%Y-%m-%d") if later else None,
            "is_later": start > earliest,
            "address": self._address,
        }
        return "prm_appointment.page_choose", values

    def _page_state(self):
        """What the addresses of a page say beside the time, such as which visit is moved."""
        return {}

    def _address(self, **params):
        """The address of a page of this link, as a query; ``.`` would lose the token."""
        values = {name: value for name, value in params.items() if value}
        return "?" + urlencode({**self._page_state(), **values})

    # ------------------------------------------------------------
    # WHAT IS OFFERED
    # ------------------------------------------------------------

    def _find_times(self, start, stop, providers=None):
        """Times on offer between two moments (naive UTC): list of `slots.Slot`."""
        extra = self._extra_minutes()
        return self._appointment_type()._free_slots(start, stop, providers, extra=extra)

    def _extra_minutes(self):
        """Minutes that this patient's visit takes longer than usual."""
        return (self.payload or {}).get("extra_minutes", 0)

    def _first_time(self, start, stop):
        """The first start on offer between two moments (naive UTC), or None; where nothing is free
        for months, much quicker than to find all."""
        return self._appointment_type()._search_slots(start, stop).first_start(start, stop)

    def _appointment_type(self):
        type_id = (self.payload or {}).get("type_id")
        kind = self.env["prm.appointment.type"].browse(type_id or 0).exists()
        return kind.filtered(lambda kind: kind.company_id == self.company_id)

    def _may_book_online(self):
        """Whether this patient can book this kind of visit here; if not, they are asked to call."""
        kind, patient = self._appointment_type(), self.patient_id
        return (
            kind.active and kind.online and patient.active and patient.status != "deceased"
        )  # fmt: skip

    def _booked_event(self):
        """The visit that stands: booked with this link, else any coming one of the same kind."""
        events = self.env["calendar.event"]
        standing = [("prm_status", "!=", "cancelled")]
        mine = events.search([("prm_link_id", "=", self.id), *standing], limit=1)
        if mine:
            return mine
        domain = [
            ("prm_patient_id", "=", self.patient_id.id),
            ("prm_type_id", "=", self._appointment_type().id or -1),
            ("start", ">", fields.Datetime.now()),
            *standing,
        ]
        return events.search(domain, order="start", limit=1)

    def _calendar_visit(self, params):
        """The visit that the link shows, for the patient's own calendar, even one that was
        cancelled since; empty when it shows none."""
        events = self.env["calendar.event"].with_context(active_test=False)
        if self.action != "book_appointment":
            return events.browse()
        return self._booked_event() or events.search(
            [("prm_link_id", "=", self.id)], order="id desc", limit=1
        )

    def _bookable_span(self, kind):
        """From when to when a patient may book now."""
        now = fields.Datetime.now()
        return now + timedelta(minutes=kind.min_notice), now + timedelta(days=kind.max_ahead)

    def _wished_slot(self, params):
        """What the page's address or form asks for, unchecked; None when it makes no sense."""
        start, provider_id = _parse_moment(params.get("start")), _parse_id(params.get("provider"))
        if not start or not provider_id:
            return None
        length = self._appointment_type()._length_with(provider_id)
        length += timedelta(minutes=self._extra_minutes())
        return Slot(start, start + length, provider_id)

    def _offered_slot(self, params):
        """The slot that is asked for, if it is on offer at this moment; else None."""
        wish, kind = self._wished_slot(params), self._appointment_type()
        earliest, horizon = self._bookable_span(kind)
        if not wish or not earliest <= wish.start <= horizon:
            return None
        provider = self.env["prm.provider"].browse(wish.provider_id)
        found = self._find_times(wish.start, wish.stop, provider)
        return next((slot for slot in found if slot.start == wish.start), None)

    def _why_not_offered(self, params):
        """``taken`` when it once was on offer, ``not_offered`` for anything made up."""
        wish, kind = self._wished_slot(params), self._appointment_type()
        earliest, horizon = self._bookable_span(kind)
        if wish and earliest <= wish.start <= horizon and kind._is_regular(wish):
            return "taken"
        return "not_offered"

    def _offered_providers(self, found):
        ids = list(dict.fromkeys(slot.provider_id for slot in found))
        providers = self.env["prm.provider"].browse(ids)
        return providers.sorted(lambda provider: (provider.sequence, provider.name or ""))

    # ------------------------------------------------------------
    # BOOKING
    # ------------------------------------------------------------

    def _book(self, slot):
        event = self.env["calendar.event"]._prm_book(
            [
                {
                    "patient": self.patient_id,
                    "type": self._appointment_type(),
                    "provider": self.env["prm.provider"].browse(slot.provider_id),
                    "operatory": self.env["prm.operatory"].browse(slot.operatory_id or ()),
                    "start": slot.start,
                    "stop": slot.stop,
                    "source": "online",
                    "link": self,
                }
            ]
        )
        self._acted(record=event)
        self._after_booking(event)
        event._prm_confirm_in_writing()
        return event

    def _after_booking(self, event):
        """Hook: the patient has booked with this link, in the same transaction."""


def _parse_id(text):
    """A positive database id, else None."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else None


def _parse_moment(text):
    try:
        return datetime.strptime(text or "", MOMENT)
    except ValueError:
        return None


def _parse_day(text, zone):
    """The moment (naive UTC) at which a day of the practice begins, else None."""
    try:
        return start_of_day(datetime.strptime(text or "", "%Y-%m-%d").date(), zone)
    except (ValueError, OverflowError):
        return None


def _days_later(moment, zone):
    """The end of a page that begins at ``moment`` (naive UTC): whole days on the practice's clock.

    A day that is cut in two would stand on this page and on the next one.
    """
    return start_of_day(local_time(moment, zone).date() + timedelta(days=WINDOW_DAYS), zone)
