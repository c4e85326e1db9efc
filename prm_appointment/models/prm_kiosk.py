import base64
import io
import logging
import re
import secrets
from datetime import timedelta

import qrcode
from odoo import api, fields, models
from odoo.addons.prm_core.contact_hours import local_time
from odoo.tools.urls import urljoin

from .. import kiosk_entry
from .prm_booking_page_words import LANGUAGES

_logger = logging.getLogger(__name__)

_TOKEN = re.compile(r"^[\w-]{16,64}$")
TOKEN_BYTES = 24
#: Minutes after which a request counts as new in *Last seen*.
_SEEN_EVERY = timedelta(minutes=1)


class PrmKiosk(models.Model):
    """A tablet in the waiting room, on which patients say that they are here.

    Its address is the key: whoever has it can use the page, and sees no more than what a first or
    last name and a birth date open. The address stays on the tablet; a new one makes it void.
    """

    _name = "prm.kiosk"
    _description = "Check-in Kiosk"
    _order = "name, id"

    name = fields.Char(required=True, help="Such as the place where the tablet stands.")
    company_id = fields.Many2one(
        "res.company",
        string="Practice",
        required=True,
        index=True,
        ondelete="cascade",
        default=lambda self: self.env.company,
    )
    active = fields.Boolean(default=True, help="The page of an archived kiosk doesn't work.")
    lang_ids = fields.Many2many(
        "res.lang",
        string="Languages",
        help="What people can choose at the kiosk. Empty: all that patients' pages speak.",
    )
    waiting_text = fields.Char(
        string="Where to wait",
        translate=True,
        help="What is said after the check-in. Empty: “Please take a seat.”",
    )
    token = fields.Char(
        default=lambda self: self._new_token(),
        required=True,
        readonly=True,
        copy=False,
        groups="prm_core.group_prm_manager",
    )
    url = fields.Char(string="Address", compute="_compute_url", groups="prm_core.group_prm_manager")
    qr_code = fields.Binary(
        string="To scan with the tablet",
        compute="_compute_url",
        groups="prm_core.group_prm_manager",
    )
    last_seen_at = fields.Datetime(
        string="Last seen", readonly=True, copy=False, help="When it last asked for a page."
    )

    _token_uniq = models.UniqueIndex("(token)")

    @api.model
    def _new_token(self):
        return secrets.token_urlsafe(TOKEN_BYTES)

    @api.depends("token")
    def _compute_url(self):
        for kiosk in self:
            kiosk.url = urljoin(kiosk.get_base_url(), f"/prm/kiosk/{kiosk.token}")
            picture = io.BytesIO()
            qrcode.make(kiosk.url, box_size=6).save(picture, format="PNG")
            kiosk.qr_code = base64.b64encode(picture.getvalue())

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_new_address(self):
        """Another address; the one before doesn't work from now on."""
        for kiosk in self:
            kiosk.token = self._new_token()
        self.env["prm.kiosk.turn"].sudo().search([("kiosk_id", "in", self.ids)]).unlink()

    def action_open_page(self):
        """Look at the page as patients see it."""
        self.ensure_one()
        return {"type": "ir.actions.act_url", "url": self.url, "target": "new"}

    # ------------------------------------------------------------
    # THE PAGE
    # ------------------------------------------------------------

    @api.model
    def _find(self, token):
        """The kiosk of an address, for everybody; empty when there is none."""
        kiosk = self.sudo()
        if _TOKEN.match(token):
            kiosk = kiosk.search([("token", "=", token)], limit=1)
        return kiosk.with_company(kiosk.company_id) if kiosk else self.browse()

    def _note_seen(self):
        now = fields.Datetime.now()
        if not self.last_seen_at or self.last_seen_at + _SEEN_EVERY < now:
            self.last_seen_at = now

    def _languages(self):
        """The languages that can be chosen: ``{two letters: code of Odoo}``, the usual one first.

        One of several variants is enough; the practice's own is in front.
        """
        installed = self.lang_ids.filtered("active").mapped("code")
        if not installed:
            installed = [code for code, _name in self.env["res.lang"].get_installed()]
        usual = self.company_id.partner_id.lang
        installed.sort(key=lambda code: code != usual)
        found = {}
        for short in (usual or "")[:2], *LANGUAGES:
            match = [code for code in installed if code[:2] == short and short in LANGUAGES]
            if match:
                found[short] = match[0]
        return found or {"en": "en_US"}

    # ------------------------------------------------------------
    # WHO IT IS
    # ------------------------------------------------------------

    def _today(self):
        """The day on the practice's calendar."""
        return local_time(fields.Datetime.now(), self.company_id._prm_zone()).date()

    def _identify(self, typed):
        """Begin somebody's turn with what they typed.

        Whoever isn't found, or isn't the only one, or has no visit today, gets the same answer by
        the same road.

        :param typed: see `kiosk_entry.as_typed`.
        :return: the code of the next page, None when too much was tried.
        """
        turns = self.env["prm.kiosk.turn"]
        if not turns._may_try(self):
            return None
        born, errors = kiosk_entry.read(typed, self._today())
        if errors:
            return turns._begin(self, "who", {"typed": typed, "errors": errors})
        patient = self._find_person(typed["name"], born)
        visits = self.env["calendar.event"]._prm_of_today(self.company_id, patient)
        verdict, ids = kiosk_entry.judge(
            visits._prm_as_kiosk_visits() if patient else [], fields.Datetime.now()
        )
        if verdict == kiosk_entry.DESK:
            # Without the name: what was typed may be anybody's.
            _logger.info("Kiosk %s: an entry opened no visit of today", self.id)
            return turns._begin(self, "desk", {}, failed=True)
        return turns._begin(self, "visit", {"verdict": verdict, "visits": ids}, patient)

    def _find_person(self, name, born):
        """The one patient of the practice whom a name and a birth date fit, else none."""
        patients = self.env["prm.patient"].search(
            [
                ("company_id", "=", self.company_id.id),
                ("birth_date", "=", born),
                ("status", "!=", "deceased"),
            ]
        )
        fitting = patients.filtered(
            lambda one: kiosk_entry.name_fits(
                name, one.first_name, one.last_name, one.preferred_name
            )
        )
        return fitting if len(fitting) == 1 else fitting.browse()
