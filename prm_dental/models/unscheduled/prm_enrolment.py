from odoo import models

#: What journeys of this room are about: questions to the database, with the patient's own id.
ABOUT = ("prm.unscheduled", "prm.lapsed")


class PrmEnrolment(models.Model):
    """What journeys know of open treatment and of patients who have lapsed."""

    _inherit = "prm.enrolment"

    def _request_values(self, template, records):
        """What texts on treatment say, and the link to book it; in few queries for all."""
        result = super()._request_values(template, records)
        about = self.filtered(lambda one: one.res_model in ABOUT)
        if not about or not template:
            return result
        patients, languages = about.patient_id.sudo(), about._languages()
        work = patients._waiting_work()
        known = patients._follow_up_values(
            dict.fromkeys(patients.ids, template),
            work,
            {one.patient_id.id: languages[one.id] for one in about},
        )
        for one in about:
            values, more = result.setdefault(one.id, {}), known[one.patient_id.id]
            variables = {**values.get("variables", {}), **more["variables"]}
            # A message is about something that can be opened.
            values.update(more, variables=variables, record=work.get(one.patient_id.id, [None])[0])
        return result

    def _of_stage(self, stage):
        """Those whose open work has come so far, and who were not put off."""
        work = self.patient_id.sudo()._waiting_work()
        put_off = self.env["prm.unscheduled"].sudo().search(
            [("patient_id", "in", list(work)), ("snoozed_until", ">", "today")]
        )  # fmt: skip
        wanted = {
            patient_id for patient_id, found in work.items() if found._furthest_stage() == stage
        }
        return self._of_patients(wanted - set(put_off.patient_id.ids))

    def _condition_treatment_proposed(self, _number):
        return self._of_stage("proposed")

    def _condition_treatment_accepted(self, _number):
        return self._of_stage("accepted")

    def _condition_treatment_interrupted(self, _number):
        return self._of_stage("interrupted")

    def _condition_lapsed(self, _number):
        """The patient has not been here for long, has nothing booked, and may be asked."""
        lapsed = self.env["prm.lapsed"].sudo().search(
            [("patient_id", "in", self.patient_id.ids), ("in_peace", "=", False)]
        )  # fmt: skip
        return self._of_patients(set(lapsed.patient_id.ids))
