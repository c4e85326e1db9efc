from datetime import timedelta

from dateutil.relativedelta import relativedelta
from odoo import fields, models

from ...bulk import read_rows
from ..patient.prm_guardian import ADULT_AGE


class PrmEnrolmentConditions(models.Model):
    """The answers to the conditions of `prm_core`, each for many people at once.

    A method ``_condition_<code>(number)`` returns those of the people for whom it holds.
    """

    _inherit = "prm.enrolment"

    def _ask(self, code, number):
        """Those for whom a condition holds.

        :raises AttributeError: for a condition that no add-on answers (any more).
        """
        return getattr(self, f"_condition_{code}")(number)

    def _of_patients(self, wanted):
        """Those who are one of some patients.

        :param wanted: their ids, a set.
        """
        rows = read_rows(self, ("patient_id",))
        return self.browse(number for number, row in rows.items() if row.patient_id in wanted)

    def _condition_has_email(self, _number):
        patients = read_rows(self.patient_id, ("partner_id",))
        contacts = read_rows(self.patient_id.partner_id, ("email",))
        return self._of_patients(
            {number for number, row in patients.items() if contacts[row.partner_id].email}
        )

    def _condition_has_mobile(self, _number):
        patients = read_rows(self.patient_id, ("mobile_sanitized",))
        return self._of_patients(
            {number for number, row in patients.items() if row.mobile_sanitized}
        )

    def _condition_is_child(self, _number):
        latest = fields.Date.context_today(self) - relativedelta(years=ADULT_AGE)
        return self.filtered(
            lambda one: one.patient_id.birth_date and one.patient_id.birth_date > latest
        )

    def _condition_far_ahead(self, number):
        """The date lay more than some days ahead when the journey began."""
        span = timedelta(days=number)
        return self.filtered(lambda one: one.anchor_at - one.started_at > span)

    def _condition_replied(self, _number):
        """The patient has written since the journey began."""
        messages = self.env["prm.message"].sudo()
        rows = messages._read_group(
            [("patient_id", "in", self.patient_id.ids), ("direction", "=", "in")],
            ["patient_id"], ["create_date:max"],
        )  # fmt: skip
        last = {patient.id: moment for patient, moment in rows}
        return self.filtered(
            lambda one: one.patient_id.id in last and last[one.patient_id.id] >= one.started_at
        )

    def _condition_read(self, _number):
        """A message of this journey was read, or acted on."""
        entries = self.env["prm.enrolment.entry"].sudo().search(
            [("enrolment_id", "in", self.ids), ("message_id.state", "in", ("read", "acted"))]
        )  # fmt: skip
        return self & entries.enrolment_id
