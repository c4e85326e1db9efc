from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import frozendict, ormcache


class PrmPolicyRule(models.Model):
    """What the law of a country, or good practice there, says about a purpose and a channel.

    Rules come as data, each with its source, and are the practice's to change: laws do. They narrow
    what a purpose allows and never widen it. The rules of the practice's own country and of the
    patient's hold together.
    """

    _name = "prm.policy.rule"
    _description = "Rule of a Country"
    _order = "country_id, purpose_id, channel_id, id"
    _rec_name = "source"

    active = fields.Boolean(default=True)
    country_id = fields.Many2one("res.country", required=True, index=True)
    purpose_id = fields.Many2one(
        "prm.purpose", ondelete="cascade", help="Empty: for every purpose."
    )
    channel_id = fields.Many2one(
        "prm.channel", ondelete="cascade", help="Empty: for every channel."
    )
    opt_in = fields.Boolean(string="Needs Permission First")
    hour_from = fields.Float(aggregator=None, string="Not Before", default=0)
    hour_to = fields.Float(aggregator=None, string="Not After", default=24)
    no_saturdays = fields.Boolean(string="Not on Saturdays")
    no_sundays = fields.Boolean(string="Not on Sundays")
    cap_count = fields.Integer(
        aggregator=None, string="At Most", help="Messages to one patient. 0: no limit."
    )
    cap_days = fields.Integer(aggregator=None, string="In Days", default=1, required=True)
    max_text = fields.Integer(
        aggregator=None,
        string="Longest Text",
        help="Characters of a text to a patient who has not expressly allowed it. 0: no limit.",
    )
    source = fields.Char(required=True, translate=True, help="Law or guideline, with its article.")
    note = fields.Text(translate=True)

    @api.model_create_multi
    def create(self, vals_list):
        self.env.registry.clear_cache()
        return super().create(vals_list)

    def write(self, vals):
        self.env.registry.clear_cache()
        return super().write(vals)

    def unlink(self):
        self.env.registry.clear_cache()
        return super().unlink()

    @api.model
    @ormcache("country_id")
    def _sms_limits(self, country_id):
        """Where a practice may text without asking first only if it is brief: most characters.

        :param country_id: the practice's country.
        :return: ``{purpose id, or False for every purpose: characters}``
        """
        domain = [
            ("country_id", "=", country_id),
            ("channel_id.code", "=", "sms"),
            ("max_text", ">", 0),
        ]
        rules = self.sudo().search(domain) if country_id else ()
        limits = {}
        for rule in rules:
            purpose = rule.purpose_id.id
            limits[purpose] = min(rule.max_text, limits.get(purpose, rule.max_text))
        return frozendict(limits)

    @api.constrains("hour_from", "hour_to", "cap_count", "cap_days")
    def _check_limits(self):
        for rule in self:
            if not 0 <= rule.hour_from < rule.hour_to <= 24:
                raise ValidationError(
                    self.env._("The hours of “%s” run from an earlier to a later one.", rule.source)
                )
            if rule.cap_count < 0 or not 1 <= rule.cap_days <= 366:
                raise ValidationError(
                    self.env._("A limit of “%s” counts messages in 1 to 366 days.", rule.source)
                )
