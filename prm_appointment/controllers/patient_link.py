from urllib.parse import urlencode, urlsplit

from odoo import http
from odoo.addons.prm_core.controllers import patient_link
from odoo.http import request

from .. import calendar_file
from ..exceptions import SlotTaken


class AppointmentLink(patient_link.PatientLink):
    """What booking adds to the pages behind signed links."""

    @http.route()
    def open(self, token, **params):
        try:
            return super().open(token, **params)
        except SlotTaken:
            # This transaction still sees the time as free. The next one knows better, and also
            # whether it was the same patient who pressed twice.
            kept = {name: params[name] for name in ("do", "visit") if params.get(name)}
            query = urlencode({**kept, "taken": 1})
            return request.redirect(f"/prm/l/{token}?{query}", code=303)

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
        response = request.make_response(
            calendar_file.write(self._prepare_visit(link, event)),
            headers=[
                ("Content-Type", "text/calendar; charset=utf-8"),
                ("Content-Disposition", 'attachment; filename="visit.ics"'),
            ],
        )
        return self._guard(response)

    def _prepare_visit(self, link, event):
        practice = event.prm_company_id
        partner = practice.partner_id
        place = [partner.street, f"{partner.zip or ''} {partner.city or ''}".strip()]
        host = urlsplit(link.get_base_url()).hostname or "localhost"
        phone = practice.phone
        questions = link.env._("Questions? Call us: %s", phone) if phone else None
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
