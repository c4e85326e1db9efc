from odoo import models

from .. import patient_dates
from .prm_booking_code import VALID_MINUTES
from .prm_link import MOMENT

#: Languages of patients' pages, by their own names.
LANGUAGES = {
    "en": "English", "it": "Italiano", "es": "Español", "de": "Deutsch", "zh": "中文",
}  # fmt: skip


class PrmBookingPage(models.Model):
    """The words of the booking page, in the visitor's language and on the practice's clock."""

    _inherit = "prm.booking.page"

    def _dates(self):
        return patient_dates.Writer(self.env.lang or "en_US", self.company_id._prm_zone())

    def _languages(self):
        """The languages that can be chosen: ``{two letters: code of Odoo}``."""
        installed = [code for code, _name in self.env["res.lang"].get_installed()]
        found = {}
        for short in LANGUAGES:
            match = [code for code in installed if code[:2] == short]
            if match:
                found[short] = match[0]
        return found

    def _common_values(self):
        phone = self.company_id.phone
        return {
            "page": self,
            "practice": self.company_id,
            "phone": phone,
            "call_text": self.env._("Call %(phone)s", phone=phone),
        }

    def _kind_values(self, kind):
        """What the list says of a kind of visit."""
        return {
            "id": kind.id,
            "name": kind.name,
            "about_text": self.env._("about %(minutes)s minutes", minutes=kind.duration),
            "price": kind._price_label(),
            "for_whom": {
                "new": self.env._("For new patients"),
                "known": self.env._("For patients who have been here"),
            }.get(kind.for_whom, ""),
        }

    def _visit_values(self, kind, provider, span):
        """The box that shows a visit; ``span`` has a start and a stop."""
        dates = self._dates()
        return {
            "type_name": kind.name,
            "when_day": dates.full_day(span.start),
            "when_time": f"{dates.clock(span.start)} – {dates.clock(span.stop)}",
            "with_text": self.env._("with %(provider)s", provider=provider.name),
            "price": kind._price_label(),
        }

    def _day_values(self, found):
        """Days with their times; several providers at one time count once."""
        dates = self._dates()
        first, days = {}, {}
        for slot in found:
            first.setdefault(slot.start, slot)
        for moment, slot in first.items():
            start = moment.strftime(MOMENT)
            days.setdefault(dates.date(moment), {})[moment] = {
                "time": dates.clock(moment),
                "start": start,
                "with": slot.provider_id,
                "value": f"{start}|{slot.provider_id}",
            }
        return [
            {
                "title": dates.day(next(iter(times))),
                "count_text": self.env._("1 free time")
                if len(times) == 1
                else self.env._("%(count)s free times", count=len(times)),
                "times": list(times.values()),
            }
            for times in days.values()
        ]

    def _error_text(self, field, code):
        """The sentence for a mistake on the form."""
        texts = {
            "whom/choose": self.env._("Please say for whom you are booking."),
            "first_name/empty": self.env._("Please write the first name."),
            "last_name/empty": self.env._("Please write the last name."),
            "guardian_first/empty": self.env._("Please write your own first name."),
            "guardian_last/empty": self.env._("Please write your own last name."),
            "birth_date/empty": self.env._("Please write the birth date."),
            "birth_date/adult": self.env._("Adults book for themselves: choose “Me” above."),
            "birth_date/minor": self.env._(
                "For somebody under 18 a parent or guardian books: choose “My child” above."
            ),
            "email/empty": self.env._("Please write your email address: we send a code to it."),
            "email/contact": self.env._(
                "Please write your email address or your mobile number: we send a code to it."
            ),
            "email/email": self.env._("This email address can't be right. Is something missing?"),
            "email/blocked": self.env._(
                "We can't write to this email address. Please take another one, or call us."
            ),
            "mobile/mobile": self.env._(
                "This mobile number can't be right. From another country? Begin with + and its"
                " prefix."
            ),
            "mobile/blocked": self.env._(
                "We can't write to this number. Please take another one, or call us."
            ),
            "note/long": self.env._("The note is too long: 300 characters at most."),
            "privacy/accept": self.env._("Please read the privacy notice and tick the box."),
        }
        general = {
            "long": self.env._("This is too long: 60 characters at most."),
            "name": self.env._("Please write the name with letters only."),
            "date": self.env._("This birth date can't be right. Write it like 1985-03-27."),
        }
        return texts.get(f"{field}/{code}") or general[code]

    def _code_values(self, channel, address, other):
        """The page that asks for the code.

        :param other: the channel by which it could go as well, or None.
        """
        if channel == "sms":
            sent = self.env._(
                "We have sent a text message with a code of six digits to %s.", address
            )
        else:
            sent = self.env._("We have sent an email with a code of six digits to %s.", address)
        return {
            "sent_text": sent,
            "valid_text": self.env._("The code works for %s minutes.", VALID_MINUTES),
            "channel": channel,
            "other": other,
        }

    def _code_error(self, verdict):
        if verdict == "wrong":
            return self.env._("This is not the code. Please look again at the newest message.")
        return self.env._("This code doesn't work any more. Please let us send you a new one.")

    def _done_heading(self, name, waiting):
        if waiting:
            return self.env._("Thank you, %(name)s. We have noted your wish.", name=name)
        return self.env._("Thank you, %(name)s. Your visit is booked.", name=name)
