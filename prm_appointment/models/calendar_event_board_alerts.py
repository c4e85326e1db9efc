from collections import defaultdict

from odoo import models
from odoo.addons.prm_core.contact_hours import local_time
from odoo.tools import formatLang

from .. import visit_status

_NEEDS_ANSWER, _WARNING, _GOOD = "danger", "warning", "info"


class CalendarEvent(models.Model):
    """What a card on the flow board should make somebody notice."""

    _inherit = "calendar.event"

    def _prm_board_alerts(self):
        """What to know about visits; other add-ons add theirs. One go for all, never one by one.

        :return: ``{visit id: [(code, label, icon, level)]}``; icon is a class of Font Awesome,
            level one of ``danger``, ``warning``, ``info``.
        """
        alerts, _ = defaultdict(list), self.env._
        seen, last_missed = self._prm_board_history()
        balances = self._prm_board_balances()
        for visit in self:
            patient, found = visit.prm_patient_id, alerts[visit.id]
            if visit.prm_to_approve:
                label = _("Waits for your approval")
                found.append(("to_approve", label, "fa-question-circle", _NEEDS_ANSWER))
            elif visit.prm_status == visit_status.BOOKED:
                found.append(("unconfirmed", _("Not confirmed"), "fa-bell-o", _WARNING))
            if patient.id in last_missed:
                label = _("Did not come last time")
                found.append(("missed_last", label, "fa-history", _WARNING))
            if patient.id not in seen:
                found.append(("first_visit", _("First visit"), "fa-star-o", _GOOD))
            if visit._prm_is_birthday():
                found.append(("birthday", _("Birthday"), "fa-birthday-cake", _GOOD))
            balance = balances.get(patient.partner_id.id, 0)
            if balance > 0:
                currency = visit.prm_company_id.currency_id
                amount = formatLang(self.env, balance, currency_obj=currency)
                found.append(("balance", _("Open: %s", amount), "fa-money", _WARNING))
        return alerts

    def _prm_is_birthday(self):
        """Whether the patient has their birthday on the day of the visit."""
        born = self.prm_patient_id.birth_date
        day = local_time(self.start, self._prm_zone()).date()
        return bool(born) and (born.month, born.day) == (day.month, day.day)

    def _prm_board_history(self):
        """Ids of patients who have been here before, and of those who missed their last visit."""
        if not self:
            return set(), set()
        latest = defaultdict(dict)
        rows = self._read_group(
            [
                ("prm_patient_id", "in", self.prm_patient_id.ids),
                ("prm_status", "in", (visit_status.COMPLETED, visit_status.NO_SHOW)),
                ("start", "<", min(self.mapped("start"))),
            ],
            ["prm_patient_id", "prm_status"],
            ["start:max"],
        )
        for patient, status, start in rows:
            latest[patient.id][status] = start
        # Whom another system knows, or whose first visit is on record, is not new here.
        known = self.prm_patient_id.filtered(
            lambda patient: patient.first_visit_date or patient.identifier_ids
        )
        seen = {key for key, starts in latest.items() if visit_status.COMPLETED in starts}
        missed = {key for key, starts in latest.items() if max(starts, key=starts.get) == "no_show"}
        return seen | set(known.ids), missed

    def _prm_board_balances(self):
        """What is open: ``{partner id: amount}``; nothing without accounting or leave to see it."""
        people = self.prm_patient_id.partner_id
        field = people._fields.get("credit")
        if not field or not people._has_field_access(field, "read"):
            return {}
        return {person.id: person.credit for person in people}
