from dataclasses import replace

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import format_amount

from ... import policy, templating
from ...channels import sms_text
from ...conversation import Place
from ...outbox import Request
from . import explanation
from .reasons import reason_text

#: Characters that a person may write; more is a letter and not a message.
MAX_TEXT = 10_000
MAX_SUBJECT = 200
#: How an answer begins, in any of the shipped languages, so that it is not put there twice.
_ANSWERS = ("re:", "r:", "aw:", "rv:", "回复:", "回复：", "答复:", "答复：")


def _bare(subject):
    """A subject without what marks answers, in small letters."""
    subject = " ".join((subject or "").lower().split())
    while mark := next((mark for mark in _ANSWERS if subject.startswith(mark)), None):
        subject = subject[len(mark) :].strip()
    return subject


class PrmPatientComposer(models.Model):
    """What the person at the desk needs to write to a patient, and the way to the outbox.

    A *wish* is what stands in the composer: a dict with ``purpose`` (code), ``channel`` (code;
    empty: the gate's choice), ``template_id``, ``subject`` and ``text``.
    """

    _inherit = "prm.patient"

    # ------------------------------------------------------------
    # FROM THE SCREEN
    # ------------------------------------------------------------

    @api.readonly
    def composer_open(self):
        """What there is to choose from, and how the subject begins.

        :return: dict with ``may_send``; for those who may also ``purposes``, ``templates`` and
            ``subject``.
        """
        self.ensure_one()
        self.check_access("read")
        if not self.env.user.has_group("prm_core.group_prm_receptionist"):
            return {"may_send": False}
        purposes = self.env["prm.purpose"].search([("code", "!=", False)])
        return {
            "may_send": True,
            "purposes": [{"code": purpose.code, "name": purpose.name} for purpose in purposes],
            "templates": [
                {
                    "id": template.id,
                    "name": template.name,
                    "purpose": template.purpose_id.sudo().code,
                }
                for template in self._composer_templates()
            ],
            "subject": self._composer_subject(),
        }

    @api.readonly
    def composer_check(self, wish):
        """What would become of a wish at this moment. Nothing is written.

        :return: dict with ``allowed``; ``channel`` and ``channels``, those of the practice with
            whether they can be taken; ``goes_at`` (UTC, ISO) when it has to wait; ``reasons``,
            what speaks against it and what would change that; ``preview`` and ``size`` of an SMS.
        """
        request = self._composer_request({**wish, "channel": ""})
        messages = self.env["prm.message"]
        [facts] = messages._gather_facts([request])
        [request] = messages._with_recipients([request], [facts])
        asked = wish.get("channel") or ""
        chosen = replace(facts, channels=(asked,)) if asked else facts
        decision = policy.decide(chosen)
        preview = self._composer_preview(request, decision.channel or asked)
        text = preview["text"] if preview else request.text
        return {
            "allowed": decision.allowed and not (preview and preview["error"]),
            "channel": decision.channel or asked,
            "address": decision.address or "",
            "channels": self._composer_channels(facts),
            "channel_reason": "" if asked else self._composer_channel_reason(facts, decision),
            "reason_text": "" if decision.outcome == policy.ALLOW
            else reason_text(self.env, decision.reason),
            "goes_at": decision.until and Place(decision.until, "", 0).at,
            "zone": facts.zone,
            "reasons": [
                step for step in explanation.sentences(self.env, chosen) if not step["passed"]
            ],
            "preview": preview,
            "size": self._composer_size(decision.channel or asked, text),
            "hint": self._composer_hint(request, decision.channel),
        }  # fmt: skip

    def composer_send(self, wish):
        """Hand a wish to the outbox.

        :return: the message as an entry of the conversation.
        :raises UserError: when there is nothing to send, or the user may not.
        """
        request = self._composer_request(wish)
        if not request.template and not request.text.strip():
            raise UserError(self.env._("Write something first."))
        email = wish.get("channel") == "email" and not request.template
        if email and not request.subject.strip():
            raise UserError(self.env._("An email needs a subject."))
        message = self.env["prm.message"]._queue([request])
        source = next(source for source in self._conversation_sources() if source.kind == "message")
        place = Place(message.sudo().create_date, "message", message.id)
        return self._conversation_entries([source], [place])[0]

    # ------------------------------------------------------------
    # FROM A WISH TO A REQUEST
    # ------------------------------------------------------------

    def _composer_request(self, wish):
        """The request that a wish stands for.

        :rtype: outbox.Request
        :raises UserError: when the user may not write to patients, or the wish makes no sense.
        """
        self.ensure_one()
        self.check_access("read")
        messages = self.env["prm.message"]
        messages._check_receptionist()
        purpose = self.env["prm.purpose"].search([("code", "=", wish.get("purpose"))], limit=1)
        if not purpose.code:
            raise UserError(self.env._("Choose what the message is for."))
        template = None
        if template_id := wish.get("template_id"):
            template = self._composer_templates().filtered(lambda found: found.id == template_id)
            if not template:
                raise UserError(
                    self.env._("This template can't be sent from here. Choose another one.")
                )
        text, subject = str(wish.get("text") or ""), str(wish.get("subject") or "")
        if len(text) > MAX_TEXT or len(subject) > MAX_SUBJECT:
            raise UserError(self.env._("That is too long for a message. Please shorten it."))
        exclude = ()
        if channel := wish.get("channel"):
            usable = self.env["prm.gateway"]._usable_channels(self.company_id)
            exclude = tuple(code for code in usable if code != channel)
        if template:
            return Request(self, purpose.code, template, exclude_channels=exclude)
        if channel and channel != "email":
            subject = ""
        return Request(
            self, purpose.code, text=text, subject=subject, exclude_channels=exclude,
            answer_to=self._composer_answered(subject),
        )  # fmt: skip

    def _composer_answered(self, subject):
        """The patient's last email if the subject shows that this answers it, else None."""
        last = self._composer_last("email")
        answers = last and (not last.subject or _bare(last.subject) == _bare(subject))
        return last if answers else None

    def _composer_last(self, channel=None):
        """The last message of the patient, by one channel if a code is given; it may be none."""
        domain = [("patient_id", "=", self.id), ("direction", "=", "in")]
        if channel:
            domain.append(("channel_id.code", "=", channel))
        return self.env["prm.message"].search(domain, order="create_date desc, id desc", limit=1)

    def _composer_templates(self):
        """Templates that need to know no more than patient and practice."""
        self.ensure_one()
        templates = self.env["prm.template"].search(
            [("company_id", "in", (self.company_id.id, False)), ("body_ids", "!=", False)]
        )
        known = set(self.env["prm.message"]._patient_variables(self))
        return templates.filtered(lambda template: template._variables() <= known)

    def _composer_subject(self):
        """How an email begins: as an answer to the patient's last one, if that had a subject."""
        if subject := (self._composer_last().subject or "").strip():
            answers = subject.lower().startswith(_ANSWERS)
            return (subject if answers else f"Re: {subject}")[:MAX_SUBJECT]
        env = self.with_context(lang=self.lang or self.env.lang).env
        return env._("A message from %s", self.company_id.name)

    # ------------------------------------------------------------
    # WHAT THE GATE SAYS, FOR PEOPLE
    # ------------------------------------------------------------

    def _composer_channels(self, facts):
        """The channels in the gate's order, and why some of them can't be taken."""
        names = {channel.code: channel.name for channel in self.env["prm.channel"].search([])}
        channels = []
        for code in policy.ordered_channels(facts):
            reason = policy.channel_reason(facts, code)
            channels.append(
                {
                    "code": code,
                    "name": names.get(code, code),
                    "usable": reason == "ok",
                    "reason_text": "" if reason == "ok" else reason_text(self.env, reason),
                }
            )
        return channels

    def _composer_channel_reason(self, facts, decision):
        """Why this channel of all: a sentence, or nothing when there is nothing to tell."""
        if not decision.channel:
            return ""
        passed_over = []
        for channel in self._composer_channels(facts):
            if channel["code"] == decision.channel:
                break
            passed_over.append(f"{channel['name']}: {channel['reason_text']}")
        if passed_over:
            return " ".join(passed_over)
        if decision.channel in facts.order[:1]:
            return self.env._("The patient likes this one best.")
        return self.env._("The practice's usual way.")

    def _composer_preview(self, request, channel):
        """What a template says to this patient, or None for free text."""
        if not request.template:
            return None
        of_template = request.template._channel_kinds()
        every = [code for code, _name in request.template._selection_channel()]
        kinds = (channel,) if channel else tuple(code for code in every if code in of_template)
        body = request.template._pick_body(request.lang, kinds)
        preview = {"subject": "", "text": "", "error": ""}
        if not body:
            return {**preview, "error": reason_text(self.env, "no_template")}
        try:
            values = self.env["prm.message"]._patient_variables(self, request.recipient)
            rendered = body._render(values)
        except templating.TemplateError as error:
            return {**preview, "error": body._explain(error)}
        return {**preview, "subject": rendered["subject"], "text": rendered["body"]}

    def _composer_size(self, channel, text):
        """Parts and price of an SMS, or None for other channels."""
        if channel != "sms" or not text:
            return None
        gateway = self.env["prm.gateway"]._adapter(self.company_id, "sms").gateway
        if gateway:
            text = gateway._sms_letters(text)
        size = sms_text.measure(text)
        cost = gateway._cost(text) if gateway else 0
        single, multiple = sms_text.LIMITS[size.encoding]
        return {
            "units": size.units,
            "limit": single if size.segments == 1 else multiple * size.segments,
            "segments": size.segments,
            "cost": format_amount(self.env, cost, gateway.currency_id) if cost else "",
        }

    def _composer_hint(self, request, channel):
        """A word of care to somebody who types by a channel that shows on a locked phone."""
        if request.template or not channel:
            return ""
        purpose = self.env["prm.purpose"].search([("code", "=", request.purpose)])
        if channel in purpose.health_channel_ids.mapped("code"):
            return ""
        return self.env._("Others may see this on a locked phone: no word on health.")
