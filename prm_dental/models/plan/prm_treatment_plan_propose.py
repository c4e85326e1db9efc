from datetime import datetime, time, timedelta

from odoo import fields, models
from odoo.addons.prm_core.models.messaging.reasons import reason_text
from odoo.addons.prm_core.outbox import Request
from odoo.exceptions import AccessError, UserError

from ... import procedure_status, treatment_plan

TEMPLATE = "plan"
LINK_ACTION = "plan"
#: Days after the last valid one on which the link still opens a page that says what to do.
LINK_DAYS_AFTER = 30


class PrmTreatmentPlan(models.Model):
    """From a draft to what the patient has before them, and back."""

    _inherit = "prm.treatment.plan"

    def _check_may_propose(self):
        if not self.env.su and not self.env.user.has_group("prm_core.group_prm_clinician"):
            raise AccessError(
                self.env._("Clinicians propose treatment plans. Please ask one of them.")
            )

    def _check_may_answer(self):
        """:raises AccessError: for who neither treats nor sits at the desk."""
        self.check_access("read")
        allowed = ("prm_core.group_prm_clinician", "prm_core.group_prm_receptionist")
        if not self.env.su and not any(self.env.user.has_group(group) for group in allowed):
            raise AccessError(self.env._("Only the practice's team may do this."))

    def action_propose(self):
        """Fix what the patient will read: a new revision."""
        self._check_may_propose()
        for plan in self:
            plan.check_access("write")
            plan.sudo()._propose()
        return True

    def _propose(self):
        """:raises UserError: when the plan is not ready."""
        self.ensure_one()
        self._lock()
        self._check_ready()
        today = self._today()
        declined = self.line_ids.procedure_id.filtered(
            lambda procedure: procedure.state == procedure_status.DECLINED
        )
        # What is proposed again is a question again.
        declined.write({"state": procedure_status.PLANNED})
        self.line_ids.write({"said_yes": False, "said_no": False})
        self._freeze()
        self.write(
            {
                "state": "proposed",
                "revision": self.revision + 1,
                "proposed_on": today,
                "valid_until": self.valid_until
                or today + timedelta(days=self.company_id.prm_plan_days),
                "outcome": False,
                "alternative_id": False,
            }
        )
        self.content_hash = treatment_plan.fingerprint(self._content())
        self._emit("plan_proposed", {"treatments": len(self.line_ids)})

    def _check_ready(self):
        _ = self.env._
        if self.state != "draft":
            raise UserError(_("This plan is not a draft: it is proposed already."))
        if not self.line_ids:
            raise UserError(_("Add the treatments that you propose first."))
        gone = self.line_ids.filtered(lambda line: line.standing == treatment_plan.GONE)
        if gone:
            raise UserError(
                _(
                    "“%s” was entered by mistake. Remove it from the plan first.",
                    gone[0].procedure_id.display_name,
                )
            )
        if not any(line.answerable for line in self.line_ids._as_lines()):
            raise UserError(_("All of these treatments have begun or are done."))
        if self.valid_until and self.valid_until < self._today():
            raise UserError(_("“Valid until” has passed. Choose a day to come, or leave it empty."))
        empty = self.alternative_ids - self.line_ids.alternative_id
        if empty:
            raise UserError(_("The alternative “%s” has no treatment yet.", empty[0].name))
        if len(self.alternative_ids) == 1:
            raise UserError(_("One alternative alone is no choice. Add another one, or remove it."))

    def action_revise(self):
        """Back to a draft; the patient's page says that the plan is being changed."""
        self._check_may_propose()
        for plan in self:
            plan.check_access("write")
            plan = plan.sudo()
            plan._lock()
            if plan.state not in ("proposed", "answered"):
                raise UserError(self.env._("Only a proposed or answered plan can be revised."))
            late = plan.valid_until and plan.valid_until < plan._today()
            plan.line_ids.frozen = False
            plan.write({"state": "draft", "valid_until": False if late else plan.valid_until})
        return True

    def action_withdraw(self):
        """The practice does not propose this any more; the treatments stay as they are."""
        self._check_may_propose()
        for plan in self:
            plan.check_access("write")
            plan = plan.sudo()
            plan._lock()
            if plan.state not in ("draft", "proposed", "answered"):
                raise UserError(self.env._("This plan is closed already."))
            plan.state = "withdrawn"
        return True

    # ------------------------------------------------------------
    # SENDING
    # ------------------------------------------------------------

    def action_send(self):
        """Propose the plan if it is a draft, and send the patient the link to it.

        :return: a notice: that it is on its way, or why it is not, in words.
        """
        self.ensure_one()
        self._check_may_answer()
        if self.state == "draft":
            self.action_propose()
        if self.state not in ("proposed", "answered"):
            raise UserError(self.env._("This plan is closed. Make a new one to propose it."))
        if self.changed or self.expired:
            raise UserError(
                self.env._(
                    "The patient could not answer this: a treatment has changed, or the day until"
                    " which it is valid has passed. A clinician can revise it."
                )
            )
        message = self.sudo()._send()
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                **self._prepare_notice(message),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def _prepare_notice(self, message):
        """How a notice about a message looks and what it says."""
        if message.state != "queued":
            why = reason_text(self.env, message.reason)
            return {
                "type": "warning",
                "sticky": True,
                "message": self.env._("The plan was not sent. %s", why),
            }
        channel = message.channel_id.name
        return {"type": "success", "message": self.env._("On its way: %s", channel)}

    def _send(self):
        """Hand the link to this revision to the outbox.

        :return: the `prm.message`, queued or held back.
        """
        self.ensure_one()
        template = self.env["prm.template"]._by_code(TEMPLATE, self.company_id)
        if not template:
            raise UserError(self.env._("The template “plan” is missing; a manager can add it."))
        lang = self.patient_id.lang or self.env.lang
        message = self.env["prm.message"]._queue(
            [
                Request(
                    patient=self.patient_id,
                    purpose=template.purpose_id.code,
                    template=template,
                    record=self,
                    variables={
                        "plan.valid_until": self.with_context(lang=lang)._say_day(self.valid_until)
                    },
                    link_action=LINK_ACTION,
                    link_payload={"revision": self.revision},
                )
            ]
        )
        if link := message.sudo().link_id:
            link.expires_at = self._link_end()
        return message

    def _link_end(self):
        """Until when a link to the plan opens, naive UTC."""
        last = (self.valid_until or self._today()) + timedelta(days=LINK_DAYS_AFTER)
        return max(datetime.combine(last, time()), fields.Datetime.now())
