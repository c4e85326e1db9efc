import datetime
import json

from odoo import api, fields, models
from odoo.exceptions import UserError

from ...importing.mapper import Note, Record
from ...importing.normalise import name_key
from ...importing.rules import digest

#: Fields that "same person" fills in where the patient has none.
DETAIL_FIELDS = (
    "first_name", "last_name", "preferred_name", "birth_date", "mobile", "phone", "work_phone",
    "email", "street", "street2", "zip", "city", "state_id", "country_id",
    "preferred_channel_id", "first_visit_date",
)  # fmt: skip

#: Fields that are compared for staff.
SHOWN_FIELDS = (
    "last_name", "first_name", "birth_date", "mobile", "phone", "email", "street", "city",
)  # fmt: skip


class PrmImportDuplicate(models.Model):
    """A row that looks like somebody who is here already. Staff decide; nothing is merged alone."""

    _name = "prm.import.duplicate"
    _description = "Possible Duplicate from a List"
    _order = "state desc, import_id desc, row"
    _rec_name = "row_name"

    import_id = fields.Many2one("prm.import", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    row = fields.Integer(aggregator=False)
    reason = fields.Selection(
        [
            ("duplicate_identifier", "Has the number of an earlier row"),
            ("duplicate_person", "Looks like an earlier row"),
            ("matches_patient", "Looks like a patient who is here"),
        ],
        string="Why",
        required=True,
    )
    patient_id = fields.Many2one("prm.patient", index="btree_not_null", ondelete="cascade")
    system = fields.Char(required=True)
    identifier = fields.Char(string="Number in the list")
    fingerprint = fields.Char(required=True, help="Two rows with equal content are offered once.")
    values = fields.Json(required=True)
    state = fields.Selection(
        [
            ("open", "To decide"),
            ("same", "Same person"),
            ("different", "Different person"),
            ("left", "Left out"),
        ],
        string="Decision",
        required=True,
        default="open",
        index=True,
    )
    decided_by_id = fields.Many2one("res.users", string="Decided by", readonly=True)
    decided_at = fields.Datetime(readonly=True)
    row_name = fields.Char(string="Name in the list", compute="_compute_row_values")
    row_birth_date = fields.Date(string="Birth date in the list", compute="_compute_row_values")
    row_mobile = fields.Char(string="Mobile in the list", compute="_compute_row_values")
    row_phone = fields.Char(string="Phone in the list", compute="_compute_row_values")
    row_email = fields.Char(string="Email in the list", compute="_compute_row_values")
    row_address = fields.Char(string="Address in the list", compute="_compute_row_values")
    row_status = fields.Char(string="Status in the list", compute="_compute_row_values")
    differences = fields.Char(compute="_compute_differences")
    patient_birth_date = fields.Date(related="patient_id.birth_date", string="Birth date")
    patient_mobile = fields.Char(related="patient_id.mobile", string="Mobile")
    patient_phone = fields.Char(related="patient_id.phone", string="Home phone")
    patient_email = fields.Char(related="patient_id.email", string="Email")
    patient_status = fields.Selection(related="patient_id.status", string="Status")
    patient_address = fields.Char(string="Address", compute="_compute_patient_address")

    _row_uniq = models.Constraint(
        "unique(company_id, system, fingerprint)", "This row is offered already."
    )

    @api.depends("values")
    def _compute_row_values(self):
        statuses = dict(self.env["prm.patient"]._fields["status"]._description_selection(self.env))
        for duplicate in self:
            values = duplicate.values or {}
            names = (values.get("first_name"), values.get("last_name"))
            duplicate.row_name = " ".join(name for name in names if name)
            duplicate.row_birth_date = values.get("birth_date") or False
            duplicate.row_mobile = values.get("mobile")
            duplicate.row_phone = values.get("phone")
            duplicate.row_email = values.get("email")
            duplicate.row_status = statuses.get(values.get("status"))
            parts = (values.get(name) for name in ("street", "zip", "city"))
            duplicate.row_address = ", ".join(part for part in parts if part)

    @api.depends("patient_id.street", "patient_id.zip", "patient_id.city")
    def _compute_patient_address(self):
        for duplicate in self:
            patient = duplicate.patient_id
            parts = (patient.street, patient.zip, patient.city)
            duplicate.patient_address = ", ".join(part for part in parts if part)

    @api.depends("values", "patient_id")
    @api.depends_context("lang")
    def _compute_differences(self):
        """Name what differs, so that staff need not compare letter by letter."""
        for duplicate in self:
            patient, values = duplicate.patient_id, duplicate.values or {}
            different = []
            for name in SHOWN_FIELDS:
                here, there = patient[name], values.get(name)
                if name == "birth_date" and here:
                    here = here.isoformat()
                if here and there and name_key(here) != name_key(there):
                    different.append(patient._fields[name]._description_string(self.env))
            duplicate.differences = ", ".join(different)

    @api.model
    def _offer(self, run, duplicates):
        """Offer rows to staff, each content once: a list that is read again offers nothing new.

        :param duplicates: (record, reason, number of the other row, patient id or None)
        """
        if not duplicates or run.kind != "patients":
            return
        kind = run._kind()
        others = {of for _r, _reason, of, patient_id in duplicates if of and not patient_id}
        patients = kind._patients_by_identifier(run, others)
        vals = {}
        for record, reason, of, patient_id in duplicates:
            values = _to_json(record)
            print_of_row = f"{digest(json.dumps(values, sort_keys=True)):016x}"
            vals[print_of_row] = {
                "import_id": run.id,
                "company_id": run.company_id.id,
                "row": record.number,
                "reason": reason,
                "patient_id": patient_id or patients.get(of),
                "system": run._system(),
                "identifier": record.get("identifier"),
                "fingerprint": print_of_row,
                "values": values,
            }
        known = self.search_fetch(
            [
                ("company_id", "=", run.company_id.id),
                ("system", "=", run._system()),
                ("fingerprint", "in", list(vals)),
            ],
            ["fingerprint"],
        ).mapped("fingerprint")
        self.create([values for key, values in vals.items() if key not in known])

    # -- decisions

    def action_same(self):
        """Same person: take over what the patient's record lacks, and remember the number."""
        self._check_open()
        for duplicate in self:
            duplicate._take_over()
        self._decide("same")

    def action_different(self):
        """Different person: add as a new patient."""
        self._check_open()
        for duplicate in self:
            duplicate._add_as_new()
        self._decide("different")

    def action_leave(self):
        """Neither: the row stays out, and is not offered again."""
        self._check_open()
        self._decide("left")

    def _check_open(self):
        self.import_id._check_may_import()
        if any(duplicate.state != "open" for duplicate in self):
            raise UserError(self.env._("This has been decided already."))

    def _decide(self, state):
        self.sudo().write(
            {"state": state, "decided_by_id": self.env.uid, "decided_at": fields.Datetime.now()}
        )

    def _record(self):
        values = dict(self.values)
        for name in ("birth_date", "first_visit_date"):
            if values.get(name):
                values[name] = datetime.date.fromisoformat(values[name])
        notes = [Note(*note) for note in values.pop("notes", [])]
        return Record(self.row, values, notes)

    def _take_over(self):
        patient = self.patient_id
        if not patient:
            raise UserError(
                self.env._("The other patient is not here. Add this one as new, or leave it.")
            )
        run = self.import_id.sudo()
        vals = run._kind()._field_values(run, self._record())
        note = vals.pop("import_note", "")
        fill = {name: vals[name] for name in DETAIL_FIELDS if vals.get(name) and not patient[name]}
        lines = (patient.import_note or "").splitlines()
        fresh = [line for line in note.splitlines() if line not in lines]
        if fresh:
            fill["import_note"] = "\n".join(lines + fresh)
        if fill:
            patient.sudo().write(fill)
        if self.identifier and not self._identifier_taken():
            self.env["prm.patient.identifier"].sudo().create(
                {"patient_id": patient.id, "system": self.system, "value": self.identifier}
            )
        self.env["prm.event"].emit(
            "imported",
            [{"patient": patient, "payload": {"list": run.name, "row": self.row}}],
        )

    def _add_as_new(self):
        run = self.import_id.sudo()
        record = self._record()
        plan = run._kind()._plan_new(run, record)
        if self._identifier_taken():
            # The number belongs to the earlier row; two people can't share one.
            note = self.env._("Number in the list: %(number)s", number=self.identifier)
            plan.vals["import_note"] = "\n".join(filter(None, [plan.vals.get("import_note"), note]))
            plan.record.values["identifier"] = None
        run._kind()._load(run, [plan])

    def _identifier_taken(self):
        return bool(
            self.env["prm.patient.identifier"]
            .sudo()
            .search_count(
                [
                    ("company_id", "=", self.company_id.id),
                    ("system", "=", self.system),
                    ("value", "=", self.identifier),
                ],
                limit=1,
            )
        )


def _to_json(record):
    """Return a record's values and notes as plain JSON values."""
    values = {
        name: value.isoformat() if isinstance(value, datetime.date) else value
        for name, value in record.values.items()
    }
    if record.notes:
        values["notes"] = [list(note) for note in record.notes]
    return values
