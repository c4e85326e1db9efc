from odoo import fields, models

from ... import treatment_plan

#: Letters of a question: more is a visit.
MAX_QUESTION = 2000
#: What does not keep a patient from looking at a plan.
_STILL_SHOWN = (None, treatment_plan.BEGUN)


class PrmTreatmentPlan(models.Model):
    """The pages on which a patient reads a plan and answers; a GET changes nothing.

    The form leads to a page that says once more what was chosen, and only that one sends it.
    """

    _inherit = "prm.treatment.plan"

    def _page(self, params, revision=None):
        """The plan to be answered, the answer, or why there is neither.

        :param revision: what the person was told of; None: whichever is proposed.
        :return: (external id of a template, values)
        """
        if not self:
            return self._page_closed(treatment_plan.WITHDRAWN)
        hurdle = self._hurdle(revision)
        answered = self.state in ("answered", "completed")
        if answered and hurdle not in (treatment_plan.SUPERSEDED, treatment_plan.WITHDRAWN):
            if hurdle or not params.get("change"):
                return self._page_answered(may_change=not hurdle)
        elif hurdle:
            return self._page_closed(hurdle)
        return self._page_form(self._said_before())

    def _post(self, params, source, person, revision=None, message=None):
        """Do what the person asks for with ``do``: check, edit, all, send or ask.

        :param source: and :param person: as for `_answer`.
        :param message: the `prm.message` with whose link it was asked, if any.
        :return: (external id of a template, values)
        """
        do = params.get("do")
        if not self:
            return self._page_closed(treatment_plan.WITHDRAWN)
        if do == "ask":
            asked = self._ask(params.get("question"), message)
            template, values = self._page({}, revision)
            return template, {**values, "asked": asked, "empty_question": not asked}
        shown = _number(params.get("revision"))
        if revision not in (None, shown):
            shown = -1
        if hurdle := self._hurdle(shown):
            return self._page({}, revision) if hurdle == treatment_plan.BEGUN else (
                self._page_closed(hurdle)
            )  # fmt: skip
        if do == "edit":
            return self._page_form(params)
        choice, wrong = treatment_plan.read_choice(
            {**params, "all": do == "all" or params.get("all")},
            self.line_ids._as_lines(),
            set(self.alternative_ids.ids),
        )
        if wrong:
            return self._page_form(params, error=True)
        if do != "send":
            return self._page_check(choice, params)
        return self._send_answer(choice, params, shown, source, person)

    def _send_answer(self, choice, params, shown, source, person):
        reason = self._patient_reasons().filtered(
            lambda one: str(one.id) == str(params.get("reason"))
        )
        hurdle = self._answer(
            choice, shown, _number(params.get("seen")), source, person,
            dict.fromkeys(choice.no, reason) if reason else {},
        )  # fmt: skip
        if hurdle == treatment_plan.ANSWERED_MEANWHILE:
            template, values = self._page_answered(may_change=True)
            return template, {**values, "meanwhile": True}
        if hurdle:
            return self._page_closed(hurdle)
        template, values = self._page_answered(may_change=True)
        return template, {**values, "thanks": True}

    def _patient_reasons(self):
        return self.env["prm.decline.reason"].sudo().search([("said", "!=", False)])

    def _ask(self, question, message=None):
        """Put a question into the conversation, for the front desk to answer.

        :return: whether there was one.
        """
        question = str(question or "").strip()[:MAX_QUESTION]
        if not question:
            return False
        asked = self.env["prm.message"].sudo().create(
            {
                "direction": "in",
                "state": "received",
                "company_id": self.company_id.id,
                "channel_id": self.env.ref("prm_core.prm_channel_portal").id,
                "patient_id": self.patient_id.id,
                "subject": self.env._("A question about the treatment plan"),
                "body": question,
                "lang": self.env.lang or self.patient_id.lang,
                "sent_at": fields.Datetime.now(),
                "reply_to_id": message.id if message else False,
                "needs_answer": True,
            }
        )  # fmt: skip
        asked._tell()
        return True

    def _said_before(self):
        """The last answer as a form would send it; a way's own treatments are ticked at first."""
        ticked = self.line_ids.filtered(
            lambda line: line.said_yes or (line.alternative_id and not line.said_no)
        )
        way = self.alternative_id.id
        if not way and self.state == "answered" and self.alternative_ids:
            way = treatment_plan.NO_WAY
        return {"way": str(way or ""), **{f"yes_{line.id}": "1" for line in ticked}}

    # ------------------------------------------------------------
    # VALUES
    # ------------------------------------------------------------

    def _prepare_page_values(self):
        """What all of these pages say."""
        phone = self.company_id.phone
        return {
            "title": self.env._("Your treatment plan"),
            "phone": phone,
            "call_text": self.env._("Call %(phone)s", phone=phone),
            # As texts: a bare 0 would be left out of the form.
            "revision": str(self.revision),
            "seen": str(len(self.answer_ids)),
        }

    def _page_form(self, typed, error=False):
        """All treatments, to be ticked.

        :param typed: what stands in the form; :param error: whether no way was chosen.
        """
        groups = self._prepare_groups()
        for group in groups:
            for _name, rows in group["phases"]:
                for row in rows:
                    row["ticked"] = bool(typed.get(f"yes_{row['id']}"))
        return "prm_dental.page_plan", {
            **self._prepare_page_values(),
            "greeting": self.env._("Hello %(name)s,", name=self.patient_id._salutation()),
            "note": self.patient_note or "",
            "common": [group for group in groups if not group["way"]],
            "ways": [group for group in groups if group["way"]],
            "way": str(typed.get("way") or ""),
            "no_way": treatment_plan.NO_WAY,
            "error": error,
            "notice": self._say_notice(),
        }

    def _prepare_said(self, choice):
        """What is yes and what is no, as plain rows, with the sum of the yes.

        :param choice: `treatment_plan.Choice`
        """
        lines = self.line_ids
        yes = lines.filtered(lambda line: line.id in choice.yes)
        no = lines.filtered(lambda line: line.id in choice.no)
        return {
            "yes": [line._prepare_row() for line in yes],
            "no": [line._prepare_row() for line in no],
            "together": self._say_amount(sum(yes.mapped("amount"))),
        }

    def _page_check(self, choice, params):
        """What was chosen, once more, before it is sent."""
        chosen = self.alternative_ids.filtered(lambda way: way.id == choice.alternative)
        way = str(choice.alternative or (treatment_plan.NO_WAY if self.alternative_ids else ""))
        return "prm_dental.page_plan_check", {
            **self._prepare_page_values(),
            **self._prepare_said(choice),
            "title": self.env._("Is this right?"),
            "chosen": chosen.name or "",
            "way": way,
            "ticked": sorted(choice.yes),
            "reasons": [(reason.id, reason.said) for reason in self._patient_reasons()],
            "reason": str(params.get("reason") or ""),
            "notice": self._say_notice(),
        }

    def _page_answered(self, may_change):
        """What was said, and what happens next."""
        lines = self.line_ids
        choice = treatment_plan.Choice(
            self.alternative_id.id or 0,
            frozenset(lines.filtered("said_yes").ids),
            frozenset(lines.filtered("said_no").ids),
        )
        return "prm_dental.page_plan_answered", {
            **self._prepare_page_values(),
            **self._prepare_said(choice),
            "name": self.patient_id._salutation(),
            "chosen": self.alternative_id.name or "",
            "may_change": may_change,
            "completed": self.state == "completed",
            "booking": self._booking_address() if choice.yes else "",
        }

    def _booking_address(self):
        """The practice's page for booking, if it has one that is open."""
        addresses = self.patient_id._prm_booking_addresses()
        return addresses[0][1] if addresses else ""

    def _page_closed(self, hurdle):
        """Why there is nothing to answer, and what to do."""
        _ = self.env._
        texts = {
            treatment_plan.EXPIRED: (
                _("This estimate is no longer valid"),
                _("Some time has passed. Please call us: we look at it again together."),
            ),
            treatment_plan.SUPERSEDED: (
                _("We are changing this plan, or have changed it"),
                _("Please open the newest message from us, or call us: we are glad to help."),
            ),
            treatment_plan.CHANGED: (
                _("Something in this plan has changed"),
                _("We are bringing it up to date. Please call us: we are glad to help."),
            ),
        }
        gone = (
            _("This plan is not open any more"),
            _("Please call us: we gladly tell you how it goes on."),
        )
        heading, text = texts.get(hurdle, gone)
        company = self.company_id or self.env.company
        return "prm_dental.page_plan_closed", {
            "title": _("Your treatment plan"),
            "heading": heading,
            "text": text,
            "phone": company.phone,
            "call_text": _("Call %(phone)s", phone=company.phone),
        }

    def _estimate_is_shown(self, revision=None):
        """Whether a patient may have the estimate as a file now."""
        return bool(self) and self.revision > 0 and self._hurdle(revision) in _STILL_SHOWN

    def _prepare_list(self, several):
        """Plain values of the portal's list.

        :param several: whether it has to be said whose plan each is.
        """
        _ = self.env._
        rows = []
        for plan in self:
            texts = {
                "proposed": _("Waiting for your answer"),
                "answered": _("Thank you, your answer has come."),
                "completed": _("All done."),
            }
            rows.append(
                {
                    "who": plan.patient_id._salutation() if several else "",
                    "day": _("Plan of %s", plan._say_day(plan.proposed_on)),
                    "amount": plan._say_amount(plan.amount_proposed),
                    "text": _("This estimate is no longer valid")
                    if plan.expired
                    else texts[plan.state],
                    "open": plan.state == "proposed" and not plan.expired,
                    "address": f"/my/prm/plans/{plan.id}",
                }
            )
        return rows


def _number(text):
    """A number that a form sends back, or -1."""
    text = str(text or "")
    return int(text) if text.isascii() and text.isdecimal() else -1
