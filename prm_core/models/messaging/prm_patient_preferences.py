from odoo import api, fields, models
from odoo.exceptions import UserError

from ... import policy, preferences
from ...contact_hours import DAY, Window, local_time
from ...outbox import Request

#: Version of the words on the page, kept with every answer that is given there.
WORDING = "preferences-2026-11"

#: First letters of the languages in which patients' pages and texts ship.
LANGUAGES = ("en", "it", "es", "de", "zh_CN")

TEMPLATE = "library_preferences"


class PrmPatient(models.Model):
    """The preference centre: what a patient may choose about messages, and how it is kept.

    What the page shows comes from the gate's own facts, so it can't promise anything else than what
    the gate will do.
    """

    _inherit = "prm.patient"

    # ------------------------------------------------------------
    # WHAT THERE IS TO CHOOSE
    # ------------------------------------------------------------

    def _preference_offer(self):
        """What the patient can choose, and how it stands.

        :rtype: preferences.Offer
        """
        self.ensure_one()
        purposes = self.env["prm.purpose"].sudo().search_fetch([], ["code", "pausable"])
        all_facts = self.env["prm.message"]._gather_facts(
            [Request(self, purpose.code, None) for purpose in purposes]
        )
        by_purpose = list(zip(purposes, all_facts, strict=True))
        channels = self._reaching_channels(all_facts[0]) if all_facts else ()
        today = local_time(fields.Datetime.now(), self._zone()).date()
        paused = self.contact_paused_until
        return preferences.Offer(
            channels=channels,
            order=tuple(all_facts[0].order) if all_facts else (),
            topics=tuple(self._topic(purpose, facts, channels) for purpose, facts in by_purpose),
            languages=tuple(self._preference_languages()),
            lang=self.lang or self.env.lang or "en_US",
            hours=(round(self.contact_from * 60), round(self.contact_to * 60)),
            open_hours=self._open_hours(all_facts, channels),
            paused_until=paused if paused and paused > today else None,
            today=today,
        )

    @api.model
    def _reaching_channels(self, facts):
        """Channels that the practice has and that lead to the patient, in the patient's order."""
        return tuple(
            code
            for code in policy.ordered_channels(facts)
            if facts.addresses.get(code) and code not in facts.blocked
        )

    @api.model
    def _topic(self, purpose, facts, channels):
        return preferences.Topic(
            code=purpose.code,
            fixed=not purpose.pausable,
            allowed={
                code: policy.channel_reason(facts, code) not in ("refused", "no_permission")
                for code in channels
            },
            words=dict(facts.permissions),
        )

    def _open_hours(self, all_facts, channels):
        """The hours, in minutes, in which every purpose may be written about by every channel."""
        window = Window()
        for facts in all_facts:
            # The patient's own wish comes last, and is what the page asks for.
            hours = facts.hours[:-1] if self.contact_to else facts.hours
            for item in hours:
                if item.channel is None or item.channel in channels:
                    window &= item.window
        return (0, DAY) if window.is_empty else (window.start, window.stop)

    @api.model
    def _preference_languages(self):
        """``{code: its own name}`` of the installed languages in which patients are written to."""
        return {
            code: name.split("/")[-1].strip()
            for code, name in self.env["res.lang"].get_installed()
            if code.startswith(LANGUAGES)
        }

    # ------------------------------------------------------------
    # WHAT WAS CHOSEN
    # ------------------------------------------------------------

    def _answer_preferences(self, params, link=None):
        """Take what a patient sent.

        :param params: field names to texts; :param link: the `prm.link` that it came by, if any.
        :return: dict with ``offer`` and ``form`` to show, ``errors`` and ``changes``.
        """
        # One at a time: two quick touches of a button are one answer.
        self.lock_for_update()
        offer = self._preference_offer()
        form = preferences.read(offer, params)
        changes, errors = preferences.judge(offer, form)
        if changes:
            self._save_preferences(changes, link)
            offer = self._preference_offer()
        if not errors:
            form = preferences.form_of(offer)
        return {"offer": offer, "form": form, "errors": errors, "changes": changes}

    def _save_preferences(self, changes, link=None):
        """Keep what the patient wants otherwise: on the record, in the ledger, in the timeline."""
        self.ensure_one()
        self.write(self._prepare_preference_vals(changes.values))
        self._append_permissions(changes.permissions, link)
        payload = {"what": self._explain_changes(changes)}
        if link:
            link._acted(event="preferences_changed", payload=payload)
        else:
            self.env["prm.event"].emit(
                "preferences_changed", [{"patient": self, "payload": payload}]
            )

    @api.model
    def _prepare_preference_vals(self, values):
        vals = {}
        if "order" in values:
            vals["channel_order"] = ",".join(values["order"])
            first = self.env["prm.channel"].search([("code", "=", values["order"][0])], limit=1)
            vals["preferred_channel_id"] = first.id
        if "hours" in values:
            vals["contact_from"], vals["contact_to"] = (part / 60 for part in values["hours"])
        if "lang" in values:
            vals["lang"] = values["lang"]
        if "paused_until" in values:
            vals["contact_paused_until"] = values["paused_until"] or False
        return vals

    def _append_permissions(self, permissions, link):
        channels = self.env["prm.channel"]._ids_by_code()
        purposes = {
            purpose.code: purpose.id for purpose in self.env["prm.purpose"].sudo().search([])
        }
        self.env["prm.consent"].sudo().create(
            [
                {
                    "patient_id": self.id,
                    "purpose_id": purposes[purpose],
                    "channel_id": channels[channel] if channel else False,
                    "state": "granted" if allowed else "withdrawn",
                    "source": "portal",
                    "wording": WORDING,
                    "lang": self.env.lang,
                    "link_id": link.id if link else False,
                }
                for purpose, channel, allowed in permissions
            ]
        )

    def _explain_changes(self, changes):
        """One line for the timeline, in the practice's language."""
        return " · ".join(self._in_practice_language()._describe_changes(changes))

    # ------------------------------------------------------------
    # AT THE FRONT DESK
    # ------------------------------------------------------------

    def action_send_preference_link(self):
        """Send the patient the way to the preference centre, because the patient asked for it."""
        self.ensure_one()
        messages = self.env["prm.message"]
        self.check_access("write")
        messages._check_receptionist()
        template = self.env["prm.template"]._by_code(TEMPLATE, self.company_id)
        message = messages._queue([Request(self, "care", template, link_action="preferences")])
        if message.state == "suppressed":
            raise UserError(
                self.env._("The link can't be sent. %(why)s", why=message.reason_text or "")
            )
        text = self.env._("The link is on its way by %(channel)s.", channel=message.channel_id.name)
        if message.scheduled_at > fields.Datetime.now():
            text = self.env._(
                "The link goes out by %(channel)s as soon as the hours for messages begin.",
                channel=message.channel_id.name,
            )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {"type": "success", "message": text},
        }
