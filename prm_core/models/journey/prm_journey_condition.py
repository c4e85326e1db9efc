from odoo import api, fields, models


class PrmJourneyCondition(models.Model):
    """A named question about a patient on a journey, such as "not confirmed yet".

    Add-ons declare theirs as data, and answer them in a method ``_condition_<code>`` of
    `prm.enrolment`.
    """

    _name = "prm.journey.condition"
    _description = "Journey Condition"
    _order = "sequence, name"

    sequence = fields.Integer(default=10)
    code = fields.Char(required=True)
    name = fields.Char(
        required=True, translate=True, help="As it reads after “if”: “the visit is confirmed”."
    )
    negative_name = fields.Char(
        string="When Not", required=True, translate=True, help="“the visit is not confirmed”."
    )
    record_model = fields.Char(
        string="Only About", help="The model that a journey must be about; empty: any."
    )
    takes_number = fields.Boolean(help="Whether a number belongs to it; # stands for it.")
    lasting = fields.Boolean(
        help="Its answer is the same on other days, so that it may be asked about a time that has "
        "passed."
    )

    _code_uniq = models.Constraint("unique(code)", "There is a condition with this code.")

    def _sentence(self, negated, number):
        """The condition in words."""
        self.ensure_one()
        text = self.negative_name if negated else self.name
        return text.replace("#", str(number))


class PrmJourneyStepCondition(models.Model):
    """A condition as one step uses it. All conditions of a step must hold."""

    _name = "prm.journey.step.condition"
    _description = "Condition of a Step"

    step_id = fields.Many2one("prm.journey.step", required=True, index=True, ondelete="cascade")
    condition_id = fields.Many2one(
        "prm.journey.condition", string="If", required=True, ondelete="restrict"
    )
    negated = fields.Boolean(string="Not")
    number = fields.Integer(aggregator=None)
    takes_number = fields.Boolean(related="condition_id.takes_number")
    sentence = fields.Char(compute="_compute_sentence")

    @api.depends("condition_id", "negated", "number")
    @api.depends_context("lang")
    def _compute_sentence(self):
        for line in self:
            condition = line.condition_id
            line.sentence = condition and condition._sentence(line.negated, line.number)

    @api.model_create_multi
    def create(self, vals_list):
        steps = {vals["step_id"] for vals in vals_list if vals.get("step_id")}
        self.env["prm.journey.step"].browse(steps).journey_id._check_practice()
        lines = super().create(vals_list)
        lines.step_id._check_open()
        return lines

    def write(self, vals):
        self.step_id._check_open()
        result = super().write(vals)
        if "step_id" in vals:
            self.check_access("write")
            self.step_id._check_open()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_if_open(self):
        self.step_id._check_open()
