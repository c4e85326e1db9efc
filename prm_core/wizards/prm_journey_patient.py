from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from .. import bulk
from ..models.journey.prm_enrolment_forecast import WHAT_IF_DAYS


class PrmJourneyPatient(models.TransientModel):
    """One patient's journeys: what came, what comes, and what another one would bring."""

    _name = "prm.journey.patient"
    _description = "Journeys of a Patient"
    _rec_name = "patient_id"

    patient_id = fields.Many2one("prm.patient", required=True, readonly=True, ondelete="cascade")
    journey_id = fields.Many2one(
        "prm.journey", string="What If", domain=[("state", "in", ("draft", "live", "paused"))]
    )
    enrolment_ids = fields.Many2many("prm.enrolment", compute="_compute_past")
    entry_ids = fields.Many2many("prm.enrolment.entry", compute="_compute_past")
    line_ids = fields.One2many(
        "prm.journey.forecast.line", "outlook_id", domain=[("what_if", "=", False)]
    )
    what_if_ids = fields.One2many(
        "prm.journey.forecast.line", "outlook_id", domain=[("what_if", "=", True)]
    )
    remark = fields.Char(readonly=True)

    @api.depends("patient_id")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for one in self:
            one.display_name = self.env._("Journeys of %s", one.patient_id.display_name)

    @api.depends("patient_id")
    def _compute_past(self):
        for one in self:
            mine = [("patient_id", "=", one.patient_id.id)]
            one.enrolment_ids = self.env["prm.enrolment"].search(mine, limit=80)
            one.entry_ids = self.env["prm.enrolment.entry"].search(mine, limit=80)

    @api.model_create_multi
    def create(self, vals_list):
        records = super().create(vals_list)
        records.patient_id.check_access("read")
        for one in records:
            one._fill()
        return records

    def _fill(self):
        """What comes on the journeys that the patient is on."""
        now = fields.Datetime.now()
        people = self.env["prm.enrolment"].search(
            [("patient_id", "=", self.patient_id.id), ("state", "in", ("active", "held"))]
        )
        self._add_lines(people._foresee(now, now + timedelta(days=WHAT_IF_DAYS)), what_if=False)

    def action_what_if(self):
        """Play a journey as if it began now for this patient."""
        self.ensure_one()
        self.patient_id.check_access("read")
        if not self.journey_id:
            raise UserError(self.env._("Choose a journey first."))
        self.what_if_ids.unlink()
        now = fields.Datetime.now()
        people = self.journey_id._what_if(self.patient_id, now)
        foreseen = people._foresee(now, now + timedelta(days=WHAT_IF_DAYS))
        self._add_lines(foreseen, what_if=True)
        self.remark = self._remark_on(people, foreseen)
        return True

    def _add_lines(self, foreseen, what_if):
        lines = self.env["prm.journey.forecast.line"]
        foreseen.sort(key=lambda row: row[2].moment)
        vals_list = lines._prepare_lines(foreseen)
        bulk.insert(
            lines, [{"outlook_id": self.id, "what_if": what_if, **vals} for vals in vals_list]
        )
        self.invalidate_recordset(["line_ids", "what_if_ids"])

    def _remark_on(self, people, foreseen):
        """What has to be said beside the lines; or False."""
        journey = self.journey_id
        if not people:
            return self.env._(
                "It has no date to count from: there is nothing for this patient that “%s” could "
                "be about.",
                journey.name,
            )
        about = (people.res_model, people.res_id)
        if not journey._keep_fitting([(self.patient_id, about, False, None)]):
            return self.env._(
                "“%s” would not start for this patient: its filters don't take them. If they did:",
                journey.name,
            )
        if not foreseen:
            return self.env._("Nothing would come.")
        return False
