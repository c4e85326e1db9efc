from odoo import http
from odoo.addons.prm_core.controllers.patient_link import guard
from odoo.addons.prm_core.controllers.portal import PatientPortal
from odoo.http import request

from ..exceptions import SlotTaken
from .patient_link import look_again, send_calendar_file


class VisitPortal(PatientPortal):
    """Own visits of people who have an account: the same pages as behind a link."""

    def _prepare_home_portal_values(self, counters):
        values = super()._prepare_home_portal_values(counters)
        if not counters:
            values["prm_has_visits"] = bool(self._people())
        return values

    @http.route("/my/prm/visits", type="http", auth="user", methods=["GET"], sitemap=False)
    def visits(self, **_params):
        """Upcoming and past ones."""
        self._speak()
        people = self._people().with_context(lang=request.env.lang)
        values = people._prm_prepare_visit_list()
        practices = people.company_id
        return self._answer(
            "portal_visits",
            {
                **values,
                "known": bool(people),
                "several_practices": len(practices) > 1,
                "back_to": ("/my", request.env._("Back to your account")),
            },
            practices if len(practices) == 1 else None,
        )

    @http.route(
        "/my/prm/visits/<int:visit_id>", type="http", auth="user", methods=["GET", "POST"],
        sitemap=False,
    )  # fmt: skip
    def visit(self, visit_id, **params):
        """Confirm, move or cancel a visit, by the code of the link's page."""
        visit = self._own_visit(visit_id)
        path = f"/my/prm/visits/{visit.id}"
        link = request.env["prm.link"]._for_portal(visit)
        link = link.with_context(lang=request.env.lang).with_company(visit.prm_company_id)
        try:
            if request.httprequest.method == "GET":
                template, values = self._page(link, visit, params)
            else:
                template, values = link._post(params)
        except SlotTaken:
            return look_again(path, params)
        if link.res_id != visit.id:
            # Booked in the place of a cancelled one: from now on it is about that.
            return request.redirect(f"/my/prm/visits/{link.res_id}?done=booked", code=303)
        values = {
            **values,
            "post_to": path,
            "csrf_token": request.csrf_token(),
            "back_to": ("/my/prm/visits", request.env._("All visits")),
        }
        return self._answer(template.partition(".")[2], values, visit.prm_company_id)

    @http.route(
        "/my/prm/visits/<int:visit_id>/calendar.ics", type="http", auth="user", methods=["GET"],
        sitemap=False,
    )  # fmt: skip
    def visit_calendar_file(self, visit_id, **_params):
        return send_calendar_file(self._own_visit(visit_id))

    def _page(self, link, visit, params):
        if params.get("done") == "booked" and visit.prm_previous_id:
            return link._page_overview("booked")
        return link._page(params)

    def _people(self):
        """Patients whose visits the user manages: their own, and of whom they speak for."""
        person = request.env.user.partner_id
        people = self._own_patients() | request.env["prm.guardian"]._spoken_for_by(person)
        return people.filtered(lambda patient: patient.status != "deceased")

    def _own_visit(self, visit_id):
        """The visit, if the user may open it.

        :raises NotFound: else, whether there is one or not.
        """
        self._speak()
        events = request.env["calendar.event"].sudo().with_context(
            active_test=False, lang=request.env.lang
        )  # fmt: skip
        visit = events.search([("id", "=", visit_id), ("prm_patient_id", "in", self._people().ids)])
        if not visit:
            raise request.not_found()
        return visit.with_company(visit.prm_company_id)

    def _speak(self):
        """Go on in the user's language; the session still has that of the log-in."""
        request.update_context(lang=request.env.user.partner_id.lang or request.env.lang)

    def _answer(self, template, values, practice=None):
        practice = (practice or request.env.company).sudo()
        return guard(
            request.render(f"prm_appointment.{template}", {"practice": practice, **values})
        )
