from collections import defaultdict
from dataclasses import replace
from datetime import timedelta

from odoo import fields, models
from odoo.fields import Domain

from ... import forecast, ladder
from ...contact_hours import local_time, start_of_day
from .prm_journey import _to_domain

#: How far a journey is looked along that starts for one patient.
WHAT_IF_DAYS = 3 * 365


class PrmEnrolmentForecast(models.Model):
    """What comes for people on journeys. Nothing is taken, and nothing written."""

    _inherit = "prm.enrolment"

    def _foresee(self, now, until, journey=None, today=True):
        """What comes for these people, as things are today.

        :param now, until: naive UTC; who starts later is looked at from then on.
        :param journey: the version that they are looked at on; none: the one that they are on.
        :param today: whether conditions are asked as of today; else only those whose answer is the
            same on other days, and the rest stays open.
        :return: list of (enrolment, step, `forecast.Prospect`)
        """
        found = []
        self.patient_id.partner_id.fetch(["tz"])
        for own, people in self.grouped("journey_id").items():
            target = journey or own
            rungs, steps = target._rungs(), target.step_ids
            places = target._places_in(own) if target != own else None
            answers, climbers = people._answers(steps, today), people._climbers()
            begins = people._begins(target, now, until)
            for one in people:
                if one.id not in begins:
                    continue
                climber = climbers[one.id]
                if places:
                    since = one.started_at if target.late == "skip" else None
                    climber = replace(climber, position=places[one.position], since=since)
                prospects = forecast.play(rungs, climber, begins[one.id], until, answers[one.id])
                found += [(one, steps[prospect.index], prospect) for prospect in prospects]
        return found

    def _begins(self, journey, now, until):
        """``{id: naive UTC from which one is looked at}``; a soft start lets some in later, or not
        within the time.
        """
        begins = {one.id: max(now, one.started_at) for one in self}
        held = self.filtered(lambda one: one.state == "held")
        if not held or not journey.daily_cap:
            return begins
        zone = self.env.company.partner_id.tz or "UTC"
        first, last = (local_time(moment, zone).date() for moment in (now, until))
        waiting = held._who_wait(journey, now, first, last, zone)
        days = forecast.start_days(
            waiting,
            journey.daily_cap,
            journey._let_in_since(start_of_day(first, zone)),
            first,
            last,
        )
        for one in held:
            day = days.get(one.id)
            if not day:
                del begins[one.id]
            elif day > first:
                begins[one.id] = max(begins[one.id], start_of_day(day, zone))
        return begins

    def _who_wait(self, journey, now, first, last, zone):
        """Everybody whom the soft start makes wait, and these people: as `start_days` takes them.

        Those of other practices and those who are not looked at count as well: they are before.
        """
        most = journey.daily_cap * ((last - first).days + 1)
        queue = self.env["prm.enrolment"].sudo().search_fetch(
            [("journey_id", "in", self.journey_id.ids), ("state", "=", "held")],
            ["next_at"], order="next_at, id", limit=most,
        )  # fmt: skip
        rungs, rows = journey._rungs(), []
        for place, one in enumerate(queue):
            rows.append((one.id, first, (one.next_at or now, place)))
        to_come = self.filtered(lambda one: not one._origin)
        climbers = to_come._climbers()
        for place, one in enumerate(to_come, len(rows)):
            outlook = ladder.look_ahead(rungs, climbers[one.id], one.started_at)
            since = max(first, local_time(one.started_at, zone).date())
            rows.append((one.id, since, (outlook.due or one.started_at, place)))
        return rows

    def _answers(self, steps, today):
        """``{id: {index of a step: whether its conditions hold, None: open}}``"""
        answers = defaultdict(dict)
        for index, step in enumerate(steps):
            if not step.condition_ids:
                continue
            people, known = self, True
            for line in step.condition_ids:
                condition = line.condition_id
                answered = hasattr(self, f"_condition_{condition.code}")
                if not answered or not (today or condition.lasting):
                    known = False
                elif people:
                    holds = people._ask(condition.code, line.number)
                    people = people - holds if line.negated else people & holds
            holding = set(people._ids)
            for key in self._ids:
                answers[key][index] = (True if known else None) if key in holding else False
        return answers


