from dataclasses import dataclass, replace
from datetime import timedelta

from odoo import api, fields, models
from odoo.addons.prm_core import policy, templating
from odoo.addons.prm_core.outbox import Request

from ..recall.prm_recall_outreach import LINK_ACTION, ON_ITS_WAY, QUIET_DAYS

#: Which text goes by itself: to whom has open work by its stage, and to who has long been away.
TEMPLATES = {
    "proposed": "treatment_proposed",
    "accepted": "treatment_accepted",
    "interrupted": "treatment_interrupted",
    "lapsed": "library_long_away",
}
#: What these texts may say beside patient and practice.
VARIABLES = {"barrier.help", "treatment.name", f"link.{LINK_ACTION}"}


@dataclass(frozen=True)
class Plan:
    """What writing to one patient would do.

    :param decision: of the gate; :param reason: code of why, "ok" when it goes.
    :param detail: the words of a faulty template; :param request: what would be queued, or None.
    """

    patient: object
    template: object
    decision: object
    reason: str
    request: object = None
    subject: str = ""
    body: str = ""
    detail: str = ""

    @property
    def allowed(self):
        return self.reason == "ok"


class PrmPatientOutreach(models.Model):
    """Writing to patients about open treatment, or because they have long been away."""

    _inherit = "prm.patient"

    def _plan_follow_up(self, kind, template=None, include_recent=False):
        """Say for each patient what writing would do. A fixed number of queries.

        :param kind: ``work`` or ``lapsed``; :param template: `prm.template` for all of them;
            default: by kind and stage.
        :param include_recent: also to those who were written to a few days ago.
        :return: list of `Plan` in the order of ``self``.
        """
        work = self._waiting_work()
        texts = self._follow_up_templates(kind, work, template)
        recent = self._written_to(set(texts.values()), include_recent)
        requests = [
            Request(
                patient=patient,
                purpose=texts[patient.id].purpose_id.sudo().code,
                template=texts[patient.id],
                record=work[patient.id][:1] if patient.id in work else None,
                blocks=recent.get(patient.id, ()),
            )
            for patient in self
        ]
        messages = self.env["prm.message"]
        facts = messages._gather_facts(requests)
        requests = self._with_follow_up(messages._with_recipients(requests, facts), work)
        return [
            self._plan_one(request, policy.decide(fact))
            for request, fact in zip(requests, facts, strict=True)
        ]

    def _follow_up_templates(self, kind, work, template=None):
        """``{patient id: prm.template}``; a practice's own goes before the common one."""
        templates, none = self.env["prm.template"], self.env["prm.procedure"]
        found, result = {}, {}
        for patient in self:
            stage = kind if kind != "work" else work.get(patient.id, none)._furthest_stage()
            key = (stage, patient.company_id)
            if key not in found:
                found[key] = template or templates._by_code(TEMPLATES[stage], patient.company_id)
            result[patient.id] = found[key]
        return result

    def _written_to(self, templates, include_recent):
        """Who has such a message on its way, or got one a few days ago, in one query.

        :return: ``{patient id: (reason,)}``
        """
        since = fields.Datetime.now() - timedelta(days=QUIET_DAYS)
        messages = self.env["prm.message"].sudo().search_fetch(
            [
                ("patient_id", "in", self.ids),
                ("template_id", "in", [template.id for template in templates]),
                "|", ("state", "in", ON_ITS_WAY), ("sent_at", ">", since),
            ],
            ["patient_id", "state"],
        )  # fmt: skip
        reasons = {}
        for message in messages:
            if message.state in ON_ITS_WAY:
                reasons[message.patient_id.id] = ("already_on_its_way",)
            elif not include_recent:
                reasons.setdefault(message.patient_id.id, ("recently_contacted",))
        return reasons

    def _with_follow_up(self, requests, work):
        """The same requests with what their texts say of treatment, barriers and the link."""
        languages = {
            request.patient.id: request.lang or request.patient.company_id.partner_id.lang
            for request in requests
        }
        templates = {request.patient.id: request.template for request in requests}
        values = self._follow_up_values(templates, work, languages)
        return [replace(request, **values[request.patient.id]) for request in requests]

    def _follow_up_values(self, templates, work, languages):
        """What texts on open treatment need, for all patients at once.

        :param templates: ``{patient id: prm.template}``; :param work: as `_waiting_work` gives it.
        :param languages: ``{patient id: language in which it is read}``
        :return: ``{patient id: {field of `outbox.Request`: value}}``
        """
        helps = self._barrier_help(languages)
        kinds = self.env["prm.follow.up"]._visit_types(self.company_id)
        linking = {
            template: f"link.{LINK_ACTION}" in template._variables()
            for template in set(templates.values())
        }
        result = {}
        for patient in self:
            procedures = work.get(patient.id, self.env["prm.procedure"])
            lang = languages.get(patient.id) or "en_US"
            names = procedures.sudo().type_id.with_context(lang=lang).mapped("name")
            values = {
                "barrier.help": helps.get(patient.id, ""),
                "treatment.name": ", ".join(names),
            }
            kind = kinds[patient.company_id]
            of_request = {"variables": values, "link_action": ""}
            if kind and linking[templates[patient.id]]:
                of_request["link_action"] = LINK_ACTION
                of_request["link_payload"] = self._booking_payload(kind, procedures)
            else:
                values[f"link.{LINK_ACTION}"] = ""
            result[patient.id] = of_request
        return result

    @api.model
    def _booking_payload(self, kind, procedures):
        """What a link to book keeps: the kind of visit, what is done then, how much longer."""
        payload = {"type_id": kind.id, "procedure_ids": procedures.ids}
        if extra := procedures._minutes_beyond(kind):
            payload["extra_minutes"] = extra
        return payload

    @api.model
    def _plan_one(self, request, decision):
        """A decision with the text that goes with it; a text that can't be made is a no as well."""
        patient, template = request.patient, request.template
        if not decision.allowed:
            return Plan(patient, template, decision, decision.reason)
        body = template._pick_body(request.lang, (decision.channel,))
        values = self.env["prm.message"]._patient_variables(patient, request.recipient)
        if request.link_action:
            values = values | self.env["prm.link"]._example_urls(request.link_action)
        else:
            values = values | self.env["prm.link"]._example_urls()
        try:
            text = body._render(values | request.variables)
        except templating.TemplateError as error:
            detail = body._explain(error)
            return Plan(patient, template, decision, "bad_template", detail=detail)
        return Plan(patient, template, decision, "ok", request, text["subject"], text["body"])

    def _send_follow_up(self, kind, template=None, include_recent=False):
        """Queue it for all of these patients who may get it.

        The patients are locked and judged afresh, so that nothing goes twice when two people, or
        two clicks, ask at the same time.

        :return: the messages.
        """
        self.sudo().lock_for_update()
        self.invalidate_recordset()
        plans = self._plan_follow_up(kind, template, include_recent)
        return self.env["prm.message"]._queue([plan.request for plan in plans if plan.allowed])
