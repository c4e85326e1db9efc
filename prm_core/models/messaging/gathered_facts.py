"""From records to the gate's plain facts, set by set."""

from collections import defaultdict, namedtuple
from datetime import timedelta

from odoo import fields
from odoo.exceptions import MissingError
from odoo.tools import SQL

from ... import policy
from ...bulk import read_rows
from ...channels import registered_codes
from ...contact_hours import EVERY_DAY, Window
from .prm_gateway import BY_PEOPLE

#: Messages in these states have gone or are going: they count against a limit.
COUNTED_STATES = (
    "queued", "sending", "unknown", "sent", "delivered", "read", "acted",
)  # fmt: skip
WAITING_STATES = ("queued", "sending")
SATURDAY, SUNDAY = 5, 6

#: Patient's fields that are read.
_PATIENT_FIELDS = (
    "partner_id", "company_id", "status", "preferred_channel_id", "channel_order",
    "mobile_sanitized", "contact_from", "contact_to", "contact_paused_until",
)  # fmt: skip
#: Their contacts'.
_CONTACT_FIELDS = ("email", "tz", "country_id")
_PURPOSE_FIELDS = (
    "code", "name", "sequence", "opt_in", "hour_from", "hour_to", "sundays", "cap_count",
    "cap_days", "pausable",
)  # fmt: skip


_Patient = namedtuple("_Patient", (*_PATIENT_FIELDS, *_CONTACT_FIELDS))


def _minutes(hours):
    return round(hours * 60)


class _Rules:
    """What holds for one purpose in one or two countries, by channel where it differs.

    :param purpose: `prm.purpose`; :param rules: `prm.policy.rule` that apply.
    """

    def __init__(self, purpose, rules):
        self.opt_in = purpose.opt_in or any(rule.opt_in and not rule.channel_id for rule in rules)
        self.opt_in_channels = frozenset(
            rule.channel_id.code for rule in rules if rule.opt_in and rule.channel_id
        )
        self.hours = [
            self._hours(
                purpose.hour_from, purpose.hour_to, {SUNDAY: not purpose.sundays}, purpose.name
            )
        ]
        self.caps = []
        if purpose.cap_count:
            self.caps.append(
                policy.Cap(purpose.cap_count, purpose.cap_days, None, purpose.name or "")
            )
        for rule in rules:
            channel = rule.channel_id.code or None
            days_off = {SATURDAY: rule.no_saturdays, SUNDAY: rule.no_sundays}
            hours = self._hours(rule.hour_from, rule.hour_to, days_off, rule.source, channel)
            if hours.window != Window():
                self.hours.append(hours)
            if rule.cap_count:
                self.caps.append(policy.Cap(rule.cap_count, rule.cap_days, channel, rule.source))
        self.text_limits = {}
        for rule in rules:
            code = rule.channel_id.code
            if rule.max_text and code:
                self.text_limits[code] = min(
                    rule.max_text, self.text_limits.get(code, rule.max_text)
                )
        self.sources = {"no_permission": self._source_of_opt_in(purpose, rules)}

    @staticmethod
    def _hours(start, stop, days_off, source, channel=None):
        """:param days_off: weekday -> whether nothing goes on it."""
        days = EVERY_DAY - {day for day, off in days_off.items() if off}
        return policy.Hours(Window(_minutes(start), _minutes(stop), days), source or "", channel)

    @staticmethod
    def _source_of_opt_in(purpose, rules):
        named = [rule.source for rule in rules if rule.opt_in]
        return " · ".join(named or [purpose.name or ""])


