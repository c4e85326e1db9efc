from dataclasses import replace

from odoo import models
from odoo.addons.prm_core.importing.layouts import Target
from odoo.addons.prm_core.importing.mapper import Note
from odoo.tools import SQL

LAST_HYGIENE = Target(
    "last_hygiene", "Last hygiene visit", "date", words=("ultima igiene", "last hygiene")
)
#: Procedure that a date of the last hygiene visit stands for.
HYGIENE_CODE = "HYG"


class PrmImportKindPatients(models.AbstractModel):
    """Lists of patients may say when the last hygiene visit was: that is a completed procedure."""

    _inherit = "prm.import.kind.patients"

    def _targets(self):
        return (*super()._targets(), LAST_HYGIENE)

    def _layouts(self):
        column = ("Ultima igiene", LAST_HYGIENE.name)
        return tuple(
            replace(layout, columns=(*layout.columns, column))
            if layout.code == "gestionale"
            else layout
            for layout in super()._layouts()
        )

    def _plan(self, run, records, look_only=False):
        for record in records:
            self._leave_out_future(run, record)
        plans = super()._plan(run, records, look_only=look_only)
        visits = {
            plan.record.number: plan
            for plan in plans
            if plan.outcome != "duplicate" and plan.record.get(LAST_HYGIENE.name)
        }
        known = self._known_visits(run, [plan.res_id for plan in visits.values() if plan.res_id])
        for plan in visits.values():
            date = plan.record.values[LAST_HYGIENE.name]
            if (plan.res_id, date) in known:
                continue
            plan.extra[LAST_HYGIENE.name] = date
            if plan.outcome == "unchanged":
                plan.outcome = "updated"
            if plan.outcome == "updated":
                plan.changes.append(f"{self.env._('Last hygiene visit')}: {date}")
        return plans

    def _plan_new(self, run, record):
        self._leave_out_future(run, record)
        plan = super()._plan_new(run, record)
        plan.extra[LAST_HYGIENE.name] = record.get(LAST_HYGIENE.name)
        return plan

    @staticmethod
    def _leave_out_future(run, record):
        """A visit to come can't be the last one: keep it in the note."""
        date = record.get(LAST_HYGIENE.name)
        if date and date > run.as_of:
            del record.values[LAST_HYGIENE.name]
            heading = run._layout().heading_of(LAST_HYGIENE.name)
            record.notes.append(Note("bad_date", LAST_HYGIENE.name, heading, date.isoformat()))

    def _known_visits(self, run, patient_ids):
        """Return {(patient, date)} of the hygiene visits that are here, or were taken back."""
        if not patient_ids:
            return set()
        type_id = self.env["prm.procedure.type"]._ids_by_code(run.company_id).get(HYGIENE_CODE)
        return set(
            self.env.execute_query(
                SQL(
                    """SELECT patient_id, date FROM prm_procedure
                        WHERE patient_id = ANY(%s) AND type_id = %s
                          AND state IN ('completed', 'deleted')""",
                    patient_ids,
                    type_id or 0,
                )
            )
        )

    def _load(self, run, plans):
        super()._load(run, plans)
        visits = [plan for plan in plans if plan.extra.get(LAST_HYGIENE.name)]
        if not visits:
            return
        types = self.env["prm.procedure.type"]._ensure_codes(run.company_id, {HYGIENE_CODE})
        self.env["prm.procedure"].with_context(prm_bulk=True).create(
            [
                {
                    "patient_id": plan.res_id,
                    "type_id": types[HYGIENE_CODE],
                    "date": plan.extra[LAST_HYGIENE.name],
                    "state": "completed",
                    "system": run._system(),
                    "external_id": self._visit_number(plan),
                }
                for plan in visits
            ]
        )

    @staticmethod
    def _visit_number(plan):
        """Number of a visit that has none in its list: patient and day."""
        date = plan.extra[LAST_HYGIENE.name]
        number = plan.record.get("identifier") or f"patient {plan.res_id}"
        return f"{number}/{HYGIENE_CODE}/{date}"

    def _add_to_report(self, run, report):
        """Add who of this list is due for hygiene on the day of the list."""
        super()._add_to_report(run, report)
        self.env.flush_all()
        self.env["prm.recall"].flush_model()
        rows = self.env.execute_query(
            SQL(
                """SELECT DISTINCT ON (p.id) i.value, r.previous_date, r.due_date
                     FROM prm_import_line l
                     JOIN prm_patient p ON p.id = l.res_id
                     JOIN prm_recall r ON r.patient_id = p.id
                     JOIN prm_recall_type t ON t.id = r.type_id AND t.code = 'hygiene'
                     JOIN prm_patient_identifier i
                       ON i.patient_id = p.id AND i.system = %(system)s
                    WHERE l.import_id = %(run)s
                      AND l.outcome IN ('new', 'updated', 'unchanged')
                      AND p.active AND p.status = 'active' AND r.disabled IS NOT TRUE
                      AND r.due_date <= %(as_of)s
                      AND (r.appointment_at IS NULL OR r.appointment_at < %(as_of)s)
                 ORDER BY p.id, i.id""",
                system=run._system(),
                run=run.id,
                as_of=run.as_of,
            )
        )
        report["hygiene_due"] = [
            {"patient": number, "last": last and str(last), "due": str(due)}
            for number, last, due in sorted(rows, key=lambda row: (row[2], row[0]))
        ]
