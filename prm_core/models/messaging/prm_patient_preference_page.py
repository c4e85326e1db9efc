from datetime import time, timedelta

from odoo import api, models
from odoo.tools.misc import format_date, format_time
from odoo.tools.translate import LazyTranslate

from ... import preferences
from ...contact_hours import DAY

_lt = LazyTranslate(__name__)

#: What patients read about the purposes that ship: title and one sentence. A practice's own
#: purposes go by their name and description.
_TOPICS = {
    "care": (
        _lt("Your visits and your treatment"),
        _lt("Appointments, reminders, and what to do before and after a treatment."),
    ),
    "recall": (
        _lt("Check-up reminders"),
        _lt("We tell you when it is time for a check-up or a cleaning."),
    ),
    "feedback": (_lt("Your opinion"), _lt("A short question after a visit: how was it?")),
    "courtesy": (_lt("Greetings"), _lt("Birthday wishes and other greetings.")),
    "education": (_lt("Tips for healthy teeth"), _lt("What keeps teeth and gums healthy.")),
    "news": (_lt("News from the practice"), _lt("Holidays, new colleagues, opening hours.")),
    "marketing": (_lt("Offers"), _lt("What we have to offer, now and then.")),
    "research": (_lt("Research"), _lt("Studies and surveys that help science.")),
}
_CHANNELS = {"email": _lt("Email"), "sms": _lt("SMS"), "whatsapp": _lt("WhatsApp")}
_PRESETS = {
    "any": _lt("Any time"),
    "morning": _lt("In the morning"),
    "afternoon": _lt("In the afternoon"),
    "evening": _lt("In the evening"),
}
_PAUSES = {
    "1": _lt("A pause of one month"),
    "3": _lt("A pause of three months"),
    "6": _lt("A pause of six months"),
}
_ERRORS = {
    "choose": _lt("Please choose one of these."),
    "hours_unread": _lt("Please fill in both times, for example 9:00 and 18:00."),
    "hours_order": _lt("The first time has to be earlier than the second one."),
    "until_unread": _lt("Please choose the day on which the pause ends."),
    "until_past": _lt("Please choose a day after today."),
    "until_far": _lt("Please choose a day within the next two years."),
    "last_way": _lt(
        "Please leave at least one way for messages about your treatment. If you would like none "
        "at all, please call us."
    ),
}


