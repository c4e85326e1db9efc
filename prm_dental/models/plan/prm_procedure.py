from odoo import api, fields, models

from ... import procedure_status as status


class PrmProcedure(models.Model):
    """A treatment as a part of a plan."""

    _inherit = "prm.procedure"

    plan_line_ids = fields.One2many("prm.treatment.plan.line", "procedure_id", string="In Plans")
    in_plan = fields.Boolean(
        string="In a Plan", compute="_compute_in_plan", search="_search_in_plan",
        help="It stands in a treatment plan that is neither completed nor withdrawn.",
    )  # fmt: skip

    @api.depends("plan_line_ids.live")
    def _compute_in_plan(self):
        for procedure in self:
            procedure.in_plan = any(procedure.plan_line_ids.mapped("live"))

    def _search_in_plan(self, operator, value):
        if operator != "in":
            return NotImplemented
        has = "any" if True in value else "not any"
        return [("plan_line_ids", has, [("live", "=", True)])]

    def _say_yes(self):
        """The patient accepts these; a visit that is booked already stays."""
        asked = self.filtered(lambda one: one.state in (status.PLANNED, status.DECLINED))
        asked.write({"state": status.ACCEPTED})
        booked = self.filtered(lambda one: one.state == status.SCHEDULED and not one.accepted_on)
        booked.write({"accepted_on": fields.Date.context_today(self)})

    def _say_no(self, reason):
        """The patient doesn't want these; who declined before may give another reason.

        :param reason: `prm.decline.reason`
        """
        self.write({"state": status.DECLINED, "decline_reason_id": reason.id})

    def _record_changes(self, before):
        """Plans follow what is done."""
        result = super()._record_changes(before)
        changed = self.filtered(lambda one: one.state != before[one.id] and before[one.id])
        if changed:
            lines = self.env["prm.treatment.plan.line"].sudo()
            lines = lines.search(
                [
                    ("procedure_id", "in", changed.ids),
                    ("plan_id.state", "in", ("answered", "completed")),
                ]
            )
            lines.plan_id._settle()
        return result
