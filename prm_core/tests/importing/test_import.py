"""The way of a list through the form, by a receptionist."""

import base64
import io
from unittest.mock import patch

from odoo.addons.prm_core.importing.readers import open_table
from odoo.addons.prm_core.models.importing import prm_import_run
from odoo.exceptions import AccessError, UserError
from odoo.tools import mute_logger
from openpyxl import Workbook

from . import samples
from .common import DATA, HEADING, ImportCase


class TestKnownLists(ImportCase):
    def _check_list(self, csv_name, json_name, system):
        expected = self.expected(json_name)["patients"]
        run = self.run_import((DATA / csv_name).read_bytes(), filename=csv_name)
        self.assertEqual(run.country_id.code, self.expected(json_name)["country"])
        self.assertEqual(run.read_count, expected["read"])
        self.assertEqual(run.new_count, expected["accepted"])
        lines = run.line_ids
        self.assertEqual(
            [
                {"row": line.row, "reason": line.reason}
                for line in lines
                if line.outcome == "rejected"
            ],
            expected["rejected"],
        )
        self.assertEqual(
            [
                {"row": line.row, "reason": line.reason, "of": line.of}
                for line in lines
                if line.outcome == "duplicate"
            ],
            expected["duplicates"],
        )
        identifiers = self.env["prm.patient.identifier"].search(
            [("system", "=", system), ("company_id", "=", self.practice.id)]
        )
        for name in ("mobile", "email"):
            found = {i.value: i.patient_id[name] for i in identifiers if i.patient_id[name]}
            self.assertEqual(found, expected[name], name)
        return run, expected

    def test_opendental(self):
        run, expected = self._check_list(
            "opendental_patients.csv", "opendental_expected.json", "opendental"
        )
        self.assertEqual(len(run.duplicate_ids), len(expected["duplicates"]))
        bad = [entry for entry in expected["warnings"] if entry["warnings"] == ["bad_phone"]]
        line = run.line_ids.filtered(lambda line: line.row == bad[0]["row"])
        self.assertIn("WirelessPhone: n/a", line._patient().import_note)
        self.assertIn("no valid phone number", line.message)

    def test_gestionale(self):
        _run, expected = self._check_list(
            "gestionale_pazienti.csv", "gestionale_expected.json", "gestionale"
        )
        marketing = self.env.ref("prm_core.prm_purpose_marketing")
        counts = dict(
            self.env["prm.consent"]._read_group(
                [("purpose_id", "=", marketing.id), ("company_id", "=", self.practice.id)],
                ["state"],
                ["__count"],
            )
        )
        self.assertEqual(counts["granted"], expected["marketing"]["granted"])
        self.assertEqual(counts["refused"], expected["marketing"]["refused"])

    def test_twice_changes_nothing(self):
        data = (DATA / "opendental_patients.csv").read_bytes()
        self.run_import(data)
        before = self._snapshot()
        again = self.run_import(data)
        self.assertEqual((again.new_count, again.updated_count, again.unchanged_count), (0, 0, 430))
        self.assertEqual(again.duplicate_count, 21)
        self.assertFalse(again.duplicate_ids)
        self.assertEqual(self._snapshot(), before)

    def _snapshot(self):
        """Everything that an import could touch, with the transactions that wrote it last."""
        self.env.flush_all()
        found = {}
        for table in ("prm_patient", "res_partner", "prm_patient_identifier", "prm_consent",
                      "prm_event", "prm_household", "prm_import_duplicate"):  # fmt: skip
            self.env.cr.execute(
                f"SELECT count(*), md5(string_agg(t::text, '' ORDER BY t.id)) FROM {table} t"
            )
            found[table] = self.env.cr.fetchone()
        return found

    def test_random_lists(self):
        for seed in (1, 2, 3):
            data, rows = samples.opendental(seed, size=80)
            expected = samples.expected(
                rows, samples.OPENDENTAL_COLUMNS, "US", "%Y-%m-%d", unknown=("0001-01-01",)
            )
            run = self.new_import(data, system=f"seed{seed}")
            run.action_read()
            run.system = f"seed{seed}"
            run.action_check()
            rejected = [
                {"row": line.row, "reason": line.reason}
                for line in run.line_ids
                if line.outcome == "rejected"
            ]
            self.assertEqual(rejected, expected["rejected"])


