from collections import defaultdict

from odoo import models
from odoo.addons.prm_core.importing.reasons import REASONS as CORE_REASONS
from odoo.addons.prm_core.importing.table import heading_key
from odoo.addons.prm_core.models.importing.prm_import_kind import Plan

from ...importing.histories import LAYOUTS, REASONS, TARGETS, Fact, HistoryRules

CORE_REASONS.update(REASONS)


class PrmImportKindHistories(models.AbstractModel):
    """What is known of patients' health, a fact a row."""

    _name = "prm.import.kind.histories"
    _inherit = "prm.import.kind.of_people"
    _description = "Import of Health Histories"

    def _targets(self):
        return TARGETS

    def _layouts(self):
        return LAYOUTS

    def _required_targets(self, layout):
        return ["kind", "value"]

    def _res_model(self):
        return "prm.health.fact"

    def _rules(self, run, layout):
        return HistoryRules(run.as_of, layout.decimal_sign)

    def _look_up(self, run, rules, records):
        rules.people = self._people(run, records)
        rules.facts = self._facts()

    def _facts(self):
        """``{code or name in any language: Fact}``"""
        kinds = self.env["prm.health.fact.type"].sudo().search([("active", "=", True)])
        langs = [code for code, _name in self.env["res.lang"].get_installed()]
        found = {}
        for kind in kinds:
            answers = {}
            for choice in kind.choice_ids:
                names = {choice.with_context(lang=lang).name for lang in langs}
                answers |= {heading_key(word): choice.code for word in (*names, choice.code)}
            fact = Fact(
                kind.code, kind.value_kind, kind.minimum, kind.maximum, answers,
                ", ".join(kind.choice_ids.mapped("name")),
            )  # fmt: skip
            names = {kind.with_context(lang=lang).name for lang in langs}
            found.update({heading_key(word): fact for word in names})
            found[heading_key(kind.code)] = fact
        return found

    def _plan(self, run, records, look_only=False):
        patients, facts = self._people(run, records), self._facts()
        sign = run._layout().decimal_sign
        known = self._known(patients.values())
        plans = []
        for record in records:
            fact = facts[heading_key(record.values["kind"])]
            value = fact.read(record.values["value"], sign)
            noted = record.get("noted_on") or run.as_of
            extra = {
                "patient_id": patients[record.number], "code": fact.code, "value": value,
                "noted_on": noted,
            }  # fmt: skip
            found = known.get((extra["patient_id"], fact.code), [])
            plans.append(self._plan_one(record, found, extra))
        return plans

    @staticmethod
    def _plan_one(record, found, extra):
        """New, or known: that it stands, or stood, with this value since this day or before."""
        for fact_id, value, noted, ended in found:
            if value == extra["value"] and (
                noted == extra["noted_on"] or (noted <= extra["noted_on"] and not ended)
            ):
                return Plan(record, "unchanged", fact_id, extra=extra)
        return Plan(record, "new", extra=extra)

    def _known(self, patient_ids):
        """``{(patient id, code): [(id, value, noted on, ended on)]}``, in one query."""
        facts = self.env["prm.health.fact"].sudo()
        facts = facts.search([("patient_id", "in", [one for one in patient_ids if one])])
        known = defaultdict(list)
        for fact in facts:
            key = (fact.patient_id.id, fact.type_id.code)
            known[key].append((fact.id, fact._value(), fact.noted_on, fact.ended_on))
        return known

    def _load(self, run, plans):
        facts = self.env["prm.health.fact"]
        together = defaultdict(dict)
        for plan in plans:
            extra = plan.extra
            together[extra["patient_id"], extra["noted_on"]][extra["code"]] = plan
        # The oldest first: what is known since becomes history as it should.
        for (patient_id, noted), of_day in sorted(together.items(), key=lambda item: item[0][1]):
            patient = self.env["prm.patient"].browse(patient_id)
            values = {code: plan.extra["value"] for code, plan in of_day.items()}
            made = facts._record(patient, values, source="import", on=noted)
            by_code = {fact.type_id.code: fact.id for fact in made}
            for code, plan in of_day.items():
                plan.res_id = by_code.get(code, False)
