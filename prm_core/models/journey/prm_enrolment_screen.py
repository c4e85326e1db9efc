from odoo import api, fields, models


class PrmEnrolmentScreen(models.Model):
    """What people read about a patient on a journey."""

    _inherit = "prm.enrolment"

    reason_text = fields.Char(string="Why", compute="_compute_reason_text")
    next_step = fields.Char(string="Comes Next", compute="_compute_next_step")

    @api.depends("reason")
    @api.depends_context("lang")
    def _compute_reason_text(self):
        words = self._reason_words({one.reason for one in self})
        for one in self:
            one.reason_text = words.get(one.reason) or one.reason

    @api.model
    def _reason_words(self, reasons):
        """Why a journey ended for somebody: ``{code: words}``"""
        words = {
            "by_hand": self.env._("Taken off by hand."),
            "journey_ended": self.env._("The journey was ended."),
        }
        codes = [reason for reason in reasons if reason and reason not in words]
        if codes:
            kinds = self.env["prm.event.type"].search([("code", "in", codes)])
            words.update((kind.code, kind.name) for kind in kinds)
        return words

    @api.depends("position", "state", "journey_id")
    @api.depends_context("lang")
    def _compute_next_step(self):
        for one in self:
            steps = one.journey_id.step_ids
            waiting = one.state in ("active", "held", "paused") and one.position < len(steps)
            one.next_step = steps[one.position].do_text if waiting else False


class PrmPatient(models.Model):
    _inherit = "prm.patient"

    journeys_under_way = fields.Integer(compute="_compute_journeys_under_way")

    def _compute_journeys_under_way(self):
        counts = self.env["prm.enrolment"]._read_group(
            [("patient_id", "in", self.ids), ("state", "in", ("active", "held", "paused"))],
            ["patient_id"], ["__count"],
        )  # fmt: skip
        found = {patient.id: count for patient, count in counts}
        for patient in self:
            patient.journeys_under_way = found.get(patient.id, 0)

    def action_open_journeys(self):
        """Which journeys the patient is on, what came and what comes."""
        self.ensure_one()
        outlook = self.env["prm.journey.patient"].create({"patient_id": self.id})
        return {
            "type": "ir.actions.act_window",
            "name": outlook.display_name,
            "res_model": outlook._name,
            "res_id": outlook.id,
            "views": [(False, "form")],
        }
