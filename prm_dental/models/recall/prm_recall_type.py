from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tools.translate import LazyTranslate

_lt = LazyTranslate(__name__)

#: Fields on which the dates and bookings of all recalls of a type depend.
RECALL_FIELDS = {
    "active", "interval_number", "interval_unit", "trigger_type_ids", "appointment_type_id",
    "other_appointment_type_ids", "company_id",
}  # fmt: skip

#: An interval as words, by unit: one, and many.
INTERVALS = {
    "day": (_lt("1 day"), _lt("%s days")),
    "week": (_lt("1 week"), _lt("%s weeks")),
    "month": (_lt("1 month"), _lt("%s months")),
    "year": (_lt("1 year"), _lt("%s years")),
}


class PrmRecallType(models.Model):
    """A reason to ask patients back: after which procedures, after how long, to which visit."""

    _name = "prm.recall.type"
    _description = "Kind of Recall"
    _order = "sequence, id"
    _check_company_auto = True

    sequence = fields.Integer(default=10)
    name = fields.Char(
        required=True, translate=True, help="Patients read this: “your hygiene visit”."
    )
    code = fields.Char(required=True)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", string="Practice", help="Empty: every practice.")
    interval_number = fields.Integer(string="Due After", required=True, default=6)
    interval_unit = fields.Selection(
        [("day", "Days"), ("week", "Weeks"), ("month", "Months"), ("year", "Years")],
        string="Unit",
        required=True,
        default="month",
    )
    interval_text = fields.Char(string="Interval", compute="_compute_interval_text")
    trigger_type_ids = fields.Many2many(
        "prm.procedure.type",
        "prm_recall_type_trigger_rel",
        "recall_type_id",
        "procedure_type_id",
        string="Counted From",
        check_company=True,
        help="The wait starts when one of these procedures is completed.",
    )
    appointment_type_id = fields.Many2one(
        "prm.appointment.type",
        string="Visit to Offer",
        company_dependent=True,
        check_company=True,
        help="The kind of appointment that patients book from the message. Each practice has its "
        "own.",
    )
    other_appointment_type_ids = fields.Many2many(
        "prm.appointment.type",
        "prm_recall_type_appointment_type_rel",
        "recall_type_id",
        "appointment_type_id",
        string="Other Visits that Count",
        help="A patient with one of these appointments isn't asked again either.",
    )
    template_id = fields.Many2one(
        "prm.template", string="Message", check_company=True, ondelete="restrict"
    )
    recall_ids = fields.One2many("prm.recall", "type_id", string="Recalls")
    due_count = fields.Integer(compute="_compute_due_count")

    _code_company_uniq = models.UniqueIndex(
        "(code, COALESCE(company_id, 0))", "There is a kind of recall with this code."
    )
    _interval_range = models.Constraint(
        "CHECK(interval_number BETWEEN 1 AND 520)", "The interval must be between 1 and 520."
    )

    @api.depends("interval_number", "interval_unit")
    @api.depends_context("lang")
    def _compute_interval_text(self):
        for kind in self:
            one, many = INTERVALS[kind.interval_unit or "month"]
            lang = self.env.lang or "en_US"
            number = kind.interval_number
            kind.interval_text = (
                one._translate(lang) if number == 1 else many._translate(lang) % number
            )

    def _compute_due_count(self):
        recalls = self.env["prm.recall"]
        domain = Domain("type_id", "in", self.ids) & recalls._get_due_domain()
        counts = dict(recalls._read_group(domain, ["type_id"], ["__count"]))
        for kind in self:
            kind.due_count = counts.get(kind, 0)

    @api.constrains("active", "trigger_type_ids")
    def _check_triggers(self):
        for kind in self:
            if kind.active and not kind.trigger_type_ids:
                raise ValidationError(
                    self.env._("Say for %s which procedures the wait is counted from.", kind.name)
                )

    @api.model_create_multi
    def create(self, vals_list):
        kinds = super().create(vals_list)
        self.env["prm.recall"]._mark_stale()
        return kinds

    def write(self, vals):
        result = super().write(vals)
        if RECALL_FIELDS.intersection(vals):
            self.env["prm.recall"]._mark_stale()
        return result

    def action_open_due(self):
        """The due list of this kind alone."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("prm_dental.prm_recall_action")
        action["context"] = {"search_default_due": 1, "search_default_type_id": self.id}
        return action