class TestSteps(ImportCase):
    def test_own_list_with_saved_columns(self):
        text = "Surname,Given name,DOB,Cell,Card\nVerdi,Ada,25/12/1980,2025550101,77\n"
        run = self.new_import(text, layout_code="own", system="Front desk")
        run.action_read()
        self.assertEqual(run.layout_code, "own")
        targets = {column.heading: column.target for column in run.column_ids}
        self.assertEqual(targets["Surname"], "last_name")
        self.assertFalse(targets["Card"])
        run.column_ids.filtered(lambda column: column.heading == "Card").target = "identifier"
        run.action_save_mapping()
        run.action_check()
        run.action_import()
        patient = self.patient("77", "Front desk")
        self.assertEqual(str(patient.birth_date), "1980-12-25")
        again = self.new_import(text.replace("2025550101", "2025550102"))
        again.action_read()
        self.assertEqual(again.mapping_id, run.mapping_id)
        again.action_check()
        self.assertEqual(again.updated_count, 1)

    def test_list_without_numbers(self):
        text = "Surname,Given name,Mail\nVerdi,Ada,a@example.org\nVerdi,Eva,a@example.org\n"
        run = self.run_import(text, layout_code="own", system="News")
        self.assertEqual((run.new_count, run.duplicate_count), (2, 0))
        again = self.run_import(text, layout_code="own", system="News")
        self.assertEqual(again.unchanged_count, 2)

    def test_form_says_at_once_what_the_file_is(self):
        run = self.imports.new({"filename": "x.csv", "country_id": self.env.ref("base.us").id})
        run.file = base64.b64encode((DATA / "gestionale_pazienti.csv").read_bytes())
        run._onchange_file()
        self.assertEqual((run.layout_code, run.country_id.code), ("gestionale", "IT"))
        self.assertIn("Windows-1252", run.file_summary)
        run.file = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(50))
        run._onchange_file()
        self.assertIn("picture", run.problem)

    def test_target_only_once(self):
        run = self.new_import(f"{HEADING}\n1,Verdi,Ada,0,,,,,\n")
        run.action_read()
        with self.assertRaisesRegex(UserError, "Two columns"):
            run.column_ids[0].target = "last_name"
            run.column_ids.flush_recordset()

    def test_check_writes_no_patient(self):
        before = self.env["prm.patient"].search_count([])
        run = self.new_import(f"{HEADING}\n1,Verdi,Ada,0,,,,,\n")
        run.action_read()
        run.action_check()
        self.assertEqual(run.new_count, 1)
        self.assertEqual(self.env["prm.patient"].search_count([]), before)
        run.action_back()
        self.assertEqual(run.state, "columns")

    def test_rejected_rows_as_a_file(self):
        run = self.rows("1,,,0,,,,,", '2,"=HYPERLINK(1)",Ada,0,1990-02-30,,,,', "3,Bo,Al,0,,,,,")
        self.assertEqual(run.rejected_count, 2)
        action = run.action_download_rejected()
        self.assertIn("rejected.csv", action["url"])
        data = base64.b64decode(run.rejected_file)
        table = open_table(io.BytesIO(data))
        self.assertEqual(table.headings[:3], ("Row", "Reason", "PatNum"))
        rows = [row.cells for row in table.rows()]
        self.assertEqual([row[0] for row in rows], ["2", "3"])
        self.assertIn("1990-02-30", rows[1][1])
        self.assertEqual(rows[1][3], "'=HYPERLINK(1)")
        # Corrected, the file is imported as it is.
        text = data.decode("utf-8-sig").replace("1990-02-30", "1990-02-28")
        again = self.run_import(text)
        self.assertEqual((again.layout_code, again.new_count), ("opendental", 1))
        self.assertEqual(self.patient("2").last_name, "=HYPERLINK(1)")

    def test_excel(self):
        book = Workbook()
        for row in (("PatNum", "LName", "FName"), (1, "Verdi", "Ada"), (2, None, None)):
            book.active.append(row)
        out = io.BytesIO()
        book.save(out)
        run = self.run_import(out.getvalue(), filename="list.xlsx")
        self.assertEqual((run.new_count, run.rejected_count), (1, 1))
        self.assertIn("rejected.xlsx", run.action_download_rejected()["url"])


