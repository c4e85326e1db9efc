from dateutil.relativedelta import relativedelta
from odoo import api, fields, models
from odoo.exceptions import ValidationError

#: Years at which a patient decides alone, in every country that rules are shipped for
#: (United States: in nearly every state).
ADULT_AGE = 18
#: What it takes to write to a person, fetched together.
_PERSON_FIELDS = (
    "name", "email", "phone", "phone_sanitized", "tz", "lang", "street", "street2", "zip", "city",
    "state_id", "country_id",
)  # fmt: skip


class PrmGuardian(models.Model):
    """Who speaks for a patient, and who gets the patient's messages.

    Parents and guardians do so until the patient comes of age, by the calendar and not by somebody
    remembering it. A carer does so until the practice ends it.
    """

    _name = "prm.guardian"
    _description = "Guardian or Carer"
    _order = "sequence, id"
    _rec_name = "partner_id"

    patient_id = fields.Many2one("prm.patient", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="patient_id.company_id", store=True, precompute=True)
    partner_id = fields.Many2one(
        "res.partner", string="Person", required=True, index=True, ondelete="restrict"
    )
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    basis = fields.Selection(
        [("minor", "Parent or guardian, until of age"), ("care", "Carer, until ended")],
        required=True,
        default="minor",
    )
    relation = fields.Selection(
        [
            ("mother", "Mother"),
            ("father", "Father"),
            ("guardian", "Legal guardian"),
            ("partner", "Wife, husband or partner"),
            ("child", "Daughter or son"),
            ("carer", "Carer"),
            ("other", "Other"),
        ]
    )
    receives = fields.Boolean(
        "Gets the Messages", default=True,
        help="Messages go to this person, not to the patient. Of several, to the first one who can "
        "be reached.",
    )  # fmt: skip
    email = fields.Char(related="partner_id.email", readonly=False)
    phone = fields.Char(related="partner_id.phone", readonly=False)

    _person_uniq = models.Constraint(
        "unique(patient_id, partner_id)", "This person is named for the patient already."
    )

    @api.constrains("patient_id", "partner_id")
    def _check_not_oneself(self):
        for guardian in self:
            if guardian.partner_id == guardian.patient_id.partner_id:
                raise ValidationError(self.env._("Patients can't be their own guardian."))

    @api.model
    def _born_for_adults(self, day):
        """The latest birth date of people who are of age on a day."""
        return day - relativedelta(years=ADULT_AGE)

    @api.model
    def _receivers(self, patients):
        """Who gets the messages of which patients today, in two or three queries.

        :return: ``{patient id: prm.guardian in their order}``; nobody for patients who get their
            own.
        """
        adults_born = self._born_for_adults(fields.Date.context_today(self))
        found = self.sudo().search_fetch(
            [("patient_id", "in", patients.ids), ("receives", "=", True)],
            ["patient_id", "partner_id", "basis"],
        )
        found.partner_id.fetch(_PERSON_FIELDS)
        result = {}
        for guardian in found:
            if guardian._has_lapsed(adults_born):
                continue
            key = guardian.patient_id.id
            result[key] = result.get(key, self.browse()) | guardian
        return result

    def _has_lapsed(self, adults_born):
        """Whether the patient has come of age and decides alone."""
        born = self.patient_id.birth_date
        return bool(self.basis == "minor" and born and born <= adults_born)

    @api.model
    def _spoken_for_by(self, person):
        """Patients whose messages somebody gets today: children, and whom they care for.

        :param person: the `res.partner` who speaks for them.
        """
        adults_born = self._born_for_adults(fields.Date.context_today(self))
        found = self.sudo().search([("partner_id", "=", person.id), ("receives", "=", True)])
        current = found.filtered(lambda guardian: not guardian._has_lapsed(adults_born))
        return current.patient_id.filtered("active")

    @api.model
    def _cron_of_age(self):
        """Patients who came of age lately: the front desk asks them anew what they allow.

        The law lets nobody else decide from now on, so what a guardian allowed has lapsed already;
        a question by message would itself need permission, so a person asks.
        """
        today = fields.Date.context_today(self)
        patients = self.env["prm.patient"].search(
            [
                ("birth_date", "<=", self._born_for_adults(today)),
                ("birth_date", ">", self._born_for_adults(today - relativedelta(days=31))),
                ("status", "in", ("prospect", "active")),
            ]
        )
        told = self.env["prm.event"].search(
            [("event_type_id.code", "=", "came_of_age"), ("patient_id", "in", patients.ids)]
        )
        news = patients - told.patient_id
        news = news.filtered(lambda patient: patient._spoken_for())
        self.env["prm.event"].emit("came_of_age", [{"patient": patient} for patient in news])
        news._tell_of_age()


class PrmPatient(models.Model):
    _inherit = "prm.patient"

    guardian_ids = fields.One2many("prm.guardian", "patient_id", string="Guardians and Carers")

    def _spoken_for(self):
        """Hook: whether anybody has decided for this patient until now."""
        self.ensure_one()
        return bool(self.guardian_ids)

    def _tell_of_age(self):
        """Hook: these patients decide for themselves from now on."""
