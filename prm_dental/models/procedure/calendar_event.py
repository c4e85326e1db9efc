from odoo import fields, models

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

    def write(self, vals):
        result = super().write(vals)
        if vals.get("prm_status") in _FALLEN_THROUGH or vals.get("active") is False:
            self._prm_release_procedures()
        return result

    def _prm_release_procedures(self):
        """Work that was to be done at these visits waits for another one."""
        scheduled = self.env["prm.procedure"].sudo()
        scheduled = scheduled.search(
            [("appointment_id", "in", self.ids), ("state", "=", procedure_status.SCHEDULED)]
        )
        scheduled.write({"appointment_id": False})
