from dateutil.relativedelta import relativedelta
from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import ormcache


class PrmHistoryForm(models.Model):
    """One version of the questions on a patient's health.

    What was asked stays what it was: a version that is in use is not changed, a new one is made of
    it. One version is in use in a practice; a practice without one of its own uses the common one.
    """

    _name = "prm.history.form"
    _description = "Health Questions"
    _order = "company_id, version desc, id desc"

    name = fields.Char(required=True, translate=True)
    version = fields.Integer(required=True, default=1, readonly=True, copy=False)
    company_id = fields.Many2one(
        "res.company", string="Practice", index=True, help="Empty: every practice."
    )
    state = fields.Selection(
        [("draft", "Draft"), ("live", "In use"), ("retired", "Retired")],
        required=True,
        default="draft",
        readonly=True,
        copy=False,
    )
    valid_months = fields.Integer(
        string="Valid for",
        required=True,
        default=12,
        help="Months after which a patient is asked again.",
    )
    intro = fields.Text(translate=True, help="Read before the first question.")
    question_ids = fields.One2many("prm.history.question", "form_id", copy=True)
    question_count = fields.Integer(compute="_compute_question_count")

    _live_uniq = models.UniqueIndex(
        "(COALESCE(company_id, 0)) WHERE state = 'live'",
        "One version is in use at a time. Retire the other one first.",
    )
    _months = models.Constraint("CHECK(valid_months > 0)", "Say for how many months it is valid.")

    @api.depends("name", "version")
    def _compute_display_name(self):
        for form in self:
            form.display_name = f"{form.name or ''} ({form.version})"

    @api.depends("question_ids")
    def _compute_question_count(self):
        for form in self:
            form.question_count = len(form.question_ids)

    def write(self, vals):
        fixed = {"question_ids", "intro", "company_id"} & set(vals)
        if fixed and not self.env.context.get("install_mode"):
            self._check_draft()
        self.env.registry.clear_cache()
        return super().write(vals)

    @api.model_create_multi
    def create(self, vals_list):
        self.env.registry.clear_cache()
        return super().create(vals_list)

    @api.ondelete(at_uninstall=False)
    def _unlink_unused(self):
        # Only drafts go, which nobody has in use.
        self._check_draft()

    def _check_draft(self):
        if any(form.state != "draft" for form in self):
            raise UserError(
                self.env._(
                    "Patients have answered this version. Make a new version and change that one."
                )
            )

    # === VERSIONS ===

    def action_new_version(self):
        """A draft with the same questions, to be changed and then used."""
        self.ensure_one()
        newest = self.search(
            [("company_id", "=", self.company_id.id)], order="version desc", limit=1
        )
        draft = self.copy({"name": self.name})
        draft.version = newest.version + 1
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": draft.id,
            "views": [(False, "form")],
        }

    def action_use(self):
        """Ask these questions from now on; who has begun with the version before, ends with it."""
        for form in self:
            if not form.question_ids:
                raise ValidationError(self.env._("There is no question on this form yet."))
            before = self.search([("state", "=", "live"), ("company_id", "=", form.company_id.id)])
            before.state = "retired"
            before.flush_recordset(["state"])
            form.state = "live"

    @api.model
    @api.private
    def _of(self, company):
        """The version in use in a practice; empty when there is none."""
        return self.sudo().browse(self._live_id(company.id) or ())

    @api.model
    @ormcache("company_id")
    def _live_id(self, company_id):
        """Asked for every board and page, and changed once a year."""
        return (
            self.sudo()
            .search(
                [("state", "=", "live"), ("company_id", "in", (company_id, False))],
                order="company_id NULLS LAST",
                limit=1,
            )
            .id
        )

    def _valid_until(self, day):
        """The last day on which answers of a day hold."""
        return day + relativedelta(months=self.valid_months)
