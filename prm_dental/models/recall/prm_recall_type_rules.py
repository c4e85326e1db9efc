from collections import Counter

from odoo import api, fields, models, tools
from odoo.exceptions import ValidationError

#: Fields of this file on which dates of recalls depend.
RULE_FIELDS = {
    "sequence", "switch_group", "rides_with_id", "ride_days", "min_age", "max_age", "first_from",
    "first_days",
}  # fmt: skip


class PrmRecallTypeRules(models.Model):
    """What holds of a kind of recall beside its interval: for which ages, instead of which other
    kind, together with which other visit, and whether it starts without a first procedure.
    """

    _inherit = "prm.recall.type"

    min_age = fields.Integer(
        string="From Age", help="Full years. Who is younger is due on the birthday; 0: any age."
    )
    max_age = fields.Integer(
        string="To Age", help="Full years, this age included. Who is older isn't asked; 0: any age."
    )
    switch_group = fields.Char(
        string="Takes Turns In",
        help="Kinds with the same word here take turns: only the one that was done last is on, "
        "such as hygiene visits and gum maintenance. On the same day the upper one in the list "
        "counts.",
    )
    rides_with_id = fields.Many2one(
        "prm.recall.type",
        string="Done Together With",
        check_company=True,
        ondelete="restrict",
        index="btree_not_null",
        help="When both are due about the same time the patient is asked once, and that visit "
        "becomes longer.",
    )
    ride_days = fields.Integer(string="Within Days", default=60)
    extra_minutes = fields.Integer(
        string="Minutes More", default=15, help="How much longer the other visit becomes."
    )
    first_from = fields.Selection(
        [("created", "Becoming a patient"), ("first_visit", "First visit")],
        string="First Time After",
        help="Empty: only who has had one of the procedures is asked back.",
    )
    first_days = fields.Integer(string="After Days", help="When the first one is due.")
    risk_guidance = fields.Selection(
        [("examination", "Examination"), ("periodontal", "Gum maintenance")],
        string="Interval by Risk",
        help="Proposes an interval to clinicians from what is known of the patient's health: an "
        "examination by NICE guideline CG19, gum maintenance by the guidance of the SDCEP.",
    )

    _age_range = models.Constraint(
        "CHECK(min_age BETWEEN 0 AND 120 AND (max_age = 0 OR max_age BETWEEN min_age AND 120))",
        "The ages don't fit: the lower one comes first, and nobody is older than 120.",
    )
    _ride_range = models.Constraint(
        "CHECK(ride_days BETWEEN 0 AND 365 AND extra_minutes BETWEEN 0 AND 240)",
        "Within 365 days, and at most 240 minutes more.",
    )
    _first_range = models.Constraint(
        "CHECK(first_days BETWEEN 0 AND 3650)", "The first one is due within ten years."
    )

    @api.constrains("rides_with_id")
    def _check_rides_with(self):
        """A visit that is done together with another one has no third on top."""
        for kind in self:
            host = kind.rides_with_id
            if host and (host == kind or host.rides_with_id):
                raise ValidationError(
                    self.env._(
                        "“%s” can't be done together with itself, nor with one that is done "
                        "together with another visit.",
                        kind.name,
                    )
                )
            if kind.search_count([("rides_with_id", "=", kind.id)], limit=1) and host:
                raise ValidationError(
                    self.env._("Another recall is done together with “%s” already.", kind.name)
                )

    @api.model_create_multi
    def create(self, vals_list):
        self.env.registry.clear_cache()
        return super().create(vals_list)

    def write(self, vals):
        result = super().write(vals)
        if {"active", *RULE_FIELDS}.intersection(vals):
            self.env.registry.clear_cache()
            self.env["prm.recall"]._mark_stale()
        return result

    def unlink(self):
        self.env.registry.clear_cache()
        return super().unlink()

    @api.model
    @tools.ormcache()
    def _rules_in_use(self):
        """Which rules any active kind has, so that the engine leaves out those that none has.

        :return: set of ``ages``, ``switch``, ``ride``, ``created``, ``first_visit``.
        """
        kinds = self.sudo().search([("active", "=", True)])
        used = {
            "ages": any(kind.min_age or kind.max_age for kind in kinds),
            "switch": any(
                count > 1 for group, count in Counter(kinds.mapped("switch_group")).items() if group
            ),
            "ride": any(kind.rides_with_id for kind in kinds),
            "created": any(kind.first_from == "created" for kind in kinds),
            "first_visit": any(kind.first_from == "first_visit" for kind in kinds),
        }
        return frozenset(rule for rule, is_used in used.items() if is_used)

    def _months(self):
        """The interval in months, for comparing; days and weeks by the average month."""
        self.ensure_one()
        number = self.interval_number
        return {
            "year": number * 12, "month": number, "week": number * 7 / 30.4, "day": number / 30.4
        }[self.interval_unit]  # fmt: skip
