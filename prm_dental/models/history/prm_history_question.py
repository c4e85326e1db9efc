from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ... import mdas
from ...history_form import Question

#: What kind of fact an answer can be.
FACT_KINDS = {"flag": "flag", "number": "number", "words": "text", "choice": "choice",
              "scale": "number"}  # fmt: skip


class PrmHistoryQuestion(models.Model):
    """One question on a patient's health, in the patient's words."""

    _name = "prm.history.question"
    _description = "Health Question"
    _order = "form_id, section, sequence, id"
    _rec_name = "text"

    form_id = fields.Many2one("prm.history.form", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="form_id.company_id", store=True, precompute=True)
    sequence = fields.Integer(default=10)
    section = fields.Selection(
        [
            ("1_health", "Health"),
            ("2_medicine", "Medicines and allergies"),
            ("3_habits", "Habits"),
            ("4_feelings", "Feelings about the visit"),
            ("5_barriers", "What makes it hard to come"),
        ],
        string="Page",
        required=True,
        default="1_health",
    )
    code = fields.Char(required=True, help="Small letters and _; what the answer is kept under.")
    text = fields.Char(string="Question", required=True, translate=True)
    hint = fields.Char(translate=True, help="Small words below the question.")
    kind = fields.Selection(
        [
            ("flag", "Yes or no"),
            ("number", "No, or how many"),
            ("words", "No, or which"),
            ("choice", "One of several"),
            ("many", "Any of what makes it hard"),
            ("scale", "Calm to extremely anxious (MDAS)"),
        ],
        string="Answer",
        required=True,
        default="flag",
    )
    fact_type_id = fields.Many2one(
        "prm.health.fact.type", string="Kept as", ondelete="restrict",
        help="The health fact that the answer is.",
    )  # fmt: skip
    gender = fields.Selection(
        [("female", "Not asked of men"), ("male", "Not asked of women")], string="Who is Asked"
    )
    min_age = fields.Integer(string="From Age")
    max_age = fields.Integer(string="To Age", help="Included; 0: no limit.")

    _code_uniq = models.UniqueIndex(
        "(form_id, code)", "Another question of this form has the same code."
    )

    @api.constrains("code")
    def _check_code(self):
        for question in self:
            plain = question.code.replace("_", "")
            if not (plain.isascii() and plain.isalnum() and plain == plain.lower()):
                raise ValidationError(
                    self.env._("“%s”: a code has small letters, digits and _ only.", question.code)
                )

    @api.constrains("kind", "fact_type_id", "code")
    def _check_kind(self):
        for question in self:
            wanted = FACT_KINDS.get(question.kind)
            fact = question.fact_type_id
            if fact and fact.value_kind != wanted:
                raise ValidationError(
                    self.env._(
                        "The answer to “%(question)s” can't be kept as “%(fact)s”.",
                        question=question.text, fact=fact.name,
                    )
                )  # fmt: skip
            if question.kind == "scale" and question.code not in mdas.ITEMS:
                raise ValidationError(
                    self.env._("The scale has these situations: %s.", ", ".join(mdas.ITEMS))
                )
            if question.kind == "choice" and not fact:
                raise ValidationError(
                    self.env._("Say as what the answer to “%s” is kept.", question.text)
                )

    @api.model_create_multi
    def create(self, vals_list):
        questions = super().create(vals_list)
        questions._check_open()
        return questions

    def write(self, vals):
        self._check_open()
        return super().write(vals)

    def unlink(self):
        self._check_open()
        return super().unlink()

    def _check_open(self):
        """Of a version in use nothing changes but its translations."""
        if not self.env.context.get("install_mode"):
            self.form_id._check_draft()

    def _choices(self):
        """What can be chosen: list of (code, name), in the user's language."""
        self.ensure_one()
        if self.kind == "many":
            barriers = self.env["prm.health.fact.type"].sudo().search([("is_barrier", "=", True)])
            return [(barrier.code, barrier.name) for barrier in barriers]
        if self.kind == "choice":
            return [(one.code, one.name) for one in self.fact_type_id.sudo().choice_ids]
        return []

    def _as_question(self):
        """:rtype: history_form.Question"""
        self.ensure_one()
        fact = self.fact_type_id.sudo()
        return Question(
            self.code,
            self.kind,
            fact.code or "",
            tuple(code for code, _name in self._choices()),
            int(fact.maximum or 0),
            self.gender or "",
            self.min_age,
            self.max_age,
        )
