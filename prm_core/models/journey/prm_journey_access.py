from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain

from .prm_journey import _to_domain


class PrmJourney(models.Model):
    """Who may change and run a journey: the desk of the practice whose patients are on it.

    A journey without a practice is for the patients of all of them, so it is changed by somebody
    who works in all of them. The others make a copy, which is their practice's own. The record
    rules say the same; here it is said in words that tell what to do.
    """

    _inherit = "prm.journey"

    company_id = fields.Many2one(default=lambda self: self._own_practice())
    may_run = fields.Boolean(compute="_compute_may_run")
    for_all = fields.Boolean(compute="_compute_may_run")

    @api.depends("company_id")
    @api.depends_context("uid")
    def _compute_may_run(self):
        """Whether the person may change it, and whether it belongs to everybody else as well."""
        writes = self.browse().has_access("write")
        everywhere = self.env.su or self.env.user._works_in_every_practice()
        for journey in self:
            journey.for_all = writes and not journey.company_id and not everywhere
            journey.may_run = writes and not journey.for_all

    @api.model
    def _own_practice(self):
        """The practice that a new journey is for; none where it may be for every practice."""
        if self.env.su or self.env.user._works_in_every_practice():
            return self.env["res.company"]
        return self.env.company

    def _check_may_run(self):
        """:raises UserError: for a journey of every practice, of somebody who works in some.
        :raises AccessError: for a journey that the person may not change at all.
        """
        self._check_practice()
        self.check_access("write")

    def _check_practice(self):
        if self.env.su or not self:
            return
        shared = self.sudo().filtered(lambda journey: not journey.company_id)
        if shared and not self.env.user._works_in_every_practice():
            raise UserError(
                self.env._(
                    "“%s” is for the patients of every practice, and you don't work in all of "
                    "them. Duplicate it: the copy is your practice's own.",
                    shared[0].name,
                )
            )

    def _check_filters_are_mine(self):
        """A filter asks nothing that the person may not see: who is on the journey would tell.

        No constraint of Odoo's: those run with all rights.

        :raises ValidationError: for a filter by something else.
        """
        for journey in self:
            for model, text in (
                (journey.record_model, journey.record_domain),
                ("prm.patient", journey.patient_domain),
            ):
                try:
                    if model in self.env and text:
                        self.env[model]._search(Domain(_to_domain(text)))
                except AccessError as error:
                    raise ValidationError(
                        self.env._(
                            "“%s” filters by something that you may not see. Choose another "
                            "field, or ask the manager.",
                            journey.name,
                        )
                    ) from error
                except ValueError:
                    continue  # can't be read at all: that is said elsewhere

    @api.model_create_multi
    def create(self, vals_list):
        own = self._own_practice()
        if own and any(not vals.get("company_id", own) for vals in vals_list):
            raise UserError(
                self.env._(
                    "A journey for every practice is made by somebody who works in all of them: "
                    "choose your practice."
                )
            )
        journeys = super().create(vals_list)
        journeys._check_filters_are_mine()
        return journeys

    def write(self, vals):
        self._check_practice()
        result = super().write(vals)
        if "company_id" in vals:
            self._check_may_run()
        if {"record_domain", "patient_domain"} & set(vals):
            self._check_filters_are_mine()
        return result

    def copy_data(self, default=None):
        """A copy is for the practice of whoever makes it, unless they work in all of them."""
        vals_list = super().copy_data(default)
        for vals in vals_list:
            if not vals.get("company_id"):
                vals["company_id"] = self._own_practice().id
        return vals_list