class PrmPatient(models.Model):
    """The words of the preference centre, in the patient's language."""

    _inherit = "prm.patient"

    def _prepare_preference_page(self, offer, form, errors=None, changes=None):
        """Values of the form's template.

        :type offer: preferences.Offer
        :type form: preferences.Form
        :param errors: field -> code of what is wrong; :param changes: what was just saved.
        """
        self.ensure_one()
        name = self._salutation() or ""
        return {
            "heading": self.env._("%(name)s, how may we write to you?", name=name),
            "errors": {
                field: self._error_text(code, offer) for field, code in (errors or {}).items()
            },
            "saved": None if changes is None or errors else self._describe_changes(changes),
            "thanks": self.env._("Thank you, %(name)s. This holds from now on.", name=name),
            "channels": [
                {"code": code, "name": self._channel_words(code), "checked": code == form.first}
                for code in offer.channels
            ],
            "topics": [self._prepare_topic(topic, form) for topic in offer.topics],
            "hours": self._prepare_hours(offer, form),
            "own": {
                "checked": form.hours == preferences.OWN_HOURS,
                "start": form.start, "stop": form.stop,
            },
            "hours_hint": self._hours_hint(offer),
            "languages": self._prepare_languages(offer, form),
            "pauses": self._prepare_pauses(offer, form),
            "until": {
                "checked": form.pause == preferences.UNTIL_DATE,
                "value": form.until,
                "min": (offer.today + timedelta(days=1)).isoformat(),
                "max": (offer.today + preferences.MAX_PAUSE).isoformat(),
            },
        }  # fmt: skip

    def _prepare_topic(self, topic, form):
        title, text = self._topic_words(topic.code)
        several = len(topic.allowed) > 1
        switches = []
        for channel in topic.switches:
            box = (topic.code, channel)
            words = self._channel_words(channel)
            switches.append(
                {
                    "name": "yes-{}-{}".format(*box),
                    "was_name": "was-{}-{}".format(*box),
                    # What was on the page at first, also when it comes back with a mistake in it.
                    "was": "1" if form.shown.get(box, topic.allowed[channel]) else "0",
                    "checked": box in form.ticked,
                    "label": words if several else self.env._("Yes, by %(channel)s", channel=words),
                }
            )
        return {
            "code": topic.code, "title": title, "text": text, "fixed": topic.fixed,
            "switches": switches,
        }  # fmt: skip

    def _prepare_hours(self, offer, form):
        found = []
        for code, span in preferences.PRESETS.items():
            if code == form.hours or preferences.fits(span, offer.open_hours):
                hint = "" if span == preferences.PRESETS["any"] else self._span(*span)
                found.append(
                    {
                        "code": code, "label": _translate(self.env, _PRESETS[code]), "hint": hint,
                        "checked": code == form.hours,
                    }
                )  # fmt: skip
        return found

    def _prepare_languages(self, offer, form):
        """The languages to choose from; none when there is no choice."""
        names = self._preference_languages()
        if offer.lang not in names:
            names = {offer.lang: self.env["res.lang"]._get_data(code=offer.lang).name, **names}
        if len(names) < 2:
            return []
        return [
            {"code": code, "name": name, "selected": code == form.lang, "lang": code[:2]}
            for code, name in names.items()
        ]

    def _prepare_pauses(self, offer, form):
        none = self.env._("No pause")
        if offer.paused_until:
            none = self.env._("End the pause now")
        labels = {code: _translate(self.env, text) for code, text in _PAUSES.items()}
        return [
            {"code": code, "label": label, "checked": code == form.pause}
            for code, label in {preferences.NO_PAUSE: none, **labels}.items()
        ]

    def _describe_changes(self, changes):
        """What was changed, line by line, in the language of the context."""
        lines, values = [], changes.values
        if "order" in values:
            first = self._channel_words(values["order"][0])
            lines.append(self.env._("Best way: %(channel)s", channel=first))
        for topic, switched in changes.topics.items():
            answers = ", ".join(
                self.env._("%(channel)s yes", channel=self._channel_words(channel))
                if allowed
                else self.env._("%(channel)s no", channel=self._channel_words(channel))
                for channel, allowed in switched.items()
            )
            lines.append(f"{self._topic_words(topic)[0]}: {answers}")
        if "hours" in values:
            hours = values["hours"]
            if hours == preferences.PRESETS["any"]:
                lines.append(self.env._("Hours: any time"))
            else:
                lines.append(self.env._("Hours: %(hours)s", hours=self._span(*hours)))
        if "lang" in values:
            name = self._preference_languages().get(values["lang"], values["lang"])
            lines.append(self.env._("Language: %(name)s", name=name))
        if "paused_until" in values:
            until = values["paused_until"]
            lines.append(
                self.env._("Pause until %(day)s", day=self._long_day(until))
                if until
                else self.env._("No pause")
            )
        return lines

    # ------------------------------------------------------------
    # SINGLE WORDS
    # ------------------------------------------------------------

    @api.model
    def _topic_words(self, code):
        if code in _TOPICS:
            return tuple(_translate(self.env, text) for text in _TOPICS[code])
        purpose = self.env["prm.purpose"].sudo().search([("code", "=", code)], limit=1)
        return purpose.name or "", purpose.description or ""

    @api.model
    def _channel_words(self, code):
        if code in _CHANNELS:
            return _translate(self.env, _CHANNELS[code])
        return self.env["prm.channel"].sudo().search([("code", "=", code)], limit=1).name or code

    def _error_text(self, code, offer):
        if code == "hours_outside":
            return self.env._(
                "We write only in these hours: %(hours)s. Please leave us at least one of them.",
                hours=self._span(*offer.open_hours),
            )
        return _translate(self.env, _ERRORS[code])

    def _hours_hint(self, offer):
        """When the practice writes at all; nothing to say when that is around the clock."""
        if offer.open_hours == (0, DAY):
            return ""
        return self.env._(
            "We write only in these hours: %(hours)s.", hours=self._span(*offer.open_hours)
        )

    def _span(self, start, stop):
        """Two moments of a day, in minutes, as the patient writes them."""
        # No break inside: a line that ends in the middle of a span is hard to read.
        return f"{self._clock(start)} – {self._clock(stop)}".replace(" ", "\N{NO-BREAK SPACE}")

    def _clock(self, minutes):
        lang = self.env.lang or "en_US"
        moment = time(*divmod(minutes % DAY, 60))
        return format_time(self.env, moment, time_format="short", lang_code=lang)

    def _long_day(self, day):
        lang = self.env.lang or "en_US"
        return format_date(self.env, day, lang_code=lang, date_format="long")


def _translate(env, text):
    return text._translate(env.lang or "en_US")
