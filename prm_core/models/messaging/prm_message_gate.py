import uuid
from datetime import timedelta

from odoo import api, fields, models

from ... import policy, templating
from ...channels import get_channel
from .gathered_facts import GatheredFacts


class PrmMessageGate(models.Model):
    """How a wish to send becomes a decision, and a decision a message."""

    _inherit = "prm.message"

    @api.model
    def _decide(self, requests):
        """Ask the gate about many requests, without writing anything.

        :param requests: list of `outbox.Request`.
        :return: list of `policy.Decision`, in the same order.
        """
        return [policy.decide(facts) for facts in self._gather_facts(requests)]

    @api.model
    def _gather_facts(self, requests):
        """What the gate looks at, for many requests: a handful of queries for any number of them.

        :return: list of `policy.Facts`, in the same order.
        """
        if not requests:
            return []
        gathered = GatheredFacts(self.env, requests)
        return [gathered.of(request) for request in requests]

    @api.model
    def _get_holds(self, patients):
        """Hook: reasons of the moment to leave patients in peace.

        :return: ``{patient id: [policy.Hold for all purposes but care]}``
        """
        return {}

    @api.model
    def _addresses(self, patient, channels):
        """Valid addresses by channel code."""
        raw = {"email": patient.email, "sms": patient.mobile, "whatsapp": patient.mobile}
        found = {}
        for code in channels:
            if address := get_channel(code).validate_address(raw.get(code)):
                found[code] = address
        return found

    @api.model
    def _patient_variables(self, patient):
        """Values that every template may use about the patient and the practice."""
        company = patient.company_id
        practice = company.partner_id
        return {
            "patient.first_name": patient._salutation() or "",
            "patient.full_name": patient.name or "",
            "practice.name": company.name or "",
            "practice.phone": practice.phone or "",
            "practice.email": company.email or "",
            "practice.address": ", ".join(
                part for part in (practice.street, practice.zip, practice.city) if part
            ),
        }

    @api.model
    def _queue(self, requests):
        """Decide, render and record many requests. Nothing is sent here: the dispatcher does that.

        What the gate holds back is recorded too, so that "why did Maria not get this?" has an
        answer.

        :return: the messages, in the order of the requests.
        """
        facts = self._gather_facts(requests)
        decisions = [policy.decide(fact) for fact in facts]
        links = self._issue_links(requests, decisions)
        channels = {channel.code: channel.id for channel in self.env["prm.channel"].search([])}
        purposes = {
            purpose.code: purpose.id for purpose in self.env["prm.purpose"].sudo().search([])
        }
        vals_list = []
        for index, (request, decision) in enumerate(zip(requests, decisions, strict=True)):
            link, url = links.get(index, (False, False))
            vals = self._prepare_message_vals(request, decision, url)
            vals["channel_id"] = channels.get(decision.channel, False)
            vals["purpose_id"] = purposes[request.purpose]
            vals["link_id"] = link and link.id
            vals["facts"] = policy.to_plain(facts[index])
            vals_list.append(vals)
        messages = self.sudo().create(vals_list)
        for message in messages:
            message.link_id.message_id = message
        if any(message.state == "queued" for message in messages):
            self._wake_dispatcher()
        return messages.with_env(self.env)

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
    def _prepare_message_vals(self, request, decision, url):
        """Values of the message for one request and what the gate said of it."""
        vals = {
            "patient_id": request.patient.id,
            "company_id": request.patient.company_id.id,
            "template_id": request.template.id,
            "res_model": request.record._name if request.record else False,
            "res_id": request.record.id if request.record else False,
            "idempotency_key": uuid.uuid4().hex,
            "policy_version": policy.VERSION,
            "address": decision.address or False,
        }
        if not decision.allowed:
            return {**vals, "state": "suppressed", "reason": decision.reason}
        now = fields.Datetime.now()
        vals["scheduled_at"] = decision.until or now
        vals["expires_at"] = now + timedelta(days=policy.MAX_DEFER_DAYS)
        vals["reason"] = decision.reason if decision.until else False
        values = {**self._patient_variables(request.patient), **request.variables}
        if url:
            values[f"link.{request.link_action}"] = url
        body = request.template._pick_body(request.patient.lang, (decision.channel,))
        try:
            return {**vals, "state": "queued", **body._render(values)}
        except templating.TemplateError as error:
            vals["detail"] = body._explain(error)
            return {**vals, "state": "suppressed", "reason": "bad_template"}
