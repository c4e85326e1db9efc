from odoo import http
from odoo.addons.prm_appointment.controllers.patient_link import AppointmentLink
from odoo.addons.prm_appointment.controllers.portal import VisitPortal
from odoo.addons.prm_core.controllers.patient_link import PER_MINUTE, guard
from odoo.addons.prm_core.controllers.throttled import throttled
from odoo.http import request


def _send_estimate(plan):
    """The estimate as a file."""
    response = request.make_response(
        plan._render_estimate(),
        headers=[
            ("Content-Type", "application/pdf"),
            ("Content-Disposition", f'attachment; filename="{plan._estimate_name()}"'),
        ],
    )
    return guard(response)


class PlanLink(AppointmentLink):
    """The estimate behind a signed link."""

    @http.route(
        "/prm/l/<string:token>/estimate.pdf", type="http", auth="public", methods=["GET"],
        save_session=False, sitemap=False,
    )  # fmt: skip
    @throttled("link", PER_MINUTE)
    def estimate(self, token, **_params):
        """The plan's estimate; works as long as the plan's page shows it."""
        link = self._find_link(token)
        if not link or link._is_expired() or link.action != "plan":
            return self._serve(token, {})
        plan = link._plan()
        if not plan._estimate_is_shown(link._plan_revision()):
            return self._serve(token, {})
        return _send_estimate(plan)


class PlanPortal(VisitPortal):
    """Treatment plans of people who have an account: the same pages as behind a link."""

    def _prepare_home_portal_values(self, counters):
        values = super()._prepare_home_portal_values(counters)
        if not counters:
            values["prm_has_plans"] = bool(self._plans())
        return values

    @http.route("/my/prm/plans", type="http", auth="user", methods=["GET"], sitemap=False)
    def plans(self, **_params):
        """What was proposed to the user, and to those for whom the user speaks."""
        self._speak()
        people = self._people()
        plans = self._plans()
        several = bool(people - self._own_patients())
        values = {
            "known": bool(people),
            "plans": plans._prepare_list(several),
            "back_to": ("/my", request.env._("Back to your account")),
        }
        return self._show_plan("prm_dental.portal_plans", values, people.company_id[:1])

    @http.route(
        "/my/prm/plans/<int:plan_id>", type="http", auth="user", methods=["GET", "POST"],
        sitemap=False,
    )  # fmt: skip
    def plan(self, plan_id, **params):
        """Read a plan and answer it, by the code of the link's page."""
        plan = self._own_plan(plan_id)
        if request.httprequest.method == "POST":
            person = request.env.user.partner_id
            template, values = plan._post(params, "portal", person)
        else:
            template, values = plan._page(params)
        values = {
            **values,
            "post_to": f"/my/prm/plans/{plan.id}",
            "csrf_token": request.csrf_token(),
            "back_to": ("/my/prm/plans", request.env._("All treatment plans")),
        }
        return self._show_plan(template, values, plan.company_id)

    @http.route(
        "/my/prm/plans/<int:plan_id>/estimate.pdf", type="http", auth="user", methods=["GET"],
        sitemap=False,
    )  # fmt: skip
    def plan_estimate(self, plan_id, **_params):
        plan = self._own_plan(plan_id)
        if not plan._estimate_is_shown():
            return request.redirect(f"/my/prm/plans/{plan.id}", code=303)
        return _send_estimate(plan)

    def _plans(self):
        """The plans that the user may read, newest first."""
        plans = request.env["prm.treatment.plan"].sudo().with_context(lang=request.env.lang)
        return plans.search(
            [
                ("patient_id", "in", self._people().ids),
                ("state", "in", ("proposed", "answered", "completed")),
            ]
        )

    def _own_plan(self, plan_id):
        """A plan of the user's people that was shown once.

        :raises NotFound: else, whether there is one or not.
        """
        self._speak()
        plans = request.env["prm.treatment.plan"].sudo().with_context(lang=request.env.lang)
        plan = plans.search(
            [
                ("id", "=", plan_id),
                ("patient_id", "in", self._people().ids),
                ("revision", ">", 0),
            ]
        )
        if not plan:
            raise request.not_found()
        return plan.with_company(plan.company_id)

    def _show_plan(self, template, values, practice):
        practice = (practice or request.env.company).sudo()
        return guard(request.render(template, {"practice": practice, **values}))