class TestBadFiles(ImportCase):
    def _refused(self, data, pattern, filename="list.csv"):
        before = self.env["prm.patient"].search_count([])
        run = self.new_import(data, filename=filename)
        with self.assertRaisesRegex(UserError, pattern):
            run.action_read()
            run.action_check()
        self.assertEqual(self.env["prm.patient"].search_count([]), before)

    def test_bad_files(self):
        row = "1,Verdi,Ada,0,,,,,\n"
        self._refused(b" ", "empty")
        self._refused(bytes(range(256)) * 20, "not a table")
        self._refused("name\nAda\n", "one column")
        self._refused(f"{HEADING}\n", "nothing below")
        self._refused(f"{HEADING}\n{row}".encode() + b"2,Verd\x81,x,0,,,,,\n", "Row 3")
        self._refused(f"{HEADING}\n{row}2," + "x" * 300_000, "Row 3 is longer")
        self._refused(f'{HEADING}\n{row}2,"x,x,0,,,,,\n', "Row 3 opens a quotation mark")
        self._refused("PatNum,FName,PatStatus,Birthdate,WkPhone,Email,City,Zip,State,HmPhone\n1,,,,,,,,,\n",
                      "Choose the column|missing in row 1")  # fmt: skip

    def test_bad_row_far_down_imports_nothing(self):
        rows = "".join(f"{n},Verdi,A{n},0,,,,,\n" for n in range(1, 2500))
        data = f"{HEADING}\n{rows}".encode() + b"9999,Verd\xe9,\xc3\xa9\xc3\xa9,0,,,,,\n"
        self._refused(data, "Row 2501")

    def test_formula(self):
        book = Workbook()
        for row in (("PatNum", "LName", "FName"), (1, "Verdi", "Ada"), (2, "=1+1", "Eva")):
            book.active.append(row)
        out = io.BytesIO()
        book.save(out)
        self._refused(out.getvalue(), "Row 3, column “LName”.*formula", "list.xlsx")


