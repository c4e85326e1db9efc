from odoo import api, fields, models
from odoo.exceptions import UserError

from ... import procedure_status, teeth

#: What a chart can be asked to write. Everything else follows from it.
_PROCEDURE_KEYS = {"type_id", "tooth", "surfaces", "area", "state"}
_FINDING_KEYS = {"kind", "tooth", "surfaces", "note"}


class PrmPatient(models.Model):
    """The dental chart: all that it shows in one answer, and the few things that it writes.

    Dates come with everything, so that the mouth of another day needs no further request.
    """

    _inherit = "prm.patient"

    def action_open_chart(self):
        """The patient's mouth, over the whole page."""
        self.ensure_one()
        action = self.env["ir.actions.client"]._for_xml_id("prm_dental.prm_dental_chart_action")
        action["context"] = {"active_id": self.id, "active_model": self._name}
        action["params"] = {"patient_id": self.id}
        return action

    # ------------------------------------------------------------
    # WHAT THE CHART SHOWS
    # ------------------------------------------------------------

    def prm_chart(self):
        """All that the chart of one patient shows.

        Findings are clinical notes: who may not read them gets None in their place.

        :return: dict of plain values; days are ISO texts.
        :raises AccessError: for whoever may not read the patient or procedures.
        """
        self.ensure_one()
        self.check_access("read")
        procedures = self.env["prm.procedure"]
        procedures.check_access("read")
        return {
            "patient": {
                "id": self.id,
                "name": self.display_name,
                "age": self.age if self.birth_date else None,
            },
            "alerts": self.env["prm.health.fact"]._alerts(self).get(self.id, []),
            "today": fields.Date.context_today(self).isoformat(),
            "can_write": procedures.has_access("create"),
            "teeth": self._chart_teeth(),
            "procedures": self._chart_procedures(),
            "findings": self._chart_findings(),
            **self._chart_vocabulary(),
        }

    @api.model
    def _chart_teeth(self):
        """Every place for a tooth in the order of a chart, with the ways to write it."""
        return [
            {
                "fdi": tooth.fdi,
                "universal": tooth.universal,
                "palmer": tooth.palmer,
                "name": self._tooth_name(tooth),
                "deciduous": tooth.deciduous,
                "arch": tooth.arch,
                "side": tooth.side,
                "kind": tooth.kind,
                "surfaces": list(tooth.surfaces),
                "area": tooth.area,
            }
            for tooth in teeth.TEETH.values()
        ]

    @api.model
    def _tooth_name(self, tooth):
        """What a tooth is called in the user's language."""
        area, name = tooth.name_parts
        return self.env._("%(area)s, %(name)s", area=self.env._(area), name=self.env._(name))

    def _chart_vocabulary(self):
        """Words and codes to choose among."""
        kinds = self.env["prm.procedure.type"].search(
            [("company_id", "in", (self.company_id.id, False))]
        )
        kinds = kinds.with_company(self.company_id)
        procedure = self.env["prm.procedure"]
        labels = procedure._fields["state"]._description_selection(self.env)
        finding = self.env["prm.tooth.finding"]._fields["kind"]
        return {
            "currency": self.company_id.currency_id.name,
            "states": dict(labels),
            "areas": dict(procedure._fields["area"]._description_selection(self.env)),
            "surface_names": {
                letter: self.env._(name) for letter, name in teeth.SURFACE_NAMES.items()
            },
            "finding_kinds": finding._description_selection(self.env),
            "reasons": [
                {"id": reason.id, "name": reason.name}
                for reason in self.env["prm.decline.reason"].search_fetch([], ["name"])
            ],
            "types": [
                {
                    "id": kind.id,
                    "code": kind.code,
                    "name": kind.name,
                    "scope": kind.scope or "",
                    "effect": kind.effect or "",
                    "fee": kind._usual_fee(),
                    "minutes": kind.duration,
                }
                for kind in kinds
            ],
        }

    def _chart_procedures(self):
        """Procedures without those entered by mistake, each with its statuses over time."""
        found = self.env["prm.procedure"].search(
            [("patient_id", "=", self.id), ("state", "!=", procedure_status.DELETED)],
            order="date, id",
        )
        changes = {}
        for change in self.env["prm.procedure.status"].search(
            [("procedure_id", "in", found.ids)], order="changed_at, id"
        ):
            day = fields.Datetime.context_timestamp(self, change.changed_at).date()
            changes.setdefault(change.procedure_id.id, []).append((day, change.to_state))
        offered = {
            state: [step.target for step in procedure_status.offered(state)]
            for state in procedure_status.STATUSES
        }
        return [
            {
                "id": procedure.id,
                "type_id": procedure.type_id.id,
                "name": procedure.type_id.name,
                "effect": procedure.type_id.effect or "",
                "tooth": procedure.tooth or "",
                "surfaces": procedure.surfaces or "",
                "area": procedure.area or "",
                "state": procedure.state,
                "date": procedure.date.isoformat(),
                "steps": _steps(procedure, changes.get(procedure.id, [])),
                "offered": offered[procedure.state],
                "fee": procedure.fee,
                "provider": procedure.provider_id.name or "",
                "question": procedure.age_question,
            }
            for procedure in found
        ]

    def _chart_findings(self):
        findings = self.env["prm.tooth.finding"]
        if not findings.has_access("read"):
            return None
        return [
            {
                "id": finding.id,
                "kind": finding.kind,
                "tooth": finding.tooth,
                "surfaces": finding.surfaces or "",
                "date": finding.date.isoformat(),
                "resolved": finding.resolved_date and finding.resolved_date.isoformat(),
                "note": finding.note or "",
            }
            for finding in findings.search([("patient_id", "=", self.id)], order="date, id")
        ]

    # ------------------------------------------------------------
    # WHAT THE CHART WRITES
    # ------------------------------------------------------------

    def prm_chart_add(self, what, vals):
        """Add a procedure or a finding of today, and answer with the chart as it is now.

        :param what: ``procedure`` or ``finding``
        :param vals: of a procedure ``type_id``, ``tooth``, ``surfaces``, ``area``, ``state``; of a
            finding ``kind``, ``tooth``, ``surfaces``, ``note``.
        :raises UserError: with a sentence what is missing or can't be.
        """
        self.ensure_one()
        keys = {"procedure": _PROCEDURE_KEYS, "finding": _FINDING_KEYS}.get(what)
        if not keys or vals.keys() - keys:
            raise UserError(self.env._("The chart is out of date. Reload the page."))
        vals = {**vals, "patient_id": self.id}
        if what == "finding":
            self.env["prm.tooth.finding"].create(vals)
        else:
            self.env["prm.procedure"].create(vals)
        return self.prm_chart()

    def prm_chart_step(self, procedure_id, state, reason_id=False):
        """Take one of the patient's procedures to a status, and answer with the chart.

        :raises UserError: with a sentence why not.
        """
        self.ensure_one()
        procedure = self.env["prm.procedure"].search(
            [("id", "=", procedure_id), ("patient_id", "=", self.id)]
        )
        if not procedure:
            raise UserError(self.env._("This procedure is gone. Reload the page."))
        vals = {"state": state}
        if state == procedure_status.COMPLETED:
            vals["date"] = fields.Date.context_today(self)
        if reason_id:
            vals["decline_reason_id"] = reason_id
        procedure.write(vals)
        return self.prm_chart()

    def prm_chart_resolve(self, finding_id):
        """Mark one of the patient's findings as resolved today, and answer with the chart."""
        self.ensure_one()
        finding = self.env["prm.tooth.finding"].search(
            [("id", "=", finding_id), ("patient_id", "=", self.id)]
        )
        finding.action_resolve()
        return self.prm_chart()


def _steps(procedure, changes):
    """[(day, status)] of a procedure, oldest first, as a chart of the past shows it.

    What is done counts from the day of the work, which may have been entered later; what was never
    changed counts from its own day.

    :param changes: [(day, status)] of the history.
    """
    day, state = procedure.date, procedure.state
    if state in procedure_status.DONE:
        earlier = [
            (when, word)
            for when, word in changes
            if when < day and word not in procedure_status.DONE
        ]
    else:
        earlier = changes[:-1]
        if earlier:
            day = changes[-1][0]
    return [[when.isoformat(), word] for when, word in (*earlier, (day, state))]
