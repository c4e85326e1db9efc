from odoo import api, fields, models
from odoo.exceptions import ValidationError

#: What is drawn on a chart, and what a procedure leaves behind on a tooth.
EFFECTS = [
    ("filling", "Filling"),
    ("sealant", "Sealant"),
    ("veneer", "Veneer"),
    ("crown", "Crown"),
    ("bridge", "Bridge"),
    ("root_canal", "Root canal"),
    ("extraction", "Tooth taken out"),
    ("implant", "Implant"),
    ("implant_crown", "Crown on implant"),
]
#: Effects that a tooth which is gone can't have any more.
NEEDS_TOOTH = ("filling", "sealant", "veneer", "crown", "root_canal", "extraction")


class PrmProcedureType(models.Model):
    """The catalogue of what a dental practice does, in codes of its own.

    A row without a practice is common to all. A practice adds its own codes (an import does so by
    itself), and can't have a code that the common catalogue has already. Licensed code lists are
    not shipped.
    """

    _name = "prm.procedure.type"
    _description = "Kind of Procedure"
    _order = "code, id"
    _rec_names_search = ["code", "name"]

    code = fields.Char(required=True, help="Short code of the practice, such as HYG.")
    name = fields.Char(required=True, translate=True)
    category = fields.Selection(
        [
            ("diagnostic", "Diagnostics"),
            ("preventive", "Prevention"),
            ("restorative", "Fillings"),
            ("endodontic", "Root canal"),
            ("periodontic", "Gums"),
            ("prosthodontic", "Crowns and dentures"),
            ("surgical", "Surgery"),
            ("orthodontic", "Orthodontics"),
            ("other", "Other"),
        ],
        required=True,
        default="other",
    )
    company_id = fields.Many2one(
        "res.company", string="Practice", index=True, help="Empty: every practice."
    )
    active = fields.Boolean(default=True)
    scope = fields.Selection(
        [
            ("mouth", "Whole mouth"),
            ("arch", "Jaw"),
            ("quadrant", "Quadrant"),
            ("tooth", "Tooth"),
            ("surface", "Surfaces of a tooth"),
        ],
        help="What has to be written with the procedure. Empty: nothing is asked for.",
    )
    effect = fields.Selection(
        EFFECTS, string="Drawn as", help="How the dental chart shows it. Empty: in the list only."
    )
    duration = fields.Integer(string="Minutes", help="How long it usually takes, in minutes.")
    fee = fields.Float(
        company_dependent=True,
        digits=(12, 2),
        help="What this practice usually asks; a common code can have another fee in each.",
    )
    currency_id = fields.Many2one("res.currency", compute="_compute_currency_id")
    explanation = fields.Text(
        string="In Plain Words",
        translate=True,
        help="What it is and why it is done, as the patient is told.",
    )
    aftercare = fields.Text(
        string="Instructions afterwards",
        translate=True,
        help="What the patient should do and avoid after it.",
    )
    documents_needed = fields.Text(
        string="Documents needed", help="Names of what has to be signed before, one in a line."
    )
    recall_type_ids = fields.Many2many(
        "prm.recall.type",
        "prm_recall_type_trigger_rel",
        "procedure_type_id",
        "recall_type_id",
        string="Starts Recall",
        help="Completing this procedure starts the wait for these recalls.",
    )

    _code_company_uniq = models.UniqueIndex(
        "(code, COALESCE(company_id, 0))", "There is a kind of procedure with this code."
    )

    _duration_not_negative = models.Constraint(
        "CHECK(duration >= 0)", "A procedure can't take less than no time."
    )

    @api.depends("company_id")
    @api.depends_context("company")
    def _compute_currency_id(self):
        for kind in self:
            kind.currency_id = (kind.company_id or self.env.company).currency_id

    @api.depends("code", "name")
    def _compute_display_name(self):
        for kind in self:
            kind.display_name = f"{kind.code} · {kind.name}" if kind.code else kind.name

    @api.constrains("code", "company_id")
    def _check_code(self):
        """A code means one thing in one practice, be it common or its own."""
        if self.env.context.get("install_mode"):
            # A new release may bring a common code that some practice has had as its own for
            # years. Its own wins then (`_ids_by_code`); the update must not break on it.
            return
        everything = self.sudo().with_context(active_test=False)
        same = everything.search([("code", "in", self.mapped("code"))])
        for kind in self:
            others = same.filtered(
                lambda other, kind=kind: (
                    other.code == kind.code
                    and other != kind
                    and not (other.company_id and kind.company_id)
                )
            )
            if others:
                raise ValidationError(
                    self.env._(
                        "There is already a kind of procedure with the code %(code)s: %(name)s.",
                        code=kind.code,
                        name=others[0].name,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            if vals.get("code"):
                vals["code"] = vals["code"].strip()
        return super().create(vals_list)

    def write(self, vals):
        if vals.get("code"):
            vals = {**vals, "code": vals["code"].strip()}
        recall_types_change = "recall_type_ids" in vals
        result = super().write(vals)
        if recall_types_change:
            self.env["prm.recall"]._mark_stale()
        return result

    def _usual_fee(self):
        """What the practice of the context usually asks, in its currency; add-ons that know of
        prices may answer where the catalogue says nothing.
        """
        self.ensure_one()
        return self.fee

    @api.model
    def _ids_by_code(self, company):
        """What a practice's codes stand for, in one query.

        :return: ``{code: database id}``, archived ones included; the practice's own code goes
            before a common one.
        """
        everything = self.sudo().with_context(active_test=False)
        rows = everything.search_fetch(
            [("company_id", "in", (company.id, False))], ["code"], order="company_id DESC, id DESC"
        )
        return {kind.code: kind.id for kind in rows}

    @api.model
    def _ensure_codes(self, company, codes):
        """Have all these codes, and make those that are missing as the practice's own.

        The name of a new one is its code until somebody gives it a better one.

        :return: ``{code: database id}`` of all of the practice's codes.
        """
        known = self._ids_by_code(company)
        missing = sorted({code.strip() for code in codes} - set(known) - {""})
        made = self.sudo().create(
            [{"code": code, "name": code, "company_id": company.id} for code in missing]
        )
        return known | {kind.code: kind.id for kind in made}
