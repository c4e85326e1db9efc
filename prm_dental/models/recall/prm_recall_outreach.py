from dataclasses import dataclass, replace
from datetime import timedelta

from odoo import api, fields, models
from odoo.addons.prm_core import policy, templating
from odoo.addons.prm_core.outbox import Request
from odoo.tools.misc import format_date

PURPOSE = "recall"
LINK_ACTION = "book_appointment"

#: Days for which a patient who was written to is left in peace.
QUIET_DAYS = 14

#: States of a message that has not left yet.
ON_ITS_WAY = ("draft", "queued", "sending")


@dataclass(frozen=True)
class Plan:
    """What sending one recall would do.

    :param recall: `prm.recall`; :param decision: what the gate said, or None when it was not asked.
    :param reason: code of why, "ok" when it goes; :param detail: the words of a faulty template.
    :param request: what would be queued, or None.
    """

    recall: object
    reason: str
    decision: object = None
    request: object = None
    subject: str = ""
    body: str = ""
    lang: str = ""
    detail: str = ""

    @property
    def allowed(self):
        return self.reason == "ok"


class PrmRecallOutreach(models.Model):
    """Writing to patients who are due: what would happen, and doing it."""

    _inherit = "prm.recall"

    def _get_send_blocks(self, include_recent=False):
        """Why this recall is not to be sent, from the recall's own side; most important first."""
        self.ensure_one()
        message = self.last_message_id.sudo()
        quiet_since = fields.Datetime.now() - timedelta(days=QUIET_DAYS)
        blocks = []
        if self.state == "disabled":
            blocks.append("recall_disabled")
        if self.state == "rides":
            blocks.append("recall_rides")
        if self.state == "booked":
            blocks.append("already_booked")
        if message.state in ON_ITS_WAY:
            blocks.append("already_on_its_way")
        if self.state == "upcoming":
            blocks.append("recall_not_due")
        if not include_recent and self.last_contact_at and self.last_contact_at > quiet_since:
            blocks.append("recently_contacted")
        return tuple(blocks)

    def _plan_send(self, include_recent=False):
        """Say for each recall what sending it would do. A fixed number of queries.

        :param include_recent: whether to write again to patients written to a few days ago.
        :return: list of `Plan` in the order of ``self``.
        """
        setups = self._get_setups()
        ready = self.filtered(lambda recall: all(setups[recall.type_id, recall.company_id]))
        payloads = ready._link_payloads(setups)
        requests = [
            recall._prepare_request(
                setups[recall.type_id, recall.company_id][0], payloads[recall.id], include_recent
            )
            for recall in ready
        ]
        messages = self.env["prm.message"]
        facts = messages._gather_facts(requests)
        requests = messages._with_recipients(requests, facts)
        plans = {
            request.record: self._plan_one(request, policy.decide(fact))
            for request, fact in zip(requests, facts, strict=True)
        }
        return [plans.get(recall) or Plan(recall, "recall_not_set_up") for recall in self]

    def _get_setups(self):
        """What each practice sends and offers for each kind: ``{(kind, practice): (template,
        appointment type)}``. A practice's own template goes before the common one of its code.
        """
        setups = {}
        for recall in self:
            key = kind, company = recall.type_id, recall.company_id
            if key in setups:
                continue
            template = kind.template_id
            if template.code and not template.company_id:
                template = template._by_code(template.code, company)
            setups[key] = (template, kind.with_company(company).appointment_type_id)
        return setups

    def _link_payloads(self, setups):
        """What the links to book keep: the kind of visit, and how much longer it takes.

        :param setups: see `_get_setups`; only recalls with a visit to offer are asked about.
        :return: ``{recall id: plain values}``
        """
        riders = self._riders()
        payloads = {}
        for recall in self:
            _template, visit = setups[recall.type_id, recall.company_id]
            payloads[recall.id] = {"type_id": visit.id}
            if extra := recall._extra_minutes(riders[recall.id]):
                payloads[recall.id]["extra_minutes"] = extra
        return payloads

    def _prepare_request(self, template, payload, include_recent):
        self.ensure_one()
        return Request(
            patient=self.patient_id,
            purpose=PURPOSE,
            template=template,
            record=self,
            blocks=self._get_send_blocks(include_recent),
            link_action=LINK_ACTION,
            link_payload=payload,
        )

    @api.model
    def _plan_one(self, request, decision):
        """A decision with the text that goes with it; a text that can't be made is a no as well."""
        recall = request.record
        if not decision.allowed:
            return Plan(recall, decision.reason, decision)
        body = request.template._pick_body(request.lang, (decision.channel,))
        variables = recall._prepare_variables(body.lang)
        request = replace(request, variables=variables)
        known = self.env["prm.message"]._patient_variables(request.patient, request.recipient)
        values = known | variables
        values |= self.env["prm.link"]._example_urls(LINK_ACTION)
        try:
            text = body._render(values)
        except templating.TemplateError as error:
            return Plan(recall, "bad_template", decision, detail=body._explain(error))
        return Plan(recall, "ok", decision, request, text["subject"], text["body"], text["lang"])

    def _prepare_variables(self, text_lang):
        """Values of the template's variables, in the language of the text.

        :param text_lang: two-letter language of the text that was picked.
        """
        self.ensure_one()
        lang = self._locale(self.patient_id.lang, text_lang)

        def words(day):
            return format_date(self.env, day, lang_code=lang, date_format="long") if day else ""

        return {
            "recall.name": self.type_id.with_context(lang=lang).name,
            "recall.last_date": words(self.previous_date),
            "recall.due_date": words(self.due_date),
        }

    @api.model
    def _locale(self, patient_lang, text_lang):
        """The locale for values in a text: the patient's own if it is of the text's language.

        A patient whose language has no text gets the practice's; a date in a third language would
        look odd in it.
        """
        if patient_lang and patient_lang[:2] == text_lang:
            return patient_lang
        installed = [code for code, _name in self.env["res.lang"].get_installed()]
        return next((code for code in installed if code[:2] == text_lang), "en_US")

    def _send(self, include_recent=False):
        """Queue the recall to all of these patients who may get it.

        The recalls are locked and judged afresh, so that nothing goes twice when two people, or two
        clicks, ask at the same time.

        :return: the messages.
        """
        self.lock_for_update()
        self.invalidate_recordset()
        plans = [plan for plan in self._plan_send(include_recent) if plan.allowed]
        messages = self.env["prm.message"]._queue([plan.request for plan in plans])
        sent = [
            (plan.recall, message)
            for plan, message in zip(plans, messages, strict=True)
            if message.state == "queued"
        ]
        for recall, message in sent:
            recall.last_message_id = message
        self.env["prm.event"].emit(
            "recall_sent",
            [
                {
                    "patient": recall.patient_id,
                    "company_id": recall.company_id.id,
                    "record": message,
                    "payload": {"recall": recall.type_id.code},
                }
                for recall, message in sent
            ],
        )
        return messages
