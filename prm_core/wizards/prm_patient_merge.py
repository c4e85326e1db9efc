from odoo import Command, api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

#: What is set side by side.
_SHOWN = (
    "first_name", "last_name", "birth_date", "mobile", "phone", "email", "street", "city",
    "status",
)  # fmt: skip


class PrmPatientMerge(models.TransientModel):
    """Two records of one person: look at both, choose the one that stays, make them one."""

    _name = "prm.patient.merge"
    _description = "Merge Patients"

    first_id = fields.Many2one("prm.patient", required=True, readonly=True, ondelete="cascade")
    second_id = fields.Many2one("prm.patient", required=True, readonly=True, ondelete="cascade")
    stays = fields.Selection(
        [("first", "The first"), ("second", "The second")],
        string="Who Stays",
        required=True,
        help="Where both say something else, this one is right. What only the other one says is"
        " added.",
    )
    line_ids = fields.One2many("prm.patient.merge.line", "wizard_id", readonly=True)
    other_birth_date = fields.Boolean(compute="_compute_other_birth_date")

    @api.depends("first_id.birth_date", "second_id.birth_date")
    def _compute_other_birth_date(self):
        for wizard in self:
            days = {wizard.first_id.birth_date, wizard.second_id.birth_date} - {False}
            wizard.other_birth_date = len(days) > 1

    @api.model
    def default_get(self, fields):
        values = super().default_get(fields)
        ids = self.env.context.get("active_ids") or []
        patients = self.env["prm.patient"].browse(ids).exists()
        if self.env.context.get("active_model") != "prm.patient" or len(patients) != 2:
            raise UserError(
                self.env._("Choose two patients in the list: the two records of one person.")
            )
        patients = patients.sorted("id")
        values["first_id"], values["second_id"] = patients.ids
        values["stays"] = "first" if self._usual_choice(patients) == patients[0] else "second"
        values["line_ids"] = [Command.create(line) for line in self._compared(patients)]
        return values

    @api.model
    def _usual_choice(self, patients):
        """The one with more of a history; of two alike the one who was here first."""
        events = dict(
            self.env["prm.event"]._read_group(
                [("patient_id", "in", patients.ids)], ["patient_id"], ["__count"]
            )
        )
        return max(patients, key=lambda patient: (events.get(patient, 0), -patient.id))

    @api.model
    def _compared(self, patients):
        """What the two records say, a line for each thing that one of them says."""
        first, second = patients
        description = first.fields_get(_SHOWN, ["string", "selection"])
        lines = [
            (self.env._("Number"), str(first.id), str(second.id)),
            (self.env._("Patient since"), self._day(first.create_date),
             self._day(second.create_date)),
        ]  # fmt: skip
        for name in _SHOWN:
            words = [self._said(patient, name, description[name]) for patient in patients]
            if any(words):
                lines.append((description[name]["string"], *words))
        lines.append(
            (self.env._("Entries in the timeline"),
             *(str(len(patient.event_ids)) for patient in patients))
        )  # fmt: skip
        return [
            {"label": label, "first": one, "second": other, "differs": one != other}
            for label, one, other in lines
        ]

    def _said(self, patient, name, description):
        value = patient[name]
        if description.get("selection"):
            return dict(description["selection"]).get(value, "")
        if self.env["prm.patient"]._fields[name].type == "date":
            return self._day(value)
        return value or ""

    def _day(self, value):
        return format_date(self.env, value) if value else ""

    def action_merge(self):
        """Make them one, and open who stays."""
        self.ensure_one()
        both = self.first_id | self.second_id
        both.check_access("write")
        kept = self.first_id if self.stays == "first" else self.second_id
        (both - kept)._merge_into(kept)
        return {
            "type": "ir.actions.act_window",
            "res_model": "prm.patient",
            "res_id": kept.id,
            "views": [(False, "form")],
        }


class PrmPatientMergeLine(models.TransientModel):
    """One thing that the two records say."""

    _name = "prm.patient.merge.line"
    _description = "Merge Patients: Comparison"

    wizard_id = fields.Many2one("prm.patient.merge", required=True, ondelete="cascade")
    label = fields.Char()
    first = fields.Char()
    second = fields.Char()
    differs = fields.Boolean()
