from odoo import http
from odoo.addons.prm_appointment.controllers.portal import VisitPortal
from odoo.addons.prm_core.controllers.patient_link import guard
from odoo.http import request


class DentalPortal(VisitPortal):
    """Health questions of people who have an account: the same pages as behind a link."""

    def _prepare_home_portal_values(self, counters):
        values = super()._prepare_home_portal_values(counters)
        if not counters:
            values["prm_has_history"] = values["prm_has_aftercare"] = bool(self._people())
        return values

    @http.route("/my/prm/history", type="http", auth="user", methods=["GET"], sitemap=False)
    def histories(self, **_params):
        """Whose questions are to be answered."""
        self._speak()
        people = self._people().with_context(lang=request.env.lang)
        values = {
            "people": people._prm_prepare_history_list(),
            "back_to": ("/my", request.env._("Back to your account")),
        }
        return self._show("prm_dental.portal_histories", values, people.company_id[:1])

    @http.route(
        "/my/prm/history/<int:patient_id>", type="http", auth="user", methods=["GET", "POST"],
        sitemap=False,
    )  # fmt: skip
    def history(self, patient_id, **params):
        """Answer the questions, by the code of the link's page."""
        self._speak()
        patient = self._people().filtered(lambda one: one.id == patient_id)
        if not patient:
            raise request.not_found()
        link = request.env["prm.link"]._for_portal_history(patient)
        link = link.with_context(lang=request.env.lang).with_company(patient.company_id)
        posted = request.httprequest.method == "POST"
        template, values = link._post(params) if posted else link._page(params)
        values = {
            **values,
            "post_to": f"/my/prm/history/{patient.id}",
            "csrf_token": request.csrf_token(),
            "back_to": ("/my/prm/history", request.env._("All health questions")),
        }
        return self._show(template, values, patient.company_id)

    @http.route("/my/prm/aftercare", type="http", auth="user", methods=["GET"], sitemap=False)
    def aftercare(self, **_params):
        """What to do after treatments, for the user and those whom they speak for."""
        self._speak()
        people = self._people().with_context(lang=request.env.lang)
        values = {
            "rows": people._prm_prepare_aftercare_list(),
            "back_to": ("/my", request.env._("Back to your account")),
        }
        return self._show("prm_dental.portal_aftercare", values, people.company_id[:1])

    def _show(self, template, values, practice):
        practice = (practice or request.env.company).sudo()
        return guard(request.render(template, {"practice": practice, **values}))
