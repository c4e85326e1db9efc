import re
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from markupsafe import Markup
from odoo import api, fields, models
from odoo.addons.prm_core.contact_hours import local_time, start_of_day
from odoo.exceptions import ValidationError
from odoo.tools.urls import urljoin

from ..slots import Slot
from .prm_link import MOMENT, WINDOW_DAYS

_SLUG = re.compile(r"^[a-z0-9]+(-[a-z0-9]+)*$")
MAX_SLUG = 60


class PrmBookingPage(models.Model):
    """The page on which anybody books a visit with a practice, and how the practice wants it."""

    _name = "prm.booking.page"
    _description = "Online Booking Page"
    _rec_name = "company_id"

    company_id = fields.Many2one(
        "res.company",
        string="Practice",
        required=True,
        readonly=True,
        ondelete="cascade",
        default=lambda self: self.env.company,
    )
    online = fields.Boolean(
        string="Patients can book",
        help="When off, the page asks people to call.",
    )
    slug = fields.Char(
        string="Address",
        required=True,
        default=lambda self: self._free_slug(self.env.company),
        help="The end of the page's address: small letters, digits and hyphens.",
    )
    greeting = fields.Text(
        translate=True, help="One or two sentences above the kinds of visit. Empty: none."
    )
    needs_approval = fields.Boolean(
        string="The front desk approves every booking",
        help="Otherwise only kinds of visit that ask for it. A visit that waits keeps its time.",
    )
    privacy_url = fields.Char(
        string="Privacy Notice",
        help="Address of your notice. People accept it before they book; empty: not asked.",
    )
    origins = fields.Text(
        string="Websites that show the page",
        help="One address a line, such as https://www.aurora.example. No other site can frame it.",
    )
    url = fields.Char(string="Link to the page", compute="_compute_url")
    snippet = fields.Text(string="For your website", compute="_compute_url")
    kind_count = fields.Integer(compute="_compute_kind_count")

    _company_uniq = models.Constraint("unique(company_id)", "The practice has its page already.")
    _slug_uniq = models.Constraint(
        "unique(slug)", "Another practice uses this address. Choose another one."
    )

    @api.depends("slug")
    def _compute_url(self):
        for page in self:
            page.url = urljoin(page.get_base_url(), f"/prm/book/{page.slug or ''}")
            page.snippet = Markup(
                '<iframe src="{}?embed=1" title="{}" width="100%" height="720" '
                'style="border: 0; max-width: 620px"></iframe>'
            ).format(page.url, self.env._("Book a visit"))

    @api.depends("company_id")
    def _compute_kind_count(self):
        for page in self:
            page.kind_count = len(page._kinds())

    @api.constrains("slug")
    def _check_slug(self):
        for page in self:
            if not _SLUG.match(page.slug) or len(page.slug) > MAX_SLUG:
                raise ValidationError(
                    self.env._(
                        "The address “%s” can't be used: take small letters, digits and single"
                        " hyphens, such as “practice-aurora”.",
                        page.slug,
                    )
                )

    @api.constrains("privacy_url")
    def _check_privacy_url(self):
        for page in self.filtered("privacy_url"):
            parts = urlsplit(page.privacy_url)
            if parts.scheme not in ("http", "https") or not parts.netloc:
                raise ValidationError(
                    self.env._("The privacy notice needs a whole address, with https:// in front.")
                )

    @api.constrains("origins")
    def _check_origins(self):
        for page in self:
            for line in (page.origins or "").split():
                if not _origin(line):
                    raise ValidationError(
                        self.env._(
                            "“%s” is no address of a website. Write one a line, such as"
                            " https://www.aurora.example",
                            line,
                        )
                    )

    @api.model
    def _free_slug(self, company):
        """An address made of the practice's name that nobody has."""
        base = self.env["ir.http"]._slugify(company.name or "", max_length=MAX_SLUG - 6)
        base = re.sub(r"[^a-z0-9]+", "-", base.lower()).strip("-") or "practice"
        taken = set(self.sudo().search([("slug", "=like", f"{base}%")]).mapped("slug"))
        slug, number = base, 2
        while slug in taken:
            slug, number = f"{base}-{number}", number + 1
        return slug

    @api.model
    def action_open_page(self):
        """The settings of the practice that is chosen; made at the first time."""
        page = self.search([("company_id", "=", self.env.company.id)], limit=1)
        page = page or self.create({"company_id": self.env.company.id})
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Online Booking"),
            "res_model": self._name,
            "res_id": page.id,
            "views": [(False, "form")],
        }

    def action_visit(self):
        """Look at the page as patients see it."""
        self.ensure_one()
        return {"type": "ir.actions.act_url", "url": self.url, "target": "new"}

    # ------------------------------------------------------------
    # WHAT IS OFFERED
    # ------------------------------------------------------------

    @api.model
    def _find(self, slug):
        """The page of an address, for everybody; empty when there is none."""
        page = self.sudo()
        if _SLUG.match(slug):
            page = page.search([("slug", "=", slug)], limit=1)
        return page.with_company(page.company_id) if page else page

    def _kinds(self):
        """The kinds of visit that people book here themselves."""
        self.ensure_one()
        return self.env["prm.appointment.type"].search(
            [("company_id", "=", self.company_id.id), ("online", "=", True)]
        )

    def _staff(self, kind):
        """Who does a kind of visit."""
        who = kind.provider_ids.filtered("active")
        if not kind.provider_ids:
            who = who.search([("company_id", "=", self.company_id.id)])
        return who.sorted(lambda person: (person.sequence, person.name or ""))

    def _span(self, kind):
        """From when to when somebody may book now."""
        now = fields.Datetime.now()
        return now + timedelta(minutes=kind.min_notice), now + timedelta(days=kind.max_ahead)

    def _free_days(self, kind, provider=None, day=None, without=None):
        """Free times of about two weeks, or the first that there are after them.

        :param provider: a `prm.provider`; none: anyone who does it.
        :param day: a date to begin with, as ISO text.
        :param without: (start, provider id) that is not to be offered.
        :return: (list of `Slot`, one for each start; the day after them as ISO text or None;
            whether times before them were left out)
        """
        zone = self.company_id._prm_zone()
        earliest, horizon = self._span(kind)
        start = min(max(_parse_day(day, zone) or earliest, earliest), horizon)
        stop = min(_window_end(start, zone), horizon)
        search = kind._search_slots(start, stop, provider or None)
        found = search.one_each(start, stop, without)
        if not found and stop < horizon:
            # Nothing soon: the first days that there are, wherever they lie.
            search = kind._search_slots(stop, horizon, provider or None)
            first = search.first_start(stop, horizon, without)
            if first:
                begin, stop = stop, min(_window_end(first, zone), horizon)
                found = search.one_each(begin, stop, without)
        later = found and stop < horizon
        return (
            found,
            local_time(stop, zone).strftime("%Y-%m-%d") if later else None,
            start > earliest,
        )

    def _offered(self, kind, start, provider):
        """The free slot of a kind of visit at a moment with a provider, else None."""
        earliest, horizon = self._span(kind)
        if not start or not provider or not earliest <= start <= horizon:
            return None
        found = kind._free_slots(start, start + kind._length_with(provider), provider)
        return next((slot for slot in found if slot.start == start), None)

    def _was_offered(self, kind, start, provider):
        """Whether it would be on offer if nobody had booked anything."""
        earliest, horizon = self._span(kind)
        if not start or not provider or not earliest <= start <= horizon:
            return False
        return kind._is_regular(Slot(start, start + kind._length_with(provider), provider.id))

    # ------------------------------------------------------------
    # FRAMES
    # ------------------------------------------------------------

    def _frame_origins(self):
        """Origins of the websites that may show the page in a frame."""
        return [_origin(line) for line in (self.origins or "").split() if _origin(line)]


def _origin(line):
    """Scheme, host and port of a website's address, None when it is none."""
    try:
        parts = urlsplit(line)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return None
    host = parts.hostname or ""
    if parts.scheme not in ("http", "https") or parts.username or parts.path not in ("", "/"):
        return None
    if parts.query or parts.fragment or not re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)*", host):
        return None
    return f"{parts.scheme}://{host}{port}"


def parse_moment(text):
    """A moment of an address (naive UTC), else None."""
    try:
        return datetime.strptime(text or "", MOMENT)
    except (ValueError, TypeError):
        return None


def _parse_day(text, zone):
    try:
        return start_of_day(datetime.strptime(text or "", "%Y-%m-%d").date(), zone)
    except (ValueError, OverflowError):
        return None


def _window_end(moment, zone):
    """The end of a page that begins at a moment: whole days on the practice's clock."""
    return start_of_day(local_time(moment, zone).date() + timedelta(days=WINDOW_DAYS), zone)
