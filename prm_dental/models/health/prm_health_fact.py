from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL

from .prm_health_fact_type import VALUE_FIELDS

#: What may be written on a fact that stands: that it is over, and who has accepted it.
CHANGING_FIELDS = {"ended_on", "accepted_by_id", "accepted_at"}


class PrmHealthFact(models.Model):
    """One thing known of a patient's health, from a day on.

    Nothing is overwritten: a new value ends the row before it and stands beside it as history. What
    holds now is the row without an end, of which there is one at most for each patient and kind.

    "No" is an answer and so a fact; of what nobody has asked there is no row.
    """

    _name = "prm.health.fact"
    _description = "Health Fact"
    _order = "sequence, type_id, noted_on desc, id desc"
    _rec_name = "type_id"
    _check_company_auto = True

    patient_id = fields.Many2one(
        "prm.patient", required=True, index=True, ondelete="cascade", check_company=True
    )
    company_id = fields.Many2one(
        related="patient_id.company_id", string="Practice", store=True, precompute=True, index=True
    )
    type_id = fields.Many2one(
        "prm.health.fact.type", string="Fact", required=True, ondelete="restrict"
    )
    sequence = fields.Integer(related="type_id.sequence", store=True, precompute=True)
    value_kind = fields.Selection(related="type_id.value_kind")
    for_desk = fields.Boolean(related="type_id.for_desk")
    value_flag = fields.Boolean(string="Yes")
    value_number = fields.Float(string="Number", digits=(16, 1))
    choice_id = fields.Many2one(
        "prm.health.fact.choice",
        string="Answer",
        ondelete="restrict",
        domain="[('type_id', '=', type_id)]",
    )
    value_text = fields.Text(string="Words")
    value_label = fields.Char(string="Value", compute="_compute_value_label")
    is_alert = fields.Boolean(string="Warning", compute="_compute_is_alert")
    noted_on = fields.Date(required=True, default=fields.Date.context_today)
    ended_on = fields.Date(string="Until", readonly=True, copy=False)
    source = fields.Selection(
        [("history", "The patient"), ("clinician", "Clinician"), ("import", "Import")],
        string="Said By",
        required=True,
        default="clinician",
        readonly=True,
    )
    recorded_by_id = fields.Many2one(
        "res.users",
        string="Entered By",
        required=True,
        readonly=True,
        default=lambda self: self.env.user,
        ondelete="restrict",
    )
    accepted_by_id = fields.Many2one("res.users", readonly=True, copy=False, ondelete="restrict")
    accepted_at = fields.Datetime(readonly=True, copy=False)

    _current_uniq = models.UniqueIndex(
        "(patient_id, type_id) WHERE ended_on IS NULL",
        "This fact is recorded already: two people entered it at the same time. Look again.",
    )
    _days = models.Constraint("CHECK(ended_on IS NULL OR ended_on >= noted_on)", "Wrong days.")

    # === COMPUTE ===

    @api.depends("type_id", "value_flag", "value_number", "choice_id", "value_text")
    @api.depends_context("lang")
    def _compute_value_label(self):
        for fact in self:
            kind = fact.type_id
            if kind.value_kind == "number":
                label = f"{fact.value_number:g} {kind.unit or ''}".strip()
            elif kind.value_kind == "choice":
                label = fact.choice_id.name
            elif kind.value_kind == "text":
                label = ", ".join((fact.value_text or "").splitlines()) or self.env._("None")
            else:
                label = self.env._("Yes") if fact.value_flag else self.env._("No")
            fact.value_label = label

    @api.depends("type_id", "value_flag", "value_number", "choice_id", "value_text")
    def _compute_is_alert(self):
        for fact in self:
            kind = fact.type_id
            fact.is_alert = kind.alert and {
                "flag": fact.value_flag,
                "number": fact.value_number >= kind.alert_from,
                "choice": fact.choice_id.alert,
                "text": bool(fact.value_text),
            }.get(kind.value_kind, False)

    # === CONSTRAINTS ===

    @api.constrains("type_id", "value_number", "choice_id")
    def _check_value(self):
        for fact in self:
            kind = fact.type_id
            if kind.value_kind == "choice" and fact.choice_id.type_id != kind:
                raise ValidationError(self.env._("Choose an answer to “%s”.", kind.name))
            if kind.value_kind == "number":
                kind._check_number(fact.value_number)

    @api.constrains("noted_on")
    def _check_noted_on(self):
        today = fields.Date.context_today(self)
        if any(fact.noted_on > today for fact in self):
            raise ValidationError(self.env._("Nothing can be noted on a day to come."))

    # === CRUD ===

    @api.model_create_multi
    def create(self, vals_list):
        """A new fact ends the one before it; one that is older than it becomes history at once."""
        patients = {vals.get("patient_id") for vals in vals_list}
        kinds = {vals.get("type_id") for vals in vals_list}
        standing = {
            (fact.patient_id.id, fact.type_id.id): fact
            for fact in self.sudo().search(
                [
                    ("patient_id", "in", list(patients)),
                    ("type_id", "in", list(kinds)),
                    ("ended_on", "=", False),
                ]
            )
        }
        today = fields.Date.context_today(self)
        clinician = self.env.user.has_group("prm_core.group_prm_clinician")
        over = {}
        for vals in vals_list:
            noted = vals["noted_on"] = fields.Date.to_date(vals.get("noted_on")) or today
            before = standing.get((vals.get("patient_id"), vals.get("type_id")))
            if before and before.noted_on > noted:
                vals["ended_on"] = before.noted_on
            elif before:
                over.setdefault(noted, self.sudo().browse())
                over[noted] |= before
            if vals.get("source", "clinician") == "clinician" and clinician:
                vals.setdefault("accepted_by_id", self.env.uid)
                vals.setdefault("accepted_at", fields.Datetime.now())
        for day, facts in over.items():
            facts.ended_on = day
        # The index allows one standing fact: the old ones have to be over in the database first.
        self.env["prm.health.fact"].flush_model(["ended_on"])
        return super().create(vals_list)

    def write(self, vals):
        if set(vals) - CHANGING_FIELDS:
            raise UserError(
                self.env._(
                    "What is recorded stays as it is. Add a new line with the right value: the old "
                    "one is kept as history."
                )
            )
        return super().write(vals)

    # === ACTIONS ===

    def action_end(self):
        """This doesn't hold any more, and nothing takes its place."""
        self.filtered(lambda fact: not fact.ended_on).ended_on = fields.Date.context_today(self)

    def action_accept(self):
        """A clinician has seen what the patient said, and takes it over."""
        if not self.env.user.has_group("prm_core.group_prm_clinician"):
            raise UserError(self.env._("Only clinicians accept what a patient has told."))
        self.filtered(lambda fact: not fact.accepted_at).write(
            {"accepted_by_id": self.env.uid, "accepted_at": fields.Datetime.now()}
        )

    # === FOR OTHER MODELS ===

    def _value(self):
        """The plain value: bool, number, code of the answer, or text with an entry a line."""
        self.ensure_one()
        if self.value_kind == "choice":
            return self.choice_id.code
        value = self[VALUE_FIELDS[self.value_kind]]
        return value or "" if self.value_kind == "text" else value

    @api.model
    @api.private
    def _record(self, patient, values, source="clinician", on=None, accepted=False):
        """Write down what is known of a patient. What is known already is not written again.

        :param patient: one `prm.patient`.
        :param dict values: ``{code: value}``: bool, number, code of an answer, text or list of
            texts; None ends what is known, with nothing in its place.
        :param source: ``history`` (the patient says so), ``clinician`` or ``import``.
        :param date on: the day on which it was noted; default: today.
        :param accepted: whether the user, a clinician, has accepted it.
        :return: the facts that are new.
        :raise ValidationError: for an unknown code or a value that doesn't fit.
        """
        on = on or fields.Date.context_today(self)
        kinds = self.env["prm.health.fact.type"]._by_code(values)
        standing = {
            fact.type_id.code: fact
            for fact in self.search(
                [
                    ("patient_id", "=", patient.id),
                    ("type_id.code", "in", list(values)),
                    ("ended_on", "=", False),
                ]
            )
        }
        new, same = [], self.browse()
        for code, value in values.items():
            before = standing.get(code)
            if value is None:
                if before:
                    before.ended_on = max(on, before.noted_on)
                continue
            columns = kinds[code]._prepare_value(value)
            if before and before._says(columns):
                same |= before
                continue
            new.append(
                {
                    "patient_id": patient.id,
                    "type_id": kinds[code].id,
                    "noted_on": on,
                    "source": source,
                    **columns,
                }
            )
        facts = self.create(new)
        if accepted or source == "clinician":
            (facts | same).action_accept()
        return facts

    def _says(self, columns):
        """Whether the fact has these values already."""
        self.ensure_one()
        return all(
            (self[name].id if name == "choice_id" else self[name] or False) == (value or False)
            for name, value in columns.items()
        )

    @api.model
    @api.private
    def _current(self, patients, codes):
        """What holds now, for many patients in one query; no access rule is asked.

        :param patients: `prm.patient`; :param codes: codes of the kinds that are wanted.
        :return: ``{patient id: {code: value}}`` with the values of `_record`; of what nobody has
            recorded there is no key.
        """
        self.flush_model()
        self.env["prm.health.fact.type"].flush_model(["code", "value_kind"])
        self.env["prm.health.fact.choice"].flush_model(["code"])
        known = {patient_id: {} for patient_id in patients.ids}
        rows = self.env.execute_query(
            SQL(
                """
                SELECT f.patient_id, t.code, t.value_kind, f.value_flag, f.value_number, c.code,
                       f.value_text
                  FROM prm_health_fact f
                  JOIN prm_health_fact_type t ON t.id = f.type_id
             LEFT JOIN prm_health_fact_choice c ON c.id = f.choice_id
                 WHERE f.ended_on IS NULL AND f.patient_id = ANY(%s) AND t.code = ANY(%s)
                """,
                list(patients.ids),
                list(codes),
            )
        )
        for patient_id, code, kind, flag, number, choice, text in rows:
            value = {"flag": bool(flag), "number": number, "choice": choice, "text": text or ""}
            known[patient_id][code] = value[kind]
        return known

    @api.model
    @api.private
    def _alerts(self, patients):
        """What to watch out for, as far as the user may see it.

        :return: ``{patient id: [words]}``, such as "Diabetes: poorly controlled".
        """
        found = {patient_id: [] for patient_id in patients.ids}
        if not self.has_access("read"):
            return found
        domain = Domain("patient_id", "in", patients.ids) & Domain("ended_on", "=", False)
        for fact in self.search(domain & Domain("type_id.alert", "=", True)):
            if fact.is_alert:
                found[fact.patient_id.id].append(fact._sentence())
        return found

    def _sentence(self):
        """The fact in a few words; a plain yes needs none."""
        self.ensure_one()
        if self.value_kind == "flag" and self.value_flag:
            return self.type_id.name
        return f"{self.type_id.name}: {self.value_label}"
