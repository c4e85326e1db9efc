from odoo import api, fields, models
from odoo.exceptions import ValidationError


class PrmAppointmentTypeProvider(models.Model):
    """How long a kind of visit takes with one provider, where that differs."""

    _name = "prm.appointment.type.provider"
    _description = "Times of a Visit by Provider"
    _order = "type_id, provider_id"
    _rec_name = "provider_id"

    type_id = fields.Many2one(
        "prm.appointment.type",
        string="Kind of Visit",
        required=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(related="type_id.company_id", store=True, index=True)
    provider_id = fields.Many2one("prm.provider", required=True, ondelete="cascade", index=True)
    duration = fields.Integer(required=True, default=30, help="Minutes.")
    buffer_before = fields.Integer(string="Prepare", help="Minutes.")
    buffer_after = fields.Integer(string="Clean Up", help="Minutes.")

    _provider_uniq = models.Constraint(
        "unique(type_id, provider_id)", "This provider has a line already."
    )
    _duration_positive = models.Constraint(
        "CHECK(duration BETWEEN 5 AND 720)", "A visit takes from 5 minutes to 12 hours."
    )
    _buffers_positive = models.Constraint(
        "CHECK(COALESCE(buffer_before, 0) BETWEEN 0 AND 240"
        " AND COALESCE(buffer_after, 0) BETWEEN 0 AND 240)",
        "Preparing and cleaning up take from 0 to 240 minutes each.",
    )

    @api.constrains("type_id", "provider_id")
    def _check_provider(self):
        for line in self:
            if line.provider_id.company_id != line.type_id.company_id:
                raise ValidationError(
                    self.env._(
                        "“%(name)s” belongs to another practice.", name=line.provider_id.name
                    )
                )
            who = line.type_id.provider_ids
            if who and line.provider_id not in who:
                raise ValidationError(
                    self.env._(
                        "%(name)s is not among those who do “%(kind)s”.",
                        name=line.provider_id.name,
                        kind=line.type_id.name,
                    )
                )
