from datetime import timedelta

from odoo import api, fields, models
from odoo.addons.prm_core.contact_hours import local_time, start_of_day
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import format_time

from .. import visit_status

#: What the bus tells the desks, and the part of a practice's channel on which it does.
BOARD_CHANGED = "prm_board_changed"
BOARD_CHANNEL = "prm_board"
_TOLD = "prm_appointment.board_told"

_FIELDS = (
    "start", "stop", "prm_patient_id", "prm_type_id", "prm_provider_id", "prm_operatory_id",
    "prm_company_id", "prm_status", "prm_to_approve", "prm_note", "prm_confirmed_at",
    "prm_arrived_at", "prm_in_chair_at",
)  # fmt: skip


class CalendarEvent(models.Model):
    """The flow board: a day's visits by how far they are, the same at every desk."""

    _inherit = "calendar.event"

    # ------------------------------------------------------------
    # WHAT THE CLIENT CALLS
    # ------------------------------------------------------------

    @api.model
    @api.readonly
    def prm_board(self, day=None):
        """The board of a day in the practices that are chosen above.

        :param str day: ISO date on the practice's calendar; today if missing.
        :return: plain values, see `_prm_board`.
        """
        return self._prm_board(fields.Date.to_date(day) if day else None, self.env.companies)

    def prm_board_move(self, status, seen, sure=False):
        """Set the status of one visit from the board.

        :param str seen: the status that the card showed: somebody else may have been quicker.
        :param bool sure: the person has been asked.
        :return: ``{"moved": True}``, or ``{"ask": sentence}``, ``{"changed": sentence}``,
            ``{"action": …}`` (by whom and why it is cancelled), and then nothing has happened.
        :raises UserError: with a sentence why not.
        """
        self.ensure_one()
        self.check_access("write")
        if not self.prm_patient_id:
            raise UserError(self.env._("This is no visit, so it has no place on the board."))
        if self.prm_status == status:
            return {"moved": True}
        if self.prm_status != seen:
            return {"changed": self._prm_board_changed_sentence()}
        verdict = self._prm_judge(status)
        if verdict.outcome == visit_status.REFUSED:
            raise UserError(self._prm_status_refusal(status, verdict.reason))
        if status == visit_status.CANCELLED:
            return {"action": self.action_prm_cancel()}
        if verdict.outcome == visit_status.ASK and not sure:
            return {"ask": self._prm_board_question(status)}
        self._prm_set_status(status)
        return {"moved": True}

    # ------------------------------------------------------------
    # VALUES
    # ------------------------------------------------------------

    @api.model
    def _prm_board(self, day, companies):
        """All cards of a day, in a fixed number of queries.

        :param day: date on the calendar of each practice; None for today.
        :return: ``{"day", "today": ISO dates, "now": moment, "can_act": bool, "cards": [dict]}``;
            moments are ISO in UTC, times of day are on the practice's clock.
        """
        today = local_time(fields.Datetime.now(), companies[:1]._prm_zone()).date()
        day = day or today
        visits = self.with_context(active_test=False).search_fetch(
            self._prm_board_domain(day, companies), _FIELDS, order="start, id"
        )
        alerts = visits._prm_board_alerts()
        user = self.env.user
        can_act = user.has_group("prm_core.group_prm_receptionist") or user.has_group(
            "prm_core.group_prm_clinician"
        )
        return {
            "day": day.isoformat(),
            "today": today.isoformat(),
            "now": _moment(fields.Datetime.now()),
            "can_act": can_act,
            "companies": companies.ids,
            "cards": [visit._prm_board_card(alerts.get(visit.id, ()), can_act) for visit in visits],
        }

    @api.model
    def _prm_board_domain(self, day, companies):
        """Visits of the day, which begins at another moment in each time zone."""
        parts = []
        for company in companies:
            zone = company._prm_zone()
            parts.append(
                Domain("prm_company_id", "=", company.id)
                & Domain("start", ">=", start_of_day(day, zone))
                & Domain("start", "<", start_of_day(day + timedelta(days=1), zone))
            )
        return Domain("prm_patient_id", "!=", False) & Domain.OR(parts)

    def _prm_board_card(self, alerts, can_act):
        zone, patient = self._prm_zone(), self.prm_patient_id
        return {
            "id": self.id,
            "status": self.prm_status,
            "time": format_time(self.env, self.start, tz=zone, time_format="short"),
            "minutes": round((self.stop - self.start).total_seconds() / 60),
            "start": _moment(self.start),
            "arrived_at": _moment(self.prm_arrived_at),
            "in_chair_at": _moment(self.prm_in_chair_at),
            "patient_id": patient.id,
            "patient": patient.name or "",
            "age": patient.age if patient.birth_date else None,
            "kind": self.prm_type_id.name or "",
            "provider_id": self.prm_provider_id.id,
            "provider": self.prm_provider_id.name,
            "color": self.prm_provider_id.color,
            "chair_id": self.prm_operatory_id.id or None,
            "chair": self.prm_operatory_id.name or "",
            "note": self.prm_note or "",
            "to_approve": self.prm_to_approve,
            "expected": self._prm_board_expected(),
            "alerts": [
                {"code": code, "label": label, "icon": icon, "level": level}
                for code, label, icon, level in alerts
            ],
            "steps": self._prm_board_steps() if can_act else [],
        }

    def _prm_board_expected(self):
        """Which status it is to be expected again: it stays confirmed if it was."""
        over = self.prm_status in (visit_status.NO_SHOW, visit_status.CANCELLED)
        if over or not self.prm_confirmed_at:
            return visit_status.BOOKED
        return visit_status.CONFIRMED

    def _prm_board_steps(self):
        """Buttons of the card, the next step first: on the day, that is arriving."""
        labels, steps = self._prm_board_labels(), []
        if self.prm_to_approve:
            steps.append({"status": "approve", "label": labels["approve"], "back": False})
        # Who has arrived goes back to what they were before: booked, or confirmed.
        other = {visit_status.BOOKED, visit_status.CONFIRMED} - {self._prm_board_expected()}
        offered = sorted(
            self._prm_steps(), key=lambda step: (step.back, step.target != visit_status.ARRIVED)
        )
        for step in offered:
            if step.source == visit_status.ARRIVED and step.target in other:
                continue
            label = labels.get((step.source, step.target)) or labels[step.target]
            steps.append({"status": step.target, "label": label, "back": step.back})
        return steps

    @api.model
    def _prm_board_labels(self):
        """Words on the buttons, by status, or by status before and after."""
        _ = self.env._
        return {
            "approve": _("Approve"),
            "confirmed": _("Confirm"),
            "arrived": _("Arrived"),
            "in_chair": _("To the chair"),
            "completed": _("Completed"),
            "no_show": _("Did not come"),
            "cancelled": _("Cancel visit"),
            "booked": _("Set back to booked"),
            ("confirmed", "booked"): _("Not confirmed"),
            ("arrived", "confirmed"): _("Not here yet"),
            ("arrived", "booked"): _("Not here yet"),
            ("in_chair", "arrived"): _("Back to the waiting room"),
            ("completed", "in_chair"): _("Not finished yet"),
        }

    # ------------------------------------------------------------
    # SENTENCES
    # ------------------------------------------------------------

    def _prm_board_question(self, status):
        """What is asked before a step that is seldom meant."""
        if status == visit_status.COMPLETED and not self.prm_arrived_at:
            return self.env._("Mark this visit as completed, though nobody marked the arrival?")
        if (self.prm_status, status) == (visit_status.COMPLETED, visit_status.IN_CHAIR):
            return self.env._("This visit is completed. Put the patient back in the chair?")
        if status == visit_status.BOOKED:
            return self.env._("Set this visit back to booked? Its time is taken again.")
        labels = dict(self._fields["prm_status"]._description_selection(self.env))
        return self.env._(
            "This visit is “%(now)s”. Set it to “%(new)s” all the same?",
            now=labels[self.prm_status],
            new=labels[status],
        )

    def _prm_board_changed_sentence(self):
        labels = dict(self._fields["prm_status"]._description_selection(self.env))
        return self.env._(
            "Somebody was quicker: %(patient)s is “%(now)s” by now. Nothing was changed.",
            patient=self.prm_patient_id.name,
            now=labels[self.prm_status],
        )

    # ------------------------------------------------------------
    # LIVE FOR ALL DESKS
    # ------------------------------------------------------------

    def _prm_record_booking(self):
        super()._prm_record_booking()
        self._prm_tell_boards()

    def _prm_record_changes(self, before, waiting):
        super()._prm_record_changes(before, waiting)
        self._prm_tell_boards({key: value[0] for key, value in before.items()})

    def write(self, vals):
        result = super().write(vals)
        if "prm_note" in vals:
            self.sudo().filtered("prm_patient_id")._prm_tell_boards()
        return result

    def _prm_tell_boards(self, former=None):
        """Tell the desks which days changed: once in a transaction, and nothing about anybody.

        :param former: ``{event id: former start}``
        """
        # Goes with the transaction and with what a savepoint takes back: rather twice than never.
        told = self.env.cr.cache.setdefault(_TOLD, set())
        zones = {company: company._prm_zone() for company in self.prm_company_id}
        for visit in self:
            company = visit.prm_company_id
            for moment in {visit.start, (former or {}).get(visit.id, visit.start)}:
                day = local_time(moment, zones[company]).date().isoformat()
                if (company.id, day) not in told:
                    told.add((company.id, day))
                    self.env["bus.bus"]._sendone(
                        (company, BOARD_CHANNEL), BOARD_CHANGED, {"company": company.id, "day": day}
                    )


def _moment(value):
    return f"{value.isoformat(timespec='seconds')}Z" if value else None
