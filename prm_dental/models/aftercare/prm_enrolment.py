from collections import defaultdict

from odoo import fields, models

from ...intake_times import HOLDS

ABOUT = "prm.aftercare"
INTAKE = "prm.intake"


class PrmEnrolment(models.Model):
    """What journeys know of aftercare."""

    _inherit = "prm.enrolment"

    def _request_values(self, template, records):
        """What was done and what to do now, in the language of who reads it."""
        result = super()._request_values(template, records)
        about = self.filtered(lambda one: one.res_model == ABOUT)
        languages = about._languages()
        for one in about:
            row = records.get((ABOUT, one.res_id))
            if not row:
                continue
            row = row.with_context(lang=languages[one.id])
            values = result.setdefault(one.id, {})
            values["variables"] = {
                **values.get("variables", {}),
                "aftercare.procedures": row.done_text,
                "aftercare.instructions": row.instructions,
            }
        self._say_until_when(result, records)
        return result

    def _say_until_when(self, result, records):
        """Reminders of medicines: asked for by the patient, for this moment, and not later.

        :param result: as `_request_values` returns it, completed here.
        """
        now = fields.Datetime.now()
        for one in self.filtered(lambda one: one.res_model == INTAKE):
            row = records.get((INTAKE, one.res_id))
            values = result.setdefault(one.id, {})
            values["asked_now"] = True
            if not row or row.at + HOLDS < now:
                values["blocks"] = (*values.get("blocks", ()), "intake_past")
            else:
                values["not_after"] = row.at + HOLDS

    def _act_activity(self, step):
        """Who calls reads in the task what was done."""
        effects = super()._act_activity(step)
        rows = self._aftercare()
        by_words = defaultdict(self.env["mail.activity"].sudo().browse)
        for one in self:
            number = effects[one.id].get("activity_id")
            if number and one.id in rows:
                activity = self.env["mail.activity"].sudo().browse(number)
                row = rows[one.id].with_context(lang=activity.user_id.lang)
                by_words[activity.summary or "", row.done_text] |= activity
        for (summary, done), activities in by_words.items():
            activities.summary = f"{summary}: {done}" if summary else done
        return effects

    def _condition_aftercare_instructions(self, _number):
        """There is something to do or to avoid after what was done."""
        rows = self._aftercare()
        return self.filtered(lambda one: one.id in rows and rows[one.id].has_instructions)

    def _condition_aftercare_call(self, _number):
        """What was done asks for a call on the next day."""
        rows = self._aftercare()
        return self.filtered(lambda one: one.id in rows and rows[one.id].call_next_day)

    def _aftercare(self):
        """``{id: prm.aftercare}`` of those people whose journey is about one."""
        about = self.filtered(lambda one: one.res_model == ABOUT)
        records = about._records()
        return {
            one.id: records[ABOUT, one.res_id] for one in about if (ABOUT, one.res_id) in records
        }
