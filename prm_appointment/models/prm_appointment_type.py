from datetime import timedelta

from odoo import fields, models
from odoo.tools import format_amount


class PrmAppointmentType(models.Model):
    """A kind of visit: how long it takes, who does it, in which chairs, and who may book it how."""

    _name = "prm.appointment.type"
    _description = "Kind of Visit"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company",
        string="Practice",
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )
    color = fields.Integer(help="Marks the visit in the schedule.")

    # Time
    duration = fields.Integer(required=True, default=30, help="Minutes.")
    buffer_before = fields.Integer(
        string="Prepare",
        help="Minutes before the visit in which provider and chair are taken too.",
    )
    buffer_after = fields.Integer(
        string="Clean Up",
        help="Minutes after the visit in which provider and chair are taken too.",
    )

    # Where and by whom
    provider_ids = fields.Many2many(
        "prm.provider",
        "prm_appointment_type_provider_rel",
        "type_id",
        "provider_id",
        string="Providers",
        domain="[('company_id', '=', company_id)]",
        help="Who does it. Empty: every provider of the practice.",
    )
    provider_line_ids = fields.One2many(
        "prm.appointment.type.provider",
        "type_id",
        string="Times by Provider",
        help="Only for those with whom it takes longer or shorter.",
    )
    operatory_ids = fields.Many2many(
        "prm.operatory",
        "prm_appointment_type_operatory_rel",
        "type_id",
        "operatory_id",
        string="Chairs",
        domain="['|', ('company_id', '=', company_id), ('company_ids', 'in', company_id)]",
        help="One of these must be free. Empty: the visit needs no chair.",
    )

    # Patients
    online = fields.Boolean(
        string="Patients book it themselves",
        default=True,
        help="By the link in a message. When off, the link's page asks them to call.",
    )
    for_whom = fields.Selection(
        [
            ("all", "All patients"),
            ("new", "New patients"),
            ("known", "Patients who have been here"),
        ],
        required=True,
        default="all",
        help="Who is offered it where patients choose among the kinds of visit. A link that the"
        " practice sends works for whom it is sent to.",
    )
    needs_approval = fields.Boolean(
        string="The front desk approves",
        help="What patients book keeps its time and waits until the front desk says yes.",
    )
    min_notice = fields.Integer(
        string="Notice",
        default=120,
        help="Minutes between an online booking and the visit, at least.",
    )
    max_ahead = fields.Integer(
        string="Days Ahead", default=120, help="So many days ahead patients can book, at most."
    )
    cancel_notice = fields.Integer(
        string="Notice for Changes",
        default=24,
        help="Until so many hours before the visit patients can cancel or move it themselves;"
        " later they are asked to call.",
    )
    preparation = fields.Text(
        translate=True,
        help="What the patient should know beforehand: on the page of the visit, in their calendar"
        " and in messages as {{ appointment.preparation }}.",
    )
    show_price = fields.Boolean(string="Patients see the price")
    price = fields.Monetary()
    price_text = fields.Char(
        string="Price in Words",
        translate=True,
        help="Instead of the figure, such as “from 90 €” or “free of charge”.",
    )
    currency_id = fields.Many2one(related="company_id.currency_id")

    _duration_positive = models.Constraint(
        "CHECK(duration BETWEEN 5 AND 720)", "A visit takes from 5 minutes to 12 hours."
    )
    _buffers_positive = models.Constraint(
        "CHECK(COALESCE(buffer_before, 0) BETWEEN 0 AND 240"
        " AND COALESCE(buffer_after, 0) BETWEEN 0 AND 240)",
        "Preparing and cleaning up take from 0 to 240 minutes each.",
    )
    _notice_positive = models.Constraint("CHECK(min_notice >= 0)", "The notice can't be negative.")
    _cancel_notice_positive = models.Constraint(
        "CHECK(COALESCE(cancel_notice, 0) >= 0)", "The notice for changes can't be negative."
    )
    _max_ahead_positive = models.Constraint(
        "CHECK(max_ahead BETWEEN 1 AND 730)", "Patients can book from 1 to 730 days ahead."
    )
    _price_positive = models.Constraint(
        "CHECK(COALESCE(price, 0) >= 0)", "The price can't be negative."
    )

    # ------------------------------------------------------------
    # TIMES
    # ------------------------------------------------------------

    def _minutes_with(self, provider):
        """Length, time to prepare and time to clean up with a provider, in minutes.

        :param provider: a `prm.provider`, its id, or nothing for what holds in general.
        """
        self.ensure_one()
        provider_id = provider.id if isinstance(provider, models.BaseModel) else provider
        for line in self.provider_line_ids if provider_id else ():
            if line.provider_id.id == provider_id:
                return line.duration, line.buffer_before, line.buffer_after
        return self.duration, self.buffer_before, self.buffer_after

    def _length_with(self, provider):
        """How long the visit takes with a provider (record, id or nothing)."""
        return timedelta(minutes=self._minutes_with(provider)[0])

    def _busy_with(self, provider, start, stop):
        """From when to when provider and chair are taken by a visit, buffers included."""
        _duration, before, after = self._minutes_with(provider)
        return start - timedelta(minutes=before), stop + timedelta(minutes=after)

    # ------------------------------------------------------------
    # PATIENTS
    # ------------------------------------------------------------

    def _offered_to(self, patient=None):
        """The kinds of visit that a patient can book online themselves.

        :param patient: a `prm.patient`; nothing for somebody whom the practice does not know yet.
        """
        known = bool(patient) and patient._prm_is_known()
        wanted = ("all", "known" if known else "new")
        return self.filtered(lambda kind: kind.active and kind.online and kind.for_whom in wanted)

    def _price_label(self):
        """The price as patients read it, in the language of the context; empty if they don't."""
        self.ensure_one()
        if not self.show_price:
            return ""
        if self.price_text:
            return self.price_text
        return format_amount(self.env, self.price, self.currency_id) if self.price else ""
