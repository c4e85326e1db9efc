from odoo import fields, models


class PrmHealthFactChoice(models.Model):
    """One answer to a kind of health fact that has several."""

    _name = "prm.health.fact.choice"
    _description = "Answer to a Health Fact"
    _order = "type_id, sequence, id"

    type_id = fields.Many2one("prm.health.fact.type", required=True, index=True, ondelete="cascade")
    sequence = fields.Integer(default=10)
    code = fields.Char(required=True)
    name = fields.Char(required=True, translate=True)
    alert = fields.Boolean(string="Warn")

    _code_uniq = models.UniqueIndex("(type_id, code)", "There is an answer with this code.")
