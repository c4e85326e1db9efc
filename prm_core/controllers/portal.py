from odoo import http
from odoo.addons.portal.controllers.portal import CustomerPortal
from odoo.http import request

from .. import preferences
from .patient_link import guard


class PatientPortal(CustomerPortal):
    """What people who have an account choose about messages; the same form as behind a link."""

    def _prepare_home_portal_values(self, counters):
        values = super()._prepare_home_portal_values(counters)
        if not counters:
            values["prm_is_patient"] = bool(self._own_patients())
        return values

    @http.route(
        "/my/prm/preferences", type="http", auth="user", methods=["GET", "POST"], sitemap=False
    )
    def preferences(self, practice=None, **params):
        # The session still has the language of the log-in, which may have been changed here since.
        request.update_context(lang=request.env.user.partner_id.lang or request.env.lang)
        patients = self._own_patients()
        chosen = patients.filtered(lambda patient: str(patient.company_id.id) == practice)
        if len(patients) == 1:
            chosen = patients
        if not chosen:
            template = "portal_preferences_choice" if patients else "portal_preferences_none"
            return self._respond(template, {"patients": patients})
        patient = chosen.with_company(chosen.company_id).with_context(lang=request.env.lang)
        if request.httprequest.method == "POST":
            answer = patient._answer_preferences(params)
            lang = answer["changes"].values.get("lang", request.env.lang)
            request.update_context(lang=lang)
            patient = patient.with_context(lang=lang)
        else:
            offer = patient._preference_offer()
            answer = {"offer": offer, "form": preferences.form_of(offer)}
        hidden = {"practice": patient.company_id.id, "csrf_token": request.csrf_token()}
        values = {**patient._prepare_preference_page(**answer), "hidden": hidden}
        return self._respond("portal_preferences", values, patient.company_id)

    def _own_patients(self):
        """The patients that the user is, one for each practice."""
        patients = request.env["prm.patient"].sudo()
        return patients.search([("partner_id", "=", request.env.user.partner_id.id)])

    def _respond(self, template, values, practice=None):
        practice = practice or request.env.company.sudo()
        return guard(request.render(f"prm_core.{template}", {"practice": practice, **values}))
