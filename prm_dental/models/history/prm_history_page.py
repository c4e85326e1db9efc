from odoo import models

from ... import history_form, mdas


class PrmHistory(models.Model):
    """The pages on which a patient answers, one for each group of questions.

    Every page that is right is kept at once, so a call in between or an empty battery loses
    nothing. What others may see of it: the address of a page names a group of questions only.
    """

    _inherit = "prm.history"

    def _page(self, params):
        """The page that an address asks for, else the first that has something open.

        :return: (external id of a template, values)
        """
        self.ensure_one()
        sections = self._sections()
        if params.get("step") == "send" and not self._missing():
            return "prm_dental.page_history_send", self._prepare_send_values()
        step = params.get("step")
        if step not in sections:
            step = next(iter(self._missing().mapped("section")), None) or next(iter(sections), "")
        return "prm_dental.page_history", self._prepare_section_values(step)

    def _post(self, params):
        """Keep a page, or send everything.

        :return: (external id of a template, values)
        """
        self.ensure_one()
        if params.get("do") == "send":
            if not self._missing():
                self._submit()
                return self._page_done()
            return self._page({})
        step = params.get("step")
        questions = self._sections().get(step)
        if not questions:
            return self._page({})
        answers, errors = {}, {}
        for question in questions:
            answer, wrong = history_form.read_answer(question._as_question(), params)
            if wrong:
                errors[question.code] = wrong
            else:
                answers[question.code] = answer
        self._keep(answers)
        if errors:
            values = self._prepare_section_values(step, typed=params, errors=errors)
            return "prm_dental.page_history", values
        return self._page({"step": self._step_after(step)})

    def _page_done(self):
        """What there is to say when the answers are here."""
        return "prm_dental.page_history_done", {
            "heading": self.env._("Thank you, %(name)s.", name=self.patient_id._salutation()),
            "title": self.env._("Your health"),
        }

    def _sections(self):
        """``{key: questions}`` of the pages that have any, in their order."""
        sections = {}
        for question in self._questions():
            empty = self.env["prm.history.question"]
            sections[question.section] = sections.get(question.section, empty) | question
        return sections

    def _step_after(self, step):
        steps = [*self._sections(), "send"]
        return steps[steps.index(step) + 1]

    def _step_before(self, step):
        steps = [*self._sections(), "send"]
        place = steps.index(step)
        return steps[place - 1] if place else None

    # === VALUES ===

    def _prepare_section_values(self, step, typed=None, errors=()):
        """Plain values of the page of one group.

        :param typed: what was posted and is not right; :param errors: ``{code: what is wrong}``.
        """
        sections = self._sections()
        steps = list(sections)
        questions = [
            self._prepare_question(question, typed, errors)
            for question in sections.get(step, self.env["prm.history.question"])
        ]
        first = bool(steps) and step == steps[0]
        return {
            "step": step,
            "title": self._section_title(step),
            "progress": self.env._(
                "Page %(page)s of %(pages)s",
                page=steps.index(step) + 1 if step in steps else 1,
                pages=len(steps) + 1,
            ),
            "greeting": self.env._("Hello %(name)s,", name=self.patient_id._salutation())
            if first
            else "",
            "intro": self.form_id.intro if first else "",
            "scale_hint": step == "4_feelings",
            "questions": questions,
            "error_count": len(errors),
            "back": self._step_before(step) if step in steps else None,
        }

    def _section_title(self, step):
        titles = {
            "1_health": self.env._("Your health"),
            "2_medicine": self.env._("Medicines and allergies"),
            "3_habits": self.env._("Habits"),
            "4_feelings": self.env._("How you feel about visits"),
            "5_barriers": self.env._("What makes it hard to come"),
        }
        return titles.get(step, titles["1_health"])

    def _prepare_question(self, question, typed, errors):
        """Plain values of one question: what is asked, what can be answered, what stands there."""
        code = question.code
        kept = (self.answers or {}).get(code)
        shown = typed if typed is not None else _as_typed(question, kept)
        options = {
            "flag": [("yes", self.env._("Yes")), ("no", self.env._("No"))],
            "number": [("no", self.env._("No")), ("yes", self.env._("Yes, a day:"))],
            "words": [("no", self.env._("No")), ("yes", self.env._("Yes, these:"))],
            "choice": question._choices(),
            "many": question._choices(),
            "scale": self._scale_labels(),
        }[question.kind]
        return {
            "code": code,
            "kind": question.kind,
            "text": question.text,
            "hint": question.hint,
            "options": options,
            "chosen": shown.get(code) or "",
            "more": shown.get(f"{code}_more") or "",
            "ticked": [key for key, _name in options if shown.get(f"{code}_{key}")],
            "error": self._say_wrong(errors[code], question) if code in errors else "",
        }

    def _scale_labels(self):
        labels = (
            self.env._("Calm"), self.env._("A little anxious"), self.env._("Fairly anxious"),
            self.env._("Very anxious"), self.env._("Extremely anxious"),
        )  # fmt: skip
        return [(str(number), label) for number, label in enumerate(labels, start=mdas.LOWEST)]

    def _say_wrong(self, wrong, question):
        return {
            history_form.UNANSWERED: self.env._("Please choose an answer."),
            history_form.SAY_WHICH: self.env._("Please write which ones."),
            history_form.SAY_HOW_MANY: self.env._("Please write how many, as a number."),
            history_form.TOO_LONG: self.env._(
                "Please shorten it to %s letters.", history_form.MAX_WORDS
            ),
            history_form.OUT_OF_RANGE: self.env._(
                "Please look at the number again: it should be between 1 and %s.",
                int(question.fact_type_id.sudo().maximum or 999999),
            ),
        }[wrong]

    def _prepare_send_values(self):
        """All answers once more, before they are sent."""
        rows = []
        for question in self._questions():
            answer = (self.answers or {}).get(question.code)
            rows.append(
                {
                    "text": question.text,
                    "answer": self._say_answer(question, answer),
                    "step": question.section,
                }
            )
        return {
            "title": self.env._("Is everything right?"),
            "rows": rows,
            "back": self._step_before("send"),
        }

    def _say_answer(self, question, answer):
        _ = self.env._
        if question.kind == "flag":
            return _("Yes") if answer else _("No")
        if question.kind == "number":
            return _("%s a day", answer) if answer else _("No")
        if question.kind == "words":
            return ", ".join(answer.splitlines()) if answer else _("No")
        names = dict(question._choices())
        if question.kind == "many":
            return ", ".join(names[code] for code in answer if code in names) or _("Nothing")
        if question.kind == "scale":
            return dict(self._scale_labels())[str(answer)]
        return names.get(answer, answer)


def _as_typed(question, answer):
    """A kept answer as the form would send it, so that going back shows it."""
    code = question.code
    if answer is None:
        return {}
    if question.kind == "many":
        return {f"{code}_{choice}": "1" for choice in answer}
    if question.kind == "flag":
        return {code: "yes" if answer else "no"}
    if question.kind in ("number", "words"):
        return {code: "yes" if answer else "no", f"{code}_more": str(answer or "")}
    return {code: str(answer)}