class TestEngine(ImportCase):
    def _list(self, size):
        return f"{HEADING}\n" + "".join(
            f"{n},Verdi,Ada{n},0,1980-01-01,(202) 555-{n:04d},a{n}@example.org,2,{n // 2}\n"
            for n in range(1, size + 1)
        )

    def test_goes_on_where_it_died(self):
        with patch.object(prm_import_run, "BATCH_ROWS", 50):
            run = self.new_import(self._list(180))
            run.action_read()
            run.action_check()
            owner = run.sudo()
            batches = owner._load_batches()
            next(batches)
            next(batches)
            batches.close()
            self.assertEqual(self.env["prm.patient.identifier"].search_count(
                [("company_id", "=", self.practice.id)]), 100)  # fmt: skip
            run.action_import()
        self.assertEqual((run.state, run.new_count, run.progress), ("done", 180, 100))
        self.assertEqual(self.env["prm.patient.identifier"].search_count(
            [("company_id", "=", self.practice.id)]), 180)  # fmt: skip

    def test_in_the_background(self):
        with (
            patch.object(prm_import_run, "AT_ONCE_ROWS", 10),
            patch.object(prm_import_run, "BATCH_ROWS", 50),
            patch.object(type(self.env["ir.cron"]), "_commit_progress", return_value=60.0) as done,
        ):
            run = self.new_import(self._list(120))
            run.action_read()
            run.action_check()
            run.action_import()
            self.assertEqual(run.state, "running")
            self.env["prm.import"].sudo()._cron_import()
        self.assertEqual((run.state, run.new_count), ("done", 120))
        self.assertEqual([call.args[0] for call in done.call_args_list], [50, 50, 20, 1])
        self.assertEqual(self.patient("1").create_uid, self.receptionist)

    def test_a_batch_that_fails_can_be_continued(self):
        run = self.new_import(self._list(20))
        run.action_read()
        run.action_check()
        kind = type(self.env["prm.import.kind.patients"])
        with (
            patch.object(prm_import_run, "AT_ONCE_ROWS", 0),
            patch.object(type(self.env["ir.cron"]), "_commit_progress", return_value=60.0),
            patch.object(self.env.cr, "rollback"),
        ):
            run.action_import()
            with (
                patch.object(kind, "_load", side_effect=ValueError("no space left")),
                mute_logger("odoo.addons.prm_core.models.importing.prm_import_run"),
            ):
                self.env["prm.import"].sudo()._cron_import()
            self.assertEqual((run.state, run.loaded_count), ("stopped", 0))
            self.assertIn("no space left", run.problem)
            run.action_import()
            self.env["prm.import"].sudo()._cron_import()
        self.assertEqual((run.state, run.new_count, run.problem), ("done", 20, False))

    def test_somebody_was_faster(self):
        run = self.new_import(self._list(3))
        run.action_read()
        run.action_check()
        self.rows("2,Verdi,Ada2,0,1980-01-01,(202) 555-0002,a2@example.org,2,1")
        run.action_import()
        self.assertEqual((run.new_count, run.unchanged_count), (2, 1))

    def test_queries_do_not_grow_with_rows(self):
        def queries(size):
            run = self.new_import(self._list(size), system=f"size{size}")
            run.action_read()
            run.system = f"size{size}"
            self.env.flush_all()
            start = self.env.cr.sql_log_count
            run.action_check()
            run.action_import()
            self.env.flush_all()
            return self.env.cr.sql_log_count - start

        queries(5)
        small, large = queries(20), queries(320)
        # Inserts are cut into statements of 100 rows; nothing else may grow.
        self.assertLess(large - small, 80, (small, large))

    def test_households(self):
        run = self.rows("1,Verdi,Ada,0,,,,,1", "2,Verdi,Eva,0,,,,,1", "3,Bruno,Leo,0,,,,,3")
        household = self.patient("1").household_id
        self.assertEqual((household.name, household.member_count), ("Verdi", 2))
        self.assertFalse(self.patient("3").household_id)
        self.rows("4,Verdi,Ugo,0,,,,,1")
        self.assertFalse(self.patient("4").household_id, "one row alone is no family")
        self.rows("1,Verdi,Ada,0,,,,,1", "4,Verdi,Ugo,0,,,,,1")
        self.assertEqual(self.patient("4").household_id, household)
        self.assertTrue(run)


class TestAccess(ImportCase):
    def test_who_may_import(self):
        vals = {"file": base64.b64encode(b"a"), "filename": "x.csv"}
        for user in (self.receptionist, self.manager):
            self.env["prm.import"].with_user(user).create(vals)
        for user in (self.clinician, self.outsider, self.portal):
            with self.assertRaises(AccessError):
                self.env["prm.import"].with_user(user).create(vals)

    def test_own_practice_only(self):
        run = self.rows("1,Verdi,Ada,0,,,,,", "1,Verdi,Eva,0,,,,,")
        foreign = self.env["prm.import"].with_user(self.stranger)
        with self.assertRaises(AccessError):
            foreign.browse(run.id).read(["name"])
        for model, records in (
            ("prm.import.line", run.line_ids),
            ("prm.import.duplicate", run.duplicate_ids),
        ):
            self.assertTrue(records)
            with self.assertRaises(AccessError):
                self.env[model].with_user(self.stranger).browse(records.ids).read(["row"])

    def test_what_was_checked_is_what_is_imported(self):
        run = self.new_import(f"{HEADING}\n1,Verdi,Ada,0,,,,,\n")
        run.action_read()
        run.action_check()
        other = base64.b64encode(f"{HEADING}\n1,Bruno,Leo,4,,,,,\n".encode())
        for change in ({"file": other}, {"country_id": self.env.ref("base.it").id}):
            with self.assertRaisesRegex(UserError, "checked already"):
                run.write(change)
        with self.assertRaisesRegex(UserError, "checked already"):
            run.column_ids[0].target = False
        run.action_back()
        run.country_id = self.env.ref("base.it")

    def test_engine_is_not_for_remote_calls(self):
        run = self.rows("1,Verdi,Ada,0,,,,,")
        with self.assertRaises(AccessError):
            run.line_ids.with_user(self.receptionist).write({"outcome": "new"})
        with self.assertRaises(AccessError):
            run.with_user(self.clinician).action_check()
