from odoo import models


class PrmLink(models.Model):
    """The link's action ``plan``: the patient reads a treatment plan and answers it.

    Who has the link sees the plan, which is what it is for, and nothing else of the record.
    """

    _inherit = "prm.link"

    def _page_plan(self, params):
        self.ensure_one()
        plan = self._plan()
        return plan._page(params, self._plan_revision())

    def _post_plan(self, params):
        """Check a choice, send it, or ask a question: ``do`` says which."""
        self.ensure_one()
        plan = self._plan()
        message = self.message_id
        person = message.recipient_id or self.patient_id.partner_id
        answers = len(plan.answer_ids)
        page = plan._post(params, "link", person, self._plan_revision(), message)
        if len(plan.answer_ids) > answers:
            self._acted(record=plan)
        return page

    def _plan(self):
        """The plan of the link's own patient; empty when it is gone."""
        plans = self.env["prm.treatment.plan"].sudo()
        if self.res_model != plans._name:
            return plans
        return plans.search([("id", "=", self.res_id), ("patient_id", "=", self.patient_id.id)])

    def _plan_revision(self):
        """Which revision the message was about; None: whichever is proposed."""
        return (self.payload or {}).get("revision")
