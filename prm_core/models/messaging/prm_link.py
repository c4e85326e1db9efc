import hashlib
import secrets
from datetime import timedelta

from odoo import api, fields, models
from odoo.tools.urls import urljoin

from ... import templating
from ...bulk import insert

TOKEN_BYTES = 24
DEFAULT_DAYS = 60

#: Actions whose link every template may hold as ``link.<action>``, whoever sends it.
EVERYWHERE = ("preferences",)

templating.register_variables(
    templating.Variable(
        "link.preferences",
        "Page on which patients choose what they get, and how",
        "https://aurora.example/prm/l/p4LkXw8ZrYd3NfHa7JmCe5GuKsTq2Vb9",
    )
)


class PrmLink(models.Model):
    """A signed link: lets one patient do one thing about one record, without an account.

    The token is random and stored only as a hash, so that a copy of the database opens nothing. A
    GET never changes anything, because mail scanners open links.

    An add-on that brings an action ``x`` inherits this model and implements ``_page_x(params)`` and
    ``_post_x(params)``; both return the external id of a page and its values.
    """

    _name = "prm.link"
    _description = "Signed Link"
    _order = "id desc"
    _rec_name = "action"

    token_hash = fields.Char(required=True, groups="base.group_system")
    action = fields.Char(required=True)
    patient_id = fields.Many2one("prm.patient", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="patient_id.company_id", store=True, precompute=True)
    message_id = fields.Many2one("prm.message", index="btree_not_null", ondelete="set null")
    res_model = fields.Char()
    res_id = fields.Many2oneReference(model_field="res_model")
    payload = fields.Json()
    expires_at = fields.Datetime(required=True)
    opened_at = fields.Datetime(help="First time that a person acted on the page.")
    acted_at = fields.Datetime()

    _token_uniq = models.UniqueIndex("(token_hash)")

    @api.model
    def _hash(self, token):
        return hashlib.sha256(token.encode()).hexdigest()

    @api.model
    def _issue_many(self, wishes):
        """Make links in bulk.

        :param wishes: dicts with ``action``, ``patient`` and optionally ``record``, ``payload``
            and ``days`` (until it expires).
        :return: list of (link, address) in the same order.
        """
        now = fields.Datetime.now()
        tokens, vals_list = [], []
        for wish in wishes:
            token = secrets.token_urlsafe(TOKEN_BYTES)
            record = wish.get("record")
            tokens.append(token)
            vals_list.append(
                {
                    "token_hash": self._hash(token),
                    "action": wish["action"],
                    "patient_id": wish["patient"].id,
                    "company_id": wish["patient"].company_id.id,
                    "res_model": record._name if record else False,
                    "res_id": record.id if record else False,
                    "payload": wish.get("payload") or False,
                    "expires_at": now + timedelta(days=wish.get("days", DEFAULT_DAYS)),
                }
            )
        links = insert(self.sudo(), vals_list)
        head = self._url("-").removesuffix("-")
        return [(link, head + token) for link, token in zip(links, tokens, strict=True)]

    @api.model
    def _issue(self, action, patient, record=None, payload=None, days=DEFAULT_DAYS):
        """Make one link; see `_issue_many`."""
        wish = {"action": action, "patient": patient, "record": record, "payload": payload}
        return self._issue_many([{**wish, "days": days}])[0]

    @api.model
    def _example_urls(self, *actions):
        """Values of ``link.…`` for a preview: addresses that lead nowhere."""
        return {f"link.{action}": self._url("…") for action in (*EVERYWHERE, *actions)}

    @api.model
    def _url(self, token):
        return urljoin(self.get_base_url(), f"/prm/l/{token}")

    @api.model
    def _find(self, token):
        """The link of a token, expired or not; empty when there is none."""
        return self.sudo().search([("token_hash", "=", self._hash(token))], limit=1)

    def _is_expired(self):
        self.ensure_one()
        return self.expires_at < fields.Datetime.now()

    def _record(self):
        """What the link is about; empty when it is gone."""
        self.ensure_one()
        if not self.res_model or self.res_model not in self.env:
            return None
        return self.env[self.res_model].browse(self.res_id).exists()

    def _page(self, params):
        """The page of the link's action: (external id of a template, values)."""
        return getattr(self, f"_page_{self.action}")(params)

    def _post(self, params):
        """Do what the person asks for, and return the page that says so."""
        return getattr(self, f"_post_{self.action}")(params)

    def _acted(self, record=None, event="link_acted", payload=None):
        """The patient did it: the message is acted on, and the timeline says so.

        A message is acted on by the link that it was sent for, and not by one that it also carries.

        :param event: code of the event's type; :param payload: its plain values.
        """
        self.ensure_one()
        now = fields.Datetime.now()
        self.write({"acted_at": now, "opened_at": self.opened_at or now})
        if self.message_id.link_id == self:
            self.message_id._mark_acted()
        entry = {
            "patient": self.patient_id,
            "company_id": self.company_id.id,
            "record": record,
            "payload": payload,
        }
        self.env["prm.event"].emit(event, [entry])
