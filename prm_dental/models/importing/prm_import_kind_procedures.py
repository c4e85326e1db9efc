from odoo import models
from odoo.addons.prm_core.importing.reasons import REASONS as CORE_REASONS
from odoo.addons.prm_core.models.importing.prm_import_kind import Plan
from odoo.tools import SQL

from ...importing.procedures import LAYOUTS, REASONS, TARGETS, ProcedureReport, ProcedureRules

CORE_REASONS.update(REASONS)

COMPARED_FIELDS = ("type_id", "date", "state", "tooth", "surfaces", "provider_code", "fee")


class PrmImportKindProcedures(models.AbstractModel):
    """Lists of procedures: what was done, planned or found."""

    _name = "prm.import.kind.procedures"
    _inherit = "prm.import.kind"
    _description = "Import of Procedures"

    def _targets(self):
        return TARGETS

    def _layouts(self):
        return LAYOUTS

    def _required_targets(self, layout):
        return ["patient", "date", "code"]

    def _res_model(self):
        return "prm.procedure"

    def _rules(self, run, layout):
        return ProcedureRules()

    def _report(self, run, layout):
        return ProcedureReport()

    def _row_name(self, record):
        parts = (record.get("date"), record.get("code"), record.get("tooth"))
        return " ".join(str(part) for part in parts if part)

    def _look_up(self, run, rules, records):
        rules.known_patients = set(self._patients(run, records))

    def _patients(self, run, records):
        """Return {number in the list: patient id} for a batch, in one query."""
        numbers = list({record.get("patient") for record in records if record.get("patient")})
        return self.env["prm.import.kind.patients"]._patients_by_identifier(run, numbers)

    def _plan(self, run, records, look_only=False):
        patients = self._patients(run, records)
        types = self.env["prm.procedure.type"]._ids_by_code(run.company_id)
        known = self._known_procedures(run, records)
        # A list without a column of states is a list of what was done.
        default_state = "existing" if "state" in run._layout().targets() else "completed"
        plans = []
        for record in records:
            vals = {name: record.values[name] for name in COMPARED_FIELDS if name in record.values}
            vals.setdefault("state", default_state)
            code = record.values["code"]
            vals["type_id"] = types.get(code, False)
            procedure_id, current = known.get(record.values["identifier"], (False, {}))
            extra = {"patient_id": patients[record.values["patient"]], "code": code}
            if not procedure_id:
                plans.append(Plan(record, "new", vals=vals, extra=extra))
                continue
            changed = {
                name: value
                for name, value in vals.items()
                if (current[name] or False) != (value or False)
            }
            labels = self.env["prm.procedure"]._fields
            changes = [f"{labels[n].string}: {current[n] or '–'} → {v}" for n, v in changed.items()]
            outcome = "updated" if changed else "unchanged"
            plans.append(
                Plan(record, outcome, procedure_id, vals=changed, changes=changes, extra=extra)
            )
        return plans

    def _known_procedures(self, run, records):
        """Return {number in the list: (procedure id, current values)}, in one query."""
        rows = self.env.execute_query_dict(
            SQL(
                """SELECT id, external_id, type_id, date, state, tooth, surfaces, provider_code,
                          fee::float AS fee
                     FROM prm_procedure
                    WHERE company_id = %s AND system = %s AND external_id = ANY(%s)""",
                run.company_id.id,
                run._system(),
                [record.values["identifier"] for record in records],
            )
        )
        return {row["external_id"]: (row["id"], row) for row in rows}

    def _load(self, run, plans):
        codes = {plan.extra["code"] for plan in plans}
        types = self.env["prm.procedure.type"]._ensure_codes(run.company_id, codes)
        new = [plan for plan in plans if plan.outcome == "new"]
        procedures = self.env["prm.procedure"].with_context(prm_bulk=True)
        created = procedures.create(
            [
                {
                    **plan.vals,
                    "type_id": types[plan.extra["code"]],
                    "patient_id": plan.extra["patient_id"],
                    "system": run._system(),
                    "external_id": plan.record.values["identifier"],
                }
                for plan in new
            ]
        )
        for plan, procedure in zip(new, created, strict=True):
            plan.res_id = procedure.id
        for plan in plans:
            if plan.outcome == "updated":
                if "type_id" in plan.vals:
                    plan.vals["type_id"] = types[plan.extra["code"]]
                procedures.browse(plan.res_id).write(plan.vals)
