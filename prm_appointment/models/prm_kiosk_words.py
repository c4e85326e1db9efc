from odoo import models

from .. import kiosk_entry, patient_dates
from .prm_booking_page_words import LANGUAGES

#: Seconds after which a page leads back to the start by itself.
READING, TYPING = 30, 90
#: How the letters of a date pattern stand for the fields of the form.
_PARTS = {"d": "day", "m": "month", "y": "year"}


class PrmKiosk(models.Model):
    """The words of the kiosk, in the language that was chosen and on the practice's clock."""

    _inherit = "prm.kiosk"

    def _start_values(self, languages):
        current = self.env.lang[:2]
        return {
            "languages": [
                (short, LANGUAGES[short], short == current) for short in languages
            ] if len(languages) > 1 else [],
            "seconds": 0,
        }  # fmt: skip

    def _who_values(self, typed, errors):
        """The form for the name and the birth date, with what is wrong with them."""
        return {
            "typed": typed,
            "errors": {field: self._error_text(field, code) for field, code in errors.items()},
            "parts": self._date_parts(),
            "seconds": TYPING,
        }

    def _date_parts(self):
        """The three fields of a birth date, in the order of the language: (name, label, length)."""
        labels = {
            "day": (self.env._("Day"), 2),
            "month": (self.env._("Month"), 2),
            "year": (self.env._("Year"), 4),
        }
        pattern = self.env["res.lang"]._lang_get(self.env.lang).date_format.lower()
        order = [_PARTS[char] for char in pattern if char in _PARTS]
        order = order if set(order) == set(labels) else ["day", "month", "year"]
        return [(name, *labels[name]) for name in dict.fromkeys(order)]

    def _error_text(self, field, code):
        return {
            "name": self.env._("Please type your first name or your last name."),
            "born": self.env._("Please type your birth date.")
            if code == "empty"
            else self.env._("This date can't be right. Please look at day, month and year again."),
            "mobile": self.env._(
                "This mobile number can't be right. From another country? Begin with + and its"
                " prefix."
            ),
            "email": self.env._("This email address can't be right. Is something missing?"),
        }[field]

    def _turn_values(self, turn):
        """What the page of a turn shows."""
        return getattr(self, f"_{turn.step}_page_values")(turn)

    def _who_page_values(self, turn):
        return self._who_values(turn.data["typed"], turn.data["errors"])

    def _desk_page_values(self, turn):
        return {"seconds": READING}

    def _visit_page_values(self, turn):
        verdict, visits = turn.data["verdict"], turn._visits()
        name = turn.patient_id._salutation() or ""
        texts = {
            kiosk_entry.READY: self.env._("Hello %(name)s, is this your visit?", name=name)
            if len(visits) < 2
            else self.env._("Hello %(name)s, are these your visits?", name=name),
            kiosk_entry.EARLY: self.env._("Hello %(name)s, you are early.", name=name),
            kiosk_entry.HERE: self.env._("Hello %(name)s, we know that you are here.", name=name),
        }
        texts[kiosk_entry.LATE] = texts[kiosk_entry.READY]
        return {
            "heading": texts.get(verdict) or self.env._("Hello %(name)s", name=name),
            "text": self._visit_text(verdict, visits[:1]),
            "visits": [self._visit_values(visit) for visit in visits],
            "may_check_in": verdict in (kiosk_entry.READY, kiosk_entry.LATE),
            "seconds": READING if verdict == kiosk_entry.HERE else 2 * READING,
        }

    def _visit_text(self, verdict, visit):
        """The sentence that says what to do."""
        if verdict == kiosk_entry.EARLY:
            dates = self._dates()
            return self.env._(
                "You can tell us here from %(time)s on that you have come. Would you like to wait"
                " here, or come in earlier? Please ask at the front desk.",
                time=dates.clock(visit.start - kiosk_entry.EARLIEST),
            )
        return {
            kiosk_entry.READY: "",
            kiosk_entry.LATE: self.env._(
                "Your visit was to begin already. Tell us that you are here, and please speak to"
                " the front desk as well."
            ),
            kiosk_entry.HERE: self._seat_text(),
            kiosk_entry.CANCELLED: self.env._(
                "This visit is cancelled. Please come to the front desk: we will find another time."
            ),
            kiosk_entry.OVER: self.env._(
                "The time of this visit has passed. Please come to the front desk: we will find a"
                " way."
            ),
        }[verdict]

    def _seat_text(self):
        return self.waiting_text or self.env._("Please take a seat. We will call you.")

    def _visit_values(self, visit):
        dates, provider = self._dates(), visit.prm_provider_id
        return {
            "time": dates.clock(visit.start),
            "type_name": visit.prm_type_id.name or "",
            "with_text": self.env._("with %(provider)s", provider=provider.name)
            if provider
            else "",
        }

    def _here_page_values(self, turn):
        patient, ask = turn.patient_id, turn._may_propose()
        number = patient.mobile or patient.phone
        return {
            "heading": self.env._("Thank you, %(name)s.", name=patient._salutation() or ""),
            "text": self._seat_text(),
            "late": turn.data["verdict"] == kiosk_entry.LATE,
            "ask": ask,
            "mobile": kiosk_entry.mask_phone(number) if ask and number else "",
            "email": kiosk_entry.mask_email(patient.email) if ask and patient.email else "",
            "seconds": 2 * READING,
        }

    def _change_page_values(self, turn):
        errors = turn.data["errors"]
        return {
            "typed": {"mobile": "", "email": "", **turn.data["typed"]},
            "errors": {field: self._error_text(field, code) for field, code in errors.items()},
            "seconds": TYPING,
        }

    def _thanks_page_values(self, turn):
        return {"noted": turn.data["noted"], "seconds": READING // 2}

    def _dates(self):
        return patient_dates.Writer(self.env.lang or "en_US", self.company_id._prm_zone())
