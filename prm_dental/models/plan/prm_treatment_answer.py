from odoo import api, fields, models
from odoo.exceptions import UserError


class PrmTreatmentAnswer(models.Model):
    """What was answered to one revision of a plan: append-only, every change of mind is a new one.

    ``lines`` holds, in their order, a dict for each treatment that was shown: ``line`` and
    ``procedure`` (ids), ``name`` and ``place`` as they were read, ``amount``, ``yes`` (None: of
    another alternative, or begun already) and ``reason`` (code).
    """

    _name = "prm.treatment.answer"
    _description = "Answer to a Treatment Plan"
    _order = "answered_at desc, id desc"
    _rec_name = "answered_at"

    plan_id = fields.Many2one(
        "prm.treatment.plan", required=True, readonly=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    revision = fields.Integer(readonly=True)
    content_hash = fields.Char(readonly=True, help="Of what was shown: SHA-256.")
    answered_at = fields.Datetime(required=True, readonly=True)
    source = fields.Selection(
        [("link", "By a link"), ("portal", "In the account"), ("desk", "At the desk")],
        required=True,
        readonly=True,
    )
    person_id = fields.Many2one(
        "res.partner", string="Answered by", readonly=True, ondelete="restrict",
        help="The patient, or who speaks for the patient. Behind a link: who got the message.",
    )  # fmt: skip
    user_id = fields.Many2one(
        "res.users", string="Written down by", readonly=True, help="Staff, for answers at the desk."
    )
    lang = fields.Char(string="Language", readonly=True)
    outcome = fields.Selection(
        [
            ("accepted", "Accepted"),
            ("part", "Accepted in part"),
            ("declined", "Declined"),
        ],
        required=True,
        readonly=True,
    )
    alternative = fields.Char(readonly=True, help="The way that was chosen, by its name.")
    lines = fields.Json(readonly=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    accepted_count = fields.Integer(string="Yes to", readonly=True)
    declined_count = fields.Integer(string="No to", readonly=True)
    accepted_amount = fields.Monetary(readonly=True)
    detail = fields.Text(compute="_compute_detail")

    @api.depends("lines")
    @api.depends_context("lang")
    def _compute_detail(self):
        signs = {True: self.env._("Yes"), False: self.env._("No"), None: "–"}
        reasons = {
            reason.code: reason.name
            for reason in self.env["prm.decline.reason"].with_context(active_test=False).search([])
        }
        for answer in self:
            answer.detail = "\n".join(_say_row(row, signs, reasons) for row in answer.lines or [])

    def write(self, vals):
        raise UserError(self.env._("What a patient has answered is a record: it can't be changed."))

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("What a patient has answered is a record: it can't be deleted."))


def _say_row(row, signs, reasons):
    """One treatment of an answer in words, such as “No: Hygiene visit (No time)”."""
    what = " · ".join(filter(None, (row["name"], row["place"])))
    why = row["reason"] and f" ({reasons.get(row['reason'], row['reason'])})"
    return f"{signs[row['yes']]}: {what}{why}"
