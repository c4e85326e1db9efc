from odoo import models


class PrmEnrolment(models.Model):
    """What journeys know of health questions."""

    _inherit = "prm.enrolment"

    def _request_values(self, template, records):
        """What helps people to come, where the template says it; in one query for all."""
        result = super()._request_values(template, records)
        if not template or "barrier.help" not in template._variables():
            return result
        languages = self._languages()
        helps = self.patient_id._barrier_help(
            {one.patient_id.id: languages[one.id] for one in self}
        )
        for one in self:
            values = result.setdefault(one.id, {})
            values["variables"] = {
                **values.get("variables", {}),
                "barrier.help": helps.get(one.patient_id.id, ""),
            }
        return result

    def _condition_history_valid(self, _number):
        """The patient has answered the health questions, and the answers are not too old."""
        states = self.env["prm.history"]._states(self.patient_id)
        return self.filtered(lambda one: states[one.patient_id.id] in ("valid", "review"))
