from odoo import api, fields, models
from odoo.exceptions import ValidationError

#: Which column of a fact holds the value of which kind.
VALUE_FIELDS = {
    "flag": "value_flag",
    "number": "value_number",
    "choice": "choice_id",
    "text": "value_text",
}


class PrmHealthFactType(models.Model):
    """Something that can be known of a patient's health: smoking, diabetes, an allergy.

    One vocabulary for all practices: the recall interval, the history form and the alerts rely on
    the codes. The shipped ones follow the checklist of risk factors in NICE guideline CG19
    (appendix G), the 2018 classification of periodontal diseases (stages, grades), and what a
    dentist has to know before treatment.
    """

    _name = "prm.health.fact.type"
    _description = "Kind of Health Fact"
    _order = "sequence, id"

    sequence = fields.Integer(default=100)
    code = fields.Char(required=True, copy=False)
    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)
    value_kind = fields.Selection(
        [
            ("flag", "Yes or no"),
            ("number", "Number"),
            ("choice", "One of several"),
            ("text", "Words, one entry a line"),
        ],
        string="Answer",
        required=True,
        default="flag",
    )
    unit = fields.Char(translate=True, help="Read after a number: “a day”.")
    minimum = fields.Float(help="The smallest number that makes sense.")
    maximum = fields.Float(help="The largest number that makes sense; 0: no limit.")
    choice_ids = fields.One2many("prm.health.fact.choice", "type_id", string="Answers")
    alert = fields.Boolean(
        help="Shown as a warning on the patient, the visit and the chart: a yes, any words, a "
        "number from the one below on, or an answer that is marked."
    )
    alert_from = fields.Float(string="Warn From", help="Numbers from here on are a warning.")
    for_desk = fields.Boolean(
        string="Front Desk Sees It",
        help="Only for what booking and receiving the patient needs. Never for diagnoses.",
    )

    _code_uniq = models.UniqueIndex("(code)", "There is a kind of health fact with this code.")
    _range = models.Constraint(
        "CHECK(maximum = 0 OR maximum >= minimum)",
        "The largest number can't be below the smallest.",
    )

    @api.constrains("value_kind", "code")
    def _check_unused(self):
        """What is recorded can't change its meaning."""
        facts = self.env["prm.health.fact"].sudo()
        for kind in self:
            column = VALUE_FIELDS[kind.value_kind]
            others = set(VALUE_FIELDS.values()) - {column, "value_flag", "value_number"}
            if any(
                facts.search_count([("type_id", "=", kind.id), (other, "!=", False)], limit=1)
                for other in others
            ):
                raise ValidationError(
                    self.env._(
                        "Patients have answers to “%s” already. Make a new kind of fact instead.",
                        kind.name,
                    )
                )

    @api.model
    @api.private
    def _by_code(self, codes):
        """``{code: prm.health.fact.type}``, archived ones included, in one query.

        :raise ValidationError: for a code that nobody has declared.
        """
        everything = self.sudo().with_context(active_test=False)
        found = {kind.code: kind for kind in everything.search([("code", "in", list(codes))])}
        if missing := set(codes) - set(found):
            raise ValidationError(
                self.env._("There is no kind of health fact “%s”.", ", ".join(sorted(missing)))
            )
        return found

    @api.private
    def _prepare_value(self, value):
        """Values of a fact's columns for a plain value.

        :param value: bool, number, code of an answer, or text / list of texts, by `value_kind`.
        :raise ValidationError: when the value is none of this kind.
        """
        self.ensure_one()
        column = VALUE_FIELDS[self.value_kind]
        if self.value_kind == "flag":
            if not isinstance(value, bool):
                raise ValidationError(self.env._("“%s” is answered by yes or no.", self.name))
            return {column: value}
        if self.value_kind == "number":
            return {column: self._check_number(value)}
        if self.value_kind == "choice":
            choices = self.choice_ids.filtered(lambda choice: choice.code == value)
            if not choices:
                raise ValidationError(
                    self.env._(
                        "“%(value)s” is no answer to “%(name)s”.", value=value, name=self.name
                    )
                )
            return {column: choices.id}
        lines = value if isinstance(value, list | tuple) else str(value).splitlines()
        return {column: "\n".join(line.strip() for line in lines if line.strip())}

    def _check_number(self, value):
        """The number, if it is one and within the bounds."""
        self.ensure_one()
        try:
            number = float(value)
        except (TypeError, ValueError):
            number = float("nan")
        if not number >= self.minimum or (self.maximum and number > self.maximum):
            raise ValidationError(
                self.env._(
                    "“%(name)s” needs a number from %(minimum)g to %(maximum)g.",
                    name=self.name,
                    minimum=self.minimum,
                    maximum=self.maximum or 9999,
                )
            )
        return number
