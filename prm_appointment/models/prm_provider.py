from random import randint

from odoo import fields, models


class PrmProvider(models.Model):
    """A person who treats patients, with their own working hours."""

    _name = "prm.provider"
    _description = "Provider"
    _inherit = ["resource.mixin"]
    _order = "sequence, name, id"

    name = fields.Char(
        related="resource_id.name", store=True, readonly=False, required=True, precompute=True
    )
    sequence = fields.Integer(default=10)
    active = fields.Boolean(
        related="resource_id.active", store=True, readonly=False, default=True, precompute=True
    )
    user_id = fields.Many2one(
        "res.users",
        string="Odoo User",
        related="resource_id.user_id",
        store=True,
        readonly=False,
        index="btree_not_null",
        help="Visits stand in this person's Odoo calendar.",
    )
    role = fields.Selection(
        [("dentist", "Dentist"), ("hygienist", "Dental hygienist"), ("other", "Other")],
        required=True,
        default="dentist",
    )
    color = fields.Integer(default=lambda self: randint(1, 11))
    company_id = fields.Many2one(string="Practice", required=True)
    type_ids = fields.Many2many(
        "prm.appointment.type",
        "prm_appointment_type_provider_rel",
        "provider_id",
        "type_id",
        string="Kinds of Visit",
    )

    def _prepare_resource_values(self, vals, tz):
        """The resource takes over what belongs to it, so that the two never disagree."""
        values = super()._prepare_resource_values(vals, tz)
        for name in ("user_id", "active"):
            if name in vals:
                values[name] = vals[name]
        if not values.get("tz"):
            company = self.env["res.company"].browse(values.get("company_id"))
            if company.partner_id.tz:
                values["tz"] = company.partner_id.tz
        return values
