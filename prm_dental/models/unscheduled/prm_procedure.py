from odoo import api, fields, models
from odoo.fields import Domain

from ... import procedure_status as status

#: What waits for a visit.
WAITING = (status.PLANNED, status.ACCEPTED, status.IN_PROGRESS)
#: Visits that end like this don't count as booked.
NOT_COMING = ("cancelled", "no_show")
#: Fields from which it follows what of a patient waits, by model.
SOURCES = {
    "prm.procedure": [
        "patient_id", "state", "date", "accepted_on", "fee", "urgency", "provider_id",
        "appointment_id",
    ],
    "prm.patient": ["active", "status", "company_id"],
    "calendar.event": ["start", "active", "prm_status"],
}  # fmt: skip


class PrmProcedure(models.Model):
    """Work that waits for a visit: proposed, accepted, or begun and not gone on with."""

    _inherit = "prm.procedure"

    # Open work is put together from this index and few rows of the table.
    _waiting_idx = models.Index(
        "(patient_id) INCLUDE (company_id, state, date, accepted_on, fee, urgency, provider_id,"
        " appointment_id) WHERE state IN ('planned', 'accepted', 'in_progress')"
    )

    @api.model_create_multi
    def create(self, vals_list):
        procedures = super().create(vals_list)
        self.env["prm.open.work"]._mark_stale(procedures._open_work_patients())
        return procedures

    def write(self, vals):
        if vals.keys().isdisjoint(SOURCES[self._name]):
            return super().write(vals)
        patients = self._open_work_patients()
        result = super().write(vals)
        self.env["prm.open.work"]._mark_stale(patients | self._open_work_patients())
        return result

    def unlink(self):
        patients = self._open_work_patients()
        result = super().unlink()
        self.env["prm.open.work"]._mark_stale(patients)
        return result

    def _open_work_patients(self):
        """Whose open work it is; what is done, declined or done elsewhere is nobody's."""
        return self.sudo().filtered(lambda procedure: procedure.state in WAITING).patient_id

    @api.model
    def _get_waiting_domain(self):
        """Open work without a visit to come, wherever it stands."""
        no_visit = Domain("appointment_id", "=", False) | Domain(
            "appointment_id", "any",
            ["|", ("start", "<=", fields.Datetime.now()), ("prm_status", "in", NOT_COMING)],
        )  # fmt: skip
        return Domain("state", "in", WAITING) & no_visit

    def _schedule(self, visit):
        """Have this work done at a visit, as far as it waits for one still.

        Whoever books may do so, without the right to change treatment otherwise.

        :param visit: `calendar.event` of the same patient.
        :return: what is done then.
        """
        domain = self._get_waiting_domain() & Domain("id", "in", self.ids)
        waiting = self.sudo().search(domain & Domain("patient_id", "=", visit.prm_patient_id.id))
        waiting.write({"appointment_id": visit.id})
        return waiting

    def _short_words(self, named):
        """What and where, in few words: the first ones by name, of the others how many.

        :param int named: how many are named.
        """
        words = ", ".join(procedure.display_name for procedure in self[:named])
        if len(self) > named:
            return self.env._("%(some)s and %(more)s more", some=words, more=len(self) - named)
        return words

    def _furthest_stage(self):
        """How far the furthest of this open work has come, as on the list."""
        states = set(self.sudo().mapped("state"))
        if status.IN_PROGRESS in states:
            return "interrupted"
        return "accepted" if status.ACCEPTED in states else "proposed"

    def _minutes_beyond(self, kind):
        """How many minutes longer than usual a visit of some kind takes for all of this."""
        minutes = sum(procedure.type_id.duration for procedure in self.sudo())
        return max(minutes - kind.duration, 0)

    def _record_changes(self, before):
        """When nothing of a patient waits any more, the timeline says so, and journeys end."""
        result = super()._record_changes(before)
        left = self.filtered(lambda procedure: before[procedure.id] in WAITING)
        if not left or self.env.context.get("prm_bulk"):
            return result
        waiting = left.patient_id._waiting_work()
        now, told = fields.Datetime.now(), {"treatment_scheduled": [], "treatment_settled": []}
        for patient, procedures in left.sudo().grouped("patient_id").items():
            if patient.id in waiting:
                continue
            booked = any(visit.start > now for visit in procedures.appointment_id)
            entry = {"patient": patient, "company_id": patient.company_id.id}
            told["treatment_scheduled" if booked else "treatment_settled"].append(entry)
        for code, entries in told.items():
            if entries:
                self.env["prm.event"].emit(code, entries)
        return result
