"""``odoo prm_import``: bring a practice's lists into a database, for migrations."""

import datetime
import json
import optparse
import sys
from pathlib import Path

import odoo.tools.config
from odoo import SUPERUSER_ID, api
from odoo.cli import Command
from odoo.modules.registry import Registry

#: The file, the database or the arguments are wrong; the sentence on stderr says how.
EXIT_PROBLEM = 1

#: Kinds of list that have a layout of their own, with what they are called.
_MORE = {"recalls": "recalls with due dates", "histories": "health histories"}
#: In the order in which they are loaded: each may speak of what the ones before it brought.
_KINDS = ("patients", "procedures", *_MORE)


class Prm_Import(Command):  # noqa: N801 - Odoo asks for the name of the file
    """Import lists of patients and procedures from the command line.

    All or nothing: both lists are read, judged and loaded in one transaction. With --dry-run
    everything is done as usual, the report is written, and the database is left as it was.
    """

    name = "prm_import"

    def run(self, args):
        if not any(arg.startswith(("--log-level", "--log-handler")) for arg in args):
            # What matters here is said by the report and by sentences.
            args = ["--log-level=error", *args]
        options = self._parse(args)
        database = odoo.tools.config["db_name"]
        if len(database or ()) != 1:
            self._fail("Name one database: -d DATABASE.")
        try:
            self._import(database[0], options)
        except KeyboardInterrupt:
            self._fail("Interrupted. Nothing has been imported.")

    def _parse(self, args):
        """Return the options of this command; Odoo's own (-d, -c …) go into its configuration."""
        parser = odoo.tools.config.parser
        parser.prog = self.prog
        group = optparse.OptionGroup(parser, "Import", self.__doc__)
        group.add_option("--layout", help="opendental, gestionale, or the name of saved columns")
        group.add_option("--country", help="country of phone numbers, two letters such as US")
        group.add_option("--patients", metavar="FILE", help="list of patients (CSV or .xlsx)")
        group.add_option("--procedures", metavar="FILE", help="list of procedures (CSV or .xlsx)")
        for kind, label in _MORE.items():
            group.add_option(f"--{kind}", metavar="FILE", help=f"list of {label} (CSV or .xlsx)")
        group.add_option("--as-of", metavar="DATE", help="day of the lists, YYYY-MM-DD (today)")
        group.add_option("--dry-run", action="store_true", help="change nothing")
        group.add_option("--report", metavar="OUT.json", help="where the report is written")
        parser.add_option_group(group)
        options = odoo.tools.config.parse_config(args, setup_logging=True)
        if not options.layout or not options.report:
            self._fail("Give --layout and --report; --help says what they are.")
        lists = [getattr(options, kind) for kind in _KINDS if getattr(options, kind)]
        if not lists:
            self._fail("Give a list: --patients FILE, --procedures FILE, or others, see --help.")
        for path in lists:
            if not Path(path).is_file():
                self._fail(f"There is no file {path}.")
        if not Path(options.report).resolve().parent.is_dir():
            self._fail(f"There is no folder for the report {options.report}.")
        try:
            options.as_of = options.as_of and datetime.date.fromisoformat(options.as_of)
        except ValueError:
            self._fail(f"--as-of {options.as_of} is no date. Write it as YYYY-MM-DD.")
        return options

    def _import(self, database, options):
        # Only an add-on's code that is loaded as such can be imported.
        from odoo.addons.prm_core.importing.problems import ImportProblem

        registry = self._registry(database)
        with registry.cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            if "prm.import" not in env:
                self._fail(f"PRM is not installed in the database {database}.")
            for kind in _KINDS[1:]:
                if getattr(options, kind) and kind not in env["prm.import"]._kinds():
                    self._fail(f"Lists of {kind} need the add-on prm_dental. Install it first.")
            try:
                report, sums = self._load(env, options)
            except ImportProblem as problem:
                cr.rollback()
                self._fail(f"{problem} Nothing has been imported.")
            text = json.dumps(report, ensure_ascii=False, indent=1) + "\n"
            Path(options.report).write_text(text, encoding="utf-8")
            if options.dry_run:
                cr.rollback()
        for line in sums:
            print(line)  # noqa: T201 # pylint: disable=print-used
        if options.dry_run:
            print("Dry run: nothing has been changed.")  # noqa: T201 # pylint: disable=print-used

    @staticmethod
    def _load(env, options):
        """Return (report, one line about each list)."""
        imports = env["prm.import"]
        layouts = {layout.code: layout for layout in imports._all_layouts()}
        country = options.country
        if not country and options.layout in layouts:
            country = layouts[options.layout].country
        country = (country or env.company.country_id.code or "").upper()
        as_of = options.as_of or datetime.date.today()
        report = {"as_of": as_of.isoformat(), "country": country}
        sums, runs = [], []
        for kind in _KINDS:
            if path := getattr(options, kind):
                # Kinds of list that no other software writes have one layout, named as they are.
                layout = kind if kind in _MORE and options.layout in layouts else options.layout
                run, found = imports._import_file(Path(path), kind, layout, country, as_of)
                report[kind] = found.as_dict()
                sums.append(f"{run.name}: {run.sum_text}")
                runs.append(run)
        for run in runs:
            run._kind()._add_to_report(run, report)
        return report, sums

    def _registry(self, database):
        try:
            return Registry(database)
        except Exception as error:
            self._fail(f"The database {database} can't be opened: {str(error).strip()}")

    @staticmethod
    def _fail(sentence):
        sys.stderr.write(f"{sentence}\n")
        raise SystemExit(EXIT_PROBLEM)