class PrmJourney(models.Model):
    """Who would start, as enrolments that are not saved."""

    _inherit = "prm.journey"

    def _foresee_starts(self, now, until):
        """Those who would start by the date that the journey goes by.

        Of journeys that begin when something happens nobody can say beforehand for whom.

        :return: unsaved `prm.enrolment`
        """
        self.ensure_one()
        people = self.env["prm.enrolment"]
        if not self.source_id:
            return people
        reach = self._lead_days()
        today, last = fields.Date.to_date(now), fields.Date.to_date(until)
        first = today - timedelta(days=self.lookback_days)
        items = self._items_of_source(first, last + timedelta(days=reach))
        anchors = self._anchors([about for _patient, about, *_rest in items])
        known = self._known_keys()
        found = []
        for patient, about, day, _event in items:
            if self._key(patient, about, day, day) in known:
                continue
            anchor = day if self.source_id.yearly else anchors.get(about[1])
            anchor = self._to_moment(anchor, patient._zone())
            if anchor:
                started = max(now, anchor - timedelta(days=reach))
                found.append(self._draft_enrolment(patient, about, anchor, started))
        starting = people.union(*found)
        if self.daily_cap:
            starting.state = "held"
        return starting

    def _let_in_since(self, midnight):
        """How many a soft start has let in since a moment."""
        self.ensure_one()
        domain = [("journey_id", "=", self.id), ("let_in_at", ">=", midnight)]
        return self.env["prm.enrolment"].sudo().search_count(domain)

    def _lead_days(self):
        """How many days before its date the journey takes patients in."""
        return ladder.lead_days(self._rungs())

    def _items_of_source(self, first, last):
        """What starts by the journey's date in a span, as `_enrol` takes it, in order of time."""
        domain = Domain(_to_domain(self.record_domain))
        items = []
        for record, day in self.source_id._records(first, last, domain):
            patient = self.source_id._patient_of(record)
            items.append((patient, (record._name, record.id), day, None))
        items = [item for item in items if item[0].company_id in self.env.companies]
        return sorted(self._keep_fitting(items), key=lambda item: item[2])

    def _draft_enrolment(self, patient, about, anchor, started, event=None):
        return self.env["prm.enrolment"].new(
            {
                "journey_id": self.id,
                "root_id": self._root().id,
                "patient_id": patient.id,
                "company_id": patient.company_id.id,
                "res_model": about[0],
                "res_id": about[1],
                "event_id": event and event.id,
                "started_at": started,
                "anchor_at": anchor,
                "position": 0,
                "state": "active",
            }
        )

    def _what_if(self, patient, now):
        """One patient on this journey, as if it began now; none when there is no date for it.

        :return: unsaved `prm.enrolment`
        """
        self.ensure_one()
        about, value = self._date_of(patient, now)
        anchor = self._to_moment(value, patient._zone()) if self._anchor_name() else now
        if not anchor:
            return self.env["prm.enrolment"]
        return self._draft_enrolment(patient, about, anchor, now)

    def _date_of(self, patient, now):
        """((model, id), date) of the patient's next record that it could be about, else the last.

        The date is empty where there is none.
        """
        name, model = self._anchor_name(), self.record_model
        if not model or model not in self.env:
            return (False, False), False
        if self.source_id.yearly:
            today = fields.Date.to_date(now)
            span = (today, today + timedelta(days=365))
            field = self.source_id.patient_field
            found = self.source_id._records(*span, [(field, "=", patient.id)])
            return next((((model, record.id), day) for record, day in found),
                        ((model, False), False))  # fmt: skip
        if model == "prm.patient":
            return (model, patient.id), name and patient[name]
        records = self.env[model].sudo()
        field = self.source_id.patient_field or next(
            (key for key, one in records._fields.items()
             if one.comodel_name == "prm.patient" and one.type == "many2one" and one.store), None,
        )  # fmt: skip
        if not field:
            return (model, False), False
        mine = Domain(field, "=", patient.id)
        record = records.browse()
        if name:
            record = records.search(mine & Domain(name, ">=", now), order=name, limit=1)
            record = record or records.search(
                mine & Domain(name, "!=", False), order=f"{name} desc", limit=1
            )
        record = record or records.search(mine, order="id desc", limit=1)
        return (model, record.id), name and record and record[name]
