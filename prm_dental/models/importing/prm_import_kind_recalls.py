from collections import defaultdict

from odoo import models
from odoo.addons.prm_core.importing.reasons import REASONS as CORE_REASONS
from odoo.addons.prm_core.importing.table import heading_key
from odoo.addons.prm_core.models.importing.prm_import_kind import Plan

from ...importing.recalls import LAYOUTS, REASONS, TARGETS, RecallRules

CORE_REASONS.update(REASONS)

#: What is decided -> the field of the reason.
_REASON_FIELDS = {
    "manual_due_date": "manual_reason",
    "interval_number": "interval_reason",
    "disabled": "disabled_reason",
    "disabled_until": "disabled_reason",
}


class PrmImportKindRecalls(models.AbstractModel):
    """Recalls with due dates: what stands in the list is a decision by hand, so it sticks.

    A visit after it counts all the same, as with any date that staff set.
    """

    _name = "prm.import.kind.recalls"
    _inherit = "prm.import.kind.of_people"
    _description = "Import of Recalls"

    def _targets(self):
        return TARGETS

    def _layouts(self):
        return LAYOUTS

    def _required_targets(self, layout):
        return ["kind"]

    def _res_model(self):
        return "prm.recall"

    def _rules(self, run, layout):
        return RecallRules(run.as_of)

    def _look_up(self, run, rules, records):
        rules.people = self._people(run, records)
        rules.kinds = {key: kind.id for key, kind in self._kinds(run).items()}

    def _kinds(self, run):
        """``{code or name in any language: prm.recall.type}``; the practice's own goes first."""
        kinds = self.env["prm.recall.type"].sudo()
        kinds = kinds.search([("company_id", "in", (run.company_id.id, False))])
        langs = [code for code, _name in self.env["res.lang"].get_installed()]
        found = {}
        for kind in kinds.sorted(lambda kind: bool(kind.company_id)):
            names = {kind.with_context(lang=lang).name for lang in langs}
            found.update({heading_key(word): kind for word in (*names, kind.code) if word})
        return found

    # -- what will be done

    def _plan(self, run, records, look_only=False):
        patients, kinds = self._people(run, records), self._kinds(run)
        known = self._known(patients.values())
        done = self._known_work(patients.values())
        plans = []
        for record in records:
            patient_id, kind = patients[record.number], kinds[heading_key(record.values["kind"])]
            recall = known.get((patient_id, kind.id))
            plan = self._plan_one(record, recall, self._decided(record))
            plan.extra |= {"patient_id": patient_id, "type_id": kind.id}
            last = record.get("last_done")
            triggers = kind.trigger_type_ids.ids
            if last and triggers and not any((patient_id, one, last) in done for one in triggers):
                plan.extra["done"] = (triggers[0], last)
                plan.changes.append(f"{self.env._('Last done')}: {last}")
                if plan.outcome == "unchanged":
                    plan.outcome = "updated" if recall else "new"
            plans.append(plan)
        return plans

    def _known(self, patient_ids):
        """The recalls of these patients: ``{(patient id, kind id): prm.recall}``."""
        recalls = self.env["prm.recall"].sudo()
        found = recalls.search([("patient_id", "in", [one for one in patient_ids if one])])
        return {(recall.patient_id.id, recall.type_id.id): recall for recall in found}

    def _known_work(self, patient_ids):
        """What these patients had done, or what was struck out: {(patient, kind, day)}."""
        rows = self.env["prm.procedure"].sudo().search_read(
            [
                ("patient_id", "in", [one for one in patient_ids if one]),
                ("state", "in", ("completed", "deleted")),
            ],
            ["patient_id", "type_id", "date"],
            load="",
        )  # fmt: skip
        return {(row["patient_id"], row["type_id"], row["date"]) for row in rows}

    @staticmethod
    def _decided(record):
        """Values of the decisions that a row holds, each with its reason."""
        vals = {}
        if record.get("due_date"):
            vals["manual_due_date"] = record.values["due_date"]
        if record.get("interval_number"):
            vals["interval_number"] = record.values["interval_number"]
            vals["interval_unit"] = record.values["interval_unit"]
        if record.get("not_until"):
            vals["disabled_until"] = record.values["not_until"]
        if record.get("never") is not None:
            vals["disabled"] = record.values["never"]
        if reason := record.get("reason"):
            vals |= {_REASON_FIELDS[name]: reason for name in vals if name in _REASON_FIELDS}
        return vals

    def _plan_one(self, record, recall, vals):
        if not recall:
            if not (vals.keys() - {"disabled"} or vals.get("disabled")):
                # That somebody may be asked is so without a word.
                return Plan(record, "unchanged")
            return Plan(record, "new", vals=vals)
        changed = {
            name: value
            for name, value in vals.items()
            if (recall[name] or False) != (value or False)
        }
        changes = [
            f"{recall._fields[name].string}: {recall[name] or '–'} → {value}"
            for name, value in changed.items()
        ]
        outcome = "updated" if changed else "unchanged"
        return Plan(record, outcome, recall.id, vals=changed, changes=changes)

    # -- doing it

    def _load(self, run, plans):
        self._load_work(run, [plan for plan in plans if plan.extra.get("done")])
        recalls = self.env["prm.recall"].with_context(prm_recall_source="import")
        people = self.env["prm.patient"].browse({plan.extra["patient_id"] for plan in plans})
        recalls._recompute(people)
        known = self._known(people.ids)
        new, alike = [], defaultdict(recalls.browse)
        for plan in plans:
            recall = known.get((plan.extra["patient_id"], plan.extra["type_id"]))
            if recall:
                plan.res_id = recall.id
                if plan.vals:
                    alike[tuple(sorted(plan.vals.items()))] |= recalls.browse(recall.id)
            elif plan.vals:
                new.append(plan)
        for vals, group in alike.items():
            group.write(dict(vals))
        created = recalls.create(
            [
                {
                    **plan.vals,
                    "patient_id": plan.extra["patient_id"],
                    "type_id": plan.extra["type_id"],
                }
                for plan in new
            ]
        )
        for plan, recall in zip(new, created, strict=True):
            plan.res_id = recall.id

    def _load_work(self, run, plans):
        """The day on which it was last done is a completed procedure that starts this recall."""
        self.env["prm.procedure"].with_context(prm_bulk=True).create(
            [
                {
                    "patient_id": plan.extra["patient_id"],
                    "type_id": plan.extra["done"][0],
                    "date": plan.extra["done"][1],
                    "state": "completed",
                    "system": run._system(),
                    "external_id": "recall {patient_id}/{type_id}/{done[1]}".format(**plan.extra),
                }
                for plan in plans
            ]
        )
