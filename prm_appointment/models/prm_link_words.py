from odoo import models

from .. import patient_dates
from .prm_link import MOMENT


class PrmLink(models.Model):
    """The words of the booking pages, in the patient's language and on the practice's clock.

    Sentences that name something are put together here and not in the templates, where a name would
    cut them into pieces that no other language can put in its own order.
    """

    _inherit = "prm.link"

    def _prepare_common_values(self):
        phone = self.company_id.phone
        return {
            "phone": phone,
            "call_text": self.env._("Call %(phone)s", phone=phone),
        }

    def _prepare_choose_values(self):
        kind = self._appointment_type()
        return {
            **self._prepare_common_values(),
            "heading": self.env._(
                "Hello %(name)s, when would you like to come?", name=self._first_name()
            ),
            "type_name": kind.name,
            "about_text": self.env._(
                "about %(minutes)s minutes", minutes=kind.duration + self._extra_minutes()
            ),
            "price": kind._price_label(),
        }

    def _prepare_confirm_values(self, slot):
        provider = self.env["prm.provider"].browse(slot.provider_id)
        return {
            **self._prepare_common_values(),
            **self._prepare_card_values(slot, self._appointment_type(), provider),
            "heading": self.env._(
                "Shall we book this visit for you, %(name)s?", name=self._first_name()
            ),
            "submit_text": self.env._("Book this visit"),
            "hidden": {
                **self._page_state(),
                "start": slot.start.strftime(MOMENT),
                "provider": provider.id,
            },
            "back": self._address(),
        }

    def _prepare_visit_values(self, event, fresh=False):
        """Values of the page that shows a visit.

        :param fresh: it was booked just now.
        """
        name = self._first_name()
        over = event._prm_is_over()
        if over:
            heading = self.env._("Hello %(name)s, this was your visit:", name=name)
        elif event.prm_to_approve:
            heading = self.env._("Thank you, %(name)s. We have noted your wish.", name=name)
        elif fresh:
            heading = self.env._("Thank you, %(name)s. Your visit is booked.", name=name)
        else:
            heading = self.env._("Hello %(name)s, your visit is booked.", name=name)
        return {
            **self._prepare_common_values(),
            **self._prepare_card_values(event, event.prm_type_id, event.prm_provider_id),
            "heading": heading,
            "over": over,
            "waiting": event.prm_to_approve,
            "preparation": event.prm_type_id.preparation,
        }

    def _prepare_card_values(self, span, kind, provider):
        """Values of the box that shows a visit; ``span`` has a start and a stop."""
        dates = self._patient_dates()
        return {
            "type_name": kind.name,
            "when_day": dates.full_day(span.start),
            "when_time": f"{dates.clock(span.start)} – {dates.clock(span.stop)}",
            "with_text": self.env._("with %(provider)s", provider=provider.name),
            "price": kind._price_label(),
        }

    def _group_by_day(self, found):
        """The days of the page, each with its times; several providers at one time count once."""
        dates = self._patient_dates()
        days = {}
        for slot in found:
            day = days.setdefault(dates.date(slot.start), {})
            if slot.start not in day:
                day[slot.start] = {
                    "time": dates.clock(slot.start),
                    "address": self._address(
                        start=slot.start.strftime(MOMENT), provider=slot.provider_id
                    ),
                }
        return [
            {
                "title": dates.day(next(iter(times))),
                "count_text": self._count_text(len(times)),
                "times": list(times.values()),
            }
            for times in days.values()
        ]

    def _count_text(self, count):
        if count == 1:
            return self.env._("1 free time")
        return self.env._("%(count)s free times", count=count)

    def _first_name(self):
        return self.patient_id._salutation() or ""

    def _patient_dates(self):
        """How dates and times are written for the patient."""
        return patient_dates.Writer(self.env.lang or "en_US", self.company_id._prm_zone())
