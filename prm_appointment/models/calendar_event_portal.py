from datetime import timedelta

from odoo import fields, models
from odoo.addons.prm_core.models.messaging.prm_link import DEFAULT_DAYS


class CalendarEvent(models.Model):
    """How patients get to the page of their visit."""

    _inherit = "calendar.event"

    def _prm_issue_link(self):
        """A link to the page of the visit, that works until the visit is over.

        :return: its address.
        """
        self.ensure_one()
        days = max(DEFAULT_DAYS, (self.stop + timedelta(days=1) - fields.Datetime.now()).days + 1)
        links = self.env["prm.link"]
        return links._issue("visit", self.prm_patient_id, record=self, days=days)[1]

    def _prm_portal_values(self, dates, words, several):
        """A visit in the portal's list.

        :param dates: a `patient_dates.Writer`; :param words: by status.
        :param several: visits of several people are shown.
        """
        provider, waiting = self.prm_provider_id, self.prm_to_approve
        return {
            "address": f"/my/prm/visits/{self.id}",
            "who": self.prm_patient_id._salutation() if several else "",
            "when_day": dates.full_day(self.start),
            "when_time": f"{dates.clock(self.start)} – {dates.clock(self.stop)}",
            "type_name": self.prm_type_id.name or "",
            "with_text": self.env._("with %(provider)s", provider=provider.name)
            if provider
            else "",
            "practice": self.prm_company_id.name,
            "status_text": words.get("waiting" if waiting else self.prm_status, ""),
        }
