from collections import Counter, defaultdict
from datetime import datetime, timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools.misc import format_date

from .. import bulk, forecast
from ..contact_hours import start_of_day
from ..models.journey.prm_journey_step import HEARD

#: Starts that are played at most.
MAX_STARTS = 5_000
DAYS = 90
BUSIEST_DAYS = 7


class PrmJourneySimulation(models.TransientModel):
    """A journey, a draft too, played over a time that has passed. Nothing is sent.

    What happened then is taken from the timeline. A condition is asked only if its answer is the
    same on every day; where one is not, the step is shown as depending on it.
    """

    _name = "prm.journey.simulation"
    _description = "Journey Tried on the Past"
    _rec_name = "journey_id"

    journey_id = fields.Many2one("prm.journey", required=True, ondelete="cascade")
    date_from = fields.Date(
        "From", required=True,
        default=lambda self: fields.Date.context_today(self) - timedelta(days=DAYS),
    )  # fmt: skip
    date_to = fields.Date("Until", required=True, default=fields.Date.context_today)
    figures = fields.Json(readonly=True)
    summary = fields.Html(compute="_compute_summary", sanitize=False)
    line_ids = fields.One2many("prm.journey.simulation.line", "simulation_id")

    @api.constrains("date_from", "date_to")
    def _check_dates(self):
        for one in self:
            if one.date_to < one.date_from or one.date_to > fields.Date.context_today(one):
                raise UserError(
                    self.env._("Choose a time that has passed, from an earlier to a later day.")
                )

    @api.depends("journey_id")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for one in self:
            one.display_name = self.env._("“%s”, tried on the past", one.journey_id.name)

    @api.depends("figures")
    @api.depends_context("lang")
    def _compute_summary(self):
        for one in self:
            one.summary = one.figures and self.env["ir.qweb"]._render(
                "prm_core.journey_simulation_summary",
                {
                    "figures": one.figures,
                    "format_day": lambda day: format_date(self.env, day, date_format="EEE d MMM"),
                },
            )

    def action_play(self):
        """Play it, and show what it comes to."""
        self.ensure_one()
        self.line_ids.unlink()
        self._play()
        return {
            "type": "ir.actions.act_window",
            "name": self.display_name,
            "res_model": self._name,
            "res_id": self.id,
            "views": [(False, "form")],
        }

    def action_open_lines(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "prm_core.prm_journey_simulation_line_action"
        )
        return {**action, "domain": [("simulation_id", "=", self.id)]}

    # ------------------------------------------------------------
    # PLAYING
    # ------------------------------------------------------------

    def _play(self):
        journey = self.journey_id
        if not journey.step_ids:
            raise UserError(self.env._("“%s” has no steps yet: add one.", journey.name))
        if fault := journey._find_fault():
            raise UserError(fault)
        people, cut = self._starts()
        until = min(self._begin_of_day(self.date_to + timedelta(days=1)), fields.Datetime.now())
        ends = self._ends(people, until)
        kept = [
            (one, step, prospect)
            for one, step, prospect in people._foresee(datetime.min, until, today=False)
            if one.id not in ends or prospect.moment < ends[one.id][0]
        ]
        kept.sort(key=lambda row: row[2].moment)
        bulk.insert(
            self.env["prm.journey.simulation.line"],
            [
                {
                    "simulation_id": self.id,
                    "moment": prospect.moment,
                    "patient_id": one.patient_id.id,
                    "step_id": step.id,
                    "outcome": prospect.outcome,
                    "reason": prospect.reason,
                }
                for one, step, prospect in kept
            ],
        )
        self.figures = self._count(people, ends, kept, cut)
        self.invalidate_recordset(["line_ids"])

    def _begin_of_day(self, day):
        """The first moment (naive UTC) of a day on the clock of whoever looks."""
        zone = self.env.context.get("tz") or self.env.user.tz or self.env.company.partner_id.tz
        return start_of_day(day, zone or "UTC")

    def _starts(self):
        """Who would have started: (unsaved `prm.enrolment`, whether there are more)."""
        journey = self.journey_id
        if journey.source_id:
            items = journey._items_of_source(self.date_from, self.date_to)
        else:
            items = self._items_of_events()
        cut = len(items) > MAX_STARTS
        items = self._leave_out_repeats(items[:MAX_STARTS])
        anchors = journey._anchors([about for _patient, about, *_rest in items])
        counted = bool(journey._anchor_name()) and not journey.source_id.yearly
        found = []
        for patient, about, moment, event in items:
            zone = patient._zone()
            anchor = journey._to_moment(anchors.get(about[1]) if counted else moment, zone)
            if anchor:
                started = moment if event else self._reach(anchor)
                found.append(journey._draft_enrolment(patient, about, anchor, started, event))
        return self.env["prm.enrolment"].union(*found), cut

    def _reach(self, anchor):
        """When a journey that goes by a date would have taken the patient in."""
        days = self.journey_id._lead_days()
        return anchor - timedelta(days=days)

    def _items_of_events(self):
        events = self.env["prm.event"].search(
            [
                ("event_type_id", "=", self.journey_id.start_type_id.id),
                ("occurred_at", ">=", self._begin_of_day(self.date_from)),
                ("occurred_at", "<", self._begin_of_day(self.date_to + timedelta(days=1))),
            ],
            order="occurred_at, id",
            limit=MAX_STARTS + 1,
        )
        return self.journey_id._keep_fitting(
            [
                (event.patient_id, (event.res_model or False, event.res_id or False),
                 event.occurred_at, event)
                for event in events
            ]
        )  # fmt: skip

    def _leave_out_repeats(self, items):
        """Without starts that the journey's rule on repeats does not allow."""
        journey, kept, seen = self.journey_id, [], {}
        for item in items:
            patient, about, moment, _event = item
            if journey.reentry == "days":
                last = seen.get(patient.id)
                if last and moment < last + timedelta(days=journey.reentry_days):
                    continue
                seen[patient.id] = moment
            else:
                key = journey._key(patient, about, moment, moment)
                if key in seen:
                    continue
                seen[key] = moment
            kept.append(item)
        return kept

    def _ends(self, people, until):
        """``{id: (moment, state, code)}`` of those whom a goal or an exit ended in that time."""
        journey = self.journey_id
        kinds = journey.goal_type_ids | journey.exit_type_ids
        if not people or not kinds:
            return {}
        events = self.env["prm.event"].search(
            Domain("event_type_id", "in", kinds.ids)
            & Domain("patient_id", "in", people.patient_id.ids)
            & Domain("occurred_at", ">=", min(people.mapped("started_at")))
            & Domain("occurred_at", "<=", until),
            order="occurred_at, id",
        )
        by_patient = defaultdict(list)
        for event in events:
            by_patient[event.patient_id].append(event)
        ends = {}
        for one in people:
            for event in by_patient[one.patient_id]:
                if one._is_ended_by(event):
                    state = "goal" if event.event_type_id in journey.goal_type_ids else "exited"
                    ends[one.id] = (event.occurred_at, state, event.event_type_id.name)
                    break
        return ends

    def _count(self, people, ends, kept, cut):
        """What is shown above the lines, as plain values."""
        steps = self.journey_id.step_ids
        counts = Counter((step.id, prospect.outcome) for _one, step, prospect in kept)
        reasons = Counter(
            (step.id, prospect.reason) for _one, step, prospect in kept if prospect.reason
        )
        words = self.env["prm.enrolment.entry"]._reason_words()
        days = Counter(
            fields.Datetime.context_timestamp(self, prospect.moment).date()
            for _one, step, prospect in kept
            if step.action in HEARD and prospect.outcome != forecast.SKIPPED
        )
        left = Counter(name for _moment, state, name in ends.values() if state == "exited")
        return {
            "starts": len(people),
            "cut": cut,
            "goal": sum(state == "goal" for _moment, state, _name in ends.values()),
            "left": sorted(left.items()),
            "steps": [
                {
                    "when": step.when_text,
                    "only_if": step.only_if_text,
                    "do": step.do_text,
                    "taken": counts[step.id, forecast.TAKEN],
                    "depends": counts[step.id, forecast.DEPENDS],
                    "skipped": counts[step.id, forecast.SKIPPED],
                    "reasons": [
                        [words.get(reason, reason), count]
                        for (step_id, reason), count in reasons.most_common()
                        if step_id == step.id
                    ],
                }
                for step in steps
            ],
            "most": max(days.values(), default=0),
            "days": [
                [fields.Date.to_string(day), count] for day, count in days.most_common(BUSIEST_DAYS)
            ],
        }
