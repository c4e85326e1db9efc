from odoo import fields, models

from ...importing import normalise


class PrmPatient(models.Model):
    """What the front desk is asked to do about a patient."""

    _inherit = "prm.patient"

    def _numbers(self):
        """The patient's phone numbers in E.164; national ones are read as the practice's country's.

        :rtype: set
        """
        self.ensure_one()
        country = self.company_id.country_id.code or None
        given = (self.mobile, self.phone, self.work_phone)
        return {normalise.phone(number, country) for number in given if number} - {None}

    def _ask_front_desk(self, activity_type, summary=None, note=None):
        """Give a receptionist something to do about each patient, unless one of the kind is open.

        It lies among their activities; no mail goes out, which would carry the patient's name. It
        says nothing of what was written, because activities are shown in many places.

        :param activity_type: external id; :param summary: words instead of the type's own.
        """
        kind = self.env.ref(activity_type).sudo()
        open_ones = self.env["mail.activity"].sudo().search(
            [
                ("res_model", "=", self._name),
                ("res_id", "in", self.ids),
                ("activity_type_id", "=", kind.id),
            ]
        )  # fmt: skip
        waiting = set(open_ones.mapped("res_id")) if summary is None else set()
        for patient in self.filtered(lambda one: one.id not in waiting):
            patient.sudo().with_context(mail_activity_quick_update=True).activity_schedule(
                activity_type,
                fields.Date.context_today(patient),
                summary=summary or kind.summary,
                note=note,
                user_id=patient._front_desk_user().id,
            )

    def _front_desk_user(self):
        """Who is at the desk of the patient's practice: receptionists before managers, and who
        works here before who also works here."""
        self.ensure_one()
        of_practice = self.env["res.users"].sudo().search(
            [
                ("all_group_ids", "in", self.env.ref("prm_core.group_prm_receptionist").id),
                ("company_ids", "in", self.company_id.id),
                ("share", "=", False),
            ],
            order="id",
        )  # fmt: skip
        manager = self.env.ref("prm_core.group_prm_manager")
        return of_practice.sorted(
            lambda user: (manager in user.all_group_ids, user.company_id != self.company_id)
        )[:1]

    def _tell_of_age(self):
        super()._tell_of_age()
        self._ask_front_desk("prm_core.mail_activity_of_age")

    def _close_front_desk(self, activity_type):
        """The open activities of a kind are done."""
        if self:
            self.sudo().activity_feedback([activity_type])


class MailActivity(models.Model):
    """An answer that was given, or is no longer needed."""

    _inherit = "mail.activity"

    def _action_done(self, feedback=False, attachment_ids=None):
        answered = self.filtered(
            lambda activity: (
                activity.res_model == "prm.patient"
                and activity.activity_type_id == self.env.ref("prm_core.mail_activity_reply")
            )
        )
        messages = self.env["prm.message"].sudo()
        if answered:
            domain = [("patient_id", "in", answered.mapped("res_id")), ("needs_answer", "=", True)]
            messages = messages.search(domain)
        result = super()._action_done(feedback=feedback, attachment_ids=attachment_ids)
        messages.needs_answer = False
        return result
