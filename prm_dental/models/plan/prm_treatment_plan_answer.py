from collections import defaultdict

from odoo import fields, models
from odoo.addons.prm_core.bulk import insert

from ... import treatment_plan


class PrmTreatmentPlan(models.Model):
    """What the patient says, and what becomes of the treatments."""

    _inherit = "prm.treatment.plan"

    def _hurdle(self, shown_revision=None):
        """Why nothing can be answered now: a code of `treatment_plan`, or None.

        :param shown_revision: the revision that the person has before them.
        """
        self.ensure_one()
        plan = self.sudo()
        begun = any(line.begun for line in plan.line_ids._as_lines())
        return treatment_plan.hurdle(
            plan.state, plan.revision, shown_revision, plan.valid_until, plan._today(),
            any(plan.line_ids.mapped("changed")), plan.state == "answered", begun,
        )  # fmt: skip

    def _answer(self, choice, shown_revision, seen, source, person, reasons=None):
        """Take an answer, with all that follows from it; or nothing at all.

        :param choice: `treatment_plan.Choice`; :param shown_revision: what it is an answer to.
        :param seen: how many answers there were when the person began to read.
        :param source: ``link``, ``portal`` or ``desk``; :param person: `res.partner` who answers.
        :param reasons: {line id: `prm.decline.reason`} of what is declined, as far as it is known.
        :return: None, or a code of `treatment_plan` that says why nothing was done.
        """
        self.ensure_one()
        # Who comes second waits here, and then sees what the first one said.
        self._lock()
        plan = self.sudo()
        hurdle = plan._hurdle(shown_revision)
        if not hurdle and len(plan.answer_ids) != seen:
            hurdle = treatment_plan.ANSWERED_MEANWHILE
        if hurdle:
            return hurdle
        reasons = reasons or {}
        plan._take_over(choice, reasons)
        plan.write(
            {
                "state": "answered",
                "outcome": choice.outcome,
                "alternative_id": choice.alternative or False,
            }
        )
        plan._record_answer(choice, reasons, source, person)
        plan._emit(
            "plan_answered",
            {
                "accepted": len(choice.yes),
                "declined": len(choice.no),
                "said_yes": f"{len(choice.yes)}/{len(choice.yes) + len(choice.no)}",
            },
        )
        if source != "desk":
            plan.patient_id._ask_front_desk("prm_dental.mail_activity_plan")
        plan._settle()
        return None

    def _take_over(self, choice, reasons):
        """What the answer means for the treatments themselves."""
        lines = self.line_ids
        yes = lines.filtered(lambda line: line.id in choice.yes)
        no = lines.filtered(lambda line: line.id in choice.no)
        elsewhere = (lines - yes - no).filtered(
            lambda line: line.alternative_id and line.alternative_id.id != choice.alternative
        )
        (lines - yes - no).write({"said_yes": False, "said_no": False})
        yes.write({"said_yes": True, "said_no": False})
        no.write({"said_yes": False, "said_no": True})
        yes.procedure_id._say_yes()
        not_said = self.env.ref("prm_dental.prm_decline_reason_not_said")
        other_way = self.env.ref("prm_dental.prm_decline_reason_other_way")
        by_reason = defaultdict(self.env["prm.procedure"].browse)
        for line in no:
            by_reason[reasons.get(line.id) or not_said] |= line.procedure_id
        for line in elsewhere.filtered(lambda line: line._as_line().answerable):
            by_reason[other_way] |= line.procedure_id
        for reason, procedures in by_reason.items():
            procedures._say_no(reason)

    def _record_answer(self, choice, reasons, source, person):
        accepted = self.line_ids.filtered(lambda line: line.id in choice.yes)
        insert(
            self.env["prm.treatment.answer"],
            [
                {
                    "plan_id": self.id,
                    "company_id": self.company_id.id,
                    "revision": self.revision,
                    "content_hash": self.content_hash,
                    "answered_at": fields.Datetime.now(),
                    "source": source,
                    "person_id": person.id,
                    "user_id": self.env.uid if source == "desk" else False,
                    "lang": self._shown_lang(),
                    "outcome": choice.outcome,
                    "alternative": self.alternative_id.name or False,
                    "lines": [
                        self._prepare_answer_row(line, choice, reasons) for line in self.line_ids
                    ],
                    "accepted_count": len(choice.yes),
                    "declined_count": len(choice.no),
                    "accepted_amount": sum(accepted.mapped("amount")),
                }
            ],
        )
        self.invalidate_recordset(["answer_ids"])

    def _prepare_answer_row(self, line, choice, reasons):
        """One treatment of an answer: see `prm.treatment.answer`."""
        yes = True if line.id in choice.yes else False if line.id in choice.no else None
        shown = line._shown()
        return {
            "line": line.id,
            "procedure": line.procedure_id.id,
            "name": shown["name"],
            "place": shown["place"],
            "amount": line.amount,
            "yes": yes,
            "reason": reasons[line.id].code if yes is False and reasons.get(line.id) else "",
        }
