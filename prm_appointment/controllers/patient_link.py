from urllib.parse import urlencode, urlsplit

from odoo import http
from odoo.addons.prm_core.controllers import patient_link
from odoo.http import request

from .. import calendar_file
from ..exceptions import SlotTaken


def look_again(path, params):
    """Show the free times anew, from a fresh view of the database.

    The transaction in which a time was taken still sees it as free. The next one knows better, and
    also whether it was the same patient who pressed twice.
    """
    kept = {name: params[name] for name in ("do", "visit") if params.get(name)}
    return request.redirect(f"{path}?{urlencode({**kept, 'taken': 1})}", code=303)


def _prepare_calendar_visit(event):
    practice = event.prm_company_id
    partner = practice.partner_id
    place = [partner.street, f"{partner.zip or ''} {partner.city or ''}".strip()]
    host = urlsplit(event.get_base_url()).hostname or "localhost"
    phone = practice.phone
    questions = event.env._("Questions? Call us: %s", phone) if phone else None
    return calendar_file.Visit(
        uid=f"visit-{event.id}@{host}",
        sequence=event.prm_sequence,
        start=event.start,
        stop=event.stop,
        changed_at=event.write_date,
        summary=f"{event.prm_type_id.name or event.name} · {practice.name}",
        location=", ".join(part for part in (practice.name, *place) if part),
        description="\n\n".join(filter(None, (event.prm_type_id.preparation, questions))),
        cancelled=event.prm_status == "cancelled",
    )


def send_calendar_file(event):
    """A visit for the patient's own calendar."""
    response = request.make_response(
        calendar_file.write(_prepare_calendar_visit(event)),
        headers=[
            ("Content-Type", "text/calendar; charset=utf-8"),
            ("Content-Disposition", 'attachment; filename="visit.ics"'),
        ],
    )
    return patient_link.guard(response)


class AppointmentLink(patient_link.PatientLink):
    """What booking adds to the pages behind signed links."""

    @http.route()
    def open(self, token, **params):
        try:
            return super().open(token, **params)
        except SlotTaken:
            return look_again(f"/prm/l/{token}", params)

    def _respond(self, template, values, status=200):
        if values.get("token"):
            values = {**values, "post_to": f"/prm/l/{values['token']}"}
        return super()._respond(template, values, status)

    @http.route(
        "/prm/l/<string:token>/calendar.ics", type="http", auth="public", methods=["GET"],
        save_session=False, sitemap=False,
    )  # fmt: skip
    def calendar_file(self, token, visit=None):
        """The visit for the patient's own calendar; works as long as the visit page does."""
        link = self._find_link(token)
        if not link or link._is_expired():
            return self.open(token)
        event = link._calendar_visit({"visit": visit})
        if not event:
            return request.redirect(f"/prm/l/{token}", code=303)
        return send_calendar_file(event.with_context(lang=link.env.lang))
