from datetime import timedelta

from odoo import api, fields, models

from ... import procedure_status as status

#: What was done longer ago than this many days is entered late: the patient has been told.
MAX_DAYS_AGO = 3
_FIELDS = {"state", "date", "type_id", "patient_id"}


class PrmProcedure(models.Model):
    """What was completed belongs to the aftercare of its day; lists that are taken over don't."""

    _inherit = "prm.procedure"

    aftercare_id = fields.Many2one(
        "prm.aftercare", readonly=True, copy=False, index="btree_not_null", ondelete="set null"
    )
    patient_label = fields.Char(compute="_compute_patient_label")

    @api.depends("type_id", "tooth")
    @api.depends_context("lang")
    def _compute_patient_label(self):
        """As the patient reads it: no codes, no surfaces."""
        for procedure in self:
            procedure.patient_label = procedure.type_id.name
            if procedure.tooth:
                procedure.patient_label = self.env._(
                    "%(procedure)s (tooth %(tooth)s)",
                    procedure=procedure.type_id.name,
                    tooth=procedure.tooth,
                )

    @api.model_create_multi
    def create(self, vals_list):
        procedures = super().create(vals_list)
        procedures._settle_aftercare()
        return procedures

    def write(self, vals):
        result = super().write(vals)
        if _FIELDS & vals.keys():
            self._settle_aftercare()
        return result

    def unlink(self):
        rows = self.sudo().aftercare_id
        before = rows._content()
        result = super().unlink()
        rows._settle(before)
        return result

    def _asks_for_aftercare(self, earliest):
        """Whether the patient is to be told or asked something afterwards.

        :param earliest: first day of work that is not entered too late.
        """
        self.ensure_one()
        kind = self.type_id
        return (
            self.state == status.COMPLETED
            and bool(kind.aftercare or kind.call_next_day)
            and (self.date >= earliest or bool(self.aftercare_id))
        )

    def _settle_aftercare(self):
        """Put procedures to the aftercare of their patient and day, or take them away there."""
        if self.env.context.get("prm_bulk"):
            return
        procedures = self.sudo()
        earliest = fields.Date.context_today(self) - timedelta(days=MAX_DAYS_AGO)
        wanted = procedures.filtered(lambda one: one._asks_for_aftercare(earliest))
        leaving = (procedures - wanted).filtered("aftercare_id")
        if not wanted and not leaving:
            return
        places = self.env["prm.aftercare"].sudo()
        days = {one: (one.patient_id.id, one.date) for one in wanted}
        rows = places._of_days(set(days.values())) if days else {}
        changed = procedures.aftercare_id.union(*rows.values())
        before = changed._content()
        leaving.aftercare_id = False
        for one, day in days.items():
            if one.aftercare_id != rows[day]:
                one.aftercare_id = rows[day]
        changed._settle(before)
