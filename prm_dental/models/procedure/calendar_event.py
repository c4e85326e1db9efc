from odoo import api, fields, models

from ... import procedure_status

#: A visit that ended like this is not the one at which the work is done.
_FALLEN_THROUGH = ("cancelled", "no_show")


class CalendarEvent(models.Model):
    _inherit = "calendar.event"

    prm_procedure_ids = fields.One2many(
        "prm.procedure",
        "appointment_id",
        string="Planned for this Visit",
        groups="prm_core.group_prm_receptionist,prm_core.group_prm_clinician",
    )

    @api.model_create_multi
    def create(self, vals_list):
        visits = super().create(vals_list)
        visits._prm_take_over_procedures()
        return visits

    def write(self, vals):
        result = super().write(vals)
        fallen = vals.get("prm_status") in _FALLEN_THROUGH or vals.get("active") is False
        # The work of a visit that another one replaces goes with that one, when it is there.
        if fallen and not self.env.context.get("prm_rebooked"):
            self._prm_release_procedures()
        return result

    def _prm_release_procedures(self):
        """Work that was to be done at these visits waits for another one."""
        scheduled = self.env["prm.procedure"].sudo()
        scheduled = scheduled.search(
            [("appointment_id", "in", self.ids), ("state", "=", procedure_status.SCHEDULED)]
        )
        scheduled.write({"appointment_id": False})

    def _prm_take_over_procedures(self):
        """What was to be done at a visit is done at the one that takes its place."""
        visits = self.sudo().filtered("prm_previous_id")
        following = {visit.prm_previous_id.id: visit.id for visit in visits}
        if not following:
            return
        scheduled = self.env["prm.procedure"].sudo()
        scheduled = scheduled.search(
            [
                ("appointment_id", "in", list(following)),
                ("state", "=", procedure_status.SCHEDULED),
            ]
        )
        for previous, procedures in scheduled.grouped("appointment_id").items():
            procedures.write({"appointment_id": following[previous.id]})
