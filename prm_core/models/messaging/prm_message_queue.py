import json
import secrets
import time
from collections import defaultdict
from dataclasses import replace
from datetime import timedelta
from functools import cache
from typing import NamedTuple

from odoo import api, fields, models
from odoo.tools import SQL

from ... import policy, templating
from ...bulk import insert, read_rows
from ...channels import manual_codes
from ..patient.prm_patient import SALUTATION_FIELDS, salutation
from .prm_link import EVERYWHERE

#: Columns that not every message has; the others are always given.
_BLANK = dict.fromkeys(("reason", "detail", "subject", "body", "lang", "expires_at"), False)


class _Person(NamedTuple):
    """What a message has to know of its patient."""

    company_id: int
    called: str
    name: str
    lang: str | None


def _new_key():
    """A key that nobody guesses, 32 hexadecimal digits: the moment in front, 80 random bits behind.

    So keys grow with time, and the index over all of them does so at one end (as RFC 9562, 5.7
    puts it for UUIDs).
    """
    return f"{time.time_ns() // 1_000_000:012x}{secrets.token_hex(10)}"


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
        requests = self._with_recipients(requests, facts)
        requests, decisions, merged = self._merge_families(requests, decisions)
        vals_list, links = self._prepare_all_vals(requests, decisions, facts)
        self._track_addresses(vals_list, requests, links)
        messages = insert(self.sudo(), vals_list)
        for index, lead in merged.items():
            messages[index].merged_into_id = messages[lead] if isinstance(lead, int) else lead
        if links:
            self._tie_links(messages, links)
        if any(vals["state"] == "queued" for vals in vals_list):
            self._wake_dispatcher()
        return messages.with_env(self.env)

    @api.model
    def _prepare_all_vals(self, requests, decisions, facts):
        """Values of all messages, and the links that they carry (see `_issue_links`)."""
        channels = self.env["prm.channel"]._ids_by_code()
        by_people = manual_codes()
        purposes = {
            purpose.code: purpose.id for purpose in self.env["prm.purpose"].sudo().search([])
        }
        people = self._read_people(requests)
        now = fields.Datetime.now()

        @cache
        def practice_variables(company_id):
            return self._practice_variables(self.env["res.company"].browse(company_id))

        @cache
        def pick_body(template, lang, channel):
            return template._pick_body(lang, (channel,))

        def body_of(request, decision):
            reader = request.recipient or people[request.patient.id]
            return request.template and pick_body(request.template, reader.lang, decision.channel)

        links = self._issue_links(requests, decisions, body_of)
        vals_list = []
        for index, (request, decision) in enumerate(zip(requests, decisions, strict=True)):
            of_request, person = links.get(index, {}), people[request.patient.id]
            vals = self._prepare_message_vals(request, decision, now)
            vals["company_id"] = person.company_id
            if decision.allowed:
                known = dict(practice_variables(person.company_id))
                known.update((f"link.{action}", url) for action, (_link, url) in of_request.items())
                body = body_of(request, decision)
                vals.update(self._prepare_words(request, person, known, body))
            vals["channel_id"] = channels.get(decision.channel, False)
            vals["by_hand"] = decision.channel in by_people
            vals["purpose_id"] = purposes[request.purpose]
            link, _url = of_request.get(request.link_action, (False, False))
            vals["link_id"] = link and link.id
            vals["facts"] = policy.to_plain(facts[index])
            if vals["state"] == "queued":
                reason = policy.text_reason(facts[index], decision.channel, vals["body"])
                vals.update({"state": "suppressed", "reason": reason} if reason else {})
            vals_list.append(vals)
        return vals_list, links

    @api.model
    def _read_people(self, requests):
        """``{patient id: _Person}``"""
        patients = self.env["prm.patient"].browse({request.patient.id for request in requests})
        names = ("company_id", "partner_id", *SALUTATION_FIELDS)
        contacts = read_rows(patients.partner_id, ("name", "lang"))
        return {
            number: _Person(
                row.company_id, salutation(row), contacts[row.partner_id].name or "",
                contacts[row.partner_id].lang,
            )
            for number, row in read_rows(patients, names).items()
        }  # fmt: skip

    @api.model
    def _share_prefetch(self, requests):
        """The same requests with patients that are read together, however they came."""
        patients = [request.patient for request in requests]
        groups = {id(patient._prefetch_ids) for patient in patients}
        if len(groups) * 100 <= len(requests) and all(one.env is self.env for one in patients):
            return requests
        ids = list(dict.fromkeys(request.patient.id for request in requests))
        patients = {patient.id: patient for patient in self.env["prm.patient"].browse(ids)}
        return [replace(request, patient=patients[request.patient.id]) for request in requests]

    @api.model
    def _tie_links(self, messages, links):
        """Tell each link which message carries it.

        :param links: as `_issue_links` gives them, by the place of the message.
        """
        pairs = [
            (link.id, messages[index].id)
            for index, of_request in links.items()
            for link, _url in of_request.values()
        ]
        self.env.execute_query(
            SQL(
                """
                UPDATE prm_link l SET message_id = pair.message_id
                  FROM unnest(%s, %s) AS pair(link_id, message_id)
                 WHERE l.id = pair.link_id
             RETURNING l.id
                """,
                [link for link, _message in pairs],
                [message for _link, message in pairs],
            )
        )
        self.env["prm.link"].invalidate_model(["message_id"], flush=False)

    @api.model
    def _issue_links(self, requests, decisions, body_of):
        """Signed links for the requests that may go: the one that a request wants, and those that
        its text holds besides.

        :param body_of: gives the `prm.template.body` for a request and a decision.
        :return: ``{index: {action: (link, url)}}``
        """

        @cache
        def links_of(body):
            return body._link_actions() & set(EVERYWHERE)

        wanted, wishes = [], []
        for index, (request, decision) in enumerate(zip(requests, decisions, strict=True)):
            if not decision.allowed:
                continue
            if request.link_action:
                wanted.append((index, request.link_action))
                wishes.append(
                    {
                        "action": request.link_action,
                        "patient": request.patient,
                        "record": request.record,
                        "payload": request.link_payload,
                    }
                )
            if not request.template:
                continue
            for action in sorted(links_of(body_of(request, decision)) - {request.link_action}):
                wanted.append((index, action))
                wishes.append({"action": action, "patient": request.patient})
        result = defaultdict(dict)
        for (index, action), issued in zip(
            wanted, self.env["prm.link"]._issue_many(wishes), strict=True
        ):
            result[index][action] = issued
        return result

    @api.model
    def _prepare_message_vals(self, request, decision, now):
        """Values of the message for one request and what the gate said of it, but for its words."""
        vals = {
            **_BLANK,
            "patient_id": request.patient.id,
            "template_id": request.template.id if request.template else False,
            "res_model": request.record._name if request.record else False,
            "res_id": request.record.id if request.record else False,
            "idempotency_key": _new_key(),
            "policy_version": policy.VERSION,
            "address": decision.address or False,
            "scheduled_at": decision.until or now,
            "request_data": self._prepare_request_data(request),
            "recipient_id": request.recipient.id if request.recipient else False,
            "merge_key": request.merge_key or False,
            "fallback_of_id": request.fallback_of.id if request.fallback_of else False,
            "reply_to_id": request.answer_to.id if request.answer_to else False,
            "typed": bool(request.text and not request.template),
        }
        if not decision.allowed:
            vals.update(self._prepare_own_words(request))
            return {**vals, "state": "suppressed", "reason": decision.reason}
        vals["expires_at"] = request.not_after or now + timedelta(days=policy.MAX_DEFER_DAYS)
        if request.fallback_of and request.fallback_of.expires_at:
            vals["expires_at"] = request.fallback_of.expires_at
        vals["reason"] = decision.reason if decision.until else False
        return {**vals, "state": "queued"}

    @api.model
    def _prepare_words(self, request, person, known, body):
        """Subject, body and language of a message that may go, or why there are none.

        :param person: the patient, a `_Person`.
        :param known: the template's variables about the practice, and addresses of its links.
        :param body: the `prm.template.body`, if the request has a template.
        """
        if not request.template:
            return self._prepare_own_words(request)
        values = {
            **self._person_variables(person.called, person.name, request.recipient),
            "family.lines": [request.merge_line] if request.merge_line else [],
            **request.variables,
            **known,
        }
        try:
            words = body._render(values)
            if approved := body._render_approved(values):
                data = self._prepare_request_data(request) or {}
                words["request_data"] = {**data, "approved": approved}
            return words
        except templating.TemplateError as error:
            detail = body._explain(error)
            return {"state": "suppressed", "reason": "bad_template", "detail": detail}

    @api.model
    def _prepare_own_words(self, request):
        """Subject and body as a person typed them, if one did; nothing in them is filled in.

        They are kept even when they are held back: somebody took the trouble to write them.
        """
        if request.template:
            return {}
        return {
            "subject": " ".join(request.subject.split()) or False,
            "body": request.text.strip(),
            "lang": (request.lang or "en")[:2],
        }

    @api.model
    def _prepare_request_data(self, request):
        """What of a request the other columns don't hold; what JSON does not know becomes text."""
        data = {
            "variables": request.variables,
            "link_action": request.link_action,
            "link_payload": request.link_payload,
        }
        if request.channels:
            data["channels"] = request.channels
        if request.asked_now:
            data["asked_now"] = True
        return json.loads(json.dumps(data, default=str)) if any(data.values()) else False

    @api.model
    def _patient_variables(self, patient, recipient=None):
        """Values that every template may use about the patient and the practice."""
        return {
            **self._person_variables(
                patient._salutation(), patient.partner_id.name or "", recipient
            ),
            **self._practice_variables(patient.company_id),
        }

    @api.model
    def _person_variables(self, called, name, recipient=None):
        """Values about the patient.

        :param called: what to call them; :param name: first and last name.
        :param recipient: the contact who reads it when that is not the patient.
        """
        reader = (recipient and recipient.name) or ""
        return {
            "patient.first_name": called,
            "patient.full_name": name,
            "recipient.name": reader or called,
            "recipient.full_name": reader or name,
            "recipient.called": f"{reader} ({called})" if reader and called else reader or called,
            "recipient.is_guardian": bool(recipient),
        }

    @api.model
    def _practice_variables(self, company):
        """Values that are the same for all patients of a practice."""
        practice = company.partner_id
        return {
            "practice.name": company.name or "",
            "practice.phone": practice.phone or "",
            "practice.email": company.email or "",
            "practice.says_stop": bool(
                self.env["prm.policy.rule"]._sms_limits(company.country_id.id)
            ),
            "practice.address": ", ".join(
                part for part in (practice.street, practice.zip, practice.city) if part
            ),
        }
