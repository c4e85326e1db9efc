from odoo import api, fields, models

from ... import ladder
from ...bulk import read_rows

#: States of somebody who may still take a step.
UNDER_WAY = ("active", "held", "paused")
#: And of somebody for whom the date may still move, or the goal be reached.
OPEN = (*UNDER_WAY, "done")
_PLACE_FIELDS = (
    "patient_id", "position", "anchor_at", "started_at", "previous_at", "contact_at",
)  # fmt: skip


class PrmEnrolment(models.Model):
    """One patient on one journey, about one record."""

    _name = "prm.enrolment"
    _description = "Patient on a Journey"
    _order = "id desc"
    _rec_name = "patient_id"

    journey_id = fields.Many2one("prm.journey", required=True, ondelete="restrict", readonly=True)
    root_id = fields.Many2one("prm.journey", required=True, ondelete="restrict", readonly=True)
    patient_id = fields.Many2one("prm.patient", required=True, ondelete="cascade", readonly=True)
    company_id = fields.Many2one("res.company", string="Practice", required=True, readonly=True)
    res_model = fields.Char(string="About (Model)", readonly=True)
    res_id = fields.Many2oneReference(string="About", model_field="res_model", readonly=True)
    key = fields.Char(required=True, readonly=True, help="What it can start for only once.")
    event_id = fields.Many2one("prm.event", readonly=True, ondelete="set null")
    started_at = fields.Datetime(required=True, readonly=True)
    anchor_at = fields.Datetime(required=True, readonly=True, help="Steps are counted from here.")
    position = fields.Integer(required=True, default=0, readonly=True, aggregator=None)
    round = fields.Integer(
        required=True, default=0, readonly=True, aggregator=None,
        help="Counts how often the date was moved so that steps are taken anew.",
    )  # fmt: skip
    previous_at = fields.Datetime(readonly=True, help="When the last step was taken.")
    contact_at = fields.Datetime(
        string="Last Heard of It", readonly=True, help="When a step last wrote or called."
    )
    next_at = fields.Datetime(string="Next Step", readonly=True)
    state = fields.Selection(
        [
            ("held", "Waiting to Start"),
            ("active", "Under Way"),
            ("paused", "Paused"),
            ("goal", "Goal Reached"),
            ("exited", "Left"),
            ("done", "At the End"),
            ("stopped", "Stopped"),
        ],
        required=True,
        default="active",
        readonly=True,
    )
    reason = fields.Char(readonly=True, help="The kind of event that ended it, or why it stopped.")
    ended_at = fields.Datetime(readonly=True)
    entry_ids = fields.One2many("prm.enrolment.entry", "enrolment_id", string="Steps")

    _key_uniq = models.UniqueIndex("(root_id, key)")
    _due_idx = models.Index("(next_at, id) WHERE state = 'active'")
    _patient_idx = models.Index("(patient_id, state)")
    _record_idx = models.Index(
        "(res_model, res_id) WHERE state IN ('active', 'held', 'paused', 'done')"
        " AND res_id IS NOT NULL"
    )
    _journey_idx = models.Index("(journey_id, state, position)")

    @api.model
    def _wake(self):
        """Have the engine look soon."""
        self.env.ref("prm_core.prm_journey_advance_cron").sudo()._trigger()

    def _record(self):
        """What it is about, or None when that is gone."""
        self.ensure_one()
        if not self.res_model or self.res_model not in self.env:
            return None
        return self.env[self.res_model].sudo().browse(self.res_id).exists() or None

    def _by_journey(self):
        """``{journey: its people}``; most often all are on the same."""
        journeys = self.journey_id
        return {journeys: self} if len(journeys) == 1 else self.grouped("journey_id")

    def _climbers(self):
        """Where patients stand, as the ladder's arithmetic wants it.

        :return: ``{id: ladder.Climber}``
        """
        zones, rows = self.patient_id._zones(), read_rows(self, _PLACE_FIELDS)
        result = {}
        for journey, people in self._by_journey().items():
            leaves_out, lasting = journey.late == "skip", journey.lasting
            for number in people._ids:
                row = rows[number]
                result[number] = ladder.Climber(
                    row.position,
                    row.anchor_at,
                    zones[row.patient_id],
                    row.previous_at or row.started_at,
                    row.contact_at,
                    row.started_at if leaves_out else None,
                    lasting,
                )
        return result

    # ------------------------------------------------------------
    # WHEN THE WORLD CHANGES
    # ------------------------------------------------------------

    def _follow_records(self):
        """Count from the records' dates as they are now; where one has moved, plan anew.

        What was queued for the old date and has not gone is taken back. Who was at the end already
        is under way again when something of it has to be said of the new date.

        :return: the enrolments whose date moved.
        """
        anchors = self._read_anchors()
        known = self.browse(anchors)
        moved = known.filtered(lambda one: anchors[one.id] != one.anchor_at)
        if moved:
            moved._go_by(anchors, "date_moved")
        return moved

    def _come_back(self):
        """What ended the journey is undone: go on, and say again what is taken for off by now."""
        for journey, people in self._by_journey().items():
            people.write({"state": journey._state_of_people(), "reason": False, "ended_at": False})
        self._go_by({**{one.id: one.anchor_at for one in self}, **self._read_anchors()},
                    "journey_left")  # fmt: skip

    def _go_by(self, anchors, reason):
        """Count from these dates from now on, and say again what was said of others.

        :param anchors: ``{id: naive UTC}``
        :param reason: code of why what waits is taken back.
        """
        now = fields.Datetime.now()
        zones = self.patient_id._zones()
        for one in self:
            journey, anchor = one.journey_id, anchors[one.id]
            position = ladder.rewind(
                journey._rungs(), one.position, anchor, now, zones[one.patient_id.id],
                catch_up=journey.late == "send",
            )  # fmt: skip
            back = position < one.position
            one.write({"anchor_at": anchor, "position": position, "round": one.round + back})
            if back and one.state == "done":
                one.write({"state": journey._state_of_people(), "ended_at": False})
        self._take_back(reason)
        self._recall_contact()
        self.filtered(lambda one: one.state in UNDER_WAY)._plan_anew()

    def _recall_contact(self):
        """Set anew when the patient last heard of it.

        What was taken back was never heard, and what was said in an earlier round was about
        another date.
        """
        rows = self.env["prm.enrolment.entry"].sudo()._read_group(
            [("enrolment_id", "in", self.ids), ("message_id", "!=", False),
             "|", ("message_id.state", "!=", "suppressed"),
             ("message_id.merged_into_id", "!=", False)],
            ["enrolment_id", "round"], ["happened_at:max"],
        )  # fmt: skip
        last = {(one.id, number): moment for one, number, moment in rows}
        for one in self:
            one.contact_at = last.get((one.id, one.round), False)

    def _read_anchors(self):
        """``{id: naive UTC}`` of the date of the record, for those that count from one."""
        result = {}
        for journey, people in self._by_journey().items():
            name = journey._anchor_name()
            if not name or journey.source_id.yearly:
                continue
            for model, group in people.grouped("res_model").items():
                if not model or model not in self.env or name not in self.env[model]._fields:
                    continue
                records = self.env[model].sudo().browse(group.mapped("res_id")).exists()
                values = {record.id: record[name] for record in records}
                for one in group:
                    if value := values.get(one.res_id):
                        result[one.id] = one._to_moment(value)
        return result

    def _to_moment(self, value):
        """A date as the beginning of that day where the patient is; a date and time as it is."""
        self.ensure_one()
        return self.env["prm.journey"]._to_moment(value, self.patient_id._zone())

    def _plan_anew(self):
        """Set when the next step is due, after something changed."""
        now = fields.Datetime.now()
        climbers = self._climbers()
        for journey, people in self._by_journey().items():
            rungs = journey._rungs()
            for one in people:
                one.next_at = ladder.look_ahead(rungs, climbers[one.id], now).due or now

    def _end(self, state, reason):
        """Leave the journey: what waits is taken back, and tasks that it gave close themselves.

        :param state: ``goal``, ``exited`` or ``stopped``.
        """
        ending = self.sudo().filtered(lambda one: one.state in OPEN)
        ending.write(
            {"state": state, "reason": reason, "ended_at": fields.Datetime.now(), "next_at": False}
        )
        ending._leave_nothing()

    def action_stop(self):
        """Take patients off their journeys, because a person says so."""
        self.env["prm.message"]._check_receptionist()
        self.filtered(lambda one: one.state in UNDER_WAY)._end("stopped", "by_hand")
