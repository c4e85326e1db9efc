from odoo import api, fields, models

#: Procedures that a row names; of more it says how many.
NAMED = 3


class PrmUnscheduledRow(models.Model):
    """What a row says beside its figures, for a page at once, and what can be done from it."""

    _inherit = "prm.unscheduled"

    work = fields.Char(string="What Waits", compute="_compute_work")
    phone = fields.Char(compute="_compute_phone")
    speaker = fields.Char(string="Ask for", compute="_compute_phone")
    barriers = fields.Char(string="Makes it Hard", compute="_compute_barriers")
    last_visit_at = fields.Datetime(string="Last Visit", compute="_compute_visits")
    next_visit_at = fields.Datetime(
        string="Next Visit", compute="_compute_visits", help="For something else."
    )

    @api.depends("patient_id")
    @api.depends_context("lang")
    def _compute_work(self):
        work = self.patient_id._waiting_work()
        for row in self:
            procedures = work.get(row.patient_id.id, self.env["prm.procedure"])
            row.work = procedures._short_words(NAMED)

    @api.depends("patient_id")
    def _compute_phone(self):
        spoken_to = self.patient_id._spoken_to()
        for row in self:
            row.speaker, row.phone = spoken_to.get(row.patient_id.id, ("", ""))

    @api.depends("patient_id")
    @api.depends_context("lang", "uid")
    def _compute_barriers(self):
        barriers = self.patient_id._barriers()
        for row in self:
            kinds = barriers.get(row.patient_id.id, self.env["prm.health.fact.type"])
            row.barriers = ", ".join(kinds.mapped("name"))

    @api.depends("patient_id")
    def _compute_visits(self):
        visits = self.patient_id._visits_around()
        for row in self:
            row.last_visit_at, row.next_visit_at = visits.get(row.patient_id.id, (False, False))

    # === WHAT CAN BE DONE ===

    def action_book(self):
        """Find a time for all that waits."""
        return self.patient_id.action_book_waiting()

    def action_message(self):
        """Show what each of these patients would be written, before anything goes."""
        return self.env["prm.follow.up.send"]._prepare(self.patient_id, "work")._get_action()

    def action_call(self):
        """What a call needs, and what came of it."""
        return self.env["prm.unscheduled.answer"]._prepare(self.patient_id, "work", called=True)

    def action_answer(self):
        """What the patient said without a call: later, or no."""
        return self.env["prm.unscheduled.answer"]._prepare(self.patient_id, "work")

    def action_open_patient(self):
        """The patient's file."""
        self.ensure_one()
        return self.patient_id.get_formview_action()
