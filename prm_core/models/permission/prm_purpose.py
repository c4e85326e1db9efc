from odoo import fields, models


class PrmPurpose(models.Model):
    """What a message is for. Whether it may be sent depends on it."""

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

    _code_uniq = models.Constraint("unique(code)", "There is a purpose with this code.")
