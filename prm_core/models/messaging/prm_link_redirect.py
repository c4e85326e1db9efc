import re
from datetime import timedelta
from urllib.parse import urlsplit

from odoo import api, fields, models
from odoo.tools.urls import urljoin

from ...reading import is_person

#: An address of the web in a text; what ends a sentence does not belong to it.
_ADDRESS = re.compile(r"https?://[^\s<>\"']+[^\s<>\"'.,;:!?)\]]")
REDIRECT_DAYS = 180
#: Channels on which a person can follow an address.
LINKED_CHANNELS = ("email", "sms", "whatsapp", "portal")


class PrmLink(models.Model):
    """The link's action ``redirect``: an address elsewhere, by way of the practice's own server.

    So the practice knows that somebody went there, without another company learning of it. The
    payload holds the address: ``{"url": …}``. Nobody can make one lead somewhere else.
    """

    _inherit = "prm.link"

    @api.model
    def _redirect_wish(self, patient, url):
        """What `_issue_many` needs for one address."""
        return {
            "action": "redirect",
            "patient": patient,
            "payload": {"url": url},
            "days": REDIRECT_DAYS,
        }

    @api.model
    def _foreign_addresses(self, text):
        """The web addresses in a text that are not the practice's own server, each once."""
        found = dict.fromkeys(_ADDRESS.findall(text or ""))
        if not found:
            return []
        own = urlsplit(self.get_base_url()).netloc
        return [url for url in found if urlsplit(url).netloc != own]

    @api.model
    def _redirect_url(self, url):
        """The address of a link that `_issue_many` made."""
        return urljoin(self.get_base_url(), "/prm/r/" + url.rpartition("/")[2])

    def _target(self):
        """Where a redirect leads, or None."""
        self.ensure_one()
        url = (self.payload or {}).get("url") or ""
        return url if self.action == "redirect" and _ADDRESS.fullmatch(url) else None

    def _note_reading(self, method, headers):
        """A page was asked for: the message was read, when a person asked.

        This moves nothing but the message's own state, and no patient's wish hangs on it.
        """
        message = self.message_id
        if not message:
            return
        sent = message.sent_at
        seconds = (fields.Datetime.now() - sent) / timedelta(seconds=1) if sent else None
        if is_person(method, headers, seconds):
            message._advance("read")


class PrmMessage(models.Model):
    _inherit = "prm.message"

    @api.model
    def _track_addresses(self, vals_list, requests, links):
        """Lead addresses elsewhere through signed redirects, in texts that are to go out.

        Letters and calls are left as they are: nobody types a signed address.

        :param links: as `_issue_links` gives them; the new ones are added.
        """
        issuer = self.env["prm.link"]
        places, wishes = [], []
        by_code = self.env["prm.channel"]._ids_by_code()
        linked = {by_code[code] for code in LINKED_CHANNELS if code in by_code}
        for index, (vals, request) in enumerate(zip(vals_list, requests, strict=True)):
            if vals["state"] == "queued" and vals["channel_id"] in linked:
                for url in issuer._foreign_addresses(vals["body"]):
                    places.append((index, url))
                    wishes.append(issuer._redirect_wish(request.patient, url))
        for (index, url), (link, signed) in zip(places, issuer._issue_many(wishes), strict=True):
            vals, to = vals_list[index], issuer._redirect_url(signed)
            # An address may begin another one: only where it ends is it meant.
            whole = re.compile(re.escape(url) + r"(?![\w/?=&#%+-]|[.:,;]\w)")
            vals["body"] = whole.sub(lambda _match, to=to: to, vals["body"])
            links.setdefault(index, {})[f"redirect {link.id}"] = (link, to)
