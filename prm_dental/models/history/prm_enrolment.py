from odoo import models


class PrmEnrolment(models.Model):
    """What journeys know of health questions."""

    _inherit = "prm.enrolment"

    def _request_values(self, template, records):
        """What helps people to come, where the template says it; in one query for all."""
        result = super()._request_values(template, records)
        if not template or "barrier.help" not in template._variables():
            return result
        barriers = self.patient_id.sudo()._barriers()
        languages = self._languages()
        for one in self:
            kinds = barriers.get(one.patient_id.id, self.env["prm.health.fact.type"])
            texts = kinds.with_context(lang=languages[one.id]).mapped("help_patient")
            values = result.setdefault(one.id, {})
            values["variables"] = {
                **values.get("variables", {}),
                "barrier.help": "\n".join(text for text in texts if text),
            }
        return result

    def _condition_history_valid(self, _number):
        """The patient has answered the health questions, and the answers are not too old."""
        states = self.env["prm.history"]._states(self.patient_id)
        return self.filtered(lambda one: states[one.patient_id.id] in ("valid", "review"))
