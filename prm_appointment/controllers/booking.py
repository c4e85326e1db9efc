from urllib.parse import urlencode

from odoo import fields, http
from odoo.addons.prm_core import throttle
from odoo.addons.prm_core.contact_hours import local_time
from odoo.addons.prm_core.controllers.patient_link import guard
from odoo.addons.prm_core.controllers.throttled import throttled
from odoo.http import request

from .. import booking_form
from ..exceptions import SlotTaken
from ..models.prm_booking_page import parse_moment
from ..models.prm_booking_page_words import LANGUAGES
from . import booking_state

#: Pages a minute for one address: a family books with twenty.
PER_MINUTE = 60
#: Field that no person sees. A name that programs like to fill.
TRAP = "website"


class Booking(http.Controller):
    """The page on which anybody books. Each step works without script, cookie or session."""

    # No log-in, no cookie: another site can post nothing that it could not post by itself.
    @http.route(
        "/prm/book/<string:slug>", type="http", auth="public", methods=["GET", "POST"],
        csrf=False, save_session=False, sitemap=False,
    )  # fmt: skip
    @throttled("booking", PER_MINUTE)
    def open(self, slug, **params):
        page = request.env["prm.booking.page"]._find(slug)
        if not page:
            return guard(request.render("prm_appointment.page_book_unknown", {
                "practice": request.env["res.company"],
            }, status=404))  # fmt: skip
        visit = _Visit(page, params)
        if request.httprequest.method == "POST":
            return visit.post()
        return visit.get()


