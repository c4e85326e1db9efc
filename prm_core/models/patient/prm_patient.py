from dateutil.relativedelta import relativedelta
from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.orm.domains import DomainCondition
from odoo.tools import SQL

from ... import patient_search
from ...bulk import read_rows
from ...importing import normalise

#: Context of a bulk creation: nobody follows, nothing is logged, row by row.
BULK_CONTEXT = {
    "tracking_disable": True,
    "mail_create_nolog": True,
    "mail_create_nosubscribe": True,
    "mail_notrack": True,
    "no_vat_validation": True,
}


SALUTATION_FIELDS = ("preferred_name", "first_name", "last_name")


def salutation(patient):
    """What to call a patient in a message: a record, or a row that holds `SALUTATION_FIELDS`."""
    return patient.preferred_name or patient.first_name or patient.last_name or ""


class PrmPatient(models.Model):
    """A person in the practice's care.

    A patient *is* a contact (by delegation), seen from one practice. Health facts live on models of
    their own, so that reading a contact never shows any.
    """

    _name = "prm.patient"
    _description = "Patient"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _inherits = {"res.partner": "partner_id"}
    _order = "sort_name, id"
    _check_company_auto = True

    partner_id = fields.Many2one(
        "res.partner", string="Contact Record", required=True, index=True, ondelete="restrict"
    )
    company_id = fields.Many2one(
        "res.company",
        string="Practice",
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )
    active = fields.Boolean(default=True)
    first_name = fields.Char(tracking=True)
    last_name = fields.Char(tracking=True)
    preferred_name = fields.Char(help="What the patient likes to be called.")
    birth_date = fields.Date(tracking=True)
    age = fields.Integer(compute="_compute_age", help="Full years today.")
    gender = fields.Selection(
        [("female", "Female"), ("male", "Male"), ("other", "Other"), ("unknown", "Not said")],
        default="unknown",
        required=True,
    )
    status = fields.Selection(
        [
            ("prospect", "Prospect"),
            ("active", "Active"),
            ("inactive", "Inactive"),
            ("moved", "Moved away"),
            ("deceased", "Deceased"),
        ],
        default="active",
        required=True,
        index=True,
        tracking=True,
    )
    mobile = fields.Char(help="For calls and text messages.")
    mobile_sanitized = fields.Char(
        "Mobile Number in E.164", compute="_compute_mobile_sanitized", store=True, precompute=True,
        help="Where text messages go. Empty when what was typed is no number.",
    )  # fmt: skip
    work_phone = fields.Char()
    preferred_channel_id = fields.Many2one(
        "prm.channel", help="How the patient likes to be reached."
    )
    household_id = fields.Many2one(
        "prm.household", index="btree_not_null", check_company=True, ondelete="set null"
    )
    first_visit_date = fields.Date(string="First Visit")
    import_note = fields.Text(help="Values from an import that did not fit a field.")
    identifier_ids = fields.One2many(
        "prm.patient.identifier", "patient_id", string="Numbers elsewhere"
    )
    event_ids = fields.One2many("prm.event", "patient_id", string="Timeline")
    sort_name = fields.Char(compute="_compute_sort_name", store=True, precompute=True)
    search_key = fields.Char(compute="_compute_search_key", store=True)

    _partner_company_uniq = models.Constraint(
        "unique(partner_id, company_id)", "This contact is a patient of the practice already."
    )
    _sort_name_idx = models.Index("(sort_name, id)")
    _search_key_idx = models.Index("USING gin (search_key gin_trgm_ops)")
    _birth_date_idx = models.Index("(birth_date)")

    def init(self):
        """Let PostgreSQL look at more of the search texts than its usual hundred samples.

        A rare text that happens to be one of a hundred counts as one in a hundred patients; then
        reading all patients by name looks cheaper than the index, and takes half a second.
        """
        self.env.cr.execute("ALTER TABLE prm_patient ALTER COLUMN search_key SET STATISTICS 1000")

    @api.depends("mobile", "company_id.country_id", "partner_id.country_id")
    def _compute_mobile_sanitized(self):
        """A number without a country's prefix is read as one of the practice's country, or, when it
        is no mobile number there, of the country where the patient lives.
        """
        for patient in self:
            countries = {
                country.code: True
                for country in (patient.company_id.country_id, patient.partner_id.country_id)
                if country
            }
            readings = [
                number
                for country in countries or [None]
                if (number := normalise.phone(patient.mobile or "", country))
            ]
            if len(readings) > 1:
                readings.sort(key=normalise.is_mobile, reverse=True)
            patient.mobile_sanitized = readings[0] if readings else False

    @api.depends("last_name", "first_name")
    def _compute_sort_name(self):
        for patient in self:
            patient.sort_name = patient_search.sort_name(patient.last_name, patient.first_name)

    @api.depends(
        "first_name", "last_name", "preferred_name", "birth_date", "mobile", "work_phone",
        "partner_id.phone", "partner_id.email", "identifier_ids.value",
    )  # fmt: skip
    def _compute_search_key(self):
        for patient in self:
            full_name = f"{patient.first_name or ''} {patient.last_name or ''}"
            patient.search_key = patient_search.search_key(
                names=(full_name, patient.last_name, patient.preferred_name),
                phones=(patient.mobile, patient.phone, patient.work_phone),
                birth_date=patient.birth_date,
                identifiers=patient.identifier_ids.mapped("value"),
                emails=(patient.email,),
            )

    def _search_display_name(self, operator, value):
        """Everything typed must occur: parts of names, a phone, a birth date, an identifier."""
        if operator not in ("ilike", "like") or not isinstance(value, str):
            return super()._search_display_name(operator, value)
        return Domain.AND(
            Domain.OR(Domain("search_key", "like", text) for text in alternatives)
            for alternatives in patient_search.search_terms(value)
        )

    @api.model
    def _search(
        self, domain, offset=0, limit=None, order=None, *, active_test=True, bypass_access=False
    ):
        """The same patients as by the record rules, several times faster to count.

        A patient is a contact, so the contacts' rule holds too, and Odoo joins the contact of every
        hit to ask for it. The few contacts that the rule forbids are looked up instead.
        """
        if self.env.su or bypass_access:
            return super()._search(
                domain, offset, limit, order, active_test=active_test, bypass_access=bypass_access
            )
        self.browse().check_access("read")
        query = super()._search(
            domain, offset, limit, order, active_test=active_test, bypass_access=True
        )
        if query.is_empty():
            return query
        sudo = self.sudo().with_context(active_test=False)
        rules = self.env["ir.rule"]._compute_domain(self._name, "read")
        rules = rules.map_conditions(sudo._without_forbidden_contacts).optimize_full(sudo)
        if rules.is_false():
            return self.browse()._as_query()
        if not rules.is_true():
            query.add_where(rules._to_sql(sudo, self._table, query))
        return query

    @api.model
    def _without_forbidden_contacts(self, condition):
        """“The contact is allowed” as “the contact is none of the forbidden”; other conditions as
        they are.
        """
        if condition.field_expr != "partner_id" or condition.operator not in ("any", "any!"):
            return condition
        rule = Domain(condition.value)
        forbidden = self.env["res.partner"]._search(~rule)
        # By Odoo's rule a contact without a company is everybody's, so the forbidden ones have one:
        # PostgreSQL does not see that by itself, and would read all contacts instead of the index.
        if not forbidden.is_empty() and any(
            part.field_expr == "company_id" and part.operator == "in" and False in part.value
            for part in getattr(rule, "children", ())
            if rule.OPERATOR == "|" and isinstance(part, DomainCondition)
        ):
            forbidden.add_where(SQL("%s IS NOT NULL", SQL.identifier("res_partner", "company_id")))
        return Domain("partner_id", "not in", forbidden)

    @api.depends("birth_date")
    def _compute_age(self):
        today = fields.Date.context_today(self)
        for patient in self:
            born = patient.birth_date
            patient.age = relativedelta(today, born).years if born else 0

    @api.depends("name")
    def _compute_display_name(self):
        for patient in self:
            patient.display_name = patient.name

    @api.constrains("first_name", "last_name")
    def _check_name(self):
        for patient in self:
            if not (patient.first_name or "").strip() and not (patient.last_name or "").strip():
                raise ValidationError(self.env._("A patient needs a first or a last name."))

    @api.constrains("birth_date")
    def _check_birth_date(self):
        today = fields.Date.context_today(self)
        for patient in self:
            if patient.birth_date and patient.birth_date > today:
                raise ValidationError(
                    self.env._(
                        "%(name)s can't be born in the future (%(date)s).",
                        name=patient.name,
                        date=patient.birth_date,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            name = self._full_name(vals.get("first_name"), vals.get("last_name"))
            if name:
                vals["name"] = name
            elif vals.get("name") and not vals.get("partner_id"):
                vals["first_name"], vals["last_name"] = self._split_name(vals["name"])
            elif not vals.get("partner_id"):
                raise ValidationError(self.env._("A patient needs a first or a last name."))
        records = self
        if self.env.context.get("prm_bulk"):
            records = self.with_context(**BULK_CONTEXT)
        patients = super(PrmPatient, records).create(vals_list)
        patients._fill_names_from_partner()
        if not self.env.context.get("prm_unverified"):
            patients._tell_of_creation()
        return patients.with_env(self.env)

    def _tell_of_creation(self):
        """These are patients from now on: the timeline says so, and journeys may start."""
        self.env["prm.event"].emit(
            "patient_created",
            [{"patient": patient, "company_id": patient.company_id.id} for patient in self],
        )

    def write(self, vals):
        names_changed = "first_name" in vals or "last_name" in vals
        result = super().write(vals)
        if names_changed:
            for patient in self:
                name = self._full_name(patient.first_name, patient.last_name)
                if name and name != patient.name:
                    patient.partner_id.with_context(prm_names_written=True).name = name
        return result

    @api.model
    def _full_name(self, first_name, last_name):
        return " ".join(part.strip() for part in (first_name, last_name) if part and part.strip())

    @api.model
    def _split_name(self, name):
        """First and last name of a full one. The last word is the last name, for want of better."""
        first_name, _space, last_name = name.strip().rpartition(" ")
        return first_name, last_name

    def _fill_names_from_partner(self):
        """A contact that becomes a patient brings its name along."""
        for patient in self:
            if not patient.first_name and not patient.last_name and patient.name:
                patient.first_name, patient.last_name = self._split_name(patient.name)

    def _take_over_partner_name(self):
        """The contact was renamed: keep the known first name if it is still in the new name."""
        for patient in self:
            name = (patient.name or "").strip()
            if not name or name == self._full_name(patient.first_name, patient.last_name):
                continue
            first_name, last_name = patient.first_name or "", ""
            if first_name and name.startswith(f"{first_name} "):
                last_name = name[len(first_name) :].strip()
            else:
                first_name, last_name = self._split_name(name)
            patient.write({"first_name": first_name, "last_name": last_name})

    def _salutation(self):
        """What to call the patient in a message."""
        self.ensure_one()
        return salutation(self)

    def _zone(self):
        """Time zone name in which the patient reads a clock: their own, else the practice's."""
        self.ensure_one()
        return self._zones()[self.id]

    def _zones(self):
        """``{id: time zone name}`` of many patients: see `_zone`."""
        rows = read_rows(self, ("partner_id", "company_id"))
        own = {number: row.tz for number, row in read_rows(self.partner_id, ("tz",)).items()}
        of_practice = {company.id: company.partner_id.tz or "UTC" for company in self.company_id}
        return {
            number: own.get(row.partner_id) or of_practice[row.company_id]
            for number, row in rows.items()
        }

    def action_open_timeline(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("prm_core.prm_event_action")
        action["domain"] = [("patient_id", "=", self.id)]
        action["context"] = {}
        return action
