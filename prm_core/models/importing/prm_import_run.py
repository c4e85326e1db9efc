import logging
from datetime import timedelta
from itertools import islice

from odoo import api, fields, models

from ...importing.problems import ImportProblem
from ...importing.readers import require_rows
from ...importing.reasons import WARNINGS
from ...importing.report import check_sum
from ...importing.rules import ACCEPTED, DUPLICATE, Outcome
from ...importing.writer import write_csv, write_xlsx

_logger = logging.getLogger(__name__)

BATCH_ROWS = 1000
#: Up to this many rows the person waits for the result; it takes some seconds.
AT_ONCE_ROWS = 3000
#: Rows and files of finished imports hold patients' data and are needed for corrections only.
KEEP_DAYS = 90

OUTCOMES = ("new", "updated", "unchanged", "duplicate", "rejected")
_LINE_COLUMNS = (
    "import_id", "row", "name", "outcome", "reason", "of", "value", "changes", "warnings",
    "household", "res_id", "loaded",
)  # fmt: skip
_INSERT_LINES = "INSERT INTO prm_import_line ({}) VALUES %s".format(
    ", ".join(f'"{name}"' for name in _LINE_COLUMNS)
)


class PrmImport(models.Model):
    """The engine: two passes over the file, in batches, with flat memory.

    The first pass judges every row and stores the verdicts (``prm.import.line``). The second
    loads what was accepted. Each batch of it is complete in itself and marks its rows as loaded
    in the same transaction, so that an import that died goes on where it stopped.
    """

    _inherit = "prm.import"

    # -- first pass

    def _check(self, report=None, file=None):
        """Judge the whole file and store what would become of each row. Writes no patient.

        :param report: collector of the kind's ``_report``, or None
        :param file: the file, binary and seekable, where it isn't stored yet
        :raise ImportProblem: the file as a whole can't be imported
        """
        self.ensure_one()
        self.env.cr.execute("DELETE FROM prm_import_line WHERE import_id = %s", [self.id])
        self.line_ids.invalidate_model()
        kind, layout = self._kind(), self._layout()
        rules = kind._rules(self, layout)
        counts = dict.fromkeys(OUTCOMES, 0)
        read = warned = 0
        with file or self._open() as source:
            table = self._open_table(source)
            require_rows(table)
            mapper = self._mapper(table, layout)
            for records in _batches(map(mapper.read, table.rows())):
                entries = self._judge(kind, rules, records, report)
                read += len(records)
                for values in entries:
                    counts[values["outcome"]] += 1
                    warned += bool(values["warnings"])
                self._store_lines(entries)
                self._forget()
        check_sum(read, **counts)
        self.write(
            {
                "read_count": read,
                "warning_count": warned,
                "loaded_count": 0,
                **{f"{outcome}_count": count for outcome, count in counts.items()},
            }
        )

    def _judge(self, kind, rules, records, report):
        """Return line values for a batch: the rules' verdicts, then the database's."""
        kind._look_up(self, rules, records)
        verdicts = [(record, rules.judge(record)) for record in records]
        accepted = [record for record, verdict in verdicts if verdict.kind == ACCEPTED]
        plans = {plan.record.number: plan for plan in kind._plan(self, accepted, look_only=True)}
        entries = []
        for record, verdict in verdicts:
            plan = plans.get(record.number)
            if plan and plan.outcome == "duplicate":
                verdict = Outcome(DUPLICATE, "matches_patient", plan.of)
            if report is not None:
                report.add(record, verdict)
            entries.append(self._line_values(kind, record, verdict, plan))
        return entries

    def _line_values(self, kind, record, verdict, plan):
        accepted = verdict.kind == ACCEPTED
        return {
            "import_id": self.id,
            "row": record.number,
            "name": kind._row_name(record)[:200],
            "outcome": plan.outcome if accepted else verdict.kind,
            "reason": verdict.reason,
            "of": verdict.of,
            "value": verdict.value[:200] or None,
            "changes": "\n".join(plan.changes) if accepted and plan.changes else None,
            "warnings": _warnings(record) if accepted else None,
            "household": record.get("household") if accepted else None,
            "res_id": (plan and plan.res_id) or None,
            "loaded": False,
        }

    def _store_lines(self, entries):
        self.env.cr.execute_values(
            _INSERT_LINES,
            [tuple(values[name] for name in _LINE_COLUMNS) for values in entries],
            page_size=BATCH_ROWS,
        )

    def _forget(self):
        """Write what is pending and empty the cache: memory stays flat over any number of rows."""
        self.env.flush_all()
        self.env.invalidate_all()

    # -- second pass

    def _start(self):
        """Begin or continue loading: here and now for a small file, else by the cron job."""
        if self.read_count <= AT_ONCE_ROWS:
            self._load_all()
        else:
            self.env.ref("prm_core.prm_import_cron")._trigger()

    @api.model
    def _cron_import(self):
        """Load what waits, a batch a transaction, with the rights and company of its owner."""
        for run in self.search([("state", "=", "running")], order="id"):
            owner = run.with_user(run.create_uid).with_company(run.company_id).sudo()
            todo = owner._rows_to_load()
            try:
                for done in owner._load_batches():
                    todo -= done
                    owner.loaded_count += done
                    if not self.env["ir.cron"]._commit_progress(done, remaining=max(todo, 1)):
                        return
                owner._end()
            except Exception as error:
                # One list that can't be loaded must not keep others waiting for ever.
                self.env.cr.rollback()
                owner._stop(error)
            self.env["ir.cron"]._commit_progress(1)

    def _load_all(self):
        """Load everything in this transaction."""
        for done in self._load_batches():
            self.loaded_count += done
        self._end()

    def _rows_to_load(self):
        return self.env["prm.import.line"].search_count(
            [("import_id", "=", self.id), ("loaded", "=", False)]
        )

    def _load_batches(self):
        """Load batch after batch; yield the number of rows that each finished.

        Rows that another batch, perhaps in an earlier attempt, finished are passed over.
        """
        kind, layout = self._kind(), self._layout()
        with self._open() as file:
            table = self._open_table(file)
            mapper = self._mapper(table, layout)
            for rows in _batches(table.rows()):
                wanted = self._lines_to_load(rows[0].number, rows[-1].number)
                if wanted:
                    self._load_batch(kind, mapper, rows, wanted)
                    self._forget()
                    yield len(wanted)

    def _lines_to_load(self, first, last):
        """Return {row: (outcome, reason, of)} of the rows that are not done yet."""
        self.env.cr.execute(
            """SELECT row, outcome, reason, "of" FROM prm_import_line
                WHERE import_id = %s AND row BETWEEN %s AND %s AND NOT loaded""",
            [self.id, first, last],
        )
        return {row: rest for row, *rest in self.env.cr.fetchall()}

    def _load_batch(self, kind, mapper, rows, wanted):
        """Load the accepted rows of a batch, offer its duplicates, mark its rows as done."""
        records = {row.number: mapper.read(row) for row in rows if row.number in wanted}
        rules = kind._rules(self, mapper.layout)
        accepted, duplicates = [], []
        for number, (outcome, reason, of) in wanted.items():
            record = records[number]
            if outcome in ("new", "updated", "unchanged") or reason == "matches_patient":
                rules.complete(record)
                accepted.append(record)
            elif outcome == "duplicate":
                rules.complete(record)
                duplicates.append((record, reason, of, None))
        # Somebody may have added or changed patients since the list was checked.
        plans = kind._plan(self, accepted)
        kind._load(self, [plan for plan in plans if plan.outcome in ("new", "updated")])
        duplicates += [
            (plan.record, "matches_patient", plan.of, plan.res_id)
            for plan in plans
            if plan.outcome == "duplicate"
        ]
        self.env["prm.import.duplicate"]._offer(self, duplicates)
        self._mark_loaded(plans, wanted)

    def _mark_loaded(self, plans, wanted):
        """Store the final outcome of each row; correct the figures where it differs."""
        for plan in plans:
            before = wanted[plan.record.number][0]
            if plan.outcome != before:
                self[f"{before}_count"] -= 1
                self[f"{plan.outcome}_count"] += 1
        by_row = {plan.record.number: plan for plan in plans}
        values = []
        for row, (outcome, reason, of) in wanted.items():
            plan = by_row.get(row)
            if plan:
                outcome, of = plan.outcome, plan.of or of
                reason = "matches_patient" if plan.outcome == "duplicate" else None
            values.append((row, outcome, reason, of, (plan and plan.res_id) or None))
        self.env.cr.execute_values(
            f"""UPDATE prm_import_line l
                   SET loaded = true, outcome = v.outcome, reason = v.reason, "of" = v.of,
                       res_id = coalesce(v.res_id::int, l.res_id)
                  FROM (VALUES %s) v (row, outcome, reason, of, res_id)
                 WHERE l.import_id = {int(self.id)} AND l.row = v.row""",
            values,
            page_size=BATCH_ROWS,
        )

    def _end(self):
        """Do what needs all rows, and close the run."""
        self._kind()._finish(self)
        self.flush_recordset()
        check_sum(self.read_count, **{name: self[f"{name}_count"] for name in OUTCOMES})
        self.write({"state": "done", "loaded_count": self.read_count})

    def _stop(self, error):
        """Keep a run that failed so that it can be continued; say why."""
        if isinstance(error, ImportProblem):
            message = self._sentence(error)
        else:
            _logger.error("Import %s stopped", self.id, exc_info=error)
            message = self.env._(
                "The import stopped after %(done)s rows; they stay. Press “Continue”. If it stops"
                " again, tell your administrator: %(error)s",
                done=self.loaded_count,
                error=error,
            )
        self.write({"state": "stopped", "problem": message})

    # -- without a screen

    @api.model
    @api.private
    def _import_file(self, path, kind, layout, country, as_of=None):
        """Check and load a file in the current transaction, for migrations.

        :param pathlib.Path path: the file
        :param kind: "patients", or a kind that another add-on adds
        :param layout: code of a preset, or name of saved columns
        :param country: two letters
        :return: (run, collector of the report)
        :raise ImportProblem: the file can't be imported; nothing has been written
        """
        company = self.env.company
        presets = self.env[f"prm.import.kind.{kind}"]._layouts()
        mapping = self.env["prm.import.mapping"]
        if layout not in [preset.code for preset in presets]:
            mapping = mapping.search([("company_id", "=", company.id), ("name", "=", layout)])
            if not mapping:
                raise ImportProblem("unknown_layout_name", layout=layout, kind=kind)
        country_record = self.env["res.country"].search([("code", "=", country)])
        if not country_record:
            raise ImportProblem("unknown_country", country=country)
        run = self.create(
            {
                "kind": kind,
                "filename": path.name,
                "layout_code": "own" if mapping else layout,
                "mapping_id": mapping.id,
                "system": mapping.layout["system"] if mapping else False,
                "country_id": country_record.id,
                "as_of": as_of or fields.Date.context_today(self),
            }
        )
        report = run._kind()._report(run, run._layout())
        # Judged from where it lies: what is no list is refused before it is read into memory.
        run._check(report=report, file=path.open("rb"))
        self.env["ir.attachment"].create(
            {
                "name": path.name,
                "res_model": self._name,
                "res_id": run.id,
                "res_field": "file",
                "raw": path.read_bytes(),
            }
        )
        run._load_all()
        return run, report

    # -- afterwards

    def _rejected_rows(self):
        """Return the file of rejected rows as bytes, in the format of the list."""
        lines = {
            line.row: line
            for line in self.env["prm.import.line"].search(
                [("import_id", "=", self.id), ("outcome", "=", "rejected")]
            )
        }
        with self._open() as file:
            table = self._open_table(file)
            rows = (
                (row.number, lines[row.number].message, row.cells)
                for row in table.rows()
                if row.number in lines
            )
            names = (self.env._("Row"), self.env._("Reason"))
            if table.kind == "xlsx":
                return write_xlsx(table.headings, rows, *names)
            return write_csv(table.headings, rows, *names, table.delimiter)

    @api.autovacuum
    def _gc_rows_and_files(self):
        """Delete rows and files of old imports; the figures stay."""
        limit = fields.Datetime.now() - timedelta(days=KEEP_DAYS)
        old = self.search([("create_date", "<", limit), ("file", "!=", False)], limit=100)
        self.env.cr.execute("DELETE FROM prm_import_line WHERE import_id = ANY(%s)", [old.ids])
        old.write({"file": False, "rejected_file": False})


def _batches(iterable):
    iterator = iter(iterable)
    while batch := list(islice(iterator, BATCH_ROWS)):
        yield batch


def _warnings(record):
    """Return "code:heading" of the values that were left out of their fields."""
    notes = [note for note in record.notes if note.code in WARNINGS]
    return ",".join(f"{note.code}:{note.heading}" for note in notes) or None
