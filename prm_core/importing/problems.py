"""Problems that stop a whole import, told as a sentence for the person at the desk."""


def _(source):
    """Mark a sentence for translation; the Odoo side translates ``template``."""
    return source


SENTENCES = {
    "empty_file": _("The file is empty. Export the list again and choose the new file."),
    "binary_file": _(
        "This is not a table but %(what)s. Choose the CSV or Excel (.xlsx) file"
        " that your software exports."
    ),
    "not_text": _(
        "Row %(row)s holds bytes that are not text. Export the list again as CSV (UTF-8)."
    ),
    "old_excel": _(
        "This is an Excel file of the old kind (.xls). Open it in Excel or LibreOffice,"
        " save it as .xlsx or CSV, and choose the new file."
    ),
    "encrypted": _(
        "This Excel file is protected by a password. Open it, remove the password,"
        " save it, and choose it again."
    ),
    "corrupt_xlsx": _(
        "This Excel file is damaged and can't be read. Open it in Excel or LibreOffice,"
        " save it again, and choose the new file."
    ),
    "too_large": _(
        "This Excel file unpacks to more than %(limit)s MB. Save the list alone as CSV"
        " and choose that file."
    ),
    "too_large_file": _(
        "The file is larger than %(limit)s MB. Split the list into several files and import"
        " them one after the other."
    ),
    "one_column": _(
        "Row 1 has one column only. A list needs several columns separated by a comma,"
        " a semicolon, a tab or a vertical bar: export it again as CSV with headings."
    ),
    "too_many_columns": _(
        "Row %(row)s has more than %(limit)s columns. Remove the columns that are not needed"
        " and choose the file again."
    ),
    "no_heading": _(
        "Row 1 holds values (%(value)s) where the column headings should be."
        " Export the list again with headings."
    ),
    "no_rows": _(
        "The file has headings in row 1 and nothing below. Export the list again with its rows."
    ),
    "duplicate_heading": _(
        "Row 1 has the heading “%(heading)s” twice, in columns %(first)s and %(second)s."
        " Rename or remove one of them."
    ),
    "missing_column": _(
        "The column “%(heading)s” is missing in row 1. Export the list again with this column,"
        " or choose another layout."
    ),
    "unknown_layout": _(
        "The headings in row 1 are not those of a known layout. Choose which column is which."
    ),
    "line_too_long": _(
        "Row %(row)s is longer than %(limit)s characters. Most often a quotation mark is opened"
        " and never closed, or the file is not a table. Correct this row or export the list again."
    ),
    "unclosed_quote": _(
        'Row %(row)s opens a quotation mark (") that is never closed.'
        " Correct this row or export the list again."
    ),
    "bad_encoding": _(
        "Row %(row)s holds characters that can't be read as %(encoding)s."
        " Export the list again as CSV (UTF-8), or choose its encoding by hand."
    ),
    "formula": _(
        "Row %(row)s, column “%(heading)s” (%(column)s) holds a formula. Select all, copy,"
        " “Paste special: values”, save the file, and choose it again."
    ),
    "unknown_layout_name": _(
        "There is no layout “%(layout)s” for lists of %(kind)s. Give the code of a preset or the"
        " name of saved columns."
    ),
    "unknown_country": _(
        "“%(country)s” is not a country code of two letters such as US or IT. Correct it and"
        " start again."
    ),
    "no_identifier_column": _(
        "No column is chosen for “%(target)s”. Choose the column that holds it."
    ),
    "ambiguous_dates": _(
        "The dates in column “%(heading)s” can be read as day/month or as month/day"
        " (row %(row)s: %(value)s). Choose the order of the dates."
    ),
}


class ImportProblem(Exception):
    """The file as a whole can't be imported; nothing has been written.

    :param code: key of ``SENTENCES``
    :param row: number of the row (heading = 1), where one is to blame
    """

    def __init__(self, code, row=None, **params):
        self.code = code
        self.row = row
        self.template = SENTENCES[code]
        self.params = dict(params, row=row)
        super().__init__(self.template % self.params)

    @property
    def message(self):
        """The sentence in English, with its values filled in."""
        return str(self)
