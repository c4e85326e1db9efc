import json
import uuid
from dataclasses import replace
from datetime import timedelta
from functools import cache

from odoo import api, fields, models
from odoo.tools import SQL

from ... import policy, templating
from ...bulk import insert

#: Columns that not every message has; the others are always given.
_BLANK = dict.fromkeys(("reason", "detail", "subject", "body", "lang", "expires_at"), False)


class PrmMessageQueue(models.Model):
    """How decisions become messages: rendered and recorded in bulk, for the dispatcher to send."""

    _inherit = "prm.message"

    @api.model
    def _queue(self, requests):
        """Decide, render and record many requests. Nothing is sent here: the dispatcher does that.

        What the gate holds back is recorded too, so that "why did Maria not get this?" has an
        answer. The number of queries does not depend on how many requests there are.

        :param requests: list of `outbox.Request`.
        :return: the messages, in the order of the requests.
        """
        if not requests:
            return self.browse()
        requests = self._share_prefetch(requests)
        facts = self._gather_facts(requests)
        decisions = [policy.decide(fact) for fact in facts]
        links = self._issue_links(requests, decisions)
        channels = {channel.code: channel.id for channel in self.env["prm.channel"].search([])}
        purposes = {
            purpose.code: purpose.id for purpose in self.env["prm.purpose"].sudo().search([])
        }

        @cache
        def practice_variables(company):
            return self._practice_variables(company)

        @cache
        def pick_body(template, lang, channel):
            return template._pick_body(lang, (channel,))

        vals_list = []
        for index, (request, decision) in enumerate(zip(requests, decisions, strict=True)):
            link, url = links.get(index, (False, False))
            practice = practice_variables(request.patient.company_id)
            vals = self._prepare_message_vals(request, decision, url, practice, pick_body)
            vals["channel_id"] = channels.get(decision.channel, False)
            vals["purpose_id"] = purposes[request.purpose]
            vals["link_id"] = link and link.id
            vals["facts"] = policy.to_plain(facts[index])
            vals_list.append(vals)
        messages = insert(self.sudo(), vals_list)
        if links:
            self._tie_links(messages)
        if any(vals["state"] == "queued" for vals in vals_list):
            self._wake_dispatcher()
        return messages.with_env(self.env)

    @api.model
    def _share_prefetch(self, requests):
        """The same requests with patients that are read together, however they came."""
        ids = list(dict.fromkeys(request.patient.id for request in requests))
        patients = {
            patient.id: patient for patient in requests[0].patient.with_env(self.env).browse(ids)
        }
        return [replace(request, patient=patients[request.patient.id]) for request in requests]

    @api.model
    def _tie_links(self, messages):
        """Tell each link which message carries it."""
        links = self.env["prm.link"]
        self.env.execute_query(
            SQL(
                """
                UPDATE prm_link l SET message_id = m.id
                  FROM prm_message m
                 WHERE m.link_id = l.id AND m.id = ANY(%s)
             RETURNING l.id
                """,
                messages.ids,
            )
        )
        links.invalidate_model(["message_id"], flush=False)

    @api.model
    def _issue_links(self, requests, decisions):
        """Signed links for the requests that want one and may go: ``{index: (link, url)}``."""
        wanted = [
            index
            for index, (request, decision) in enumerate(zip(requests, decisions, strict=True))
            if request.link_action and decision.allowed
        ]
        issued = self.env["prm.link"]._issue_many(
            [
                {
                    "action": requests[index].link_action,
                    "patient": requests[index].patient,
                    "record": requests[index].record,
                    "payload": requests[index].link_payload,
                }
                for index in wanted
            ]
        )
        return dict(zip(wanted, issued, strict=True))

    @api.model
    def _prepare_message_vals(self, request, decision, url, practice, pick_body):
        """Values of the message for one request and what the gate said of it.

        :param practice: the template's variables about the practice.
        :param pick_body: gives the `prm.template.body` for (template, language, channel code).
        """
        now = fields.Datetime.now()
        vals = {
            **_BLANK,
            "patient_id": request.patient.id,
            "company_id": request.patient.company_id.id,
            "template_id": request.template.id,
            "res_model": request.record._name if request.record else False,
            "res_id": request.record.id if request.record else False,
            "idempotency_key": uuid.uuid4().hex,
            "policy_version": policy.VERSION,
            "address": decision.address or False,
            "scheduled_at": decision.until or now,
            "request_data": self._prepare_request_data(request),
            "fallback_of_id": request.fallback_of.id if request.fallback_of else False,
        }
        if not decision.allowed:
            return {**vals, "state": "suppressed", "reason": decision.reason}
        vals["expires_at"] = now + timedelta(days=policy.MAX_DEFER_DAYS)
        if request.fallback_of and request.fallback_of.expires_at:
            vals["expires_at"] = request.fallback_of.expires_at
        vals["reason"] = decision.reason if decision.until else False
        values = {**self._patient_variables(request.patient, practice), **request.variables}
        if url:
            values[f"link.{request.link_action}"] = url
        body = pick_body(request.template, request.patient.lang, decision.channel)
        try:
            return {**vals, "state": "queued", **body._render(values)}
        except templating.TemplateError as error:
            vals["detail"] = body._explain(error)
            return {**vals, "state": "suppressed", "reason": "bad_template"}

    @api.model
    def _prepare_request_data(self, request):
        """What of a request the other columns don't hold; what JSON does not know becomes text."""
        data = {
            "variables": request.variables,
            "link_action": request.link_action,
            "link_payload": request.link_payload,
        }
        return json.loads(json.dumps(data, default=str)) if any(data.values()) else False

    @api.model
    def _patient_variables(self, patient, practice=None):
        """Values that every template may use about the patient and the practice.

        :param practice: what `_practice_variables` gives for it, when the caller has it already.
        """
        return {
            "patient.first_name": patient._salutation() or "",
            "patient.full_name": patient.name or "",
            **(practice or self._practice_variables(patient.company_id)),
        }

    @api.model
    def _practice_variables(self, company):
        """Those of them that are the same for all patients of a practice."""
        practice = company.partner_id
        return {
            "practice.name": company.name or "",
            "practice.phone": practice.phone or "",
            "practice.email": company.email or "",
            "practice.address": ", ".join(
                part for part in (practice.street, practice.zip, practice.city) if part
            ),
        }
