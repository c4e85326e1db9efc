from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

#: Fields of a patient that patients can ask to have changed.
CONTACTS = ("mobile", "email")


class PrmContactProposal(models.Model):
    """A phone number or email address that a patient gave, until the front desk says yes or no.

    Whoever stands at a kiosk has shown no more than a name and a birth date, so nothing of the
    patient is overwritten by it: a wrong address would take the messages elsewhere.
    """

    _name = "prm.contact.proposal"
    _description = "New Contact Details"
    _order = "id desc"
    _rec_name = "new_value"

    patient_id = fields.Many2one(
        "prm.patient", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="patient_id.company_id", store=True, precompute=True)
    field = fields.Selection(
        [("mobile", "Mobile number"), ("email", "Email address")],
        string="What",
        required=True,
        readonly=True,
    )
    old_value = fields.Char(string="Before", readonly=True)
    new_value = fields.Char(string="New", required=True, readonly=True)
    current_value = fields.Char(string="On record", compute="_compute_current_value")
    source = fields.Selection(
        [("kiosk", "Kiosk")], string="Given at", required=True, readonly=True
    )  # fmt: skip
    kiosk_id = fields.Many2one("prm.kiosk", readonly=True, ondelete="set null")
    state = fields.Selection(
        [
            ("proposed", "To look at"),
            ("accepted", "Accepted"),
            ("refused", "Refused"),
            ("replaced", "Replaced by a newer one"),
        ],
        string="Status",
        required=True,
        readonly=True,
        default="proposed",
        index=True,
    )
    decided_by_id = fields.Many2one("res.users", string="Decided by", readonly=True)
    decided_at = fields.Datetime(string="Decided", readonly=True)

    # One question at a time about each number and address.
    _waiting_uniq = models.UniqueIndex("(patient_id, field) WHERE state = 'proposed'")

    @api.depends("field", "patient_id.mobile", "patient_id.email")
    def _compute_current_value(self):
        for proposal in self:
            proposal.current_value = proposal.patient_id[proposal.field]

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_accept(self):
        """The patient has this number or address from now on."""
        self._check_may_decide()
        for proposal in self:
            proposal.patient_id.write({proposal.field: proposal.new_value})
        self._decide("accepted")

    def action_refuse(self):
        """Everything stays as it is."""
        self._check_may_decide()
        self._decide("refused")

    # ------------------------------------------------------------
    # BUSINESS
    # ------------------------------------------------------------

    def _check_may_decide(self):
        """:raises AccessError: for who is not of the front desk.
        :raises UserError: when somebody was quicker.
        """
        self.check_access("read")
        if not self.env.user.has_group("prm_core.group_prm_receptionist"):
            raise AccessError(
                self.env._("The front desk accepts new contact details: please ask there.")
            )
        self.patient_id.check_access("write")
        # Two desks at once: the second waits, and sees what the first did.
        self.sudo().lock_for_update()
        self.invalidate_recordset(["state"])
        if self.filtered(lambda proposal: proposal.state != "proposed"):
            raise UserError(
                self.env._("Somebody was quicker: this has been decided. Please look again.")
            )

    def _decide(self, state):
        self.sudo().write(
            {
                "state": state,
                "decided_by_id": self.env.uid,
                "decided_at": fields.Datetime.now(),
            }
        )
        self._tell(f"contact_{state}")

    def _tell(self, code):
        """Tell the timeline, without the number or address, and the boards of the day."""
        labels = dict(self._fields["field"]._description_selection(self.env))
        self.env["prm.event"].emit(
            code,
            [
                {
                    "patient": proposal.patient_id,
                    "company_id": proposal.company_id.id,
                    "record": proposal,
                    "payload": {"what": labels[proposal.field]},
                }
                for proposal in self
            ],
        )
        events = self.env["calendar.event"].sudo()
        for company, proposals in self.grouped("company_id").items():
            events._prm_of_today(company, proposals.patient_id)._prm_tell_boards()
