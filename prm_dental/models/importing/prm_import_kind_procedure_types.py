from odoo import models
from odoo.addons.prm_core.importing.reasons import REASONS as CORE_REASONS
from odoo.addons.prm_core.models.importing.prm_import_kind import Plan

from ...importing.catalogue import LAYOUTS, REASONS, TARGETS, CatalogueRules
from ...importing.procedures import ProcedureReport

CORE_REASONS.update(REASONS)

#: What a row can say of a procedure, beside its code.
_FIELDS = tuple(target.name for target in TARGETS if target.name != "code")
#: What a practice can say of a code that is common to all practices.
_OWN_OF_COMMON = ("fee",)


class PrmImportKindProcedureTypes(models.AbstractModel):
    """A practice's own list of procedures: codes, names, fees, words for the patient.

    A code that the common catalogue has already keeps its meaning; only the practice's fee is taken
    over for it.
    """

    _name = "prm.import.kind.procedure_types"
    _inherit = "prm.import.kind"
    _description = "Import of a Procedure Catalogue"

    def _targets(self):
        return TARGETS

    def _layouts(self):
        return LAYOUTS

    def _required_targets(self, layout):
        return ["code"]

    def _res_model(self):
        return "prm.procedure.type"

    def _rules(self, run, layout):
        return CatalogueRules()

    def _report(self, run, layout):
        return ProcedureReport()

    def _row_name(self, record):
        return " · ".join(filter(None, (record.get("code"), record.get("name"))))

    def _plan(self, run, records, look_only=False):
        kinds = self.env["prm.procedure.type"].sudo().with_company(run.company_id)
        ids = kinds._ids_by_code(run.company_id)
        codes = [record.values["code"] for record in records]
        # One query for the batch.
        kinds.browse([ids[code] for code in codes if code in ids]).fetch([*_FIELDS, "company_id"])
        plans = []
        for record, code in zip(records, codes, strict=True):
            vals = {name: record.values[name] for name in _FIELDS if name in record.values}
            if code not in ids:
                plans.append(Plan(record, "new", vals={"name": code, **vals}))
                continue
            plans.append(self._plan_known(record, kinds.browse(ids[code]), vals))
        return plans

    def _plan_known(self, record, kind, vals):
        """The plan for a code that is here: what differs."""
        names = _FIELDS if kind.company_id else _OWN_OF_COMMON
        changed = {
            name: vals[name]
            for name in names
            if name in vals and (kind[name] or False) != (vals[name] or False)
        }
        changes = [
            f"{kind._fields[name].string}: {kind[name] or '–'} → {value}"
            for name, value in changed.items()
        ]
        outcome = "updated" if changed else "unchanged"
        return Plan(record, outcome, kind.id, vals=changed, changes=changes)

    def _load(self, run, plans):
        kinds = self.env["prm.procedure.type"].sudo().with_company(run.company_id)
        new = [plan for plan in plans if plan.outcome == "new"]
        created = kinds.create(
            [
                {"code": plan.record.values["code"], "company_id": run.company_id.id, **plan.vals}
                for plan in new
            ]
        )
        for plan, kind in zip(new, created, strict=True):
            plan.res_id = kind.id
        for plan in plans:
            if plan.outcome == "updated":
                kinds.browse(plan.res_id).write(plan.vals)
