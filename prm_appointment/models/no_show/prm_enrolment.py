from odoo import models


class PrmEnrolment(models.Model):
    _inherit = "prm.enrolment"

    def _condition_may_be_missed(self, _number):
        """The visit that the journey is about is likelier to be missed than others."""
        visits = self._visits()
        found = self.env["calendar.event"].union(*visits.values())
        at_risk = {visit.id for visit in found if visit.prm_risk_level in ("raised", "high")}
        return self.filtered(lambda one: one.res_id in at_risk and one.res_id in visits)
