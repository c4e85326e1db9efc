import logging
from collections import defaultdict
from datetime import date, datetime, timedelta

import psycopg2
from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ... import ladder
from ...bulk import insert
from ...contact_hours import start_of_day
from .prm_enrolment import OPEN, UNDER_WAY
from .prm_journey import RUNNING, _to_domain

_logger = logging.getLogger(__name__)

#: Events that are looked at in one transaction.
BATCH_SIZE = 500
#: Key of the lock by which one worker at a time looks at events, so that they are in order.
LISTEN_LOCK = 7_360_003


class PrmJourney(models.Model):
    """How patients get on a journey, and how what happens takes them off it."""

    _inherit = "prm.journey"

    lookback_days = fields.Integer(
        string="Dates up to Days Ago",
        aggregator=None,
        help="For a journey before a date: whether dates that have passed count as well.",
    )

    @api.model
    def _cron_listen(self):
        """Take up what happened, look for dates that come near, and let in who had to wait."""
        commit = self.env["ir.cron"]._commit_progress
        afresh = self.env["prm.message"]._try_afresh
        while count := afresh(self._listen_batch):
            if not commit(count):
                return
        if count is None:
            return  # another worker is at it
        for journey in self.search([("state", "=", "live")]):
            afresh(journey._start_by_date)
            commit(0)
        self.env["prm.enrolment"]._wake()

    @api.model
    def _listen_batch(self):
        """Take up some events, in this transaction.

        :return: how many; None when another worker is at it.
        """
        if not self._lock_listening():
            return None
        events = self.env["prm.journey.signal"]._take(BATCH_SIZE)
        self._take_up(events)
        return len(events)

    def _start_by_date(self):
        """Look for dates that come near, and let in who had to wait."""
        self._safely(self._scan_source)
        self._safely(self._let_in)

    @api.model
    def _lock_listening(self):
        """Whether this transaction is the one that looks at events."""
        [(got,)] = self.env.execute_query(SQL("SELECT pg_try_advisory_xact_lock(%s)", LISTEN_LOCK))
        return got

    def _safely(self, step, *args):
        """Do a step for one journey; what breaks is shown on it, and stops no other.

        :return: what the step returns, None when it broke.
        """
        self.ensure_one()
        try:
            with self.env.cr.savepoint():
                return step(*args)
        except psycopg2.OperationalError:
            raise
        except Exception as error:
            fault = self._find_fault() or self.env._(
                "“%(journey)s” could not go on (%(error)s). Look at its filter and its steps.",
                journey=self.name, error=type(error).__name__,
            )  # fmt: skip
            _logger.exception("Journey %s broke.", self.id)
            self._report_problem(fault)
            return None

    # ------------------------------------------------------------
    # EVENTS
    # ------------------------------------------------------------

    @api.model
    def _take_up(self, events):
        """What events mean for journeys: dates that moved, starts, goals and exits.

        :param events: `prm.event`, in their order.
        """
        self._follow(events)
        running = self.sudo().search([("state", "in", RUNNING)])
        for journey in running.filtered(lambda one: one.state == "live" and one.start_type_id):
            starting = events.filtered(
                lambda event, j=journey: event.event_type_id == j.start_type_id
            )
            if starting:
                journey._safely(journey._start_by, starting)
        for stretch in _split_at_undoing(events):
            for journey in running:
                ending = stretch.filtered(
                    lambda event, j=journey: (
                        event.event_type_id in j.goal_type_ids | j.exit_type_ids
                    )
                )
                if ending:
                    journey._safely(journey._end_by, ending)
            self._bring_back(stretch[-1:])

    @api.model
    def _follow(self, events):
        """Have enrolments about the events' records count from the dates as they are now."""
        people = self.env["prm.enrolment"].sudo()
        for model, group in events.grouped("res_model").items():
            if not model:
                continue
            people |= people.search(
                [
                    ("res_model", "=", model),
                    ("res_id", "in", group.mapped("res_id")),
                    ("state", "in", OPEN),
                    ("journey_id.state", "in", RUNNING),
                ]
            )
        for journey, group in people.grouped("journey_id").items():
            journey._safely(group._follow_records)

    @api.model
    def _bring_back(self, event):
        """Have journeys go on that ended by what an event undoes, such as a visit's cancelling."""
        undone = event.event_type_id.undone_type_ids
        if not undone or not event.res_id:
            return
        people = self.env["prm.enrolment"].sudo().search(
            [
                ("res_model", "=", event.res_model),
                ("res_id", "=", event.res_id),
                ("state", "in", ("goal", "exited")),
                ("reason", "in", undone.mapped("code")),
                ("journey_id.state", "in", RUNNING),
            ]
        )  # fmt: skip
        for journey, group in people.grouped("journey_id").items():
            journey._safely(group._come_back)

    def _start_by(self, events):
        """Start for the events' patients."""
        self.ensure_one()
        items = [
            (event.patient_id, (event.res_model or False, event.res_id or False),
             event.occurred_at, event)
            for event in events
        ]  # fmt: skip
        people = self._enrol(items)
        # What ended it may have been looked at before what starts it: two transactions, two paces.
        self._end_by(self._find_ends(people), people)

    def _find_ends(self, people):
        """Events that end these enrolments and came after what started them."""
        ends = (self.goal_type_ids | self.exit_type_ids).ids
        first = min(people.event_id.ids, default=0)
        if not people or not ends:
            return self.env["prm.event"]
        return self.env["prm.event"].sudo().search(
            [
                ("patient_id", "in", people.patient_id.ids),
                ("event_type_id", "in", ends),
                ("id", ">", first),
            ],
            order="id",
        )  # fmt: skip

    def _end_by(self, events, people=None):
        """End for whom the goal was reached, or for whom the journey has lost its point.

        An event about the kind of record that the journey is about counts for that record alone.
        """
        self.ensure_one()
        if not events:
            return
        if people is None:
            people = self.env["prm.enrolment"].sudo().search(
                [
                    ("journey_id", "=", self.id),
                    ("patient_id", "in", events.patient_id.ids),
                    ("state", "in", OPEN),
                ]
            )  # fmt: skip
        by_patient = people.grouped("patient_id")
        ended, over = defaultdict(people.browse), people.browse()
        left = people
        for event in events:
            kind = event.event_type_id
            hit = (by_patient.get(event.patient_id, left.browse()) & left).filtered(
                lambda one, event=event: one.state in OPEN and one._is_ended_by(event)
            )
            left -= hit
            state = "goal" if kind in self.goal_type_ids else "exited"
            # Who has long been at the end stays there: what comes so late may have other reasons.
            # What they were told to expect is off in any case.
            past = hit.filtered(lambda one, event=event: one._is_echo_over(event))
            over |= past
            ended[state, kind.code] |= hit - past
        for (state, code), group in ended.items():
            group._end(state, code)
        over._leave_nothing()

    # ------------------------------------------------------------
    # STARTING
    # ------------------------------------------------------------

    def _enrol(self, items):
        """Start for some patients, where the journey's filters and its rule on repeats let it.

        :param items: list of (patient, (model, record id), moment, event or None).
        :return: the new enrolments; those that may have to wait are held.
        """
        self.ensure_one()
        items = self._filter(items)
        items = self._leave_out_recent(items)
        rungs = self._rungs()
        anchors = self._anchors([about for _patient, about, _moment, _event in items])
        vals_list = []
        for patient, about, moment, event in items:
            vals = self._prepare_enrolment(patient, about, moment, event, anchors, rungs)
            if vals:
                vals_list.append(vals)
        return insert(self.env["prm.enrolment"].sudo(), vals_list, skip_existing=True)

    def _filter(self, items):
        """The items that the journey is for."""
        today = fields.Date.context_today(self)
        if (self.date_start and today < self.date_start) or (
            self.date_end and today > self.date_end
        ):
            return []
        return self._keep_fitting(items)

    def _keep_fitting(self, items):
        """The items that its filters take, whatever the day is."""
        companies = [("company_id", "=", self.company_id.id)] if self.company_id else []
        patients = self.env["prm.patient"].sudo()
        domain = Domain(_to_domain(self.patient_domain)) & Domain(companies)
        kept = set(
            patients.search(
                domain
                & Domain("id", "in", [patient.id for patient, *_rest in items])
                & Domain("status", "not in", ("deceased", "moved", "inactive"))
            ).ids
        )
        items = [item for item in items if item[0].id in kept]
        if not self.record_domain or not self.record_model:
            return items
        about = {record for _patient, (_model, record), *_rest in items}
        records = self.env[self.record_model].sudo().with_context(active_test=False)
        domain = Domain(_to_domain(self.record_domain)) & Domain("id", "in", list(about))
        kept = set(records.search(domain).ids)
        return [item for item in items if item[1][1] in kept]

    def _leave_out_recent(self, items):
        """Without patients who are on the journey, or were lately, when it may be repeated."""
        if self.reentry == "date":
            return self._leave_out_under_way(items)
        if self.reentry != "days":
            return items
        since = fields.Datetime.now() - timedelta(days=self.reentry_days)
        people = self.env["prm.enrolment"].sudo()
        domain = [("root_id", "=", self._root().id),
                  ("patient_id", "in", [patient.id for patient, *_rest in items]),
                  "|", ("state", "in", UNDER_WAY), ("started_at", ">", since)]  # fmt: skip
        recent = people.search(domain).patient_id
        return [item for item in items if item[0] not in recent]

    def _leave_out_under_way(self, items):
        """Without records that somebody is on the journey about: their date has moved with them."""
        people = self.env["prm.enrolment"].sudo().search(
            [
                ("root_id", "=", self._root().id),
                ("res_id", "in", [record for _patient, (_model, record), *_rest in items]),
                ("res_model", "=", self.record_model),
                ("state", "in", UNDER_WAY),
            ]
        )  # fmt: skip
        taken = set(people.mapped("res_id"))
        return [item for item in items if item[1][1] not in taken]

    def _anchors(self, abouts):
        """``{record id: value of the date that steps are counted from}``"""
        name = self._anchor_name()
        if not name:
            return {}
        ids = list({record for _model, record in abouts if record})
        records = self.env[self.record_model].sudo().browse(ids).exists()
        return {record.id: record[name] for record in records}

    def _prepare_enrolment(self, patient, about, moment, event, anchors, rungs):
        """Values of an enrolment, or None when there is no date or no step left to take.

        A visit that is still to come is followed even so: it may be moved.
        """
        zone = patient._zone()
        anchor = moment
        if self._anchor_name() and not self.source_id.yearly:
            anchor = anchors.get(about[1])
        if not anchor:
            return None
        anchor = self._to_moment(anchor, zone)
        now = fields.Datetime.now()
        started = now if self.source_id else moment
        since = started if self.late == "skip" else None
        outlook = ladder.look_ahead(
            rungs, ladder.Climber(0, anchor, zone, started, None, since, self.lasting), now
        )
        if outlook.index is None and not (event and self._anchor_name() and anchor > now):
            return None
        return {
            "journey_id": self.id,
            "root_id": self._root().id,
            "patient_id": patient.id,
            "company_id": patient.company_id.id,
            "res_model": about[0],
            "res_id": about[1],
            "key": self._key(patient, about, anchor, started),
            "event_id": event.id if event else False,
            "started_at": started,
            "anchor_at": anchor,
            "position": 0,
            "round": 0,
            "next_at": outlook.due or now,
            "state": "held" if self.daily_cap else "active",
        }

    def _root(self):
        return self.root_id or self

    def _key(self, patient, about, anchor, started):
        """What it can start for only once, as text."""
        who = f"patient,{patient.id}"
        about = f"{about[0]},{about[1]}" if about[1] else who
        return {
            "never": who,
            "record": about,
            "date": f"{about},{anchor:%Y-%m-%d}",
            "days": f"{who},{started:%Y-%m-%d}",
        }[self.reentry]

    @api.model
    def _to_moment(self, value, zone):
        """A date as the beginning of that day in a zone; a date and time as it is (naive UTC)."""
        if isinstance(value, datetime):
            return value
        return start_of_day(value, zone) if isinstance(value, date) else None

    # ------------------------------------------------------------
    # DATES THAT COME, AND SOFT STARTS
    # ------------------------------------------------------------

    def _scan_source(self):
        """Start for the dates that come within reach of the first step, once a day."""
        self.ensure_one()
        today = fields.Date.context_today(self)
        if not self.source_id or self.scanned_on == today:
            return
        back = max(self.lookback_days, (today - (self.scanned_on or today)).days)
        last = today + timedelta(days=ladder.lead_days(self._rungs()))
        found = self.source_id._records(
            today - timedelta(days=back), last, Domain(_to_domain(self.record_domain))
        )
        known = self._known_keys()
        items = []
        for record, day in found:
            patient = self.source_id._patient_of(record)
            about = (record._name, record.id)
            if self._key(patient, about, day, day) not in known:
                items.append((patient, about, day, None))
        for start in range(0, len(items), BATCH_SIZE):
            self._enrol(items[start : start + BATCH_SIZE])
        self.scanned_on = today

    def _known_keys(self):
        rows = self.env.execute_query(
            SQL("SELECT key FROM prm_enrolment WHERE root_id = %s", self._root().id)
        )
        return {key for (key,) in rows}

    def _let_in(self):
        """Start for as many of those who wait as the day allows."""
        self.ensure_one()
        people = self.env["prm.enrolment"].sudo()
        waiting = [("journey_id", "=", self.id), ("state", "=", "held")]
        if not self.daily_cap:
            people.search(waiting).write({"state": "active"})
            return
        midnight = self._to_moment(
            fields.Date.context_today(self), self.env.company.partner_id.tz or "UTC"
        )
        let_in = people.search_count([("journey_id", "=", self.id), ("let_in_at", ">=", midnight)])
        free = self.daily_cap - let_in
        if free > 0:
            people.search(waiting, order="next_at, id", limit=free).write(
                {"state": "active", "let_in_at": fields.Datetime.now()}
            )


def _split_at_undoing(events):
    """Events in stretches, each of which ends with one that undoes others; the last one may not."""
    first = 0
    for place, event in enumerate(events, 1):
        if event.event_type_id.undone_type_ids or place == len(events):
            yield events[first:place]
            first = place
