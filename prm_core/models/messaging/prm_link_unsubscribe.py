from odoo import api, models

#: Version of the words on the page, kept with every answer that is given there.
WORDING = "unsubscribe-2026-11"

#: An e-mail may be opened, and its button pressed, long after it came.
UNSUBSCRIBE_DAYS = 365


class PrmLink(models.Model):
    """The link's action ``unsubscribe``: no more messages of one purpose by one channel.

    The payload names both: ``{"purpose": code, "channel": code}``. Its address is ``/prm/u/…``, at
    which a mail program may also post by itself (RFC 8058).
    """

    _inherit = "prm.link"

    @api.model
    def _unsubscribe_wish(self, patient, purpose_code, channel_code, message=None):
        """What `_issue_many` needs for the unsubscribe link of a message.

        The message is only named in the payload: to stop it is not what it asks the patient to do.
        """
        payload = {"purpose": purpose_code, "channel": channel_code}
        if message:
            payload["message"] = message.id
        return {
            "action": "unsubscribe",
            "patient": patient,
            "payload": payload,
            "days": UNSUBSCRIBE_DAYS,
        }

    @api.model
    def _unsubscribe_url(self, url):
        """The one-click address of a link that `_issue_many` made."""
        head, _path, token = url.rpartition("/prm/l/")
        return f"{head}/prm/u/{token}"

    def _page_unsubscribe(self, _params):
        """Asks whether to unsubscribe, or says that it is done."""
        self.ensure_one()
        return "prm_core.page_unsubscribe", {"done": self._is_unsubscribed()}

    def _post_unsubscribe(self, _params):
        self.ensure_one()
        self._unsubscribe()
        return "prm_core.page_unsubscribe", {"done": True}

    def _unsubscribe(self):
        """Withdraw the permission; nothing happens when it is withdrawn already."""
        self.ensure_one()
        # One at a time: a mail program and a person may press at the same moment.
        self.lock_for_update()
        if self._is_unsubscribed():
            return
        purpose, channel = self._unsubscribe_subject()
        if not purpose or not channel:
            return
        self.env["prm.consent"].create(
            {
                "patient_id": self.patient_id.id,
                "purpose_id": purpose.id,
                "channel_id": channel.id,
                "state": "withdrawn",
                "source": "portal",
                "wording": WORDING,
                "lang": self.env.lang,
                "link_id": self.id,
            }
        )
        self._acted()

    def _is_unsubscribed(self):
        """Whether the patient is already without this purpose on this channel."""
        purpose, channel = self._unsubscribe_subject()
        current = self.env["prm.consent"]._current(self.patient_id, purpose) if purpose else {}
        state = current.get((self.patient_id.id, purpose.id, channel.id))
        return state in ("refused", "withdrawn")

    def _unsubscribe_subject(self):
        """The purpose and the channel of the link; empty when there is none such any more."""
        payload = self.payload or {}
        return (
            self.env["prm.purpose"].search([("code", "=", payload.get("purpose"))], limit=1),
            self.env["prm.channel"].search([("code", "=", payload.get("channel"))], limit=1),
        )
