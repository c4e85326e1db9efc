from datetime import timedelta

from odoo import fields, models

from ... import preferences

PAGE = "prm_core.page_preferences"
NOT_ME = "wrong_person"


class PrmLink(models.Model):
    """The link's action ``preferences``: what the patient gets, by which way, when.

    An ``unsubscribe`` link opens the same page with ``choose`` in its address: who would stop
    everything may only want less.
    """

    _inherit = "prm.link"

    def _page_preferences(self, params):
        """The form as it stands, or the question whether we have the wrong person."""
        self.ensure_one()
        if self._is_wrong_person():
            return "prm_core.page_wrong_person_done", {}
        if params.get(NOT_ME):
            return "prm_core.page_wrong_person", self._prepare_wrong_person()
        offer = self.patient_id._preference_offer()
        return PAGE, self._prepare_preferences(offer=offer, form=preferences.form_of(offer))

    def _post_preferences(self, params):
        """Save the form, or note that the message reached somebody else."""
        self.ensure_one()
        if self._is_wrong_person():
            return "prm_core.page_wrong_person_done", {}
        if params.get(NOT_ME):
            self._note_wrong_person()
            return "prm_core.page_wrong_person_done", {}
        answer = self.patient_id._answer_preferences(params, link=self)
        lang = answer["changes"].values.get("lang", self.env.lang)
        page = self.with_context(lang=lang)
        return PAGE, {**page._prepare_preferences(**answer), "lang": lang}

    def _page_unsubscribe(self, params):
        if params.get("choose"):
            return self._page_preferences(params)
        return super()._page_unsubscribe(params)

    def _post_unsubscribe(self, params):
        if params.get("choose"):
            return self._post_preferences(params)
        return super()._post_unsubscribe(params)

    def _prepare_preferences(self, **answer):
        # An unsubscribe link has two pages; the form says which one it belongs to.
        hidden = {"choose": "1"} if self.action == "unsubscribe" else {}
        return {
            **self.patient_id.with_context(lang=self.env.lang)._prepare_preference_page(**answer),
            "hidden": hidden,
            "not_me": "?wrong_person=1" + ("&choose=1" if hidden else ""),
        }

    # ------------------------------------------------------------
    # SOMEBODY ELSE
    # ------------------------------------------------------------

    def _prepare_wrong_person(self):
        reached = self._reached_address()
        channel = self.patient_id._channel_words(reached[0]) if reached else ""
        hidden = {NOT_ME: "1"}
        if self.action == "unsubscribe":
            hidden["choose"] = "1"
        return {"channel": channel, "hidden": hidden}

    def _is_wrong_person(self):
        """Whether somebody else said so on this link: then nothing of the patient is shown."""
        return bool((self.payload or {}).get(NOT_ME))

    def _reached_address(self):
        """Where the message went that brought the link: (channel code, address), or None."""
        payload = self.payload or {}
        message = self.message_id
        if not message and payload.get("message"):
            message = self.env["prm.message"].browse(payload["message"]).exists()
        if not message.address or not message.channel_id:
            return None
        return message.channel_id.code, message.address

    def _note_wrong_person(self):
        """Somebody else reads this: nothing more goes there, and the front desk looks into it."""
        self.lock_for_update()
        if self._is_wrong_person():
            return
        now = fields.Datetime.now()
        reached = self._reached_address()
        if reached:
            self.env["prm.address.block"]._block(self.company_id, *reached, "wrong_person")
        self._close_other_links(reached)
        self.write(
            {
                "payload": {**(self.payload or {}), NOT_ME: True},
                "opened_at": self.opened_at or now,
                "acted_at": now,
            }
        )
        desk = self.patient_id._in_practice_language()
        channel = desk._channel_words(reached[0]) if reached else ""
        self.env["prm.event"].emit(
            "wrong_person", [{"patient": self.patient_id, "payload": {"channel": channel}}]
        )
        desk._ask_front_desk(
            "mail.mail_activity_data_todo",
            desk.env._("Wrong address?"),
            desk.env._(
                "Somebody who opened a link of this patient (%(channel)s) says: “I am not this "
                "person.” Nothing more goes to that address. Please ask the patient for the right "
                "one and enter it.",
                channel=channel,
            )
            if reached
            else desk.env._(
                "Somebody who opened a link of this patient says: “I am not this person.” Nobody "
                "knows to which address the link went. Please ask the patient which are right."
            ),
        )

    def _close_other_links(self, reached):
        """End the patient's other links that lie with the stranger, or may lie there."""
        others = self.search(
            [
                ("patient_id", "=", self.patient_id.id),
                ("id", "!=", self.id),
                ("expires_at", ">", fields.Datetime.now()),
            ]
        )
        theirs = others.filtered(
            lambda link: not reached or link._reached_address() in (None, reached)
        )
        theirs.expires_at = fields.Datetime.now() - timedelta(seconds=1)
