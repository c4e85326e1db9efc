"""Lists with treatment history: known answers, hygiene due, the command's work."""

import datetime

from odoo.addons.prm_core.importing.problems import ImportProblem
from odoo.addons.prm_core.tests.importing.common import DATA, ImportCase

HEAD = "Codice;Cognome;Nome;Data di nascita;Cellulare;Consenso marketing;Ultima igiene;Stato"
AS_OF = datetime.date(2026, 11, 22)


class TestImportDental(ImportCase):
    maxDiff = None

    def _migrate(self, layout, country, patients, procedures=None):
        """Do what the command does; return the report."""
        imports = self.env["prm.import"].sudo()
        report = {"as_of": AS_OF.isoformat(), "country": country}
        runs = []
        for kind, name in (("patients", patients), ("procedures", procedures)):
            if name:
                run, found = imports._import_file(DATA / name, kind, layout, country, AS_OF)
                report[kind] = found.as_dict()
                runs.append(run)
        for run in runs:
            run._kind()._add_to_report(run, report)
        return report

    def test_opendental(self):
        lists = ("opendental", "US", "opendental_patients.csv", "opendental_procedures.csv")
        expected = self.expected("opendental_expected.json")
        self.assertEqual(self._migrate(*lists), expected)
        # The same lists again: the same answer, and nothing is written.
        self.env.flush_all()
        before = self._marks()
        self.assertEqual(self._migrate(*lists), expected)
        self.env.flush_all()
        self.assertEqual(self._marks(), before)

    def _marks(self):
        found = {}
        for table in ("prm_patient", "prm_procedure", "prm_recall", "prm_event", "prm_consent"):
            self.env.cr.execute(
                f"SELECT count(*), md5(string_agg(t::text, '' ORDER BY t.id)) FROM {table} t"
            )
            found[table] = self.env.cr.fetchone()
        return found

    def test_gestionale(self):
        report = self._migrate("gestionale", "IT", "gestionale_pazienti.csv")
        self.assertEqual(report, self.expected("gestionale_expected.json"))
        again = self._migrate("gestionale", "IT", "gestionale_pazienti.csv")
        self.assertEqual(again, report)

    def test_through_the_form(self):
        self.run_import((DATA / "opendental_patients.csv").read_bytes())
        run = self.run_import((DATA / "opendental_procedures.csv").read_bytes())
        expected = self.expected("opendental_expected.json")["procedures"]
        self.assertEqual((run.kind, run.new_count), ("procedures", expected["accepted"]))
        rejected = run.line_ids.filtered(lambda line: line.outcome == "rejected")
        self.assertEqual(
            [{"row": line.row, "reason": line.reason} for line in rejected], expected["rejected"]
        )
        self.assertIn("No patient has the number", rejected[2].message)
        again = self.run_import((DATA / "opendental_procedures.csv").read_bytes())
        self.assertEqual((again.new_count, again.unchanged_count), (0, expected["accepted"]))

    def test_corrected_procedure(self):
        self.rows("1,Verdi,Ada,0,,,,,")
        heading = "ProcNum,PatNum,ProcDate,ProcCode,ToothNum,Surf,ProcStatus,ProvNum,ProcFee"
        self.run_import(f"{heading}\n5,1,2026-01-02,NEWCODE,3,MO,1,2,85.00\n")
        procedure = self.patient("1").procedure_ids
        self.assertEqual((procedure.type_id.code, procedure.tooth), ("NEWCODE", "16"))
        self.assertEqual(procedure.type_id.company_id, self.practice)
        run = self.run_import(f"{heading}\n5,1,2026-01-02,NEWCODE,3,MO,2,2,90.00\n")
        self.assertEqual((procedure.state, procedure.fee), ("completed", 90.0))
        self.assertEqual(run.updated_count, 1)
        self.assertIn("85", run.line_ids.message)

    def test_next_hygiene_visit(self):
        self.run_import(f"{HEAD}\nP1;Verdi;Ada;;;;19/03/2026;Attivo\n")
        run = self.run_import(f"{HEAD}\nP1;Verdi;Ada;;;;20/09/2026;Attivo\n")
        self.assertEqual(run.updated_count, 1)
        patient = self.patient("P1", "gestionale")
        dates = patient.procedure_ids.mapped("date")
        self.assertEqual([str(date) for date in sorted(dates)], ["2026-03-19", "2026-09-20"])
        # A visit that staff struck out does not come back.
        patient.procedure_ids.filtered(lambda p: p.date.month == 9).state = "deleted"
        run = self.run_import(f"{HEAD}\nP1;Verdi;Ada;;;;20/09/2026;Attivo\n")
        self.assertEqual((run.unchanged_count, len(patient.procedure_ids)), (1, 2))
        run = self.run_import(f"{HEAD}\nP2;Verdi;Eva;;;;20/09/2027;Attivo\n")
        self.assertFalse(self.patient("P2", "gestionale").procedure_ids)
        self.assertIn("Ultima igiene", self.patient("P2", "gestionale").import_note)
        self.assertIn("no valid date", run.line_ids.message)

    def test_end_of_month(self):
        run = self.run_import(f"{HEAD}\nP1;Verdi;Ada;;;;31/08/2025;Attivo\n")
        report = {}
        run.sudo()._kind()._add_to_report(run.sudo(), report)
        self.assertEqual(
            report["hygiene_due"], [{"patient": "P1", "last": "2025-08-31", "due": "2026-02-28"}]
        )

    def test_nothing_half_imported(self):
        imports = self.env["prm.import"].sudo()
        before = self.env["prm.patient"].search_count([])
        with self.assertRaises(ImportProblem) as caught:
            imports._import_file(
                DATA / "gestionale_pazienti.csv", "patients", "opendental", "US", AS_OF
            )
        self.assertEqual(caught.exception.code, "missing_column")
        self.assertEqual(self.env["prm.patient"].search_count([]), before)