class GatheredFacts:
    """The facts for a set of requests: what they share is asked for once.

    :param requests: list of `outbox.Request`.
    """

    def __init__(self, env, requests):
        self.env = env
        self.messages = env["prm.message"]
        self.now = fields.Datetime.now()
        # The requests may hold patients one by one: fetched together, they cost one query.
        self.patients = env["prm.patient"].browse(
            dict.fromkeys(request.patient.id for request in requests)
        )
        self._rows = self._read_patients()
        self.practices = env["res.company"].browse({row.company_id for row in self._rows.values()})
        self._companies = {company.id: company for company in self.practices}
        self._zones = {one.id: one.partner_id.tz or "UTC" for one in self.practices}
        self.receivers = env["prm.guardian"]._receivers(self.patients)
        codes = {request.purpose for request in requests}
        purposes = (
            env["prm.purpose"].sudo().search_fetch([("code", "in", list(codes))], _PURPOSE_FIELDS)
        )
        self.purposes = {purpose.code: purpose for purpose in purposes}
        self.channel_ids = env["prm.channel"]._ids_by_code()
        self.channel_codes = env["prm.channel"]._codes_by_id()
        self._waiting = self._read_waiting(requests)
        self.permissions = self._gather_permissions(purposes)
        self.holds = self.messages._get_holds(self.patients)
        self._rules, self._channels, self._exposed = {}, {}, {}
        self._approved, self._windows, self._usable = {}, None, {}
        self._wanted, self._codes = self._get_codes(requests), {}
        self._rules_by_country = self._gather_rules()
        self.contacts = self._gather_contacts(purposes)
        self._persons = {patient.id: self._person(patient) for patient in self.patients}
        self._gather_blocked()

    def of(self, request):
        """The facts about one request.

        :rtype: policy.Facts
        """
        patient, purpose = request.patient, self.purposes[request.purpose]
        person, waiting = self._persons[patient.id], self._waiting_of(request)
        rules = self._rules_of(person["countries"], purpose)
        pausable = purpose.pausable and not request.asked_now
        holds = self.holds.get(patient.id, ()) if pausable else ()
        caps = () if request.asked_now else tuple(rules.caps)
        hours = () if request.asked_now else (*rules.hours, *person["wishes"])
        return policy.Facts(
            status=person["status"],
            opt_in=rules.opt_in,
            opt_in_channels=rules.opt_in_channels,
            permissions=self.permissions.get((purpose.id, patient.id), {}),
            addresses=person["addresses"],
            blocked=person["blocked"],
            order=request.channels or person["order"],
            channels=self._channels_of(request),
            exposed=self._exposed_by(request, purpose),
            blocks=tuple(request.blocks),
            holds=tuple(holds),
            now=self.now,
            zone=person["zone"],
            hours=hours,
            paused_until=person["paused_until"] if pausable else None,
            caps=caps,
            contacts=self._contacts_of(request, purpose) if caps else (),
            not_after=waiting.expires_at if waiting else request.not_after,
            sources=rules.sources,
            guardian=bool(person["guardian"]),
            text_limits=rules.text_limits,
        )

    # -- what is asked for once

    def _read_patients(self):
        """``{patient id: row}`` with the patients' fields and those of their contacts.

        By one query, and without remembering all values as Odoo does, which takes several times as
        long: nobody asks for them again.

        :raises MissingError: when a patient is gone.
        """
        if not self.patients:
            return {}
        self.patients.check_access("read")
        tables = (
            ("p", self.patients, _PATIENT_FIELDS),
            ("c", self.env["res.partner"], _CONTACT_FIELDS),
        )
        for _alias, model, names in tables:
            model.flush_model(names)
        columns = [SQL.identifier(alias, name) for alias, _model, names in tables for name in names]
        rows = self.env.execute_query(
            SQL(
                """
                SELECT p.id, %s
                  FROM prm_patient p
                  JOIN res_partner c ON c.id = p.partner_id
                 WHERE p.id = ANY(%s)
                """,
                SQL(", ").join(columns),
                self.patients.ids,
            )
        )
        found = {number: _Patient(*values) for number, *values in rows}
        if len(found) < len(self.patients):
            raise MissingError(self.env._("A patient has been deleted meanwhile."))
        self.env["res.partner"].browse([row.partner_id for row in found.values()]).check_access(
            "read"
        )
        return found

    def _read_waiting(self, requests):
        """``{message id: its channel's id and until when it makes sense}`` of those that wait."""
        waiting = [request.message.id for request in requests if request.message]
        return read_rows(self.messages.browse(waiting), ("channel_id", "expires_at"))

    def _get_codes(self, requests):
        """Channels for which addresses are looked up: those that a request may take.

        Which guardian gets a message depends on who can be reached at all, and so does whose home a
        letter goes to: for them it is all channels, unless all messages wait for their own.

        :return: (codes for patients themselves, codes for guardians)
        """
        every = registered_codes()
        taken = set().union(*map(self._possible_channels, requests))
        own = every if "letter" in taken else tuple(code for code in every if code in taken)
        return own, own if all(request.message for request in requests) else every

    def _gather_permissions(self, purposes):
        """``{(purpose id, patient id): {channel code or None: state}}``"""
        result = defaultdict(dict)
        current = self.env["prm.consent"].sudo()._current(self.patients, purposes)
        for (patient_id, purpose_id, channel_id), state in current.items():
            result[purpose_id, patient_id][self.channel_codes.get(channel_id)] = state
        return result

    def _gather_rules(self):
        """``{country id: prm.policy.rule}``"""
        countries = {row.country_id for row in self._rows.values()}
        countries |= {company.country_id.id for company in self.practices}
        countries -= {None, False}
        if not countries:
            return {}
        rules = self.env["prm.policy.rule"].sudo()
        found = rules.search([("country_id", "in", list(countries))])
        return found.grouped(lambda rule: rule.country_id.id)

    def _gather_contacts(self, purposes):
        """``{patient id: [(moment, channel code, place of the purpose, message id, state)]}``

        Only as far back as the longest limit looks.
        """
        days = [purpose.cap_days for purpose in purposes if purpose.cap_count]
        for rules in self._rules_by_country.values():
            days += [rule.cap_days for rule in rules if rule.cap_count]
        result = defaultdict(list)
        if not days:
            return result
        self.messages.flush_model()
        since = self.now - timedelta(days=max(days))
        rows = self.env.execute_query(
            SQL(
                """
                SELECT m.patient_id, COALESCE(m.sent_at, m.scheduled_at), m.channel_id, p.sequence,
                       m.id, m.state
                  FROM prm_message m
                  JOIN prm_purpose p ON p.id = m.purpose_id
                 WHERE m.patient_id = ANY(%s) AND m.direction = 'out' AND m.state IN %s
                   AND COALESCE(m.sent_at, m.scheduled_at) > %s
                """,
                self.patients.ids,
                COUNTED_STATES,
                since,
            )
        )
        for patient_id, moment, channel_id, *rest in rows:
            result[patient_id].append((moment, self.channel_codes.get(channel_id), *rest))
        return result

    def _gather_blocked(self):
        """Put into each person which of the addresses must not be written to, and why."""
        addresses = {
            address for person in self._persons.values() for address in person["addresses"].values()
        }
        if not addresses:
            return
        reasons = self.env["prm.address.block"]._reasons(self.practices, addresses)
        if not reasons:
            return
        for patient_id, person in self._persons.items():
            company_id = self._rows[patient_id].company_id
            for code, address in person["addresses"].items():
                key = (company_id, self.channel_ids.get(code), address)
                if reason := reasons.get(key):
                    person["blocked"][code] = reason

    # -- what belongs to one request

    def _waiting_of(self, request):
        return self._waiting[request.message.id] if request.message else None

    def _person(self, patient):
        """What is the same for every request about a patient."""
        row = self._rows[patient.id]
        order = (row.channel_order or "").split(",")
        if not row.channel_order:
            order = [self.channel_codes.get(row.preferred_channel_id)]
        wishes = ()
        if row.contact_to:
            window = Window(_minutes(row.contact_from or 0), _minutes(row.contact_to))
            wishes = (policy.Hours(window, self.env._("The patient's own wish")),)
        guardians = self.receivers.get(patient.id)
        guardian, addresses = self.messages._receiver(
            patient, guardians, self._codes_of(row.company_id, bool(guardians)), row
        )
        zone = row.tz or self._zones[row.company_id]
        home = self._companies[row.company_id].country_id.id
        return {
            "status": row.status,
            "guardian": guardian,
            "addresses": addresses,
            "order": tuple(filter(None, order)),
            "zone": (guardian and guardian.partner_id.tz) or zone,
            "countries": (home, row.country_id),
            "wishes": wishes,
            "paused_until": row.contact_paused_until,
            "blocked": {},
        }

    def _rules_of(self, countries, purpose):
        """The rules for a purpose in the practice's country and the patient's (ids)."""
        key = (purpose.id, *countries)
        if key not in self._rules:
            none = self.env["prm.policy.rule"].sudo()
            rules = none.union(
                *(self._rules_by_country.get(country, none) for country in set(countries))
            )
            applying = rules.filtered(
                lambda rule: not rule.purpose_id or rule.purpose_id == purpose
            )
            self._rules[key] = _Rules(purpose, applying)
        return self._rules[key]

    def _channels_of(self, request):
        """Channels that can be used and for which there is a text, best first."""
        channels = self._possible_channels(request)
        if "whatsapp" in channels and not request.message and not self._may_whatsapp(request):
            return tuple(code for code in channels if code != "whatsapp")
        return channels

    def _possible_channels(self, request):
        """The same, whoever the patient is and whatever the patient wrote."""
        if waiting := self._waiting_of(request):
            return (self.channel_codes[waiting.channel_id],)
        template, company_id = request.template, self._rows[request.patient.id].company_id
        key = (company_id, template and template.id, request.exclude_channels, request.channels)
        if key not in self._channels:
            kinds = template._channel_kinds() if template else None
            self._channels[key] = tuple(
                code
                for code in self._usable_of(company_id)
                if (kinds is None or code in kinds)
                and code not in request.exclude_channels
                and (not request.channels or code in request.channels)
            )
        return self._channels[key]

    def _usable_of(self, company_id):
        if company_id not in self._usable:
            company = self._companies[company_id]
            self._usable[company_id] = self.env["prm.gateway"]._usable_channels(company)
        return self._usable[company_id]

    def _codes_of(self, company_id, of_guardians):
        """Channels for which addresses are looked at: where people send, only if they do."""
        key = (company_id, of_guardians)
        if key not in self._codes:
            usable, wanted = self._usable_of(company_id), self._wanted[of_guardians]
            self._codes[key] = [code for code in wanted if code not in BY_PEOPLE or code in usable]
        return self._codes[key]

    def _may_whatsapp(self, request):
        """Whether WhatsApp takes the message: for an approved template, or in a conversation."""
        patient = request.patient
        guardian = self._persons[patient.id]["guardian"]
        lang = guardian.partner_id.lang if guardian else patient.lang
        key = (request.template, lang)
        if request.template and key not in self._approved:
            body = request.template._pick_body(lang, ("whatsapp",))
            self._approved[key] = body._has_approved()
        if self._approved.get(key):
            return True
        if self._windows is None:
            self._windows = self.messages.sudo()._open_windows(self.patients)
        number = self._persons[patient.id]["addresses"].get("whatsapp")
        return (patient.id, number) in self._windows

    def _exposed_by(self, request, purpose):
        """Channels whose text names a treatment although the purpose keeps that to others."""
        key = (request.template and request.template.id, purpose.id)
        if key not in self._exposed:
            exposed = request.template._health_channels() if request.template else set()
            if exposed:
                exposed -= set(purpose.health_channel_ids.mapped("code"))
            self._exposed[key] = frozenset(exposed)
        return self._exposed[key]

    def _contacts_of(self, request, purpose):
        """Messages that count against the limits of this one.

        What has gone counts, whatever it was. Of what waits, only what is more important, or as
        important and earlier: else two that wait would hold each other back for ever.
        """
        own = request.message.id if request.message else None
        place = (purpose.sequence, own or float("inf"))
        return tuple(
            (moment, channel, message_id)
            for moment, channel, sequence, message_id, state in self.contacts.get(
                request.patient.id, ()
            )
            if message_id != own and (state not in WAITING_STATES or (sequence, message_id) < place)
        )
