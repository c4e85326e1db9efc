from collections import defaultdict

from odoo import fields, models
from odoo.addons.prm_core.contact_hours import local_time
from odoo.tools import formatLang

from .. import no_show, visit_status

_NEEDS_ANSWER, _WARNING, _GOOD = "danger", "warning", "info"


class CalendarEvent(models.Model):
    """What a card on the flow board should make somebody notice."""

    _inherit = "calendar.event"

    def _prm_board_alerts(self):
        """What to know about visits; other add-ons add theirs. One go for all, never one by one.

        :return: ``{visit id: [(code, label, icon, level)]}``; icon is a class of Font Awesome,
            level one of ``danger``, ``warning``, ``info``.
        """
        alerts = defaultdict(list)
        history, balances = self._prm_read_history(), self._prm_board_balances()
        risks = self._prm_risks(history)
        for visit in self:
            found = alerts[visit.id]
            found += visit._prm_status_alerts()
            found += visit._prm_person_alerts(history[visit.id], risks.get(visit.id))
            balance = balances.get(visit.prm_patient_id.partner_id.id, 0)
            if balance > 0:
                currency = visit.prm_company_id.currency_id
                amount = formatLang(self.env, balance, currency_obj=currency)
                label = self.env._("Open: %s", amount)
                found.append(("balance", label, "fa-money", _WARNING))
        return alerts

    def _prm_status_alerts(self):
        """What the status asks for."""
        _, expected = self.env._, (visit_status.BOOKED, visit_status.CONFIRMED)
        if self.prm_to_approve:
            label = _("Waits for your approval")
            return [("to_approve", label, "fa-question-circle", _NEEDS_ANSWER)]
        if self.prm_status in expected and self.stop <= fields.Datetime.now():
            return [("unsettled", _("Over: did they come?"), "fa-question", _NEEDS_ANSWER)]
        if self.prm_status == visit_status.BOOKED:
            return [("unconfirmed", _("Not confirmed"), "fa-bell-o", _WARNING)]
        return []

    def _prm_person_alerts(self, past, estimate):
        """What is to be known of the patient.

        :param past: see `_prm_read_history`; :param estimate: see `_prm_risks`, or None.
        """
        _, found = self.env._, []
        model, risk = estimate or (None, None)
        if risk and model.level(risk.probability) != no_show.LOW:
            label = _("May not come: %s", self._prm_say_risk(risk))
            found.append(("risk", label, "fa-umbrella", _WARNING))
        elif past.missed_last:
            label = _("Did not come last time")
            found.append(("missed_last", label, "fa-history", _WARNING))
        if not past.came:
            found.append(("first_visit", _("First visit"), "fa-star-o", _GOOD))
        if self._prm_is_birthday():
            found.append(("birthday", _("Birthday"), "fa-birthday-cake", _GOOD))
        return found

    def _prm_is_birthday(self):
        """Whether the patient has their birthday on the day of the visit."""
        born = self.prm_patient_id.birth_date
        day = local_time(self.start, self._prm_zone()).date()
        return bool(born) and (born.month, born.day) == (day.month, day.day)

    def _prm_board_balances(self):
        """What is open: ``{partner id: amount}``; nothing without accounting or leave to see it."""
        people = self.prm_patient_id.partner_id
        field = people._fields.get("credit")
        if not field or not people._has_field_access(field, "read"):
            return {}
        return {person.id: person.credit for person in people}
