from odoo import fields, models

from .. import patient_dates, visit_status

#: Visits of the past that the portal lists.
MAX_PAST = 20


class PrmPatient(models.Model):
    """Patients' own visits, as the portal lists them."""

    _inherit = "prm.patient"

    def _prm_portal_visits(self):
        """The patients' visits, of whichever practice."""
        events = self.env["calendar.event"].with_context(active_test=False)
        return events.search([("prm_patient_id", "in", self.ids)], order="start desc, id desc")

    def _prm_prepare_visit_list(self):
        """Values of the page *My visits*, in the language of the context.

        What is cancelled or missed is past, whenever it would have been.
        """
        visits, now = self._prm_portal_visits(), fields.Datetime.now()
        coming = visits.filtered(
            lambda visit: visit.stop > now and visit.prm_status in visit_status.LADDER[:-1]
        ).sorted("start")
        past = (visits - coming)[:MAX_PAST]
        several = len(self) > 1
        writers = {
            practice: patient_dates.Writer(self.env.lang or "en_US", practice._prm_zone())
            for practice in visits.prm_company_id
        }
        words = self._prm_visit_words()
        return {
            "coming": [
                visit._prm_portal_values(writers[visit.prm_company_id], words, several)
                for visit in coming
            ],
            "past": [
                visit._prm_portal_values(writers[visit.prm_company_id], words, several)
                for visit in past
            ],
            "books": self._prm_booking_addresses(),
        }

    def _prm_visit_words(self):
        """What the patient reads of a visit's status."""
        _ = self.env._
        return {
            "confirmed": _("You have told us that you are coming."),
            "cancelled": _("Cancelled"),
            "no_show": _("Missed"),
            "waiting": _("We are keeping this time for you."),
        }

    def _prm_booking_addresses(self):
        """Where to book: (practice, address) of each that takes bookings online."""
        pages = self.env["prm.booking.page"].search(
            [("company_id", "in", self.company_id.ids), ("online", "=", True)]
        )
        return [(page.company_id.name, f"/prm/book/{page.slug}") for page in pages]