class _Visit:
    """One request to a practice's booking page."""

    def __init__(self, page, params):
        languages = page._languages()
        self.lang = languages.get((params.get("lang") or "")[:2])
        if self.lang:
            request.update_context(lang=self.lang)
        self.page = page.with_context(lang=request.env.lang or "en_US")
        self.env = self.page.env
        self.params = params
        self.languages = languages
        self.embed = params.get("embed") == "1"
        self.state = {}
        self.kinds = self.page._kinds() if page.online else self.env["prm.appointment.type"]

    # ------------------------------------------------------------
    # ANSWERS
    # ------------------------------------------------------------

    def address(self, **choice):
        """The page's address with what was chosen, the language and the frame."""
        query = {key: value for key, value in choice.items() if value}
        if self.lang:
            query["lang"] = self.lang[:2]
        if self.embed:
            query["embed"] = "1"
        path = f"/prm/book/{self.page.slug}"
        return f"{path}?{urlencode(query)}" if query else path

    def respond(self, template, values, status=200):
        choice = {
            key: self.params.get(key)
            for key in ("type", "provider", "start", "with", "from")
            if request.httprequest.method == "GET"
        }
        current, languages = (request.env.lang or "en_US")[:2], []
        for short in self.languages:
            query = {key: value for key, value in choice.items() if value}
            query["lang"] = short
            if self.embed:
                query["embed"] = "1"
            languages.append((short, LANGUAGES[short], f"?{urlencode(query)}", short == current))
        values = {
            **self.page._common_values(),
            "address": self.address,
            "embed": self.embed,
            "languages": languages if len(languages) > 1 else [],
            "may_switch": request.httprequest.method == "GET",
            "state": booking_state.write(self.page, self.state),
            "notice": None,
            **values,
        }
        response = guard(request.render(f"prm_appointment.{template}", values, status=status))
        return self._open_frame(response)

    def _open_frame(self, response):
        """Let the websites that the practice names show the page in a frame."""
        origins = self.page._frame_origins() if self.embed else []
        if origins:
            policy = response.headers["Content-Security-Policy"]
            response.headers["Content-Security-Policy"] = policy.replace(
                "frame-ancestors 'none'", "frame-ancestors 'self' " + " ".join(origins)
            )
            response.headers.remove("X-Frame-Options")
        return response

    # ------------------------------------------------------------
    # CHOOSING: by addresses
    # ------------------------------------------------------------

    def get(self):
        if not self.kinds:
            return self.respond("page_book_closed", {})
        kind = self._chosen_kind(self.params.get("type"))
        if not kind:
            return self.choose_kind()
        staff = self.page._staff(kind)
        provider = self._chosen_provider(staff, self.params.get("provider"))
        if provider is None:
            return self.choose_provider(kind, staff)
        self.state = {"type": kind.id, "provider": provider.id}
        if self.params.get("start"):
            start, who = parse_moment(self.params["start"]), self.params.get("with")
            slot = self._slot(kind, start, who)
            if slot:
                self.state |= {
                    "start": self.params["start"], "with": slot.provider_id,
                    **booking_state.begin(),
                }  # fmt: skip
                return self.ask_who(kind, slot)
            return self.choose_slot(kind, provider, self._why_not(kind, start, who))
        return self.choose_slot(kind, provider)

    def choose_kind(self, notice=None):
        return self.respond(
            "page_book_kinds",
            {"kinds": [self.page._kind_values(kind) for kind in self.kinds], "notice": notice},
        )

    def choose_provider(self, kind, staff):
        values = {
            "kind": self.page._kind_values(kind), "staff": staff, "preparation": kind.preparation
        }  # fmt: skip
        return self.respond("page_book_staff", values)

    def choose_slot(self, kind, provider, notice=None, without=None):
        """The free times.

        :param without: (start, provider id) that has just been taken by somebody else.
        """
        found, later, is_later = self.page._free_days(
            kind, provider, self.params.get("from"), without
        )
        values = {
            "kind": self.page._kind_values(kind),
            "preparation": kind.preparation,
            "provider": provider,
            "provider_key": provider.id or "any",
            "with_text": self.env._("with %(provider)s", provider=provider.name),
            "several": len(self.page._staff(kind)) > 1,
            "days": self.page._day_values(found),
            "later": later,
            "is_later": is_later,
            "notice": notice,
            "posting": request.httprequest.method == "POST",
        }
        return self.respond("page_book_slots", values)

    def ask_who(self, kind, slot, typed=None, errors=None, notice=None):
        """The form; with what was typed, and what is wrong with it."""
        person = self.env["prm.provider"].browse(slot.provider_id)
        texts = {name: self.page._error_text(name, code) for name, code in (errors or {}).items()}
        values = {
            **self.page._visit_values(kind, person, slot),
            "typed": typed or dict.fromkeys(booking_form.FIELDS, ""),
            "errors": texts,
            "trap": TRAP,
            "texts": self._can_text(),
            "back": self.address(type=kind.id, provider=self.state.get("provider") or "any"),
            "again": self.address(
                type=kind.id,
                provider=self.state.get("provider") or "any",
                start=self.state.get("start"),
                **{"with": slot.provider_id},
            ),
            "notice": notice,
        }
        return self.respond("page_book_who", values)

    def _chosen_kind(self, text):
        wanted = _id(text)
        return self.kinds.filtered(lambda kind: kind.id == wanted)

    def _chosen_provider(self, staff, text):
        """A provider, an empty record for anyone, None when nothing was chosen yet."""
        wanted = _id(text)
        if len(staff) < 2 or text in ("any", 0):
            return staff.browse()
        return staff.filtered(lambda person: person.id == wanted) or None

    def _slot(self, kind, start, who):
        provider = self.page._staff(kind).filtered(lambda person: person.id == _id(who))
        return self.page._offered(kind, start, provider)

    def _why_not(self, kind, start, who):
        provider = self.page._staff(kind).filtered(lambda person: person.id == _id(who))
        return "taken" if self.page._was_offered(kind, start, provider) else "not_offered"

    def _can_text(self):
        return "sms" in self.env["prm.gateway"]._usable_channels(self.page.company_id)

    # ------------------------------------------------------------
    # BOOKING: by forms
    # ------------------------------------------------------------

    def post(self):
        if not self.kinds:
            return self.respond("page_book_closed", {})
        self.state = booking_state.read(self.page, self.params.get("state"))
        kind = self._chosen_kind(self.state.get("type"))
        if not kind:
            return self._too_late()
        step = self.params.get("step")
        if step == "slot" and self.params.get("from"):
            provider = self.env["prm.provider"].browse(self.state.get("provider") or ())
            return self.choose_slot(kind, provider)
        if step in ("again", "code", "book") or (step == "slot" and self.state.get("booking")):
            return self._after_sending(step, kind)
        if step == "slot":
            self._take_slot()
        slot = self._slot(kind, parse_moment(self.state.get("start")), self.state.get("with"))
        if step == "who":
            return self._read_form(kind, slot)
        if "who" not in self.state:
            return self._too_late()
        if not slot:
            return self._taken(kind)
        if step == "edit":
            typed = {key: value or "" for key, value in self.state["who"].items()}
            return self.ask_who(kind, slot, typed)
        if step == "send":
            return self._send(kind, slot)
        return self.check(kind, slot)

    def _too_late(self):
        """The page lay open too long. What was typed is not lost if the time is still free."""
        kind = self._chosen_kind(self.params.get("type"))
        start, who = parse_moment(self.params.get("start")), self.params.get("with")
        slot = self._slot(kind, start, who) if kind else None
        if not slot or self.params.get("step") != "who":
            self.state = {}
            return self.choose_kind("late")
        self.state = {
            "type": kind.id, "provider": _id(self.params.get("provider")) or 0,
            "start": self.params["start"], "with": slot.provider_id, **booking_state.begin(),
        }  # fmt: skip
        return self.ask_who(kind, slot, booking_form.as_typed(self.params), notice="late")

    def _taken(self, kind, without=None):
        """Other times, with everything that was typed kept in the form."""
        provider = self.env["prm.provider"].browse(self.state.get("provider") or ())
        return self.choose_slot(kind, provider, "taken", without)

    def _take_slot(self):
        start, _bar, who = (self.params.get("slot") or "").partition("|")
        self.state |= {"start": start[:20], "with": _id(who) or 0}

    def _read_form(self, kind, slot):
        typed = booking_form.as_typed(self.params)
        company = self.page.company_id
        person, errors = booking_form.read(
            typed,
            local_time(fields.Datetime.now(), company._prm_zone()).date(),
            company.country_id.code or None,
            self._can_text(),
            bool(self.page.privacy_url),
        )
        if self.params.get(TRAP):
            self.state["trap"] = 1
        if person:
            self.state["who"] = person.as_dict()
        if person and slot:
            return self.check(kind, slot)
        if person:
            return self._taken(kind)
        if not slot:
            # The mistakes can be mended when there is a time again: first things first.
            self.state["who"] = typed
            return self._taken(kind)
        return self.ask_who(kind, slot, typed, errors)

    def check(self, kind, slot):
        """Everything at a glance, before anything is sent."""
        person = self.env["prm.provider"].browse(slot.provider_id)
        values = {
            **self.page._visit_values(kind, person, slot),
            "preparation": kind.preparation,
            "verified": bool(self.state.get("booking")),
            "who": self.state.get("who"),
            "born": self._born(),
            "needs_approval": self.page.needs_approval or kind.needs_approval,
        }
        return self.respond("page_book_check", values)

    def _born(self):
        born = booking_form.parse_birth_date((self.state.get("who") or {}).get("birth_date") or "")
        return self.page._dates().plain_date(born) if born else ""

    def _send(self, kind, slot):
        """Note the booking and send the code."""
        typed = booking_form.as_typed(self.state["who"])
        company = self.page.company_id
        today = local_time(fields.Datetime.now(), company._prm_zone()).date()
        person, errors = booking_form.read(
            typed, today, company.country_id.code or None, self._can_text(),
            bool(self.page.privacy_url),
        )  # fmt: skip
        if errors:
            return self.ask_who(kind, slot, typed, errors)
        if booking_state.is_machine(self.state):
            channel = "email" if person.email else "sms"
            self.state |= {"machine": 1, "booking": 0}
            return self.ask_code(channel, person.email or person.mobile, None)
        bookings = self.env["prm.booking"]
        booking = bookings.search([("nonce", "=", self.state["nonce"])], limit=1)
        if not booking:
            booking = bookings._start(
                company, person, request.env.lang or "en_US", self.state["nonce"]
            )  # fmt: skip
            return self._send_code(booking, kind, slot, typed)
        self.state["booking"] = booking.id
        return self._ask_code_of(booking)

    def _send_code(self, booking, kind, slot, typed, channel=None):
        visitor = throttle.visitor_of(request.httprequest.remote_addr)
        outcome = booking._send_code(visitor, channel)
        if outcome == "sent":
            self.state["booking"] = booking.id
            return self._ask_code_of(booking)
        if outcome == "wait":
            if not booking.code_ids:
                booking._discard()
            return self._wait()
        tried = booking.code_ids.sorted("id")[-1:].channel
        blocked = "mobile" if tried == "sms" else "email"
        booking._discard()
        self.state.pop("booking", None)
        self.state |= booking_state.begin()
        return self.ask_who(kind, slot, typed, {blocked: "blocked"})

    def _wait(self):
        response = self.respond("page_book_wait", {}, status=429)
        response.headers["Retry-After"] = "3600"
        return response

    def _ask_code_of(self, booking, error=None):
        code = booking.code_ids.sorted("id")[-1:]
        channel = code.channel or "email"
        address = booking.mobile if channel == "sms" else booking.email
        other = [one for one in booking._channels() if one != channel]
        return self.ask_code(channel, address or "", other[0] if other else None, error)

    def ask_code(self, channel, address, other, error=None):
        values = self.page._code_values(channel, address, other)
        if error:
            values["error"] = self.page._code_error(error)
        return self.respond("page_book_code", {"error": None, **values})

    def _after_sending(self, step, kind):
        """A code is under way, or was right already."""
        if self.state.get("machine"):
            who = self.state["who"]
            channel = "email" if who["email"] else "sms"
            verdict = "wrong" if step == "code" else None
            return self.ask_code(channel, who["email"] or who["mobile"], None, verdict)
        booking = self.env["prm.booking"].browse(self.state.get("booking") or ()).exists()
        if not booking:
            return self._too_late()
        if booking.event_id:
            return self._done(booking, booking._book(kind, None, False))
        if step == "again":
            typed = booking_form.as_typed(self.state["who"])
            slot = self._slot(kind, parse_moment(self.state["start"]), self.state["with"])
            if not slot:
                return self._taken(kind)
            return self._send_code(booking, kind, slot, typed, self.params.get("channel"))
        if step == "code" and not booking._is_verified():
            verdict = booking._verify(self.params.get("code") or "")
            if verdict != "right":
                return self._ask_code_of(booking, verdict)
        if step == "slot":
            self._take_slot()
        if not booking._is_verified():
            return self._after_new_slot(kind, booking, step)
        return self._book(kind, booking, step)

    def _after_new_slot(self, kind, booking, step):
        """Another time was chosen before the code was typed."""
        if step == "slot":
            return self._ask_code_of(booking)
        return self._too_late()

    def _book(self, kind, booking, step):
        start = parse_moment(self.state.get("start"))
        slot = self._slot(kind, start, self.state.get("with"))
        if not slot:
            return self._taken(kind)
        if step == "slot":
            return self.check(kind, slot)
        try:
            url = booking._book(kind, slot, self.page.needs_approval)
        except SlotTaken:
            # This transaction still sees the time as free.
            return self._taken(kind, without=(start, slot.provider_id))
        return self._done(booking, url)

    def _done(self, booking, url):
        visit, path = booking.event_id, "/prm/l/" + url.rpartition("/")[2]
        kind = visit.prm_type_id
        called = booking.guardian_first if booking.whom == "child" else booking.first_name
        manage = "/prm/l/" + visit._prm_issue_link().rpartition("/")[2]
        self.state = {**self.state, "who": None}
        values = {
            **self.page._visit_values(kind, visit.prm_provider_id, visit),
            "heading": self.page._done_heading(called, visit.prm_to_approve),
            "waiting": visit.prm_to_approve,
            "preparation": kind.preparation,
            "calendar_file": f"{path}/calendar.ics",
            "manage": manage,
        }
        return self.respond("page_book_done", values)


def _id(text):
    """A positive database id, else None."""
    text = str(text or "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
