from urllib.parse import urlencode

from odoo import http
from odoo.addons.prm_core.controllers.patient_link import guard
from odoo.addons.prm_core.controllers.throttled import throttled
from odoo.http import request

from .. import kiosk_entry

#: Pages a minute for one address: a check-in takes six.
PER_MINUTE = 120


class Kiosk(http.Controller):
    """The page of a tablet in the waiting room. No log-in, no cookie: the address is the key.

    What is posted is answered by leading on to another page, whose code shows it once: nothing of
    a person stands in an address, and going back shows nothing of who was here before.
    """

    # The address can't be guessed, so another site can't post in anybody's name.
    @http.route(
        "/prm/kiosk/<string:token>", type="http", auth="public", methods=["GET", "POST"],
        csrf=False, save_session=False, sitemap=False,
    )  # fmt: skip
    @throttled("kiosk", PER_MINUTE)
    def open(self, token, **params):
        kiosk = request.env["prm.kiosk"]._find(token)
        if not kiosk:
            return guard(request.render("prm_appointment.page_kiosk_unknown", {
                "practice": request.env["res.company"],
            }, status=404))  # fmt: skip
        kiosk._note_seen()
        guest = _Guest(kiosk, token, params)
        return guest.post() if request.httprequest.method == "POST" else guest.get()


class _Guest:
    """One request at a kiosk."""

    def __init__(self, kiosk, token, params):
        self.token, self.params = token, params
        self.languages = kiosk._languages()
        self.turns = request.env["prm.kiosk.turn"].sudo()
        self.speak(kiosk, self.languages.get(str(params.get("lang") or "")[:2]))

    def speak(self, kiosk, lang):
        """Go on in a language; without one in that of the practice."""
        request.update_context(lang=lang or next(iter(self.languages.values())))
        self.kiosk = kiosk.with_context(lang=request.env.lang)
        self.turns = self.turns.with_context(lang=request.env.lang)

    def address(self, **query):
        """The kiosk's address, in the language that is spoken."""
        query = {name: value for name, value in query.items() if value}
        path = f"/prm/kiosk/{self.token}"
        return f"{path}?{urlencode(query)}" if query else path

    def respond(self, template, values, status=200):
        values = {
            "kiosk": self.kiosk,
            "practice": self.kiosk.company_id,
            "address": self.address,
            "lang_code": request.env.lang[:2],
            **values,
        }
        return guard(request.render(f"prm_appointment.{template}", values, status=status))

    def lead_on(self, code=None):
        """To the page of a code; without one to the start, where nobody is anybody."""
        return guard(request.redirect(self.address(at=code), code=303))

    # ------------------------------------------------------------
    # LOOKING
    # ------------------------------------------------------------

    def get(self):
        if self.params.get("at"):
            return self.show()
        if self.params.get("do") == "who":
            typed = dict.fromkeys(("name", "day", "month", "year"), "")
            return self.respond("page_kiosk_who", self.kiosk._who_values(typed, {}))
        self.turns._forget_over(self.kiosk)
        return self.respond("page_kiosk_start", self.kiosk._start_values(self.languages))

    def show(self):
        turn = self.turns._show(self.kiosk, self.params["at"])
        if not turn:
            return self.lead_on()
        self.speak(self.kiosk, turn.lang)
        turn = turn.with_context(lang=request.env.lang).with_company(turn.company_id)
        values = self.kiosk._turn_values(turn)
        return self.respond(f"page_kiosk_{turn.step}", {**values, "at": self.params["at"]})

    # ------------------------------------------------------------
    # DOING
    # ------------------------------------------------------------

    def post(self):
        if self.params.get("do") == "find":
            code = self.kiosk._identify(kiosk_entry.as_typed(self.params))
            return self.lead_on(code) if code else self.wait()
        turn, again = self.turns._find(self.kiosk, self.params.get("at"))
        if not turn.patient_id:
            return self.lead_on()
        if again:
            return self.lead_on(turn._repeat())
        self.speak(self.kiosk, turn.lang)
        turn = turn.with_context(lang=request.env.lang).with_company(turn.company_id)
        return self.lead_on(self.do(turn))

    def do(self, turn):
        """Do what the button says.

        :return: the code of the next page; None for the start.
        """
        step = (turn.step, self.params.get("do"))
        if step == ("visit", "here"):
            return turn._check_in()
        if step == ("here", "change") and turn._may_propose():
            return turn._go("change", typed={}, errors={})
        if step == ("change", "propose"):
            return turn._propose(self.params)
        turn.unlink()
        return None

    def wait(self):
        response = self.respond("page_kiosk_wait", {"seconds": 60}, status=429)
        response.headers["Retry-After"] = "60"
        return response
