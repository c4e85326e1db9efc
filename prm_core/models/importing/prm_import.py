import base64
import io
from dataclasses import replace
from itertools import islice

from odoo import api, fields, models
from odoo.exceptions import UserError

from ...importing.encodings import ENCODING_NAMES
from ...importing.layouts import Layout, recognise, suggest
from ...importing.mapper import Mapper
from ...importing.normalise import text
from ...importing.patients import USUAL_VALUES
from ...importing.problems import ImportProblem
from ...importing.readers import open_table, require_rows
from ...importing.table import CellError, Formula

#: What decides how a list is read.
SETTINGS = {
    "file", "kind", "layout_code", "mapping_id", "system", "country_id", "as_of", "date_order",
    "encoding", "company_id", "column_ids",
}  # fmt: skip
SAMPLE_ROWS = 50
SAMPLE_VALUES = 3
#: Rows of each outcome that the form shows; the rest is one click away.
SHOWN_LINES = 100


class PrmImport(models.Model):
    """One import of a list: the steps at the screen, and afterwards its figures.

    file → columns → check (a dry run over the whole file) → import → result. Nothing is written
    before the whole file has been read and judged.
    """

    _name = "prm.import"
    _description = "Import of a List"
    _order = "id desc"
    _check_company_auto = True

    name = fields.Char(compute="_compute_name", store=True)
    company_id = fields.Many2one(
        "res.company",
        string="Practice",
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )
    state = fields.Selection(
        [
            ("file", "File"),
            ("columns", "Columns"),
            ("checked", "Check"),
            ("running", "Import"),
            ("stopped", "Stopped"),
            ("done", "Result"),
        ],
        required=True,
        default="file",
        readonly=True,
    )
    kind = fields.Selection(
        [("patients", "Patients")], string="The list holds", required=True, default="patients"
    )
    file = fields.Binary(string="List", attachment=True, copy=False)
    filename = fields.Char()
    layout_code = fields.Selection(
        selection="_selection_layout", string="Layout", required=True, default="own"
    )
    mapping_id = fields.Many2one(
        "prm.import.mapping",
        string="Saved columns",
        domain="[('kind', '=', kind), ('company_id', '=', company_id)]",
        ondelete="set null",
    )
    system = fields.Char(
        string="Name of the source",
        help="The patients' numbers are kept under this name. Use the same name whenever a list"
        " comes from the same software.",
    )
    country_id = fields.Many2one(
        "res.country",
        required=True,
        default=lambda self: self.env.company.country_id or self.env.ref("base.us"),
        help="Phone numbers without a country prefix are read as numbers of this country.",
    )
    as_of = fields.Date(
        string="Date of the list",
        required=True,
        default=fields.Date.context_today,
        help="Birth dates after this day can't be right.",
    )
    date_order = fields.Selection(
        [("ymd", "Year, month, day"), ("dmy", "Day, month, year"), ("mdy", "Month, day, year")],
        string="Order of dates",
        help="Leave empty to have it found from the list.",
    )
    encoding = fields.Selection(
        [
            ("utf-8", "UTF-8"),
            ("utf-16", "UTF-16"),
            ("cp1252", "Windows-1252"),
            ("cp850", "DOS (850)"),
            ("mac_roman", "Mac Roman"),
        ],
        help="Leave empty to have it found from the file.",
    )
    file_summary = fields.Char(string="Read as", readonly=True)
    problem = fields.Text(readonly=True, copy=False)
    column_ids = fields.One2many("prm.import.column", "import_id", string="Columns")
    line_ids = fields.One2many("prm.import.line", "import_id", string="Rows")
    new_line_ids = fields.Many2many("prm.import.line", compute="_compute_shown_lines")
    updated_line_ids = fields.Many2many("prm.import.line", compute="_compute_shown_lines")
    unchanged_line_ids = fields.Many2many("prm.import.line", compute="_compute_shown_lines")
    duplicate_line_ids = fields.Many2many("prm.import.line", compute="_compute_shown_lines")
    rejected_line_ids = fields.Many2many("prm.import.line", compute="_compute_shown_lines")
    duplicate_ids = fields.One2many("prm.import.duplicate", "import_id", string="To decide")
    read_count = fields.Integer(string="Rows read", readonly=True, copy=False)
    new_count = fields.Integer(string="New", readonly=True, copy=False)
    updated_count = fields.Integer(string="Updated", readonly=True, copy=False)
    unchanged_count = fields.Integer(string="Unchanged", readonly=True, copy=False)
    duplicate_count = fields.Integer(string="Duplicates", readonly=True, copy=False)
    rejected_count = fields.Integer(string="Rejected", readonly=True, copy=False)
    warning_count = fields.Integer(string="With values left out", readonly=True, copy=False)
    loaded_count = fields.Integer(string="Rows done", readonly=True, copy=False)
    progress = fields.Float(compute="_compute_progress")
    sum_text = fields.Char(string="The sum", compute="_compute_sum_text")
    open_duplicate_count = fields.Integer(compute="_compute_open_duplicate_count")
    rejected_file = fields.Binary(attachment=True, readonly=True, copy=False)

    # -- computed

    @api.depends("filename")
    def _compute_name(self):
        for run in self:
            run.name = run.filename or self.env._("New import")

    @api.model
    def _selection_layout(self):
        layouts = [(layout.code, layout.name) for layout in self._all_layouts()]
        return [*dict(layouts).items(), ("own", self.env._("Another list"))]

    @api.depends("state", "read_count", "loaded_count")
    def _compute_shown_lines(self):
        lines = self.env["prm.import.line"]
        for run in self:
            for outcome in ("new", "updated", "unchanged", "duplicate", "rejected"):
                domain = [("import_id", "=", run._origin.id), ("outcome", "=", outcome)]
                found = lines.search(domain, limit=SHOWN_LINES) if run._origin.id else lines
                run[f"{outcome}_line_ids"] = found

    @api.depends("loaded_count", "read_count", "rejected_count", "duplicate_count", "state")
    def _compute_progress(self):
        for run in self:
            total = run.read_count
            run.progress = 100.0 * run.loaded_count / total if total else 0.0

    @api.depends(
        "read_count", "new_count", "updated_count", "unchanged_count", "duplicate_count",
        "rejected_count",
    )  # fmt: skip
    @api.depends_context("lang")
    def _compute_sum_text(self):
        for run in self:
            run.sum_text = self.env._(
                "%(read)s rows read = %(new)s new + %(updated)s updated + %(unchanged)s unchanged"
                " + %(duplicates)s duplicates + %(rejected)s rejected",
                read=run.read_count,
                new=run.new_count,
                updated=run.updated_count,
                unchanged=run.unchanged_count,
                duplicates=run.duplicate_count,
                rejected=run.rejected_count,
            )

    @api.depends("duplicate_ids.state")
    def _compute_open_duplicate_count(self):
        counts = dict(
            self.env["prm.import.duplicate"]._read_group(
                [("import_id", "in", self.ids), ("state", "=", "open")],
                ["import_id"],
                ["__count"],
            )
        )
        for run in self:
            run.open_duplicate_count = counts.get(run, 0)

    @api.onchange("file", "encoding")
    def _onchange_file(self):
        """Say at once what the file looks like, and choose the layout that fits."""
        self.problem = self.file_summary = False
        if not self.file:
            return
        try:
            table = self._open_table(io.BytesIO(base64.b64decode(self.file)))
        except ImportProblem as problem:
            self.problem = self._sentence(problem)
            return
        self._recognise(table)

    @api.onchange("mapping_id")
    def _onchange_mapping(self):
        if self.mapping_id:
            layout = self.mapping_id.to_layout()
            self.layout_code = "own"
            self.system = layout.system
            self.date_order = layout.date_order

    def write(self, vals):
        if SETTINGS.intersection(vals):
            self._check_open_for_settings()
        return super().write(vals)

    def _check_open_for_settings(self):
        """What was checked is what is imported: nothing may be exchanged in between."""
        if not self.env.su and any(run.state not in ("file", "columns") for run in self):
            raise UserError(
                self.env._("This list has been checked already. Go back before you change it.")
            )

    # -- the layout

    @api.model
    def _kinds(self):
        return [value for value, _label in self._fields["kind"].selection]

    @api.model
    def _all_layouts(self):
        """Return the preset layouts of all kinds."""
        return [
            layout
            for kind in self._kinds()
            for layout in self.env[f"prm.import.kind.{kind}"]._layouts()
        ]

    def _kind(self):
        self.ensure_one()
        return self.env[f"prm.import.kind.{self.kind}"]

    def _preset(self):
        """Return the preset layout that is chosen, or None."""
        layouts = [layout for layout in self._kind()._layouts() if layout.code == self.layout_code]
        return layouts[0] if layouts else None

    def _recognise(self, table):
        """Choose layout, kind, source and country by a table's headings."""
        saved = self.env["prm.import.mapping"].search([("company_id", "=", self.company_id.id)])
        own = {mapping.to_layout().code: mapping for mapping in saved}
        layouts = [*self._all_layouts(), *(mapping.to_layout() for mapping in saved)]
        layout = recognise(table.headings, layouts)
        self.mapping_id = False
        if layout and layout.code in own:
            self.layout_code, self.mapping_id = "own", own[layout.code]
        else:
            self.layout_code = layout.code if layout else "own"
        if layout:
            self.kind, self.system = layout.kind, layout.system
            if layout.country:
                self.country_id = self.env["res.country"].search(
                    [("code", "=", layout.country)], limit=1
                )
        self.file_summary = self._describe(table)

    def _describe(self, table):
        """Return a line that says as what the file is read."""
        if table.kind == "xlsx":
            return self.env._("Excel, sheet “%(sheet)s”", sheet=table.sheet)
        names = {
            ",": self.env._("comma"),
            ";": self.env._("semicolon"),
            "\t": self.env._("tab"),
            "|": self.env._("vertical bar"),
        }
        return self.env._(
            "CSV, %(encoding)s, columns separated by %(delimiter)s",
            encoding=ENCODING_NAMES.get(table.encoding, table.encoding.upper()),
            delimiter=names.get(table.delimiter, table.delimiter),
        )

    def _layout(self):
        """Return the ``Layout`` by which this file is read: the columns as chosen at the screen."""
        self.ensure_one()
        base = self._preset() or (self.mapping_id and self.mapping_id.to_layout())
        base = base or Layout(
            code="own", name="own", kind=self.kind, system="", columns=(), values=USUAL_VALUES
        )
        if self.column_ids:
            pairs = tuple((c.heading, c.target) for c in self.column_ids if c.target)
            base = replace(base, columns=pairs)
        order = self.date_order or base.date_order
        return replace(base, kind=self.kind, system=self._system(), date_order=order)

    def _system(self):
        """Return the name under which the source's numbers are kept."""
        preset = self._preset()
        return (self.system or "").strip() or (preset.system if preset else "list")

    # -- the file

    def _open(self):
        """Return the stored file, binary and seekable, read from disk where it lies there."""
        self.ensure_one()
        attachment = (
            self.env["ir.attachment"]
            .sudo()
            .search(
                [
                    ("res_model", "=", self._name),
                    ("res_id", "=", self.id),
                    ("res_field", "=", "file"),
                ],
                limit=1,
            )
        )
        if not attachment:
            raise UserError(self.env._("Choose a file first."))
        if attachment.store_fname:
            return open(attachment._full_path(attachment.store_fname), "rb")  # noqa: PTH123
        return io.BytesIO(attachment.raw or b"")

    def _open_table(self, file):
        return open_table(file, encoding=self.encoding or None)

    def _mapper(self, table, layout):
        kind = self._kind()
        return Mapper(
            table,
            layout,
            kind._targets(),
            self.country_id.code,
            date_order=self.date_order or None,
            required=kind._required_targets(layout),
        )

    def _sentence(self, problem):
        """Return the sentence of an ImportProblem in the user's language."""
        return self.env._(problem.template, **problem.params)

    # -- the steps

    def action_read(self):
        """File → columns: show what each column holds and what it is imported as."""
        self.ensure_one()
        self._check_may_import()
        try:
            with self._open() as file:
                table = self._open_table(file)
                if self.layout_code == "own" and not self.mapping_id:
                    self._recognise(table)
                require_rows(table)
                self._propose_columns(table)
                self.file_summary = self._describe(table)
        except ImportProblem as problem:
            raise UserError(self._sentence(problem)) from problem
        self.write({"state": "columns", "problem": False})
        return True

    def _propose_columns(self, table):
        self.column_ids.unlink()
        layout = self._layout()
        target_of = {" ".join(h.split()).casefold(): t for h, t in layout.columns}
        if not target_of:
            pairs = suggest(table.headings, self._kind()._targets())
            target_of = {h.casefold(): target for h, target in pairs}
        known = {target.name for target in self._kind()._targets()}
        samples = [row.cells for row in islice(table.rows(), SAMPLE_ROWS)]
        vals_list = []
        for position, heading in enumerate(table.headings):
            if not heading:
                continue
            target = target_of.get(heading.casefold())
            vals_list.append(
                {
                    "import_id": self.id,
                    "position": position,
                    "heading": heading,
                    "sample": self._sample(samples, position),
                    "target": target if target in known else False,
                }
            )
        self.env["prm.import.column"].create(vals_list)

    @staticmethod
    def _sample(samples, position):
        found = []
        for cells in samples:
            cell = cells[position] if position < len(cells) else ""
            value = cell.text if isinstance(cell, Formula | CellError) else text(cell)
            if value and value not in found:
                found.append(" ".join(value.split())[:40])
            if len(found) == SAMPLE_VALUES:
                break
        return " · ".join(found)

    def action_save_mapping(self):
        """Keep the columns for the next list of this kind."""
        self.ensure_one()
        layout = self._layout()
        name = self._system()
        vals = {"layout": layout.to_json(), "kind": self.kind}
        mapping = self.env["prm.import.mapping"].search(
            [("company_id", "=", self.company_id.id), ("name", "=", name)]
        )
        if mapping:
            mapping.write(vals)
        else:
            mapping = mapping.create({**vals, "name": name, "company_id": self.company_id.id})
        self.write({"layout_code": "own", "mapping_id": mapping.id, "system": name})
        return True

    def action_check(self):
        """Columns → check: judge the whole file and show what an import would do."""
        self.ensure_one()
        self._check_may_import()
        if not self.column_ids:
            self.action_read()
        try:
            self.sudo()._check()
        except ImportProblem as problem:
            raise UserError(self._sentence(problem)) from problem
        self.state = "checked"
        return True

    def action_import(self):
        """Check → import: at once for a small file, else in the background."""
        self.ensure_one()
        self._check_may_import()
        if self.state not in ("checked", "stopped"):
            raise UserError(self.env._("Check the list first."))
        self.write({"state": "running", "problem": False})
        self.sudo()._start()
        return True

    def action_back(self):
        """Go one step back; what was checked is thrown away, nothing has been imported yet."""
        self.ensure_one()
        if self.state == "checked":
            self.state = "columns"
        elif self.state == "columns":
            self.column_ids.unlink()
            self.state = "file"
        return True

    def action_another(self):
        """Start with the next list."""
        return self.env["ir.actions.act_window"]._for_xml_id("prm_core.prm_import_new_action")

    def action_download_rejected(self):
        """Download the rejected rows with a column that says why."""
        self.ensure_one()
        self.sudo().rejected_file = base64.b64encode(self.sudo()._rejected_rows())
        extension = "xlsx" if (self.filename or "").lower().endswith(".xlsx") else "csv"
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/content/prm.import/{self.id}/rejected_file/rejected.{extension}"
            "?download=true",
            "target": "download",
        }

    def action_show_lines(self):
        """Show the rows of one outcome (context ``outcome``) in a list of their own."""
        self.ensure_one()
        outcome = self.env.context.get("outcome")
        action = self.env["ir.actions.act_window"]._for_xml_id("prm_core.prm_import_line_action")
        action["domain"] = [("import_id", "=", self.id)]
        if outcome:
            action["context"] = {f"search_default_{outcome}": 1}
        return action

    def action_decide(self):
        """Show the duplicates that wait for a decision."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "prm_core.prm_import_duplicate_action"
        )
        action["domain"] = [("import_id", "=", self.id)]
        return action

    def _check_may_import(self):
        """Importing creates patients and contacts in bulk: the role must allow it.

        The engine then works with the rights of the program, because receptionists can't write
        every model that a patient touches.
        """
        self.check_access("write")
        self.env["prm.patient"].check_access("create")
