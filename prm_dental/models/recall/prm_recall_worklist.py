from collections import defaultdict
from textwrap import shorten

from odoo import api, fields, models
from odoo.addons.prm_core.outbox import Request
from odoo.fields import Domain
from odoo.tools import SQL, format_datetime, format_time, formatLang

from .prm_recall_outreach import PURPOSE

#: Families on one page.
PAGE = 20
#: Up to so many are counted; beyond, "more than" is enough to know.
COUNTED = 1000
#: Letters of what a patient has written.
MESSAGE_SHOWN = 160


class PrmRecallWorklist(models.Model):
    """The worklist: who is due, family by family, with all that a call needs on the row.

    A page is read in a fixed number of queries. Its order is by the day on which the first of a
    family was due.
    """

    _inherit = "prm.recall"

    call_again_on = fields.Date(copy=False, help="Until then the worklist doesn't show it.")

    # === WHAT THE CLIENT CALLS ===

    @api.model
    @api.readonly
    def prm_worklist(self, offset=0, type_id=None, words=""):
        """One page of the worklist in the practices that are chosen above.

        :param int offset: families to leave out; :param int type_id: only this kind of recall.
        :param str words: parts of a name, a number or a birth date of a patient.
        :return: plain values: ``families`` (``key``, ``name``, ``rows``), ``total`` (recalls; at
            most `COUNTED`), ``more`` (whether another page follows), ``kinds`` for the filter,
            ``can_act``. Dates are ISO, and in words as ``…_text``.
        """
        leads = self._worklist_leads(type_id, words, offset)
        more, leads = len(leads) > PAGE, leads[:PAGE]
        families = self._worklist_families(leads, self._worklist_rows(leads, type_id))
        kinds = self.env["prm.recall.type"].search([("active", "=", True)])
        return {
            "families": families,
            "total": self.search_count(self._worklist_domain(type_id, words), limit=COUNTED),
            "more": more,
            "page": PAGE,
            "kinds": [{"id": kind.id, "name": kind.name} for kind in kinds],
            "can_act": self.env.user.has_group("prm_core.group_prm_receptionist"),
        }

    # === WHO ===

    @api.model
    def _worklist_domain(self, type_id=None, words=""):
        today = fields.Date.context_today(self)
        domain = self._get_due_domain()
        domain &= Domain("call_again_on", "=", False) | Domain("call_again_on", "<=", today)
        if type_id:
            domain &= Domain("type_id", "=", type_id)
        if words and words.strip():
            domain &= Domain("patient_id.display_name", "ilike", words.strip())
        return domain

    @api.model
    def _worklist_leads(self, type_id, words, offset):
        """The first recall of each family, one more than a page holds.

        PostgreSQL goes along the index of due dates and stops when the page is full. A search for
        names finds few: they are put together here.
        """
        if words and words.strip():
            found = self.search(
                self._worklist_domain(type_id, words), order="due_date, id", limit=COUNTED
            )
            leads = {self._family_key(recall): recall for recall in reversed(found)}
            chosen = self.browse([recall.id for recall in found if recall in leads.values()])
            return chosen[offset : offset + PAGE + 1]
        self.check_access("read")
        self.flush_model()
        self.env["prm.patient"].flush_model(["household_id", "status", "active"])
        rows = self.env.execute_query(
            SQL(
                """
                SELECT r.id
                  FROM prm_recall r
                  JOIN prm_patient p ON p.id = r.patient_id
                 WHERE %(due)s
                   AND NOT EXISTS (
                       SELECT FROM prm_recall o
                        WHERE o.patient_id = p.id AND %(own_due)s
                          AND (o.due_date, o.id) < (r.due_date, r.id))
                   AND NOT EXISTS (
                       SELECT FROM prm_patient q JOIN prm_recall o ON o.patient_id = q.id
                        WHERE q.household_id = p.household_id AND %(other_due)s
                          AND (o.due_date, o.id) < (r.due_date, r.id))
              ORDER BY r.due_date, r.id
                 LIMIT %(limit)s OFFSET %(offset)s
                """,
                due=self._worklist_condition("r", "p", type_id),
                own_due=self._worklist_condition("o", "p", type_id),
                other_due=self._worklist_condition("o", "q", type_id),
                limit=PAGE + 1,
                offset=offset,
            )
        )
        return self.browse([recall_id for (recall_id,) in rows])

    @api.model
    def _worklist_condition(self, recall, patient, type_id):
        """`_worklist_domain` in SQL, for two tables under these names."""
        return SQL(
            """%(p)s.active AND %(p)s.status = 'active' AND %(r)s.company_id = ANY(%(companies)s)
               AND %(r)s.due_date <= %(today)s AND %(r)s.disabled IS NOT TRUE
               AND %(r)s.held IS NOT TRUE
               AND (%(r)s.disabled_until IS NULL OR %(r)s.disabled_until <= %(today)s)
               AND (%(r)s.applies_until IS NULL OR %(r)s.applies_until >= %(today)s)
               AND (%(r)s.appointment_at IS NULL OR %(r)s.appointment_at < %(midnight)s)
               AND (%(r)s.ride_from IS NULL OR %(r)s.ride_from > %(today)s)
               AND (%(r)s.call_again_on IS NULL OR %(r)s.call_again_on <= %(today)s)
               AND %(of_type)s""",
            r=SQL.identifier(recall),
            p=SQL.identifier(patient),
            companies=self.env.companies.ids,
            today=fields.Date.context_today(self),
            midnight=self._midnight(),
            of_type=(
                SQL("%s.type_id = %s", SQL.identifier(recall), type_id) if type_id else SQL("true")
            ),
        )

    def _family_key(self, recall):
        """What stands for the family of a recall: the household, else the patient alone."""
        patient = recall.patient_id
        return f"h{patient.household_id.id}" if patient.household_id else f"p{patient.id}"

    @api.model
    def _worklist_rows(self, leads, type_id):
        """All recalls of these families that are due, leads among them, in order."""
        patients = leads.patient_id
        family = Domain("patient_id", "in", patients.ids)
        if patients.household_id:
            family |= Domain("patient_id.household_id", "in", patients.household_id.ids)
        return self.search(self._worklist_domain(type_id) & family, order="due_date, id")

    # === WHAT STANDS ON A ROW ===

    @api.model
    def _worklist_families(self, leads, recalls):
        """Plain values of families, in the order of their leads."""
        values = recalls._worklist_values()
        by_family = defaultdict(list)
        for recall in recalls:
            by_family[self._family_key(recall)].append(values[recall.id])
        families = []
        for lead in leads & recalls:
            key, household = self._family_key(lead), lead.patient_id.household_id
            families.append(
                {
                    "key": key,
                    "name": household.name if household else lead.patient_id.name,
                    "open": values[lead.id]["open"],
                    "rows": by_family[key],
                }
            )
        return families

    def _worklist_values(self):
        """``{recall id: plain values}`` in a fixed number of queries."""
        patients = self.patient_id
        known = {
            "receivers": self.env["prm.guardian"].sudo()._receivers(patients),
            "balances": patients.sudo()._family_balances(),
            "alerts": self.env["prm.health.fact"]._alerts(patients),
            "barriers": patients._worklist_barriers(),
            "calls": self._last_calls(),
            "written": patients._last_words(),
            "verdicts": self._call_verdicts(),
            "languages": dict(self.env["res.lang"].get_installed()),
        }
        return {recall.id: recall._worklist_row(known) for recall in self}

    def _worklist_row(self, known):
        """One row; what costs a query is in ``known``."""
        self.ensure_one()
        patient = self.patient_id
        speaker = known["receivers"].get(patient.id, self.env["prm.guardian"])[:1]
        balance = known["balances"].get(patient.id, 0)
        outcome, advice = known["verdicts"].get(self.id, ("allow", ""))
        call = known["calls"].get(self.id, {})
        return {
            "id": self.id,
            "patient_id": patient.id,
            "patient": patient.name or "",
            "age": patient.age if patient.birth_date else None,
            "speaker": speaker.partner_id.name or "",
            "phone": speaker.phone or patient.mobile or patient.phone or "",
            "lang": known["languages"].get(patient.lang, patient.lang or ""),
            "kind": self.type_id.name,
            "riders": self.rider_text,
            "minutes": self.visit_minutes,
            "reason": self.reason or "",
            "last_visit": self._words_of_day(self.previous_date),
            "due": self._words_of_day(self.due_date),
            "days_overdue": self.days_overdue,
            "asked": self.contact_count,
            "last_contact": self._words_of_day(self._last_contact_day(call)),
            "last_outcome": call.get("words", ""),
            "written": self._words_of_message(known["written"].get(patient.id)),
            "channel": patient.preferred_channel_id.name or "",
            "hours": self._words_of_hours(),
            "alerts": known["alerts"].get(patient.id, []),
            "barriers": known["barriers"].get(patient.id, []),
            "open": (
                formatLang(self.env, balance, currency_obj=self.company_id.currency_id)
                if balance > 0
                else ""
            ),
            "call": outcome,
            "call_advice": advice,
            "bookable": bool(self.visit_minutes),
        }

    def _last_contact_day(self, call):
        days = (self.last_contact_at and self.last_contact_at.date(), call.get("day"))
        return max(filter(None, days), default=None)

    def _words_of_message(self, message):
        """What the patient has written last, with its day; what goes on is in the conversation."""
        if not message:
            return ""
        day, text = message
        return f"{self._words_of_day(day)}: {shorten(text, MESSAGE_SHOWN, placeholder='…')}"

    def _words_of_hours(self):
        """When the patient likes to be called, on their own clock."""
        patient = self.patient_id
        if not patient.contact_to:
            return ""

        def clock(hour):
            return f"{int(hour):02d}:{round(hour % 1 * 60):02d}"

        return f"{clock(patient.contact_from)} – {clock(patient.contact_to)}"

    def _last_calls(self):
        """What came of the last call about each recall: ``{recall id: {"day", "words"}}``."""
        kind = self.env["prm.event.type"]._id_of("recall_called")
        self.env["prm.event"].flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT ON (e.res_id) e.res_id, e.occurred_at::date, e.payload
                  FROM prm_event e
                 WHERE e.patient_id = ANY(%s) AND e.event_type_id = %s
                   AND e.res_model = 'prm.recall' AND e.res_id = ANY(%s)
              ORDER BY e.res_id, e.occurred_at DESC, e.id DESC
                """,
                list(self.patient_id.ids),
                kind,
                list(self.ids),
            )
        )
        return {
            recall_id: {
                "day": day,
                "words": " · ".join(
                    filter(
                        None, ((payload or {}).get(key) for key in ("outcome", "reason", "note"))
                    )
                ),
            }
            for recall_id, day, payload in rows
        }

    def _call_verdicts(self):
        """Whether the gate lets us call each patient now: ``{recall id: (outcome, words)}``."""
        requests = [
            Request(
                patient=recall.patient_id,
                purpose=PURPOSE,
                text=recall.type_id.name,
                record=recall,
            )
            for recall in self
        ]
        verdicts = self.patient_id._call_verdicts(requests)
        return dict(zip(self.ids, verdicts, strict=True))

    # === FREE TIMES OF THE ROW IN HAND ===

    @api.readonly
    def prm_worklist_slots(self):
        """The next free times for the visit that this recall asks for, at most two a day.

        :return: list of ``start`` (ISO, UTC), ``provider_id``, ``day``, ``time``, ``provider``.
        """
        self.ensure_one()
        self.check_access("read")
        kind = self.type_id.with_company(self.company_id).appointment_type_id
        if not kind:
            return []
        zone = self.company_id._prm_zone()
        slots = self._worklist_free(kind)
        providers = self.env["prm.provider"].browse({slot.provider_id for slot in slots})
        names = {provider.id: provider.name for provider in providers}
        return [
            {
                "start": f"{slot.start.isoformat(timespec='seconds')}Z",
                "provider_id": slot.provider_id,
                "day": format_datetime(self.env, slot.start, tz=zone, dt_format="EEE d MMM"),
                "time": format_time(self.env, slot.start, tz=zone, time_format="short"),
                "provider": names[slot.provider_id],
            }
            for slot in slots
        ]
