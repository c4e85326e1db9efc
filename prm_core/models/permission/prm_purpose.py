from odoo import api, fields, models
from odoo.exceptions import ValidationError


class PrmPurpose(models.Model):
    """What a message is for. Whether and when it may be sent depends on it.

    What is set here holds everywhere; the rules of a country (`prm.policy.rule`) can only narrow
    it.
    """

    _name = "prm.purpose"
    _description = "Purpose of Contact"
    _order = "sequence, id"

    sequence = fields.Integer(default=10, help="Lower goes first when messages compete.")
    code = fields.Char(required=True)
    name = fields.Char(required=True, translate=True)
    description = fields.Char(translate=True)
    opt_in = fields.Boolean(
        string="Needs Permission First",
        help="Nothing goes out unless the patient has said yes. Otherwise it is enough that the "
        "patient has not said no.",
    )
    legal_basis = fields.Selection(
        [
            ("contract", "Treatment contract (GDPR 6.1.b, 9.2.h)"),
            ("interest", "Legitimate interest (GDPR 6.1.f)"),
            ("consent", "Consent (GDPR 6.1.a)"),
        ],
        required=True,
        default="consent",
    )
    hour_from = fields.Float(
        aggregator=None,
        string="Not Before",
        default=8,
        required=True,
        help="Hour of the patient's own clock.",
    )
    hour_to = fields.Float(
        aggregator=None,
        string="Not After",
        default=20,
        required=True,
        help="Hour of the patient's own clock.",
    )
    sundays = fields.Boolean(string="On Sundays Too")
    cap_count = fields.Integer(
        aggregator=None,
        string="At Most",
        help="Messages to one patient, of all purposes together. 0: no limit by this purpose.",
    )
    cap_days = fields.Integer(aggregator=None, string="In Days", default=1, required=True)
    pausable = fields.Boolean(
        default=True,
        string="Stops in a Pause",
        help="A patient who wants a pause gets none of these until it ends.",
    )
    uncertain = fields.Selection(
        [("retry", "Send it once more"), ("ask", "Ask a person")],
        string="If Unsure Whether It Went",
        required=True,
        default="ask",
        help="After a breakdown nobody may know whether a message went. A reminder that comes "
        "twice does less harm than one that never came; an offer is the other way round.",
    )
    health_channel_ids = fields.Many2many(
        "prm.channel",
        string="Health Details Only by",
        help="A text that names a treatment goes out by these channels alone.",
    )

    _code_uniq = models.Constraint("unique(code)", "There is a purpose with this code.")

    @api.constrains("hour_from", "hour_to", "cap_count", "cap_days")
    def _check_limits(self):
        for purpose in self:
            if not 0 <= purpose.hour_from < purpose.hour_to <= 24:
                raise ValidationError(
                    self.env._(
                        "The hours of “%s” run from an earlier to a later one.", purpose.name
                    )
                )
            if purpose.cap_count < 0 or not 1 <= purpose.cap_days <= 366:
                raise ValidationError(
                    self.env._("A limit of “%s” counts messages in 1 to 366 days.", purpose.name)
                )
