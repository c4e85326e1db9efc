import uuid
from collections import defaultdict

from odoo import api, models

from ... import policy, templating
from ...channels import get_channel, registered_codes


class PrmMessageGate(models.Model):
    """How a wish to send becomes a decision, and a decision a message."""

    _inherit = "prm.message"

    @api.model
    def _decide(self, requests):
        """Ask the gate about many requests, without writing anything.

        A handful of queries for any number of requests: the facts are gathered by purpose.

        :param requests: list of `outbox.Request`.
        :return: list of `policy.Decision`, in the same order.
        """
        facts = self._gather_facts(requests)
        return [policy.decide(fact) for fact in facts]

    @api.model
    def _gather_facts(self, requests):
        purposes = {
            purpose.code: purpose
            for purpose in self.env["prm.purpose"]
            .sudo()
            .search([("code", "in", list({request.purpose for request in requests}))])
        }
        permissions = self._gather_permissions(requests, purposes)
        # The requests may hold patients one by one: fetched together, they cost one query.
        patients = self.env["prm.patient"].union(*(request.patient for request in requests))
        patients.fetch(["partner_id", "status", "preferred_channel_id", "mobile"])
        patients.partner_id.fetch(["email"])
        channels = {}
        for request in requests:
            if request.template not in channels:
                kinds = request.template._channel_kinds()
                channels[request.template] = tuple(c for c in registered_codes() if c in kinds)
        return [
            policy.Facts(
                status=request.patient.status,
                opt_in=purposes[request.purpose].opt_in,
                permissions=permissions[request.purpose, request.patient.id],
                addresses=self._addresses(request.patient, channels[request.template]),
                preferred=request.patient.preferred_channel_id.code or None,
                channels=channels[request.template],
                blocks=tuple(request.blocks),
            )
            for request in requests
        ]

    @api.model
    def _gather_permissions(self, requests, purposes):
        """``{(purpose code, patient id): {channel code or None: state}}``"""
        codes = {channel.id: channel.code for channel in self.env["prm.channel"].sudo().search([])}
        patients = defaultdict(set)
        for request in requests:
            patients[request.purpose].add(request.patient.id)
        result = defaultdict(dict)
        ledger = self.env["prm.consent"].sudo()
        for code, ids in patients.items():
            current = ledger._current(self.env["prm.patient"].browse(ids), purposes[code])
            for (patient_id, channel_id), state in current.items():
                result[code, patient_id][codes.get(channel_id)] = state
        return result

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
        decisions = self._decide(requests)
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
        values = {**self._patient_variables(request.patient), **request.variables}
        if url:
            values[f"link.{request.link_action}"] = url
        body = request.template._pick_body(request.patient.lang, (decision.channel,))
        try:
            return {**vals, "state": "queued", **body._render(values)}
        except templating.TemplateError as error:
            vals["detail"] = body._explain(error)
            return {**vals, "state": "suppressed", "reason": "bad_template"}
