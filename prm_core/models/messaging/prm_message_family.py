from dataclasses import replace

from odoo import api, fields, models

from ... import policy, templating
from ...channels import registered_codes
from .prm_link import EVERYWHERE


class PrmMessageFamily(models.Model):
    """One message for a family: who wants the same said to the same person is named in one text.

    What is merged is recorded as held back, and names the message that says it.
    """

    _inherit = "prm.message"

    recipient_id = fields.Many2one(
        "res.partner", string="Goes to", readonly=True, ondelete="set null",
        help="The guardian or carer who gets it in the patient's place.",
    )  # fmt: skip
    merge_key = fields.Char(readonly=True, copy=False)
    merged_into_id = fields.Many2one(
        "prm.message", string="Said in", readonly=True, copy=False, index="btree_not_null",
        ondelete="set null",
    )  # fmt: skip

    _merge_idx = models.Index(
        "(company_id, merge_key) WHERE state = 'queued' AND merge_key IS NOT NULL"
    )

    @api.model
    def _merge_families(self, requests, decisions):
        """Let one request of each family speak for the others.

        :return: requests and decisions with the merged ones held back, and
            ``{index of a merged request: index of the one that speaks for it, or the prm.message
            that waits already}``.
        """
        if not any(request.merge_key for request in requests):
            return requests, decisions, {}
        requests, decisions = list(requests), list(decisions)
        merged = self._join_waiting(requests, decisions)
        for index in merged:
            decisions[index] = policy.Decision(policy.SUPPRESS, "merged")
        keys = [self._family_key(request) for request in requests]
        leads = policy.merge(list(zip(decisions, keys, strict=True)))
        followers = {index: lead for index, lead in enumerate(leads) if index != lead}
        lines = {}
        for index, lead in enumerate(leads):
            if keys[index] is not None and decisions[index].allowed:
                lines.setdefault(lead, []).append(requests[index].merge_line)
        for lead, family in lines.items():
            requests[lead] = self._with_lines(requests[lead], family)
        for index in followers:
            decisions[index] = policy.Decision(policy.SUPPRESS, "merged")
        return requests, decisions, {**merged, **followers}

    @api.model
    def _with_recipients(self, requests, facts):
        """The requests with who gets them, where that is not the patient."""
        if not any(fact.guardian for fact in facts):
            return requests
        patients = self.env["prm.patient"].browse({request.patient.id for request in requests})
        receivers = self.env["prm.guardian"]._receivers(patients)
        codes = registered_codes()
        result = []
        for request, fact in zip(requests, facts, strict=True):
            guardians = receivers.get(request.patient.id) if fact.guardian else None
            guardian, _addresses = self._receiver(request.patient, guardians, codes)
            result.append(replace(request, recipient=guardian.partner_id) if guardian else request)
        return result

    @api.model
    def _family_key(self, request):
        """What requests of one family have in common, None for one that stands alone."""
        if not request.merge_key:
            return None
        patient = request.patient
        family = patient.household_id.id or f"patient {patient.id}"
        return (patient.company_id.id, family, request.template.id, request.merge_key)

    @api.model
    def _with_lines(self, request, lines):
        variables = {**request.variables, "family.lines": [line for line in lines if line]}
        return replace(request, variables=variables)

    @api.model
    def _join_waiting(self, requests, decisions):
        """Add requests to messages of the family that wait already.

        :return: ``{index: prm.message that says it}``
        """
        keys = {request.merge_key for request in requests if request.merge_key}
        if not keys:
            return {}
        companies = {request.patient.company_id.id for request in requests}
        waiting = self.sudo().search(
            [
                ("company_id", "in", list(companies)),
                ("merge_key", "in", list(keys)),
                ("state", "=", "queued"),
            ]
        )
        if not waiting:
            return {}
        by_family = {
            (message._own_family_key(), message.channel_id.code, message.address): message
            for message in waiting.try_lock_for_update()
        }
        joined = {}
        for index, (request, decision) in enumerate(zip(requests, decisions, strict=True)):
            key = (self._family_key(request), decision.channel, decision.address)
            message = by_family.get(key) if decision.allowed and request.merge_key else None
            if message and message._add_line(request.merge_line):
                joined[index] = message
        return joined

    def _own_family_key(self):
        patient = self.patient_id
        family = patient.household_id.id or f"patient {patient.id}"
        return (self.company_id.id, family, self.template_id.id, self.merge_key)

    def _add_line(self, line):
        """Write a waiting message anew with one more line; False when that can't be done."""
        self.ensure_one()
        data = dict(self.request_data or {})
        variables = dict(data.get("variables") or {})
        known_lines = variables.get("family.lines") or []
        if line in known_lines:
            return True
        lines = [*known_lines, line]
        variables["family.lines"] = lines
        reader = self.recipient_id or self.patient_id
        body = self.template_id._pick_body(reader.lang, (self.channel_id.code,))
        known = self._patient_variables(self.patient_id, self.recipient_id)
        links = self._issue_links_anew(body, data)
        known.update((f"link.{action}", url) for action, (_link, url) in links.items())
        try:
            texts = body._render({**known, **variables})
        except templating.TemplateError:
            return False
        link, _url = links.get(data.get("link_action"), (self.link_id, None))
        self.write({**texts, "link_id": link.id, "request_data": {**data, "variables": variables}})
        return True

    def _issue_links_anew(self, body, data):
        """Links for a text that is written again: the addresses of the first ones nobody knows.

        :return: ``{action: (link, url)}``
        """
        issued = {}
        for action in {data.get("link_action"), *(body._link_actions() & set(EVERYWHERE))}:
            if action:
                about = action == data.get("link_action")
                record = self.res_model and self.env[self.res_model].browse(self.res_id)
                issued[action] = self.env["prm.link"]._issue(
                    action, self.patient_id, record=record if about else None,
                    payload=data.get("link_payload") if about else None,
                )  # fmt: skip
                issued[action][0].message_id = self
        return issued
