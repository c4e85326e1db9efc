from odoo import models
from odoo.addons.prm_core.importing.reasons import REASONS as CORE_REASONS
from odoo.tools import SQL

from ...importing import people
from ...importing.procedures import ProcedureReport

CORE_REASONS.update(people.REASONS)


class PrmImportKindOfPeople(models.AbstractModel):
    """What lists have in common whose rows say something about patients who are here already."""

    _name = "prm.import.kind.of_people"
    _inherit = "prm.import.kind"
    _description = "Import about Patients"

    def _report(self, run, layout):
        return ProcedureReport()

    def _row_name(self, record):
        return " · ".join(filter(None, (people.words(record), record.get("kind"))))

    def _people(self, run, records):
        """Which patient each row means, in two queries at most.

        A number counts before a name; one of the list's own source before those of others.

        :return: {row number: patient id, None or `people.SEVERAL`}
        """
        by_number = self._people_by_number(run, records)
        by_name = self._people_by_name(run, records)
        found = {}
        for record in records:
            if record.get("patient"):
                ids = by_number.get(record.values["patient"], ())
            else:
                ids = by_name.get(_name_key(record.values), ())
            several = people.SEVERAL if ids else None
            found[record.number] = next(iter(ids)) if len(ids) == 1 else several
        return found

    def _people_by_number(self, run, records):
        """``{number: {patient id}}``"""
        numbers = list({record.get("patient") for record in records if record.get("patient")})
        if not numbers:
            return {}
        rows = self.env.execute_query(
            SQL(
                """SELECT value, patient_id, system = %s FROM prm_patient_identifier
                    WHERE company_id = %s AND value = ANY(%s)""",
                run._system(),
                run.company_id.id,
                numbers,
            )
        )
        own, other = {}, {}
        for value, patient_id, of_source in rows:
            (own if of_source else other).setdefault(value, set()).add(patient_id)
        return other | own

    def _people_by_name(self, run, records):
        """``{key of name and birth date: {patient id}}``"""
        dates = {
            record.get("birth_date")
            for record in records
            if record.get("birth_date") and not record.get("patient")
        }
        if not dates:
            return {}
        rows = self.env.execute_query_dict(
            SQL(
                """SELECT id, last_name, first_name, birth_date FROM prm_patient
                    WHERE company_id = %s AND birth_date = ANY(%s)""",
                run.company_id.id,
                list(dates),
            )
        )
        found = {}
        for row in rows:
            found.setdefault(_name_key(row), set()).add(row["id"])
        return found


def _name_key(values):
    names = (values.get(name) for name in ("last_name", "first_name", "birth_date"))
    return people.name_key(*names)
